/** Predicted against measured, figure by figure, at one operating point. */

import type { ProcessorSettings } from "../../core/load.ts";
import { deriveSeed } from "../../core/random.ts";
import type { Distribution, ProcessorPoint, ValidationClaim } from "../../core/subject.ts";
import type { ProcessorCalibration } from "../calibrate/processor.ts";
import type { ProcessorRun } from "../load/run-processor.ts";
import { figureNames, figuresOf, type Figure, type Figures, type Window } from "./figures.ts";
import {
  capacityOf,
  exporterConcurrency,
  predictByMmn,
  predictBySimulation,
  windowOf,
  type Predicted,
  type Prediction,
  type PredictOptions,
} from "./predict.ts";

export interface FigureComparison {
  readonly figure: Figure;
  readonly predicted: number;
  readonly low: number;
  readonly high: number;
  readonly measured: number;
  /** The prediction interval when the backend's own times are given; null when they do not vary. */
  readonly given: { readonly low: number; readonly high: number } | null;
  /** The tolerance that decides, in the figure's own unit; null where the intervals do; Infinity: shown only. */
  readonly allowed: number | null;
  /** Inside both intervals. */
  readonly inside: boolean;
  /** Within the tolerance of the claim, or inside where only the intervals count. */
  readonly agrees: boolean;
  /** Outside of both: what the calibration does not know exactly is no excuse. */
  readonly differs: boolean;
}

export interface PointComparison {
  readonly point: ProcessorPoint;
  /** λ over the calibrated capacity. */
  readonly utilisation: number;
  readonly measured: Figures;
  readonly figures: readonly FigureComparison[];
  /** What every model says, whichever the claim is about. */
  readonly models: {
    readonly fitting: Prediction;
    /** The fitting model when the backend's own times are given. */
    readonly given: Prediction | null;
    readonly mmn: Prediction;
    readonly loss: Prediction | null;
  };
  /** Every figure agrees. */
  readonly agrees: boolean;
  /** Some figure differs. Neither: the measurement is too short, or the machine too unsteady, to tell. */
  readonly differs: boolean;
}

/** Within this share of the load around saturation only the interval is judged. */
const knee = 0.05;
/** A wait or a loss this small is nothing: a timer tick, one span in two thousand. */
const leastWait = 0.002;

/** Finer than this neither the clocks nor the counting are: part of every interval, at both ends. */
const resolution: Readonly<Record<Exclude<Figure, "throughput">, number>> = {
  utilisation: 0.002,
  meanWait: 0.001,
  p99Wait: 0.002,
  loss: 0.0005,
  queue: 0.5,
};

/** Tolerances: shares of the predicted value, but for loss, which is in absolute points. */
const tolerances: Readonly<Record<Figure, number>> = {
  throughput: 0.01,
  utilisation: 0.01,
  meanWait: 0.05,
  p99Wait: 0.1,
  loss: 0.005,
  queue: Infinity,
};

/** A prediction whose intervals contain the resolution; for throughput that is a span at an edge of the window. */
function resolved(prediction: Prediction, { from, until }: Window): Prediction {
  const entries = figureNames.map((figure) => {
    const { value, low, high } = prediction[figure];
    const fine = figure === "throughput" ? 1 / (until - from) : resolution[figure];
    const most = figure === "utilisation" || figure === "loss" ? 1 : Infinity;
    return [figure, { value, low: Math.max(0, low - fine), high: Math.min(most, high + fine) }];
  });
  return Object.fromEntries(entries) as Record<Figure, Predicted>;
}

function allowedFor(figure: Figure, predicted: number): number {
  const tolerance = tolerances[figure];
  if (figure === "loss" || tolerance === Infinity) return tolerance;
  const isWait = figure === "meanWait" || figure === "p99Wait";
  return Math.max(tolerance * Math.abs(predicted), isWait ? leastWait : 0);
}

export interface CompareOptions {
  readonly seed: number;
  readonly runs: number;
  readonly confidence: number;
}

/** Simulated runs when the backend's own times are given: there is little left to vary. */
const fewerRuns = 100;

export function comparePoint(
  claim: Pick<ValidationClaim, "predictor" | "judgedBy" | "believedService">,
  processor: ProcessorSettings,
  run: ProcessorRun,
  calibration: ProcessorCalibration,
  options: CompareOptions,
): PointComparison {
  const { intended, record } = run;
  const times = claim.believedService ?? 1;
  const point = { ...run.point, service: slowed(run.point.service, times) };
  const window = windowOf(point, processor);
  const measured = figuresOf({ intended, fate: record.fate, exports: record.exports }, window);
  const own = { ...options, seed: deriveSeed(options.seed, `predict:${point.name}`) };
  const simulated = (like: ProcessorSettings, more: Partial<PredictOptions>): Prediction =>
    resolved(predictBySimulation(like, point, intended, calibration, { ...own, ...more }), window);
  const fitting = simulated(processor, {});
  const isRandom = point.service.law !== "deterministic";
  const isOwn = claim.predictor === (processor.kind === "batch" ? "bulk" : "loss");
  const given =
    isRandom && isOwn
      ? simulated(processor, {
          runs: Math.min(fewerRuns, options.runs),
          demand: (index) => times * run.demand(index),
        })
      : null;
  const mmn = resolved(predictByMmn(processor, point, calibration), window);
  const loss =
    processor.kind === "batch"
      ? simulated(
          { kind: "simple", concurrencyLimit: exporterConcurrency },
          { runs: Math.min(20, options.runs) },
        )
      : null;
  const chosen = { bulk: fitting, loss: loss ?? fitting, mmn }[claim.predictor];
  const utilisation = point.arrivalRate / capacityOf(processor, point, calibration);
  const isKnee = Math.abs(utilisation - 1) <= knee;
  const figures = figureNames.map((figure) => {
    const { value, low, high } = chosen[figure];
    const actual = measured[figure];
    const isWithin = (one: { readonly low: number; readonly high: number }): boolean =>
      actual >= one.low && actual <= one.high;
    const narrow = given === null ? null : given[figure];
    const inside = isWithin({ low, high }) && (narrow === null || isWithin(narrow));
    const base = { figure, predicted: value, low, high, given: narrow, measured: actual, inside };
    const isWait = figure === "meanWait" || figure === "p99Wait" || figure === "queue";
    // Nothing waits in front of the simple processor but the generator's own timer.
    if (isWait && processor.kind === "simple")
      return { ...base, allowed: Infinity, agrees: true, differs: false };
    if (claim.judgedBy === "interval" || isKnee)
      return { ...base, allowed: null, agrees: inside, differs: !inside };
    const allowed = allowedFor(figure, value);
    const agrees = Math.abs(actual - value) <= allowed;
    return { ...base, allowed, agrees, differs: !agrees && !inside };
  });
  return {
    point: run.point,
    utilisation,
    measured,
    figures,
    models: { fitting, given, mmn, loss },
    agrees: figures.every(({ agrees }) => agrees),
    differs: figures.some(({ differs }) => differs),
  };
}

/** A law whose every value is so many times as large. */
function slowed(law: Distribution, times: number): Distribution {
  const scaled = { ...law, mean: times * law.mean };
  return scaled.law === "empirical"
    ? { ...scaled, sample: scaled.sample.map((one) => times * one) }
    : scaled;
}
