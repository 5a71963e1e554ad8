/** The outcome of a validation claim: the real processor under load against a queue model. */

import type { CheckContext, Obligation, ReplayObservation } from "../core/engine.ts";
import { makeOutcome } from "../core/outcome.ts";
import { deriveSeed } from "../core/random.ts";
import type { Outcome } from "../core/result.ts";
import type { ProcessorPoint, QueueSubject, ValidationClaim } from "../core/subject.ts";
import { makeTrace, traceState, type Counterexample, type Json } from "../core/trace.ts";
import type { Observation } from "../core/verdict.ts";
import { processorOf } from "./load/run-processor.ts";
import { milliseconds, percentColumn, significant } from "./text.ts";
import { comparePoint, type FigureComparison, type PointComparison } from "./validate/compare.ts";
import { figureNames } from "./validate/figures.ts";
import { measureProcessor, type Campaign } from "./validate/measure.ts";
import { validationExhibits, type Standing } from "./validation-exhibits.ts";

/** Error probability of a whole claim; divided among its points and figures (Bonferroni). */
const errorProbability = 0.01;
const predictedRuns = 400;

/** Claims about the same points of the same processor are judged by the same runs. */
const campaigns = new WeakMap<QueueSubject, Map<string, Promise<Campaign>>>();

async function measureOnce(
  claim: ValidationClaim,
  subject: QueueSubject,
  context: CheckContext,
): Promise<Campaign> {
  const ofSubject = campaigns.get(subject) ?? new Map<string, Promise<Campaign>>();
  campaigns.set(subject, ofSubject);
  const key = JSON.stringify([claim.processor, claim.points]);
  const known = await ofSubject.get(key);
  if (known !== undefined) return known;
  const running = measureProcessor(processorOf(subject), claim.processor, claim.points, context);
  ofSubject.set(key, running);
  running.catch(() => ofSubject.delete(key));
  return running;
}

const problemOf = (campaign: Campaign): string | null =>
  campaign.disturbed ??
  campaign.runs.find(({ disturbed }) => disturbed !== null)?.disturbed ??
  null;

/** Why a campaign accuses nobody: runs that passed the gate just after others did not are no proof. */
const unrestOf = (campaign: Campaign): string | null =>
  problemOf(campaign) ??
  [...campaign.calibrated, ...campaign.runs].flatMap(({ setAside }) => setAside)[0] ??
  campaign.calibrated.find(({ disturbed }) => disturbed !== null)?.disturbed ??
  null;

function compareAll(
  claim: ValidationClaim,
  campaign: Campaign,
  seed: number,
): readonly PointComparison[] {
  const confidence = 1 - errorProbability / (claim.points.length * figureNames.length);
  return campaign.runs.map(({ run }) =>
    comparePoint(claim, claim.processor, run, campaign.calibration, {
      seed,
      runs: predictedRuns,
      confidence,
    }),
  );
}

/** A model that is not the processor's own may be wrong by so much that no disturbance excuses it. */
const isGross = (claim: ValidationClaim, comparison: PointComparison): boolean =>
  claim.predictor !== (claim.processor.kind === "batch" ? "bulk" : "loss") &&
  comparison.figures.some(
    ({ figure, predicted, measured }) =>
      (figure === "meanWait" || figure === "throughput") &&
      Math.abs(predicted - measured) > 0.5 * Math.max(predicted, measured),
  );

export async function checkValidation(
  obligation: Obligation,
  claim: ValidationClaim,
  subject: QueueSubject,
  context: CheckContext,
): Promise<Outcome> {
  const campaign = await measureOnce(claim, subject, context);
  const comparisons = compareAll(claim, campaign, context.seed);
  const standings = comparisons.map((one, index) => standingOf(claim, one, campaign, index));
  const outside = comparisons.find((_, index) => standings[index]!.word === "differs");
  const open = standings.filter(({ word }) => word === "open" || word === "not judged");
  let observation: Observation = { kind: "holds" };
  let counterexample: Counterexample | null = null;
  if (outside !== undefined) {
    const again = await measureAgain(claim, subject, outside.point, context);
    if (typeof again === "string") observation = { kind: "unknown", reason: again };
    else {
      observation = { kind: "refuted", replayed: differsAlike(outside, again) };
      counterexample = makeCounterexample(claim, outside, context.seed);
    }
  } else if (open.length > 0) observation = { kind: "unknown", reason: whyOpen(open, standings) };
  const seconds = comparisons.reduce((sum, { point }) => sum + point.duration, 0);
  const spans = campaign.runs.reduce((sum, { run }) => sum + run.intended.length, 0);
  const system = processorOf(subject);
  const agreeing = standings.filter(({ word }) => word === "agrees").length;
  return makeOutcome(
    {
      claim: obligation.claim,
      method: "measurement",
      observation,
      bound: { points: comparisons.length, seconds, spans },
    },
    {
      evidence:
        counterexample?.message ??
        `the measured figures agree with the prediction at ${agreeing} of ${comparisons.length} points`,
      assumptions: [
        `${system.name} ${system.version} on loopback, one process, against a backend with a known service law`,
        "open-loop Poisson arrivals, waits counted from the intended end of each span",
      ],
      stats: { points: comparisons.length, seconds, spans, agreeing, open: open.length },
      counterexample,
      exhibits: validationExhibits(claim, comparisons, standings, campaign),
    },
  );
}

