/**
 * What tools/steadiness.ts tries with many seeds: implementations in virtual time, and of the scenarios
 * on the wire those whose judgements rest on time.
 */

import { defineConfig } from "../index.ts";
import whole from "../verify.config.ts";

const timing = [
  "throttled",
  "late-headers",
  "drip",
  "late-hang",
  "backoff",
  "retryable",
  "disconnect",
  "retry-after-dates",
  "negative-timeout",
  "zero-timeout",
  "signal-timeout",
  "processor-timeout",
  "idle-close",
  "blackhole",
  "sigterm",
  "queue",
  "batches-at-sigterm",
];

export default defineConfig({
  ...whole,
  subjects: whole.subjects.map((subject) =>
    subject.kind === "process" && subject.role === "otlp-exporter"
      ? { ...subject, scenarios: timing }
      : subject,
  ),
});
