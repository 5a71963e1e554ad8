/** Open-loop arrival schedules: fixed before the run, so a slow system cannot slow the load. */

import { DiagnosticError } from "../../core/diagnostic.ts";
import { makeRandom } from "../../core/random.ts";
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
