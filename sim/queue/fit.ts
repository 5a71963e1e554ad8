/**
 * Tests of fit and the special functions behind them: Kolmogorov and Smirnov, chi-square, and
 * intervals for shares. Sources: Press et al., "Numerical Recipes", sections 6.2 and 14.3; Clopper and
 * Pearson 1934.
 */

import { refuse } from "./guards.ts";
import { incompleteBeta, logGamma } from "./student.ts";

/** Q(s, x), the upper regularised incomplete gamma function; DLMF 8.2.4, 8.9.2, 8.11.4. */
export function upperGamma(s: number, x: number): number {
  if (!(s > 0) || !(x >= 0)) refuse(`Q(${s}, ${x})`, "give s > 0 and x >= 0");
  if (x === 0) return 1;
  const front = Math.exp(-x + s * Math.log(x) - logGamma(s));
  if (x < s + 1) {
    let term = 1 / s;
    let sum = term;
    for (let n = 1; n < 10_000 && term > 1e-17 * sum; n++) {
      term *= x / (s + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  const tiny = 1e-300;
  let b = x + 1 - s;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const a = -n * (n - s);
    b += 2;
    d = 1 / nonZero(a * d + b, tiny);
    c = nonZero(b + a / c, tiny);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

const nonZero = (value: number, tiny: number): number => (Math.abs(value) < tiny ? tiny : value);

export interface TestOfFit {
  readonly statistic: number;
  /** Probability of a statistic at least this large if the law is right. */
  readonly p: number;
}

/** Pearson's chi-square test; cells with fewer than five expected counts are refused. */
export function chiSquare(observed: readonly number[], expected: readonly number[]): TestOfFit {
  if (observed.length !== expected.length || observed.length < 2) {
    refuse("a chi-square test of fewer than two cells", "give as many observed as expected counts");
  }
  let statistic = 0;
  expected.forEach((count, cell) => {
    if (!(count >= 5)) refuse(`${count} expected in cell ${cell}`, "join cells until all expect 5");
    statistic += (observed[cell]! - count) ** 2 / count;
  });
  return { statistic, p: upperGamma((observed.length - 1) / 2, statistic / 2) };
}

/** P(√n·D > t) in the limit (Kolmogorov 1933), with Stephens' correction of 1970 for finite n. */
export function kolmogorovTail(distance: number, effective: number): number {
  const root = Math.sqrt(effective);
  const t = (root + 0.12 + 0.11 / root) * distance;
  if (t < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * t * t);
    sum += term;
    if (Math.abs(term) < 1e-17) break;
  }
  return Math.min(1, Math.max(0, sum));
}

/**
 * Kolmogorov-Smirnov: a sample against a distribution function, which may have a jump at zero (as
 * waits have): only points where the function is continuous, and the jump's upper end, are compared.
 */
export function kolmogorovSmirnov(
  sample: ArrayLike<number>,
  cdf: (value: number) => number,
): TestOfFit {
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  if (n === 0) refuse("a test of fit of an empty sample", "record at least one value");
  let distance = 0;
  for (let index = 0; index < n; index++) {
    if (index + 1 < n && sorted[index + 1] === sorted[index]) continue; // the end of a tie counts
    const value = cdf(sorted[index]!);
    distance = Math.max(distance, Math.abs((index + 1) / n - value));
    const isTied = index > 0 && sorted[index - 1] === sorted[index];
    if (!isTied) distance = Math.max(distance, Math.abs(index / n - value));
  }
  return { statistic: distance, p: kolmogorovTail(distance, n) };
}

/** Kolmogorov-Smirnov: two samples. */
export function twoSampleKs(one: ArrayLike<number>, other: ArrayLike<number>): TestOfFit {
  const a = Float64Array.from(one).sort();
  const b = Float64Array.from(other).sort();
  if (a.length === 0 || b.length === 0) refuse("an empty sample", "record at least one value");
  let distance = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return {
    statistic: distance,
    p: kolmogorovTail(distance, (a.length * b.length) / (a.length + b.length)),
  };
}

/** Clopper and Pearson's exact interval for a probability from `hits` of `trials`. */
export function shareInterval(
  hits: number,
  trials: number,
  confidence: number,
): { readonly low: number; readonly high: number } {
  if (!(trials > 0) || !(hits >= 0 && hits <= trials)) {
    refuse(`${hits} of ${trials}`, "give 0 <= hits <= trials and at least one trial");
  }
  const tail = (1 - confidence) / 2;
  // incompleteBeta(x, a, b) grows with x from 0 to 1.
  const solve = (a: number, b: number, wanted: number): number => {
    let low = 0;
    let high = 1;
    for (let step = 0; step < 100; step++) {
      const middle = (low + high) / 2;
      if (incompleteBeta(middle, a, b) < wanted) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return {
    low: hits === 0 ? 0 : solve(hits, trials - hits + 1, tail),
    high: hits === trials ? 1 : solve(hits + 1, trials - hits, 1 - tail),
  };
}
