/** What the adapters of all circuit breakers share: calls that are made, kept open and finished. */

import type { ImplementationDriver, Observables } from "../core/subject.ts";
import type { ModelState } from "../core/property.ts";
import type { TraceAction } from "../core/trace.ts";

export type BreakerState = "closed" | "open" | "halfOpen";

/**
 * What became of a CALL: `waiting` is neither called nor rejected yet; `none`: no call was made,
 * because the step is no CALL or because the environment has as many calls in flight as it makes.
 */
export type CallOutcome = "admitted" | "rejected" | "waiting" | "none";

/** A circuit breaker together with the time it lives in. */
export interface BreakerUnderTest {
  execute(action: () => Promise<string>): Promise<string>;
  state(): BreakerState;
  /** Whether this error says that the breaker did not make the call. */
  isRejection(error: unknown): boolean;
  /** Lets virtual time pass, or with 0 only finishes what is under way. */
  advance(ms: number): Promise<void>;
  settle(): Promise<void>;
  dispose(): void;
}

interface Call {
  /** The breaker's period (time between two changes of its state) in which the call was admitted. */
  period: number;
  admitted: boolean;
  finish(error: Error | null): void;
  settled: { readonly value?: string; readonly error?: unknown } | null;
}

/**
 * Drives a breaker with CALL, SUCCESS, FAILURE (the oldest call of the present period ends) and
 * LATE_SUCCESS, LATE_FAILURE (the oldest call of an earlier period ends).
 * Observed: `state`, `call` (see CallOutcome) and `results`: whether all callers so far got exactly
 * the value or the error of their call.
 */
export function driveBreaker(breaker: BreakerUnderTest, concurrency: number): ImplementationDriver {
  const inFlight: Call[] = [];
  let period = 0;
  let state = breaker.state();
  let intact = true;

  const observe = (call: CallOutcome): Observables => {
    const now = breaker.state();
    if (now !== state) period += 1;
    state = now;
    return { state, call, results: intact ? "intact" : "changed" };
  };

  const makeCall = async (): Promise<Observables> => {
    const present = inFlight.filter((call) => call.period === period).length;
    if (state === "closed" && present >= concurrency) return observe("none");
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call: Call = {
      period: -1,
      admitted: false,
      settled: null,
      finish: (error) => (error === null ? resolve("value") : reject(error)),
    };
    breaker
      .execute(() => {
        call.admitted = true;
        call.period = period;
        if (!inFlight.includes(call)) inFlight.push(call);
        return promise;
      })
      .then(
        (value) => (call.settled = { value }),
        (error: unknown) => (call.settled = { error }),
      );
    await breaker.settle();
    if (call.admitted) {
      const observed = observe("admitted");
      call.period = period; // the call itself may have begun the period
      return observed;
    }
    if (call.settled === null) return observe("waiting");
    if ("error" in call.settled && breaker.isRejection(call.settled.error)) {
      return observe("rejected");
    }
    throw new Error("the breaker answered a call that it did not make", {
      cause: call.settled.error,
    });
  };

  const finish = async (which: "present" | "late", failed: boolean): Promise<Observables> => {
    const index = inFlight.findIndex((call) => (call.period === period) === (which === "present"));
    const [call] = index === -1 ? [] : inFlight.splice(index, 1);
    if (call !== undefined) {
      const error = failed ? new Error("the call failed") : null;
      call.finish(error);
      await breaker.settle();
      const passedOn =
        error === null ? call.settled?.value === "value" : call.settled?.error === error;
      if (!passedOn) intact = false;
    }
    return observe("none");
  };

  return {
    send(event) {
      switch (event.type) {
        case "CALL":
          return makeCall();
        case "SUCCESS":
          return finish("present", false);
        case "FAILURE":
          return finish("present", true);
        case "LATE_SUCCESS":
          return finish("late", false);
        case "LATE_FAILURE":
          return finish("late", true);
        default:
          throw new Error(`a circuit breaker cannot be sent the event "${event.type}"`);
      }
    },
    async advance(ms) {
      await breaker.advance(ms);
      return observe("none");
    },
    dispose: () => breaker.dispose(),
  };
}

/** A step of the model, as `Implementation.predict` gets it. */
export interface BreakerStep {
  readonly before: ModelState;
  readonly event: TraceAction;
  readonly after: ModelState;
}

interface BreakerContext {
  readonly active: number;
}

/**
 * The abstraction map: the state is the model's state by name; a CALL that the model counts as
 * active is admitted, one that it does not count is rejected, except in closed, where the model's
 * limit on calls in flight is the environment's: the call is not made.
 */
export function predictBreaker({ before, event, after }: BreakerStep): Observables {
  const countedBefore = (before.context as BreakerContext).active;
  const countedAfter = (after.context as BreakerContext).active;
  let call: CallOutcome = "none";
  if (event.type === "CALL") {
    if (countedAfter > countedBefore) call = "admitted";
    else if (!before.matches("closed")) call = "rejected";
  }
  return { state: String(after.value), call, results: "intact" };
}

/** A parameter that the model must declare. */
export function parameter(parameters: Readonly<Record<string, number>>, name: string): number {
  const value = parameters[name];
  if (value === undefined) {
    throw new Error(`the model declares no parameter "${name}", which circuit breakers need`);
  }
  return value;
}

export interface BreakerAdapterOptions {
  /** The model's delay from open to half-open in milliseconds. */
  readonly resetTimeoutMs: number;
}

export const breakerAssumptions: readonly string[] = [
  "virtual time: what a step leads to is observed at the same instant, before any later task",
  "the environment has no more calls in flight while closed than the model's `concurrency`",
];
