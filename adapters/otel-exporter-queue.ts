/** The published OTLP trace exporter (protobuf over HTTP), ready to be put under load. */

import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { fileURLToPath } from "node:url";

import type { MeasuredSystem } from "../core/subject.ts";

const packageName = "@opentelemetry/exporter-trace-otlp-proto";

/** The version that is really installed, as this module resolves it. */
function installedVersion(): string {
  const file = findPackageJSON(packageName, import.meta.url);
  if (file === undefined) return "unknown";
  const manifest: { version?: string } = JSON.parse(readFileSync(file, "utf8"));
  return manifest.version ?? "unknown";
}

// The extension is that of this file: `.ts` in the repository, `.js` in the published package.
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

export const otelExporterQueue: MeasuredSystem = {
  name: packageName,
  version: installedVersion(),
  program: fileURLToPath(new URL(`./programs/otel-exporter-load.${extension}`, import.meta.url)),
};
