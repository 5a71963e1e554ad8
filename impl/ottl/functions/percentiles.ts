/** Percentiles of histograms, interpolated within the bucket that they fall into. */

import type { Buckets, ExponentialPoint, HistogramPoint } from "../otlp/model.ts";
import { fail } from "../runtime/value.ts";

function between(lower: number, upper: number, ratio: number): number {
  if (ratio < 0 || ratio > 1) fail(`linear interpolation: invalid ratio ${ratio}`);
  return lower + ratio * (upper - lower);
}
function betweenLogs(lower: number, upper: number, ratio: number): number {
  if (ratio < 0 || ratio > 1) fail(`logarithmic interpolation: invalid ratio ${ratio}`);
  if (lower <= 0 || upper <= 0) fail("logarithmic interpolation: bounds must be positive");
  const from = Math.log2(lower);
  return 2 ** (from + (Math.log2(upper) - from) * ratio);
}

/** How many observations lie at or below the percentile. */
const targetOf = (count: bigint, percentile: number): bigint =>
  BigInt(Math.ceil(Number(count) * (percentile / 100)));

const ratioOf = (part: bigint, whole: bigint): number => Number(part) / Number(whole);
const unreached = (): never =>
  fail("malformed data: the counts of the buckets do not reach the percentile");

/** Null when the point says nothing about it. */
export function histogramPercentile(point: HistogramPoint, percentile: number): number | null {
  const { count, bucketCounts, explicitBounds, min, max } = point;
  if (count === 0n || bucketCounts.length === 0) return null;
  if (bucketCounts.length !== explicitBounds.length + 1) {
    return fail(
      `malformed data: ${bucketCounts.length} buckets for ${explicitBounds.length} bounds`,
    );
  }
  const target = targetOf(count, percentile);
  if (explicitBounds.length === 0) {
    return min === null || max === null
      ? null
      : between(min, max, ratioOf(target, bucketCounts[0]!));
  }
  let below = 0n;
  for (const [i, inside] of bucketCounts.entries()) {
    const before = below;
    below += inside;
    if (below < target) continue;
    const ratio = (): number => ratioOf(target - before, inside);
    if (i === 0) {
      const upper = explicitBounds[0]!;
      if (min !== null && min < upper) return between(min, upper, ratio());
      return upper < 0 ? upper : between(0, upper, ratio());
    }
    const lower = explicitBounds[i - 1]!;
    const upper = explicitBounds[i];
    if (upper !== undefined) return between(lower, upper, ratio());
    return max === null || max <= lower ? lower : between(lower, max, ratio());
  }
  return unreached();
}

/** The lower bound of a bucket. */
function boundary(index: number, scale: number): number {
  if (scale > 0) return Math.exp(index * (Math.LN2 / 2 ** scale));
  const power = BigInt.asIntN(64, BigInt(index) << BigInt(Math.min(-scale, 64)));
  return 2 ** Number(power);
}

function inNegative(buckets: Buckets, i: number, part: number, scale: number): number {
  const index = buckets.offset + i;
  const [lower, upper] = [boundary(index, scale), boundary(index + 1, scale)];
  if (lower >= upper) fail("malformed data: the bounds of a negative bucket do not rise");
  return -betweenLogs(lower, upper, 1 - part);
}

/** Null when the point says nothing about it. */
export function exponentialPercentile(point: ExponentialPoint, percentile: number): number | null {
  const { count, negative, positive, zeroCount, zeroThreshold, scale } = point;
  const [down, up] = [negative.bucketCounts, positive.bucketCounts];
  if (count === 0n || (down.length === 0 && up.length === 0 && zeroCount === 0n)) return null;
  const target = targetOf(count, percentile);
  let below = 0n;
  for (const [i, inside] of [...down.entries()].toReversed()) {
    const before = below;
    below += inside;
    if (below >= target) return inNegative(negative, i, ratioOf(target - before, inside), scale);
  }
  if (below + zeroCount >= target) {
    const lower = down.length === 0 && up.length > 0 ? 0 : -zeroThreshold;
    const upper = up.length === 0 && down.length > 0 ? 0 : zeroThreshold;
    return between(lower, upper, ratioOf(target - below, zeroCount));
  }
  below += zeroCount;
  for (const [i, inside] of up.entries()) {
    const before = below;
    below += inside;
    if (below < target) continue;
    const index = positive.offset + i;
    return betweenLogs(
      boundary(index, scale),
      boundary(index + 1, scale),
      ratioOf(target - before, inside),
    );
  }
  return unreached();
}
