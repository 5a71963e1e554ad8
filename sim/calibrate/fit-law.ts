/**
 * Which law a sample of times follows: moments or maximum likelihood for each candidate, the
 * Kolmogorov-Smirnov distance to tell how well it fits. The parameters come from the same sample, so the
 * p-value is too kind; a candidate with a small one is out, one with a large one is only not refuted.
 */

import type { Distribution } from "../../core/subject.ts";
import { empirical } from "../queue/distributions.ts";
import { kolmogorovSmirnov, upperGamma, type TestOfFit } from "../queue/fit.ts";
import { refuse } from "../queue/guards.ts";
import { moments } from "../queue/statistics.ts";

export interface LawFit {
  readonly law: Distribution;
  readonly fit: TestOfFit;
}

export interface LawChoice {
  /** Best first. */
  readonly candidates: readonly LawFit[];
  /** The best candidate, or the sample itself when every candidate is refuted. */
  readonly chosen: Distribution;
  readonly mean: number;
  readonly scv: number;
  /** Half-width of the 95 % interval of the mean, as a share of it. */
  readonly meanError: number;
}

const normalCdf = (z: number): number => {
  const tail = upperGamma(0.5, (z * z) / 2) / 2;
  return z > 0 ? 1 - tail : tail;
};

function cdfOf(law: Distribution): (t: number) => number {
  switch (law.law) {
    case "exponential":
      return (t) => -Math.expm1(-t / law.mean);
    case "erlang":
      return (t) => 1 - upperGamma(law.phases, (t * law.phases) / law.mean);
    case "hyperexponential": {
      const p = (1 + Math.sqrt((law.scv - 1) / (law.scv + 1))) / 2;
      const part = (share: number, t: number): number =>
        share * -Math.expm1((-2 * share * t) / law.mean);
      return (t) => part(p, t) + part(1 - p, t);
    }
    case "lognormal": {
      const variance = Math.log1p(law.scv);
      const mu = Math.log(law.mean) - variance / 2;
      return (t) => (t <= 0 ? 0 : normalCdf((Math.log(t) - mu) / Math.sqrt(variance)));
    }
    default:
      return refuse(`a fit of ${law.law}`, "only laws with a density are fitted");
  }
}

/** @throws {DiagnosticError} VRF501 on fewer than 20 values or on values that are no positive times */
export function fitLaw(sample: readonly number[]): LawChoice {
  if (sample.length < 20) refuse(`a fit from ${sample.length} values`, "record at least 20");
  const own = empirical(sample);
  const { mean, variance } = moments(sample);
  const scv = variance / mean ** 2;
  const laws: Distribution[] = [{ law: "exponential", mean }];
  if (scv < 0.95 && scv > 0.002)
    laws.push({ law: "erlang", mean, phases: Math.max(1, Math.round(1 / scv)) });
  if (scv > 1.05) laws.push({ law: "hyperexponential", mean, scv });
  if (sample.every((value) => value > 0)) {
    const logs = moments(sample.map((value) => Math.log(value)));
    if (logs.variance > 0) {
      laws.push({
        law: "lognormal",
        mean: Math.exp(logs.mean + logs.variance / 2),
        scv: Math.expm1(logs.variance),
      });
    }
  }
  const candidates = laws
    .map((law) => ({ law, fit: kolmogorovSmirnov(sample, cdfOf(law)) }))
    .sort((a, b) => a.fit.statistic - b.fit.statistic);
  const [best] = candidates;
  return {
    candidates,
    chosen: scv <= 0.002 ? { law: "deterministic", mean } : best!.fit.p > 0.01 ? best!.law : own,
    mean,
    scv,
    meanError: (1.96 * Math.sqrt(variance / sample.length)) / mean,
  };
}

export interface Burstiness {
  readonly rate: number;
  /** c_a² of the gaps: 1 for Poisson arrivals; what Allen-Cunneen and Kimura take. */
  readonly scv: number;
  /** Correlation of neighbouring gaps. */
  readonly correlation: number;
  /** Variance over mean of the counts in windows of `window` seconds; 1 for Poisson arrivals. */
  readonly dispersion: number;
  readonly window: number;
  /** Gaps against the exponential law. */
  readonly poisson: TestOfFit;
}

/** @param times ascending, in seconds */
export function burstinessOf(times: readonly number[]): Burstiness {
  if (times.length < 20) refuse(`burstiness from ${times.length} arrivals`, "record at least 20");
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  if (gaps.some((gap) => !(gap >= 0))) refuse("arrivals that go back in time", "sort the trace");
  const { mean, variance } = moments(gaps);
  if (!(mean > 0)) refuse("arrivals all at one moment", "record over a longer time");
  let products = 0;
  for (let index = 1; index < gaps.length; index++) {
    products += (gaps[index]! - mean) * (gaps[index - 1]! - mean);
  }
  const begin = times[0]!;
  const length = times.at(-1)! - begin;
  const windows = Math.max(10, Math.min(200, Math.floor(times.length / 20)));
  const counts = Array.from({ length: windows }, () => 0);
  for (const time of times)
    counts[Math.min(windows - 1, Math.floor(((time - begin) / length) * windows))]!++;
  const count = moments(counts);
  return {
    rate: 1 / mean,
    scv: variance / mean ** 2,
    correlation: variance === 0 ? 0 : products / (gaps.length - 1) / variance,
    dispersion: count.variance / count.mean,
    window: length / windows,
    poisson: kolmogorovSmirnov(gaps, (t) => -Math.expm1(-t / mean)),
  };
}
