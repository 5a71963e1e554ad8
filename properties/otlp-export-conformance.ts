/** What an OTLP client must do with one export: the machine of models/otlp-export.ts, clause by clause. */

import { conforms, type Property } from "../core/property.ts";

export const otlpExportConformance: readonly Property[] = [
  conforms("an answer of 2xx ends the export", {
    id: "success-ends",
    events: ["accepted", "partial"],
    source: 'OTLP specification, "OTLP/HTTP Response"',
  }),
  conforms("a refusal for good ends the export", {
    id: "refusal-ends",
    events: ["rejected"],
    source: 'OTLP specification, "Failures"',
  }),
  conforms("what can be tried again waits first", {
    id: "retry-waits",
    events: ["unavailable", "broken"],
    source: 'OTLP specification, "OTLP/HTTP Throttling" and "OTLP/HTTP Connection"',
  }),
  conforms("requests are sent in their turn", {
    id: "turn",
    events: ["send"],
    source: 'OTLP specification, "OTLP/gRPC Concurrent Requests"',
  }),
  conforms("waits and the time limit end when they should", {
    id: "in-time",
    events: ["time passes"],
    source: 'OpenTelemetry specification, "OTLP Exporter", "Retry" and "Timeout"',
  }),
];
