/**
 * Partial order reduction by ample sets (Peled 1993; Clarke, Grumberg and Peled, "Model Checking",
 * chapter 10): where the steps of some machines commute with everything that the others may do, the
 * others wait.
 *
 * A set of machines may go first in a state if
 *  - what they touch there, nobody outside the set can ever touch (`Access.closure`);
 *  - none of their steps changes a field that the claim reads;
 *  - the search does not put the others off for ever. States are expanded in the order of their
 *    numbers, so a step to a larger number leads to a state that is still to be expanded: one such
 *    step is enough for claims about states, and every cycle that infinite runs could stay on needs
 *    all steps to be such (Bošnački and Holzmann 2005).
 * Deadlocks are kept: of a state in which something can happen, something is left.
 */

import type { Product } from "../../../semantics/packed/product.ts";
import type { StateStore } from "../../../semantics/packed/store.ts";
import { copyWords } from "../../../semantics/packed/words.ts";
import type { Edges, StateId } from "../../../semantics/system.ts";
import { Access } from "./access.ts";

/** The conditions as functions, so that tests can show what goes wrong without each. */
export interface Conditions {
  /** Are the targets (numbers of states) such that nobody waits for ever? */
  readonly proceeds: (targets: Uint32Array, state: StateId) => boolean;
  /** May steps that change what the claim reads go first? */
  readonly hidesVisible: boolean;
  /** Which machines must go together. */
  readonly together: (access: Access, seed: number, state: Uint32Array) => Uint8Array;
}

/** @param infinite the claim is about infinite runs */
export const soundConditions = (infinite: boolean): Conditions => ({
  proceeds: (targets, state) =>
    infinite ? targets.every((target) => target > state) : targets.some((target) => target > state),
  hidesVisible: false,
  together: (access, seed, state) => access.closure(seed, state),
});

export class AmpleSets {
  readonly #product: Product;
  readonly #access: Access;
  readonly #conditions: Conditions;
  readonly #visible: readonly number[];

  /** @param visible the fields that the claim reads */
  constructor(product: Product, visible: readonly number[], conditions: Conditions) {
    this.#product = product;
    this.#access = new Access(product);
    this.#visible = visible;
    this.#conditions = conditions;
  }

  /** Sets of edges that may go first, the smallest set first; made before targets are replaced. */
  candidates(edges: Edges, words: Uint32Array): readonly (readonly number[])[] {
    const { length } = edges;
    if (length < 2) return [];
    const owners = Array.from({ length }, (_, edge) => this.#access.ownerOf(edges.actions[edge]!));
    const found = new Map<string, readonly number[]>();
    for (const seed of new Set(owners)) {
      const inside = this.#conditions.together(this.#access, seed, words);
      const chosen = [...owners.keys()].filter((edge) => inside[owners[edge]!] === 1);
      if (chosen.length === length) continue;
      if (!this.#conditions.hidesVisible && this.#changesVisible(edges, chosen, words)) continue;
      found.set(chosen.join(), chosen);
    }
    return [...found.values()].toSorted((a, b) => a.length - b.length);
  }

  /** Keeps the first candidate behind which nobody waits for ever. @returns whether there is one */
  keepOne(
    edges: Edges,
    candidates: readonly (readonly number[])[],
    state: StateId,
    store: StateStore,
  ): boolean {
    const { words } = this.#product.layout;
    for (const chosen of candidates) {
      const count = chosen.length;
      const states = new Uint32Array(count * words);
      const numbers = new Uint32Array(count);
      chosen.forEach((edge, index) => {
        copyWords(edges.states, edge * words, states, index * words, words);
      });
      store.insertAll(states, count, numbers);
      if (!this.#conditions.proceeds(numbers, state)) continue;
      chosen.forEach((edge, index) => {
        edges.actions[index] = edges.actions[edge]!;
      });
      edges.states.set(states);
      edges.length = count;
      return true;
    }
    return false;
  }

  #changesVisible(edges: Edges, chosen: readonly number[], words: Uint32Array): boolean {
    const { layout } = this.#product;
    return chosen.some((edge) =>
      this.#visible.some(
        (field) =>
          layout.get(edges.states, field, edge * layout.words) !== layout.get(words, field),
      ),
    );
  }
}
