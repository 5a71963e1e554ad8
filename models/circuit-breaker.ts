/**
 * Circuit breaker: stops calling a backend that keeps failing, and tries again after a while.
 *
 * Sources, rule by rule:
 * - closed, open, half-open, and that a success in closed resets the count of failures, so that the
 *   failures which count are consecutive ones: M. Nygard, "Release It!", section "Circuit Breaker".
 * - the threshold, the rejection while open, the reset timeout that leads to half-open, and that
 *   one trial call decides between closed and open: M. Fowler, "CircuitBreaker" (2014).
 * - the limit on trial calls in half-open and the limit on concurrent calls: parameters here,
 *   because libraries differ (opossum and cockatiel admit one trial).
 *
 * `active` counts the calls in flight that were admitted in the *current* period: it starts at 0
 * whenever the state changes. SUCCESS and FAILURE are the results of calls of the current period
 * only; the late results of calls from an earlier period are LATE_SUCCESS and LATE_FAILURE. No state
 * listens to these: that they change nothing is a claim about every implementation.
 *
 * A CALL that is not admitted changes nothing: that is what "rejected" means in this model.
 */

import { setup } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import { guard, update } from "../expr/index.ts";

export interface CircuitBreakerContext {
  /** Consecutive failures while closed; 0 in the other states. */
  readonly failures: number;
  /** Calls in flight that were admitted in the current period. */
  readonly active: number;
  /** Failures in a row that open the breaker. */
  readonly threshold: number;
  /** Trial calls that half-open admits at the same time. */
  readonly trialLimit: number;
  /** Calls that the environment has in flight at most while the breaker is closed. */
  readonly concurrency: number;
}

export type CircuitBreakerInput = Pick<
  CircuitBreakerContext,
  "threshold" | "trialLimit" | "concurrency"
>;

export type CircuitBreakerEvent =
  | { readonly type: "CALL" }
  | { readonly type: "SUCCESS" }
  | { readonly type: "FAILURE" }
  | { readonly type: "LATE_SUCCESS" }
  | { readonly type: "LATE_FAILURE" };

/** Time in milliseconds from opening to the first trial. */
export const resetTimeout = 30_000;

export const circuitBreakerMachine = setup({
  types: {
    context: {} as CircuitBreakerContext,
    input: {} as CircuitBreakerInput,
    events: {} as CircuitBreakerEvent,
  },
  delays: { resetTimeout },
}).createMachine({
  id: "circuit-breaker",
  context: ({ input }) => ({
    failures: 0,
    active: 0,
    threshold: input.threshold,
    trialLimit: input.trialLimit,
    concurrency: input.concurrency,
  }),
  initial: "closed",
  states: {
    closed: {
      on: {
        CALL: {
          guard: guard("active < concurrency"),
          actions: update({ active: "active + 1" }),
        },
        SUCCESS: {
          guard: guard("active > 0"),
          actions: update({ failures: "0", active: "active - 1" }),
        },
        FAILURE: [
          {
            guard: guard("active > 0 and failures + 1 >= threshold"),
            target: "open",
            actions: update({ failures: "0", active: "0" }),
          },
          {
            guard: guard("active > 0"),
            actions: update({ failures: "failures + 1", active: "active - 1" }),
          },
        ],
      },
    },
    open: {
      after: { resetTimeout: { target: "halfOpen" } },
    },
    halfOpen: {
      on: {
        CALL: {
          guard: guard("active < trialLimit"),
          actions: update({ active: "active + 1" }),
        },
        SUCCESS: {
          guard: guard("active > 0"),
          target: "closed",
          actions: update({ failures: "0", active: "0" }),
        },
        FAILURE: {
          guard: guard("active > 0"),
          target: "open",
          actions: update({ failures: "0", active: "0" }),
        },
      },
    },
  },
});

export const circuitBreaker: MachineModel = {
  machine: circuitBreakerMachine,
  events: [
    { type: "CALL" },
    { type: "SUCCESS" },
    { type: "FAILURE" },
    { type: "LATE_SUCCESS" },
    { type: "LATE_FAILURE" },
  ],
  variables: {
    failures: { int: [0, null] },
    active: { int: [0, null] },
  },
  parameters: {
    threshold: { int: [1, null], explore: 3 },
    trialLimit: { int: [1, null], explore: 1 },
    concurrency: { int: [1, null], explore: 2 },
  },
};
