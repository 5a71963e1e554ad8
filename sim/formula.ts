/** Formula claims: the formula's value against independent simulation of the same model. */

import { setImmediate as nextTurn } from "node:timers/promises";

import type { CheckContext } from "../core/engine.ts";
import { DiagnosticError } from "../core/diagnostic.ts";
import { deriveSeed } from "../core/random.ts";
import type { FormulaClaim, QueueModel, QueueSubject } from "../core/subject.ts";
import { estimate, type Estimate } from "./queue/estimate.ts";
import { checkModel } from "./queue/simulate.ts";
import { percent, significant } from "./text.ts";

/** Error probability of a whole claim; divided among its models (Bonferroni). */
const errorProbability = 0.001;
/** Wanted half-width of the interval, as a share of the mean. */
export const precision = 0.02;
const customersPerReplication = 100_000;

export type Agreement = "agrees" | "differs" | "undecided";

export interface Comparison {
  readonly model: QueueModel;
  /** The formula's value. */
  readonly value: number;
  readonly estimate: Estimate;
  readonly agreement: Agreement;
  /** Why nothing can be said, when undecided. */
  readonly reason: string;
}

/** All models for which the formula is claimed; the subject's own comes first. */
export const modelsOf = (claim: FormulaClaim, subject: QueueSubject): readonly QueueModel[] => [
  subject.model,
  ...(claim.also ?? []),
];

/** The model in words, e.g. "M/M/8 at ρ = 0.80". */
export function modelName(model: QueueModel): string {
  const law = { exponential: "M", deterministic: "D" } as Readonly<Record<string, string>>;
  const places = model.waitingRoom === null ? "" : `/${model.servers + model.waitingRoom}`;
  const utilisation = (model.arrivalRate * model.service.mean) / model.servers;
  return `M/${law[model.service.law] ?? "G"}/${model.servers}${places} at ρ = ${utilisation.toFixed(2)}`;
}

/** @throws {DiagnosticError} VRF501 when the model has no steady state to compare with. */
function checkComparable(model: QueueModel): void {
  checkModel(model);
  const utilisation = (model.arrivalRate * model.service.mean) / model.servers;
  if (model.waitingRoom === null && utilisation >= 1) {
    throw new DiagnosticError("VRF501", `${modelName(model)} is unstable, it has no steady state`, {
      help: "lower λ until ρ < 1, or give the queue a finite waiting room",
    });
  }
}

/** Compares the formula with the simulation of one model. @throws {DiagnosticError} VRF501 */
export async function compare(
  claim: FormulaClaim,
  model: QueueModel,
  seed: number,
  models: number,
  context: Pick<CheckContext, "signal" | "progress">,
): Promise<Comparison> {
  checkComparable(model);
  const value = claim.formula(model);
  context.progress(`simulating ${modelName(model)}`);
  const found = await estimate(model, claim.measure, {
    seed: deriveSeed(seed, JSON.stringify(model)),
    confidence: 1 - errorProbability / models,
    precision,
    customers: customersPerReplication,
    fewest: 10,
    most: 400,
    // Far outside: no need to know the true value to 2 %.
    settled: ({ mean, halfWidth }) => halfWidth > 0 && !(Math.abs(value - mean) < 4 * halfWidth),
    pause: async () => {
      await nextTurn();
      context.signal.throwIfAborted();
    },
  });
  const { interval, precise, steady } = found;
  const result = (agreement: Agreement, reason = ""): Comparison => ({
    model,
    value,
    estimate: found,
    agreement,
    reason,
  });
  if (!steady) return result("undecided", `${modelName(model)} did not settle in the pilot runs`);
  if (interval.halfWidth === 0) {
    return result("undecided", `the simulation of ${modelName(model)} saw no such event at all`);
  }
  if (!(value >= interval.low && value <= interval.high)) return result("differs");
  if (precise) return result("agrees");
  return result(
    "undecided",
    `${modelName(model)}: after ${found.replications} replications the interval is still wider than ±${percent(precision)}`,
  );
}

/** One sentence that says how the formula and the simulation differ. */
export function describeDifference(claim: FormulaClaim, comparison: Comparison): string {
  const { value, model } = comparison;
  const { mean, low, high, confidence } = comparison.estimate.interval;
  const unit = claim.measure === "mean-wait" ? " s" : "";
  const times = Number.isFinite(value) ? `: ${significant(value / mean, 3)} times as much` : "";
  return (
    `${claim.formulaName} gives ${significant(value)}${unit} for the ${words(claim.measure)} in ` +
    `${modelName(model)}, but the simulation gives ${significant(mean)}${unit} ` +
    `(${percent(confidence)} interval ${significant(low)} to ${significant(high)})${times}`
  );
}

export const words = (measure: FormulaClaim["measure"]): string =>
  ({
    "mean-wait": "mean wait",
    "loss-probability": "probability of loss",
    "wait-probability": "probability of waiting",
  })[measure];
