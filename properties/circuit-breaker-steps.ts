/** What each event does to a circuit breaker: no more and no less than the sources say. */

import { alwaysStep, type Property } from "../core/property.ts";

const nygard = 'Nygard, "Release It!", section "Circuit Breaker"';
const fowler = 'Fowler, "CircuitBreaker" (2014)';

export const circuitBreakerSteps: readonly Property[] = [
  alwaysStep(
    "an admitted call is in flight",
    "implies(event(CALL) and ((at(closed) and active < concurrency) or (at(halfOpen) and active < trialLimit)), next(active) == active + 1 and next(failures) == failures)",
    { id: "admitted-call-in-flight", source: fowler },
  ),
  alwaysStep(
    "a result ends one call, as long as the breaker stays closed",
    "implies(at(closed) and next(at(closed)) and active > 0 and (event(SUCCESS) or event(FAILURE)), next(active) == active - 1)",
    { id: "result-ends-one-call", source: fowler },
  ),
  alwaysStep(
    "a failure below the threshold counts one and opens nothing",
    "implies(at(closed) and active > 0 and event(FAILURE) and failures + 1 < threshold, next(at(closed)) and next(failures) == failures + 1)",
    { id: "failure-counts-one", source: fowler },
  ),
  alwaysStep(
    "without a call in flight there is no result to react to",
    "implies(active == 0 and (event(SUCCESS) or event(FAILURE)), next(active) == 0 and next(failures) == failures and iff(at(closed), next(at(closed))) and iff(at(open), next(at(open))))",
    { id: "no-result-without-call", source: fowler },
  ),
  alwaysStep(
    "a failed trial opens the breaker again",
    "implies(at(halfOpen) and active > 0 and event(FAILURE), next(at(open)))",
    { id: "failed-trial-opens", source: nygard },
  ),
  alwaysStep(
    "a successful trial closes the breaker",
    "implies(at(halfOpen) and active > 0 and event(SUCCESS), next(at(closed)))",
    { id: "successful-trial-closes", source: nygard },
  ),
  alwaysStep(
    "a new period starts with no calls and no failures",
    "implies((at(closed) and not next(at(closed))) or (at(open) and not next(at(open))) or (at(halfOpen) and not next(at(halfOpen))), next(active) == 0 and next(failures) == 0)",
    { id: "new-period-starts-empty", source: nygard },
  ),
];
