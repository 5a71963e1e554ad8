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
  /** Lets virtual time pass; null when that led to nothing, because nothing was due. */
  advance(ms: number): Promise<void> | null;
  /** What `read` returns once the breaker is quiet. Left out: it is when no microtask is left. */
  settle?<T>(read: () => T): Promise<T>;
  dispose(): void;
}

/** A call that was made, as its caller and its callee see it. */
class Call {
  /** The breaker's period (time between two changes of its state) in which the call was admitted. */
  period = -1;
  admitted = false;
  readonly error: Error;
  settled = false;
  value: string | null = null;
  thrown: unknown = null;
  resolve: (value: string) => void = ignore;
  reject: (error: Error) => void = ignore;
  /** What the called function returns. */
  readonly result = new Promise<string>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor(error: Error) {
    this.error = error;
  }

  returned(value: string): void {
    this.settled = true;
    this.value = value;
  }

  threw(error: unknown): void {
    this.settled = true;
    this.thrown = error;
  }
}

const ignore = (): void => {};

/**
 * The errors with which calls fail, in turn. They are made once: an error costs more than the step in
 * which it is thrown. Callers must get the very one of their call.
 */
const failures = Array.from({ length: 64 }, () => new Error("the call failed"));
let made = 0;

/** What an adapter shows of a step; adapters that see more add to it. */
export type Observe = (
  state: BreakerState,
  call: CallOutcome,
  results: "intact" | "changed",
) => Observables;

/** What was observed, or how to read it once the breaker is quiet. */
type Answer = Observables | (() => Observables);

const plain: Observe = (state, call, results) => ({ state, call, results });

/**
 * Drives a breaker with CALL, SUCCESS, FAILURE (the oldest call of the present period ends) and
 * LATE_SUCCESS, LATE_FAILURE (the oldest call of an earlier period ends).
 * Observed: `state`, `call` (see CallOutcome) and `results`: whether all callers so far got exactly
 * the value or the error of their call. A command that does not reach the breaker is answered at once:
 * at the end of the step before, it was quiet.
 */
export function driveBreaker(
  breaker: BreakerUnderTest,
  concurrency: number,
  show: Observe = plain,
): ImplementationDriver {
  const inFlight: Call[] = [];
  let period = 0;
  let state = breaker.state();
  let intact = true;

  const observe = (call: CallOutcome): Observables => {
    const now = breaker.state();
    if (now !== state) period += 1;
    state = now;
    return show(state, call, intact ? "intact" : "changed");
  };

  const makeCall = (): Answer => {
    if (state === "closed") {
      let present = 0;
      for (const call of inFlight) if (call.period === period) present += 1;
      if (present >= concurrency) return observe("none");
    }
    const call = new Call(failures[made++ % failures.length]!);
    breaker
      .execute(() => {
        if (!call.admitted) inFlight.push(call);
        call.admitted = true;
        call.period = period;
        return call.result;
      })
      .then(
        (value) => call.returned(value),
        (error: unknown) => call.threw(error),
      );
    return () => outcomeOf(call);
  };

  const outcomeOf = (call: Call): Observables => {
    if (call.admitted) {
      const observed = observe("admitted");
      call.period = period; // the call itself may have begun the period
      return observed;
    }
    if (!call.settled) return observe("waiting");
    if (call.value === null && breaker.isRejection(call.thrown)) return observe("rejected");
    throw new Error("the breaker answered a call that it did not make", { cause: call.thrown });
  };

  const finish = (late: boolean, failed: boolean): Answer => {
    let index = 0;
    while (index < inFlight.length && (inFlight[index]!.period !== period) !== late) index += 1;
    const call = inFlight[index];
    if (call === undefined) return observe("none");
    inFlight.splice(index, 1);
    if (failed) call.reject(call.error);
    else call.resolve("value");
    return () => {
      const passedOn = failed ? call.thrown === call.error : call.value === "value";
      if (!passedOn) intact = false;
      return observe("none");
    };
  };

  const begin = (event: TraceAction): Answer => {
    switch (event.type) {
      case "CALL":
        return makeCall();
      case "SUCCESS":
        return finish(false, false);
      case "FAILURE":
        return finish(false, true);
      case "LATE_SUCCESS":
        return finish(true, false);
      case "LATE_FAILURE":
        return finish(true, true);
      default:
        throw new Error(`a circuit breaker cannot be sent the event "${event.type}"`);
    }
  };
  return {
    send(event) {
      const answer = begin(event);
      return typeof answer === "function" ? (breaker.settle?.(answer) ?? answer) : answer;
    },
    advance: (ms) => breaker.advance(ms)?.then(() => observe("none")) ?? observe("none"),
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
