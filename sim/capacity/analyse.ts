/** What a path carries: its limits in closed form, and what simulation says about loss and outages. */

import type { CapacityPlan } from "../../core/capacity.ts";
import { deriveSeed } from "../../core/random.ts";
import { shareInterval } from "../queue/fit.ts";
import { studentInterval } from "../queue/statistics.ts";
import { busyRequestSeconds, handshakeRounds } from "./hop.ts";
import { cpuStretch, requestBytes, runPath, type PathRun } from "./path.ts";

/** A resource that runs out at so many spans per second. */
export interface Limit {
  readonly resource: string;
  readonly spansPerSecond: number;
  readonly because: string;
}

/** Mean seconds of one full export on a busy connection. */
export function fullExportSeconds(plan: CapacityPlan): number {
  const size = plan.sdk.maxExportBatchSize;
  const bytes = requestBytes(plan, size);
  const network = busyRequestSeconds(plan.sdkHop, bytes);
  const server = plan.collector === null ? plan.backendSeconds : 0;
  return size * plan.cpuSend * cpuStretch(plan) + network + server;
}

export function cpuLimitOf(plan: CapacityPlan): Limit {
  const perSpan = plan.cpuEnd + plan.cpuSend;
  return {
    resource: "CPU of the application",
    spansPerSecond: Math.min(1, plan.cpu) / perSpan,
    because: `${(perSpan * 1e6).toFixed(0)} µs per span on ${plan.cpu} core(s), the event loop being one`,
  };
}

/** The limits in ascending order: the first is the resource that runs out first. */
export function limitsOf(plan: CapacityPlan): readonly Limit[] {
  const { sdk, collector } = plan;
  const size = sdk.maxExportBatchSize;
  const seconds = fullExportSeconds(plan);
  const limits: Limit[] = [
    {
      resource: "one export at a time",
      spansPerSecond: size / seconds,
      because: `${size} spans every ${(seconds * 1000).toFixed(1)} ms`,
    },
    cpuLimitOf(plan),
  ];
  const bytes = requestBytes(plan, size);
  if (collector !== null) {
    const request = busyRequestSeconds(plan.backendHop, bytes) + plan.backendSeconds;
    limits.push({
      resource: "consumers of the Collector",
      spansPerSecond: (collector.numConsumers * size) / request,
      because: `${collector.numConsumers} × ${size} spans every ${(request * 1000).toFixed(1)} ms`,
    });
  }
  for (const [name, hop] of [
    ["bandwidth to the next hop", plan.sdkHop],
    ["bandwidth to the backend", plan.backendHop],
  ] as const) {
    if (hop.bandwidth === null) continue;
    limits.push({
      resource: name,
      spansPerSecond: (hop.bandwidth * size) / bytes,
      because: `${(bytes / size).toFixed(0)} bytes per span`,
    });
  }
  if (plan.backendServers !== null) {
    limits.push({
      resource: "the backend",
      spansPerSecond: (plan.backendServers * size) / plan.backendSeconds,
      because: `${plan.backendServers} requests at a time of ${(plan.backendSeconds * 1000).toFixed(0)} ms`,
    });
  }
  return limits.sort((a, b) => a.spansPerSecond - b.spansPerSecond);
}

export interface LossEstimate {
  readonly share: number;
  /** Upper end of the one-sided 95 % interval. */
  readonly upper: number;
  readonly spans: number;
  readonly runs: readonly PathRun[];
}

const replications = 6;
/** Spans over all replications: enough to bound a loss of one in ten thousand, and not for ever. */
const fewestSpans = 60_000;
const mostSpans = 1_500_000;

/** Seconds of one replication that together bound a loss below the target. */
function secondsFor(plan: CapacityPlan): number {
  const wanted = Math.min(mostSpans, Math.max(fewestSpans, 12 / plan.targets.maxLoss));
  const settle = 4 * (plan.sdk.scheduledDelayMillis / 1000);
  return Math.max(10, settle, wanted / replications / plan.lambda);
}

/**
 * The loss at the plan's λ. The upper bound is Clopper and Pearson's when nothing was lost, and
 * Student's over independent replications otherwise (losses come in runs, so spans are no trials).
 */
export function estimateLoss(plan: CapacityPlan, seed: number): LossEstimate {
  const seconds = secondsFor(plan);
  const warmUp = seconds / 10;
  const runs = Array.from({ length: replications }, (_, index) =>
    runPath(plan, { seed: deriveSeed(seed, `loss:${index}`), duration: seconds + warmUp, warmUp }),
  );
  const spans = runs.reduce((sum, run) => sum + run.spans, 0);
  const lost = runs.reduce((sum, run) => sum + run.lost, 0);
  const exact = shareInterval(lost, Math.max(1, spans), 0.9).high;
  const shares = runs.map((run) => run.lost / Math.max(1, run.spans));
  const upper = lost === 0 ? exact : Math.max(exact, studentInterval(shares, 0.9).high);
  return { share: lost / Math.max(1, spans), upper: Math.min(1, upper), spans, runs };
}

