/**
 * Settings of a path from where they already are: OTEL_BSP_* and OTEL_EXPORTER_OTLP_* variables, and the
 * exporter and queue sections of a Collector configuration. Secrets (headers, certificates) are not read.
 */

import { parse } from "yaml";

import type { CollectorSettings, SdkSettings } from "../../core/capacity.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import { parseGoDuration } from "./quantities.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Defaults of OpenTelemetry JS (specification, trace SDK and OTLP exporter). */
export const defaultSdk: SdkSettings = {
  maxQueueSize: 2048,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 5000,
  exportTimeoutMillis: 30_000,
  timeoutMillis: 10_000,
  concurrencyLimit: 30,
  gzip: false,
};

/** Defaults of the Collector's exporterhelper. */
export const defaultCollector: CollectorSettings = {
  numConsumers: 10,
  queueSize: 1000,
  timeoutMillis: 5000,
  retry: {
    enabled: true,
    initialMillis: 5000,
    maxMillis: 30_000,
    elapsedMillis: 300_000,
    multiplier: 1.5,
  },
};

export interface ReadSdk {
  readonly sdk: SdkSettings;
  /** Whether the endpoint is https; null when none is given. */
  readonly tls: boolean | null;
  readonly origins: Readonly<Record<string, string>>;
}

const number = {
  maxQueueSize: ["OTEL_BSP_MAX_QUEUE_SIZE"],
  maxExportBatchSize: ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"],
  scheduledDelayMillis: ["OTEL_BSP_SCHEDULE_DELAY"],
  exportTimeoutMillis: ["OTEL_BSP_EXPORT_TIMEOUT"],
  timeoutMillis: ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
} as const;

/** @throws {DiagnosticError} VRF006 for a value that is no number */
export function readSdk(environment: Environment): ReadSdk {
  const origins: Record<string, string> = {};
  const found: Record<string, number> = {};
  const first = (names: readonly string[]): readonly [string, string] | undefined => {
    for (const name of names) {
      const text = environment[name];
      if (text !== undefined && text !== "") return [name, text];
    }
    return undefined;
  };
  for (const [setting, names] of Object.entries(number)) {
    const entry = first(names);
    if (entry === undefined) continue;
    const [name, text] = entry;
    const value = Number(text);
    if (!Number.isFinite(value) || value < (setting === "scheduledDelayMillis" ? 0 : 1)) {
      throw new DiagnosticError("VRF006", `${name} is "${text}"`, {
        place: name,
        help: "give a positive number, in milliseconds for times, or unset it",
      });
    }
    found[setting] = value;
    origins[setting] = name;
  }
  const compression = first([
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
  ]);
  if (compression !== undefined) origins["gzip"] = compression[0];
  const endpoint = first(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]);
  if (endpoint !== undefined) origins["tls"] = endpoint[0];
  const sdk = {
    ...defaultSdk,
    ...found,
    ...(compression === undefined ? {} : { gzip: compression[1].trim() === "gzip" }),
  };
  if (sdk.maxExportBatchSize > sdk.maxQueueSize) {
    // What the processor itself does, with a warning that nobody reads.
    origins["maxExportBatchSize"] = "limited by maxQueueSize";
    return {
      sdk: { ...sdk, maxExportBatchSize: sdk.maxQueueSize },
      tls: endpoint === undefined ? null : endpoint[1].startsWith("https:"),
      origins,
    };
  }
  return { sdk, tls: endpoint === undefined ? null : endpoint[1].startsWith("https:"), origins };
}

type Loose = Readonly<Record<string, unknown>>;
const record = (value: unknown): Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Loose) : {};

/** Scalars as text; anything else says nothing about itself. */
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "something else";

