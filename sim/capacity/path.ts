/**
 * A telemetry path in motion: spans end in an application, the batch processor exports them to a
 * Collector (or straight to the backend), the Collector's queue hands requests to its consumers, and
 * they send them to the backend, which may be away for a while. Follows every span to its fate.
 */

import type { CapacityPlan, HopSettings } from "../../core/capacity.ts";
import type { Distribution } from "../../core/subject.ts";
import { deriveSeed } from "../../core/random.ts";
import { EventHeap } from "../queue/event-heap.ts";
import { dropped, runBulk } from "../queue/bulk.ts";
import { Uniforms, Variates } from "../queue/stream.ts";
import { Connection } from "./hop.ts";

export interface PathOptions {
  readonly seed: number;
  /** Seconds simulated; spans that end before `warmUp` are not counted. */
  readonly duration: number;
  readonly warmUp: number;
  /** The backend answers nothing well during this span of time. */
  readonly outage?: { readonly from: number; readonly to: number };
}

export interface PathRun {
  readonly spans: number;
  /** Spans that reached no backend, and where they were lost. */
  readonly lost: number;
  readonly droppedBySdk: number;
  readonly failedExports: number;
  readonly givenUpByCollector: number;
  /** Seconds from the start of the outage (or of the run) to the first lost span; Infinity for none. */
  readonly firstLoss: number;
  readonly meanWait: number;
  /** Most spans waiting in the SDK, most requests in the Collector. */
  readonly mostWaiting: number;
  readonly mostRequests: number;
  readonly sdkUtilisation: number;
  /** Mean seconds of one export, retries included. */
  readonly meanExport: number;
}

/** Retries of the OTLP exporter of OpenTelemetry JS (retrying-transport.ts): not configurable. */
const sdkRetries = 5;
const sdkBackoff = (attempt: number, jitter: number): number =>
  Math.min(5, 1 * 1.5 ** attempt * (1 + 0.2 * jitter));
/** Size of gzip-compressed OTLP against the uncompressed. */
const compressionRatio = 0.15;

export const requestBytes = (plan: CapacityPlan, spans: number): number =>
  Math.ceil(spans * plan.spanBytes * (plan.sdk.gzip ? compressionRatio : 1)) + 400;

function backendLaw(plan: CapacityPlan): Distribution {
  const { backendSeconds: mean, backendScv: scv } = plan;
  if (scv === 0) return { law: "deterministic", mean };
  return { law: "lognormal", mean, scv };
}

/** Time on the CPU is stretched when the container may use less than one core. */
export const cpuStretch = (plan: CapacityPlan): number => 1 / Math.min(1, plan.cpu);

export function runPath(plan: CapacityPlan, options: PathOptions): PathRun {
  const { seed, duration, warmUp, outage } = options;
  const chance = new Uniforms(seed, "chance");
  const backend = new Variates(backendLaw(plan), seed, "backend");
  const isAway = (time: number): boolean =>
    outage !== undefined && time >= outage.from && time < outage.to;
  const draw = (): number => chance.draw();
  const sdkConnection = new Connection(plan.sdkHop, draw);
  const collector =
    plan.collector === null ? null : new Collector(plan, plan.backendHop, backend, draw, isAway);

  const gap = new Variates(
    { law: "exponential", mean: plan.burst / plan.lambda },
    deriveSeed(seed, "arrivals"),
    "arrival",
  );
  const arrivals: number[] = [];
  for (let time = gap.draw(); time < duration; time += gap.draw()) {
    for (let one = 0; one < plan.burst; one++) arrivals.push(time);
  }
  const timeout = plan.sdk.timeoutMillis / 1000;
  const stretch = cpuStretch(plan);
  let exportSum = 0;

  const law = (index: number, size: number, start: number): { seconds: number; ok: boolean } => {
    const bytes = requestBytes(plan, size);
    let now = start + size * plan.cpuSend * stretch;
    let ok = false;
    for (let attempt = 0; ; attempt++) {
      const network = sdkConnection.seconds(bytes, now);
      let answer: number;
      if (collector === null) {
        const takes = network + backend.draw();
        ok = !isAway(now) && !isAway(now + takes);
        answer = now + (ok ? takes : plan.sdkHop.rttSeconds);
        if (!ok) sdkConnection.reset();
      } else {
        answer = now + network;
        ok = collector.offer(answer - plan.sdkHop.rttSeconds / 2, index, bytes);
      }
      now = answer;
      if (ok || attempt === sdkRetries) break;
      const wait = sdkBackoff(attempt, 2 * draw() - 1);
      if (now + wait > start + timeout) break;
      now += wait;
    }
    if (!ok || now - start > timeout) {
      now = Math.min(now, start + timeout);
      ok = false;
    }
    exportSum += now - start;
    return { seconds: now - start, ok };
  };

  const run = runBulk(
    {
      batch: plan.sdk.maxExportBatchSize,
      room: plan.sdk.maxQueueSize,
      delay: plan.sdk.scheduledDelayMillis / 1000,
      exportTimeout: plan.sdk.exportTimeoutMillis / 1000,
      overlapAfterFailure: true,
    },
    arrivals,
    law,
  );
  const givenUp = collector?.lost ?? new Map<number, number>();

  const counts = { spans: 0, dropped: 0, failed: 0, givenUp: 0 };
  let firstLoss = Infinity;
  let waitSum = 0;
  let waited = 0;
  run.fate.forEach((fate, item) => {
    const at = arrivals[item]!;
    if (at < warmUp) return;
    counts.spans++;
    const taken = fate < 0 ? undefined : run.exports[fate]!;
    let lostAt = Infinity;
    if (taken === undefined) {
      counts.dropped++;
      lostAt = at;
    } else if (!taken.ok) {
      counts.failed++;
      lostAt = taken.end;
    } else if (givenUp.has(fate)) {
      counts.givenUp++;
      lostAt = givenUp.get(fate)!;
    }
    firstLoss = Math.min(firstLoss, lostAt - (outage?.from ?? 0));
    const wait = run.waits[item]!;
    if (!Number.isNaN(wait)) {
      waitSum += wait;
      waited++;
    }
  });
  const lost = counts.dropped + counts.failed + counts.givenUp;
  return {
    spans: counts.spans,
    lost,
    droppedBySdk: counts.dropped,
    failedExports: counts.failed,
    givenUpByCollector: counts.givenUp,
    firstLoss,
    meanWait: waited === 0 ? 0 : waitSum / waited,
    mostWaiting: mostWaiting(arrivals, run.fate, run.exports),
    mostRequests: collector?.most ?? 0,
    sdkUtilisation: run.busyArea / Math.max(duration, run.exports.at(-1)?.end ?? 0),
    meanExport: exportSum / Math.max(1, run.exports.length),
  };
}

