/** Closed forms turned round: the largest load for a target, the fewest servers for a load. */

import { erlangB } from "./erlang.ts";
import { mmnMeanWait, mmnWaitPercentile } from "./formulas.ts";
import { checkProbability, checkRates, checkServers, mostServers, refuse } from "./guards.ts";

/** A limit on the wait: its mean, or the time that a share p must not exceed. */
export interface WaitTarget {
  readonly seconds: number;
  /** Left out: the mean. */
  readonly percentile?: number;
}

/** The largest x in [low, high] with ok(x), where ok holds below some point; by bisection. */
export function largest(low: number, high: number, ok: (x: number) => boolean): number {
  let good = low;
  let bad = high;
  for (let step = 0; step < 200 && bad - good > 1e-13 * bad; step++) {
    const middle = (good + bad) / 2;
    if (ok(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** The largest λ in 1/s for which the wait in M/M/N meets the target. @throws VRF501 */
export function maxArrivalRate(servers: number, serviceRate: number, target: WaitTarget): number {
  checkServers(servers);
  checkRates(0, serviceRate);
  if (!(target.seconds >= 0)) refuse(`a wait of ${target.seconds} s`, "a target is not negative");
  if (target.percentile !== undefined) checkProbability(target.percentile);
  const wait = (arrivalRate: number): number => {
    const queue = { arrivalRate, serviceRate, servers };
    return target.percentile === undefined
      ? mmnMeanWait(queue)
      : mmnWaitPercentile(queue, target.percentile);
  };
  const capacity = servers * serviceRate;
  return largest(
    0,
    capacity,
    (rate) => rate / serviceRate / servers < 1 && wait(rate) <= target.seconds,
  );
}

/** The largest load in erlangs for which Erlang B loses at most this share. */
export function maxLoad(servers: number, loss: number): number {
  checkServers(servers);
  if (!(loss > 0 && loss < 1)) refuse(`a loss of ${loss}`, "give a share between 0 and 1");
  let high = servers;
  while (erlangB(servers, high) <= loss) high *= 2;
  return largest(0, high, (load) => erlangB(servers, load) <= loss);
}

/** The fewest servers for which Erlang B loses at most this share of `load` erlangs. */
export function fewestServers(load: number, loss: number): number {
  if (!(load >= 0) || !Number.isFinite(load) || !(loss > 0 && loss < 1)) {
    refuse(`${load} erlangs with a loss of ${loss}`, "give a finite load and a share in (0, 1)");
  }
  let blocking = 1;
  let servers = 0;
  while (blocking > loss || servers === 0) {
    if (++servers > mostServers) refuse(`${load} erlangs`, `more than ${mostServers} servers`);
    blocking = (load * blocking) / (servers + load * blocking);
  }
  return servers;
}
