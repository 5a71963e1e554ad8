/**
 * Losses too rare to be seen: multilevel splitting with fixed effort (Glasserman, Heidelberger,
 * Shahabuddin and Zajic 1999) on the regeneration cycles of a finite FCFS queue.
 *
 * A cycle begins when a customer finds the system empty. By the renewal-reward theorem
 * P(loss) = E[losses in a cycle] / E[customers in a cycle]. Stage k starts from states in which the
 * system held k customers for the first time in its cycle and sees whether it reaches k+1 before it
 * empties; the last stage counts the losses until it empties. Each stage has the same number of
 * trials, so the cost grows with the number of levels and not with 1/P(loss).
 */

import { deriveSeed } from "../../core/random.ts";
import type { Distribution } from "../../core/subject.ts";
import { checkServers, refuse } from "./guards.ts";
import { studentInterval, type Interval } from "./statistics.ts";
import { Uniforms, Variates } from "./stream.ts";

export interface LossModel {
  readonly interarrival: Distribution;
  readonly service: Distribution;
  readonly servers: number;
  readonly waitingRoom: number;
}

export interface RareOptions {
  readonly seed: number;
  /** Trials per level and estimate. */
  readonly trials: number;
  /** Independent estimates, from which the interval is made. */
  readonly estimates: number;
  readonly confidence: number;
}

/**
 * Remaining service times of the busy servers, and how many wait. Their demands are drawn when their
 * service begins: drawn before, all who descend from one state would share them.
 */
interface State {
  readonly busy: readonly number[];
  readonly waiting: number;
}

/** @throws {DiagnosticError} VRF501 */
export function rareLoss(model: LossModel, options: RareOptions): Interval {
  checkServers(model.servers);
  const capacity = model.servers + model.waitingRoom;
  if (!Number.isInteger(model.waitingRoom) || model.waitingRoom < 0 || capacity > 5000) {
    refuse(`a waiting room of ${model.waitingRoom}`, "splitting needs 0 to some thousand places");
  }
  if (!(options.trials >= 10) || !(options.estimates >= 2)) {
    refuse("too few trials", "give at least 10 trials per level and 2 estimates");
  }
  const values = Array.from({ length: options.estimates }, (_, index) =>
    estimateOnce(model, deriveSeed(options.seed, `split:${index}`), options.trials),
  );
  return studentInterval(values, options.confidence);
}

function estimateOnce(model: LossModel, seed: number, trials: number): number {
  const gap = new Variates(model.interarrival, seed, "arrival");
  const service = new Variates(model.service, seed, "service");
  const chance = new Uniforms(seed, "choice");
  const capacity = model.servers + model.waitingRoom;

  /** From `state` at an arrival just admitted: until `level` is reached or the system empties. */
  const run = (
    state: State,
    level: number,
  ): { reached: State | null; lost: number; came: number } => {
    const busy = [...state.busy];
    let { waiting } = state;
    let lost = 0;
    let came = 0;
    for (;;) {
      const wait = gap.draw();
      // Let `wait` pass: servers end and take the next, until the next arrival.
      let passed = 0;
      for (;;) {
        let first = -1;
        for (let at = 0; at < busy.length; at++)
          if (first < 0 || busy[at]! < busy[first]!) first = at;
        if (first < 0 || passed + busy[first]! > wait) break;
        const step = busy[first]!;
        passed += step;
        for (let at = 0; at < busy.length; at++) busy[at]! -= step;
        if (waiting === 0) busy.splice(first, 1);
        else {
          waiting--;
          busy[first] = service.draw();
        }
      }
      for (let at = 0; at < busy.length; at++) busy[at]! -= wait - passed;
      if (busy.length === 0) return { reached: null, lost, came };
      came++;
      if (busy.length < model.servers) busy.push(service.draw());
      else if (waiting < model.waitingRoom) waiting++;
      else {
        lost++;
        continue;
      }
      if (busy.length + waiting === level) return { reached: { busy, waiting }, lost, came };
    }
  };

  // The length of a cycle, by plain simulation.
  let customers = 0;
  for (let trial = 0; trial < trials; trial++) {
    customers += 1 + run({ busy: [service.draw()], waiting: 0 }, Infinity).came;
  }
  const cycleLength = customers / trials;

  let states: State[] = Array.from({ length: trials }, () => ({
    busy: [service.draw()],
    waiting: 0,
  }));
  let probability = 1;
  for (let level = 2; level <= capacity; level++) {
    const reached: State[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const from = states[Math.floor(chance.draw() * states.length)]!;
      const { reached: state } = run(from, level);
      if (state !== null) reached.push(state);
    }
    if (reached.length === 0) return 0;
    probability *= reached.length / trials;
    states = reached;
  }
  let losses = 0;
  for (let trial = 0; trial < trials; trial++) {
    const from = states[Math.floor(chance.draw() * states.length)]!;
    losses += run(from, Infinity).lost;
  }
  return (probability * losses) / trials / cycleLength;
}
