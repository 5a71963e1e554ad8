/** Closed forms against an independent package, published tables, and exact integer arithmetic. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Distribution } from "../../core/subject.ts";
import { erlangA } from "../../sim/queue/erlang-a.ts";
import * as formulas from "../../sim/queue/formulas.ts";
import { fewestServers, maxArrivalRate, maxLoad } from "../../sim/queue/inverse.ts";
import * as general from "../../sim/queue/moments-formulas.ts";
import { empirical } from "../../sim/queue/distributions.ts";

const relative = (value: number, truth: number): number =>
  truth === 0 ? Math.abs(value) : Math.abs(value - truth) / Math.abs(truth);
const exponential = (mean: number): Distribution => ({ law: "exponential", mean });
const fixed = (mean: number): Distribution => ({ law: "deterministic", mean });

interface Row {
  readonly form: string;
  readonly args: readonly number[];
  readonly value: number;
}
const rows = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/octave.json"), "utf8"),
) as Row[];

/** A law with E[S] = 1 and the given second moment. */
function withSecondMoment(second: number): Distribution {
  const scv = second - 1;
  if (scv === 0) return fixed(1);
  return { law: "lognormal", mean: 1, scv };
}

function ours({ form, args }: Row): number {
  const [x = 0, y = 0, z = 0] = args;
  switch (form) {
    case "erlangB":
      return formulas.erlangB(x, y);
    case "erlangC":
      return formulas.erlangC(x, y);
    case "mmnSojourn":
      return formulas.mmnMeanSojourn({ servers: x, arrivalRate: y, serviceRate: 1 });
    case "mm1Sojourn":
      return formulas.mm1MeanSojourn(x, y);
    case "mm1Number":
      return formulas.littleNumber(x, formulas.mm1MeanSojourn(x, y));
    case "mg1Sojourn":
      return formulas.mg1MeanWait(x, withSecondMoment(y)) + 1;
    case "mmnkLoss":
      return formulas.mmnkQueue({ servers: x, arrivalRate: z, serviceRate: 1 }, y).loss;
    case "mmnkSojourn":
      return formulas.mmnkQueue({ servers: x, arrivalRate: z, serviceRate: 1 }, y).meanWait + 1;
    case "minfNumber":
      return general.mginfMeanNumber(x, exponential(1));
    default:
      throw new Error(`no form ${form}`);
  }
}

describe("the octave package queueing", () => {
  it("agrees at every point to 1e-9", () => {
    expect(rows.length).toBeGreaterThan(350);
    for (const row of rows) {
      const error = relative(ours(row), row.value);
      expect(error, `${row.form}(${row.args.join(", ")})`).toBeLessThan(1e-9);
    }
  });
});

describe("exact integer arithmetic", () => {
  /** 1/B = Σ_j Π_{i<j} (N−i)/a with 90 decimal digits in BigInt; a = numerator/1000. */
  function exactB(servers: number, thousandths: number): number {
    const one = 10n ** 90n;
    let term = one;
    let sum = 0n;
    for (let j = 0; j <= servers && term > 0n; j++) {
      sum += term;
      term = (term * BigInt(servers - j) * 1000n) / BigInt(thousandths);
    }
    // B = one/sum, as a double with all its digits.
    const digits = sum.toString().length - 91;
    return Number((one * one * 10n ** BigInt(Math.max(0, digits))) / sum) / 1e90 / 10 ** digits;
  }

  it.each([
    [1000, 950],
    [10_000, 9800],
    [100_000, 99_000],
    [100_000, 100_000],
    [100_000, 130_000],
  ])("agrees for N = %i at %i erlangs to 1e-9", (servers, load) => {
    const truth = exactB(servers, load * 1000);
    expect(relative(formulas.erlangB(servers, load), truth)).toBeLessThan(1e-9);
    if (load < servers) {
      const c = truth / (1 - (load / servers) * (1 - truth));
      expect(relative(formulas.erlangC(servers, load), c)).toBeLessThan(1e-9);
    }
  });
});

// Published Erlang B tables: the load in erlangs that N servers carry at a given loss, as printed.
const tables: readonly (readonly [loss: number, rows: readonly (readonly [number, number])[]])[] = [
  [
    0.001,
    [
      [5, 0.762],
      [10, 3.09],
      [20, 9.41],
      [50, 32.5],
      [100, 75.2],
    ],
  ],
  [
    0.01,
    [
      [1, 0.0101],
      [2, 0.153],
      [3, 0.455],
      [4, 0.869],
      [5, 1.36],
      [6, 1.91],
      [7, 2.5],
      [8, 3.13],
      [9, 3.78],
      [10, 4.46],
      [15, 8.11],
      [20, 12.0],
      [30, 20.3],
      [40, 29.0],
      [50, 37.9],
      [60, 46.9],
      [70, 56.1],
      [80, 65.4],
      [90, 74.7],
      [100, 84.1],
    ],
  ],
  [
    0.02,
    [
      [5, 1.66],
      [10, 5.08],
      [20, 13.2],
      [30, 21.9],
      [50, 40.3],
      [100, 88.0],
    ],
  ],
  [
    0.05,
    [
      [5, 2.22],
      [10, 6.22],
      [20, 15.2],
      [50, 44.5],
      [100, 95.2],
    ],
  ],
];

