/**
 * A circuit breaker: stops calling a dependency that keeps failing, and probes it again later.
 *
 * - `closed`: calls pass. `threshold` failures without a success in between open the circuit, in the
 *   same step as the last of them.
 * - `open`: calls are rejected. After `resetTimeoutMs` the circuit is half-open.
 * - `halfOpen`: at most `trialLimit` calls at a time are admitted. The first result decides: a
 *   success closes the circuit, a failure opens it again.
 *
 * The time between two changes of state is a period. The result of a call that was admitted in an
 * earlier period still reaches its caller, but says nothing about the present one and is not counted.
 *
 * Calls are not timed out: a trial that never settles keeps its place. Pass functions that end.
 */

import { maxDelayMs, systemClock, type Clock, type Timer } from "../platform/clock.ts";

export type BreakerState = "closed" | "open" | "halfOpen";

export interface CircuitBreakerOptions {
  /** Failures in a row that open the circuit; an integer of at least 1. */
  readonly threshold: number;
  /** Milliseconds from opening to half-open. */
  readonly resetTimeoutMs: number;
  /** Concurrent calls admitted while half-open; an integer of at least 1. Default 1. */
  readonly trialLimit?: number;
  /** Default: the time of this computer. */
  readonly clock?: Clock;
}

export type BreakerEvent =
  | { readonly type: "state"; readonly from: BreakerState; readonly to: BreakerState }
  | { readonly type: "rejected"; readonly state: BreakerState };

/** The call was not made. */
export class BreakerOpenError extends Error {
  readonly state: BreakerState;
  /** Milliseconds until the circuit is half-open; 0 while it is half-open and all trials are taken. */
  readonly retryAfterMs: number;

  constructor(state: BreakerState, retryAfterMs: number) {
    super(
      state === "open"
        ? `the circuit is open for another ${retryAfterMs} ms`
        : "the circuit is half-open and all its trial calls are under way",
    );
    this.name = "BreakerOpenError";
    this.state = state;
    this.retryAfterMs = retryAfterMs;
  }
}

export class CircuitBreaker {
  readonly #threshold: number;
  readonly #resetTimeoutMs: number;
  readonly #trialLimit: number;
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: BreakerEvent) => void>();

  #state: BreakerState = "closed";
  /** A new one with every change of state; a call remembers the period that admitted it. */
  #period: object = {};
  /** Failures since the last success; counted while closed. */
  #failures = 0;
  /** Admitted calls of this period that have not settled. */
  #active = 0;
  /** What ends the open state; kept until the next one. */
  #reopening: { readonly timer: Timer; readonly atMs: number } | null = null;

  /** @throws {RangeError} when an option is out of range. */
  constructor(options: CircuitBreakerOptions) {
    this.#threshold = positiveInteger("threshold", options.threshold);
    this.#trialLimit = positiveInteger("trialLimit", options.trialLimit ?? 1);
    if (!(options.resetTimeoutMs >= 0 && options.resetTimeoutMs <= maxDelayMs)) {
      throw new RangeError(
        `resetTimeoutMs must be from 0 to ${maxDelayMs}, got ${options.resetTimeoutMs}`,
      );
    }
    this.#resetTimeoutMs = options.resetTimeoutMs;
    this.#clock = options.clock ?? systemClock;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Failures in a row so far; 0 unless closed. */
  get failures(): number {
    return this.#failures;
  }

  /** Calls of the present period that are under way. */
  get active(): number {
    return this.#active;
  }

  /**
   * Calls `fn` at once if the circuit admits it, and passes its result or its error on.
   * Rejects with `BreakerOpenError`, without calling `fn`, if it does not.
   */
  execute<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    // Nothing is thrown on the way: an exception would cost more than all the rest.
    if (!this.#admits()) return Promise.reject(this.#rejection());
    const period = this.#period;
    this.#active += 1;
    let result: Promise<T>;
    try {
      result = Promise.resolve(fn());
    } catch (error) {
      result = Promise.reject(error);
    }
    // Before any reaction of the caller.
    void result.then(
      () => this.#succeeded(period),
      () => this.#failed(period),
    );
    return result;
  }

  #rejection(): BreakerOpenError {
    const retryAfterMs =
      this.#state === "open" ? Math.max(0, this.#reopening!.atMs - this.#clock.now()) : 0;
    const error = new BreakerOpenError(this.#state, retryAfterMs);
    this.#emit({ type: "rejected", state: this.#state });
    return error;
  }

  /** Calls `listener` after every change of state and every rejection; returns how to stop that. */
  subscribe(listener: (event: BreakerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Stops the timer. An open circuit then stays open. */
  dispose(): void {
    if (this.#reopening !== null) this.#clock.clearTimeout(this.#reopening.timer);
    this.#listeners.clear();
  }

  #admits(): boolean {
    switch (this.#state) {
      case "closed":
        return true;
      case "open":
        return false;
      case "halfOpen":
        return this.#active < this.#trialLimit;
    }
  }

  #succeeded(period: object): void {
    if (period !== this.#period) return;
    this.#active -= 1;
    this.#failures = 0;
    if (this.#state === "halfOpen") this.#enter("closed");
  }

  #failed(period: object): void {
    if (period !== this.#period) return;
    this.#active -= 1;
    this.#failures += 1;
    if (this.#state === "halfOpen" || this.#failures >= this.#threshold) this.#open();
  }

  #open(): void {
    const atMs = this.#clock.now() + this.#resetTimeoutMs;
    const timer = this.#clock.setTimeout(() => this.#enter("halfOpen"), this.#resetTimeoutMs);
    // A pending probe is no reason to keep a process alive.
    timer.unref?.();
    this.#reopening = { timer, atMs };
    this.#enter("open");
  }

  #enter(to: BreakerState): void {
    const from = this.#state;
    this.#state = to;
    this.#period = {};
    this.#failures = 0;
    this.#active = 0;
    this.#emit({ type: "state", from, to });
  }

  #emit(event: BreakerEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // As with EventTarget: a listener's fault is reported, but the circuit goes on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function positiveInteger(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be an integer of at least 1, got ${value}`);
  }
  return value;
}
