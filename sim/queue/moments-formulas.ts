/**
 * Queues with general laws: exact where an exact form exists (one server, no waiting room, infinitely
 * many servers), two-moment approximations elsewhere. No formula of two moments is right for all laws
 * (Gupta, Dai, Harchol-Balter and Zwart 2010); the error bands below were measured against simulation
 * (docs/sim.md). Times in seconds, rates in 1/s. All throw VRF501 on bad input and on ρ >= 1.
 */

import type { Distribution } from "../../core/subject.ts";
import { checkDistribution, scv } from "./distributions.ts";
import { mmnMeanWait } from "./formulas.ts";
import { checkRates, checkServers, checkStable, checkTime, refuse } from "./guards.ts";

/** M/G/∞: the number in service is Poisson of this mean, λ·E[S] (Takács 1962, ch. 3). */
export function mginfMeanNumber(arrivalRate: number, service: Distribution): number {
  checkDistribution(service);
  checkRates(arrivalRate, 1 / service.mean);
  return arrivalRate * service.mean;
}

/** P(N = n) of M/G/∞, in logarithms, so that nothing overflows. */
export function mginfProbability(load: number, n: number): number {
  if (!(load >= 0) || !Number.isInteger(n) || n < 0) {
    refuse(`P(N = ${n}) at ${load} erlangs`, "give a load >= 0 and a whole number n >= 0");
  }
  if (load === 0) return n === 0 ? 1 : 0;
  let logarithm = -load + n * Math.log(load);
  for (let k = 2; k <= n; k++) logarithm -= Math.log(k);
  return Math.exp(logarithm);
}

interface GeneralQueue {
  readonly arrivalRate: number;
  readonly service: Distribution;
  readonly servers: number;
}

function likeMarkov({ arrivalRate, service, servers }: GeneralQueue): number {
  checkDistribution(service);
  checkServers(servers);
  return mmnMeanWait({ arrivalRate, serviceRate: 1 / service.mean, servers });
}

/**
 * GI/G/N, Allen and Cunneen 1978 (Lee and Longton 1959 for Poisson arrivals):
 * Wq ≈ (c_a² + c_s²)/2 · Wq(M/M/N). Exact for M/M/N and M/G/1; up to 90 % too high for c_s² = 4 at
 * N = 30.
 * @param arrivalScv c_a², 1 for Poisson arrivals
 */
export function allenCunneenMeanWait(queue: GeneralQueue, arrivalScv = 1): number {
  if (!(arrivalScv >= 0) || !Number.isFinite(arrivalScv)) {
    refuse(`an arrival scv of ${arrivalScv}`, "it is a finite number, not negative");
  }
  return ((arrivalScv + scv(queue.service)) / 2) * likeMarkov(queue);
}

/**
 * M/D/N, Cosmetatos 1975: ½[1 + (1−ρ)(N−1)(√(4+5N)−2)/(16ρN)]·Wq(M/M/N); within 2.4 % where
 * tested. At small ρ the correction grows without limit, so it is capped at Wq(M/M/N) (Kimura 1994).
 */
export function mdnMeanWait(queue: GeneralQueue): number {
  const { arrivalRate, service, servers: n } = queue;
  const markov = likeMarkov(queue);
  const utilisation = (arrivalRate * service.mean) / n;
  if (utilisation === 0) return 0;
  const extra = ((1 - utilisation) * (n - 1) * (Math.sqrt(4 + 5 * n) - 2)) / (16 * utilisation * n);
  return 0.5 * markov * Math.min(2, 1 + extra);
}

/**
 * M/G/N, Kimura 1986: the harmonic interpolation between M/M/N and M/D/N,
 * (1+c²)/(2c²/Wq(M/M/N) + (1−c²)/Wq(M/D/N)). The best of the two-moment formulas: within 2 % for
 * c² <= 1, within about 14 % for c² = 4.
 */
export function kimuraMeanWait(queue: GeneralQueue): number {
  const c2 = scv(queue.service);
  const markov = likeMarkov(queue);
  if (markov === 0) return 0;
  const fixed = mdnMeanWait(queue);
  const wait = (1 + c2) / ((2 * c2) / markov + (1 - c2) / fixed);
  return wait > 0 && Number.isFinite(wait) ? wait : ((1 + c2) / 2) * markov;
}

/** Where the batches of a batch-arrival queue come from: rate of batches, moments of their size. */
export interface BatchArrivals {
  readonly batchRate: number;
  readonly meanSize: number;
  /** E[X²]. */
  readonly secondMoment: number;
}

