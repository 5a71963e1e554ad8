/**
 * Calibration: the mean service time of one operation, measured at low load.
 *
 * The backend's own delay has a known law, so only what comes on top of it (serialising, sockets,
 * timers) has to be measured: per operation, the measured time minus the delay drawn for it. That
 * difference varies far less than the service time itself, so a short run is enough.
 */

import type { LoadResult } from "../load/result.ts";
import { studentQuantile } from "../queue/student.ts";

export interface Calibration {
  /** E[S] in seconds: mean of the backend's law plus measured overhead. */
  readonly serviceMean: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  /** Measured overhead in seconds and its standard error. */
  readonly overhead: number;
  readonly standardError: number;
  /** Operations measured. */
  readonly count: number;
}

export const calibrationConfidence = 0.99;

export function calibrate(run: LoadResult): Calibration {
  const { mean: overhead, standardError } = run.overhead;
  const count = run.completed;
  const serviceMean = run.point.service.mean + overhead;
  const t = count > 1 ? studentQuantile((1 + calibrationConfidence) / 2, count - 1) : Infinity;
  return {
    serviceMean,
    low: serviceMean - t * standardError,
    high: serviceMean + t * standardError,
    confidence: calibrationConfidence,
    overhead,
    standardError,
    count,
  };
}
