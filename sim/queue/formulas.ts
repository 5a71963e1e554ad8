/**
 * Closed forms of the queues that telemetry pipelines are made of. λ: arrivals per second, μ: rate
 * of one server, N servers, a = λ/μ erlangs, ρ = a/N. Times in seconds. "Wait" is the time before
 * service, "sojourn" is wait plus service. Sources: Kleinrock, "Queueing Systems I" (M/M/1, M/M/N,
 * M/G/1); Gross et al., "Fundamentals of Queueing Theory" (M/M/N/K). All throw VRF501 on bad input
 * and, without loss, on ρ >= 1.
 */

import { checkDistribution, scv } from "./distributions.ts";
import { erlangB, erlangC } from "./erlang.ts";
import { checkProbability, checkRates, checkStable, checkTime, refuse } from "./guards.ts";
import type { Distribution } from "../../core/subject.ts";

export { erlangB, erlangC } from "./erlang.ts";

/** M/M/1 mean wait ρ/(μ−λ). */
export function mm1MeanWait(arrivalRate: number, serviceRate: number): number {
  checkRates(arrivalRate, serviceRate);
  checkStable(arrivalRate / serviceRate);
  return arrivalRate / serviceRate / (serviceRate - arrivalRate);
}

/** M/M/1 mean sojourn 1/(μ−λ). */
export function mm1MeanSojourn(arrivalRate: number, serviceRate: number): number {
  checkRates(arrivalRate, serviceRate);
  checkStable(arrivalRate / serviceRate);
  return 1 / (serviceRate - arrivalRate);
}

/** An M/M/N queue with unlimited waiting room. */
export interface MultiServer {
  readonly arrivalRate: number;
  readonly serviceRate: number;
  readonly servers: number;
}

/** Probability of waiting (Erlang C) and the rate at which a positive wait decays, Nμ−λ. */
function waitLaw(queue: MultiServer): { waits: number; decay: number } {
  const { arrivalRate, serviceRate, servers } = queue;
  checkRates(arrivalRate, serviceRate);
  const waits = erlangC(servers, arrivalRate / serviceRate);
  return { waits, decay: servers * serviceRate - arrivalRate };
}

/** M/M/N mean wait C/(Nμ−λ). */
export function mmnMeanWait(queue: MultiServer): number {
  const { waits, decay } = waitLaw(queue);
  return waits / decay;
}

/** M/M/N mean sojourn: mean wait plus 1/μ. */
export function mmnMeanSojourn(queue: MultiServer): number {
  return mmnMeanWait(queue) + 1 / queue.serviceRate;
}

/** M/M/N P(wait > t) = C·exp(−(Nμ−λ)t). */
export function mmnWaitTail(queue: MultiServer, seconds: number): number {
  checkTime(seconds);
  const { waits, decay } = waitLaw(queue);
  return waits * Math.exp(-decay * seconds);
}

/** The time that a fraction p of the waits does not exceed; 0 when fewer than 1−p wait at all. */
export function mmnWaitPercentile(queue: MultiServer, p: number): number {
  checkProbability(p);
  const { waits, decay } = waitLaw(queue);
  return Math.max(0, Math.log(waits / (1 - p)) / decay);
}

/** M/M/N P(sojourn > t) = e^{−μt}·(1 + C·(1 − e^{−μt·d})/d) with d = N−1−a; limit μt at d = 0. */
export function mmnSojournTail(queue: MultiServer, seconds: number): number {
  checkTime(seconds);
  const { waits } = waitLaw(queue);
  const x = queue.serviceRate * seconds;
  const d = queue.servers - 1 - queue.arrivalRate / queue.serviceRate;
  if (d === 0) return Math.exp(-x) * (1 + waits * x);
  // The inner exponential may grow (d < 0): multiply out, except where that would cancel.
  const extra =
    Math.abs(d * x) < 1
      ? (-Math.expm1(-x * d) / d) * Math.exp(-x)
      : (Math.exp(-x) - Math.exp(-x * (1 + d))) / d;
  return Math.exp(-x) + waits * extra;
}

/** M/M/N with a finite waiting room; loss and wait of an arrival in steady state (any ρ). */
export interface FiniteQueue {
  /** P(arrival finds no place). */
  readonly loss: number;
  /** P(an accepted customer waits). */
  readonly waitProbability: number;
  /** Mean wait of an accepted customer. */
  readonly meanWait: number;
}

/**
 * M/M/N/(N+q): the loss probability continues the Erlang B recursion past N with the ratio ρ. The
 * mean queue and P(all busy) are carried along: adding state k of probability p scales the rest by
 * 1−p, so nothing overflows for any ρ.
 */
export function mmnkQueue(queue: MultiServer, waitingRoom: number): FiniteQueue {
  const { arrivalRate, serviceRate, servers } = queue;
  checkRates(arrivalRate, serviceRate);
  if (!Number.isInteger(waitingRoom) || waitingRoom < 0) {
    refuse(
      `a waiting room of ${waitingRoom}`,
      "the waiting room is a whole number of places from 0",
    );
  }
  const load = arrivalRate / serviceRate;
  let last = erlangB(servers, load);
  let allBusy = last;
  let waiting = 0;
  for (let place = 1; place <= waitingRoom; place++) {
    const weight = (load / servers) * last;
    last = weight / (1 + weight);
    allBusy = (1 - last) * allBusy + last;
    waiting = (1 - last) * waiting + last * place;
  }
  const accepted = 1 - last;
  return {
    loss: last,
    waitProbability: (allBusy - last) / accepted,
    meanWait: arrivalRate === 0 ? 0 : waiting / (arrivalRate * accepted),
  };
}

/** M/G/N/N loss probability: Erlang B at a = λ·E[S], whatever the service law (insensitivity). */
export function mgnnLoss(arrivalRate: number, service: Distribution, servers: number): number {
  checkDistribution(service);
  checkRates(arrivalRate, 1 / service.mean);
  return erlangB(servers, arrivalRate * service.mean);
}

/** M/G/1 mean wait, Pollaczek (1930) and Khinchine (1932): ρ·E[S]·(1+scv)/(2(1−ρ)). */
export function mg1MeanWait(arrivalRate: number, service: Distribution): number {
  checkDistribution(service);
  checkRates(arrivalRate, 1 / service.mean);
  const utilisation = arrivalRate * service.mean;
  checkStable(utilisation);
  return (utilisation * service.mean * (1 + scv(service))) / (2 * (1 - utilisation));
}

/**
 * Little's law L = λ·T (Little 1961). λ is the rate of *accepted* customers, and T must belong to
 * the same place as L: sojourn for the number in the system, wait for the number waiting, service
 * for the number of busy servers.
 */
export const littleNumber = (acceptedRate: number, time: number): number => acceptedRate * time;

/** Little's law solved for the time; 0 when nothing arrives. */
export function littleTime(acceptedRate: number, number: number): number {
  return acceptedRate === 0 ? 0 : number / acceptedRate;
}