/** Most spans that waited at the same time: just before an export takes its batch. */
function mostWaiting(
  arrivals: readonly number[],
  fate: Int32Array,
  exports: readonly { readonly start: number; readonly size: number }[],
): number {
  let most = 0;
  let next = 0;
  let waiting = 0;
  for (const { start, size } of exports) {
    for (; next < arrivals.length && arrivals[next]! <= start; next++) {
      if (fate[next] !== dropped) waiting++;
    }
    most = Math.max(most, waiting);
    waiting -= size;
  }
  return most;
}

/**
 * The Collector's exporter: a queue of requests that counts those in flight, N consumers, and retries
 * during which the consumer sleeps (exporterhelper).
 */
class Collector {
  readonly #plan: CapacityPlan;
  readonly #backend: Variates;
  readonly #chance: () => number;
  readonly #isAway: (time: number) => boolean;
  readonly #connections: Connection[];
  readonly #freeAt: Float64Array;
  /** Ends of the requests inside, to count them. */
  readonly #inside = new EventHeap();
  /** Requests that were given up, by the number of their export, and when. */
  readonly lost = new Map<number, number>();
  most = 0;

  constructor(
    plan: CapacityPlan,
    hop: HopSettings,
    backend: Variates,
    chance: () => number,
    isAway: (time: number) => boolean,
  ) {
    const { numConsumers } = plan.collector!;
    this.#plan = plan;
    this.#backend = backend;
    this.#chance = chance;
    this.#isAway = isAway;
    this.#connections = Array.from({ length: numConsumers }, () => new Connection(hop, chance));
    this.#freeAt = new Float64Array(numConsumers);
  }

  /** A request arrives; false when the queue is full (the client is told to come again). */
  offer(time: number, index: number, bytes: number): boolean {
    const { queueSize } = this.#plan.collector!;
    while (this.#inside.next <= time) this.#inside.pop();
    if (this.#inside.size >= queueSize) return false;
    let consumer = 0;
    for (let one = 1; one < this.#freeAt.length; one++) {
      if (this.#freeAt[one]! < this.#freeAt[consumer]!) consumer = one;
    }
    const start = Math.max(time, this.#freeAt[consumer]!);
    const { end, ok } = this.#send(consumer, start, bytes);
    this.#freeAt[consumer] = end;
    this.#inside.push(end, index);
    this.most = Math.max(this.most, this.#inside.size);
    if (!ok) this.lost.set(index, end);
    return true;
  }

  #send(consumer: number, start: number, bytes: number): { end: number; ok: boolean } {
    const { retry, timeoutMillis } = this.#plan.collector!;
    const connection = this.#connections[consumer]!;
    let now = start;
    let backoff = retry.initialMillis / 1000;
    for (;;) {
      const takes = connection.seconds(bytes, now) + this.#backend.draw();
      const isLate = takes > timeoutMillis / 1000;
      const ok = !isLate && !this.#isAway(now) && !this.#isAway(now + takes);
      if (ok) return { end: now + takes, ok };
      connection.reset();
      now += isLate ? timeoutMillis / 1000 : this.#plan.backendHop.rttSeconds;
      const wait = backoff * (0.5 + this.#chance()); // randomisation factor 0.5
      backoff = Math.min(backoff * retry.multiplier, retry.maxMillis / 1000);
      const isOver = retry.elapsedMillis > 0 && now + wait - start > retry.elapsedMillis / 1000;
      if (!retry.enabled || isOver) return { end: now, ok: false };
      now += wait;
    }
  }
}
