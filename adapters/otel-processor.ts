/** The published span processors with the published OTLP exporter, ready to be put under load. */

import { fileURLToPath } from "node:url";

import { siblingModule } from "../core/module-url.ts";
import type { MeasuredSystem } from "../core/subject.ts";
import { installedVersion } from "./installed-version.ts";

const packageName = "@opentelemetry/sdk-trace";

export const otelProcessor: MeasuredSystem = {
  name: packageName,
  version: installedVersion(packageName, import.meta.url),
  program: fileURLToPath(siblingModule(import.meta.url, "./programs/otel-processor-load")),
};
