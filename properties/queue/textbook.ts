/**
 * Queueing formulas as textbooks print them, as claims about a model. They are written in their
 * direct form (sums of a^k/k!), independently of the stable recursions in sim/queue, so that tests
 * can compare the two. Sources: Kleinrock, "Queueing Systems I", ch. 3; Gross et al.,
 * "Fundamentals of Queueing Theory", ch. 2 and 3.
 */

import type { QueueModel } from "../../core/subject.ts";

/** a^k/k! for k = 0..n; good to n of some hundreds. */
function poissonTerms(load: number, n: number): number[] {
  const terms = [1];
  for (let k = 1; k <= n; k++) terms.push((terms[k - 1]! * load) / k);
  return terms;
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** Erlang C: P(wait) = (a^N/N!)·1/(1−ρ) / [Σ_{k<N} a^k/k! + (a^N/N!)·1/(1−ρ)]. */
export function erlangCWaitProbability(model: QueueModel): number {
  const load = model.arrivalRate * model.service.mean;
  const terms = poissonTerms(load, model.servers);
  const queued = terms[model.servers]! / (1 - load / model.servers);
  return queued / (sum(terms.slice(0, model.servers)) + queued);
}

/** M/M/N mean wait in seconds: Wq = C/(Nμ−λ). */
export function erlangCMeanWait(model: QueueModel): number {
  const capacity = model.servers / model.service.mean;
  return erlangCWaitProbability(model) / (capacity - model.arrivalRate);
}

/** Erlang B: P(loss) = (a^N/N!) / Σ_{k<=N} a^k/k! of M/G/N/N, for any service law. */
export function erlangBLoss(model: QueueModel): number {
  const terms = poissonTerms(model.arrivalRate * model.service.mean, model.servers);
  return terms[model.servers]! / sum(terms);
}

/** State probabilities p_0..p_{N+q} of M/M/N with q waiting places. */
function finiteStates(model: QueueModel): number[] {
  const load = model.arrivalRate * model.service.mean;
  const states = poissonTerms(load, model.servers);
  for (let place = 1; place <= (model.waitingRoom ?? 0); place++) {
    states.push(states.at(-1)! * (load / model.servers));
  }
  const total = sum(states);
  return states.map((state) => state / total);
}

/** M/M/N/K: P(loss) = p_K, since Poisson arrivals see time averages. */
export const finiteLoss = (model: QueueModel): number => finiteStates(model).at(-1)!;

/** M/M/N/K mean wait of an accepted customer: Σ j·p_{N+j} / (λ(1−p_K)). */
export function finiteMeanWait(model: QueueModel): number {
  const states = finiteStates(model);
  const waiting = sum(states.slice(model.servers).map((state, place) => place * state));
  return waiting / (model.arrivalRate * (1 - states.at(-1)!));
}

/** Pollaczek and Khinchine for deterministic service (M/D/1): Wq = ρ·E[S]/(2(1−ρ)). */
export function pollaczekKhinchineDeterministic(model: QueueModel): number {
  const utilisation = model.arrivalRate * model.service.mean;
  return (utilisation * model.service.mean) / (2 * (1 - utilisation));
}
