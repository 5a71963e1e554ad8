/** Drives impl/resilience/circuit-breaker.ts. */

import type { Implementation } from "../core/subject.ts";
import { microtasksDone, VirtualClock } from "../impl/platform/clock.ts";
import {
  BreakerOpenError,
  CircuitBreaker,
  type CircuitBreakerOptions,
} from "../impl/resilience/circuit-breaker.ts";
import {
  breakerAssumptions,
  driveBreaker,
  parameter,
  predictBreaker,
  type BreakerAdapterOptions,
  type BreakerState,
} from "./breaker-driver.ts";

/** As much of our breaker as the adapter uses, so that a changed copy of it can be driven as well. */
export interface OurBreaker {
  readonly state: BreakerState;
  execute(action: () => Promise<string>): Promise<string>;
  dispose(): void;
}

export interface OursOptions extends BreakerAdapterOptions {
  readonly name?: string;
  /** Default: the breaker itself. */
  readonly create?: (options: CircuitBreakerOptions) => OurBreaker;
}

export function breakerOurs(options: OursOptions): Implementation {
  const create = options.create ?? ((settings) => new CircuitBreaker(settings));
  return {
    name: options.name ?? "ours",
    version: "0.1.0",
    async start(parameters) {
      const clock = new VirtualClock();
      const breaker = create({
        threshold: parameter(parameters, "threshold"),
        trialLimit: parameter(parameters, "trialLimit"),
        resetTimeoutMs: options.resetTimeoutMs,
        clock,
      });
      return driveBreaker(
        {
          execute: (action) => breaker.execute(action),
          state: () => breaker.state,
          // By name: a copy of the module has a class of its own.
          isRejection: (error) => error instanceof Error && error.name === BreakerOpenError.name,
          advance: (ms) => clock.advance(ms),
          settle: microtasksDone,
          dispose: () => breaker.dispose(),
        },
        parameter(parameters, "concurrency"),
      );
    },
    predict: predictBreaker,
    assumptions: breakerAssumptions,
  };
}