export interface ReadCollector {
  readonly collector: CollectorSettings;
  /** The exporter that was read, e.g. "otlphttp/backend". */
  readonly exporter: string;
  readonly gzip: boolean;
  readonly tls: boolean;
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * @param file for messages
 * @param wanted name of the exporter; default: the only OTLP exporter of the traces pipelines
 * @throws {DiagnosticError} VRF006
 */
export function readCollector(text: string, file: string, wanted?: string): ReadCollector {
  const refuse = (message: string, help: string): never => {
    throw new DiagnosticError("VRF006", `${file}: ${message}`, { place: file, help });
  };
  let document: Loose;
  try {
    document = record(parse(text));
  } catch (error) {
    return refuse(
      `no YAML: ${error instanceof Error ? error.message.split("\n")[0] : ""}`,
      "correct the file",
    );
  }
  const exporters = record(document["exporters"]);
  const name = wanted ?? usedExporter(document, Object.keys(exporters), refuse);
  if (!Object.hasOwn(exporters, name)) {
    return refuse(
      `no exporter "${name}"`,
      `its exporters are ${Object.keys(exporters).join(", ") || "none"}`,
    );
  }
  const settings = record(exporters[name]);
  const place = `${file}: exporters.${name}`;
  const origins: Record<string, string> = {};
  const millis = (holder: Loose, key: string, fallback: number, origin: string): number => {
    const value = holder[key];
    if (value === undefined) return fallback;
    origins[origin] = `${place}.${key}`;
    return 1000 * parseGoDuration(textOf(value), `${place}.${key}`);
  };
  const whole = (holder: Loose, key: string, fallback: number, origin: string): number => {
    const value = holder[key];
    if (value === undefined) return fallback;
    if (typeof value !== "number" || !(value >= 1))
      return refuse(`${key} is ${textOf(value)}`, "give a number from 1");
    origins[origin] = `${place}.${key}`;
    return value;
  };
  const queue = record(settings["sending_queue"]);
  const sizer = queue["sizer"] ?? "requests";
  if (sizer !== "requests") {
    refuse(
      `the queue of ${name} is sized by ${textOf(sizer)}`,
      "only queues of requests are modelled",
    );
  }
  const retry = record(settings["retry_on_failure"]);
  const tls = record(settings["tls"]);
  const endpoint = textOf(settings["endpoint"]);
  const isQueued = queue["enabled"] !== false;
  const usual = defaultCollector.retry;
  return {
    exporter: name,
    gzip: (settings["compression"] ?? "gzip") === "gzip",
    tls: tls["insecure"] !== true && !endpoint.startsWith("http:"),
    origins,
    collector: {
      numConsumers: whole(queue, "num_consumers", defaultCollector.numConsumers, "numConsumers"),
      // Without a queue a request is in the hands of its receiver: as many as consumers, no more.
      queueSize: isQueued
        ? whole(queue, "queue_size", defaultCollector.queueSize, "queueSize")
        : whole(queue, "num_consumers", defaultCollector.numConsumers, "numConsumers"),
      timeoutMillis: millis(
        settings,
        "timeout",
        defaultCollector.timeoutMillis,
        "collectorTimeout",
      ),
      retry: {
        enabled: retry["enabled"] !== false,
        initialMillis: millis(retry, "initial_interval", usual.initialMillis, "retryInitial"),
        maxMillis: millis(retry, "max_interval", usual.maxMillis, "retryMax"),
        elapsedMillis: millis(retry, "max_elapsed_time", usual.elapsedMillis, "retryElapsed"),
        multiplier:
          typeof retry["multiplier"] === "number" ? retry["multiplier"] : usual.multiplier,
      },
    },
  };
}

function usedExporter(
  document: Loose,
  names: readonly string[],
  refuse: (message: string, help: string) => never,
): string {
  const pipelines = record(record(document["service"])["pipelines"]);
  const used = Object.entries(pipelines)
    .filter(([name]) => name.split("/")[0] === "traces")
    .flatMap(([, pipeline]) => {
      const list = record(pipeline)["exporters"];
      return Array.isArray(list) ? list.map(String) : [];
    });
  const candidates = (used.length > 0 ? [...new Set(used)] : names).filter((name) =>
    name.startsWith("otlp"),
  );
  const [only] = candidates;
  if (only === undefined)
    return refuse("no OTLP exporter in a traces pipeline", "name one with --exporter");
  if (candidates.length > 1) {
    return refuse(`several OTLP exporters: ${candidates.join(", ")}`, "name one with --exporter");
  }
  return only;
}
