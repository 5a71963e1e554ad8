/** The published OTLP trace exporter (protobuf over HTTP), ready to be put under load. */

import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { fileURLToPath } from "node:url";

import { siblingModule } from "../core/module-url.ts";
import type { MeasuredSystem } from "../core/subject.ts";

const packageName = "@opentelemetry/exporter-trace-otlp-proto";

/** The version that is really installed, as this module resolves it. */
function installedVersion(): string {
  const file = findPackageJSON(packageName, import.meta.url);
  if (file === undefined) return "unknown";
  const manifest: { version?: string } = JSON.parse(readFileSync(file, "utf8"));
  return manifest.version ?? "unknown";
}

export const otelExporterQueue: MeasuredSystem = {
  name: packageName,
  version: installedVersion(),
  program: fileURLToPath(siblingModule(import.meta.url, "./programs/otel-exporter-load")),
};
