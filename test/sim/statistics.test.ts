import { describe, expect, it } from "vitest";

import { makeRandom } from "../../core/random.ts";
import type { Distribution, QueueModel } from "../../core/subject.ts";
import { makeSampler, scv } from "../../sim/queue/distributions.ts";
import { estimate } from "../../sim/queue/estimate.ts";
import { mser5, moments, replicateUntil, studentInterval } from "../../sim/queue/statistics.ts";
import { logGamma, studentCdf, studentQuantile } from "../../sim/queue/student.ts";

describe("Student's t", () => {
  // Standard tables of t.
  it.each([
    [0.975, 9, 2.262157],
    [0.975, 19, 2.093024],
    [0.995, 4, 4.604095],
    [0.9995, 19, 3.883406],
    [0.9, 30, 1.310415],
    [0.975, 1e7, 1.959964],
  ])("quantile %f with %i degrees of freedom", (p, df, table) => {
    expect(studentQuantile(p, df)).toBeCloseTo(table, 5);
    expect(studentQuantile(1 - p, df)).toBeCloseTo(-table, 5);
  });

  it("has the closed forms of 1 and 2 degrees of freedom", () => {
    for (const p of [0.6, 0.9, 0.99, 0.9999, 1 - 1e-7]) {
      const cauchy = Math.tan(Math.PI * (p - 0.5));
      expect(Math.abs(studentQuantile(p, 1) / cauchy - 1)).toBeLessThan(1e-8);
      const two = (2 * p - 1) / Math.sqrt(2 * p * (1 - p));
      expect(Math.abs(studentQuantile(p, 2) / two - 1)).toBeLessThan(1e-8);
      expect(studentCdf(two, 2)).toBeCloseTo(p, 10);
    }
  });

  it("rests on a log-gamma that gives factorials", () => {
    let logFactorial = 0;
    for (let n = 1; n <= 100; n++) {
      expect(Math.abs(logGamma(n + 1) - logFactorial - Math.log(n))).toBeLessThan(1e-10);
      logFactorial += Math.log(n);
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
  });
});

describe("distributions", () => {
  it.each<Distribution>([
    { law: "exponential", mean: 0.3 },
    { law: "deterministic", mean: 0.3 },
    { law: "erlang", mean: 0.3, phases: 4 },
    { law: "hyperexponential", mean: 0.3, scv: 4 },
    { law: "lognormal", mean: 0.3, scv: 2 },
  ])("$law has its mean and variation", (distribution) => {
    const draw = makeSampler(distribution, makeRandom(11));
    const { mean, variance } = moments(Array.from({ length: 400_000 }, draw));
    expect(Math.abs(mean / 0.3 - 1)).toBeLessThan(0.02);
    expect(Math.abs(variance / mean ** 2 - scv(distribution))).toBeLessThan(0.15);
  });
});

describe("MSER-5", () => {
  it("cuts a start that differs from the rest", () => {
    const random = makeRandom(3);
    const series = Array.from({ length: 3000 }, (_, i) => random.next() + (i < 300 ? 5 : 0));
    expect(mser5(series)).toBe(300);
  });

  it("keeps a steady series almost whole", () => {
    const random = makeRandom(4);
    expect(mser5(Array.from({ length: 5000 }, () => random.next()))).toBeLessThan(500);
    expect(mser5(Array.from({ length: 1000 }, () => 0))).toBe(0);
  });

  it("says that a series which still grows has no steady part", () => {
    expect(mser5(Array.from({ length: 1000 }, (_, i) => i))).toBe(Infinity);
  });
});

const half: QueueModel = {
  arrivalRate: 0.5,
  service: { law: "exponential", mean: 1 },
  servers: 1,
  waitingRoom: null,
};

describe("confidence intervals", () => {
  it("cover the true mean as often as they say", async () => {
    const truth = 0.5 / (1 - 0.5); // M/M/1: ρ/(μ−λ)
    const experiments = 200;
    let covered = 0;
    for (let seed = 0; seed < experiments; seed++) {
      const { interval } = await estimate(half, "mean-wait", {
        seed,
        confidence: 0.95,
        precision: 1,
        customers: 3000,
        fewest: 10,
        most: 10,
      });
      if (interval.low <= truth && truth <= interval.high) covered++;
    }
    expect(covered / experiments).toBeGreaterThanOrEqual(0.91);
    expect(covered / experiments).toBeLessThanOrEqual(0.985);
  });

  it("would cover far less if customers were taken as independent (negative control)", async () => {
    const truth = 1;
    let covered = 0;
    const { simulateWaits } = await import("../../sim/queue/simulate.ts");
    for (let seed = 0; seed < 100; seed++) {
      const waits = new Float64Array(20_000);
      simulateWaits(half, { seed }, waits);
      const { low, high } = studentInterval([...waits], 0.95);
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered / 100).toBeLessThan(0.8);
  });

  it("need two observations", () => {
    expect(() => studentInterval([1], 0.95)).toThrow(/from 1 observation/);
  });

  it("are the textbook interval for a small sample", () => {
    // mean 3, s² = 2.5, t(0.975, 4) = 2.776445
    const { mean, halfWidth } = studentInterval([1, 2, 3, 4, 5], 0.95);
    expect(mean).toBe(3);
    expect(halfWidth).toBeCloseTo(2.776445 * Math.sqrt(2.5 / 5), 5);
  });
});

describe("replications", () => {
  const options = { confidence: 0.95, precision: 0.05, fewest: 10, most: 500 };

  it("stop at the wanted precision", async () => {
    const random = makeRandom(1);
    const { interval, precise, values } = await replicateUntil(() => random.next(), options);
    expect(precise).toBe(true);
    expect(interval.halfWidth).toBeLessThanOrEqual(0.05 * interval.mean);
    expect(values.length).toBeGreaterThan(100); // uniform: sd/mean = 0.577
  });

  it("say so when the limit comes first", async () => {
    const random = makeRandom(1);
    const { precise, values } = await replicateUntil(() => random.next(), { ...options, most: 20 });
    expect(precise).toBe(false);
    expect(values).toHaveLength(20);
  });
});