/**
 * M^[X]/G/1 mean wait of a customer (Chaudhry and Templeton 1983, ch. 3): the wait of the batch as
 * one big customer, plus that behind its own batch, (E[X²]/E[X]−1)·E[S]/2.
 */
export function batchArrivalMeanWait(arrivals: BatchArrivals, service: Distribution): number {
  checkDistribution(service);
  const { batchRate, meanSize, secondMoment } = arrivals;
  checkRates(batchRate, 1 / service.mean);
  if (!(meanSize >= 1) || !(secondMoment >= meanSize ** 2 * (1 - 1e-12))) {
    refuse(`batches with E[X] = ${meanSize}, E[X²] = ${secondMoment}`, "E[X] >= 1, E[X²] >= E[X]²");
  }
  const utilisation = batchRate * meanSize * service.mean;
  checkStable(utilisation);
  const variance = scv(service) * service.mean ** 2;
  const work = meanSize * variance + secondMoment * service.mean ** 2;
  return (
    (batchRate * work) / (2 * (1 - utilisation)) +
    ((secondMoment / meanSize - 1) * service.mean) / 2
  );
}

/** M/M^(a,b)/1: a server that takes from a to b waiting customers at once. */
export interface BulkQueue {
  readonly arrivalRate: number;
  /** Rate at which a batch is finished, whatever its size. */
  readonly serviceRate: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Mean number waiting in M/M^(a,b)/1 (Neuts 1967; Chaudhry and Templeton 1983, ch. 4): with w the
 * root in (0, 1) of μw^(b+1) − (λ+μ)w + λ = 0, P(busy, n waiting) = A·wⁿ and
 * P(idle, n) = (μ/λ)·A·(1−w^(n+1))/(1−w) for n < a. Stable if and only if λ < bμ.
 */
export function bulkMeanWaiting(queue: BulkQueue): number {
  const { arrivalRate, serviceRate, least, most } = queue;
  checkRates(arrivalRate, serviceRate);
  if (!Number.isInteger(least) || !Number.isInteger(most) || least < 1 || most < least) {
    refuse(`batches from ${least} to ${most}`, "give whole numbers with 1 <= least <= most");
  }
  checkStable(arrivalRate / (most * serviceRate));
  if (arrivalRate === 0) return 0;
  const w = bulkRoot(arrivalRate, serviceRate, most);
  let idle = 0;
  let idleWaiting = 0;
  for (let n = 0; n < least; n++) {
    const probability = ((serviceRate / arrivalRate) * (1 - w ** (n + 1))) / (1 - w);
    idle += probability;
    idleWaiting += n * probability;
  }
  const total = 1 / (1 - w) + idle;
  return (w / (1 - w) ** 2 + idleWaiting) / total;
}

/** The root in (0, 1), by bisection on r(w) = μ(w + … + w^b) − λ, which grows with w. */
function bulkRoot(arrivalRate: number, serviceRate: number, most: number): number {
  // μw^(b+1) − (λ+μ)w + λ = (w−1)·(μ(w + w² + … + w^b) − λ)
  const excess = (w: number): number =>
    (w === 1 ? most : (w * (1 - w ** most)) / (1 - w)) - arrivalRate / serviceRate;
  let low = 0;
  let high = 1;
  for (let step = 0; step < 200 && high - low > 1e-17; step++) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/**
 * A batch that closes `delay` seconds after its first item, at a load so low that the size limit and
 * the service time do not matter: items wait (T + λT²/2)/(1 + λT) on average, in batches of 1 + λT.
 */
export function timerBatch(
  arrivalRate: number,
  delay: number,
): { readonly meanWait: number; readonly meanSize: number } {
  checkRates(arrivalRate, 1);
  checkTime(delay);
  const extra = arrivalRate * delay;
  return { meanWait: (delay + (extra * delay) / 2) / (1 + extra), meanSize: 1 + extra };
}

/**
 * M/M/1 retrial queue: who finds the server busy tries again after an exponential time of rate ν.
 * Mean number in orbit ρ²/(1−ρ) + ρλ/((1−ρ)ν) (Falin and Templeton 1997, ch. 1).
 */
export function retrialMeanOrbit(
  arrivalRate: number,
  serviceRate: number,
  retryRate: number,
): number {
  checkRates(arrivalRate, serviceRate);
  checkRates(arrivalRate, retryRate);
  const utilisation = arrivalRate / serviceRate;
  checkStable(utilisation);
  return (
    utilisation ** 2 / (1 - utilisation) +
    (utilisation * arrivalRate) / ((1 - utilisation) * retryRate)
  );
}
