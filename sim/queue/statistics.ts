/** Output analysis: warm-up by MSER-5, confidence intervals from independent replications. */

import { refuse } from "./guards.ts";
import { studentQuantile } from "./student.ts";

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Half of the width. */
  readonly halfWidth: number;
  readonly confidence: number;
  readonly count: number;
}

/** Mean and unbiased variance in one numerically stable pass (Welford 1962). */
export function moments(sample: ArrayLike<number>): { mean: number; variance: number } {
  let mean = 0;
  let squares = 0;
  for (let index = 0; index < sample.length; index++) {
    const delta = sample[index]! - mean;
    mean += delta / (index + 1);
    squares += delta * (sample[index]! - mean);
  }
  return { mean, variance: sample.length > 1 ? squares / (sample.length - 1) : 0 };
}

/** Student-t interval for the mean of independent observations. */
export function studentInterval(sample: readonly number[], confidence: number): Interval {
  const count = sample.length;
  if (count < 2) {
    refuse(`a confidence interval from ${count} observation(s)`, "take at least two replications");
  }
  const { mean, variance } = moments(sample);
  const halfWidth = studentQuantile((1 + confidence) / 2, count - 1) * Math.sqrt(variance / count);
  return { mean, low: mean - halfWidth, high: mean + halfWidth, halfWidth, confidence, count };
}

/**
 * MSER-5 (White, Cobb and Spratt 2000): how many leading observations to delete so that the
 * standard error of the mean of the rest, in batches of 5, is smallest. Only the first half is
 * searched; `Infinity` when the statistic still falls at its end, which means: run longer.
 */
export function mser5(series: ArrayLike<number>): number {
  const batches = Math.floor(series.length / 5);
  if (batches < 4) return Infinity;
  let sum = 0;
  let squares = 0;
  let best = Infinity;
  let cut = 0;
  for (let batch = batches - 1; batch >= 0; batch--) {
    const first = batch * 5;
    const mean =
      (series[first]! +
        series[first + 1]! +
        series[first + 2]! +
        series[first + 3]! +
        series[first + 4]!) /
      5;
    sum += mean;
    squares += mean * mean;
    const left = batches - batch;
    if (batch > batches / 2) continue; // the statistic of a short rest is small by chance
    const statistic = (squares - (sum * sum) / left) / (left * left);
    if (statistic <= best) {
      best = statistic;
      cut = batch;
    }
  }
  return cut === Math.floor(batches / 2) ? Infinity : cut * 5;
}

export interface ReplicationOptions {
  readonly confidence: number;
  /** Stop once the half-width is at most this share of the mean. */
  readonly precision: number;
  readonly fewest: number;
  readonly most: number;
  /** Stop early: the question is settled by this interval, however wide it still is. */
  readonly settled?: (interval: Interval) => boolean;
  /** Called between replications; throw in it to stop. */
  readonly pause?: () => Promise<void>;
}

export interface Replications {
  readonly interval: Interval;
  /** Whether the wanted precision was reached. */
  readonly precise: boolean;
  readonly values: readonly number[];
}

/**
 * Independent replications until the interval is narrow enough. The decision to stop is taken only
 * after each further quarter, which keeps the effect of looking repeatedly small.
 * @param replicate the value of replication number 0, 1, 2 … from a seed of its own
 */
export async function replicateUntil(
  replicate: (index: number) => number,
  options: ReplicationOptions,
): Promise<Replications> {
  const values: number[] = [];
  let target = Math.max(2, options.fewest);
  for (;;) {
    while (values.length < target) {
      values.push(replicate(values.length));
      await options.pause?.();
    }
    const interval = studentInterval(values, options.confidence);
    const precise = interval.halfWidth <= options.precision * Math.abs(interval.mean);
    const enough = precise || values.length >= options.most;
    if (enough || options.settled?.(interval) === true) return { interval, precise, values };
    target = Math.min(options.most, Math.ceil(values.length * 1.25));
  }
}

/**
 * Batch means of one long run (32 batches): the series is cut, batches are made longer until von
 * Neumann's ratio no longer shows that neighbours hang together (at a level of 10 %).
 * @throws {DiagnosticError} VRF501 when even 10 batches are correlated: the run is too short
 */
export function batchMeans(series: ArrayLike<number>, confidence: number): Interval {
  for (let batches = 32; batches >= 10; batches = Math.floor(batches / 1.3)) {
    const means = meansOf(series, batches);
    if (!areCorrelated(means)) return studentInterval(means, confidence);
  }
  return refuse(
    "batch means of a series whose batches are still correlated",
    "simulate longer, or use replications",
  );
}

function meansOf(series: ArrayLike<number>, batches: number): number[] {
  const size = Math.floor(series.length / batches);
  if (size < 1) refuse(`${series.length} values in ${batches} batches`, "record more values");
  return Array.from({ length: batches }, (_, batch) => {
    let sum = 0;
    for (let index = batch * size; index < (batch + 1) * size; index++) sum += series[index]!;
    return sum / size;
  });
}

/** Von Neumann's ratio; 2 on average for independent values, less when neighbours are alike. */
function areCorrelated(values: readonly number[]): boolean {
  const { variance } = moments(values);
  if (variance === 0) return false;
  const n = values.length;
  let differences = 0;
  for (let index = 1; index < n; index++) differences += (values[index]! - values[index - 1]!) ** 2;
  const ratio = differences / ((n - 1) * variance);
  return (2 - ratio) / Math.sqrt((4 * (n - 2)) / (n * n - 1)) > 1.2816;
}

/** A p-quantile of a sample, sorted in place: order statistic ⌈pn⌉. */
export function quantileOf(sample: Float64Array, p: number): number {
  if (sample.length === 0) refuse("a quantile of nothing", "record at least one value");
  sample.sort();
  return sample[Math.min(sample.length - 1, Math.max(0, Math.ceil(p * sample.length) - 1))]!;
}

/** Tail observations that a section needs before its quantile may be printed (docs/sim.md). */
export const leastTail = 100;

/**
 * A quantile of a stationary series by sectioning (Asmussen and Glynn 2007, ch. III.5a): the
 * quantile of the whole, with the spread of the quantiles of 20 sections around it.
 * @throws {DiagnosticError} VRF501 when a section has fewer than `leastTail` values in the tail
 */
export function quantileInterval(
  series: Float64Array,
  p: number,
  confidence: number,
  sections = 20,
): Interval {
  const size = Math.floor(series.length / sections);
  if ((1 - p) * size < leastTail) {
    refuse(
      `the ${p * 100} % quantile of ${series.length} values`,
      `its tail has fewer than ${leastTail} values in each of ${sections} sections: simulate longer`,
    );
  }
  const parts: number[] = [];
  for (let section = 0; section < sections; section++) {
    parts.push(quantileOf(series.slice(section * size, (section + 1) * size), p));
  }
  const mean = quantileOf(series.slice(0, sections * size), p);
  const squares = parts.reduce((sum, part) => sum + (part - mean) ** 2, 0);
  const halfWidth =
    studentQuantile((1 + confidence) / 2, sections - 1) *
    Math.sqrt(squares / (sections - 1) / sections);
  return {
    mean,
    low: mean - halfWidth,
    high: mean + halfWidth,
    halfWidth,
    confidence,
    count: sections,
  };
}
