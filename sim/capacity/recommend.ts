/**
 * A configuration that meets the targets, checked by simulation before it is given: closed forms say
 * where to begin, simulation says whether it holds, and what does not hold is made larger. When nothing
 * holds, that is the answer, with the resource that stands in the way.
 */

import type { CapacityPlan, CollectorSettings, SdkSettings } from "../../core/capacity.ts";
import { busyRequestSeconds } from "./hop.ts";
import {
  costsOf,
  cpuLimitOf,
  estimateLoss,
  estimateOutage,
  fullExportSeconds,
  kneeOf,
  type LossEstimate,
  type OutageEstimate,
} from "./analyse.ts";
import { requestBytes } from "./path.ts";

export interface Recommendation {
  readonly plan: CapacityPlan;
  readonly loss: LossEstimate;
  readonly outage: OutageEstimate;
  readonly knee: number;
}

export type Advice =
  | { readonly kind: "found"; readonly recommendation: Recommendation }
  | { readonly kind: "none"; readonly reason: string };

/** Load that the recommended path must carry, as a multiple of λ. */
const headroom = 1.4;
const batchSizes = [128, 256, 512, 1024, 2048, 4096, 8192];
/** Receivers refuse larger requests by default (gRPC: 4 MiB). */
const largestRequest = 4 * 1024 * 1024;
const rounds = 6;

/** Next power of two: sizes that people write into configuration files. */
const power = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));

export function recommend(plan: CapacityPlan, seed: number): Advice {
  const cpu = cpuLimitOf(plan);
  if (cpu.spansPerSecond < plan.lambda * 1.1) {
    return {
      kind: "none",
      reason: `the CPU carries ${cpu.spansPerSecond.toFixed(0)} spans/s (${cpu.because}): give the container more CPU, sample, or spread the load over more processes`,
    };
  }
  const size = batchSizeFor(plan);
  if (size === null) {
    return {
      kind: "none",
      reason: `no batch up to ${largestRequest / 2 ** 20} MiB that blocks the event loop for at most ${plan.targets.loopDelay * 1000} ms carries ${headroom} times the load with one export at a time: send to a Collector nearby, or spread the load over more processes`,
    };
  }
  let current = start(plan, size);
  for (let round = 0; round < rounds; round++) {
    const loss = estimateLoss(current, seed);
    const outage = estimateOutage(current, seed);
    const isLossy = loss.upper > plan.targets.maxLoss;
    const isShort = plan.targets.outage > 0 && outage.lost > 0;
    if (!isLossy && !isShort) {
      const costs = costsOf(current);
      if (costs.drain > plan.targets.grace) {
        return {
          kind: "none",
          reason: `a queue large enough for the outage takes ${costs.drain.toFixed(1)} s to drain at shutdown, longer than the ${plan.targets.grace} s of grace`,
        };
      }
      const knee = kneeOf(current, seed);
      return { kind: "found", recommendation: { plan: current, loss, outage, knee } };
    }
    // Exports that fail for good are lost whatever the queue holds.
    if (isShort && plan.collector === null && outage.runs.some((run) => run.failedExports > 0))
      break;
    current = grow(current, isLossy, outage);
  }
  const outage = estimateOutage(current, seed);
  return {
    kind: "none",
    reason:
      outage.lost > 0
        ? `an outage of ${plan.targets.outage} s loses spans whatever the queue holds: ${outage.where}${plan.collector === null ? "; the exporter gives up an export after its own retries, so only a Collector with retries of its own survives this" : ""}`
        : `the loss at λ stays above ${plan.targets.maxLoss}`,
  };
}

