/**
 * The set of states that were met: packed states by number, in order of appearance, and a hash table
 * of these numbers (open addressing, linear probing). Keys are exact: all words are compared.
 *
 * An entry of the table is 0, or a number + 1 in its lower bits and a tag in the rest, which spares most
 * comparisons of keys. States that differ in their lowest bits only are neighbours in the table: steps
 * often lead to such states, and find them in the same line of the cache.
 *
 * Where a bit for every packed state there could be takes no more memory than the next larger table, or
 * next to none, the table is given up for these bits, as long as nobody asks for the number of a state.
 */

import type { Layout } from "./layout.ts";
import { copyWords, sameWords } from "./words.ts";

/** Share of the table that may be in use; it grows by half, so a state costs 5 to 7.5 bytes of it. */
const maximalLoad = 0.8;
/** Entries of the first table. */
const shortest = 4096;
/** Words that are next to nothing. */
const fewWords = 1 << 14;

export class StateStore {
  layout: Layout;
  /** `words` per state. Room that is not used yet takes no memory: pages are touched one by one. */
  keys: Uint32Array<SharedArrayBuffer>;
  table: Uint32Array<SharedArrayBuffer>;
  #size = 0;
  #room = 0;
  #hashes = new Int32Array(0);
  readonly #one = new Uint32Array(1);
  #numbers = new Uint32Array(0);
  /** Lower bits of an entry. */
  indexMask = 0;
  /** A bit for every packed state that was met; null while there is a table. */
  seen: Int32Array<ArrayBuffer> | null = null;
  /** Numbers of states have been asked for: the table stays. */
  #numbered = false;

  constructor(layout: Layout, reserve = 65_536) {
    this.layout = layout;
    this.keys = shared(reserve * layout.words);
    this.table = shared(0);
    this.#resize(shortest);
  }

  size(): number {
    return this.#size;
  }

