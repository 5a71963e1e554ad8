/**
 * The workload recursion: FCFS queues with N servers and unlimited room as fast as they go.
 *
 * Lindley 1952 for one server, Kiefer and Wolfowitz 1955 for more: the next customer starts when the
 * earliest server becomes free. Up to `sortedServers` the times at which servers become free are kept
 * sorted by insertion; beyond, up to `scannedServers`, they are not ordered at all: a customer who finds
 * an idle server does not wait, whichever it takes, so they are looked through only when no server is
 * known to be idle. Still more are kept in a tournament tree whose path from leaf to root is replayed.
 */

import type { Distribution } from "../../core/subject.ts";
import { checkServers, refuse } from "./guards.ts";
import { Histogram } from "./histogram.ts";
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

/** Largest number of servers for which insertion beats the tree; measured (bench/sim.ts). */
const sortedServers = 12;
/** Largest number of servers for which looking through all of them at times beats the tree. */
const scannedServers = 128;

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

function tally(waits: Float64Array, totals: Float64Array, histogram: Histogram): void {
  let sum = 0;
  let squares = 0;
  let waited = 0;
  let max = totals[3]!;
  for (let index = 0; index < waits.length; index++) {
    const wait = waits[index]!;
    sum += wait;
    squares += wait * wait;
    if (wait > 0) {
      waited++;
      if (wait > max) max = wait;
    }
    histogram.record(wait);
  }
  totals[0]! += sum;
  totals[1]! += squares;
  totals[2]! += waited;
  totals[3] = max;
}

type Step = (gaps: Float64Array, demands: Float64Array, waits: Float64Array) => void;

function makeStep(servers: number): Step {
  if (servers === 1) return lindley();
  if (servers <= sortedServers) return insertion(servers);
  return servers <= scannedServers ? scan(servers) : tournament(servers);
}

function lindley(): Step {
  let backlog = 0; // work left just before the next gap
  return (gaps, demands, waits) => {
    let work = backlog;
    for (let index = 0; index < waits.length; index++) {
      const left = work - gaps[index]!;
      const wait = left > 0 ? left : 0;
      waits[index] = wait;
      work = wait + demands[index]!;
    }
    backlog = work;
  };
}

/** Times until servers become free, relative to the last arrival, ascending. */
function insertion(servers: number): Step {
  const free = new Float64Array(servers);
  const last = servers - 1;
  return (gaps, demands, waits) => {
    let time = 0; // small numbers keep their digits: it starts again at zero with each block

    for (let index = 0; index < waits.length; index++) {
      time += gaps[index]!;
      const earliest = free[0]!;
      const start = earliest > time ? earliest : time;
      waits[index] = start - time;
      const end = start + demands[index]!;
      let hole = 0;
      while (hole < last && free[hole + 1]! < end) {
        free[hole] = free[hole + 1]!;
        hole++;
      }
      free[hole] = end;
    }
    for (let server = 0; server < servers; server++)
      free[server] = Math.max(0, free[server]! - time);
  };
}

/** Times at which busy servers become free, in no order; those that are past are cleared when needed. */
function scan(servers: number): Step {
  const free = new Float64Array(servers);
  let busy = 0; // servers not known to be idle: free[0 .. busy)
  return (gaps, demands, waits) => {
    let time = 0;
    for (let index = 0; index < waits.length; index++) {
      time += gaps[index]!;
      if (busy === servers) {
        let kept = 0;
        for (let server = 0; server < servers; server++) {
          const end = free[server]!;
          free[kept] = end; // without a branch: half of these would be mispredicted
          kept += end > time ? 1 : 0;
        }
        if (kept === servers) {
          let first = 0;
          for (let server = 1; server < servers; server++)
            if (free[server]! < free[first]!) first = server;
          const start = free[first]!;
          waits[index] = start - time;
          free[first] = start + demands[index]!;
          continue;
        }
        busy = kept;
      }
      waits[index] = 0;
      free[busy++] = time + demands[index]!;
    }
    for (let server = 0; server < busy; server++) free[server]! -= time;
  };
}

/** A winner tree over the servers; leaves beyond N never win. */
function tournament(servers: number): Step {
  let size = 1;
  while (size < servers) size *= 2;
  const free = new Float64Array(size).fill(Infinity, servers);
  const winner = new Int32Array(size);
  const build = (): void => {
    for (let node = size - 1; node >= 1; node--) {
      const left = 2 * node < size ? winner[2 * node]! : 2 * node - size;
      const right = 2 * node + 1 < size ? winner[2 * node + 1]! : 2 * node + 1 - size;
      winner[node] = free[left]! <= free[right]! ? left : right;
    }
  };
  build();
  return (gaps, demands, waits) => {
    let time = 0;
    for (let index = 0; index < waits.length; index++) {
      time += gaps[index]!;
      const server = winner[1]!;
      const earliest = free[server]!;
      const start = earliest > time ? earliest : time;
      waits[index] = start - time;
      const end = start + demands[index]!;
      free[server] = end;
      // Replay the matches of this leaf: its rivals on the way up are unchanged.
      let best = server;
      let bestTime = end;
      let node = (server + size) >> 1;
      const sibling = server ^ 1;
      if (free[sibling]! < bestTime) {
        best = sibling;
        bestTime = free[sibling]!;
      }
      winner[node] = best;
      while (node > 1) {
        const rival = winner[node ^ 1]!;
        const rivalTime = free[rival]!;
        if (rivalTime < bestTime) {
          best = rival;
          bestTime = rivalTime;
        }
        node >>= 1;
        winner[node] = best;
      }
    }
    for (let server = 0; server < servers; server++)
      free[server] = Math.max(0, free[server]! - time);
    build();
  };
}
