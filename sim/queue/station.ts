/**
 * The general simulator: one FCFS station with N servers, driven by an event list. It covers what the
 * workload recursion cannot: finite rooms with loss, batch arrivals, load that varies with time,
 * clients that give up, failed services, retries with backoff, and a circuit breaker in front.
 *
 * A customer makes attempts. An attempt ends `lost` (no place), `refused` (breaker open), `late` (the
 * client gave up after `timeout`), `failed` (the service ended with an error) or well. After any end
 * but a good one the customer comes back after a backoff, up to `retry.most` times, and is then gone.
 */

import type { Distribution } from "../../core/subject.ts";
import { checkServers, refuse } from "./guards.ts";
import { EventHeap } from "./event-heap.ts";
import { Histogram } from "./histogram.ts";
import { Uniforms, Variates } from "./stream.ts";

export interface StationModel {
  /** Law of the time between arrivals (of batches). */
  readonly interarrival: Distribution;
  /** Customers per arrival: all at once. Default: one. */
  readonly batch?:
    | { readonly law: "fixed"; readonly size: number }
    | { readonly law: "geometric"; readonly mean: number };
  /** Multiplies the arrival rate during a span of time; 1 elsewhere. Must not overlap. */
  readonly surges?: readonly {
    readonly from: number;
    readonly to: number;
    readonly factor: number;
  }[];
  readonly servers: number;
  /** Places for waiting customers; `null` for unlimited. */
  readonly waitingRoom: number | null;
  readonly service: Distribution;
  /** The client gives up so many seconds after an attempt; without `cancels` its place stays taken. */
  readonly timeout?: { readonly after: number; readonly cancels: boolean };
  /** A waiting customer leaves after a time of this law; counted as `late`. One in service stays. */
  readonly patience?: Distribution;
  /** Share of services that end with an error, and spans in which all do. */
  readonly failureProbability?: number;
  readonly outages?: readonly { readonly from: number; readonly to: number }[];
  readonly retry?: RetryPolicy;
  /** Opens after so many bad ends in a row, lets one attempt through after `reset` seconds. */
  readonly breaker?: { readonly failures: number; readonly reset: number };
}

/** Backoff before retry k = 1, 2 …: min(cap, first·factor^(k−1)), times a uniform 1 ± jitter. */
export interface RetryPolicy {
  readonly most: number;
  readonly first: number;
  readonly factor: number;
  readonly cap: number;
  readonly jitter: number;
}

export interface StationOptions {
  readonly seed: number;
  /** Stop after so many first arrivals, or at this time, whichever comes first. */
  readonly customers?: number;
  readonly until?: number;
  /** What happens before this time is not counted. */
  readonly warmUp?: number;
  /** Receives the wait of each attempt that begins service, as far as it reaches. */
  readonly waits?: Float64Array;
  /** Sample the state every so many seconds. */
  readonly sampleEvery?: number;
}

export interface StationSample {
  readonly time: number;
  readonly inSystem: number;
  /** Customers that wait for their next attempt. */
  readonly inOrbit: number;
  /** Ends well since the last sample, per second. */
  readonly goodput: number;
  readonly offered: number;
}

/** Counts after the warm-up. Every first arrival ends well, gone, or is still inside at the end. */
export interface StationResult {
  /** Seconds counted. */
  readonly duration: number;
  readonly arrivals: number;
  readonly attempts: number;
  readonly lost: number;
  readonly refused: number;
  readonly late: number;
  readonly failed: number;
  /** Attempts that ended well, within the client's patience. */
  readonly good: number;
  /** Customers that used up their retries. */
  readonly gone: number;
  /** Services whose client had left. */
  readonly wasted: number;
  readonly waits: Histogram;
  readonly meanWait: number;
  readonly waitProbability: number;
  /** Time averages. */
  readonly meanInSystem: number;
  readonly meanWaiting: number;
  readonly meanBusy: number;
  readonly samples: readonly StationSample[];
  /** Waits written into `options.waits`. */
  readonly recorded: number;
  /** Customers that were inside or in orbit at the end. */
  readonly left: number;
}

const none = 0;
const waitingState = 1;
const servedState = 2;
/** Waiting or served although the client has left. */
const orphanState = 3;

/** Kinds of events, in the low bits of a code; the slot is above them. */
const retryKind = 1;
const renegeKind = 2;
const kindBits = 2;

