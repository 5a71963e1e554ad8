/** What a circuit breaker must do, whatever its callers and its backend do. */

import {
  always,
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  reachable,
  type Property,
} from "../core/property.ts";

const nygard = 'Nygard, "Release It!", section "Circuit Breaker"';
const fowler = 'Fowler, "CircuitBreaker" (2014)';

export const circuitBreakerProperties: readonly Property[] = [
  always(
    "fewer failures than the threshold are counted while closed",
    "implies(at(closed), failures >= 0 and failures < threshold)",
    { id: "failures-below-threshold", source: fowler },
  ),
  always(
    "half-open admits at most the trial limit",
    "implies(at(halfOpen), active <= trialLimit)",
    { id: "half-open-trial-limit", source: nygard },
  ),
  always(
    "no call of the current period is in flight while open",
    "implies(at(open), active == 0 and failures == 0)",
    { id: "open-is-idle", source: fowler },
  ),
  always(
    "never more calls in flight than the limits admit",
    "active >= 0 and active <= max(concurrency, trialLimit)",
    { id: "active-within-limits" },
  ),
  alwaysStep(
    "open rejects calls",
    "implies(at(open) and event(CALL), next(at(open)) and next(active) == active)",
    { id: "open-rejects-calls", source: fowler },
  ),
  alwaysStep(
    "the threshold opens the breaker at once",
    "implies(at(closed) and active > 0 and event(FAILURE) and failures + 1 >= threshold, next(at(open)))",
    { id: "threshold-opens-at-once", source: fowler },
  ),
  alwaysStep(
    "a success in closed resets the count",
    "implies(at(closed) and active > 0 and event(SUCCESS), next(failures) == 0)",
    { id: "success-resets-count", source: nygard },
  ),
  alwaysStep(
    "only a failure opens the breaker",
    "implies(not at(open) and next(at(open)), event(FAILURE))",
    { id: "only-failure-opens", source: nygard },
  ),
  alwaysStep(
    "only a successful trial closes the breaker",
    "implies(not at(closed) and next(at(closed)), at(halfOpen) and event(SUCCESS))",
    { id: "only-trial-closes", source: fowler },
  ),
  reachable("half-open can be reached", "at(halfOpen)", {
    id: "half-open-reachable",
    source: nygard,
  }),
  alwaysReachable("closed stays reachable from every state", "at(closed)", {
    id: "closed-stays-reachable",
    source: nygard,
  }),
  deadlockFree("the breaker is never stuck", { id: "deadlock-free" }),
  leadsTo("open leads to half-open", "at(open)", "at(halfOpen)", {
    id: "open-leads-to-half-open",
    source: fowler,
    fair: ["timers"],
  }),
];
