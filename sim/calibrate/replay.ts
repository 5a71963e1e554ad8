/** The loss model fed with a run's own arrivals and demands: no randomness left to excuse it. */

import type { LoadResult } from "../load/result.ts";
import { siftDown } from "../queue/simulate.ts";
import { warmUpSeconds } from "./measure.ts";

/**
 * Simulates N servers without waiting room with the real start times and, as service times, the
 * delays that the backend drew plus the run's mean overhead.
 * @returns the share of counted arrivals that the model loses, and the share of arrivals whose fate
 *   (accepted or rejected) is the same as in the real run
 */
export function replayLoss(run: LoadResult): { share: number; agreement: number } {
  const { sent, intended, demands, outcomes } = run.record;
  const free = new Float64Array(run.point.servers);
  const warmUp = warmUpSeconds(run.point);
  let counted = 0;
  let lost = 0;
  let same = 0;
  sent.forEach((now, index) => {
    const isLost = free[0]! > now;
    if (!isLost) {
      free[0] = now + demands[index]! + run.overhead.mean;
      siftDown(free, free.length);
    }
    if (isLost === (outcomes[index] === "rejected")) same++;
    if (intended[index]! < warmUp) return;
    counted++;
    if (isLost) lost++;
  });
  return { share: lost / Math.max(1, counted), agreement: same / Math.max(1, sent.length) };
}
