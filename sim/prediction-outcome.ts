/** The outcome of a prediction claim: measuring, verdict input, evidence, counterexample, replay. */

import type { CheckContext, Obligation, ReplayObservation } from "../core/engine.ts";
import { DiagnosticError } from "../core/diagnostic.ts";
import { makeOutcome } from "../core/outcome.ts";
import { deriveSeed } from "../core/random.ts";
import type { Outcome } from "../core/result.ts";
import type { MeasuredSystem, PredictionClaim, QueueSubject } from "../core/subject.ts";
import { makeTrace, traceState, type Counterexample, type Json } from "../core/trace.ts";
import type { Observation } from "../core/verdict.ts";
import { measure, type MeasuredPoint } from "./calibrate/measure.ts";
import { comparePoint, describePoint, spoils, type PointComparison } from "./prediction.ts";
import { predictionExhibits } from "./prediction-exhibits.ts";

/** Claims about the same points of the same subject are judged by the same measured runs. */
const measurements = new WeakMap<QueueSubject, Map<string, Promise<readonly MeasuredPoint[]>>>();

/** @throws {DiagnosticError} VRF003 */
function systemOf(subject: QueueSubject): MeasuredSystem {
  if (subject.system !== undefined) return subject.system;
  throw new DiagnosticError("VRF003", `the subject ${subject.id} has no system to be measured`, {
    place: subject.id,
    help: "give it a `system` (see adapters/otel-exporter-queue.ts) or remove its prediction claims",
  });
}

async function measureOnce(
  claim: PredictionClaim,
  subject: QueueSubject,
  context: CheckContext,
): Promise<readonly MeasuredPoint[]> {
  const ofSubject =
    measurements.get(subject) ?? new Map<string, Promise<readonly MeasuredPoint[]>>();
  measurements.set(subject, ofSubject);
  const key = JSON.stringify(claim.points);
  const known = await ofSubject.get(key);
  // One that says nothing about this claim is worth another try.
  if (known?.every((point) => spoils(claim.predictor, point) === null) === true) return known;
  const running = measure(systemOf(subject), claim.points, context);
  ofSubject.set(key, running);
  running.catch(() => ofSubject.delete(key));
  return running;
}

export async function checkPrediction(
  obligation: Obligation,
  claim: PredictionClaim,
  subject: QueueSubject,
  context: CheckContext,
): Promise<Outcome> {
  const measured = await measureOnce(claim, subject, context);
  const comparisons = measured.map((source) =>
    comparePoint(claim.predictor, source, claim.points.length, context.seed),
  );
  const outside = comparisons.find(({ inside, unusable }) => !inside && unusable === null);
  const spoilt = comparisons.find(({ unusable }) => unusable !== null);

  let observation: Observation = { kind: "holds" };
  let counterexample: Counterexample | null = null;
  if (outside !== undefined) {
    const again = await measureAgain(claim, subject, outside, context);
    if (typeof again === "string") observation = { kind: "unknown", reason: again };
    else {
      observation = { kind: "refuted", replayed: !again.inside };
      counterexample = makeCounterexample(claim, [outside, again], context.seed);
    }
  } else if (typeof spoilt?.unusable === "string") {
    observation = { kind: "unknown", reason: spoilt.unusable };
  } else if (comparisons.length === 0) {
    observation = { kind: "unknown", reason: "the claim names no operating point" };
  }
  const seconds = comparisons.reduce((sum, { point }) => sum + point.duration, 0);
  const arrivals = comparisons.reduce((sum, { source }) => sum + source.run.offered, 0);
  const system = systemOf(subject);
  return makeOutcome(
    {
      claim: obligation.claim,
      method: "measurement",
      observation,
      bound: { points: comparisons.length, seconds, arrivals },
    },
    {
      evidence: counterexample?.message ?? summary(claim, comparisons),
      assumptions: [
        `${system.name} ${system.version} on loopback, one process, against a backend with a known service law`,
        "open-loop Poisson arrivals; the achieved rate and the service time calibrated in the same run are the model's input",
      ],
      stats: { points: comparisons.length, seconds, arrivals },
      counterexample,
      exhibits: predictionExhibits(claim.predictor, comparisons),
    },
  );
}

function summary({ predictor }: PredictionClaim, comparisons: readonly PointComparison[]): string {
  const inside = comparisons.filter((one) => one.inside).length;
  const where = `at ${inside} of ${comparisons.length} points`;
  if (predictor === "erlang-c")
    return `${where} nothing was rejected, as M/M/N with waiting predicts`;
  const differences = comparisons.map(({ measured, loss }) => Math.abs(measured - loss.value));
  const worst = (100 * Math.max(0, ...differences)).toFixed(2);
  return (
    `${where} the rejected share lies inside the prediction interval of Erlang B ` +
    `(largest difference ${worst} percentage points)`
  );
}

/** An independent second run of one point; a reason in words when the machine was too busy. */
async function measureAgain(
  claim: PredictionClaim,
  subject: QueueSubject,
  { point }: Pick<PointComparison, "point">,
  context: CheckContext,
): Promise<PointComparison | string> {
  const seed = deriveSeed(context.seed, "again");
  const [second] = await measure(systemOf(subject), [point], {
    signal: context.signal,
    progress: (message) => context.progress(message),
    seed,
    repeat: claim.predictor === "erlang-b",
  });
  const comparison = comparePoint(claim.predictor, second!, claim.points.length, seed);
  return comparison.unusable ?? comparison;
}

function makeCounterexample(
  claim: PredictionClaim,
  runs: readonly PointComparison[],
  seed: number,
): Counterexample {
  const [first] = runs;
  const { point } = first!;
  const message = describePoint(claim.predictor, first!);
  return {
    message,
    at: { point: point.name, measure: "rejected-share", servers: point.servers },
    trace: makeTrace(
      message,
      runs.map((run, index) =>
        traceState(
          {
            index,
            note: `${index === 0 ? "measured run" : "independent second run"}: ${
              run.inside ? "inside the prediction interval" : "outside the prediction interval"
            }`,
          },
          {
            point: point.name,
            servers: point.servers,
            offeredRate: run.rate,
            arrivals: run.counted,
            predicted: run.predicted.value,
            low: run.predicted.low,
            high: run.predicted.high,
            measured: run.measured,
          },
        ),
      ),
    ),
    recipe: { kind: "prediction", point: JSON.parse(JSON.stringify(point)), seed },
  };
}

/** Measures the recorded point again, with a new calibration and other random numbers. */
export async function replayPrediction(
  claim: PredictionClaim,
  subject: QueueSubject,
  recipe: { readonly [key: string]: Json },
  context: CheckContext,
): Promise<ReplayObservation> {
  const recorded = JSON.stringify(recipe["point"]);
  const point = claim.points.find((one) => JSON.stringify(one) === recorded);
  if (point === undefined) {
    return {
      kind: "infeasible",
      message: `the claim no longer has the recorded operating point ${recorded}`,
    };
  }
  const again = await measureAgain(claim, subject, { point }, context);
  if (typeof again === "string") return { kind: "infeasible", message: again };
  const message = describePoint(claim.predictor, again);
  if (again.inside) return { kind: "passes", message };
  return {
    kind: "reproduced",
    message,
    counterexample: makeCounterexample(claim, [again], context.seed),
  };
}
