/**
 * The claims of the published circuit breaker, and what a breaker is for. Where it is defective the
 * violation is pinned: the run must find exactly this defect.
 */

import {
  always,
  alwaysReachable,
  alwaysStep,
  leadsTo,
  reachable,
  violated,
  type Property,
} from "../../core/property.ts";

const claimed = "published design: the circuit breaker's rules";
const nygard = 'Nygard, "Release It!", section "Circuit Breaker"';

export const publishedCircuitBreakerProperties: readonly Property[] = [
  reachable("the breaker can open", "at(open)", { id: "open-reachable", source: claimed }),
  leadsTo("reaching the threshold opens the breaker at last", "failures >= threshold", "at(open)", {
    id: "threshold-opens",
    source: claimed,
    fair: ["internal"],
  }),
  alwaysStep(
    "open rejects calls",
    "implies(at(open) and event(CALL), next(at(open)) and next(active) == active)",
    {
      id: "open-rejects-calls",
      source: claimed,
    },
  ),
  always("failures are never more than the threshold", "failures >= 0 and failures <= threshold", {
    id: "failures-bounded",
    source: claimed,
  }),
  alwaysReachable("closed stays reachable from every state", "at(closed)", {
    id: "closed-stays-reachable",
    source: nygard,
    expect: violated("once open, it stays open for ever: no timer and no event leads out", {
      state: "open",
    }),
  }),
  reachable("half-open can be reached", "at(halfOpen)", {
    id: "half-open-reachable",
    source: nygard,
    expect: violated("nothing leads to half-open"),
  }),
  leadsTo("open leads to half-open", "at(open)", "at(halfOpen)", {
    id: "open-leads-to-half-open",
    source: nygard,
    fair: ["timers"],
    expect: violated("open has no timer", { state: "open" }),
  }),
  alwaysStep(
    "a success in closed resets the count",
    "implies(at(closed) and active > 0 and event(SUCCESS), next(failures) == 0)",
    {
      id: "success-resets-count",
      source: nygard,
      expect: violated("failures that happened hours apart add up, whatever succeeded in between", {
        state: "closed.counting",
        event: "SUCCESS",
      }),
    },
  ),
  alwaysStep(
    "no call is admitted once the threshold is reached",
    "implies(failures >= threshold and event(CALL), next(active) <= active)",
    {
      id: "opens-at-once",
      source: claimed,
      expect: violated("opening is a separate task: a call that comes before it is admitted", {
        state: "closed.opening",
        event: "CALL",
      }),
    },
  ),
];
