/** The outcomes of capacity claims: what a path carries, survives and should be set to. */

import type { CheckContext, Obligation, ReplayObservation } from "../core/engine.ts";
import type { CapacityPlan } from "../core/capacity.ts";
import type { Exhibit } from "../core/exhibit.ts";
import { makeOutcome } from "../core/outcome.ts";
import { deriveSeed } from "../core/random.ts";
import type { Outcome } from "../core/result.ts";
import type { CapacityClaim } from "../core/subject.ts";
import { makeTrace, traceState, type Counterexample, type Json } from "../core/trace.ts";
import type { Observation } from "../core/verdict.ts";
import {
  costsOf,
  cpuLimitOf,
  estimateLoss,
  estimateOutage,
  kneeOf,
  limitsOf,
  type LossEstimate,
} from "./capacity/analyse.ts";
import { recommend } from "./capacity/recommend.ts";
import { retryStorm } from "./capacity/retries.ts";
import { percent, significant } from "./text.ts";

interface Finding {
  readonly observation: Observation;
  readonly evidence: string;
  readonly bound: Readonly<Record<string, number | string>>;
  readonly exhibits: readonly Exhibit[];
}

export async function checkCapacity(
  obligation: Obligation,
  claim: CapacityClaim,
  context: CheckContext,
): Promise<Outcome> {
  const find = finders[claim.aspect];
  context.progress(`${claim.plan.name}: ${claim.aspect}`);
  const found = find(claim.plan, context.seed);
  let { observation } = found;
  let counterexample: Counterexample | null = null;
  if (observation.kind === "refuted") {
    const again = find(claim.plan, deriveSeed(context.seed, "again"));
    observation = { kind: "refuted", replayed: again.observation.kind === "refuted" };
    counterexample = makeCounterexample(claim, found.evidence, context.seed);
  }
  return makeOutcome(
    { claim: obligation.claim, method: "simulation", observation, bound: found.bound },
    {
      evidence: found.evidence,
      assumptions: assumptionsOf(claim.plan),
      counterexample,
      exhibits: found.exhibits,
    },
  );
}

function assumptionsOf(plan: CapacityPlan): string[] {
  return [
    plan.burst === 1
      ? "spans end at Poisson moments"
      : `${plan.burst} spans end at each Poisson moment`,
    `${plan.spanBytes} bytes per span on the wire, ${plan.heapBytes} in memory; ${(plan.cpuEnd * 1e6).toFixed(0)} + ${(plan.cpuSend * 1e6).toFixed(0)} µs of CPU per span (measure yours: --span-bytes, --cpu-per-span)`,
    "one process; the Collector and the backend serve this one alone",
  ];
}

function makeCounterexample(claim: CapacityClaim, message: string, seed: number): Counterexample {
  const { plan, aspect } = claim;
  return {
    message,
    at: { aspect },
    trace: makeTrace(message, [traceState({ index: 0, note: message }, { lambda: plan.lambda })]),
    recipe: { kind: "capacity", aspect, seed, plan: JSON.parse(JSON.stringify(plan)) as Json },
  };
}

/** Simulates the path again with other random numbers. */
export function replayCapacity(
  claim: CapacityClaim,
  recipe: { readonly [key: string]: Json },
  context: CheckContext,
): ReplayObservation {
  if (recipe["aspect"] !== claim.aspect) {
    return { kind: "infeasible", message: "the recorded run is about another aspect" };
  }
  const found = finders[claim.aspect](claim.plan, deriveSeed(context.seed, "replay"));
  return found.observation.kind === "refuted"
    ? {
        kind: "reproduced",
        message: found.evidence,
        counterexample: makeCounterexample(claim, found.evidence, context.seed),
      }
    : { kind: "passes", message: found.evidence };
}

const finders: Readonly<
  Record<CapacityClaim["aspect"], (plan: CapacityPlan, seed: number) => Finding>
> = {
  load: findLoad,
  outage: findOutage,
  shutdown: findShutdown,
  retries: findRetries,
  recommendation: findRecommendation,
};

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const ms = (seconds: number): string => `${significant(seconds * 1000, 3)} ms`;

function lossText(loss: LossEstimate): string {
  return `${percent(loss.share, 3)} of ${loss.spans} simulated spans (95 % sure: at most ${percent(loss.upper, 3)})`;
}

