/** Records our OTLP client at work, as a user of the OpenTelemetry SDK would. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import {
  TracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace";

import { OtlpClient, type ExportResult } from "../../impl/otlp/client.ts";
import { httpTransport } from "../../impl/otlp/transport.ts";
import { recordExports } from "../../impl/telemetry/export-spans.ts";

export type Fault = (response: ServerResponse, request: IncomingMessage) => void;

export const answer =
  (status: number, headers: Record<string, string> = {}, body: unknown = {}): Fault =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };

export const reset: Fault = (response) => {
  response.socket?.destroy();
};

export interface RecordedRun {
  readonly lines: string[];
  readonly results: readonly ExportResult[];
}

/** `exports` batches, all at once, against a receiver that takes one fault per request. */
export async function recordRun(
  faults: readonly Fault[],
  exports: number,
  concurrency = 4,
): Promise<RecordedRun> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const fault = faults[requests] ?? answer(200);
      requests += 1;
      fault(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
  });
  const maxRequests = 3;
  const client = new OtlpClient({
    transport: httpTransport({
      url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`),
      maxResponseBytes: 4 * 2 ** 20,
    }),
    contentType: "application/json",
    maxRequests,
    concurrency,
    backoff: { firstMs: 5, factor: 1.5, longestMs: 20, jitter: 0.2 },
    onTransition: recordExports(provider.getTracer("otlp-client"), maxRequests),
  });
  const body = new TextEncoder().encode('{"resourceSpans":[]}');
  const results = await Promise.all(Array.from({ length: exports }, () => client.export(body)));
  await client.shutdown();
  await provider.forceFlush();
  await new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });
  // one message per span, so that the lines of concurrent exports can be told apart
  const lines = memory
    .getFinishedSpans()
    .map((span) => new TextDecoder().decode(JsonTraceSerializer.serializeRequest([span])));
  await provider.shutdown();
  return { lines, results };
}
