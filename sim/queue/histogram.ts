/**
 * Counts of times by order of magnitude, with a relative error of at most 2^-8 = 0.4 %: the bin is
 * read off the high word of the double (sign, exponent, 7 bits of mantissa); no logarithm.
 */

const mantissaBits = 7;
/** Times from 2^-40 s (1 ps) to 2^24 s (half a year); what is smaller counts as zero. */
const lowest = (1023 - 40) << mantissaBits;
const highest = (1023 + 24) << mantissaBits;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const highWord = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

export class Histogram {
  /** Bin 0 holds the zeros. */
  readonly counts = new Float64Array(highest - lowest + 2);
  count = 0;

  record(value: number): void {
    double[0] = value;
    const bin = (words[highWord]! >>> (20 - mantissaBits)) - lowest + 1;
    this.counts[bin > 0 ? (bin < this.counts.length ? bin : this.counts.length - 1) : 0]!++;
    this.count++;
  }

  /** Records the first `count` values of a block; all of them positive. */
  recordPositive(block: Float64Array, count: number): void {
    const { counts } = this;
    const last = counts.length - 1;
    const high = new Uint32Array(block.buffer, block.byteOffset, 2 * count);
    for (let index = highWord; index < high.length; index += 2) {
      const bin = (high[index]! >>> (20 - mantissaBits)) - lowest + 1;
      counts[bin > 0 ? (bin < last ? bin : last) : 0]!++;
    }
    this.count += count;
  }

  recordZeros(count: number): void {
    this.counts[0]! += count;
    this.count += count;
  }

  merge(other: Histogram): void {
    for (let bin = 0; bin < this.counts.length; bin++) this.counts[bin]! += other.counts[bin]!;
    this.count += other.count;
  }

  /** The time that a share p of the values does not exceed; 0 for an empty histogram. */
  quantile(p: number): number {
    const wanted = p * this.count;
    let seen = 0;
    for (let bin = 0; bin < this.counts.length; bin++) {
      seen += this.counts[bin]!;
      if (seen >= wanted && seen > 0) return bin === 0 ? 0 : middle(bin);
    }
    return 0;
  }

  /** Share of values up to `value`; exact to the width of a bin. */
  shareUpTo(value: number): number {
    let seen = 0;
    for (let bin = 0; bin < this.counts.length; bin++) {
      if (bin > 0 && lowEnd(bin) > value) break;
      seen += this.counts[bin]!;
    }
    return this.count === 0 ? 0 : seen / this.count;
  }
}

function lowEnd(bin: number): number {
  const index = bin - 1 + lowest;
  const exponent = (index >>> mantissaBits) - 1023;
  return (1 + (index & ((1 << mantissaBits) - 1)) / (1 << mantissaBits)) * 2 ** exponent;
}

const middle = (bin: number): number => (lowEnd(bin) + lowEnd(bin + 1)) / 2;
