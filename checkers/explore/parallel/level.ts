/**
 * One thread's share of a level of the search, on memory that all threads share. Only integers: a
 * state whose tables are not filled yet is left over for the main thread, which can ask XState.
 *
 * States are numbered by a shared counter. A thread writes the state first and then puts its number
 * into the hash table by compare-and-swap; who loses keeps the number for its next new state.
 */

import {
  Expander,
  type Resolver,
  type Shape,
  type Sink,
} from "../../../semantics/packed/expand.ts";
import { FieldTooNarrow, type Layout } from "../../../semantics/packed/layout.ts";
import { hashOf, slotOf, tagOf } from "../../../semantics/packed/store.ts";

/** Words of the control block. */
export const control = {
  /** Counts the orders given; threads wait for it to change. */
  order: 0,
  /** Threads that have finished the order. */
  done: 1,
  /** The next state to be expanded, and the end of the level. */
  next: 2,
  end: 3,
  /** Number of states. */
  size: 4,
  /** Numbers that the table and the keys have room for. */
  room: 5,
  /** Steps taken. */
  transitions: 6,
  /** Limits of the environment that were met. */
  limits: 7,
  /** States left over. */
  left: 8,
  /** One number per thread that it drew and did not use; -1 when there is none. */
  spare: 9,
} as const;
export const controlWords = 64;
/** States that a thread takes at a time. */
const block = 64;

export interface SharedSpace {
  readonly control: Int32Array;
  readonly keys: Uint32Array;
  readonly table: Int32Array;
  readonly indexMask: number;
  readonly cells: Int32Array;
  readonly shape: Shape;
  readonly layout: Layout;
  /** Numbers of the states left over. */
  readonly left: Int32Array;
}

/** Thrown where a table has no answer yet. */
class NotKnown extends Error {}
const notKnown = new NotKnown();

class Unresolved implements Resolver {
  readonly data: Int32Array;
  constructor(data: Int32Array) {
    this.data = data;
  }
  step(): never {
    throw notKnown;
  }
  pending(): never {
    throw notKnown;
  }
  effect(): never {
    throw notKnown;
  }
  route(): never {
    throw notKnown;
  }
  content(): never {
    throw notKnown;
  }
  send(): never {
    throw notKnown;
  }
  jump(): never {
    throw notKnown;
  }
}

/** Works on the level until nothing is left of it. */
export function workOnLevel(space: SharedSpace, thread: number): void {
  new LevelWorker(space, thread).run();
}

class LevelWorker implements Sink {
  readonly #space: SharedSpace;
  readonly #thread: number;
  readonly #expander: Expander;
  readonly #current: Uint32Array;
  #batch: Uint32Array;
  #length = 0;
  #faulty = false;
  #spare: number;

  constructor(space: SharedSpace, thread: number) {
    this.#space = space;
    this.#thread = thread;
    this.#expander = new Expander(space.shape, space.layout, new Unresolved(space.cells));
    this.#current = new Uint32Array(space.layout.words);
    this.#batch = new Uint32Array(1024 * space.layout.words);
    this.#spare = Atomics.load(space.control, control.spare + thread);
  }

  run(): void {
    const { control: shared } = this.#space;
    const end = Atomics.load(shared, control.end);
    let transitions = 0;
    for (;;) {
      const from = Atomics.add(shared, control.next, block);
      if (from >= end) break;
      const to = Math.min(end, from + block);
      for (let state = from; state < to; state++) transitions += this.#expand(state);
    }
    Atomics.add(shared, control.transitions, transitions);
    Atomics.or(shared, control.limits, this.#expander.limits);
    Atomics.store(shared, control.spare + this.#thread, this.#spare);
  }

  edge(): void {
    const { words } = this.#space.layout;
    const at = this.#length * words;
    if (at + words > this.#batch.length) {
      const larger = new Uint32Array(this.#batch.length * 2);
      larger.set(this.#batch);
      this.#batch = larger;
    }
    const { next } = this.#expander;
    for (let word = 0; word < words; word++) this.#batch[at + word] = next[word]!;
    this.#length += 1;
  }

  fault(): void {
    this.#faulty = true; // told by the main thread, with the state's path
  }

  /** Number of steps; 0 for a state that is left over. */
  #expand(state: number): number {
    const { keys, layout, control: shared, left } = this.#space;
    const { words } = layout;
    for (let word = 0; word < words; word++) this.#current[word] = keys[state * words + word]!;
    this.#length = 0;
    this.#faulty = false;
    let known = true;
    try {
      this.#expander.expand(this.#current, this);
    } catch (thrown) {
      if (!(thrown instanceof NotKnown || thrown instanceof FieldTooNarrow)) throw thrown;
      known = false;
    }
    const room =
      Atomics.load(shared, control.size) + this.#length < Atomics.load(shared, control.room);
    if (!known || this.#faulty || !room) {
      left[Atomics.add(shared, control.left, 1)] = state;
      return 0;
    }
    for (let index = 0; index < this.#length; index++) this.#insert(index * words);
    return this.#length;
  }

  #insert(from: number): void {
    const { keys, table, indexMask, layout, control: shared } = this.#space;
    const { words } = layout;
    const batch = this.#batch;
    const first = batch[from]!;
    const hash = hashOf(batch, from, words);
    const tag = tagOf(hash, first) & ~indexMask;
    const { length } = table;
    let slot = slotOf(hash, first, length / 0x1_0000_0000);
    for (;;) {
      let entry = Atomics.load(table, slot);
      if (entry === 0) {
        if (this.#spare < 0) this.#spare = Atomics.add(shared, control.size, 1);
        const number = this.#spare;
        for (let word = 0; word < words; word++) keys[number * words + word] = batch[from + word]!;
        entry = Atomics.compareExchange(table, slot, 0, tag | (number + 1));
        if (entry === 0) {
          this.#spare = -1;
          return;
        }
      }
      if (((entry ^ tag) & ~indexMask) === 0) {
        const at = ((entry & indexMask) - 1) * words;
        let word = 0;
        while (word < words && keys[at + word] === batch[from + word]) word += 1;
        if (word === words) return;
      }
      slot += 1;
      if (slot === length) slot = 0;
    }
  }
}
