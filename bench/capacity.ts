/**
 * Recommendations of `verify capacity` put to the test: realistic paths, the recommended settings on the
 * real batch processor and exporter and, for one of them, on a real Collector, under the conditions that
 * they were made for, as far as this machine offers them. At λ the upper 95 % bound of the loss must
 * stay below the target; 20 % above the predicted knee the target must be missed; an outage that the
 * recommendation is to survive loses nothing.
 */

import { otelProcessor } from "../adapters/otel-processor.ts";
import type { CapacityPlan } from "../core/capacity.ts";
import { estimateOutage } from "../sim/capacity/analyse.ts";
import { recommend } from "../sim/capacity/recommend.ts";
import { defaultSdk } from "../sim/capacity/read-settings.ts";
import { runPath } from "../sim/capacity/path.ts";
import { runProcessor } from "../sim/load/run-processor.ts";
import { shareInterval } from "../sim/queue/fit.ts";
import { alone, type BenchArea, type BenchCase } from "./case.ts";
import { certificate, cpuQuota, slowLink } from "./conditions.ts";
import { collectorPlan, directPlans } from "./parts/capacity-plans.ts";
import { findCollector, measurePath, type PathMeasured } from "./parts/collector-path.ts";

/** Spans of which none may be lost for the bound to be below one in ten thousand. */
const confident = 45_000;

/** What a run of a recommendation must have shown, by path. */
interface Shown {
  readonly path: string;
  /** With 95 % confidence the loss is below the target: at λ, and in the outage to be survived. */
  readonly isSafe: boolean;
  /** 20 % above the knee the target is missed. */
  readonly isKneeReal: boolean;
}

interface Measured {
  readonly share: number;
  readonly upper: number;
  readonly spans: number;
}

async function measure(
  plan: CapacityPlan,
  lambda: number,
  seconds: number,
  seed: number,
): Promise<{ found: Measured; missing: string[] }> {
  const missing: string[] = [];
  const link = await slowLink(plan.sdkHop.rttSeconds, plan.sdkHop.packetLoss);
  if (!link.ok) missing.push(link.reason);
  const quota = plan.cpu < 1 ? cpuQuota(plan.cpu) : null;
  if (quota?.ok === false) missing.push(quota.reason);
  const tls = plan.sdkHop.tls ? certificate(link.ok ? link.value.host : "127.0.0.1") : null;
  if (tls?.ok === false) missing.push(tls.reason);
  try {
    const run = await runProcessor(
      otelProcessor,
      {
        kind: "batch",
        maxExportBatchSize: plan.sdk.maxExportBatchSize,
        maxQueueSize: plan.sdk.maxQueueSize,
        scheduledDelayMillis: plan.sdk.scheduledDelayMillis,
        exportTimeoutMillis: plan.sdk.exportTimeoutMillis,
      },
      {
        name: "measured",
        arrivalRate: lambda,
        burst: plan.burst,
        // Without the link the round trip becomes part of the backend's time.
        service:
          plan.backendScv === 0
            ? {
                law: "deterministic",
                mean: plan.backendSeconds + (link.ok ? 0 : plan.sdkHop.rttSeconds),
              }
            : {
                law: "lognormal",
                mean: plan.backendSeconds + (link.ok ? 0 : plan.sdkHop.rttSeconds),
                scv: plan.backendScv,
              },
        duration: seconds,
      },
      {
        seed,
        timeoutMs: plan.sdk.timeoutMillis,
        compression: plan.sdk.gzip ? "gzip" : "none",
        ...(link.ok ? { elsewhere: link.value } : {}),
        ...(tls?.ok === true ? { tls: tls.value } : {}),
        ...(quota?.ok === true ? { onSpawn: (pid: number) => quota.value.apply(pid) } : {}),
      },
    );
    const { fate, exports } = run.record;
    const lost = fate.filter((one) => one === -1 || (one >= 0 && !exports[one]!.ok)).length;
    return {
      found: {
        share: lost / fate.length,
        upper: shareInterval(lost, fate.length, 0.9).high,
        spans: fate.length,
      },
      missing,
    };
  } finally {
    if (link.ok) await link.value.stop();
    if (quota?.ok === true) quota.value.stop();
  }
}

/** How long the queue of the real processor holds out when the backend answers 503 for good. */
async function firstLoss(report: (result: BenchCase) => void): Promise<void> {
  const plan: CapacityPlan = {
    ...directPlans[2]!,
    sdk: { ...defaultSdk, scheduledDelayMillis: 1000, maxQueueSize: 8192 },
    targets: { ...directPlans[2]!.targets, outage: 1 },
  };
  const away = 3;
  const run = await runProcessor(
    otelProcessor,
    {
      kind: "batch",
      maxExportBatchSize: plan.sdk.maxExportBatchSize,
      maxQueueSize: plan.sdk.maxQueueSize,
      scheduledDelayMillis: plan.sdk.scheduledDelayMillis,
      exportTimeoutMillis: plan.sdk.exportTimeoutMillis,
    },
    {
      name: "outage",
      arrivalRate: plan.lambda,
      service: { law: "deterministic", mean: plan.backendSeconds + plan.sdkHop.rttSeconds },
      duration: 9,
    },
    { seed: 3, faults: [{ from: away, to: 1e9, kind: { status: 503 } }] },
  );
  const { fate, sent, exports } = run.record;
  // The backend counts from its first request, which is the first export.
  const stopped = exports[0]!.start + away;
  const index = fate.findIndex((one) => one === -1);
  const measured = index === -1 ? Infinity : sent[index]! - stopped;
  report({
    case: "the backend stops, λ = 3000/s, queue of 8192",
    metric: "time to the first loss, predicted (peer: measured)",
    value: estimateOutage(plan, 42).firstLoss,
    unit: "s",
    peer: "measured",
    peerValue: measured,
    ratio: estimateOutage(plan, 42).firstLoss / measured,
    samples: 1,
  });
}

