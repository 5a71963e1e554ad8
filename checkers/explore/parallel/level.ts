/**
 * One thread's share of a level of the search, on memory that all threads share. Only integers: a
 * state whose tables are not filled yet is left over for the main thread, which can ask XState.
 *
 * States are numbered by a shared counter, from which a thread draws some numbers at a time. It writes
 * the state first and then puts its number into the hash table by compare-and-swap; who loses keeps the
 * number for its next new state.
 */

import { Expander, type Resolver, type Shape } from "../../../semantics/packed/expand.ts";
import { Frontier } from "../../../semantics/packed/frontier.ts";
import { FieldTooNarrow, type Layout } from "../../../semantics/packed/layout.ts";
import { slotOf, tagOf } from "../../../semantics/packed/store.ts";
import { copyWords, sameWords } from "../../../semantics/packed/words.ts";

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
  /** Per thread: of the numbers that it drew, the first that is not used, and the end of them. */
  spare: 9,
} as const;
export const mostThreads = 32;
export const controlWords = control.spare + 2 * mostThreads;
/** Numbers that a thread draws at a time. */
export const drawn = 64;
/** States that a thread takes at a time, and whose successors it then looks up together. */
const block = 64;
/** Room that each thread may use up before it looks again. */
export const margin = 2_048;

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

class LevelWorker {
  readonly #space: SharedSpace;
  readonly #thread: number;
  readonly #expander: Expander;
  readonly #frontier: Frontier;
  readonly #current: Uint32Array;
  /** States whose successors wait in the frontier. */
  readonly #done: number[] = [];
  #number = 0;
  #lastNumber = 0;
  /** What was read while the table was asked for ahead of time; it keeps the reads alive. */
  touched = 0;

  constructor(space: SharedSpace, thread: number) {
    this.#space = space;
    this.#thread = thread;
    this.#expander = new Expander(space.shape, space.layout, new Unresolved(space.cells));
    this.#frontier = new Frontier(this.#expander);
    this.#current = new Uint32Array(space.layout.words);
  }

  run(): void {
    const { control: shared } = this.#space;
    const end = Atomics.load(shared, control.end);
    let transitions = 0;
    for (;;) {
      const from = Atomics.add(shared, control.next, block);
      if (from >= end) break;
      transitions += this.#expand(from, Math.min(end, from + block));
    }
    Atomics.add(shared, control.transitions, transitions);
    Atomics.or(shared, control.limits, this.#expander.limits);
    Atomics.store(shared, control.spare + this.#thread * 2, this.#number);
    Atomics.store(shared, control.spare + this.#thread * 2 + 1, this.#lastNumber);
  }

  /** Number of steps from the states `from … to - 1`, without those that are left over. */
  #expand(from: number, to: number): number {
    const { keys, layout } = this.#space;
    const { words } = layout;
    const frontier = this.#frontier;
    const done = this.#done;
    let transitions = 0;
    frontier.start();
    for (let state = from; state < to; state++) {
      copyWords(keys, state * words, this.#current, 0, words);
      const { length, steps } = frontier;
      let known = true;
      try {
        this.#expander.expand(this.#current, frontier);
      } catch (thrown) {
        if (!(thrown instanceof NotKnown || thrown instanceof FieldTooNarrow)) throw thrown;
        known = false;
      }
      if (known && frontier.faulty === -1) done.push(state);
      else {
        frontier.rewind(length, steps);
        frontier.faulty = -1; // told by the main thread, with the state's path
        this.#leave(state);
      }
      if (frontier.length >= margin / 2) transitions += this.#flush();
    }
    return transitions + this.#flush();
  }

  /** Meets what was collected; where there is no room for it, its states are left over. */
  #flush(): number {
    const { control: shared } = this.#space;
    const frontier = this.#frontier;
    const { steps } = frontier;
    const hasRoom =
      frontier.length <= margin &&
      Atomics.load(shared, control.size) <= Atomics.load(shared, control.room);
    if (hasRoom) this.#insertAll();
    else {
      frontier.rewind(0, 0);
      for (const state of this.#done) this.#leave(state);
    }
    frontier.start();
    this.#done.length = 0;
    return hasRoom ? steps : 0;
  }

  #leave(state: number): void {
    const { left, control: shared } = this.#space;
    left[Atomics.add(shared, control.left, 1)] = state;
  }

  #insertAll(): void {
    const { table, layout } = this.#space;
    const { words } = layout;
    const { states, hashes, length } = this.#frontier;
    const scale = table.length / 0x1_0000_0000;
    let touched = 0;
    for (let index = 0; index < length; index++) {
      touched ^= table[slotOf(hashes[index]!, states[index * words]!, scale)]!;
    }
    this.touched = touched;
    for (let index = 0; index < length; index++)
      this.#insert(states, index * words, hashes[index]!);
  }

  #insert(states: Uint32Array, from: number, hash: number): void {
    const { keys, table, indexMask, layout, control: shared } = this.#space;
    const { words } = layout;
    const first = states[from]!;
    const tag = tagOf(hash, first) & ~indexMask;
    const { length } = table;
    let slot = slotOf(hash, first, length / 0x1_0000_0000);
    for (;;) {
      let entry = Atomics.load(table, slot);
      if (entry === 0) {
        if (this.#number === this.#lastNumber) {
          this.#number = Atomics.add(shared, control.size, drawn);
          this.#lastNumber = this.#number + drawn;
        }
        const number = this.#number;
        copyWords(states, from, keys, number * words, words);
        entry = Atomics.compareExchange(table, slot, 0, tag | (number + 1));
        if (entry === 0) {
          this.#number = number + 1;
          return;
        }
      }
      if (((entry ^ tag) & ~indexMask) === 0) {
        const at = ((entry & indexMask) - 1) * words;
        if (sameWords(keys, at, states, from, words)) return;
      }
      slot += 1;
      if (slot === length) slot = 0;
    }
  }
}
