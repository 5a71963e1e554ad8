/** The published JavaScript exporter as a process on the wire. */

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { violated } from "../core/property.ts";
import type { ExporterSubject } from "../core/subject.ts";

const PACKAGE = "@opentelemetry/exporter-trace-otlp-proto";

/** Version of the installed package; its exports hide package.json, so it is found by its path. */
function installedVersion(): string {
  const require = createRequire(import.meta.url);
  const entry = require.resolve(PACKAGE);
  const root = entry.slice(0, entry.lastIndexOf(PACKAGE) + PACKAGE.length);
  return (require(`${root}/package.json`) as { version: string }).version;
}

/**
 * `exporter-trace-otlp-proto` 0.301.1 in a small service. The timing deviations come
 * from using the socket's inactivity timeout as the timeout of the export.
 */
export const otlpExporterJs: ExporterSubject = {
  kind: "process",
  id: "otlp-exporter-js",
  title: "OpenTelemetry JS: OTLP/protobuf trace exporter over HTTP",
  source: "https://opentelemetry.io/docs/specs/otlp/",
  role: "otlp-exporter",
  command: [
    process.execPath,
    fileURLToPath(new URL("./programs/otel-js-service.mjs", import.meta.url)),
  ],
  ready: "http://127.0.0.1:{port}/ready",
  drive: "http://127.0.0.1:{port}/work?spans=60",
  driveLarge: "http://127.0.0.1:{port}/work?spans=60&size=1300000",
  batchProcessor: true,
  profile: "opentelemetry-js",
  implementation: { name: "exporter-trace-otlp-proto", version: installedVersion() },
  // Its back-off is known: 1 s, then 1.5 times more, each ±20 %, at most 5 s.
  pace: { quietMs: 2_000, silenceMs: 8_000, jobs: 5 },
  expectFor: {
    "timeout-bounds-a-dripping-answer": violated(
      "the timeout is the socket's inactivity timeout: every byte of a dripping answer starts it anew",
      { requirement: "C15b", scenario: "drip", gaveUpInTime: false },
    ),
    "timeout-covers-retries": violated(
      "a retry gets the time that remained before the wait, so wait and retry together exceed the timeout",
      { requirement: "C15c", scenario: "late-hang", withinTimeout: false },
    ),
    "exports-one-at-a-time": violated(
      "at shutdown the batch processor hands all batches to the exporter at once",
      { requirement: "P1", scenario: "sigterm", overlap: true },
    ),
    "zero-timeout-means-no-limit": violated("zero is taken for unset: the default of 10 s holds", {
      requirement: "E9b",
      scenario: "zero-timeout",
      gaveUp: true,
    }),
    "caps-the-request-body": violated("the exporter has no limit for the body of a request", {
      requirement: "C12",
      scenario: "large",
      sent: true,
    }),
  },
};
