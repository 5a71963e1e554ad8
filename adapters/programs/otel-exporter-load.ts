/**
 * Load program for the OTLP trace exporter (protocol: core/load.ts): every arrival ends one real
 * span and hands it to `OTLPTraceExporter.export`, as SimpleSpanProcessor does. The exporter allows
 * `servers` exports at a time and refuses every further one at once: a loss system.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

import type { SpanContext } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { TracerProvider, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace";

import {
  loadSequenceHeader,
  type LoadOutcome,
  type LoadRecord,
  type LoadSpec,
} from "../../core/load.ts";
import { cpuOf, lagOf, print, samplingMs, serve } from "./load-program.ts";

type Settle = (outcome: LoadOutcome, reason: string) => void;

/** The exporter behind a tracer: `emit` ends one span and returns it, `settle` hears of its export. */
function makeSystem(spec: LoadSpec): (sequence: string, settle: Settle) => SpanContext {
  const current = new AsyncLocalStorage<string>();
  const exporter = new OTLPTraceExporter({
    url: spec.url,
    concurrencyLimit: spec.servers,
    timeoutMillis: spec.timeoutMs,
    headers: async () => ({ [loadSequenceHeader]: current.getStore() ?? "none" }),
  });
  let settleCurrent: Settle = () => {};
  const processor: SpanProcessor = {
    onStart() {},
    onEnd(span: ReadableSpan) {
      const settle = settleCurrent;
      exporter.export([span], (result) => {
        const code: number = result.code; // ExportResultCode: 0 is SUCCESS
        if (code === 0) return settle("completed", "");
        const reason = result.error?.message ?? "no reason given";
        settle(reason === "Concurrent export limit reached" ? "rejected" : "failed", reason);
      });
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("load");
  return (sequence, settle) => {
    settleCurrent = settle;
    return current.run(sequence, () => {
      const span = tracer.startSpan("operation", {
        attributes: { sequence, "http.route": "/load" },
      });
      span.end();
      return span.spanContext();
    });
  };
}

async function warmUp(spec: LoadSpec, emit: ReturnType<typeof makeSystem>): Promise<void> {
  let left = spec.warmup;
  while (left > 0) {
    const batch = Math.min(left, spec.servers);
    left -= batch;
    const exports = Array.from(
      { length: batch },
      () => new Promise<void>((resolve) => emit("warmup", () => resolve())),
    );
    await Promise.all(exports);
    await new Promise((resolve) => setImmediate(resolve)); // the slots are free one microtask later
  }
}

async function run(spec: LoadSpec): Promise<void> {
  const emit = makeSystem(spec);
  await warmUp(spec, emit);

  const count = spec.arrivals.length;
  const sent: number[] = Array.from({ length: count }, () => 0);
  const finished: (number | null)[] = Array.from({ length: count }, () => null);
  const outcomes: LoadOutcome[] = Array.from({ length: count }, () => "unfinished");
  const spans: NonNullable<LoadRecord["spans"]>[number][] = [];
  const failures: Record<string, number> = {};
  const delay = monitorEventLoopDelay({ resolution: samplingMs });

  let open = count;
  let index = 0;
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const originNs = Number(process.hrtime.bigint());
  const seconds = (): number => (performance.now() - start) / 1000;

  await new Promise<void>((resolve) => {
    const fire = (arrival: number): void => {
      sent[arrival] = seconds();
      const { traceId, spanId } = emit(String(arrival), (outcome, reason) => {
        finished[arrival] = seconds();
        outcomes[arrival] = outcome;
        if (outcome === "failed") failures[reason] = (failures[reason] ?? 0) + 1;
        if (--open === 0) resolve();
      });
      spans[arrival] = { traceId, spanId, returned: seconds() };
    };
    const step = (): void => {
      while (index < count && spec.arrivals[index]! <= seconds()) fire(index++);
      if (index === count) return;
      const waitMs = (spec.arrivals[index]! - seconds()) * 1000;
      if (spec.pacing === "timer") setTimeout(step, Math.max(1, Math.ceil(waitMs)));
      else if (waitMs > 2) setTimeout(step, Math.floor(waitMs - 1));
      else setImmediate(step);
    };
    if (count === 0) resolve();
    else step();
  });

  const cpu = process.cpuUsage(cpuBefore);
  delay.disable();
  await print({
    originNs,
    sent,
    spans,
    finished,
    outcomes,
    failures,
    lag: lagOf(delay),
    cpu: cpuOf(cpu),
  });
}

await serve((line) => run(JSON.parse(line) as LoadSpec));
