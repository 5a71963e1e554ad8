/** The simulators against closed forms, against each other, and their intervals against the truth. */

import { describe, expect, it } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Distribution } from "../../core/subject.ts";
import { erlangA } from "../../sim/queue/erlang-a.ts";
import {
  chiSquare,
  kolmogorovSmirnov,
  shareInterval,
  twoSampleKs,
  upperGamma,
} from "../../sim/queue/fit.ts";
import * as formulas from "../../sim/queue/formulas.ts";
import { batchArrivalMeanWait } from "../../sim/queue/moments-formulas.ts";
import { rareLoss } from "../../sim/queue/rare.ts";
import { runRecursion } from "../../sim/queue/recursion.ts";
import { replications, replicationsUntil } from "../../sim/queue/replicate.ts";
import { runStation, type StationModel } from "../../sim/queue/station.ts";
import {
  batchMeans,
  mser5,
  quantileInterval,
  studentInterval,
} from "../../sim/queue/statistics.ts";
import { blockSize, makeFiller, Stream } from "../../sim/queue/stream.ts";

const exponential = (mean: number): Distribution => ({ law: "exponential", mean });
const mmn = (servers: number, rho: number) => ({
  interarrival: exponential(1 / (servers * rho)),
  service: exponential(1),
  servers,
});
const truth = (servers: number, rho: number) => ({
  servers,
  arrivalRate: servers * rho,
  serviceRate: 1,
});

describe("variates", () => {
  const laws: readonly Distribution[] = [
    exponential(2),
    { law: "erlang", mean: 2, phases: 3 },
    { law: "hyperexponential", mean: 2, scv: 4 },
    { law: "lognormal", mean: 2, scv: 0.5 },
    { law: "deterministic", mean: 2 },
    { law: "empirical", mean: 2, sample: [1, 1, 4] },
  ];
  it.each(laws)("have the moments of their law: $law", (law) => {
    const fill = makeFiller(law, new Stream(7, "test"));
    const block = new Float64Array(blockSize);
    let sum = 0;
    let squares = 0;
    const blocks = 1000;
    for (let round = 0; round < blocks; round++) {
      fill(block);
      for (const value of block) {
        sum += value;
        squares += value * value;
      }
    }
    const n = blocks * blockSize;
    const scvs = {
      exponential: 1,
      erlang: 1 / 3,
      hyperexponential: 4,
      lognormal: 0.5,
      deterministic: 0,
      empirical: 0.5,
    };
    const variance = scvs[law.law] * 4;
    expect(Math.abs(sum / n - 2)).toBeLessThanOrEqual(4 * Math.sqrt(variance / n) + 1e-12);
    expect(squares / n).toBeCloseTo(4 + variance, 0);
  });

  it("exponential: the ziggurat passes Kolmogorov-Smirnov and chi-square", () => {
    const sample = new Float64Array(200_000);
    new Stream(11, "test").exponentials(sample, 1);
    expect(kolmogorovSmirnov(sample, (x) => -Math.expm1(-x)).p).toBeGreaterThan(1e-3);
    const cells = Array.from({ length: 100 }, () => 0);
    for (const value of sample) cells[Math.min(99, Math.floor(-Math.expm1(-value) * 100))]!++;
    expect(
      chiSquare(
        cells,
        cells.map(() => sample.length / 100),
      ).p,
    ).toBeGreaterThan(1e-3);
  });
});

describe("tests of fit", () => {
  it("know the tables", () => {
    // Chi-square, upper 5 % points: 3.841 (1), 18.307 (10), 124.342 (100).
    expect(upperGamma(0.5, 3.841 / 2)).toBeCloseTo(0.05, 4);
    expect(upperGamma(5, 18.307 / 2)).toBeCloseTo(0.05, 5);
    expect(upperGamma(50, 124.342 / 2)).toBeCloseTo(0.05, 5);
    // Clopper-Pearson for 0 of 10: 1 − 0.025^(1/10); for 1 of 10: 0.0025, 0.4450.
    expect(shareInterval(0, 10, 0.95).high).toBeCloseTo(0.3085, 4);
    expect(shareInterval(1, 10, 0.95).low).toBeCloseTo(0.0025, 4);
    expect(shareInterval(1, 10, 0.95).high).toBeCloseTo(0.445, 3);
  });

  it("tell two samples apart, and not one from itself", () => {
    const one = new Float64Array(3000);
    const other = new Float64Array(3000);
    const stream = new Stream(5, "test");
    stream.exponentials(one, 1);
    stream.exponentials(other, 1);
    expect(twoSampleKs(one, other).p).toBeGreaterThan(1e-3);
    stream.exponentials(other, 1.2);
    expect(twoSampleKs(one, other).p).toBeLessThan(1e-3);
  });

  it("refuse a wrong law", () => {
    const sample = new Float64Array(5000);
    new Stream(11, "test").exponentials(sample, 1.1);
    expect(kolmogorovSmirnov(sample, (x) => -Math.expm1(-x)).p).toBeLessThan(1e-3);
  });
});

