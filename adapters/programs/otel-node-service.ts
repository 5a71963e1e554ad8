/**
 * A small service as a subject of conformance on the wire: the real batch processor and the real
 * OTLP/protobuf exporter, nothing else. `GET /work?spans=N` ends N spans and says so.
 */

import { createServer } from "node:http";

import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const provider = new TracerProvider({
  spanProcessors: [
    new BatchSpanProcessor({
      exporter: new OTLPTraceExporter(),
      // sdk-trace leaves OTEL_BSP_* to sdk-node; this service reads the one it needs itself.
      scheduledDelayMillis: Number(process.env["OTEL_BSP_SCHEDULE_DELAY"] ?? 5_000),
    }),
  ],
});
trace.setGlobalTracerProvider(provider);
const tracer = trace.getTracer("otel-node-service");

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/ready") {
    response.writeHead(204).end();
    return;
  }
  const count = Number(url.searchParams.get("spans") ?? 1);
  for (let index = 0; index < count; index++) {
    tracer.startSpan("work", { attributes: { "work.index": index } }).end();
  }
  response.writeHead(200, { "x-verify-spans-ended": String(count) }).end();
});

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1");

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  provider
    .shutdown()
    .catch((error: unknown) => console.error("shutdown failed:", String(error)))
    .finally(() => process.exit(0));
});
