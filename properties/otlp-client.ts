/** What the places of an OTLP client must be, and what an implementation of them must do. */

import {
  always,
  alwaysReachable,
  alwaysStep,
  conforms,
  reachable,
  type Property,
} from "../core/property.ts";

const concurrent = 'OTLP specification, "OTLP/gRPC Concurrent Requests"';
const shutdown = 'OpenTelemetry specification, "Trace SDK", "Shutdown()"';
const size = 'OTLP specification, "OTLP/HTTP Request", "Max Request Size"';

export const otlpClientProperties: readonly Property[] = [
  always(
    "never more exports in flight or waiting than allowed",
    "inFlight >= 0 and inFlight <= concurrency and waiting >= 0 and waiting <= maxWaiting",
    { id: "places-bounded", source: concurrent },
  ),
  always("nobody waits while there is a place", "implies(waiting > 0, inFlight == concurrency)", {
    id: "work-conserving",
    source: concurrent,
  }),
  always("closed means that nothing is under way", "implies(at(closed), inFlight == 0)", {
    id: "closed-is-empty",
    source: shutdown,
  }),
  alwaysStep(
    "after shutdown no export is taken",
    "implies(event(EXPORT) and not at(open), next(inFlight) == inFlight and next(waiting) == waiting)",
    { id: "no-export-after-shutdown", source: shutdown },
  ),
  alwaysStep(
    "what is over the size limit is not taken",
    "implies(event(EXPORT_LARGE), next(inFlight) == inFlight and next(waiting) == waiting)",
    { id: "large-not-taken", source: size },
  ),
  reachable("every place can be taken", "inFlight == concurrency and waiting == maxWaiting", {
    id: "places-can-be-full",
    source: concurrent,
  }),
  alwaysReachable("shutting down ends", "at(closed)", { id: "shutdown-ends", source: shutdown }),
  conforms("exports take their places", {
    id: "export-places",
    events: ["EXPORT"],
    source: concurrent,
  }),
  conforms("large batches are refused", {
    id: "large-refused",
    events: ["EXPORT_LARGE"],
    source: size,
  }),
  conforms("who ends gives its place to the next", {
    id: "finish",
    events: ["FINISH", "EXPIRE"],
    source: concurrent,
  }),
  conforms("flush is answered when nothing is under way", {
    id: "flush",
    events: ["FLUSH"],
    source: 'OpenTelemetry specification, "Trace SDK", "ForceFlush()"',
  }),
  conforms("shutdown closes when nothing is under way", {
    id: "shutdown",
    events: ["SHUTDOWN"],
    source: shutdown,
  }),
];
