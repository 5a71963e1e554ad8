/**
 * Successors on their way to the store. Most steps of a breadth-first search lead to a state that was
 * met a moment ago; a small table of recent states, which stays in the cache of the processor, knows
 * them, and the store is not asked. It forgets at will: who is not found is handed on.
 */

import type { Expander, Sink } from "./expand.ts";
import { hash1, hash2, hashOf } from "./store.ts";
import { copyWords, sameWords } from "./words.ts";

/** Entries; a power of two. */
const recentStates = 1 << 14;

export class Frontier implements Sink {
  /** States that wait for the store, and their hashes. */
  length = 0;
  states: Uint32Array<ArrayBuffer>;
  hashes = new Int32Array(1024);
  /** Steps seen since `start`, those to recent states included. */
  steps = 0;
  /** The fault that was met first, by number; -1 when there is none. */
  faulty = -1;
  faultyAction = 0;
  readonly #words: number;
  readonly #next: Uint32Array;
  readonly #recent: Uint32Array<ArrayBuffer>;

  constructor({ next, layout }: Pick<Expander, "next" | "layout">) {
    this.#words = layout.words;
    this.#next = next;
    this.states = new Uint32Array(1024 * layout.words);
    this.#recent = new Uint32Array(recentStates * layout.words);
    this.#forget();
  }

  start(): void {
    this.length = 0;
    this.steps = 0;
    this.faulty = -1;
  }

  /** Takes back what was seen after a mark: it will be seen again. */
  rewind(length: number, steps: number): void {
    if (this.length > length) this.#forget();
    this.length = length;
    this.steps = steps;
  }

  edge(): void {
    if (this.faulty >= 0) return;
    this.steps += 1;
    const words = this.#words;
    if (words === 1) this.#edge1();
    else if (words === 2) this.#edge2();
    else this.#edgeAny(words);
  }

  fault(action: number, fault: number): void {
    if (this.faulty >= 0) return; // the first one counts
    this.faulty = fault;
    this.faultyAction = action;
  }

  #edge1(): void {
    const state = this.#next[0]!;
    const hash = hash1(state);
    const recent = this.#recent;
    const slot = slotIn(hash, state);
    if (recent[slot] === state) return;
    recent[slot] = state;
    const { length } = this;
    if (length === this.hashes.length) this.#enlarge();
    this.states[length] = state;
    this.hashes[length] = hash;
    this.length = length + 1;
  }

  #edge2(): void {
    const next = this.#next;
    const first = next[0]!;
    const second = next[1]!;
    const hash = hash2(first, second);
    const recent = this.#recent;
    const slot = slotIn(hash, first) * 2;
    if (recent[slot] === first && recent[slot + 1] === second) return;
    recent[slot] = first;
    recent[slot + 1] = second;
    const { length } = this;
    if (length === this.hashes.length) this.#enlarge();
    this.states[length * 2] = first;
    this.states[length * 2 + 1] = second;
    this.hashes[length] = hash;
    this.length = length + 1;
  }

  #edgeAny(words: number): void {
    const next = this.#next;
    const hash = hashOf(next, 0, words);
    const recent = this.#recent;
    const slot = slotIn(hash, next[0]!) * words;
    if (sameWords(recent, slot, next, 0, words)) return;
    const { length } = this;
    if (length === this.hashes.length) this.#enlarge();
    copyWords(next, 0, recent, slot, words);
    copyWords(next, 0, this.states, length * words, words);
    this.hashes[length] = hash;
    this.length = length + 1;
  }

  /** Empty places hold the state 0, and the place of state 0 a state that belongs elsewhere. */
  #forget(): void {
    const words = this.#words;
    const recent = this.#recent;
    recent.fill(0);
    const hashed = new Uint32Array(words);
    const place = (): number => slotIn(hashOf(hashed, 0, words), hashed[0]!);
    const zero = place();
    do hashed[0]! += 1;
    while (place() === zero);
    recent[zero * words] = hashed[0]!;
  }

  #enlarge(): void {
    const hashes = new Int32Array(this.hashes.length * 2);
    hashes.set(this.hashes);
    this.hashes = hashes;
    const states = new Uint32Array(hashes.length * this.#words);
    states.set(this.states);
    this.states = states;
  }
}

/** States that differ in their lowest bits only are neighbours here too. */
const slotIn = (hash: number, first: number): number =>
  ((hash << 3) | (first & 7)) & (recentStates - 1);