describe("published Erlang B tables", () => {
  it.each(tables)("at a loss of %f", (loss, entries) => {
    for (const [servers, load] of entries) {
      const digits = load < 0.1 ? 4 : load < 1 ? 3 : load < 10 ? 2 : 1;
      expect(maxLoad(servers, loss).toFixed(digits), `N = ${servers}`).toBe(load.toFixed(digits));
      expect(fewestServers(load * 0.99, loss)).toBeLessThanOrEqual(servers);
    }
  });
});

describe("general laws", () => {
  const queue = (service: Distribution, servers: number, rho: number) => ({
    service,
    servers,
    arrivalRate: (rho * servers) / service.mean,
  });

  it("are exact where the approximations must be", () => {
    for (const servers of [1, 8, 30]) {
      const markov = queue(exponential(0.2), servers, 0.7);
      const truth = formulas.mmnMeanWait({ ...markov, serviceRate: 5 });
      expect(relative(general.allenCunneenMeanWait(markov), truth)).toBeLessThan(1e-14);
      expect(relative(general.kimuraMeanWait(markov), truth)).toBeLessThan(1e-14);
    }
    for (const law of [fixed(1), { law: "lognormal", mean: 1, scv: 4 } as const]) {
      const truth = formulas.mg1MeanWait(0.7, law);
      expect(relative(general.allenCunneenMeanWait(queue(law, 1, 0.7)), truth)).toBeLessThan(1e-12);
      expect(relative(general.kimuraMeanWait(queue(law, 1, 0.7)), truth)).toBeLessThan(1e-12);
    }
  });

  it("take an empirical law", () => {
    const law = empirical([1, 1, 4]);
    expect(law.mean).toBe(2);
    // E[S²] = 6, so scv = 0.5.
    expect(formulas.mg1MeanWait(0.25, law)).toBeCloseTo((0.25 * 6) / (2 * 0.5), 12);
    expect(() => empirical([])).toThrow(/empty/);
    expect(() => empirical([1, Number.NaN])).toThrow(/NaN/);
    expect(() => empirical([1, -1])).toThrow(DiagnosticError);
  });

  it("batch arrivals: single customers are M/G/1, geometric batches the known value", () => {
    const single = { batchRate: 0.7, meanSize: 1, secondMoment: 1 };
    expect(
      relative(general.batchArrivalMeanWait(single, exponential(1)), formulas.mm1MeanWait(0.7, 1)),
    ).toBeLessThan(1e-14);
  });

  it("bulk service from one to one is M/M/1, and solves its balance equations otherwise", () => {
    const mm1 = general.bulkMeanWaiting({ arrivalRate: 0.8, serviceRate: 1, least: 1, most: 1 });
    // Lq = ρ²/(1−ρ)
    expect(mm1).toBeCloseTo(0.64 / 0.2, 10);
    const bulk = general.bulkMeanWaiting({ arrivalRate: 3, serviceRate: 1, least: 5, most: 5 });
    expect(bulk).toBeCloseTo(balance(3, 1, 5, 5), 8);
    const mixed = general.bulkMeanWaiting({ arrivalRate: 4, serviceRate: 1, least: 3, most: 5 });
    expect(mixed).toBeCloseTo(balance(4, 1, 3, 5), 6);
  });

  it("M/M/1 retrial solves its balance equations", () => {
    const [rate, mu, nu] = [0.8, 1, 0.5];
    let idle = 1;
    let total = 0;
    let orbit = 0;
    for (let n = 0; n < 4000; n++) {
      const busy = (idle * (rate + n * nu)) / mu;
      total += idle + busy;
      orbit += n * (idle + busy);
      idle = (rate * busy) / ((n + 1) * nu);
    }
    expect(relative(general.retrialMeanOrbit(rate, mu, nu), orbit / total)).toBeLessThan(1e-9);
  });

  it("M/G/∞ is Poisson", () => {
    let total = 0;
    for (let n = 0; n < 200; n++) total += general.mginfProbability(50, n);
    expect(total).toBeCloseTo(1, 12);
    expect(general.mginfProbability(0, 0)).toBe(1);
  });
});

/** Mean waiting of M/M^(a,b)/1 by iterating its embedded generator until it stands still. */
function balance(rate: number, mu: number, least: number, most: number): number {
  const top = 400;
  const total = rate + mu;
  let idle = new Float64Array(least);
  let busy = new Float64Array(top);
  idle[0] = 1;
  for (let step = 0; step < 40_000; step++) {
    const nextIdle = new Float64Array(least);
    const nextBusy = new Float64Array(top);
    for (let n = 0; n < least; n++) {
      const p = idle[n]!;
      nextIdle[n]! += (p * mu) / total;
      if (n + 1 === least) nextBusy[0]! += (p * rate) / total;
      else nextIdle[n + 1]! += (p * rate) / total;
    }
    for (let n = 0; n < top; n++) {
      const p = busy[n]!;
      nextBusy[Math.min(top - 1, n + 1)]! += (p * rate) / total;
      if (n < least) nextIdle[n]! += (p * mu) / total;
      else nextBusy[Math.max(0, n - most)]! += (p * mu) / total;
    }
    idle = nextIdle;
    busy = nextBusy;
  }
  let waiting = 0;
  idle.forEach((p, n) => (waiting += n * p));
  busy.forEach((p, n) => (waiting += n * p));
  return waiting;
}