/** The smallest batch that carries the load with headroom and blocks the event loop briefly. */
function batchSizeFor(plan: CapacityPlan): number | null {
  const sizes = batchSizes.filter((size) => {
    const changed = { ...plan, sdk: { ...plan.sdk, maxExportBatchSize: size } };
    const fits =
      requestBytes({ ...changed, sdk: { ...changed.sdk, gzip: false } }, size) <= largestRequest;
    return (
      fits &&
      costsOf({ ...changed, sdk: { ...changed.sdk, maxQueueSize: 2 * size } }).loopDelay <=
        plan.targets.loopDelay
    );
  });
  const carries = (size: number): boolean =>
    size / fullExportSeconds({ ...plan, sdk: { ...plan.sdk, maxExportBatchSize: size } }) >=
    headroom * plan.lambda;
  const enough = sizes.find((size) => carries(size) && size >= 512) ?? sizes.find(carries);
  return enough ?? null;
}

function start(plan: CapacityPlan, size: number): CapacityPlan {
  const { lambda, burst, targets } = plan;
  const sdkOutage = plan.collector === null ? targets.outage : 0;
  const exportSeconds = fullExportSeconds({
    ...plan,
    sdk: { ...plan.sdk, maxExportBatchSize: size },
  });
  // What comes while one export runs, a lost segment or two included, and whole bursts.
  const room = power(
    Math.max(4 * size, 2 * size + lambda * (sdkOutage * 1.5 + 3 * exportSeconds + 0.5) + 4 * burst),
  );
  // With less than a batch per delay the timer decides: spans should not wait longer than a second.
  const sdk: SdkSettings = {
    ...plan.sdk,
    maxExportBatchSize: size,
    maxQueueSize: room,
    scheduledDelayMillis: Math.min(plan.sdk.scheduledDelayMillis, 1000),
    timeoutMillis: Math.max(10_000, Math.ceil((sdkOutage * 1000 + 10_000) / 1000) * 1000),
    exportTimeoutMillis: Math.max(30_000, (sdkOutage + 15) * 1000),
  };
  const changed = { ...plan, sdk };
  return plan.collector === null ? changed : { ...changed, collector: collectorFor(changed) };
}

function collectorFor(plan: CapacityPlan): CollectorSettings {
  const given = plan.collector!;
  const { lambda, sdk, targets } = plan;
  // Requests are as full as the load makes them within one delay.
  const perRequest = Math.min(
    sdk.maxExportBatchSize,
    Math.max(1, lambda * (sdk.scheduledDelayMillis / 1000)),
  );
  const requests = lambda / perRequest;
  const bytes = requestBytes(plan, sdk.maxExportBatchSize);
  const seconds = busyRequestSeconds(plan.backendHop, bytes) + plan.backendSeconds;
  const retry = {
    ...given.retry,
    enabled: true,
    elapsedMillis: Math.max(given.retry.elapsedMillis, 2000 * targets.outage + 60_000),
  };
  // After an outage consumers may sleep through one more backoff.
  const away =
    targets.outage + Math.min(retry.maxMillis / 1000, Math.max(10, targets.outage)) * 1.5;
  return {
    ...given,
    numConsumers: Math.max(given.numConsumers, Math.ceil(2 * headroom * requests * seconds)),
    queueSize: Math.max(given.queueSize, power(1.3 * requests * away)),
    timeoutMillis: Math.max(given.timeoutMillis, Math.ceil(10 * seconds) * 1000),
    retry,
  };
}

function grow(plan: CapacityPlan, isLossy: boolean, outage: OutageEstimate): CapacityPlan {
  const { sdk, collector } = plan;
  const byCollector = collector !== null && outage.lost > 0;
  return {
    ...plan,
    sdk: isLossy || !byCollector ? { ...sdk, maxQueueSize: 2 * sdk.maxQueueSize } : sdk,
    collector:
      collector === null
        ? null
        : byCollector
          ? {
              ...collector,
              queueSize: 2 * collector.queueSize,
              numConsumers: Math.ceil(1.5 * collector.numConsumers),
              retry: { ...collector.retry, elapsedMillis: 2 * collector.retry.elapsedMillis },
            }
          : collector,
  };
}
