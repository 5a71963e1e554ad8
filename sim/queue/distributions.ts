/** Samplers and moments of the distributions of core/subject.ts. All times in seconds. */

import type { Random } from "../../core/random.ts";
import type { Distribution } from "../../core/subject.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import { moments } from "./statistics.ts";

export type Sampler = () => number;

/** Squared coefficient of variation Var(S)/E(S)². */
export function scv(distribution: Distribution): number {
  switch (distribution.law) {
    case "exponential":
      return 1;
    case "deterministic":
      return 0;
    case "erlang":
      return 1 / distribution.phases;
    case "hyperexponential":
    case "lognormal":
      return distribution.scv;
    case "empirical": {
      const { sample, mean } = distribution;
      const squares = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return squares / sample.length / mean ** 2;
    }
  }
}

/** The law of a recorded sample. @throws {DiagnosticError} VRF501 when it is empty or not positive */
export function empirical(sample: readonly number[]): Distribution {
  const law: Distribution = { law: "empirical", mean: moments(sample).mean, sample };
  checkDistribution(law);
  return law;
}

/** @throws {DiagnosticError} VRF501 when a parameter is out of range. */
export function checkDistribution(distribution: Distribution, what = "service time"): void {
  const bad = (message: string, help: string): never => {
    throw new DiagnosticError("VRF501", `${what}: ${message}`, { help });
  };
  if (distribution.law === "empirical") checkSample(distribution.sample, bad);
  if (!(distribution.mean > 0) || !Number.isFinite(distribution.mean)) {
    bad(`the mean is ${distribution.mean}`, "give a positive, finite mean in seconds");
  }
  if (
    distribution.law === "erlang" &&
    !(Number.isInteger(distribution.phases) && distribution.phases >= 1)
  ) {
    bad(`the number of Erlang phases is ${distribution.phases}`, "give a whole number from 1");
  }
  if (
    distribution.law === "hyperexponential" &&
    !(distribution.scv >= 1 && Number.isFinite(distribution.scv))
  ) {
    bad(
      `a hyperexponential law cannot have scv ${distribution.scv}`,
      "its squared coefficient of variation is at least 1; take erlang below 1",
    );
  }
  if (
    distribution.law === "lognormal" &&
    !(distribution.scv > 0 && Number.isFinite(distribution.scv))
  ) {
    bad(
      `the scv is ${distribution.scv}`,
      "give a positive, finite scv, or take deterministic for 0",
    );
  }
}

function checkSample(
  sample: readonly number[],
  bad: (message: string, help: string) => never,
): void {
  if (sample.length === 0) bad("the sample is empty", "record at least one value");
  const wrong = sample.find((value) => !(value >= 0) || !Number.isFinite(value));
  if (wrong !== undefined) {
    bad(
      `the sample contains ${wrong}`,
      "a recorded time is a finite number of seconds, not negative",
    );
  }
}

/** Exponential by inversion: exactly one uniform per variate keeps common streams in step. */
export function exponentialSampler(random: Random, mean: number): Sampler {
  return () => -mean * Math.log(1 - random.next());
}

/** A sampler that draws from the given stream only. @throws {DiagnosticError} VRF501 */
export function makeSampler(distribution: Distribution, random: Random): Sampler {
  checkDistribution(distribution);
  const { mean } = distribution;
  switch (distribution.law) {
    case "exponential":
      return exponentialSampler(random, mean);
    case "deterministic":
      return () => mean;
    case "erlang": {
      const phase = exponentialSampler(random, mean / distribution.phases);
      return () => {
        let sum = 0;
        for (let index = 0; index < distribution.phases; index++) sum += phase();
        return sum;
      };
    }
    case "hyperexponential": {
      // Two phases with balanced means (p/m1 = (1-p)/m2): Whitt 1982, "Approximating a point
      // process by a renewal process", section 3.
      const p = (1 + Math.sqrt((distribution.scv - 1) / (distribution.scv + 1))) / 2;
      return () => {
        const branch = random.next() < p ? p : 1 - p;
        return (-Math.log1p(-random.next()) * mean) / (2 * branch);
      };
    }
    case "lognormal": {
      const variance = Math.log1p(distribution.scv);
      const mu = Math.log(mean) - variance / 2;
      const sigma = Math.sqrt(variance);
      return () => {
        // Box and Muller 1958, one of the two variates: two uniforms per sample, no state kept.
        const radius = Math.sqrt(-2 * Math.log1p(-random.next()));
        return Math.exp(mu + sigma * radius * Math.cos(2 * Math.PI * random.next()));
      };
    }
    case "empirical": {
      const { sample } = distribution;
      return () => sample[Math.floor(random.next() * sample.length)]!;
    }
  }
}