/** What may be said about one point; nothing, when the machine disturbed its run or the calibration. */
function standingOf(
  claim: ValidationClaim,
  comparison: PointComparison,
  campaign: Campaign,
  index: number,
): Standing {
  const disturbed = campaign.disturbed ?? campaign.runs[index]!.disturbed;
  if (disturbed !== null && !isGross(claim, comparison))
    return { word: "not judged", why: disturbed };
  if (comparison.differs) return { word: "differs", why: describe(claim, comparison) };
  if (comparison.agrees) return { word: "agrees", why: "" };
  const why = `${describe(claim, comparison)}: beyond the tolerance, but inside the prediction interval; measure for longer, or on a calmer machine`;
  return { word: "open", why };
}

/** How many points are open, and why: each reason once, three at most. */
function whyOpen(open: readonly Standing[], all: readonly Standing[]): string {
  const reasons = [...new Set(open.map(({ why }) => why))];
  const shown = reasons.slice(0, 3).join("; ");
  const more = reasons.length > 3 ? `; and ${reasons.length - 3} more, see the report` : "";
  return `${open.length} of ${all.length} points are open: ${shown}${more}`;
}

/** Some figure is too large in both, or too small in both: chance and a busy machine go either way. */
const differsAlike = (one: PointComparison, other: PointComparison): boolean =>
  one.figures.some((figure, index) => {
    const again = other.figures[index]!;
    return figure.differs && again.differs && isAbove(figure) === isAbove(again);
  });

/** With a random backend, more than with the times that it drew. */
const isAbove = ({ measured, predicted, given }: FigureComparison): boolean =>
  measured > (given === null ? predicted : (given.low + given.high) / 2);

/** An independent run of one point with a calibration of its own; a reason when it says nothing. */
async function measureAgain(
  claim: ValidationClaim,
  subject: QueueSubject,
  point: ProcessorPoint,
  context: CheckContext,
): Promise<PointComparison | string> {
  const seed = deriveSeed(context.seed, "again");
  const campaign = await measureProcessor(processorOf(subject), claim.processor, [point], {
    seed,
    signal: context.signal,
    progress: (message) => context.progress(message),
  });
  const [comparison] = compareAll({ ...claim, points: [point] }, campaign, seed);
  const unrest = comparison!.differs ? unrestOf(campaign) : problemOf(campaign);
  return unrest !== null && !isGross(claim, comparison!) ? unrest : comparison!;
}

const worstOf = (figures: readonly FigureComparison[]): FigureComparison =>
  figures.find(({ differs }) => differs) ?? figures.find(({ agrees }) => !agrees) ?? figures[0]!;

function describe(
  claim: ValidationClaim,
  { point, figures, utilisation }: PointComparison,
): string {
  const worst = worstOf(figures);
  const show = (value: number): string => {
    if (!Number.isFinite(value)) return "unlimited";
    if (worst.figure === "meanWait" || worst.figure === "p99Wait") return milliseconds(value);
    if (worst.figure === "loss" || worst.figure === "utilisation") return percentColumn(value);
    return significant(value);
  };
  const name = { bulk: "bulk service", loss: "the loss system", mmn: "M/M/N" }[claim.predictor];
  const words = {
    throughput: "spans per second",
    utilisation: "utilisation",
    loss: "share of spans lost",
    meanWait: "mean wait",
    p99Wait: "99th percentile of the wait",
    queue: "number of waiting spans",
  }[worst.figure];
  const { given, measured } = worst;
  const isGiven = given !== null && !(measured >= given.low && measured <= given.high);
  const predicted = isGiven
    ? `${show(given.low)} to ${show(given.high)}, given the backend's own times,`
    : show(worst.predicted);
  return (
    `at "${point.name}" (λ = ${point.arrivalRate.toFixed(0)}/s, ρ = ${utilisation.toFixed(2)}) ${name} predicts ` +
    `${predicted} for the ${words}, measured were ${show(measured)}`
  );
}

function makeCounterexample(
  claim: ValidationClaim,
  comparison: PointComparison,
  seed: number,
): Counterexample {
  const message = describe(claim, comparison);
  const worst = worstOf(comparison.figures);
  const number = (value: number): number | string =>
    Number.isFinite(value) ? value : String(value);
  return {
    message,
    at: { point: comparison.point.name, predictor: claim.predictor },
    trace: makeTrace(message, [
      traceState(
        { index: 0, note: message },
        {
          point: comparison.point.name,
          figure: worst.figure,
          predicted: number(worst.predicted),
          measured: number(worst.measured),
        },
      ),
    ]),
    recipe: {
      kind: "validation",
      point: JSON.parse(JSON.stringify(comparison.point)) as Json,
      seed,
    },
  };
}

/** Measures the recorded point again. */
export async function replayValidation(
  claim: ValidationClaim,
  subject: QueueSubject,
  recipe: { readonly [key: string]: Json },
  context: CheckContext,
): Promise<ReplayObservation> {
  const recorded = JSON.stringify(recipe["point"]);
  const point = claim.points.find((one) => JSON.stringify(one) === recorded);
  if (point === undefined) {
    return {
      kind: "infeasible",
      message: `the claim no longer has the recorded point ${recorded}`,
    };
  }
  const again = await measureAgain(claim, subject, point, context);
  if (typeof again === "string") return { kind: "infeasible", message: again };
  const message = describe(claim, again);
  if (!again.differs) return { kind: "passes", message };
  return {
    kind: "reproduced",
    message,
    counterexample: makeCounterexample(claim, again, context.seed),
  };
}
