/**
 * Which states were met, kept as 64-bit hashes of their fields: two states with one hash are taken for
 * one, and what lies behind the second is not seen.
 */

import type { Layout } from "../../../semantics/packed/layout.ts";

const maximalLoad = 0.75;

export class FingerprintSet {
  /** Pairs of words by number, in the order of appearance. */
  #prints = new Uint32Array(2 * 1024);
  #parents = new Uint32Array(1024);
  #table = new Uint32Array(2048);
  #size = 0;
  readonly #mask: number;

  /** @param bits fewer than 64 only to see what goes wrong then */
  constructor(bits = 64) {
    this.#mask = bits >= 64 ? 0xffff_ffff : bits > 32 ? 2 ** (bits - 32) - 1 : 0;
    this.#low = bits >= 32 ? 0xffff_ffff : 2 ** bits - 1;
  }
  readonly #low: number;

  size(): number {
    return this.#size;
  }

  bytes(): number {
    return this.#size * 12 + this.#table.length * 4;
  }

  parentOf(number: number): number {
    return this.#parents[number]!;
  }

  /** Adds a state unless its hash is known. @returns its number if it is new, else -1 */
  add(state: Uint32Array, at: number, layout: Layout, parent: number): number {
    const [low, high] = this.#hash(state, at, layout);
    if (this.#size >= this.#table.length * maximalLoad) this.#grow();
    let slot = low % this.#table.length;
    for (let entry = this.#table[slot]!; entry !== 0; entry = this.#table[slot]!) {
      const known = (entry - 1) * 2;
      if (this.#prints[known] === low && this.#prints[known + 1] === high) return -1;
      slot = (slot + 1) % this.#table.length;
    }
    const number = this.#size++;
    this.#table[slot] = number + 1;
    if (number * 2 >= this.#prints.length) {
      this.#prints = doubled(this.#prints);
      this.#parents = doubled(this.#parents);
    }
    this.#prints[number * 2] = low;
    this.#prints[number * 2 + 1] = high;
    this.#parents[number] = parent;
    return number;
  }

  /** Has a state the hash that has this number? */
  is(number: number, state: Uint32Array, at: number, layout: Layout): boolean {
    const [low, high] = this.#hash(state, at, layout);
    return this.#prints[number * 2] === low && this.#prints[number * 2 + 1] === high;
  }

  #grow(): void {
    const table = doubled(this.#table).fill(0);
    for (let number = 0; number < this.#size; number++) {
      let slot = this.#prints[number * 2]! % table.length;
      while (table[slot] !== 0) slot = (slot + 1) % table.length;
      table[slot] = number + 1;
    }
    this.#table = table;
  }

  /** Over the values of the fields, for how these are packed may change. */
  #hash(state: Uint32Array, at: number, layout: Layout): readonly [low: number, high: number] {
    let low = 0x9e37_79b9;
    let high = 0x7f4a_7c15;
    for (let field = 0; field < layout.widths.length; field++) {
      const value = layout.get(state, field, at);
      low = mixed(low ^ value, 0x85eb_ca6b, 0xc2b2_ae35);
      high = mixed(high ^ (value + 0x165_667b1), 0xcc9e_2d51, 0x1b87_3593) ^ low;
    }
    return [(low & this.#low) >>> 0, (high & this.#mask) >>> 0];
  }
}

/** A finaliser as in MurmurHash3 (Appleby, public domain). */
function mixed(value: number, first: number, second: number): number {
  let hash = Math.imul(value ^ (value >>> 16), first);
  hash = Math.imul(hash ^ (hash >>> 13), second);
  return hash ^ (hash >>> 16);
}

function doubled(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2);
  to.set(from);
  return to;
}
