/** Exponential histograms as explicit ones: what of each bucket lies between the new bounds. */

import type { Buckets, ExponentialPoint } from "../otlp/model.ts";
import { fail } from "../runtime/value.ts";

const distributions = ["upper", "midpoint", "uniform", "random"] as const;
export type Distribution = (typeof distributions)[number];

/** @throws Error for a distribution or bounds that can never be right */
export function checkedDistribution(name: string, bounds: readonly number[]): Distribution {
  if (bounds.length === 0) throw new Error("explicit bounds cannot be empty");
  for (let i = 1; i < bounds.length; i++) {
    if (bounds[i]! <= bounds[i - 1]!) {
      throw new Error(`explicit bounds are not strictly increasing at index ${i}`);
    }
  }
  const told = name === "" ? "random" : name;
  const found = distributions.find((known) => known === told);
  if (found === undefined) throw new Error(`invalid distribution "${told}"`);
  return found;
}

const [smallestScale, largestScale] = [-10, 20];
const [lowestPower, highestPower] = [-1022, 1023];

/** The lower bound of a bucket; null beyond what a double holds. */
function boundary(index: number, scale: number): number | null {
  const power = index / 2 ** scale;
  if (power < lowestPower - 1) return fail(`bucket boundary index ${index}: underflow`);
  if (power > highestPower + 1 || (power === highestPower + 1 && scale <= 0)) return null;
  return scale <= 0 ? 2 ** power : Math.exp(index * (Math.LN2 / 2 ** scale));
}

class Target {
  readonly counts: bigint[];
  readonly #bounds: readonly number[];
  readonly #distribution: Distribution;

  constructor(bounds: readonly number[], distribution: Distribution) {
    this.#bounds = bounds;
    this.#distribution = distribution;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0n);
  }

  #add(bucket: number, count: bigint): void {
    this.counts[bucket] = this.counts[bucket]! + count;
  }
  #point(value: number, count: bigint): void {
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    this.#add(bucket === -1 ? this.#bounds.length : bucket, count);
  }

  put(lower: number, upper: number, count: bigint): void {
    if (count === 0n) return;
    if (lower === upper || this.#distribution === "upper") this.#point(upper, count);
    else if (this.#distribution === "midpoint") this.#point(lower / 2 + upper / 2, count);
    else this.#spread(lower, upper, count);
  }

  /**
   * In proportion to the overlap; the sum stays. Where upstream draws how to round (`random`), this
   * rounds to the nearest.
   */
  #spread(lower: number, upper: number, count: bigint): void {
    const total = upper - lower;
    if (!(total > 0) || !Number.isFinite(total)) fail("the bucket cannot be distributed");
    const first = this.#bounds.findIndex((bound) => lower < bound);
    const offset = this.#distribution === "random" ? 1n << 63n : (1n << 64n) - 1n;
    let allocated = 0n;
    let share = 0;
    let from = lower;
    for (let i = first === -1 ? this.#bounds.length : first; ; i++) {
      const to = Math.min(upper, this.#bounds[i] ?? Infinity);
      let next = count;
      if (to < upper) {
        share += (to - from) / total;
        const fraction = share >= 1 ? 1n << 64n : BigInt(Math.floor(share * 2 ** 64));
        const product = count * fraction;
        const up = (product & ((1n << 64n) - 1n)) + offset >= 1n << 64n;
        next = (product >> 64n) + (up ? 1n : 0n);
        if (next > count) next = count;
        if (next < allocated) next = allocated;
      }
      this.#add(i, next - allocated);
      if (to >= upper) return;
      allocated = next;
      from = to;
    }
  }
}

/** @throws EvaluationError when the counts disagree, or a bucket has no bounds in doubles */
export function explicitCounts(
  point: ExponentialPoint,
  bounds: readonly number[],
  distribution: Distribution,
): bigint[] {
  const { scale, zeroThreshold: zero, zeroCount, positive, negative } = point;
  if (!Number.isFinite(zero) || zero < 0) fail(`invalid zero threshold: ${zero}`);
  if (scale < smallestScale || scale > largestScale) {
    fail(`invalid exponential histogram scale ${scale}`);
  }
  const all = [zeroCount, ...negative.bucketCounts, ...positive.bucketCounts];
  const total = all.reduce((a, b) => a + b);
  if (total !== point.count) {
    fail(`source histogram count ${point.count} does not match bucket count ${total}`);
  }
  const target = new Target(bounds, distribution);
  target.put(-zero, zero, zeroCount);
  const each = (buckets: Buckets, put: (lower: number, upper: number, count: bigint) => void) => {
    const last = buckets.bucketCounts.length - 1;
    for (const [i, count] of buckets.bucketCounts.entries()) {
      const lower = boundary(buckets.offset + i, scale);
      const upper = boundary(buckets.offset + i + 1, scale);
      if (lower === null || (upper === null && i < last)) {
        fail(`bucket boundary index ${buckets.offset + i}: overflow`);
      }
      put(lower, upper ?? Number.MAX_VALUE, count);
    }
  };
  each(negative, (lower, upper, count) => target.put(-upper, -lower, count));
  each(positive, (lower, upper, count) => target.put(lower, upper, count));
  return target.counts;
}
