/**
 * The workload recursion: FCFS queues with N servers and unlimited room as fast as they go.
 *
 * One step does a block of customers (steps.ts).
 */

import type { Distribution } from "../../core/subject.ts";
import { checkServers, refuse } from "./guards.ts";
import { Histogram } from "./histogram.ts";
import { makeStep } from "./steps.ts";
import { blockSize, makeFiller, Stream } from "./stream.ts";

export interface RecursionModel {
  readonly interarrival: Distribution;
  readonly service: Distribution;
  readonly servers: number;
}

export interface RecursionOptions {
  readonly seed: number;
  /** Customers counted, after the warm-up; rounded up to whole blocks. */
  readonly customers: number;
  readonly warmUp: number;
}

/** What the waits of a run amount to; times in seconds. */
export interface WaitStatistics {
  readonly customers: number;
  readonly mean: number;
  readonly variance: number;
  readonly waitProbability: number;
  readonly max: number;
  readonly histogram: Histogram;
}

/** @throws {DiagnosticError} VRF501 */
export function runRecursion(model: RecursionModel, options: RecursionOptions): WaitStatistics {
  checkServers(model.servers);
  const { customers, warmUp, seed } = options;
  if (!(customers > 0) || !Number.isFinite(customers) || !(warmUp >= 0)) {
    refuse(`${customers} customers after ${warmUp}`, "give a positive number of customers");
  }
  const gaps = new Float64Array(blockSize);
  const demands = new Float64Array(blockSize);
  const waits = new Float64Array(blockSize);
  const fillGaps = makeFiller(model.interarrival, new Stream(seed, "arrival"));
  const fillDemands = makeFiller(model.service, new Stream(seed, "service"));
  const step = makeStep(model.servers);
  const blocks = Math.ceil(customers / blockSize);
  for (let block = Math.ceil(warmUp / blockSize); block > 0; block--) {
    fillGaps(gaps);
    fillDemands(demands);
    step(gaps, demands, waits);
  }
  const histogram = new Histogram();
  const totals = new Float64Array(4); // sum, squares, waited, max
  for (let block = blocks; block > 0; block--) {
    fillGaps(gaps);
    fillDemands(demands);
    step(gaps, demands, waits);
    tally(waits, totals, histogram);
  }
  const counted = blocks * blockSize;
  const mean = totals[0]! / counted;
  return {
    customers: counted,
    mean,
    variance: totals[1]! / counted - mean * mean,
    waitProbability: totals[2]! / counted,
    max: totals[3]!,
    histogram,
  };
}

/** Consumes the block: its positive waits are moved to the front, since most queues mostly have zeros. */
function tally(waits: Float64Array, totals: Float64Array, histogram: Histogram): void {
  let waited = 0;
  for (let index = 0; index < waits.length; index++) {
    const wait = waits[index]!;
    waits[waited] = wait; // without a branch, which would be mispredicted every other time
    waited += Number(wait > 0);
  }
  let sum = 0;
  let squares = 0;
  let max = totals[3]!;
  for (let index = 0; index < waited; index++) {
    const wait = waits[index]!;
    sum += wait;
    squares += wait * wait;
    if (wait > max) max = wait;
  }
  histogram.recordPositive(waits, waited);
  histogram.recordZeros(waits.length - waited);
  totals[0]! += sum;
  totals[1]! += squares;
  totals[2]! += waited;
  totals[3] = max;
}

/**
 * The wait of each customer from an empty system, in seconds, on the same random numbers.
 * @throws {DiagnosticError} VRF501
 */
export function recursionWaits(model: RecursionModel, seed: number, waits: Float64Array): void {
  checkServers(model.servers);
  const gaps = new Float64Array(blockSize);
  const demands = new Float64Array(blockSize);
  const fillGaps = makeFiller(model.interarrival, new Stream(seed, "arrival"));
  const fillDemands = makeFiller(model.service, new Stream(seed, "service"));
  const step = makeStep(model.servers);
  for (let from = 0; from < waits.length; from += blockSize) {
    fillGaps(gaps);
    fillDemands(demands);
    step(gaps, demands, waits.subarray(from, from + blockSize));
  }
}
