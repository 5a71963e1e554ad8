/**
 * Time as a dependency: everything in `impl/` takes a `Clock`, so that a test can let an hour pass in
 * no time and a fault that needs an exact moment can be put there.
 */

/** A pending timer. `unref` lets a process end although the timer has not fired. */
export interface Timer {
  unref?(): unknown;
}

export interface Clock {
  /** Milliseconds since an arbitrary origin; never runs backwards on a virtual clock. */
  now(): number;
  /** Calls `callback` once, `delayMs` from now. Delays above 2^31-1 ms are refused. */
  setTimeout(callback: () => void, delayMs: number): Timer;
  /** Forgets a timer; one that has fired or is unknown is ignored. */
  clearTimeout(timer: Timer): void;
}

/** The longest delay that timers of JavaScript hosts can hold; beyond it they fire at once. */
export const maxDelayMs = 2 ** 31 - 1;

function checkDelay(delayMs: number): void {
  if (!(delayMs >= 0 && delayMs <= maxDelayMs)) {
    throw new RangeError(`a delay must be from 0 to ${maxDelayMs} ms, got ${delayMs}`);
  }
}

/** The time of this computer. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, delayMs) {
    checkDelay(delayMs);
    return globalThis.setTimeout(callback, delayMs);
  },
  clearTimeout(timer) {
    globalThis.clearTimeout(timer as ReturnType<typeof globalThis.setTimeout>);
  },
};

interface PendingTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

// Taken before anybody can replace it: waiting for the microtasks must not depend on the time under test.
const { setImmediate } = globalThis;

/** Resolves when every microtask that is queued now, and all that they queue, have run. */
export function microtasksDone(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * A clock that stands still until it is told to move. Timers fire one deadline after the other, in
 * the order of their deadlines and, at the same deadline, in the order in which they were set;
 * `now()` is the deadline while a timer runs, and the microtasks of one deadline are finished
 * before the next one is due.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #timers: PendingTimer[] = [];

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    checkDelay(delayMs);
    const timer: PendingTimer = { dueMs: this.#nowMs + delayMs, callback, unref: () => timer };
    // After all timers that are due earlier or at the same time.
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.dueMs > timer.dueMs) index--;
    this.#timers.splice(index, 0, timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    const index = this.#timers.indexOf(timer as PendingTimer);
    if (index !== -1) this.#timers.splice(index, 1);
  }

  /** The next deadline, or `null` when no timer is pending. */
  get nextDeadline(): number | null {
    return this.#timers[0]?.dueMs ?? null;
  }

  /** Moves time forward by `ms`; fires everything due on the way, including timers set on the way. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`time cannot pass by ${ms} ms`);
    const endMs = this.#nowMs + ms;
    await microtasksDone();
    for (;;) {
      const next = this.#timers[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#timers.shift();
      this.#nowMs = next.dueMs;
      next.callback();
      await microtasksDone();
    }
    this.#nowMs = endMs;
  }
}
