/** What is left of the edges of a state: the reductions of a search, one after the other. */

import type { Edges, Reduction, StateId, System } from "../../../semantics/system.ts";
import type { AmpleSets } from "./ample.ts";
import type { Symmetry } from "./symmetry.ts";

export class Reducer implements Reduction {
  readonly #system: System;
  readonly #ample: AmpleSets | null;
  readonly #symmetry: Symmetry | null;
  /** How often edges were left out. */
  partly = 0;

  constructor(system: System, ample: AmpleSets | null, symmetry: Symmetry | null) {
    this.#system = system;
    this.#ample = ample;
    this.#symmetry = symmetry;
  }

  /** @throws {NotAlike} when machines that were to be exchanged are told apart after all */
  apply(edges: Edges, state: StateId, words: Uint32Array): void {
    // Whether a step changes what the claim reads is seen on the state itself, not on another one.
    const candidates = this.#ample?.candidates(edges, words) ?? [];
    this.#symmetry?.checkViews(words);
    this.#symmetry?.canonise(edges);
    const left = this.#ample?.keepOne(edges, candidates, state, this.#system.store) ?? false;
    if (left) this.partly += 1;
  }
}
