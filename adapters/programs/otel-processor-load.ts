/**
 * Load program for the span processors of OpenTelemetry JS (protocol: core/load.ts, `ProcessorSpec`):
 * every arrival ends one real span of a real tracer; BatchSpanProcessor or SimpleSpanProcessor hands
 * it to the real OTLP exporter. Only the exporter's `export` is watched, from outside.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  BatchSpanProcessor,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";

import { loadSequenceHeader, type ProcessorRecord, type ProcessorSpec } from "../../core/load.ts";
import { cpuOf, lagOf, print, samplingMs, serve } from "./load-program.ts";

const numberKey = "load.number";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Export = Mutable<ProcessorRecord["exports"][number]>;

class Watch implements SpanExporter {
  readonly exports: Export[] = [];
  readonly fate: number[];
  readonly failures: Record<string, number> = {};
  readonly #real: SpanExporter;
  readonly #current: AsyncLocalStorage<string>;
  /** Before the run exports carry no number; after it nothing is sent any more. */
  phase: "warm" | "run" | "over" = "warm";
  begin = 0;
  open = 0;
  #idle: (() => void) | null = null;

  constructor(real: SpanExporter, current: AsyncLocalStorage<string>, arrivals: number) {
    this.#real = real;
    this.#current = current;
    this.fate = Array.from({ length: arrivals }, () => -1);
  }

  export(spans: ReadableSpan[], answer: Parameters<SpanExporter["export"]>[1]): void {
    if (this.phase === "warm") {
      this.#current.run("warmup", () => this.#real.export(spans, answer));
      return;
    }
    const numbers = spans.map((span) => Number(span.attributes[numberKey]));
    if (this.phase === "over") {
      for (const number of numbers) this.fate[number] = -2;
      answer({ code: 0 });
      return;
    }
    const index = this.exports.length;
    for (const number of numbers) this.fate[number] = index;
    const now = (): number => (performance.now() - this.begin) / 1000;
    const entry: Export = {
      start: now(),
      end: 0,
      size: spans.length,
      ok: false,
      refused: false,
      callSeconds: 0,
    };
    this.exports.push(entry);
    this.open++;
    this.#current.run(String(index), () => {
      this.#real.export(spans, (result) => {
        entry.end = now();
        const code: number = result.code; // ExportResultCode: 0 is SUCCESS
        entry.ok = code === 0;
        if (!entry.ok) {
          const reason = result.error?.message ?? "no reason given";
          entry.refused = reason === "Concurrent export limit reached";
          if (!entry.refused) this.failures[reason] = (this.failures[reason] ?? 0) + 1;
        }
        answer(result);
        if (--this.open === 0) this.#idle?.();
      });
    });
    entry.callSeconds = now() - entry.start;
  }

  whenIdle(): Promise<void> {
    if (this.open === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  shutdown(): Promise<void> {
    return this.#real.shutdown();
  }
}

function makeProcessor({ processor }: ProcessorSpec, exporter: SpanExporter): SpanProcessor {
  if (processor.kind === "simple") return new SimpleSpanProcessor({ exporter });
  const { kind: _, ...options } = processor;
  return new BatchSpanProcessor({ exporter, ...options });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function run(spec: ProcessorSpec): Promise<void> {
  const current = new AsyncLocalStorage<string>();
  const concurrency = spec.processor.kind === "simple" ? spec.processor.concurrencyLimit : 30;
  const real = new OTLPTraceExporter({
    url: spec.url,
    concurrencyLimit: concurrency,
    timeoutMillis: spec.timeoutMs,
    compression: spec.compression as never,
    headers: async () => ({ [loadSequenceHeader]: current.getStore() ?? "none" }),
    ...(spec.ca === undefined
      ? {}
      : { httpAgentOptions: { ca: spec.ca, keepAlive: true } as never }),
  });
  const watch = new Watch(real, current, spec.arrivals.length);
  const processor = makeProcessor(spec, watch);
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("load");
  const extra = Object.fromEntries(
    Array.from({ length: spec.attributes }, (_, index) => [
      `attribute.${index}`,
      "sixteen.chars.ok",
    ]),
  );
  const emit = (number: number): void => {
    tracer.startSpan("operation", { attributes: { ...extra, [numberKey]: number } }).end();
  };

  // As in a service that has run for a while: code compiled, connections open.
  const spansPerExport = spec.processor.kind === "batch" ? spec.processor.maxExportBatchSize : 1;
  const atOnce = spec.processor.kind === "batch" ? 1 : concurrency;
  for (let done = 0; done < spec.warmup; done += atOnce) {
    for (let one = 0; one < spansPerExport * atOnce; one++) emit(-1);
    await processor.forceFlush();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await processor.forceFlush();
  await sleep(20);

  const sent: number[] = Array.from({ length: spec.arrivals.length }, () => 0);
  const delay = monitorEventLoopDelay({ resolution: samplingMs });
  const { busy } = spec;
  const burner =
    busy === undefined
      ? null
      : setInterval(() => {
          const until = performance.now() + busy.forMs;
          while (performance.now() < until);
        }, busy.everyMs);
  watch.phase = "run";
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  watch.begin = begin;
  const seconds = (): number => (performance.now() - begin) / 1000;

  await new Promise<void>((resolve) => {
    let index = 0;
    const step = (): void => {
      while (index < spec.arrivals.length && spec.arrivals[index]! <= seconds()) {
        const intended = spec.arrivals[index]!;
        const now = seconds();
        // A burst is one synchronous piece of work.
        for (; index < spec.arrivals.length && spec.arrivals[index] === intended; index++) {
          sent[index] = now;
          emit(index);
        }
      }
      const next = index < spec.arrivals.length ? spec.arrivals[index]! : spec.until;
      if (index === spec.arrivals.length && seconds() >= spec.until) return resolve();
      setTimeout(step, Math.max(1, Math.ceil((next - seconds()) * 1000)));
    };
    step();
  });

  const cpu = process.cpuUsage(cpuBefore);
  delay.disable();
  if (burner !== null) clearInterval(burner);
  watch.phase = "over";
  await watch.whenIdle();
  const shutdownBegin = performance.now();
  await processor.shutdown();
  const shutdownSeconds = (performance.now() - shutdownBegin) / 1000;
  const record: ProcessorRecord = {
    sent,
    fate: watch.fate,
    exports: watch.exports,
    failures: watch.failures,
    lag: lagOf(delay),
    cpu: cpuOf(cpu),
    shutdownSeconds,
  };
  await print(record);
}

await serve((line) => run(JSON.parse(line) as ProcessorSpec));
