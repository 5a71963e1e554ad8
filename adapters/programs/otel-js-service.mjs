/**
 * A small service as a subject of conformance on the wire: the real processor and the real OTLP
 * exporter of OpenTelemetry JS, nothing else. Plain JavaScript, because published lines are also
 * run by a Node that reads no TypeScript. `GET /work?spans=N` ends N spans, log records or data
 * points and says so; `&size=BYTES` makes each of them that large.
 *
 * VERIFY_PEER: folder whose node_modules has the packages (default: this repository's).
 * VERIFY_PROCESSOR: `simple` instead of `batch`.
 * VERIFY_SAME_DATA: ids and times are the same in every run; with `strict` no NaN is among the values.
 */

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const env = process.env;
const require = createRequire(
  env.VERIFY_PEER === undefined ? import.meta.url : join(env.VERIFY_PEER, "package.json"),
);
const load = (...names) => {
  for (const name of names) {
    // only what the peer itself has: folders further up may hold another line
    const own = env.VERIFY_PEER === undefined ? null : join(env.VERIFY_PEER, "node_modules", name);
    if (own !== null && !existsSync(own)) continue;
    try {
      return require(name);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error(`none of these packages is installed: ${names.join(", ")}`);
};

const kind = { "http/json": "http", grpc: "grpc" }[env.OTEL_EXPORTER_OTLP_PROTOCOL] ?? "proto";
const signal = ["logs", "metrics"].find(
  (name) => env[`OTEL_${name.toUpperCase()}_EXPORTER`] === "otlp",
);
const number = (name) => (env[name] === undefined ? undefined : Number(env[name]));
/** The published processors leave OTEL_BSP_* to sdk-node; this service reads what it needs itself. */
const limits = (prefix) => ({
  scheduledDelayMillis: number(`OTEL_${prefix}_SCHEDULE_DELAY`),
  maxExportBatchSize: number(`OTEL_${prefix}_MAX_EXPORT_BATCH_SIZE`),
  maxQueueSize: number(`OTEL_${prefix}_MAX_QUEUE_SIZE`),
  exportTimeoutMillis: number(`OTEL_${prefix}_EXPORT_TIMEOUT`),
});
const same = env.VERIFY_SAME_DATA;
let made = 0;
const nextId = (digits) => (++made).toString(16).padStart(digits, "0");
const idGenerator = { generateTraceId: () => nextId(32), generateSpanId: () => nextId(16) };
const someTime = [1_700_000_000, 123_456_789]; // seconds and nanoseconds
const simple = env.VERIFY_PROCESSOR === "simple";

/** Collecting again sends every point again, also at shutdown: points cannot be counted. */
const isCounted = signal !== "metrics";

const attributes = (index, size) => ({
  "work.index": index,
  "work.ratio": index + 0.5,
  ...(same === "strict" ? {} : { "work.nothing": Number.NaN }),
  "work.ok": true,
  "work.names": ["a", "b"],
  ...(size > 0 ? { "work.filler": "x".repeat(size) } : {}),
});

function traces() {
  const { OTLPTraceExporter } = load(`@opentelemetry/exporter-trace-otlp-${kind}`);
  const sdk = load("@opentelemetry/sdk-trace", "@opentelemetry/sdk-trace-base");
  const exporter = new OTLPTraceExporter();
  const isCurrent = sdk.TracerProvider !== undefined;
  const options = limits("BSP");
  const processor = simple
    ? new sdk.SimpleSpanProcessor(isCurrent ? { exporter } : exporter)
    : isCurrent
      ? new sdk.BatchSpanProcessor({ exporter, ...options })
      : new sdk.BatchSpanProcessor(exporter, options);
  const Provider = sdk.TracerProvider ?? sdk.BasicTracerProvider;
  const provider = new Provider({
    spanProcessors: [processor],
    ...(same === undefined ? {} : { idGenerator }),
  });
  provider.addSpanProcessor?.(processor); // before 2.0
  const tracer = provider.getTracer("otel-js-service");
  return {
    produce(index, size) {
      const startTime = same === undefined ? undefined : someTime;
      tracer
        .startSpan("work", { kind: 1, attributes: attributes(index, size), startTime })
        .end(startTime);
    },
    shutdown: () => provider.shutdown(),
  };
}

function logs() {
  const { OTLPLogExporter } = load(`@opentelemetry/exporter-logs-otlp-${kind}`);
  const sdk = load("@opentelemetry/sdk-logs");
  const exporter = new OTLPLogExporter();
  const processor = simple
    ? new sdk.SimpleLogRecordProcessor({ exporter })
    : new sdk.BatchLogRecordProcessor({ exporter, ...limits("BLRP") });
  const provider = new sdk.LoggerProvider({ processors: [processor] });
  const logger = provider.getLogger("otel-js-service");
  let count = 0;
  return {
    produce(index, size) {
      // the number makes each record one of its own
      logger.emit({
        ...(same === undefined ? {} : { timestamp: someTime, observedTimestamp: someTime }),
        severityNumber: 9,
        body: `work ${++count}`,
        attributes: attributes(index, size),
      });
    },
    shutdown: () => provider.shutdown(),
  };
}

function metrics() {
  const { OTLPMetricExporter } = load(`@opentelemetry/exporter-metrics-otlp-${kind}`);
  const sdk = load("@opentelemetry/sdk-metrics");
  // Collected when driven, not by the clock: what is exported is what the stimulus produced.
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis: 3_600_000,
  });
  const provider = new sdk.MeterProvider({ readers: [reader] });
  const meter = provider.getMeter("otel-js-service");
  const counter = meter.createCounter("work");
  return {
    produce(index) {
      counter.add(1, { "work.index": index });
    },
    flush() {
      reader.forceFlush().catch(() => {}); // a failed export is what the scenario is about
    },
    shutdown: () => provider.shutdown(),
  };
}

const telemetry = signal === "logs" ? logs() : signal === "metrics" ? metrics() : traces();

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/ready") {
    response.writeHead(204).end();
    return;
  }
  const count = Number(url.searchParams.get("spans") ?? 1);
  const size = Number(url.searchParams.get("size") ?? 0);
  for (let index = 0; index < count; index++) telemetry.produce(index, size);
  telemetry.flush?.();
  response.writeHead(200, isCounted ? { "x-verify-spans-ended": String(count) } : {}).end();
});

server.listen(Number(env.PORT ?? 0), "127.0.0.1");

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  telemetry
    .shutdown()
    .catch((error) => console.error("shutdown failed:", String(error)))
    .finally(() => process.exit(0));
});
