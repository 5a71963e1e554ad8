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
  conforms("the failure that reaches the threshold opens", {
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
  conforms("fewer failures in a row leave it closed", {
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
  conforms("closed: calls are admitted, successes keep it closed", {
    id: "closed-admits",
    when: "at(closed)",
    events: ["CALL", "SUCCESS", "time passes"],
  }),
  conforms("open: rejects until the reset timeout, to the ms", {
    id: "open-rejects",
    when: "at(open)",
  }),
  conforms("half-open: at most trialLimit trials", {
    id: "trial-limit",
    when: "at(halfOpen)",
    events: ["CALL"],
    expectFor: {
      cockatiel: violated(
        "cockatiel lets further calls wait for the outcome of the trial instead of rejecting them",
        {
          observable: "call",
          expected: "rejected",
          observed: "waiting",
        },
      ),
    },
  }),
  conforms("half-open: the first result of a trial decides", {
    id: "trial-decides",
    when: "at(halfOpen)",
    events: [...results, "time passes"],
  }),
  conforms("half-open: late results change nothing", {
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
  conforms("closed: late results change nothing", {
    id: "late-results-closed",
    when: "at(closed)",
    events: late,
    expectFor: {
      opossum: violated(`opossum: ${uncounted}`, lateOpens),
      cockatiel: violated(`cockatiel: ${uncounted}`, lateOpens),
    },
  }),
];
