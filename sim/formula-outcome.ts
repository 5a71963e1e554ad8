/** The outcome of a formula claim: verdict input, evidence, exhibits, counterexample, replay. */

import type { CheckContext, Obligation, ReplayObservation } from "../core/engine.ts";
import type { Exhibit } from "../core/exhibit.ts";
import { makeOutcome } from "../core/outcome.ts";
import { deriveSeed } from "../core/random.ts";
import type { Outcome } from "../core/result.ts";
import type { FormulaClaim, QueueModel, QueueSubject } from "../core/subject.ts";
import { makeTrace, traceState, type Counterexample, type Json } from "../core/trace.ts";
import type { Observation } from "../core/verdict.ts";
import {
  compare,
  describeDifference,
  modelName,
  modelsOf,
  precision,
  words,
  type Comparison,
} from "./formula.ts";
import { percent, percentColumn, significant } from "./text.ts";

export async function checkFormula(
  obligation: Obligation,
  claim: FormulaClaim,
  subject: QueueSubject,
  context: CheckContext,
): Promise<Outcome> {
  const models = modelsOf(claim, subject);
  const comparisons: Comparison[] = [];
  for (const model of models) {
    comparisons.push(await compare(claim, model, context.seed, models.length, context));
  }
  const replications = comparisons.reduce((sum, one) => sum + one.estimate.replications, 0);
  const customers = comparisons.reduce((sum, one) => sum + one.estimate.customers, 0);
  const differing = comparisons.find((one) => one.agreement === "differs");
  const undecided = comparisons.find((one) => one.agreement === "undecided");

  let observation: Observation = { kind: "holds" };
  let counterexample: Counterexample | null = null;
  if (differing !== undefined) {
    const again = await confirm(claim, differing.model, context.seed, models.length, context);
    observation = { kind: "refuted", replayed: again.agreement === "differs" };
    counterexample = makeCounterexample(claim, differing, context.seed);
  } else if (undecided !== undefined) {
    observation = { kind: "unknown", reason: undecided.reason };
  }
  return makeOutcome(
    {
      claim: obligation.claim,
      method: "simulation",
      observation,
      bound: { replications, customers, precision: percent(precision) },
    },
    {
      evidence:
        counterexample?.message ??
        `${claim.formulaName} lies inside the simulated interval for ${models.length} model(s)`,
      assumptions: [
        "Poisson arrivals, first come first served, steady state",
        ...(subject.model.waitingRoom === 0 || claim.measure === "loss-probability"
          ? []
          : ["wait and waiting are those of accepted customers, without the service time"]),
      ],
      stats: { models: models.length, replications, customers },
      counterexample,
      exhibits: [makeTable(claim, comparisons)],
    },
  );
}

/** The same comparison with random numbers of its own. */
function confirm(
  claim: FormulaClaim,
  model: QueueModel,
  seed: number,
  models: number,
  context: CheckContext,
): Promise<Comparison> {
  return compare(claim, model, deriveSeed(seed, "again"), models, context);
}

function makeTable(claim: FormulaClaim, comparisons: readonly Comparison[]): Exhibit {
  const confidence = comparisons[0]!.estimate.interval.confidence;
  const unit = claim.measure === "mean-wait" ? " (s)" : "";
  return {
    kind: "table",
    title: `${claim.formulaName} against simulation: ${words(claim.measure)}${unit}`,
    columns: [
      "model",
      "formula",
      "simulated",
      `${percent(confidence, 6)} interval`,
      "difference",
      "customers",
      "agreement",
    ],
    rows: comparisons.map(({ model, value, estimate, agreement }) => {
      const { mean, low, high } = estimate.interval;
      return [
        modelName(model),
        significant(value),
        significant(mean),
        `${significant(low)} to ${significant(high)}`,
        Number.isFinite(value / mean) ? percentColumn(value / mean - 1) : "not a number",
        estimate.customers,
        agreement,
      ];
    }),
    note: "Independent replications, warm-up by MSER-5 on pilot runs, Student-t intervals shared among the models (Bonferroni).",
  };
}

function makeCounterexample(
  claim: FormulaClaim,
  differing: Comparison,
  seed: number,
): Counterexample {
  const { model, value, estimate } = differing;
  const message = describeDifference(claim, differing);
  return {
    message,
    at: { measure: claim.measure, servers: model.servers },
    trace: makeTrace(message, [
      traceState(
        { index: 0, note: `${modelName(model)}: outside the simulated interval` },
        {
          servers: model.servers,
          arrivalRate: model.arrivalRate,
          serviceMean: model.service.mean,
          formula: Number.isFinite(value) ? value : String(value),
          simulated: estimate.interval.mean,
          low: estimate.interval.low,
          high: estimate.interval.high,
        },
      ),
    ]),
    recipe: { kind: "formula", model: toJson(model), seed },
  };
}

const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value));

/** Simulates the recorded model again, with other random numbers than any before. */
export async function replayFormula(
  claim: FormulaClaim,
  subject: QueueSubject,
  recipe: { readonly [key: string]: Json },
  context: CheckContext,
): Promise<ReplayObservation> {
  const recorded = JSON.stringify(recipe["model"]);
  const models = modelsOf(claim, subject);
  const model = models.find((one) => JSON.stringify(one) === recorded);
  if (model === undefined || typeof recipe["seed"] !== "number") {
    return {
      kind: "infeasible",
      message: `the claim no longer speaks about the recorded model ${recorded}`,
    };
  }
  const seed = deriveSeed(recipe["seed"], "replay");
  const comparison = await compare(claim, model, seed, models.length, context);
  switch (comparison.agreement) {
    case "differs":
      return {
        kind: "reproduced",
        message: describeDifference(claim, comparison),
        counterexample: makeCounterexample(claim, comparison, seed),
      };
    case "agrees":
      return {
        kind: "passes",
        message: `${claim.formulaName} lies inside the simulated interval for ${modelName(model)}`,
      };
    case "undecided":
      return { kind: "infeasible", message: comparison.reason };
  }
}