function show(plan: CapacityPlan, knee: number): void {
  const { sdk, collector } = plan;
  const consumers =
    collector === null
      ? ""
      : `, Collector: ${collector.numConsumers} consumers, queue ${collector.queueSize}`;
  console.log(
    `${plan.name}: queue ${sdk.maxQueueSize}, batch ${sdk.maxExportBatchSize}, delay ${sdk.scheduledDelayMillis} ms${consumers}, knee ${knee.toFixed(0)}/s`,
  );
}

function tell(reasons: readonly string[]): void {
  for (const reason of reasons) console.log(`  skipped: ${reason}`);
}

async function direct(
  plan: CapacityPlan,
  better: CapacityPlan,
  knee: number,
  report: (result: BenchCase) => void,
): Promise<Shown> {
  const at = await measure(better, plan.lambda, confident / plan.lambda, 1);
  tell(at.missing);
  report(
    alone(
      plan.name,
      `upper bound of the loss at λ = ${plan.lambda}/s (target 0.01 %)`,
      100 * at.found.upper,
      "%",
    ),
  );
  const above = await measure(better, 1.2 * knee, 10, 2);
  report(
    alone(
      plan.name,
      `loss 20 % above the knee, λ = ${(1.2 * knee).toFixed(0)}/s (target 0.01 %)`,
      100 * above.found.share,
      "%",
    ),
  );
  const { maxLoss } = plan.targets;
  return {
    path: plan.name,
    isSafe: at.found.upper < maxLoss,
    isKneeReal: above.found.share > maxLoss,
  };
}

/** With a Collector: also the outage that is to be survived, and one that does not end. */
async function through(
  program: string,
  plan: CapacityPlan,
  better: CapacityPlan,
  knee: number,
  report: (result: BenchCase) => void,
): Promise<Shown> {
  const { lambda, targets } = plan;
  const upper = ({ lost, spans }: PathMeasured): number =>
    100 * shareInterval(lost, spans, 0.9).high;
  const at = await measurePath(program, better, { lambda, seconds: confident / lambda, seed: 1 });
  tell(at.missing);
  report(
    alone(plan.name, `upper bound of the loss at λ = ${lambda}/s (target 0.01 %)`, upper(at), "%"),
  );
  const from = 5;
  const outage = await measurePath(program, better, {
    lambda,
    seconds: from + targets.outage + 20,
    seed: 2,
    away: { from, to: from + targets.outage },
  });
  report(
    alone(
      plan.name,
      `upper bound of the loss with an outage of ${targets.outage} s (target 0.01 %)`,
      upper(outage),
      "%",
    ),
  );
  // The queues hide too much load until they are full: as long as the simulation says, and half as much.
  const much = { ...better, lambda: 1.2 * knee };
  const full = runPath(much, { seed: 3, duration: 300, warmUp: 0 }).firstLoss;
  const above = await measurePath(program, better, {
    lambda: much.lambda,
    seconds: 1.5 * full + 10,
    seed: 3,
  });
  report(
    alone(
      plan.name,
      `loss 20 % above the knee, λ = ${much.lambda.toFixed(0)}/s for ${(1.5 * full + 10).toFixed(0)} s (target 0.01 %)`,
      (100 * above.lost) / above.spans,
      "%",
    ),
  );
  const value = estimateOutage(better, 42).firstLoss;
  const endless = await measurePath(program, better, {
    lambda,
    seconds: from + 1.3 * value + 10,
    seed: 4,
    away: { from, to: 1e9 },
  });
  report({
    case: plan.name,
    metric: "the backend stops: time to the first loss, predicted (peer: measured)",
    value,
    unit: "s",
    peer: "measured",
    peerValue: endless.firstLoss,
    ratio: value / endless.firstLoss,
    samples: 1,
  });
  const most = 100 * targets.maxLoss;
  return {
    path: plan.name,
    isSafe: upper(at) < most && upper(outage) < most,
    isKneeReal: above.lost / above.spans > targets.maxLoss,
  };
}

function conclude(shown: readonly Shown[]): void {
  const unsafe = shown.filter(({ isSafe }) => !isSafe).map(({ path }) => path);
  const loose = shown.filter(({ isKneeReal }) => !isKneeReal).map(({ path }) => path);
  const list = (paths: readonly string[]): string =>
    paths.length === 0 ? "none" : paths.join("; ");
  console.log(`unsafe of ${shown.length} recommendations: ${list(unsafe)}`);
  console.log(`carries 20 % more than its knee: ${list(loose)}`);
}

const area: BenchArea = {
  async run(report: (result: BenchCase) => void) {
    const collector = findCollector();
    const shown: Shown[] = [];
    for (const plan of [...directPlans, collectorPlan]) {
      const advice = recommend(plan, 42);
      if (advice.kind === "none") {
        console.log(`${plan.name}: no recommendation: ${advice.reason}`);
        continue;
      }
      const { plan: better, knee } = advice.recommendation;
      show(better, knee);
      if (plan.collector === null) shown.push(await direct(plan, better, knee, report));
      else if (collector === null)
        console.log(
          "  skipped: no Collector; `node tools/peers.ts collector` builds one, or put otelcol on the PATH",
        );
      else shown.push(await through(collector, plan, better, knee, report));
    }
    conclude(shown);
    await firstLoss(report);
  },
};

export default area;
