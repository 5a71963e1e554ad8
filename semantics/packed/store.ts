/**
 * The set of states that were met: packed states by number, in order of appearance, and a hash table
 * of these numbers (open addressing, linear probing). Keys are exact: all words are compared.
 *
 * An entry of the table is 0, or a number + 1 in its lower bits and a part of the hash in the rest,
 * which spares most comparisons of keys.
 */

import type { Layout } from "./layout.ts";

/** Share of the table that may be in use; it grows by half, so a state costs 5 to 7.5 bytes of it. */
const maximalLoad = 0.8;

export class StateStore {
  layout: Layout;
  /** `words` per state. Room that is not used yet takes no memory: pages are touched one by one. */
  keys: Uint32Array<SharedArrayBuffer>;
  table: Uint32Array<SharedArrayBuffer>;
  #size = 0;
  #room = 0;
  /** Lower bits of an entry. */
  indexMask = 0;

  constructor(layout: Layout, reserve = 1 << 16) {
    this.layout = layout;
    this.keys = shared(reserve * layout.words);
    this.table = shared(0);
    this.#resize(1 << 12);
  }

  size(): number {
    return this.#size;
  }

  /** Bytes in use: keys and table. */
  bytes(): number {
    return this.#size * this.layout.words * 4 + this.table.length * 4;
  }

  /** The number of a state; a new one gets the next number, which is then `size() - 1`. */
  insert(state: Uint32Array): number {
    const { words } = this.layout;
    const { table, keys, indexMask } = this;
    const hash = hashOf(state, 0, words);
    const { length } = table;
    let slot = slotOf(hash, length);
    for (;;) {
      const entry = table[slot]!;
      if (entry === 0) break;
      if (((entry ^ hash) & ~indexMask) === 0) {
        const index = (entry & indexMask) - 1;
        const at = index * words;
        let word = 0;
        while (word < words && keys[at + word] === state[word]) word += 1;
        if (word === words) return index;
      }
      slot += 1;
      if (slot === length) slot = 0;
    }
    const index = this.#size;
    table[slot] = (hash & ~indexMask) | (index + 1);
    this.#append(state);
    if (this.#size >= this.#room) this.#resize(nextLength(table.length));
    return index;
  }

  /** Copies a state to a buffer. */
  read(index: number, into: Uint32Array): void {
    const { words } = this.layout;
    const at = index * words;
    for (let word = 0; word < words; word++) into[word] = this.keys[at + word]!;
  }

  /** Packs all states anew. */
  relayout(layout: Layout): void {
    const old = this.layout;
    const from = this.keys;
    const fields = layout.widths.length;
    const to = shared((from.length / old.words) * layout.words);
    for (let index = 0; index < this.#size; index++) {
      for (let field = 0; field < fields; field++) {
        layout.put(to, field, old.get(from, field, index * old.words), index * layout.words);
      }
    }
    this.layout = layout;
    this.keys = to;
    this.#resize(this.table.length);
  }

  /** Takes over states that were written to `keys` and `table` by others. */
  adopt(size: number): void {
    this.#size = size;
  }

  /** Makes room for so many states before others write them. */
  reserve(states: number): void {
    const needed = states * this.layout.words;
    if (needed > this.keys.length) this.#move(needed);
    let { length } = this.table;
    while (length * maximalLoad < states) length = nextLength(length);
    if (length !== this.table.length) this.#resize(length);
  }

  /** How many states fit the table. */
  room(): number {
    return this.#room;
  }

  #append(state: Uint32Array): void {
    const { words } = this.layout;
    const at = this.#size * words;
    if (at + words > this.keys.length) this.#move(this.keys.length * 2);
    const { keys } = this;
    for (let word = 0; word < words; word++) keys[at + word] = state[word]!;
    this.#size += 1;
  }

  #move(length: number): void {
    const larger = shared(length);
    larger.set(this.keys.subarray(0, this.#size * this.layout.words));
    this.keys = larger;
  }

  #resize(length: number): void {
    const { words } = this.layout;
    const { keys } = this;
    this.#room = Math.floor(length * maximalLoad);
    const indexMask = 2 ** (32 - Math.clz32(this.#room + 1)) - 1;
    this.indexMask = indexMask | 0;
    const table = shared(length);
    for (let index = 0; index < this.#size; index++) {
      const hash = hashOf(keys, index * words, words);
      let slot = slotOf(hash, length);
      while (table[slot] !== 0) {
        slot += 1;
        if (slot === length) slot = 0;
      }
      table[slot] = (hash & ~indexMask) | (index + 1);
    }
    this.table = table;
  }
}

const nextLength = (length: number): number =>
  length < 1 << 20 ? length * 4 : Math.ceil(length * 1.5);

const shared = (length: number): Uint32Array<SharedArrayBuffer> =>
  new Uint32Array(new SharedArrayBuffer(length * 4));

/** Every bit of the words takes part in every bit of the hash. */
export function hashOf(words: Uint32Array, at: number, count: number): number {
  let hash = 0x9e37_79b9;
  for (let index = at; index < at + count; index++) {
    hash = Math.imul(hash ^ words[index]!, 0x85eb_ca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2_ae35);
    hash ^= hash >>> 16;
  }
  return hash;
}

export const slotOf = (hash: number, length: number): number =>
  ((hash >>> 0) * (length / 0x1_0000_0000)) | 0;
