/**
 * The whole path for real: the published batch processor and exporter, a Collector set up as
 * recommended, a slow link, a backend that counts the spans that reach it. Needs a Collector: otelcol on
 * the PATH, or the one that `node tools/peers.ts collector` builds.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { otelProcessor } from "../../adapters/otel-processor.ts";
import { peersFolder } from "../../adapters/peers.ts";
import type { CapacityPlan, CollectorSettings } from "../../core/capacity.ts";
import type { ProcessorSpec } from "../../core/load.ts";
import type { Distribution } from "../../core/subject.ts";
import { scheduleOf } from "../../sim/load/arrivals.ts";
import { cleanEnvironment, startChild } from "../../sim/load/child.ts";
import { readNumber, readProcessorRecord } from "../../sim/load/messages.ts";
import { findProgram } from "../../test/support/find-program.ts";
import { slowLink } from "../conditions.ts";
import type { SinkSpec } from "../programs/span-sink.ts";

const sinkProgram = join(import.meta.dirname, "../programs/span-sink.ts");

export function findCollector(): string | null {
  const built = join(peersFolder, "collector");
  return findProgram("otelcol", "otelcol-contrib") ?? (existsSync(built) ? built : null);
}

export interface PathOptions {
  readonly lambda: number;
  readonly seconds: number;
  readonly seed: number;
  /** The backend answers 503 during this time. */
  readonly away?: { readonly from: number; readonly to: number };
}

export interface PathMeasured {
  readonly spans: number;
  /** Spans that never reached the backend, and those of them that the SDK dropped. */
  readonly lost: number;
  readonly droppedBySdk: number;
  /** When the SDK lost the first one, in seconds from the start of the outage or of the run. */
  readonly firstLoss: number;
  readonly missing: readonly string[];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Retries, queue and consumers as the plan has them; everything else as the Collector has it. */
function configuration(
  { numConsumers, queueSize, timeoutMillis, retry }: CollectorSettings,
  gzip: boolean,
  port: number,
  endpoint: string,
): string {
  return `receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
exporters:
  otlphttp:
    endpoint: "${endpoint}"
    compression: ${gzip ? "gzip" : "none"}
    timeout: ${timeoutMillis}ms
    sending_queue: { num_consumers: ${numConsumers}, queue_size: ${queueSize} }
    retry_on_failure:
      enabled: ${retry.enabled}
      initial_interval: ${retry.initialMillis}ms
      max_interval: ${retry.maxMillis}ms
      max_elapsed_time: ${retry.elapsedMillis}ms
      multiplier: ${retry.multiplier}
service:
  telemetry: { metrics: { level: none }, logs: { level: error } }
  pipelines: { traces: { receivers: [otlp], exporters: [otlphttp] } }
`;
}

async function whenListening(port: number, process: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (process.exitCode !== null) throw new Error(`the Collector ended with ${process.exitCode}`);
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false)).once("connect", () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(100);
  }
  throw new Error("the Collector does not listen");
}

const backendLaw = ({ backendSeconds: mean, backendScv: scv }: CapacityPlan): Distribution =>
  scv === 0 ? { law: "deterministic", mean } : { law: "lognormal", mean, scv };

/** Runs the path, waits until the backend gets nothing more, and counts. */
export async function measurePath(
  program: string,
  plan: CapacityPlan,
  options: PathOptions,
): Promise<PathMeasured> {
  const { collector, sdk } = plan;
  if (collector === null) throw new Error("the plan has no Collector");
  const link = await slowLink(plan.backendHop.rttSeconds, plan.backendHop.packetLoss);
  const host = link.ok ? link.value.host : "127.0.0.1";
  const folder = mkdtempSync(join(tmpdir(), "verify-collector-"));
  const sink = startChild(sinkProgram, link.ok ? { prefix: link.value.prefix } : {});
  const loaded = startChild(otelProcessor.program, {});
  let between: ChildProcess | null = null;
  try {
    const ready = loaded.receive();
    ready.catch(() => {}); // awaited below; the sink may fail first
    const spec: SinkSpec = {
      seed: options.seed,
      service: backendLaw(plan),
      host,
      away: options.away ?? null,
    };
    sink.send(spec);
    const endpoint = `http://${host}:${readNumber(await sink.receive(), "port")}`;
    const port = await freePort();
    const file = join(folder, "collector.yaml");
    writeFileSync(file, configuration(collector, sdk.gzip, port, endpoint));
    between = spawn(program, ["--config", file], {
      env: cleanEnvironment(process.env),
      stdio: "ignore",
    });
    await whenListening(port, between);
    await ready;
    const arrivals = scheduleOf(
      {
        name: "measured",
        arrivalRate: options.lambda,
        burst: plan.burst,
        service: spec.service,
        duration: options.seconds,
      },
      options.seed,
    );
    const load: ProcessorSpec = {
      url: `http://127.0.0.1:${port}/v1/traces`,
      processor: {
        kind: "batch",
        maxExportBatchSize: sdk.maxExportBatchSize,
        maxQueueSize: sdk.maxQueueSize,
        scheduledDelayMillis: sdk.scheduledDelayMillis,
        exportTimeoutMillis: sdk.exportTimeoutMillis,
      },
      arrivals,
      until: options.seconds,
      warmup: 3,
      timeoutMs: sdk.timeoutMillis,
      attributes: 4,
      compression: sdk.gzip ? "gzip" : "none",
    };
    loaded.send(load);
    const record = readProcessorRecord(
      await loaded.receive(),
      arrivals.length,
      otelProcessor.program,
    );
    const left = record.fate.filter((fate) => fate === -2).length;
    const delivered = await settled(sink, arrivals.length - left, retryGap(collector));
    const drop = record.fate.indexOf(-1);
    const ends = record.exports.filter(({ ok }) => !ok).map(({ end }) => end);
    const firstLoss = Math.min(drop === -1 ? Infinity : record.sent[drop]!, ...ends);
    const from = (options.away?.from ?? 0) + (record.exports[0]?.start ?? 0);
    return {
      spans: arrivals.length - left,
      lost: arrivals.length - left - delivered,
      droppedBySdk: record.fate.filter((fate) => fate === -1).length,
      firstLoss: firstLoss - from,
      missing: link.ok ? [] : [link.reason],
    };
  } finally {
    between?.kill();
    await Promise.all([loaded.stop(), sink.stop()]);
    if (link.ok) await link.value.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Longest silence of a Collector that still has something to send, in seconds. */
const retryGap = ({ retry }: CollectorSettings): number => (1.5 * retry.maxMillis) / 1000 + 5;

/** The spans that the backend has got, once it has them all or has heard nothing for a while. */
async function settled(
  sink: ReturnType<typeof startChild>,
  wanted: number,
  silence: number,
): Promise<number> {
  let before = -1;
  let since = performance.now();
  for (;;) {
    sink.send({ report: true });
    const delivered = readNumber(await sink.receive(), "delivered");
    if (delivered >= wanted) return delivered;
    if (delivered !== before) since = performance.now();
    if (performance.now() - since > 1000 * silence) return delivered;
    before = delivered;
    await sleep(500);
  }
}
