/** What one export must do, whatever the receiver answers and however slow it is. */

import {
  always,
  alwaysReachable,
  alwaysStep,
  leadsTo,
  reachable,
  type Property,
} from "../core/property.ts";

const failures = 'OTLP specification, "Failures"';
const success = 'OTLP specification, "OTLP/HTTP Response" and "Partial Success"';
const throttling = 'OTLP specification, "OTLP/HTTP Throttling"';
const timeout = 'OpenTelemetry specification, "OTLP Exporter", "Timeout"';

export const otlpExportProperties: readonly Property[] = [
  always(
    "never more requests than the limit",
    "requests >= 0 and requests <= maxRequests and retryAfter >= 0",
    { id: "requests-bounded", source: failures },
  ),
  alwaysStep(
    "a request is sent only from the queue or after a wait",
    "implies(next(requests) != requests, next(requests) == requests + 1 and next(at(active.inFlight)) and (at(active.ready) or at(active.waiting)))",
    { id: "sends-in-order", source: failures },
  ),
  alwaysStep(
    "an accepted batch is never sent again",
    "implies(at(active.inFlight) and (event(accepted) or event(partial)), next(at(delivered)) or next(at(partlyDelivered)))",
    { id: "accepted-ends", source: success },
  ),
  alwaysStep(
    "a batch refused for good is never sent again",
    "implies(at(active.inFlight) and event(rejected), next(at(failed)))",
    { id: "rejected-ends", source: failures },
  ),
  alwaysStep(
    "what can be tried again is tried again while requests are left",
    "implies(at(active.inFlight) and (event(unavailable) or event(broken)), iff(next(at(active.waiting)), requests < maxRequests))",
    { id: "unavailable-retried", source: throttling },
  ),
  always(
    "an answer came before anything is waited for",
    "implies(at(active.waiting), requests > 0 and requests < maxRequests)",
    { id: "waits-after-answer", source: throttling },
  ),
  reachable(
    "delivered at the last request",
    "at(delivered) and requests == maxRequests and maxRequests > 1",
    { id: "last-request-can-deliver", source: failures },
  ),
  reachable("gives up in a wait", "at(failed) and requests == 1 and retryAfter > 0", {
    id: "gives-up-in-wait",
    source: timeout,
  }),
  alwaysReachable("what is in flight can still be delivered", "at(delivered)", {
    id: "can-still-deliver",
    from: "at(active.inFlight)",
    source: failures,
  }),
  leadsTo("every export ends", "at(active)", "at(delivered) or at(partlyDelivered) or at(failed)", {
    id: "ends",
    source: timeout,
    fair: ["timers"],
  }),
];
