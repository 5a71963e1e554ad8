/** Calibrates a real system and measures it at operating points; disturbed runs are repeated once. */

import { deriveSeed } from "../../core/random.ts";
import type { MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import { runLoad } from "../load/run.ts";
import type { LoadResult } from "../load/result.ts";
import { calibrate, type Calibration } from "./calibrate.ts";
import { disturbance, type Disturbance } from "./gate.ts";

export interface MeasureOptions {
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Whether a disturbed run is repeated once; default true. */
  readonly repeat?: boolean;
  progress(message: string): void;
}

/** One measured point; a disturbed one may serve only claims that the disturbance cannot touch. */
export interface MeasuredPoint {
  readonly run: LoadResult;
  readonly calibration: Calibration;
  readonly disturbed: Disturbance | null;
}

/** ρ of the calibration run: next to nothing is rejected, yet the process is not idle. */
const calibrationLoad = 0.5;
const calibrationSeconds = 2.5;

function calibrationPoint(point: OperatingPoint): OperatingPoint {
  return {
    ...point,
    name: "calibration",
    arrivalRate: (calibrationLoad * point.servers) / point.service.mean,
    duration: calibrationSeconds,
  };
}

/** Measures all points; each backend law and number of servers is calibrated before its first. */
export async function measure(
  system: MeasuredSystem,
  points: readonly OperatingPoint[],
  options: MeasureOptions,
): Promise<readonly MeasuredPoint[]> {
  const measured: MeasuredPoint[] = [];
  const calibrations = new Map<string, Attempt>();
  for (const point of points) {
    const key = JSON.stringify([point.service, point.servers]);
    let base = calibrations.get(key);
    if (base === undefined) {
      base = await attempt(system, calibrationPoint(point), options);
      calibrations.set(key, base);
    }
    const calibration = calibrate(base.run);
    const { run, disturbed } = await attempt(system, point, options);
    measured.push({ run, calibration, disturbed: base.disturbed ?? disturbed });
  }
  return measured;
}

interface Attempt {
  readonly run: LoadResult;
  readonly disturbed: Disturbance | null;
}

/** One run; a disturbed one is repeated once, with other random numbers. */
async function attempt(
  system: MeasuredSystem,
  point: OperatingPoint,
  options: MeasureOptions,
): Promise<Attempt> {
  const once = async (number: number): Promise<Attempt> => {
    const seed = deriveSeed(options.seed, `${point.name}:${number}`);
    const run = await runLoad(system, point, { seed, signal: options.signal });
    return { run, disturbed: disturbance(run) };
  };
  options.progress(`${point.name}: ${point.arrivalRate.toFixed(0)} arrivals/s`);
  const first = await once(0);
  if (first.disturbed === null || options.repeat === false) return first;
  options.progress(`${point.name} again: ${first.disturbed.reason}`);
  return once(1);
}

/** Seconds at the start of a run that are not counted: the system starts empty. */
export function warmUpSeconds(point: OperatingPoint): number {
  return Math.min(10 * point.service.mean, point.duration / 5);
}

/** Share of the arrivals after the warm-up that were rejected, and how many were counted. */
export function rejectedShare(run: LoadResult): { share: number; counted: number } {
  const warmUp = warmUpSeconds(run.point);
  let counted = 0;
  let rejected = 0;
  run.record.intended.forEach((time, index) => {
    if (time < warmUp) return;
    counted++;
    if (run.record.outcomes[index] === "rejected") rejected++;
  });
  return { share: counted === 0 ? 0 : rejected / counted, counted };
}
