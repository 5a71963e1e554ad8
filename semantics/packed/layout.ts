/** Fields of a state packed into 32-bit words, the widest first; no field crosses a word. */

export class Layout {
  /** Words per state. */
  readonly words: number;
  /** Bits in use. */
  readonly bits: number;
  readonly widths: readonly number[];
  readonly word: Int32Array;
  readonly shift: Int32Array;
  readonly mask: Int32Array;

  /** @param widths bits per field, 0 to 31 */
  constructor(widths: readonly number[]) {
    this.widths = widths;
    this.bits = widths.reduce((sum, width) => sum + width, 0);
    this.word = new Int32Array(widths.length);
    this.shift = new Int32Array(widths.length);
    this.mask = new Int32Array(widths.length);
    const used: number[] = [0];
    const order = widths.map((_, field) => field).toSorted((a, b) => widths[b]! - widths[a]!);
    for (const field of order) {
      const width = widths[field]!;
      if (width > 31) throw new RangeError(`a field of ${width} bits is too wide`);
      let word = used.findIndex((bits) => bits + width <= 32);
      if (word < 0) word = used.push(0) - 1;
      this.word[field] = word;
      this.shift[field] = used[word]!;
      this.mask[field] = 2 ** width - 1;
      used[word]! += width;
    }
    this.words = used.length;
  }

  get(state: Uint32Array, field: number, at = 0): number {
    return (state[at + this.word[field]!]! >>> this.shift[field]!) & this.mask[field]!;
  }

  put(state: Uint32Array, field: number, value: number, at = 0): void {
    const index = at + this.word[field]!;
    const shift = this.shift[field]!;
    state[index] = (state[index]! & ~(this.mask[field]! << shift)) | (value << shift);
  }

  /** The same of a value for which there may be no room. @throws {FieldTooNarrow} */
  fit(state: Uint32Array, field: number, value: number, at = 0): void {
    if (value > this.mask[field]!) throw new FieldTooNarrow(field, value);
    this.put(state, field, value, at);
  }
}

/** Bits for the numbers 0 … count - 1. */
export const bitsFor = (count: number): number => (count <= 1 ? 0 : 32 - Math.clz32(count - 1));

/** A value does not fit its field: the layout has to grow, then the step can be made again. */
export class FieldTooNarrow extends Error {
  readonly field: number;
  readonly value: number;
  constructor(field: number, value: number) {
    super(`field ${field} has no room for ${value}`);
    this.field = field;
    this.value = value;
  }
}
