/**
 * What each queue model says about a run before it is made: the schedule of arrivals is known (it is
 * fixed before the run), the backend's law is known, the overhead of an export is calibrated. Many runs
 * are simulated with service times drawn anew and with the overhead drawn from the calibration's own
 * error; their spread is the prediction interval.
 *
 * An application that holds the event loop delays whatever falls due meanwhile (ends of spans, timers,
 * answers) to the moment at which it lets go. Its phase is not known before the run, so it is drawn.
 */

import type { ProcessorSettings } from "../../core/load.ts";
import { deriveSeed, makeRandom, type Random } from "../../core/random.ts";
import type { ProcessorPoint } from "../../core/subject.ts";
import { overheadAt, type ProcessorCalibration } from "../calibrate/processor.ts";
import { runBulk } from "../queue/bulk.ts";
import { erlangC } from "../queue/erlang.ts";
import { mmnMeanWait, mmnWaitPercentile } from "../queue/formulas.ts";
import { siftDown } from "../queue/simulate.ts";
import { moments } from "../queue/statistics.ts";
import { studentQuantile } from "../queue/student.ts";
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
  /**
   * What the backend really took for export number k, in seconds; drawn anew from its law when left out.
   * What then still varies is what the calibration does not know.
   */
  readonly demand?: (index: number) => number;
}

/** Concurrent exports of the batch processor's exporter: the N of the model that does not fit. */
export const exporterConcurrency = 30;
/** Seconds by which overheads and lags may differ between the calibration and a run. */
export const drift = 0.0004;
/** Seconds between two ticks of the clock that timers go by. */
const timerTick = 0.001;

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
    const whenFree = heldLoop(point, noise);
    const arrivals = Float64Array.from(intended, (time) =>
      whenFree(Math.ceil(time * 1000) / 1000 + late),
    );
    const timerLag = calibration.timerLag + (2 * noise.next() - 1) * 2 * drift;
    const holds = (index: number, size: number): number => {
      const { mean, standardError, fit } = overheadAt(calibration, point.arrivalRate, size);
      const residual = fit.residuals[noise.below(fit.residuals.length)]!;
      const own = options.demand === undefined ? service.draw() : options.demand(index);
      return own + Math.max(0, mean + normal * standardError + spread + residual);
    };
    const held = { arrivals, holds, whenFree, timerLag };
    all.push(figuresOf(simulate(processor, intended, held, window), window));
  }
  return summarise(all, options.confidence);
}

/** When the event loop gets to what falls due at a time, in seconds; times are asked in any order. */
function heldLoop({ busy, duration }: ProcessorPoint, noise: Random): (time: number) => number {
  if (busy === undefined) return (time) => time;
  const every = busy.everyMs / 1000;
  const held = busy.forMs / 1000;
  // A repeated timer counts from when it really ran, up to a tick later each time.
  const starts: number[] = [];
  for (let start = noise.next() * every; start < duration + 60;) {
    starts.push(start);
    start += Math.max(every, held) + noise.next() * timerTick;
  }
  return (time) => {
    let low = 0; // number of holds that have begun
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= time) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? time : Math.max(time, starts[low - 1]! + held);
  };
}

interface Held {
  readonly arrivals: Float64Array;
  /** Seconds from the start of export number `index` of some spans until its answer is there. */
  readonly holds: (index: number, size: number) => number;
  readonly whenFree: (time: number) => number;
  readonly timerLag: number;
}

function simulate(
  processor: ProcessorSettings,
  intended: readonly number[],
  { arrivals, holds, whenFree, timerLag }: Held,
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
      (index, size, start) => ({
        seconds: whenFree(start + holds(index, size)) - start,
        ok: true,
      }),
      { until: window.until, whenTimed: whenFree },
    );
    return { intended, fate: run.fate, exports: run.exports };
  }
  // N servers and no room: the next export is refused unless the earliest server is free.
  const free = new Float64Array(processor.concurrencyLimit);
  const exports: { start: number; end: number; size: number; ok: boolean; refused: boolean }[] = [];
  for (const now of arrivals) {
    const refused = free[0]! > now;
    const end = refused ? now : whenFree(now + holds(exports.length, 1));
    exports.push({ start: now, end, size: 1, ok: !refused, refused });
    if (refused) continue;
    free[0] = end;
    siftDown(free, free.length);
  }
  return { intended, fate: intended.map((_, index) => index), exports };
}

/** What no run can exceed. */
const most: Readonly<Partial<Record<Figure, number>>> = { utilisation: 1, loss: 1 };

function summarise(all: readonly Figures[], confidence: number): Prediction {
  const tail = (1 - confidence) / 2;
  const normal = studentQuantile(1 - tail, 1e6);
  const entry = (figure: Figure): Predicted => {
    const values = Float64Array.from(all, (one) => one[figure]).sort();
    const order = Math.max(0, Math.floor(tail * values.length) - 1); // outward: never too narrow
    const { mean, variance } = moments(values);
    // Some hundred runs hardly reach into such tails: at least as wide as a normal law of their spread.
    const reach = normal * Math.sqrt(variance);
    return {
      value: mean,
      low: Math.min(values[order]!, Math.max(0, mean - reach)),
      high: Math.min(
        Math.max(values[values.length - 1 - order]!, mean + reach),
        most[figure] ?? Infinity,
      ),
    };
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
