/**
 * Calibration of a span processor from live runs: what an export takes beyond the backend's own time.
 * It is affine in the size of the batch, and it depends on the load (an idle process wakes up late), so
 * one run well below and one above saturation are measured and the overhead is interpolated.
 */

import { moments } from "../queue/statistics.ts";
import type { ProcessorRun } from "../load/run-processor.ts";
import { fitAffine, type AffineFit } from "./affine.ts";

/** Overheads of the exports of one run. */
interface LoadedOverhead {
  /** Spans per second that were offered. */
  readonly rate: number;
  readonly fit: AffineFit;
}

export interface ProcessorCalibration {
  /** From low to high load. */
  readonly levels: readonly LoadedOverhead[];
  /** Mean seconds from a timer's deadline to the export that it starts, and from intended to real ends. */
  readonly timerLag: number;
  readonly arrivalLag: number;
  /** Exports measured. */
  readonly exports: number;
  /** Share of the CPU time of one core per span, in seconds. */
  readonly cpuPerSpan: number;
}

/** @param runs at different loads, none of them disturbed */
export function calibrateProcessor(runs: readonly ProcessorRun[]): ProcessorCalibration {
  const levels = runs
    .map((run) => ({ rate: run.point.arrivalRate, fit: fitAffine(overheads(run)) }))
    .sort((a, b) => a.rate - b.rate);
  const lags = runs.flatMap((run) => timerLags(run));
  const arrivals = runs.flatMap(({ record, intended }) =>
    record.sent.map((sent, index) => sent - Math.ceil(intended[index]! * 1000) / 1000),
  );
  const spans = runs.reduce((sum, { record }) => sum + record.sent.length, 0);
  const cpu = runs.reduce((sum, { record }) => sum + record.cpu.user + record.cpu.system, 0);
  return {
    levels,
    timerLag: lags.length === 0 ? 0.001 : moments(lags).mean,
    arrivalLag: arrivals.length === 0 ? 0 : moments(arrivals).mean,
    exports: runs.reduce((sum, run) => sum + overheads(run).length, 0),
    cpuPerSpan: cpu / Math.max(1, spans),
  };
}

/** What each successful export took beyond the backend's own time, in seconds, by its size. */
export function overheads(run: ProcessorRun): { x: number; y: number }[] {
  return run.record.exports.flatMap(({ start, end, size, ok }, index) =>
    ok ? [{ x: size, y: end - start - run.demand(index) }] : [],
  );
}

/** How late the timer's exports began: those that were not started by size. */
function timerLags({ record, processor, intended }: ProcessorRun): number[] {
  if (processor.kind !== "batch") return [];
  const first = new Map<number, number>();
  record.fate.forEach((fate, item) => {
    if (fate >= 0 && !first.has(fate)) first.set(fate, record.sent[item] ?? intended[item]!);
  });
  return record.exports.flatMap(({ start, size }, index) => {
    if (size >= processor.maxExportBatchSize) return [];
    const before = index === 0 ? -Infinity : record.exports[index - 1]!.end;
    const began = Math.max(before, first.get(index) ?? Infinity);
    const lag = start - began - processor.scheduledDelayMillis / 1000;
    return Number.isFinite(lag) && lag > -0.002 ? [lag] : [];
  });
}

/** Mean overhead of an export of `size` spans at a rate, in seconds; linear between the levels. */
export function overheadAt(
  calibration: ProcessorCalibration,
  rate: number,
  size: number,
): { readonly mean: number; readonly standardError: number; readonly fit: AffineFit } {
  const { levels } = calibration;
  const low = levels[0]!;
  const high = levels.at(-1)!;
  const share =
    high.rate === low.rate
      ? 0
      : Math.min(1, Math.max(0, (rate - low.rate) / (high.rate - low.rate)));
  const at = ({ fit }: LoadedOverhead): number => Math.max(0, fit.base + fit.perItem * size);
  return {
    mean: (1 - share) * at(low) + share * at(high),
    standardError: Math.max(low.fit.standardError, high.fit.standardError),
    fit: share < 0.5 ? low.fit : high.fit,
  };
}
