/**
 * The published BatchSpanProcessor in virtual time: spans end and exports answer exactly when a trace
 * says, so what it does is a function of the trace. The processor is used as it is; the exporter is
 * ours and only takes notes.
 */

import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace";

import type { BatchReplay, BatchReplayer, BatchTrace } from "../core/load.ts";
import { installedVersion } from "./installed-version.ts";
import { VirtualTime } from "./virtual-time.ts";

const packageName = "@opentelemetry/sdk-trace";

/** As much of a span as the processor looks at, with the number of its arrival. */
interface NumberedSpan {
  readonly number: number;
}

const spanOf = (number: number): ReadableSpan & NumberedSpan =>
  ({
    number,
    spanContext: () => ({
      traceId: "0".repeat(31) + "1",
      spanId: "0".repeat(15) + "1",
      traceFlags: 1,
    }),
    resource: { asyncAttributesPending: false },
  }) as unknown as ReadableSpan & NumberedSpan;

type Settings = Pick<
  BatchTrace,
  "maxExportBatchSize" | "maxQueueSize" | "scheduledDelayMillis" | "exportTimeoutMillis"
>;

/** @param spoil changes the settings behind the trace's back; for negative controls */
export function otelBatchReplay(
  spoil: (settings: Settings) => Settings = (same) => same,
): BatchReplayer {
  return {
    name: packageName,
    version: installedVersion(packageName, import.meta.url),
    replay: (trace) => replay(trace, spoil(trace)),
  };
}

async function replay(trace: BatchTrace, settings: Settings): Promise<BatchReplay> {
  const time = new VirtualTime();
  try {
    const begin = time.run(() => Date.now());
    const exports: { atMs: number; spans: number[] }[] = [];
    const exporter: SpanExporter = {
      export(spans, answer) {
        const { afterMs, ok } = trace.exports[exports.length] ?? { afterMs: 1, ok: true };
        exports.push({
          atMs: Date.now() - begin,
          spans: spans.map((span) => (span as ReadableSpan & NumberedSpan).number),
        });
        setTimeout(() => answer({ code: ok ? 0 : 1 }), afterMs);
      },
      shutdown: () => Promise.resolve(),
    };
    const processor = time.run(
      () =>
        new BatchSpanProcessor({
          exporter,
          maxExportBatchSize: settings.maxExportBatchSize,
          maxQueueSize: settings.maxQueueSize,
          scheduledDelayMillis: settings.scheduledDelayMillis,
          exportTimeoutMillis: settings.exportTimeoutMillis,
        }),
    );
    const { arrivals } = trace;
    let now = 0;
    for (let index = 0; index < arrivals.length;) {
      const at = arrivals[index]!;
      await time.advance(at - now);
      now = at;
      time.run(() => {
        for (; index < arrivals.length && arrivals[index] === at; index++) {
          processor.onEnd(spanOf(index));
        }
      });
      await time.settle();
    }
    // Until nothing is left: every round exports a batch or lets a timer fire.
    const rounds = 2 + Math.ceil(arrivals.length / settings.maxExportBatchSize);
    const longest = Math.max(1, ...trace.exports.map(({ afterMs }) => afterMs));
    await time.advance(rounds * (settings.scheduledDelayMillis + longest));
    const exported = new Set(exports.flatMap(({ spans }) => spans));
    return {
      exports,
      dropped: arrivals.map((_, index) => index).filter((one) => !exported.has(one)),
    };
  } finally {
    time.dispose();
  }
}