/**
 * The largest λ whose simulated loss meets the target; bisection below the first limit. A large queue hides
 * an overload for longer than is simulated, so it is never beyond that limit.
 */
export function kneeOf(plan: CapacityPlan, seed: number): number {
  const at = (lambda: number): boolean => {
    const changed = { ...plan, lambda };
    return estimateLoss(changed, seed).share <= plan.targets.maxLoss;
  };
  let low = 0;
  let high = 1.05 * limitsOf(plan)[0]!.spansPerSecond;
  for (let step = 0; step < 7; step++) {
    const middle = (low + high) / 2;
    if (at(middle)) low = middle;
    else high = middle;
  }
  return Math.min(low, limitsOf(plan)[0]!.spansPerSecond);
}

export interface OutageEstimate {
  /** Seconds from the start of an outage that does not end to the first lost span; the least seen. */
  readonly firstLoss: number;
  /** Spans lost in an outage as long as the target, over all replications. */
  readonly lost: number;
  readonly spans: number;
  readonly where: string;
  readonly runs: readonly PathRun[];
}

export function estimateOutage(plan: CapacityPlan, seed: number): OutageEstimate {
  const { outage } = plan.targets;
  const from = 4 * (plan.sdk.scheduledDelayMillis / 1000) + 5;
  const longest = plan.collector?.retry.maxMillis ?? 0;
  const back = (2 * longest) / 1000 + 2 * (plan.sdk.timeoutMillis / 1000) + 30;
  const limited = (seconds: number): number => Math.min(seconds, from + mostSpans / plan.lambda);
  const runs = Array.from({ length: 3 }, (_, index) =>
    runPath(plan, {
      seed: deriveSeed(seed, `outage:${index}`),
      duration: limited(from + outage + back),
      warmUp: 0,
      outage: { from, to: from + outage },
    }),
  );
  const held =
    plan.sdk.maxQueueSize +
    (plan.collector === null ? 0 : plan.collector.queueSize * plan.sdk.maxExportBatchSize);
  const endless = runPath(plan, {
    seed: deriveSeed(seed, "endless"),
    duration: limited(from + (1.5 * held) / plan.lambda + 60),
    warmUp: 0,
    outage: { from, to: Infinity },
  });
  const sum = (figure: (run: PathRun) => number): number =>
    runs.reduce((total, run) => total + figure(run), 0);
  const places = [
    ["dropped by the SDK's full queue", sum((run) => run.droppedBySdk)],
    ["in exports that failed for good", sum((run) => run.failedExports)],
    ["given up by the Collector", sum((run) => run.givenUpByCollector)],
  ] as const;
  return {
    firstLoss: endless.firstLoss,
    lost: sum((run) => run.lost),
    spans: sum((run) => run.spans),
    where: places
      .filter(([, count]) => count > 0)
      .map(([place, count]) => `${count} ${place}`)
      .join(", "),
    runs,
  };
}

export interface Costs {
  /** Bytes of the SDK's queue when it is full, of the Collector's likewise. */
  readonly sdkBytes: number;
  readonly collectorBytes: number;
  /** Share of the container's CPU. */
  readonly cpuShare: number;
  /** Longest block of the event loop: encoding one batch, and waiting for the next CPU period. */
  readonly loopDelay: number;
  /** Seconds for shutdown with a full queue. */
  readonly drain: number;
}

/** CFS hands out CPU time by periods of this length; who used up the share waits for the next. */
const quotaPeriod = 0.1;

export function costsOf(plan: CapacityPlan): Costs {
  const { sdk, cpu } = plan;
  const batch = Math.min(sdk.maxExportBatchSize, sdk.maxQueueSize);
  const encode = batch * plan.cpuSend;
  const throttled = cpu < 1 && encode > cpu * quotaPeriod ? (1 - cpu) * quotaPeriod : 0;
  // Shutdown sends all batches at once; each needs a connection of its own, up to the limit.
  const batches = Math.ceil(sdk.maxQueueSize / batch);
  const rounds = Math.ceil(batches / sdk.concurrencyLimit);
  const server = plan.collector === null ? plan.backendSeconds : 0;
  const one = (handshakeRounds(plan.sdkHop) + 3) * plan.sdkHop.rttSeconds + server; // new connections: slow start
  return {
    sdkBytes: sdk.maxQueueSize * plan.heapBytes,
    collectorBytes:
      plan.collector === null
        ? 0
        : plan.collector.queueSize * requestBytes({ ...plan, sdk: { ...sdk, gzip: false } }, batch),
    cpuShare: (plan.lambda * (plan.cpuEnd + plan.cpuSend)) / cpu,
    loopDelay: encode + throttled,
    drain: rounds * one + sdk.maxQueueSize * plan.cpuSend * cpuStretch(plan),
  };
}
