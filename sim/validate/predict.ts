/**
 * What each queue model says about a run before it is made: the schedule of arrivals is known (it is
 * fixed before the run), the backend's law is known, the overhead of an export is calibrated. Many runs
 * are simulated with service times drawn anew and with the overhead drawn from the calibration's own
 * error; their spread is the prediction interval.
 */

import type { ProcessorSettings } from "../../core/load.ts";
import { deriveSeed, makeRandom } from "../../core/random.ts";
import type { ProcessorPoint } from "../../core/subject.ts";
import { overheadAt, type ProcessorCalibration } from "../calibrate/processor.ts";
import { runBulk } from "../queue/bulk.ts";
import { erlangC } from "../queue/erlang.ts";
import { mmnMeanWait, mmnWaitPercentile } from "../queue/formulas.ts";
import { siftDown } from "../queue/simulate.ts";
import { Variates } from "../queue/stream.ts";
import {
  figureNames,
  figuresOf,
  type Figure,
  type Figures,
  type Observed,
  type Window,
} from "./figures.ts";

export interface Predicted {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type Prediction = Readonly<Record<Figure, Predicted>>;

export interface PredictOptions {
  readonly seed: number;
  readonly runs: number;
  readonly confidence: number;
}

/** Concurrent exports of the batch processor's exporter: the N of the model that does not fit. */
export const exporterConcurrency = 30;
/** Seconds by which overheads and lags may differ between the calibration and a run. */
const drift = 0.0004;

export function windowOf(point: ProcessorPoint, processor: ProcessorSettings): Window {
  return {
    from: Math.min(point.duration / 4, 1),
    until: point.duration,
    servers: processor.kind === "batch" ? 1 : processor.concurrencyLimit,
  };
}

/** Spans per second that the processor can deliver at most, with the mean overhead. */
export function capacityOf(
  processor: ProcessorSettings,
  point: ProcessorPoint,
  calibration: ProcessorCalibration,
): number {
  const size = processor.kind === "batch" ? processor.maxExportBatchSize : 1;
  const servers = processor.kind === "batch" ? 1 : processor.concurrencyLimit;
  const { mean } = overheadAt(calibration, point.arrivalRate, size);
  return (servers * size) / (point.service.mean + mean);
}

/** The model that the processor is: bulk service for the batch processor, loss for the simple one. */
export function predictBySimulation(
  processor: ProcessorSettings,
  point: ProcessorPoint,
  intended: readonly number[],
  calibration: ProcessorCalibration,
  options: PredictOptions,
): Prediction {
  const noise = makeRandom(deriveSeed(options.seed, "calibration"));
  const window = windowOf(point, processor);
  const all: Figures[] = [];
  for (let run = 0; run < options.runs; run++) {
    const radius = Math.sqrt(-2 * Math.log1p(-noise.next()));
    const normal = radius * Math.cos(2 * Math.PI * noise.next());
    const service = new Variates(point.service, deriveSeed(options.seed, `run:${run}`), "service");
    const spread = (2 * noise.next() - 1) * drift;
    const late = calibration.arrivalLag + (2 * noise.next() - 1) * drift;
    const arrivals = Float64Array.from(intended, (time) => Math.ceil(time * 1000) / 1000 + late);
    const timerLag = calibration.timerLag + (2 * noise.next() - 1) * 2 * drift;
    const holds = (size: number): number => {
      const { mean, standardError, fit } = overheadAt(calibration, point.arrivalRate, size);
      const residual = fit.residuals[noise.below(fit.residuals.length)]!;
      return service.draw() + Math.max(0, mean + normal * standardError + spread + residual);
    };
    all.push(figuresOf(simulate(processor, intended, arrivals, holds, timerLag, window), window));
  }
  return summarise(all, options.confidence);
}

function simulate(
  processor: ProcessorSettings,
  intended: readonly number[],
  arrivals: Float64Array,
  holds: (size: number) => number,
  timerLag: number,
  window: Window,
): Observed {
  if (processor.kind === "batch") {
    const run = runBulk(
      {
        batch: processor.maxExportBatchSize,
        room: processor.maxQueueSize,
        delay: processor.scheduledDelayMillis / 1000 + timerLag,
        exportTimeout: processor.exportTimeoutMillis / 1000,
        overlapAfterFailure: true,
      },
      arrivals,
      (_, size) => ({ seconds: holds(size), ok: true }),
      { until: window.until },
    );
    return { intended, fate: run.fate, exports: run.exports };
  }
  // N servers and no room: the next export is refused unless the earliest server is free.
  const free = new Float64Array(processor.concurrencyLimit);
  const exports: { start: number; end: number; size: number; ok: boolean; refused: boolean }[] = [];
  for (const now of arrivals) {
    const refused = free[0]! > now;
    const end = refused ? now : now + holds(1);
    exports.push({ start: now, end, size: 1, ok: !refused, refused });
    if (refused) continue;
    free[0] = end;
    siftDown(free, free.length);
  }
  return { intended, fate: intended.map((_, index) => index), exports };
}

function summarise(all: readonly Figures[], confidence: number): Prediction {
  const tail = (1 - confidence) / 2;
  const entry = (figure: Figure): Predicted => {
    const values = Float64Array.from(all, (one) => one[figure]).sort();
    const order = Math.max(0, Math.floor(tail * values.length) - 1); // outward: never too narrow
    const value = values.reduce((sum, one) => sum + one, 0) / values.length;
    return { value, low: values[order]!, high: values[values.length - 1 - order]! };
  };
  return Object.fromEntries(figureNames.map((name) => [name, entry(name)])) as Record<
    Figure,
    Predicted
  >;
}

/** M/M/N with unlimited room, N = the exporter's concurrency limit and one span per export. */
export function predictByMmn(
  processor: ProcessorSettings,
  point: ProcessorPoint,
  calibration: ProcessorCalibration,
): Prediction {
  const servers = processor.kind === "batch" ? exporterConcurrency : processor.concurrencyLimit;
  const mean = point.service.mean + overheadAt(calibration, point.arrivalRate, 1).mean;
  const { arrivalRate } = point;
  const isStable = arrivalRate * mean < servers;
  const queue = { arrivalRate, serviceRate: 1 / mean, servers };
  const exact = (value: number): Predicted => ({ value, low: value, high: value });
  const wait = isStable ? mmnMeanWait(queue) : Infinity;
  return {
    throughput: exact(Math.min(arrivalRate, servers / mean)),
    utilisation: exact(Math.min(1, (arrivalRate * mean) / servers)),
    loss: exact(0),
    meanWait: exact(wait),
    p99Wait: exact(
      isStable && erlangC(servers, arrivalRate * mean) > 0 ? mmnWaitPercentile(queue, 0.99) : wait,
    ),
    queue: exact(arrivalRate * wait),
  };
}
