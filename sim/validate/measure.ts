/**
 * Calibrates a processor and measures it at the points of a claim. A run that the machine disturbed is
 * made again, a few times at most; every attempt is recorded with the reason why it was set aside. The
 * gate looks at the machine only, never at the figures that are compared.
 */

import type { ProcessorSettings } from "../../core/load.ts";
import { tooBusy } from "../../core/outcome.ts";
import { deriveSeed } from "../../core/random.ts";
import type { MeasuredSystem, ProcessorPoint } from "../../core/subject.ts";
import {
  calibrateProcessor,
  overheadAt,
  overheads,
  type ProcessorCalibration,
} from "../calibrate/processor.ts";
import { runProcessor, type ProcessorRun } from "../load/run-processor.ts";
import { summariseTimes } from "../load/result.ts";
import { moments } from "../queue/statistics.ts";
import { drift } from "./predict.ts";

export interface MeasuredRun {
  readonly run: ProcessorRun;
  /** Why the run must not be judged, or `null`. */
  readonly disturbed: string | null;
  /** Why earlier attempts were set aside, in their order. */
  readonly setAside: readonly string[];
}

export interface Campaign {
  readonly calibration: ProcessorCalibration;
  /** Why nothing may be judged by this calibration, or `null`. */
  readonly disturbed: string | null;
  /** The runs that it was made from, and those that were set aside. */
  readonly calibrated: readonly MeasuredRun[];
  readonly runs: readonly MeasuredRun[];
}

export interface CampaignOptions {
  readonly seed: number;
  readonly signal: AbortSignal;
  progress(message: string): void;
}

/** Loads of the calibration, as shares of the capacity without overhead, and its longest runs. */
const calibrationLoads = [0.4, 1.3];
const calibrationSeconds = 3;

/** Runs of one point at most, disturbed ones included; and disturbed runs in all, per point of a claim. */
const mostAttempts = 5;
const spareRuns = 2;

/** Event-loop lag beyond which a run is not judged; p99, in seconds. */
const mostLag = 0.01;
/** Lateness of the ends of spans, p95 and p99: timers tick by the millisecond. */
const mostLateness95 = 0.004;
const mostLateness99 = 0.008;
/** Standard errors that a difference between two means may have before it is one. */
const sureness = 3;

/** Why a run must not be judged, or `null`. */
export function disturbanceOf(run: ProcessorRun): string | null {
  const { record, intended, point } = run;
  const failed = record.exports.filter(({ ok, refused }) => !ok && !refused).length;
  const at = `at point "${point.name}"`;
  if (failed > 0) {
    const why = Object.entries(record.failures).map(([reason, count]) => `${reason} (${count})`);
    return `${failed} export(s) failed ${at}: ${why.join(", ")}`;
  }
  const ok = record.exports.filter((one) => one.ok).length;
  if (ok !== run.delivered) {
    return `${ok} exports were reported as done ${at}, but the backend answered ${run.delivered}`;
  }
  if (ok === 0) return `nothing was exported ${at}`;
  const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;
  const busy = (what: string, value: number, limit: number): string =>
    `${tooBusy} ${at}: ${what} ${ms(value)} (limit ${ms(limit)})`;
  // What the application itself holds the loop for is part of the model, and no disturbance.
  const own = (point.busy?.forMs ?? 0) / 1000;
  const late = summariseTimes(record.sent.map((sent, index) => sent - intended[index]!));
  const gates = [
    ["event-loop lag p99", record.lag.p99, mostLag],
    ["lateness of spans p95", late.p95, mostLateness95],
    ["lateness of spans p99", late.p99, mostLateness99],
  ] as const;
  const over = gates.find(([, value, limit]) => value > limit + own);
  return over === undefined ? null : busy(over[0], over[1], over[2] + own);
}

/**
 * Why a run does not go with a calibration, or `null`: its exports took longer or shorter beyond the
 * backend's time than the calibration and its error allow, so the machine was another one meanwhile.
 */