function findLoad(plan: CapacityPlan, seed: number): Finding {
  const loss = estimateLoss(plan, seed);
  const knee = kneeOf(plan, seed);
  const limits = limitsOf(plan);
  const costs = costsOf(plan);
  const [first] = limits;
  const met = loss.upper <= plan.targets.maxLoss;
  const missed = loss.share > plan.targets.maxLoss;
  const evidence =
    `at ${significant(plan.lambda)} spans/s the path loses ${lossText(loss)}; the target is ${percent(plan.targets.maxLoss)}. ` +
    `The knee is at ${significant(knee, 3)} spans/s; ${first!.resource} runs out first, at ${significant(first!.spansPerSecond, 3)} (${first!.because})`;
  const observation: Observation = met
    ? { kind: "holds" }
    : missed
      ? { kind: "refuted", replayed: false }
      : {
          kind: "unknown",
          reason: `the simulated loss is ${lossText(loss)}: too close to the target`,
        };
  const waits = loss.runs.reduce((sum, run) => sum + run.meanWait, 0) / loss.runs.length;
  const most = Math.max(...loss.runs.map((run) => run.mostWaiting));
  return {
    observation,
    evidence,
    bound: { spans: loss.spans, replications: loss.runs.length },
    exhibits: [
      {
        kind: "table",
        joined: true,
        title: "What the path carries",
        columns: ["figure", "value", "from"],
        rows: [
          ["load", `${significant(plan.lambda)} spans/s`, "--lambda"],
          ["knee", `${significant(knee, 3)} spans/s`, "simulation"],
          ["loss at the load", percent(loss.share, 3), `at most ${percent(loss.upper, 3)} (95 %)`],
          [
            "runs out first",
            first!.resource,
            `${significant(first!.spansPerSecond, 3)} spans/s: ${first!.because}`,
          ],
          ...limits
            .slice(1)
            .map((limit) => [
              `then ${limit.resource}`,
              `${significant(limit.spansPerSecond, 3)} spans/s`,
              limit.because,
            ]),
          [
            "mean wait in the SDK",
            ms(waits),
            `most spans waiting: ${most} of ${plan.sdk.maxQueueSize}`,
          ],
          [
            "queue memory",
            megabytes(costs.sdkBytes),
            plan.collector === null
              ? "SDK"
              : `SDK; Collector up to ${megabytes(costs.collectorBytes)}`,
          ],
          [
            "CPU of the container",
            percent(costs.cpuShare, 3),
            `${((plan.cpuEnd + plan.cpuSend) * 1e6).toFixed(0)} µs per span`,
          ],
          [
            "event loop blocked for up to",
            ms(costs.loopDelay),
            `one batch of ${plan.sdk.maxExportBatchSize} is encoded at once`,
          ],
        ],
      },
      lossChart(plan, knee, seed),
    ],
  };
}

function lossChart(plan: CapacityPlan, knee: number, seed: number): Exhibit {
  const rates = [0.4, 0.7, 0.9, 1, 1.1, 1.2, 1.4].map((share) => share * Math.max(1, knee));
  return {
    kind: "chart",
    title: "Share of spans lost against the load",
    xLabel: "spans per second",
    yLabel: "share lost",
    series: [
      {
        name: "simulated",
        style: "points",
        points: rates.map((lambda) => {
          const { share, upper } = estimateLoss(
            { ...plan, lambda, targets: { ...plan.targets, maxLoss: 0.01 } },
            seed,
          );
          const starved = Math.max(0, 1 - cpuLimitOf(plan).spansPerSecond / lambda);
          return {
            x: lambda,
            y: Math.max(share, starved),
            low: Math.max(starved, 2 * share - upper),
            high: Math.max(upper, starved),
          };
        }),
      },
      {
        name: "target",
        style: "line",
        points: [rates[0]!, rates.at(-1)!].map((x) => ({ x, y: plan.targets.maxLoss })),
      },
      {
        name: "asked for",
        style: "points",
        points: [{ x: plan.lambda, y: 0 }],
      },
    ],
    note: "Beyond what the CPU carries, spans are not lost but late; the share that is too much is drawn as lost.",
  };
}