/** @throws {DiagnosticError} VRF501 */
export function checkStation(model: StationModel): void {
  checkServers(model.servers);
  const { waitingRoom: room, batch, retry, timeout, failureProbability: p = 0, breaker } = model;
  if (room !== null && (!Number.isInteger(room) || room < 0)) {
    refuse(`a waiting room of ${room}`, "give a whole number of places, or null for unlimited");
  }
  if (batch?.law === "fixed" && !(Number.isInteger(batch.size) && batch.size >= 1)) {
    refuse(`batches of ${batch.size}`, "a batch has a whole number of customers from 1");
  }
  if (batch?.law === "geometric" && !(batch.mean >= 1 && Number.isFinite(batch.mean))) {
    refuse(`batches of ${batch.mean} on average`, "a batch has at least one customer");
  }
  if (timeout !== undefined && !(timeout.after > 0)) {
    refuse(`a timeout of ${timeout.after} s`, "a client waits a positive time");
  }
  if (!(p >= 0 && p <= 1)) refuse(`failure probability ${p}`, "give a probability in [0, 1]");
  if (retry !== undefined) {
    const { most, first, factor, cap, jitter } = retry;
    const ok = Number.isInteger(most) && most >= 0 && first >= 0 && factor >= 1 && cap >= 0;
    if (!ok || !(jitter >= 0 && jitter <= 1) || !Number.isFinite(first * cap * factor)) {
      refuse(
        "the retry policy makes no sense",
        "most, first, cap >= 0, factor >= 1, 0 <= jitter <= 1",
      );
    }
  }
  if (breaker !== undefined && !(breaker.failures >= 1 && breaker.reset > 0)) {
    refuse("the breaker makes no sense", "give failures >= 1 and reset > 0");
  }
  for (const { from, to, factor } of model.surges ?? []) {
    if (!(from >= 0 && to > from && factor > 0 && Number.isFinite(factor))) {
      refuse(`a surge from ${from} to ${to} by ${factor}`, "give 0 <= from < to and a factor > 0");
    }
  }
  for (const { from, to } of model.outages ?? []) {
    if (!(from >= 0 && to > from)) refuse(`an outage from ${from} to ${to}`, "give 0 <= from < to");
  }
}

/** Runs the station from empty. @throws {DiagnosticError} VRF501 */
export function runStation(model: StationModel, options: StationOptions): StationResult {
  return new Run(model, options).run();
}

class Run {
  readonly #model: StationModel;
  readonly #options: StationOptions;
  readonly #gap: Variates;
  readonly #service: Variates;
  readonly #chance: Uniforms;
  readonly #reneging: Variates | null;
  readonly #surges: readonly { from: number; to: number; factor: number }[];
  readonly #outages: readonly { from: number; to: number }[];
  readonly #servers: number;
  readonly #room: number;
  readonly #patience: number;
  readonly #cancels: boolean;
  readonly #failureProbability: number;

  readonly #events = new EventHeap();
  #now = 0;
  #busy = 0;
  #waiting = 0;
  #inOrbit = 0;

  // Customers: slots of parallel arrays, reused.
  #since = new Float64Array(1024);
  /** When a waiting customer loses patience. */
  #leaves = new Float64Array(1024);
  #attempt = new Int32Array(1024);
  #state = new Uint8Array(1024);
  #generation = new Int32Array(1024);
  #unused: Int32Array = Int32Array.from({ length: 1024 }, (_, index) => 1023 - index);
  #unusedCount = 1024;

  // Those who wait, in order; a ring.
  #queue = new Int32Array(1024);
  #head = 0;
  #queued = 0;

  // Timeouts come in the order of the attempts, since patience is constant; a ring as well.
  #patienceSlots = new Int32Array(1024);
  #patienceTimes = new Float64Array(1024);
  #patienceGenerations = new Int32Array(1024);
  #patienceHead = 0;
  #patienceCount = 0;

  #breakerFailures = 0;
  #breakerUntil = -Infinity;
  #breakerOpen = false;
  #trial = false;

  #counted = false;
  #arrivals = 0;
  #attempts = 0;
  #lost = 0;
  #refused = 0;
  #late = 0;
  #failed = 0;
  #good = 0;
  #gone = 0;
  #wasted = 0;
  #waitSum = 0;
  #waited = 0;
  #begun = 0;
  #recorded = 0;
  readonly #histogram = new Histogram();
  #areaBusy = 0;
  #areaWaiting = 0;
  #last = 0;

