/**
 * The OTLP trace exporter as a process that lives long and works on request: one line
 * `{ url, count, atOnce }`, that many exports, one line with the CPU time of this process that they
 * took, all of its threads. So conditions can take turns every second, in processes that are warm.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { createInterface } from "node:readline";

import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { TracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace";

export interface RoundOrder {
  readonly url: string;
  readonly count: number;
  readonly atOnce: number;
}

export interface RoundResult {
  /** Microseconds of CPU time in user and in kernel mode. */
  readonly user: number;
  readonly system: number;
  /** Milliseconds that the round took. */
  readonly wallMs: number;
  readonly failed: number;
}

let exporter: OTLPTraceExporter | null = null;
const settled = new AsyncLocalStorage<(ok: boolean) => void>();
const tracer = new TracerProvider({
  spanProcessors: [
    {
      onStart() {},
      onEnd(span: ReadableSpan) {
        const settle = settled.getStore();
        exporter?.export([span], (result) => {
          const code: number = result.code; // ExportResultCode: 0 is SUCCESS
          settle?.(code === 0);
        });
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
  ],
}).getTracer("rounds");

const exportOne = (number: number): Promise<boolean> =>
  new Promise((resolve) => {
    settled.run(resolve, () => {
      tracer.startSpan("operation", { attributes: { number, "http.route": "/load" } }).end();
    });
  });

async function round({ url, count, atOnce }: RoundOrder): Promise<RoundResult> {
  exporter ??= new OTLPTraceExporter({ url, concurrencyLimit: 10 * atOnce });
  globalThis.gc?.(); // what earlier rounds left behind is not this one's cost
  let next = 0;
  let failed = 0;
  const begin = performance.now();
  const before = process.cpuUsage();
  const client = async (): Promise<void> => {
    while (next < count) if (!(await exportOne(next++))) failed += 1;
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const { user, system } = process.cpuUsage(before);
  return { user, system, wallMs: performance.now() - begin, failed };
}

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  void round(JSON.parse(line) as RoundOrder).then((result) =>
    process.stdout.write(`${JSON.stringify(result)}\n`),
  );
});
input.once("close", () => process.exit(0));
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