describe("Erlang A", () => {
  /** Birth and death chain, solved directly. */
  function chain(servers: number, rate: number, theta: number): number {
    const weights = [1];
    for (let n = 1; n < 2000; n++) {
      const down = Math.min(n, servers) + Math.max(0, n - servers) * theta;
      weights.push((weights[n - 1]! * rate) / down);
    }
    const total = weights.reduce((sum, value) => sum + value, 0);
    const waiting = weights.reduce((sum, p, n) => sum + Math.max(0, n - servers) * p, 0) / total;
    return (theta * waiting) / rate;
  }
  it("is the birth and death chain", () => {
    for (const [servers, rate, theta] of [
      [30, 33, 0.5],
      [30, 20, 0.5],
      [1, 0.5, 2],
      [5, 40, 1],
    ] as const) {
      const found = erlangA({ servers, arrivalRate: rate, serviceRate: 1 }, theta);
      expect(relative(found.abandonProbability, chain(servers, rate, theta))).toBeLessThan(1e-10);
    }
    expect(
      erlangA({ servers: 30, arrivalRate: 33, serviceRate: 1 }, 0.5).abandonProbability,
    ).toBeCloseTo(0.1115860515, 9);
  });

  it("goes to Erlang C with patience and to Erlang B without", () => {
    const queue = { servers: 10, arrivalRate: 7, serviceRate: 1 };
    expect(erlangA(queue, 1e-9).meanWait).toBeCloseTo(formulas.mmnMeanWait(queue), 6);
    expect(erlangA(queue, 1e9).abandonProbability).toBeCloseTo(formulas.erlangB(10, 7), 6);
  });

  it("is finite for every size, under and over load", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: 1e-2, max: 10, noNaN: true }),
        (servers, rho, theta) => {
          const found = erlangA({ servers, arrivalRate: servers * rho, serviceRate: 1 }, theta);
          for (const value of Object.values(found)) expect(value).toBeGreaterThanOrEqual(0);
          expect(found.abandonProbability).toBeLessThanOrEqual(1 + 1e-12);
          if (rho > 1) expect(found.abandonProbability).toBeGreaterThan((1 - 1 / rho) * (1 - 1e-9));
        },
      ),
      { seed: 3, numRuns: 60 },
    );
  });
});

describe("the largest load for a target", () => {
  it("meets the target with equality", () => {
    for (const servers of [1, 8, 30, 1000]) {
      const rate = maxArrivalRate(servers, 2, { seconds: 0.05 });
      expect(formulas.mmnMeanWait({ servers, serviceRate: 2, arrivalRate: rate })).toBeCloseTo(
        0.05,
        9,
      );
      const tail = maxArrivalRate(servers, 2, { seconds: 0.3, percentile: 0.99 });
      const wait = { servers, serviceRate: 2, arrivalRate: tail };
      expect(formulas.mmnWaitPercentile(wait, 0.99)).toBeCloseTo(0.3, 6);
    }
    // The published formula would allow ρ = 0.486 only (it is N times too long).
    expect(maxArrivalRate(8, 1, { seconds: 0.1 }) / 8).toBeCloseTo(0.687, 3);
  });
});

describe("bad input", () => {
  const bad: readonly (readonly [string, () => unknown])[] = [
    ["ρ = 1", () => formulas.mmnMeanWait({ servers: 2, arrivalRate: 2, serviceRate: 1 })],
    [
      "ρ > 1 in Allen-Cunneen",
      () => general.allenCunneenMeanWait({ arrivalRate: 3, servers: 2, service: exponential(1) }),
    ],
    ["a negative rate", () => formulas.mm1MeanWait(-1, 1)],
    ["NaN", () => erlangA({ servers: 2, arrivalRate: Number.NaN, serviceRate: 1 }, 1)],
    [
      "an unstable bulk queue",
      () => general.bulkMeanWaiting({ arrivalRate: 5, serviceRate: 1, least: 1, most: 5 }),
    ],
    [
      "impossible batches",
      () =>
        general.batchArrivalMeanWait({ batchRate: 1, meanSize: 2, secondMoment: 3 }, fixed(0.1)),
    ],
    ["a target below zero", () => maxArrivalRate(2, 1, { seconds: -1 })],
    ["a loss of 1", () => maxLoad(2, 1)],
  ];
  it.each(bad)("%s is refused with the reason", (_, run) => {
    expect(run).toThrow(DiagnosticError);
  });

  it("calls an unstable queue unstable", () => {
    expect(() => formulas.mg1MeanWait(2, fixed(0.5))).toThrow(/unstable/);
  });
});
