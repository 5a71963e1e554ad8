/**
 * Simulation of FCFS queues with N servers, independent of every formula: the wait of each customer.
 *
 * Unlimited room is left to the recursion. A finite waiting room needs besides the times at which
 * servers become free (Kiefer and Wolfowitz 1955; a binary heap, smallest on top) only the start times
 * of those who still wait: under FCFS they never decrease, so a ring holds them.
 */

import type { Distribution, QueueModel } from "../../core/subject.ts";
import { checkRates, checkServers, refuse } from "./guards.ts";
import { recursionWaits } from "./recursion.ts";
import { Variates } from "./stream.ts";

/** Written instead of a wait when the customer found no place. */
export const lost = -1;

export interface SimulationOptions {
  /** The run is a function of it: arrivals and services have streams of their own. */
  readonly seed: number;
}

/** @throws {DiagnosticError} VRF501 when the model cannot be simulated. */
export function checkModel(model: QueueModel): void {
  checkServers(model.servers);
  checkRates(model.arrivalRate, 1);
  if (!(model.arrivalRate > 0)) refuse("arrival rate λ = 0", "a simulation needs arrivals: λ > 0");
  const room = model.waitingRoom;
  if (room !== null && (!Number.isInteger(room) || room < 0)) {
    refuse(`a waiting room of ${room}`, "give a whole number of places, or null for unlimited");
  }
}

/** Sinks the root of a heap of `size` times to its place after it was replaced. */
export function siftDown(heap: Float64Array, size: number): void {
  const value = heap[0]!;
  let hole = 0;
  for (let child = 1; child < size; child = 2 * hole + 1) {
    const right = child + 1;
    if (right < size && heap[right]! < heap[child]!) child = right;
    if (heap[child]! >= value) break;
    heap[hole] = heap[child]!;
    hole = child;
  }
  heap[hole] = value;
}

/**
 * Simulates as many customers as `waits` has entries, who arrive at Poisson moments and find an empty
 * system, and writes the wait of each in seconds, or `lost`.
 * @throws {DiagnosticError} VRF501
 */
export function simulateWaits(
  model: QueueModel,
  options: SimulationOptions,
  waits: Float64Array,
): void {
  checkModel(model);
  const { servers, service, waitingRoom } = model;
  const interarrival: Distribution = { law: "exponential", mean: 1 / model.arrivalRate };
  if (waitingRoom === null) {
    recursionWaits({ interarrival, service, servers }, options.seed, waits);
    return;
  }
  const gaps = new Variates(interarrival, options.seed, "arrival");
  const demands = new Variates(service, options.seed, "service");
  limited(servers, waitingRoom, gaps, demands, waits);
}

function limited(
  servers: number,
  room: number,
  gaps: Variates,
  demands: Variates,
  waits: Float64Array,
): void {
  const free = new Float64Array(servers);
  const starts = new Float64Array(Math.max(1, room)); // ring of the start times of those who wait
  let head = 0;
  let waiting = 0;
  let now = 0;
  for (let customer = 0; customer < waits.length; customer++) {
    now += gaps.draw();
    const demand = demands.draw(); // also drawn for a lost customer: the streams stay in step
    while (waiting > 0 && starts[head]! <= now) {
      head = head + 1 === room ? 0 : head + 1;
      waiting--;
    }
    const earliest = free[0]!;
    if (earliest > now && waiting === room) {
      waits[customer] = lost;
      continue;
    }
    let start = now;
    if (earliest > now) {
      start = earliest;
      starts[(head + waiting) % room] = start;
      waiting++;
    }
    waits[customer] = start - now;
    free[0] = start + demand;
    siftDown(free, servers);
  }
}
