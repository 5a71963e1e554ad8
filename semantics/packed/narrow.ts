/**
 * The steps of a search whose states are one word and whose set of states is a set of bits: no hash,
 * no queue, nothing waits. What a leaf of the tables says becomes, once, bits to keep and bits to put.
 * Whatever is not that plain (timers, messages, faults, a table without an entry) is left to the
 * expander, which knows everything.
 */

import { leafIgnored, rowsAt, type ComponentTables, type Resolver, type Shape } from "./expand.ts";
import type { Layout } from "./layout.ts";
import type { StateStore } from "./store.ts";

// What is kept of a state has the highest bit set, which no state uses; other numbers are signs.
const notKnown = 0;
const ignored = 1;
const notPlain = 2;

/** Cells of tables, times machines, for which the bits to keep and to put may be held. */
const largestTables = 1 << 22;

export class NarrowSearch {
  /** Steps of the states that the last call was done with. */
  steps = 0;
  readonly #shape: Shape;
  readonly #layout: Layout;
  readonly #resolver: Resolver;
  /** Bits that are 0 where no timer runs and no actor works. */
  readonly #pending: number;
  readonly #mostSteps: number;
  /** By component and by leaf. */
  #keeps: Int32Array[] = [];
  #puts: Int32Array[] = [];

  constructor(shape: Shape, layout: Layout, resolver: Resolver) {
    this.#shape = shape;
    this.#layout = layout;
    this.#resolver = resolver;
    let pending = 0;
    let steps = 0;
    for (const { pendingField, declared } of shape.components) {
      pending |= layout.mask[pendingField]! << layout.shift[pendingField]!;
      steps += declared;
    }
    this.#pending = pending;
    this.#mostSteps = steps;
  }

  /** Can states of this kind be searched here? */
  suits(): boolean {
    const { components, channels } = this.#shape;
    return channels.length === 0 && components.length * this.#resolver.data.length <= largestTables;
  }

  /**
   * Expands the states `from … to - 1` of a store that is a set of bits.
   * @returns the first state that is left to the expander, of which nothing was done; `to` if none is
   */
  expand(store: StateStore, from: number, to: number): number {
    this.#reach();
    this.steps = 0;
    let state = from;
    while (state < to) {
      // The array of keys may be replaced where it is too small, so room is made some states ahead.
      const end = Math.min(to, state + 256);
      store.makeKeys((end - state) * this.#mostSteps);
      const stopped = this.#some(store, state, end);
      if (stopped !== end) return stopped;
      state = end;
    }
    return to;
  }

  #some(store: StateStore, from: number, to: number): number {
    const { keys } = store;
    const seen = store.seen!;
    const { data } = this.#resolver;
    const { components } = this.#shape;
    const { shift, mask } = this.#layout;
    const pending = this.#pending;
    let size = store.size();
    let steps = 0;
    for (let state = from; state < to; state++) {
      const cur = keys[state]! | 0;
      const sizeBefore = size;
      const stepsBefore = steps;
      let plain = (cur & pending) === 0;
      for (let c = 0; plain && c < components.length; c++) {
        const { kind, configField, declared, variables } = components[c]!;
        const keeps = this.#keeps[c]!;
        const puts = this.#puts[c]!;
        const config = (cur >>> shift[configField]!) & mask[configField]!;
        const row = data[data[kind + rowsAt + 1]! + config]!;
        if (data[row] === 0) continue; // it has reached its end
        for (let e = 0; e < declared; e++) {
          let ref = data[row + 2 + e]!;
          while (ref > 0) {
            const field = variables[data[ref]!]!;
            const value = (cur >>> shift[field]!) & mask[field]!;
            ref = value < data[ref + 1]! ? data[data[ref + 2]! + value]! : 0;
          }
          const leaf = -ref;
          let keep = keeps[leaf]!; // cell 0 is no leaf and stays unknown
          if (keep === notKnown) keep = this.#learn(c, components[c]!, leaf);
          if (keep >= 0) {
            if (keep === ignored) continue;
            plain = false;
            break;
          }
          steps += 1;
          const next = (cur & keep) | puts[leaf]!;
          const word = seen[next >>> 5]!;
          const bit = 1 << (next & 31);
          if ((word & bit) === 0) {
            seen[next >>> 5] = word | bit;
            keys[size] = next;
            size += 1;
          }
        }
      }
      if (plain) continue;
      // Nothing of this state has happened.
      for (let key = sizeBefore; key < size; key++)
        seen[keys[key]! >>> 5]! &= ~(1 << (keys[key]! & 31));
      store.adopt(sizeBefore);
      this.steps += stepsBefore;
      return state;
    }
    store.adopt(size);
    this.steps += steps;
    return to;
  }

  /** Turns a leaf into bits to keep and bits to put. */
  #learn(c: number, component: ComponentTables, leaf: number): number {
    const { data } = this.#resolver;
    if (leaf === 0) return notPlain; // the table has no entry
    const target = data[leaf]!;
    if (target === leafIgnored) return (this.#keeps[c]![leaf] = ignored);
    if (target < 0 || data[leaf + 1] !== 0 || data[leaf + 2] !== 0) {
      return (this.#keeps[c]![leaf] = notPlain);
    }
    const { shift, mask } = this.#layout;
    const writes = [[component.configField, target]];
    for (let at = leaf + 4; at < leaf + 4 + data[leaf + 3]! * 2; at += 2) {
      writes.push([component.variables[data[at]!]!, data[at + 1]!]);
    }
    if (writes.some(([field, value]) => value! > mask[field!]!)) {
      return (this.#keeps[c]![leaf] = notPlain);
    }
    let keep = -1;
    let put = 0;
    for (const [field, value] of writes) {
      keep &= ~(mask[field!]! << shift[field!]!);
      put |= value! << shift[field!]!;
    }
    this.#puts[c]![leaf] = put;
    return (this.#keeps[c]![leaf] = keep);
  }

  /** Follows the tables as they grow. */
  #reach(): void {
    const { length } = this.#resolver.data;
    if ((this.#keeps[0]?.length ?? 0) >= length) return;
    const enlarged = (old: Int32Array | undefined): Int32Array => {
      const larger = new Int32Array(length);
      if (old !== undefined) larger.set(old);
      return larger;
    };
    this.#keeps = this.#shape.components.map((_, c) => enlarged(this.#keeps[c]));
    this.#puts = this.#shape.components.map((_, c) => enlarged(this.#puts[c]));
  }
}
