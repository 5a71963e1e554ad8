/** Prediction claims: what a queue model predicts for measured runs, point by point. */

import { deriveSeed } from "../core/random.ts";
import type { OperatingPoint, PredictionClaim } from "../core/subject.ts";
import { calibrate, type Calibration } from "./calibrate/calibrate.ts";
import { rejectedShare, warmUpSeconds, type MeasuredPoint } from "./calibrate/measure.ts";
import { replayLoss } from "./calibrate/replay.ts";
import { predictLoss, type LossPrediction } from "./calibrate/predict.ts";
import { moments } from "./queue/statistics.ts";
import { milliseconds, percentColumn } from "./text.ts";

/** Error probability of a whole claim; divided among its points (Bonferroni). */
const errorProbability = 0.01;
/** The waiting model needs no interval of its own, only the noise of one measured run. */
const bootstrapRuns = { "erlang-b": 3000, "erlang-c": 300 };
/** Timers of the generator fire on whole milliseconds. */
const generatorTick = 0.001;

export interface PointComparison {
  readonly point: OperatingPoint;
  /** What the claim's model predicts for the rejected share. */
  readonly predicted: { readonly value: number; readonly low: number; readonly high: number };
  /** The loss model, whichever model the claim is about: gives the noise of one measured run. */
  readonly loss: LossPrediction;
  readonly measured: number;
  /** The loss model fed with the run's own arrivals and service demands. */
  readonly replayed: { readonly share: number; readonly agreement: number };
  /** Arrivals counted. */
  readonly counted: number;
  /** λ that was really offered, 1/s. */
  readonly rate: number;
  readonly source: MeasuredPoint;
  readonly inside: boolean;
  /** Why this point says nothing about the claim, or `null`. */
  readonly unusable: string | null;
}

/**
 * Why a point says nothing about the predictor. A busy machine makes times and rates untrustworthy,
 * on which the loss model's prediction rests; that M/M/N with waiting never rejects does not depend
 * on them.
 */
export function spoils(
  predictor: PredictionClaim["predictor"],
  { disturbed }: MeasuredPoint,
): string | null {
  if (disturbed === null) return null;
  return predictor === "erlang-b" || disturbed.kind === "failed" ? disturbed.reason : null;
}

export function comparePoint(
  predictor: PredictionClaim["predictor"],
  source: MeasuredPoint,
  points: number,
  seed: number,
): PointComparison {
  const { run, calibration } = source;
  const { point } = run;
  const predict = (base: Calibration): LossPrediction =>
    predictLoss(
      {
        service: point.service,
        servers: point.servers,
        arrivals: run.offered,
        demandMean: moments(run.record.demands).mean,
        duration: point.duration,
        warmUp: warmUpSeconds(point),
        tick: generatorTick,
      },
      base,
      {
        seed: deriveSeed(seed, `bootstrap:${point.name}`),
        confidence: 1 - errorProbability / points,
        runs: bootstrapRuns[predictor],
      },
    );
  const loss = predict(calibration);
  // In M/M/N with unlimited waiting nobody is rejected, at any λ and in any run.
  const predicted = predictor === "erlang-b" ? loss : { value: 0, low: 0, high: 0 };
  const { share, counted } = rejectedShare(run);
  const isInside = ({ low, high }: { low: number; high: number }): boolean =>
    share >= low && share <= high;
  const inside = isInside(predicted);

  let unusable = spoils(predictor, source);
  const isJudged = predictor === "erlang-b" && unusable === null;
  if (isJudged && !inside && isInside(predict(calibrate(run)))) {
    unusable =
      `the service time moved from ${milliseconds(calibration.serviceMean)} in the calibration ` +
      `to ${milliseconds(calibrate(run).serviceMean)} at point "${point.name}", which explains the difference`;
  }
  return {
    point,
    predicted,
    loss,
    replayed: replayLoss(run),
    measured: share,
    counted,
    rate: run.offeredRate,
    source,
    inside,
    unusable,
  };
}

export function describePoint(
  predictor: PredictionClaim["predictor"],
  comparison: PointComparison,
): string {
  const { predicted, measured, rate, point, counted } = comparison;
  const utilisation = (rate * comparison.source.calibration.serviceMean) / point.servers;
  const said =
    predictor === "erlang-b"
      ? `Erlang B predicts that ${percentColumn(predicted.value)} are rejected (interval ${percentColumn(predicted.low)} to ${percentColumn(predicted.high)})`
      : "M/M/N with waiting (Erlang C) predicts that every arrival is accepted and waits its turn";
  return (
    `at "${point.name}" (λ = ${rate.toFixed(0)}/s, N = ${point.servers}, ρ = ${utilisation.toFixed(2)}) ` +
    `${said}; ${percentColumn(measured)} of ${counted} arrivals were really rejected`
  );
}