  constructor(model: StationModel, options: StationOptions) {
    checkStation(model);
    if (options.customers === undefined && options.until === undefined) {
      refuse("a run without an end", "give `customers` or `until`");
    }
    this.#model = model;
    this.#options = options;
    this.#gap = new Variates(model.interarrival, options.seed, "arrival");
    this.#service = new Variates(model.service, options.seed, "service");
    this.#chance = new Uniforms(options.seed, "chance");
    this.#reneging =
      model.patience === undefined ? null : new Variates(model.patience, options.seed, "patience");
    this.#surges = [...(model.surges ?? [])].sort((a, b) => a.from - b.from);
    this.#outages = model.outages ?? [];
    this.#servers = model.servers;
    this.#room = model.waitingRoom ?? Infinity;
    this.#patience = model.timeout?.after ?? Infinity;
    this.#cancels = model.timeout?.cancels ?? true;
    this.#failureProbability = model.failureProbability ?? 0;
  }

  run(): StationResult {
    const { customers = Infinity, until = Infinity, warmUp = 0, sampleEvery } = this.#options;
    const events = this.#events;
    const samples: StationSample[] = [];
    let nextSample = sampleEvery ?? Infinity;
    let sampledGood = 0;
    let sampledArrivals = 0;
    let first = 0;
    let nextArrival = this.#nextArrival(0);
    this.#counted = warmUp === 0;
    for (;;) {
      const departure = events.size === 0 ? Infinity : events.times[0]!;
      const timeout =
        this.#patienceCount === 0 ? Infinity : this.#patienceTimes[this.#patienceHead]!;
      // At the same moment: services end, then clients give up, then others arrive.
      let time = departure <= timeout ? departure : timeout;
      if (nextArrival < time) time = nextArrival;
      if (time >= nextSample || time > until || (!this.#counted && time >= warmUp)) {
        const mark = Math.min(nextSample, until, this.#counted ? Infinity : warmUp);
        if (mark <= time) {
          this.#passTo(mark);
          if (mark === nextSample) {
            samples.push({
              time: mark,
              inSystem: this.#busy + this.#waiting,
              inOrbit: this.#inOrbit,
              goodput: (this.#good - sampledGood) / sampleEvery!,
              offered: (first - sampledArrivals) / sampleEvery!,
            });
            sampledGood = this.#good;
            sampledArrivals = first;
            nextSample += sampleEvery!;
          }
          if (!this.#counted && mark === warmUp) {
            this.#begin();
            sampledGood = 0;
          }
          if (mark === until) break;
          continue;
        }
      }
      if (time === Infinity) break;
      this.#passTo(time);
      if (departure === time) {
        const code = events.pop();
        const kind = code & 3;
        if (kind === 0) this.#depart(code >> kindBits);
        else if (kind === renegeKind) this.#renege(code >> kindBits);
        else {
          this.#inOrbit--;
          this.#arrive(code >> kindBits);
        }
      } else if (timeout === time) {
        this.#giveUp();
      } else {
        const size = this.#batchSize();
        for (let one = 0; one < size; one++) {
          first++;
          if (this.#counted) this.#arrivals++;
          this.#arrive(this.#take());
        }
        if (first >= customers) break;
        nextArrival = this.#nextArrival(time);
      }
    }
    return this.#result(samples);
  }

  #passTo(time: number): void {
    const passed = time - this.#last;
    this.#areaBusy += passed * this.#busy;
    this.#areaWaiting += passed * this.#waiting;
    this.#last = time;
    this.#now = time;
  }

  /** The warm-up is over: forget what was counted. */
  #begin(): void {
    this.#counted = true;
    this.#areaBusy = 0;
    this.#areaWaiting = 0;
    this.#attempts = 0;
    this.#lost = 0;
    this.#refused = 0;
    this.#late = 0;
    this.#failed = 0;
    this.#good = 0;
    this.#gone = 0;
    this.#wasted = 0;
    this.#waitSum = 0;
    this.#waited = 0;
    this.#begun = 0;
  }

  /** Gaps pass in operational time, which runs faster during a surge: exact for Poisson arrivals. */
  #nextArrival(from: number): number {
    let work = this.#gap.draw();
    if (this.#surges.length === 0) return from + work;
    let time = from;
    for (const surge of this.#surges) {
      if (surge.to <= time) continue;
      if (time < surge.from) {
        if (time + work <= surge.from) return time + work;
        work -= surge.from - time;
        time = surge.from;
      }
      if (time + work / surge.factor <= surge.to) return time + work / surge.factor;
      work -= (surge.to - time) * surge.factor;
      time = surge.to;
    }
    return time + work;
  }

  #batchSize(): number {
    const { batch } = this.#model;
    if (batch === undefined) return 1;
    if (batch.law === "fixed") return batch.size;
    if (batch.mean === 1) return 1;
    return 1 + Math.floor(Math.log1p(-this.#chance.draw()) / Math.log1p(-1 / batch.mean));
  }

  #take(): number {
    if (this.#unusedCount === 0) this.#growSlots();
    const slot = this.#unused[--this.#unusedCount]!;
    this.#attempt[slot] = 0;
    return slot;
  }

  #free(slot: number): void {
    this.#state[slot] = none;
    this.#generation[slot]!++;
    this.#unused[this.#unusedCount++] = slot;
  }

  #growSlots(): void {
    const before = this.#since.length;
    const wider = 2 * before;
    const since = new Float64Array(wider);
    since.set(this.#since);
    this.#since = since;
    const leaves = new Float64Array(wider);
    leaves.set(this.#leaves);
    this.#leaves = leaves;
    const attempt = new Int32Array(wider);
    attempt.set(this.#attempt);
    this.#attempt = attempt;
    const state = new Uint8Array(wider);
    state.set(this.#state);
    this.#state = state;
    const generation = new Int32Array(wider);
    generation.set(this.#generation);
    this.#generation = generation;
    this.#unused = new Int32Array(wider);
    for (let slot = wider - 1; slot >= before; slot--) this.#unused[this.#unusedCount++] = slot;
  }

  /** An attempt begins. */
  #arrive(slot: number): void {
    this.#attempts++;
    if (this.#model.breaker !== undefined && !this.#admits()) {
      this.#refused++;
      return this.#again(slot);
    }
    this.#since[slot] = this.#now;
    if (this.#busy < this.#servers) {
      this.#start(slot, servedState);
    } else if (this.#waiting < this.#room) {
      this.#state[slot] = waitingState;
      this.#waiting++;
      this.#enqueue(slot);
      if (this.#reneging !== null) this.#setPatience(slot, this.#reneging.draw());
    } else {
      this.#lost++;
      this.#endBadly();
      return this.#again(slot);
    }
    if (this.#patience !== Infinity) this.#watch(slot);
  }

  #setPatience(slot: number, seconds: number): void {
    const until = this.#now + seconds;
    this.#leaves[slot] = until;
    this.#events.push(until, (slot << kindBits) | renegeKind);
  }

  #renege(slot: number): void {
    if (this.#state[slot] !== waitingState || this.#leaves[slot] !== this.#now) return; // of before
    this.#late++;
    this.#endBadly();
    const successor = this.#take();
    this.#attempt[successor] = this.#attempt[slot]!;
    this.#generation[slot]!++;
    this.#state[slot] = none;
    this.#waiting--;
    this.#again(successor);
  }

  #start(slot: number, state: number): void {
    this.#busy++;
    this.#state[slot] = state;
    this.#events.push(this.#now + this.#service.draw(), slot << kindBits);
    const wait = this.#now - this.#since[slot]!;
    const { waits } = this.#options;
    if (waits !== undefined && this.#recorded < waits.length && this.#counted) {
      waits[this.#recorded++] = wait;
    }
    if (!this.#counted) return;
    this.#begun++;
    this.#waitSum += wait;
    if (wait > 0) this.#waited++;
    this.#histogram.record(wait);
  }

  #depart(slot: number): void {
    this.#busy--;
    const isOrphan = this.#state[slot] === orphanState;
    if (this.#waiting > 0) this.#startNext();
    if (isOrphan) {
      this.#wasted++;
      this.#free(slot);
    } else if (this.#fails()) {
      this.#failed++;
      this.#endBadly();
      this.#generation[slot]!++;
      this.#again(slot);
    } else {
      this.#good++;
      if (this.#model.breaker !== undefined) {
        this.#breakerFailures = 0;
        this.#breakerOpen = false;
        this.#trial = false;
      }
      this.#free(slot);
    }
  }

  #startNext(): void {
    while (this.#queued > 0) {
      const slot = this.#queue[this.#head]!;
      this.#head = (this.#head + 1) & (this.#queue.length - 1);
      this.#queued--;
      const state = this.#state[slot]!;
      if (state === none) {
        this.#free(slot); // cancelled while waiting: its slot was kept for the ring
        continue;
      }
      this.#waiting--;
      return this.#start(slot, state === orphanState ? orphanState : servedState);
    }
  }

  #enqueue(slot: number): void {
    if (this.#queued === this.#queue.length) {
      const wider = new Int32Array(2 * this.#queue.length);
      for (let index = 0; index < this.#queued; index++) {
        wider[index] = this.#queue[(this.#head + index) & (this.#queue.length - 1)]!;
      }
      this.#queue = wider;
      this.#head = 0;
    }
    this.#queue[(this.#head + this.#queued++) & (this.#queue.length - 1)] = slot;
  }

  #watch(slot: number): void {
    const length = this.#patienceTimes.length;
    if (this.#patienceCount === length) {
      const slots = new Int32Array(2 * length);
      const times = new Float64Array(2 * length);
      const generations = new Int32Array(2 * length);
      for (let index = 0; index < length; index++) {
        const at = (this.#patienceHead + index) & (length - 1);
        slots[index] = this.#patienceSlots[at]!;
        times[index] = this.#patienceTimes[at]!;
        generations[index] = this.#patienceGenerations[at]!;
      }
      this.#patienceSlots = slots;
      this.#patienceTimes = times;
      this.#patienceGenerations = generations;
      this.#patienceHead = 0;
    }
    const at = (this.#patienceHead + this.#patienceCount++) & (this.#patienceTimes.length - 1);
    this.#patienceSlots[at] = slot;
    this.#patienceTimes[at] = this.#now + this.#patience;
    this.#patienceGenerations[at] = this.#generation[slot]!;
  }

  #giveUp(): void {
    const at = this.#patienceHead;
    this.#patienceHead = (at + 1) & (this.#patienceTimes.length - 1);
    this.#patienceCount--;
    const slot = this.#patienceSlots[at]!;
    if (this.#generation[slot] !== this.#patienceGenerations[at]) return; // it has ended before
    this.#late++;
    this.#endBadly();
    const state = this.#state[slot]!;
    // The client comes back as another customer of the station; the place may stay taken.
    const successor = this.#take();
    this.#attempt[successor] = this.#attempt[slot]!;
    this.#generation[slot]!++;
    if (state === waitingState && this.#cancels) {
      this.#state[slot] = none;
      this.#waiting--;
    } else {
      this.#state[slot] = orphanState; // a service that has begun goes on in any case
    }
    this.#again(successor);
  }

  /** After a bad end: back after a while, or gone. */
  #again(slot: number): void {
    const { retry } = this.#model;
    const made = this.#attempt[slot]!;
    if (retry === undefined || made >= retry.most) {
      this.#gone++;
      return this.#free(slot);
    }
    this.#attempt[slot] = made + 1;
    const backoff = Math.min(retry.cap, retry.first * retry.factor ** made);
    const spread = retry.jitter === 0 ? 1 : 1 + retry.jitter * (2 * this.#chance.draw() - 1);
    this.#inOrbit++;
    this.#events.push(this.#now + backoff * spread, (slot << kindBits) | retryKind);
  }

  #fails(): boolean {
    for (const { from, to } of this.#outages) if (this.#now >= from && this.#now < to) return true;
    return this.#failureProbability > 0 && this.#chance.draw() < this.#failureProbability;
  }

  #admits(): boolean {
    if (!this.#breakerOpen) return true;
    if (this.#trial || this.#now < this.#breakerUntil) return false;
    this.#trial = true;
    return true;
  }

  #endBadly(): void {
    const { breaker } = this.#model;
    if (breaker === undefined) return;
    this.#breakerFailures++;
    if (this.#breakerOpen ? !this.#trial : this.#breakerFailures < breaker.failures) return;
    this.#breakerOpen = true;
    this.#trial = false;
    this.#breakerUntil = this.#now + breaker.reset;
  }

  #result(samples: readonly StationSample[]): StationResult {
    const duration = this.#last - (this.#counted ? (this.#options.warmUp ?? 0) : this.#last);
    const share = (area: number): number => (duration === 0 ? 0 : area / duration);
    const ratio = (count: number): number => (this.#begun === 0 ? 0 : count / this.#begun);
    return {
      duration,
      arrivals: this.#arrivals,
      attempts: this.#attempts,
      lost: this.#lost,
      refused: this.#refused,
      late: this.#late,
      failed: this.#failed,
      good: this.#good,
      gone: this.#gone,
      wasted: this.#wasted,
      waits: this.#histogram,
      meanWait: ratio(this.#waitSum),
      waitProbability: ratio(this.#waited),
      meanInSystem: share(this.#areaBusy + this.#areaWaiting),
      meanWaiting: share(this.#areaWaiting),
      meanBusy: share(this.#areaBusy),
      samples,
      recorded: this.#recorded,
      left: this.#busy + this.#waiting + this.#inOrbit,
    };
  }
}