function findOutage(plan: CapacityPlan, seed: number): Finding {
  const outage = estimateOutage(plan, seed);
  const { outage: seconds } = plan.targets;
  const time = Number.isFinite(outage.firstLoss)
    ? `the first span is lost ${significant(outage.firstLoss, 3)} s after the backend stops`
    : "no span was lost in the longest simulated outage";
  const evidence =
    outage.lost === 0
      ? `an outage of ${seconds} s loses nothing in ${outage.runs.length} simulated runs; ${time}`
      : `an outage of ${seconds} s loses ${outage.lost} of ${outage.spans} spans: ${outage.where}; ${time}`;
  return {
    observation: outage.lost === 0 ? { kind: "holds" } : { kind: "refuted", replayed: false },
    evidence,
    bound: { runs: outage.runs.length, spans: outage.spans },
    exhibits: [
      {
        kind: "table",
        joined: true,
        title: "When the backend stops",
        columns: ["figure", "value"],
        rows: [
          ["outage to be survived", `${seconds} s`],
          ["spans lost in it", outage.lost === 0 ? "none" : outage.where],
          [
            "first loss when it does not come back",
            Number.isFinite(outage.firstLoss)
              ? `${significant(outage.firstLoss, 3)} s`
              : "none seen",
          ],
        ],
      },
    ],
  };
}

function findShutdown(plan: CapacityPlan): Finding {
  const { drain } = costsOf(plan);
  const { grace } = plan.targets;
  return {
    observation: drain <= grace ? { kind: "holds" } : { kind: "refuted", replayed: false },
    evidence: `a full queue of ${plan.sdk.maxQueueSize} spans is sent within ${significant(drain, 3)} s of shutdown; there are ${grace} s`,
    bound: { spans: plan.sdk.maxQueueSize, seconds: grace },
    exhibits: [],
  };
}

function findRetries(plan: CapacityPlan, seed: number): Finding {
  const storm = retryStorm(plan, seed);
  if (storm === null) {
    return {
      observation: {
        kind: "skipped",
        reason: "nothing is known about the backend's capacity; give --backend-servers",
      },
      evidence: "",
      bound: {},
      exhibits: [],
    };
  }
  const collapsed = storm.recovered < 0.9;
  const after = `goodput after the trigger is ${percent(storm.recovered, 3)} of the load`;
  const evidence = collapsed
    ? `overload outlives its trigger: ${after} (ρ = ${storm.utilisation.toFixed(2)}, ${storm.retries} retries, timeout ${storm.timeout} s)`
    : `the backend recovers: ${after}${storm.certificate === null ? "" : `; no trigger can change that: ${storm.certificate}`}`;
  return {
    observation: collapsed ? { kind: "refuted", replayed: false } : { kind: "holds" },
    evidence,
    bound: { triggers: 1, seconds: significant(storm.samples.at(-1)?.time ?? 0) },
    exhibits: [
      {
        kind: "chart",
        title: "Retries after an outage of the backend",
        xLabel: `seconds (the backend is away from ${storm.outage.from} to ${storm.outage.to})`,
        yLabel: "requests per second",
        series: [
          {
            name: "offered",
            style: "line",
            points: storm.samples.map(({ time, offered }) => ({ x: time, y: offered })),
          },
          {
            name: "answered in time",
            style: "line",
            points: storm.samples.map(({ time, goodput }) => ({ x: time, y: goodput })),
          },
        ],
      },
    ],
  };
}

function findRecommendation(plan: CapacityPlan, seed: number): Finding {
  const advice = recommend(plan, seed);
  if (advice.kind === "none") {
    return {
      observation: { kind: "unknown", reason: `no safe configuration was found: ${advice.reason}` },
      evidence: "",
      bound: {},
      exhibits: [],
    };
  }
  const { plan: better, loss, outage, knee } = advice.recommendation;
  // What was found is simulated once more with random numbers that did not choose it.
  const fresh = deriveSeed(seed, "fresh");
  const check = estimateLoss(better, fresh);
  const away = estimateOutage(better, fresh);
  const isSafe =
    check.upper <= plan.targets.maxLoss && (plan.targets.outage === 0 || away.lost === 0);
  const spans = loss.spans + check.spans + outage.spans + away.spans;
  return {
    observation: isSafe
      ? { kind: "holds" }
      : {
          kind: "unknown",
          reason: "the recommended configuration did not hold with other random numbers",
        },
    evidence: `the recommended configuration loses ${lossText(check)} at ${significant(plan.lambda)} spans/s and ${away.lost} spans in an outage of ${plan.targets.outage} s; its knee is at ${significant(knee, 3)} spans/s`,
    bound: { spans, replications: loss.runs.length + check.runs.length },
    exhibits: isSafe ? [recommendationTable(plan, better, knee), environmentText(better)] : [],
  };
}

