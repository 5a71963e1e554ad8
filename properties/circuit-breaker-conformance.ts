/**
 * What it means that a real circuit breaker follows the model, clause by clause, and where two
 * published packages are known not to.
 *
 * Every clause speaks about the steps that its `when` (model state before the step) and its `events`
 * select; together they cover every step of the model. A run blames the clause of its first
 * difference only. The deviations are no defects by a standard: circuit breakers have none. They are
 * what a user must know who replaces one by the other.
 */

import { conforms, violated, type ConformsProperty } from "../core/property.ts";

const results = ["SUCCESS", "FAILURE"];
const late = ["LATE_SUCCESS", "LATE_FAILURE"];

const percentage =
  "opossum opens by the share of failures in a window: a success dilutes the count instead of resetting it";
const uncounted =
  "a call's late result from before the circuit opened is counted in the period in which it arrives";
const lateOpens = {
  event: "LATE_FAILURE",
  observable: "state",
  expected: "closed",
  observed: "open",
};

export const circuitBreakerConformance: readonly ConformsProperty[] = [
  conforms("the failure that reaches the threshold opens, in the same step", {
    id: "opens-at-threshold",
    when: "at(closed) and failures == threshold - 1",
    events: ["FAILURE"],
    expectFor: {
      opossum: violated(percentage, { observable: "state", expected: "open", observed: "closed" }),
      cockatiel: violated(`cockatiel: ${uncounted}; a late success resets the count`, {
        observable: "state",
        expected: "open",
        observed: "closed",
      }),
    },
  }),
  conforms("fewer failures in a row than the threshold leave it closed", {
    id: "stays-closed",
    when: "at(closed) and failures < threshold - 1",
    events: ["FAILURE"],
    expectFor: {
      opossum: violated(percentage, { observable: "state", expected: "closed", observed: "open" }),
      cockatiel: violated(`cockatiel: ${uncounted}`, {
        observable: "state",
        expected: "closed",
        observed: "open",
      }),
    },
  }),
  conforms("while closed, calls are admitted, and only failures count", {
    id: "closed-admits",
    when: "at(closed)",
    events: ["CALL", "SUCCESS", "time passes"],
  }),
  conforms("rejects every call until the reset timeout, to the millisecond", {
    id: "open-rejects",
    when: "at(open)",
  }),
  conforms("half-open admits no more trials than its limit, and rejects the others at once", {
    id: "trial-limit",
    when: "at(halfOpen)",
    events: ["CALL"],
    expectFor: {
      cockatiel: violated("cockatiel lets further calls wait for the outcome of the trial", {
        observable: "call",
        expected: "rejected",
        observed: "waiting",
      }),
    },
  }),
  conforms("the first result of a trial decides: success closes, failure opens", {
    id: "trial-decides",
    when: "at(halfOpen)",
    events: [...results, "time passes"],
  }),
  conforms("half-open: late results of earlier calls change nothing", {
    id: "late-results-half-open",
    when: "at(halfOpen)",
    events: late,
    expectFor: {
      opossum: violated(`opossum: ${uncounted}`, { observable: "state", expected: "halfOpen" }),
      cockatiel: violated(`cockatiel: ${uncounted}`, {
        event: "LATE_FAILURE",
        observable: "state",
        expected: "halfOpen",
        observed: "open",
      }),
    },
  }),
  conforms("closed: late results of earlier calls change nothing", {
    id: "late-results-closed",
    when: "at(closed)",
    events: late,
    expectFor: {
      opossum: violated(`opossum: ${uncounted}`, lateOpens),
      cockatiel: violated(`cockatiel: ${uncounted}`, lateOpens),
    },
  }),
];
