/** What a measured run gives: counts, times, and how much the machine disturbed it. */

import type { LoadRecord } from "../../core/load.ts";
import type { OperatingPoint } from "../../core/subject.ts";

/** A sample in seconds; all zero when it is empty. */
export interface TimeSummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadResult {
  readonly point: OperatingPoint;
  /** Arrivals put on the system; `offered = accepted + rejected`. */
  readonly offered: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Accepted and answered; the rest of the accepted ones `failed` or never ended. */
  readonly completed: number;
  readonly failed: number;
  /** Operations that the backend says it answered: a witness independent of the system. */
  readonly delivered: number;
  readonly failures: Readonly<Record<string, number>>;
  /** The λ that was really offered, in 1/s. */
  readonly offeredRate: number;
  /** Seconds over which arrivals were offered. */
  readonly duration: number;
  /** From the intended start to the answer: a late start counts against the system. */
  readonly latency: TimeSummary;
  /** From the real start to the answer: the time for which a server was held. */
  readonly service: TimeSummary;
  /** Service time beyond the delay that the backend drew for the same operation. */
  readonly overhead: { readonly mean: number; readonly standardError: number };
  /** Real start minus intended start. */
  readonly lateness: TimeSummary;
  /** Event-loop delay of the loaded process in seconds. */
  readonly lag: LoadRecord["lag"];
  /** CPU time of the loaded process during the run, in seconds. */
  readonly cpu: LoadRecord["cpu"];
  /** Everything per arrival, for further analysis. */
  readonly record: LoadRecord & {
    readonly intended: readonly number[];
    /** The delay that the backend drew, or would have drawn, for each arrival. */
    readonly demands: readonly number[];
  };
}

export function summariseTimes(sample: readonly number[]): TimeSummary {
  const sorted = Float64Array.from(sample).sort();
  const count = sorted.length;
  if (count === 0) return { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 };
  const quantile = (p: number): number => sorted[Math.min(count - 1, Math.ceil(p * count) - 1)]!;
  let sum = 0;
  for (const value of sorted) sum += value;
  return {
    count,
    mean: sum / count,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    max: sorted[count - 1]!,
  };
}

export function summarise(
  point: OperatingPoint,
  intended: readonly number[],
  demand: (sequence: number) => number,
  record: LoadRecord,
  delivered: number,
): LoadResult {
  const counts = { completed: 0, rejected: 0, failed: 0, unfinished: 0 };
  const latency: number[] = [];
  const service: number[] = [];
  const overhead: number[] = [];
  const lateness: number[] = [];
  record.outcomes.forEach((outcome, index) => {
    counts[outcome]++;
    const sent = record.sent[index]!;
    const finished = record.finished[index];
    lateness.push(sent - intended[index]!);
    if (outcome !== "completed" || typeof finished !== "number") return;
    latency.push(finished - intended[index]!);
    service.push(finished - sent);
    overhead.push(finished - sent - demand(index));
  });
  const offered = record.outcomes.length;
  const mean = overhead.reduce((sum, value) => sum + value, 0) / Math.max(1, overhead.length);
  const squares = overhead.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const variance = squares / Math.max(1, overhead.length - 1);
  return {
    point,
    offered,
    accepted: offered - counts.rejected,
    rejected: counts.rejected,
    completed: counts.completed,
    failed: counts.failed,
    delivered,
    failures: record.failures,
    offeredRate: offered / point.duration,
    duration: point.duration,
    latency: summariseTimes(latency),
    service: summariseTimes(service),
    overhead: { mean, standardError: Math.sqrt(variance / Math.max(1, overhead.length)) },
    lateness: summariseTimes(lateness),
    lag: record.lag,
    cpu: record.cpu,
    record: { ...record, intended, demands: intended.map((_, index) => demand(index)) },
  };
}