describe("the simulators agree customer by customer", () => {
  it.each([1, 2, 5, 8, 9, 64, 128, 129, 300])("recursion and event list, N = %i", (servers) => {
    const model = mmn(servers, 0.9);
    const customers = 20 * blockSize;
    const recursion = runRecursion(model, { seed: 3, customers, warmUp: 0 });
    const waits = new Float64Array(customers);
    const station = runStation(
      { ...model, waitingRoom: null },
      { seed: 3, customers: 3 * customers, waits },
    );
    expect(station.recorded).toBe(customers);
    let sum = 0;
    for (const wait of waits) sum += wait;
    expect(recursion.mean).toBeCloseTo(sum / customers, 10);
    expect(recursion.waitProbability).toBe(waits.filter((wait) => wait > 1e-12).length / customers);
  });
});

describe("1000 intervals of 95 %", () => {
  it("cover the true mean wait between 93 % and 97 % of the time", () => {
    // Each: 10 replications of 10,000 customers of M/M/8 at ρ = 0.8 after a warm-up.
    const value = formulas.mmnMeanWait(truth(8, 0.8));
    let covered = 0;
    for (let experiment = 0; experiment < 1000; experiment++) {
      const means: number[] = [];
      for (let index = 0; index < 10; index++) {
        const seed = experiment * 10 + index;
        means.push(runRecursion(mmn(8, 0.8), { seed, customers: 10_000, warmUp: 1000 }).mean);
      }
      const { low, high } = studentInterval(means, 0.95);
      if (low <= value && value <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(930);
    expect(covered).toBeLessThanOrEqual(970);
  });

  it("single runs: MSER-5 and batch means, and sectioning of the 95 % quantile", () => {
    const value = formulas.mmnMeanWait(truth(8, 0.8));
    const p95 = formulas.mmnWaitPercentile(truth(8, 0.8), 0.95);
    const waits = new Float64Array(100_000);
    const model: StationModel = { ...mmn(8, 0.8), waitingRoom: null };
    let means = 0;
    let quantiles = 0;
    const runs = 60;
    for (let seed = 0; seed < runs; seed++) {
      runStation(model, { seed, customers: 2 * waits.length, waits });
      const series = waits.subarray(mser5(waits));
      const mean = batchMeans(series, 0.95);
      if (mean.low <= value && value <= mean.high) means++;
      const quantile = quantileInterval(series, 0.95, 0.95);
      if (quantile.low <= p95 && p95 <= quantile.high) quantiles++;
    }
    // 60 runs: 99.9 % of the time at least 50 of them, if the coverage is 93 %.
    expect(means).toBeGreaterThanOrEqual(50);
    expect(quantiles).toBeGreaterThanOrEqual(50);
  });
});

describe("the law of the wait", () => {
  it("passes Kolmogorov-Smirnov and chi-square on independent waits", () => {
    // The wait of customer 400 in each of 3000 independent runs. (The first wait after a fixed time
    // would not do: that is the wait of whoever starts next, which is a longer one.)
    const waits = new Float64Array(400);
    const model: StationModel = { ...mmn(4, 0.7), waitingRoom: null };
    const sample = Float64Array.from({ length: 3000 }, (_, seed) => {
      runStation(model, { seed, customers: 600, waits });
      return waits[399]!;
    });
    const cdf = (t: number): number => 1 - formulas.mmnWaitTail(truth(4, 0.7), Math.max(0, t));
    expect(kolmogorovSmirnov(sample, cdf).p).toBeGreaterThan(1e-3);
    const edges = [0, 0.2, 0.5, 0.9, 1.5, Infinity];
    const observed = [sample.filter((t) => t === 0).length];
    const expected = [sample.length * cdf(0)];
    for (let cell = 1; cell < edges.length; cell++) {
      const [low, high] = [edges[cell - 1]!, edges[cell]!];
      observed.push(sample.filter((t) => t > low && t <= high).length);
      expected.push(sample.length * ((high === Infinity ? 1 : cdf(high)) - cdf(low)));
    }
    expect(chiSquare(observed, expected).p).toBeGreaterThan(1e-3);
    // And a neighbour is refused: the law at ρ = 0.75.
    const other = (t: number): number => 1 - formulas.mmnWaitTail(truth(4, 0.75), Math.max(0, t));
    expect(kolmogorovSmirnov(sample, other).p).toBeLessThan(1e-3);
  });
});

describe("the general station", () => {
  const inside = (values: readonly number[], value: number): void => {
    const { low, high } = studentInterval(values, 0.9999);
    expect(value).toBeGreaterThanOrEqual(low);
    expect(value).toBeLessThanOrEqual(high);
  };
  const repeat = <T>(run: (seed: number) => T): T[] =>
    Array.from({ length: 10 }, (_, seed) => run(seed));

  it("loses as M/M/N/K does, and Little's law holds for what is measured", () => {
    const model: StationModel = { ...mmn(8, 1.1), waitingRoom: 12 };
    const runs = repeat((seed) => runStation(model, { seed, until: 4000, warmUp: 100 }));
    const { loss, meanWait } = formulas.mmnkQueue(truth(8, 1.1), 12);
    inside(
      runs.map((run) => run.lost / run.arrivals),
      loss,
    );
    inside(
      runs.map((run) => run.meanWait),
      meanWait,
    );
    for (const run of runs) {
      const rate = run.good / run.duration;
      expect(run.meanWaiting).toBeCloseTo(rate * run.meanWait, 0);
      expect(run.arrivals).toBe(run.attempts);
    }
  });

  it("abandons as Erlang A does", () => {
    const model: StationModel = { ...mmn(10, 1.1), waitingRoom: null, patience: exponential(2) };
    const runs = repeat((seed) => runStation(model, { seed, until: 4000, warmUp: 100 }));
    const found = erlangA(truth(10, 1.1), 0.5);
    inside(
      runs.map((run) => run.late / run.arrivals),
      found.abandonProbability,
    );
    inside(
      runs.map((run) => run.meanWaiting),
      found.meanWaiting,
    );
  });

  it("takes batches", () => {
    const model: StationModel = {
      interarrival: exponential(8),
      batch: { law: "geometric", mean: 4 },
      servers: 1,
      waitingRoom: null,
      service: exponential(1),
    };
    const runs = repeat((seed) => runStation(model, { seed, until: 300_000, warmUp: 3000 }));
    // Geometric on 1, 2 …: E[X²] = (2−p)/p² with p = 1/4.
    const value = batchArrivalMeanWait(
      { batchRate: 1 / 8, meanSize: 4, secondMoment: 28 },
      exponential(1),
    );
    inside(
      runs.map((run) => run.meanWait),
      value,
    );
  });

  it("offers more during a surge", () => {
    const model: StationModel = {
      ...mmn(1, 0.5),
      waitingRoom: 0,
      surges: [{ from: 1000, to: 2000, factor: 3 }],
    };
    const { samples } = runStation(model, { seed: 1, until: 3000, sampleEvery: 1000 });
    const [before, during, after] = samples.map(({ offered }) => offered);
    expect(before).toBeCloseTo(0.5, 1);
    expect(during! / 1.5).toBeCloseTo(1, 1);
    expect(after).toBeCloseTo(0.5, 1);
  });

  it("keeps account of every customer, with retries, timeouts, failures and a breaker", () => {
    const model: StationModel = {
      ...mmn(3, 0.9),
      waitingRoom: 5,
      timeout: { after: 2, cancels: false },
      failureProbability: 0.1,
      outages: [{ from: 100, to: 120 }],
      retry: { most: 3, first: 0.5, factor: 2, cap: 3, jitter: 0.2 },
      breaker: { failures: 5, reset: 4 },
    };
    const run = runStation(model, { seed: 5, until: 2000 });
    expect(run.refused).toBeGreaterThan(0);
    expect(run.late).toBeGreaterThan(0);
    expect(run.wasted).toBeGreaterThan(0);
    // Every attempt ended in one way, but for those still inside; every customer is accounted for.
    const ended = run.lost + run.refused + run.late + run.failed + run.good;
    expect(run.attempts - ended).toBeGreaterThanOrEqual(0);
    expect(run.attempts - ended).toBeLessThanOrEqual(3 + 5);
    expect(Math.abs(run.arrivals - run.good - run.gone - run.left)).toBeLessThanOrEqual(3 + 5);
  });

  it("stays in collapse after a surge when clients retry, and recovers with a short queue", () => {
    const base: StationModel = {
      ...mmn(8, 0.7),
      waitingRoom: null,
      timeout: { after: 10, cancels: false },
      retry: { most: 3, first: 0, factor: 1, cap: 0, jitter: 0 },
      surges: [{ from: 200, to: 300, factor: 10 }],
    };
    const options = { seed: 1, until: 3000, sampleEvery: 100 };
    const offered = 8 * 0.7;
    const late = runStation(base, options).samples.at(-1)!;
    expect(late.goodput).toBeLessThan(0.1 * offered);
    const short = runStation({ ...base, waitingRoom: 40 }, options).samples.at(-1)!;
    expect(short.goodput).toBeGreaterThan(0.9 * offered);
  });
});

describe("losses too rare to be seen", () => {
  it("are estimated by splitting", () => {
    const value = formulas.mmnkQueue(truth(2, 0.4), 22).loss;
    expect(value).toBeLessThan(1e-9);
    const found = rareLoss(
      { interarrival: exponential(1 / 0.8), service: exponential(1), servers: 2, waitingRoom: 22 },
      { seed: 4, trials: 2000, estimates: 12, confidence: 0.999 },
    );
    expect(found.low).toBeLessThanOrEqual(value);
    expect(found.high).toBeGreaterThanOrEqual(value);
    expect(found.halfWidth / found.mean).toBeLessThan(1);
  });
});

describe("replications", () => {
  it("are the same bytes on one and on two workers", async () => {
    const task = {
      kind: "station",
      model: { ...mmn(8, 1.1), waitingRoom: 12 },
      options: { until: 300 },
    } as const;
    const one = await replications(task, 6, { seed: 9, workers: 1 });
    const done: number[] = [];
    const two = await replications(task, 6, { seed: 9, workers: 2, progress: (n) => done.push(n) });
    expect(JSON.stringify(two)).toBe(JSON.stringify(one));
    expect(done).toEqual([1, 2, 3, 4, 5, 6]);
    const other = await replications(task, 1, { seed: 10 });
    expect(JSON.stringify(other[0])).not.toBe(JSON.stringify(one[0]));
  });

  it("stop at the wanted precision", async () => {
    const found = await replicationsUntil(
      { kind: "recursion", model: mmn(8, 0.8), customers: 50_000, warmUp: 1000 },
      { seed: 1, figure: "meanWait", confidence: 0.99, precision: 0.02 },
    );
    expect(found.precise).toBe(true);
    expect(found.interval.halfWidth).toBeLessThanOrEqual(0.02 * found.interval.mean);
    const value = formulas.mmnMeanWait(truth(8, 0.8));
    expect(Math.abs(found.interval.mean / value - 1)).toBeLessThan(0.04);
  });

  it("common random numbers shrink the variance of a comparison", async () => {
    const wait = (servers: number, seed: number): number =>
      runRecursion({ ...mmn(8, 0.8), servers }, { seed, customers: 20_000, warmUp: 1000 }).mean;
    const spread = (offset: number): number => {
      const differences = Array.from(
        { length: 40 },
        (_, seed) => wait(8, seed) - wait(9, seed + offset),
      );
      return studentInterval(differences, 0.95).halfWidth;
    };
    expect(spread(0)).toBeLessThan(0.9 * spread(1000));
  });
});

describe("bad models", () => {
  it.each([
    ["no end", () => runStation({ ...mmn(1, 0.5), waitingRoom: null }, { seed: 1 })],
    [
      "half a server",
      () => runStation({ ...mmn(1, 0.5), servers: 0.5, waitingRoom: null }, { seed: 1, until: 1 }),
    ],
    [
      "an empty batch",
      () =>
        runStation(
          { ...mmn(1, 0.5), waitingRoom: 1, batch: { law: "fixed", size: 0 } },
          { seed: 1, until: 1 },
        ),
    ],
    [
      "an empty trace",
      () =>
        runRecursion(
          { ...mmn(1, 0.5), service: { law: "empirical", mean: 1, sample: [] } },
          { seed: 1, customers: 1, warmUp: 0 },
        ),
    ],
    [
      "a NaN mean",
      () =>
        runRecursion(
          { ...mmn(1, 0.5), service: exponential(Number.NaN) },
          { seed: 1, customers: 1, warmUp: 0 },
        ),
    ],
    ["a quantile without a tail", () => quantileInterval(new Float64Array(1000), 0.99, 0.95)],
  ])("%s is refused", (_, run) => {
    expect(run).toThrow(DiagnosticError);
  });
});