export function driftOf(run: ProcessorRun, calibration: ProcessorCalibration): string | null {
  // An application that holds the loop delays answers; the model draws that, the calibration cannot know.
  if (run.point.busy !== undefined) return null;
  const known = overheads(run).map(({ x, y }) => {
    const { mean, standardError } = overheadAt(calibration, run.point.arrivalRate, x);
    return { difference: y - mean, standardError };
  });
  if (known.length === 0) return null;
  const { mean, variance } = moments(known.map(({ difference }) => difference));
  const ownError = known.length < 2 ? drift : Math.sqrt(variance / known.length);
  const error = Math.hypot(ownError, Math.max(...known.map((one) => one.standardError)));
  const limit = drift + sureness * error;
  if (Math.abs(mean) <= limit) return null;
  const ms = (seconds: number): string => `${(seconds * 1000).toFixed(2)} ms`;
  return (
    `${tooBusy} at point "${run.point.name}": exports took ${ms(Math.abs(mean))} ` +
    `${mean > 0 ? "more" : "less"} than when they were calibrated (limit ${ms(limit)})`
  );
}

async function attempt(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  point: ProcessorPoint,
  options: CampaignOptions,
  spare: { runs: number },
  calibration?: ProcessorCalibration,
): Promise<MeasuredRun> {
  const setAside: string[] = [];
  for (let number = 0; ; number++) {
    const again = number === 0 ? "" : `, attempt ${number + 1}: ${setAside.at(-1)}`;
    options.progress(`${point.name}: ${point.arrivalRate.toFixed(0)} spans/s${again}`);
    const seed = deriveSeed(options.seed, `${point.name}:${number}`);
    const run = await runProcessor(system, processor, point, { seed, signal: options.signal });
    const disturbed =
      disturbanceOf(run) ?? (calibration === undefined ? null : driftOf(run, calibration));
    if (disturbed === null || number + 1 >= mostAttempts || spare.runs === 0)
      return { run, disturbed, setAside };
    setAside.push(disturbed);
    spare.runs--;
  }
}

/** The capacity without overhead, in spans per second. */
export function nominalCapacity(processor: ProcessorSettings, meanService: number): number {
  return processor.kind === "batch"
    ? processor.maxExportBatchSize / meanService
    : processor.concurrencyLimit / meanService;
}

/** Measures with the constant law of the same mean, so that only the overhead varies. */
async function calibrateLive(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  meanService: number,
  seconds: number,
  options: CampaignOptions,
  spare: { runs: number },
): Promise<Omit<Campaign, "runs">> {
  const runs: MeasuredRun[] = [];
  for (const load of calibrationLoads) {
    const point: ProcessorPoint = {
      name: `calibration at ${load}`,
      arrivalRate: load * nominalCapacity(processor, meanService),
      service: { law: "deterministic", mean: meanService },
      duration: Math.min(calibrationSeconds, seconds),
    };
    runs.push(await attempt(system, processor, point, options, spare));
  }
  return {
    calibration: calibrateProcessor(runs.map(({ run }) => run)),
    disturbed: runs.find(({ disturbed }) => disturbed !== null)?.disturbed ?? null,
    calibrated: runs,
  };
}

/**
 * All points of one backend mean; the first point's mean is the one that is calibrated. Where the
 * machine has changed since the calibration, everything is measured once more.
 */
export async function measureProcessor(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  points: readonly ProcessorPoint[],
  options: CampaignOptions,
): Promise<Campaign> {
  const first = await measureAll(system, processor, points, options);
  const hasDrifted = ({ run }: MeasuredRun): boolean => driftOf(run, first.calibration) !== null;
  if (first.disturbed !== null || !first.runs.some((one) => hasDrifted(one))) return first;
  const seed = deriveSeed(options.seed, "calibrated anew");
  const second = await measureAll(system, processor, points, { ...options, seed });
  const why = "the machine changed meanwhile: calibrated anew";
  const before = [...first.calibrated, ...first.runs].map((one) => ({
    ...one,
    disturbed: one.disturbed ?? why,
  }));
  return { ...second, calibrated: [...before, ...second.calibrated] };
}

async function measureAll(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  points: readonly ProcessorPoint[],
  options: CampaignOptions,
): Promise<Campaign> {
  const spare = { runs: spareRuns * points.length };
  const longest = Math.max(...points.map(({ duration }) => duration));
  const mean = points[0]!.service.mean;
  const base = await calibrateLive(system, processor, mean, 1.2 * longest, options, spare);
  // Without a calibration only gross errors can be judged: no use in trying for calm.
  if (base.disturbed !== null) spare.runs = 0;
  const { calibration } = base;
  const runs: MeasuredRun[] = [];
  for (const point of points) {
    runs.push(await attempt(system, processor, point, options, spare, calibration));
  }
  return { ...base, runs };
}
