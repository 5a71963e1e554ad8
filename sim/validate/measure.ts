/** Calibrates a processor and measures it at the points of a claim; disturbed runs are made once more. */

import type { ProcessorSettings } from "../../core/load.ts";
import { tooBusy } from "../../core/outcome.ts";
import { deriveSeed } from "../../core/random.ts";
import type { MeasuredSystem, ProcessorPoint } from "../../core/subject.ts";
import { calibrateProcessor, type ProcessorCalibration } from "../calibrate/processor.ts";
import { runProcessor, type ProcessorRun } from "../load/run-processor.ts";
import { summariseTimes } from "../load/result.ts";

export interface MeasuredRun {
  readonly run: ProcessorRun;
  /** Why the run must not be judged, or `null`. */
  readonly disturbed: string | null;
}

export interface Campaign {
  readonly calibration: ProcessorCalibration;
  /** Why nothing may be judged by this calibration, or `null`. */
  readonly disturbed: string | null;
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

/** Event-loop lag beyond which a run is not judged; p99, in seconds. */
const mostLag = 0.01;
/** Lateness of the ends of spans, p95 and p99: timers tick by the millisecond. */
const mostLateness95 = 0.004;
const mostLateness99 = 0.008;

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
  if (record.lag.p99 > mostLag) return busy("event-loop lag p99", record.lag.p99, mostLag);
  const late = summariseTimes(record.sent.map((sent, index) => sent - intended[index]!));
  if (late.p95 > mostLateness95) return busy("lateness of spans p95", late.p95, mostLateness95);
  if (late.p99 > mostLateness99) return busy("lateness of spans p99", late.p99, mostLateness99);
  return null;
}

async function attempt(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  point: ProcessorPoint,
  options: CampaignOptions,
): Promise<MeasuredRun> {
  const once = async (number: number): Promise<MeasuredRun> => {
    const seed = deriveSeed(options.seed, `${point.name}:${number}`);
    const run = await runProcessor(system, processor, point, { seed, signal: options.signal });
    return { run, disturbed: disturbanceOf(run) };
  };
  options.progress(`${point.name}: ${point.arrivalRate.toFixed(0)} spans/s`);
  const first = await once(0);
  if (first.disturbed === null) return first;
  options.progress(`${point.name} again: ${first.disturbed}`);
  return once(1);
}

/** The capacity without overhead, in spans per second. */
export function nominalCapacity(processor: ProcessorSettings, meanService: number): number {
  return processor.kind === "batch"
    ? processor.maxExportBatchSize / meanService
    : processor.concurrencyLimit / meanService;
}

/** Measures with the constant law of the same mean, so that only the overhead varies. */
export async function calibrateLive(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  meanService: number,
  seconds: number,
  options: CampaignOptions,
): Promise<{ calibration: ProcessorCalibration; disturbed: string | null }> {
  const runs: MeasuredRun[] = [];
  for (const load of calibrationLoads) {
    const point: ProcessorPoint = {
      name: `calibration at ${load}`,
      arrivalRate: load * nominalCapacity(processor, meanService),
      service: { law: "deterministic", mean: meanService },
      duration: Math.min(calibrationSeconds, seconds),
    };
    runs.push(await attempt(system, processor, point, options));
  }
  return {
    calibration: calibrateProcessor(runs.map(({ run }) => run)),
    disturbed: runs.find(({ disturbed }) => disturbed !== null)?.disturbed ?? null,
  };
}

/** All points of one backend mean; the first point's mean is the one that is calibrated. */
export async function measureProcessor(
  system: MeasuredSystem,
  processor: ProcessorSettings,
  points: readonly ProcessorPoint[],
  options: CampaignOptions,
): Promise<Campaign> {
  const longest = Math.max(...points.map(({ duration }) => duration));
  const base = await calibrateLive(
    system,
    processor,
    points[0]!.service.mean,
    1.2 * longest,
    options,
  );
  const runs: MeasuredRun[] = [];
  for (const point of points) runs.push(await attempt(system, processor, point, options));
  return { ...base, runs };
}
