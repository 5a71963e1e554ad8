/**
 * Random command sequences that get somewhere. A uniformly random one rarely leaves the
 * neighbourhood of the initial state; these use the model's graph as far as it is known.
 */

import { makeRandom, type Random } from "../../core/random.ts";
import type { ModelGraph, Ways } from "./graph.ts";
import type { Sequence } from "./tests.ts";

/** Choices are integers from 0 to this. */
export const maxChoice = 2 ** 31 - 1;

/**
 * The sequence that a list of random choices stands for, cut at `maxLength`. Half of the choices
 * make their way, with detours, to some transition of the model and take it; a quarter take a
 * command that changes the model's configuration, and a quarter any command, because what must
 * change nothing is a claim as well. A pure function: the choices reproduce the sequence.
 */
export function guidedWalk(
  graph: ModelGraph,
  ways: Ways,
  choices: readonly number[],
  maxLength: number,
): Sequence {
  const walk = new Walk(graph, ways);
  for (const choice of choices) {
    if (walk.sequence.length >= maxLength) break;
    const random = makeRandom(choice);
    const kind = random.below(4);
    if (kind === 0) walk.takeAny(random);
    else if (kind === 1) walk.move(random);
    else walk.aim(random, maxLength);
  }
  return walk.sequence.slice(0, maxLength);
}

class Walk {
  readonly sequence: number[] = [];
  readonly #graph: ModelGraph;
  readonly #ways: Ways;
  /** The configuration reached; -1 when it lies beyond the graph's limit. */
  #at = 0;

  constructor(graph: ModelGraph, ways: Ways) {
    this.#graph = graph;
    this.#ways = ways;
  }

  takeAny(random: Random): void {
    this.#take(random.below(this.#graph.commands.length));
  }

  /** A command that changes the configuration; any command if none does. */
  move(random: Random): void {
    const row = this.#graph.next[this.#at] ?? [];
    let moving = 0;
    for (const to of row) if (to !== this.#at) moving += 1;
    if (moving === 0) return this.takeAny(random);
    let left = random.below(moving);
    const command = row.findIndex((to) => to !== this.#at && left-- === 0);
    this.#take(command);
  }

  /** To a random configuration, three of four steps on the shortest way, and any command there. */
  aim(random: Random, maxLength: number): void {
    const goal = random.below(this.#graph.next.length);
    while (this.#at !== goal && this.sequence.length < maxLength) {
      const first = this.#at === -1 ? null : this.#ways.firstCommand(this.#at, goal);
      if (first === null || random.below(4) === 0) this.move(random);
      else this.#take(first);
    }
    this.takeAny(random);
  }

  #take(command: number): void {
    this.sequence.push(command);
    this.#at = this.#graph.next[this.#at]?.[command] ?? -1;
  }
}
