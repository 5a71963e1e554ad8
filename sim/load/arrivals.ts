/** Open-loop arrival schedules: fixed before the run, so a slow system cannot slow the load. */

import { DiagnosticError } from "../../core/diagnostic.ts";
import { makeRandom } from "../../core/random.ts";
import type { ProcessorPoint } from "../../core/subject.ts";
import { exponentialSampler } from "../queue/distributions.ts";

const mostArrivals = 2_000_000;

/** Poisson arrivals at rate λ (1/s) during `duration` seconds, as times from the start. */
export function poissonSchedule(rate: number, duration: number, seed: number): number[] {
  if (!(rate > 0) || !(duration > 0) || !(rate * duration <= mostArrivals)) {
    throw new DiagnosticError(
      "VRF501",
      `a load of ${rate} arrivals per second for ${duration} s is not possible`,
      { help: `give a positive rate and duration with at most ${mostArrivals} arrivals in all` },
    );
  }
  const gap = exponentialSampler(makeRandom(seed).fork("arrivals"), 1 / rate);
  const times: number[] = [];
  for (let time = gap(); time < duration; time += gap()) times.push(time);
  return times;
}

/** The ends of spans at a point: moments of its pattern, at each of which `burst` spans end. */
export function scheduleOf(point: ProcessorPoint, seed: number): number[] {
  const burst = point.burst ?? 1;
  if (!Number.isInteger(burst) || burst < 1) {
    throw new DiagnosticError("VRF501", `bursts of ${burst} spans at point "${point.name}"`, {
      help: "a burst has a whole number of spans from 1",
    });
  }
  const moments = momentsOf(point, point.arrivalRate / burst, seed);
  if (burst === 1) return moments;
  return moments.flatMap((time) => Array.from({ length: burst }, () => time));
}

function momentsOf(point: ProcessorPoint, rate: number, seed: number): number[] {
  const { pattern = "poisson", duration } = point;
  if (pattern === "poisson") return poissonSchedule(rate, duration, seed);
  if (pattern === "periodic") return periodicSchedule(rate, duration);
  return traceSchedule(pattern.trace).filter((time) => time < duration);
}

/** Arrivals at equal distances, the first after one distance. */
export function periodicSchedule(rate: number, duration: number): number[] {
  const count = Math.ceil(rate * duration) - 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => (index + 1) / rate);
}

/**
 * A recorded trace of arrival times in seconds, checked and moved to start at zero.
 * @throws {DiagnosticError} VRF501 when it is empty, not ascending, or holds no finite times
 */
export function traceSchedule(times: readonly number[]): number[] {
  const refuse = (message: string): never => {
    throw new DiagnosticError("VRF501", `a trace of arrivals ${message}`, {
      help: "give at least one arrival, as finite times in ascending order, in seconds",
    });
  };
  const [first] = times;
  if (first === undefined) return refuse("is empty");
  let before = first;
  for (const time of times) {
    if (!Number.isFinite(time)) refuse(`contains ${time}`);
    if (time < before) refuse(`goes back from ${before} to ${time}`);
    before = time;
  }
  return times.map((time) => time - first);
}
