/** Drives impl/resilience/circuit-breaker.ts. */

import type { Implementation, ImplementationDriver, Observables } from "../core/subject.ts";
import { VirtualClock, whenQuiet } from "../impl/platform/clock.ts";
import {
  BreakerOpenError,
  CircuitBreaker,
  type BreakerEvent,
  type CircuitBreakerOptions,
} from "../impl/resilience/circuit-breaker.ts";
import {
  breakerAssumptions,
  driveBreaker,
  parameter,
  predictBreaker,
  type BreakerAdapterOptions,
  type BreakerState,
  type BreakerStep,
} from "./breaker-driver.ts";

/** As much of our breaker as the adapter uses, so that a changed copy of it can be driven as well. */
export interface OurBreaker {
  readonly state: BreakerState;
  readonly failures: number;
  readonly active: number;
  execute(action: () => Promise<string>): Promise<string>;
  subscribe(listener: (event: BreakerEvent) => void): () => void;
  dispose(): void;
}

export interface OursOptions extends BreakerAdapterOptions {
  readonly name?: string;
  /** Default: the breaker itself. */
  readonly create?: (options: CircuitBreakerOptions) => OurBreaker;
}

/**
 * Observed besides what all breakers show: the counts `failures` and `active`; `told`: what listeners
 * heard in this step; `again`: whether each rejection named the time that is left until half-open;
 * `timer`: whether one is running.
 */
export function breakerOurs(options: OursOptions): Implementation {
  const create = options.create ?? ((settings) => new CircuitBreaker(settings));
  return {
    name: options.name ?? "ours",
    version: "0.1.0",
    start(parameters) {
      const clock = new VirtualClock();
      const told: string[] = [];
      const end = beginOne(options, create, clock, (what) => told.push(what));
      return whenQuiet(() => {
        end();
        return drive(options, create, parameters, clock, told);
      });
    },
    predict: predictOurs,
    sideBySide: true,
    assumptions: breakerAssumptions,
  };
}

function predictOurs(step: BreakerStep): Observables {
  const { before, after } = step;
  const { failures, active } = after.context as { failures: number; active: number };
  const shared = predictBreaker(step);
  const [from, to] = [String(before.value), String(after.value)];
  const told = from === to ? "" : `${from}→${to}`;
  return {
    ...shared,
    failures,
    active,
    told: shared["call"] === "rejected" ? "rejected" : told,
    again: "right",
    timer: to === "open",
  };
}

/** Made once: an error costs more than a step. Functions may throw instead of returning a promise. */
const failure = new Error("fails");
const thrower = (): never => {
  throw failure;
};

/**
 * Another breaker, opened and disposed in the same time: whatever it leaves behind (a timer, a listener
 * that still hears) shows in the first step of the one under test. Returns how to dispose it, once quiet.
 */
function beginOne(
  { resetTimeoutMs }: OursOptions,
  create: (settings: CircuitBreakerOptions) => OurBreaker,
  clock: VirtualClock,
  hear: (what: string) => void,
): () => void {
  const other = create({ threshold: 1, resetTimeoutMs, clock });
  const call = (): void => {
    other.execute(thrower).catch(() => {});
  };
  const leave = other.subscribe(() => hear("after leaving"));
  leave();
  call();
  return () => {
    other.subscribe(() => hear("after the end"));
    other.dispose();
    call(); // ends before the first step does
  };
}

function drive(
  options: OursOptions,
  create: (settings: CircuitBreakerOptions) => OurBreaker,
  parameters: Readonly<Record<string, number>>,
  clock: VirtualClock,
  told: string[],
): ImplementationDriver {
  const trialLimit = parameter(parameters, "trialLimit");
  const breaker = create({
    threshold: parameter(parameters, "threshold"),
    ...(trialLimit === 1 ? {} : { trialLimit }), // 1 is the default
    resetTimeoutMs: options.resetTimeoutMs,
    clock,
  });
  let openedMs = 0;
  let isRight = true;
  breaker.subscribe((event) => {
    if (event.type === "rejected") told.push("rejected");
    else told.push(`${event.from}→${event.to}`);
    if (event.type === "state" && event.to === "open") openedMs = clock.now();
  });
  return driveBreaker(
    {
      execute: (action) => breaker.execute(action),
      state: () => breaker.state,
      isRejection(error) {
        // By name: a copy of the module has a class of its own.
        if (!(error instanceof Error) || error.name !== BreakerOpenError.name) return false;
        const { retryAfterMs } = error as BreakerOpenError;
        const leftMs = openedMs + options.resetTimeoutMs - clock.now();
        if (retryAfterMs !== (breaker.state === "open" ? leftMs : 0)) isRight = false;
        return true;
      },
      // Every step before this one was quiet at its end.
      advance: (ms) => (clock.skip(ms) ? null : clock.advance(ms)),
      dispose: () => breaker.dispose(),
    },
    parameter(parameters, "concurrency"),
    (state, call, results) => {
      const heard = told.length === 0 ? "" : told.join();
      told.length = 0;
      return {
        state,
        call,
        results,
        failures: breaker.failures,
        active: breaker.active,
        told: heard,
        again: isRight ? "right" : "wrong",
        timer: clock.nextDeadline !== null,
      };
    },
  );
}