  /** Bytes in use: keys and table. */
  bytes(): number {
    return (this.#size * this.layout.words + this.table.length + (this.seen?.length ?? 0)) * 4;
  }

  /** Adds states, whose hashes are known and whose numbers nobody wants to know. */
  meet(states: Uint32Array, hashes: Int32Array, count: number): void {
    if (this.seen === null && this.#size + count > this.#room) this.#useBits();
    const { seen } = this;
    if (seen === null) {
      if (this.#numbers[count - 1] === undefined)
        this.#numbers = new Uint32Array(Math.max(256, count * 2));
      this.#insertHashed(states, hashes, count, this.#numbers);
      return;
    }
    this.makeKeys(count);
    for (let index = 0; index < count; index++) {
      const state = states[index]!;
      if ((seen[state >>> 5]! & (1 << (state & 31))) !== 0) continue;
      seen[state >>> 5]! |= 1 << (state & 31);
      this.keys[this.#size] = state;
      this.#size += 1;
    }
  }

  /** The number of a state; a new one gets the next number, which is then `size() - 1`. */
  insert(state: Uint32Array): number {
    this.insertAll(state, 1, this.#one);
    return this.#one[0]!;
  }

  /**
   * Inserts `count` states that stand one after the other in `states`, and writes their numbers to
   * `numbers`. The memory that all of them need is asked for first, so that the waits overlap.
   */
  insertAll(states: Uint32Array, count: number, numbers: Uint32Array): void {
    if (this.#size > 0) this.#number();
    const { words } = this.layout;
    if (this.#hashes[count - 1] === undefined)
      this.#hashes = new Int32Array(Math.max(256, count * 2));
    const hashes = this.#hashes;
    for (let index = 0; index < count; index++) {
      hashes[index] =
        words === 1
          ? hash1(states[index]!)
          : words === 2
            ? hash2(states[index * 2]!, states[index * 2 + 1]!)
            : hashOf(states, index * words, words);
    }
    this.#insertHashed(states, hashes, count, numbers);
  }

  #insertHashed(
    states: Uint32Array,
    hashes: Int32Array,
    count: number,
    numbers: Uint32Array,
  ): void {
    const { words } = this.layout;
    this.#makeRoom(count);
    const { table } = this;
    const scale = table.length / 0x1_0000_0000;
    for (let index = 0; index < count; index++) {
      numbers[index] = table[slotOf(hashes[index]!, states[index * words]!, scale)]!;
    }
    if (words === 1) this.#place1(states, hashes, count, numbers);
    else if (words === 2) this.#place2(states, hashes, count, numbers);
    else this.#placeAny(states, hashes, count, numbers);
  }

  #place1(states: Uint32Array, hashes: Int32Array, count: number, numbers: Uint32Array): void {
    const { table, keys, indexMask } = this;
    const { length } = table;
    const scale = length / 0x1_0000_0000;
    let size = this.#size;
    for (let index = 0; index < count; index++) {
      const hash = hashes[index]!;
      const state = states[index]!;
      const tag = tagOf(hash, state) & ~indexMask;
      let slot = slotOf(hash, state, scale);
      let entry = table[slot]!;
      while (
        entry !== 0 &&
        (((entry ^ tag) & ~indexMask) !== 0 || keys[(entry & indexMask) - 1] !== state)
      ) {
        slot += 1;
        if (slot === length) slot = 0;
        entry = table[slot]!;
      }
      if (entry === 0) {
        table[slot] = tag | (size + 1);
        keys[size] = state;
        numbers[index] = size;
        size += 1;
      } else numbers[index] = (entry & indexMask) - 1;
    }
    this.#size = size;
  }

  #place2(states: Uint32Array, hashes: Int32Array, count: number, numbers: Uint32Array): void {
    const { table, keys, indexMask } = this;
    const { length } = table;
    const scale = length / 0x1_0000_0000;
    let size = this.#size;
    for (let index = 0; index < count; index++) {
      const hash = hashes[index]!;
      const first = states[index * 2]!;
      const second = states[index * 2 + 1]!;
      const tag = tagOf(hash, first) & ~indexMask;
      let slot = slotOf(hash, first, scale);
      let entry = table[slot]!;
      while (entry !== 0) {
        if (((entry ^ tag) & ~indexMask) === 0) {
          const at = ((entry & indexMask) - 1) * 2;
          if (keys[at] === first && keys[at + 1] === second) break;
        }
        slot += 1;
        if (slot === length) slot = 0;
        entry = table[slot]!;
      }
      if (entry === 0) {
        table[slot] = tag | (size + 1);
        keys[size * 2] = first;
        keys[size * 2 + 1] = second;
        numbers[index] = size;
        size += 1;
      } else numbers[index] = (entry & indexMask) - 1;
    }
    this.#size = size;
  }

  #placeAny(states: Uint32Array, hashes: Int32Array, count: number, numbers: Uint32Array): void {
    const { words } = this.layout;
    const { table, keys, indexMask } = this;
    const { length } = table;
    const scale = length / 0x1_0000_0000;
    for (let index = 0; index < count; index++) {
      const hash = hashes[index]!;
      const from = index * words;
      const tag = tagOf(hash, states[from]!) & ~indexMask;
      let slot = slotOf(hash, states[from]!, scale);
      let entry = table[slot]!;
      while (entry !== 0) {
        if (((entry ^ tag) & ~indexMask) === 0) {
          const at = ((entry & indexMask) - 1) * words;
          if (sameWords(keys, at, states, from, words)) break;
        }
        slot += 1;
        if (slot === length) slot = 0;
        entry = table[slot]!;
      }
      if (entry === 0) {
        const number = this.#size;
        table[slot] = tag | (number + 1);
        copyWords(states, from, keys, number * words, words);
        numbers[index] = number;
        this.#size += 1;
      } else numbers[index] = (entry & indexMask) - 1;
    }
  }

  /** Copies a state to a buffer. */
  read(index: number, into: Uint32Array): void {
    const { words } = this.layout;
    copyWords(this.keys, index * words, into, 0, words);
  }

  /** Packs all states anew. */
  relayout(layout: Layout): void {
    const old = this.layout;
    const from = this.keys;
    const to = shared((from.length / old.words) * layout.words);
    for (let index = 0; index < this.#size; index++) {
      for (const field of layout.widths.keys()) {
        layout.put(to, field, old.get(from, field, index * old.words), index * layout.words);
      }
    }
    this.layout = layout;
    this.keys = to;
    this.#makeTable();
  }

  /** Takes over states that were written to `keys` and `table` by others. */
  adopt(size: number): void {
    this.#size = size;
  }

  /** Makes room for so many states before others write them. */
  reserve(states: number): void {
    this.#number();
    const needed = states * this.layout.words;
    if (needed > this.keys.length) this.#move(needed);
    const length = lengthFor(states, this.table.length);
    if (length !== this.table.length) this.#resize(length);
  }

  /** How many states fit without growing. */
  capacity(): number {
    return Math.min(this.#room, Math.floor(this.keys.length / this.layout.words));
  }

  /** Gives a state another number, one that is not in use. */
  move(from: number, to: number): void {
    const { words } = this.layout;
    const { table, keys, indexMask } = this;
    const hash = hashOf(keys, from * words, words);
    let slot = slotOf(hash, keys[from * words]!, table.length / 0x1_0000_0000);
    while ((table[slot]! & indexMask) !== from + 1) slot = (slot + 1) % table.length;
    table[slot] = (table[slot]! & ~indexMask) | (to + 1);
    keys.copyWithin(to * words, from * words, (from + 1) * words);
  }

  #makeRoom(count: number): void {
    const length = lengthFor(this.#size + count, this.table.length);
    if (length !== this.table.length) this.#resize(length);
    this.makeKeys(count);
  }

  /** Makes room for the keys of so many more states. */
  makeKeys(count: number): void {
    const needed = (this.#size + count) * this.layout.words;
    if (needed > this.keys.length) this.#move(Math.max(this.keys.length * 2, needed));
  }

  /** Gives the table up for bits, where they take little enough memory. */
  #useBits(): void {
    const { words, bits } = this.layout;
    const length = Math.ceil(2 ** bits / 32);
    const most = Math.max(fewWords, nextLength(this.table.length));
    if (this.#numbered || words > 1 || bits > 31 || length > most) return;
    const seen = new Int32Array(length);
    for (let index = 0; index < this.#size; index++) {
      const state = this.keys[index]!;
      seen[state >>> 5]! |= 1 << (state & 31);
    }
    this.seen = seen;
    this.table = shared(0);
  }

  /** From now on states have to be found by their keys. */
  #number(): void {
    this.#numbered = true;
    if (this.seen !== null) this.#makeTable();
  }

  /** A table for the states that there are. */
  #makeTable(): void {
    this.seen = null;
    this.#resize(lengthFor(this.#size, Math.max(shortest, this.table.length)));
  }

  #move(length: number): void {
    const larger = shared(length);
    larger.set(this.keys.subarray(0, this.#size * this.layout.words));
    this.keys = larger;
  }

  #resize(length: number): void {
    const { words } = this.layout;
    const { keys } = this;
    this.#room = roomOf(length);
    const indexMask = 2 ** (32 - Math.clz32(this.#room)) - 1;
    this.indexMask = indexMask | 0;
    const table = shared(length);
    const scale = length / 0x1_0000_0000;
    for (let index = 0; index < this.#size; index++) {
      const first = keys[index * words]!;
      const hash =
        words === 1
          ? hash1(first)
          : words === 2
            ? hash2(first, keys[index * 2 + 1]!)
            : hashOf(keys, index * words, words);
      let slot = slotOf(hash, first, scale);
      while (table[slot] !== 0) {
        slot += 1;
        if (slot === length) slot = 0;
      }
      table[slot] = (tagOf(hash, first) & ~indexMask) | (index + 1);
    }
    this.table = table;
  }
}

/** States that a table takes. */
const roomOf = (length: number): number => Math.floor(length * maximalLoad);

/** The length of a table for so many states, not below `length`. */
function lengthFor(states: number, length: number): number {
  let enough = length;
  while (roomOf(enough) < states) enough = nextLength(enough);
  return enough;
}

/** Lengths are multiples of 8: a block of neighbours does not cross the end. */
const nextLength = (length: number): number => Math.ceil((length * 1.5) / 8) * 8;

const shared = (length: number): Uint32Array<SharedArrayBuffer> =>
  new Uint32Array(new SharedArrayBuffer(length * 4));

// Finalisers as in MurmurHash3 (Appleby, public domain); the lowest three bits are left out.

export const hash1 = (first: number): number =>
  finish(Math.imul((first >>> 3) ^ 0x9e37_79b9, 0x85eb_ca6b));

export const hash2 = (first: number, second: number): number =>
  finish(
    Math.imul(finish(Math.imul((first >>> 3) ^ 0x9e37_79b9, 0x85eb_ca6b)) ^ second, 0x85eb_ca6b),
  );

function finish(mixed: number): number {
  let hash = mixed ^ (mixed >>> 13);
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

export function hashOf(words: Uint32Array, at: number, count: number): number {
  let hash = 0x9e37_79b9;
  for (let index = 0; index < count; index++) {
    const word = words[at + index]!;
    hash = finish(Math.imul(hash ^ (index === 0 ? word >>> 3 : word), 0x85eb_ca6b));
  }
  return hash;
}

/** @param scale length of the table / 2^32 */
export const slotOf = (hash: number, first: number, scale: number): number =>
  ((((hash >>> 0) * scale) | 0) & ~7) | (first & 7);

/** Bits that the place in the table does not tell already. */
export const tagOf = (hash: number, first: number): number => Math.imul(hash ^ first, 0x9e37_79b1);