function recommendationTable(plan: CapacityPlan, better: CapacityPlan, knee: number): Exhibit {
  const costs = costsOf(better);
  const row = (name: string, now: number | string, then: number | string, key: string) =>
    [name, now, then, plan.origins[key] ?? "default"] as const;
  const rows = [
    row("maxQueueSize", plan.sdk.maxQueueSize, better.sdk.maxQueueSize, "maxQueueSize"),
    row(
      "maxExportBatchSize",
      plan.sdk.maxExportBatchSize,
      better.sdk.maxExportBatchSize,
      "maxExportBatchSize",
    ),
    row(
      "scheduledDelayMillis",
      plan.sdk.scheduledDelayMillis,
      better.sdk.scheduledDelayMillis,
      "scheduledDelayMillis",
    ),
    row(
      "exportTimeoutMillis",
      plan.sdk.exportTimeoutMillis,
      better.sdk.exportTimeoutMillis,
      "exportTimeoutMillis",
    ),
    row("OTLP timeout (ms)", plan.sdk.timeoutMillis, better.sdk.timeoutMillis, "timeoutMillis"),
  ];
  if (plan.collector !== null && better.collector !== null) {
    rows.push(
      row(
        "Collector num_consumers",
        plan.collector.numConsumers,
        better.collector.numConsumers,
        "numConsumers",
      ),
      row(
        "Collector queue_size",
        plan.collector.queueSize,
        better.collector.queueSize,
        "queueSize",
      ),
      row(
        "Collector timeout (ms)",
        plan.collector.timeoutMillis,
        better.collector.timeoutMillis,
        "collectorTimeout",
      ),
      row(
        "Collector max_elapsed_time (ms)",
        plan.collector.retry.elapsedMillis,
        better.collector.retry.elapsedMillis,
        "retryElapsed",
      ),
    );
  }
  return {
    kind: "table",
    joined: true,
    title: "Recommended configuration",
    columns: ["setting", "now", "recommended", "set by"],
    rows,
    note: `Knee ${significant(knee, 3)} spans/s; queue memory ${megabytes(costs.sdkBytes)}${better.collector === null ? "" : `, Collector up to ${megabytes(costs.collectorBytes)}`}; shutdown within ${significant(costs.drain, 3)} s.`,
  };
}

function environmentText({ sdk, collector }: CapacityPlan): Exhibit {
  const lines = [
    `OTEL_BSP_MAX_QUEUE_SIZE=${sdk.maxQueueSize}`,
    `OTEL_BSP_MAX_EXPORT_BATCH_SIZE=${sdk.maxExportBatchSize}`,
    `OTEL_BSP_SCHEDULE_DELAY=${sdk.scheduledDelayMillis}`,
    `OTEL_BSP_EXPORT_TIMEOUT=${sdk.exportTimeoutMillis}`,
    `OTEL_EXPORTER_OTLP_TIMEOUT=${sdk.timeoutMillis}`,
    ...(sdk.gzip ? ["OTEL_EXPORTER_OTLP_COMPRESSION=gzip"] : []),
  ];
  const yaml =
    collector === null
      ? []
      : [
          "",
          "# Collector, at the exporter to the backend",
          `timeout: ${collector.timeoutMillis}ms`,
          "sending_queue:",
          `  num_consumers: ${collector.numConsumers}`,
          `  queue_size: ${collector.queueSize}`,
          "retry_on_failure:",
          `  initial_interval: ${collector.retry.initialMillis}ms`,
          `  max_interval: ${collector.retry.maxMillis}ms`,
          `  max_elapsed_time: ${collector.retry.elapsedMillis}ms`,
        ];
  return {
    kind: "text",
    title: "To be copied",
    text: [...lines, ...yaml].join("\n"),
    language: "sh",
  };
}
