/** The published OTLP trace exporter (protobuf over HTTP), ready to be put under load. */

import { fileURLToPath } from "node:url";

import { siblingModule } from "../core/module-url.ts";
import type { MeasuredSystem } from "../core/subject.ts";
import { installedVersion } from "./installed-version.ts";

const packageName = "@opentelemetry/exporter-trace-otlp-proto";

export const otelExporterQueue: MeasuredSystem = {
  name: packageName,
  version: installedVersion(packageName, import.meta.url),
  program: fileURLToPath(siblingModule(import.meta.url, "./programs/otel-exporter-load")),
};
