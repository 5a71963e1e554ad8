/**
 * Erlang A (Palm 1957; Mandelbaum and Zeltyn 2007): M/M/N whose waiting customers leave after an
 * exponential patience. Stable for every load. All sums have positive terms only and are scaled on
 * the way, so nothing overflows and nothing cancels.
 */

import { erlangB } from "./erlang.ts";
import type { MultiServer } from "./formulas.ts";
import { checkRates, checkServers, refuse } from "./guards.ts";

export interface Abandonment {
  /** P(a customer waits at all). */
  readonly waitProbability: number;
  /** P(a customer leaves before its service). */
  readonly abandonProbability: number;
  /** Mean wait over all customers, those who leave included, in seconds. */
  readonly meanWait: number;
  readonly meanWaiting: number;
}

const mostTerms = 20_000_000;

/**
 * @param patienceRate θ, the rate at which one waiting customer leaves, 1/s
 * @throws {DiagnosticError} VRF501
 */
export function erlangA(queue: MultiServer, patienceRate: number): Abandonment {
  const { arrivalRate, serviceRate, servers } = queue;
  checkServers(servers);
  checkRates(arrivalRate, serviceRate);
  checkRates(arrivalRate, patienceRate);
  if (arrivalRate === 0) {
    return { waitProbability: 0, abandonProbability: 0, meanWait: 0, meanWaiting: 0 };
  }
  const blocking = erlangB(servers, arrivalRate / serviceRate);
  // States from "all busy" upwards relative to the first of them: 1, λ/(Nμ+θ), …
  let term = 1;
  let sum = 1;
  let weighted = 0;
  let unit = 1; // the first state, in the current scale
  for (
    let j = 1;
    term > 1e-19 * sum || arrivalRate > servers * serviceRate + j * patienceRate;
    j++
  ) {
    if (j > mostTerms) {
      refuse(
        `a patience rate of ${patienceRate}/s at ${arrivalRate}/s`,
        "customers are so patient that the queue is practically unlimited; use Erlang C or raise θ",
      );
    }
    term *= arrivalRate / (servers * serviceRate + j * patienceRate);
    sum += term;
    weighted += j * term;
    if (sum > 1e200) {
      term *= 1e-200;
      sum *= 1e-200;
      weighted *= 1e-200;
      unit *= 1e-200;
    }
  }
  // P(all busy) = A·B/(1 + (A−1)·B) with A = sum/unit.
  const waitProbability =
    blocking === 0 ? 0 : blocking / (((1 - blocking) * unit) / sum + blocking);
  const meanWaiting = (waitProbability * weighted) / sum;
  return {
    waitProbability,
    abandonProbability: (patienceRate * meanWaiting) / arrivalRate,
    meanWait: meanWaiting / arrivalRate,
    meanWaiting,
  };
}
