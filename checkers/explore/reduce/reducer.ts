/** What is left of the edges of a state. */

import type { Edges, Reduction, StateId, System } from "../../../semantics/system.ts";
import type { AmpleSets } from "./ample.ts";

export class Reducer implements Reduction {
  readonly #system: System;
  readonly #ample: AmpleSets;
  /** States that have been looked at, and how many of them leave out edges. */
  #met = 0;
  partly = 0;

  constructor(system: System, ample: AmpleSets) {
    this.#system = system;
    this.#ample = ample;
  }

  apply(edges: Edges, state: StateId, words: Uint32Array): void {
    const candidates = this.#ample.candidates(edges, words);
    const kept = this.#ample.keepOne(edges, candidates, state, this.#system.store);
    if (state < this.#met) return;
    this.#met = state + 1;
    if (kept) this.partly += 1;
  }
}
