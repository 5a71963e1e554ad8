/**
 * Drives the npm package cockatiel: a ConsecutiveBreaker under a circuit breaker policy. The policy
 * has no timer; it finds out that its time is over when the next call arrives.
 */

import { createRequire } from "node:module";

import type { Implementation, Observables } from "../core/subject.ts";
import {
  breakerAssumptions,
  driveBreaker,
  parameter,
  predictBreaker,
  type BreakerAdapterOptions,
  type BreakerState,
  type BreakerStep,
} from "./breaker-driver.ts";
import { VirtualTime } from "./virtual-time.ts";

const { version } = createRequire(import.meta.url)("cockatiel/package.json") as { version: string };

/**
 * As for every breaker, but the state half-open shows only from its first trial on, so until then
 * the model's half-open looks open.
 */
export function predictCockatiel(step: BreakerStep): Observables {
  const observables = predictBreaker(step);
  const { active } = step.after.context as { readonly active: number };
  return step.after.matches("halfOpen") && active === 0
    ? { ...observables, state: "open" }
    : observables;
}

export function breakerCockatiel(options: BreakerAdapterOptions): Implementation {
  return {
    name: "cockatiel",
    version,
    async start(parameters) {
      const { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } =
        await import("cockatiel");
      const time = new VirtualTime();
      const policy = time.run(() =>
        circuitBreaker(handleAll, {
          halfOpenAfter: options.resetTimeoutMs,
          breaker: new ConsecutiveBreaker(parameter(parameters, "threshold")),
          halfOpenSampling: { calls: parameter(parameters, "trialLimit"), threshold: 0 },
        }),
      );
      const stateNames: Readonly<Record<number, BreakerState>> = {
        [CircuitState.Closed]: "closed",
        [CircuitState.Open]: "open",
        [CircuitState.HalfOpen]: "halfOpen",
      };
      return driveBreaker(
        {
          execute: (action) => time.run(() => policy.execute(action)),
          state: () => stateNames[policy.state] ?? "closed",
          isRejection: (error) => error instanceof BrokenCircuitError,
          advance: (ms) => time.advance(ms),
          settle: (read) => time.settle().then(read),
          dispose: () => time.dispose(),
        },
        parameter(parameters, "concurrency"),
      );
    },
    predict: predictCockatiel,
    sideBySide: true,
    assumptions: [
      ...breakerAssumptions,
      "cockatiel shows half-open only from its first trial call on; until then half-open is compared " +
        "with open",
    ],
  };
}
