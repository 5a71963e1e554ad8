/** The published JavaScript exporter as a process on the wire. */

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import type { ExporterSubject } from "../core/subject.ts";
import { deviationsOf } from "./deviations.ts";

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
  expectFor: deviationsOf({ package: "opentelemetry-js", version: installedVersion() }),
};
