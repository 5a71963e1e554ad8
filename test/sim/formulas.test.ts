import * as fc from "fast-check";
import { all, create, type BigNumber } from "mathjs";
import { describe, expect, it } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { QueueModel } from "../../core/subject.ts";
import { publishedWait } from "../../properties/queue/published-wait.ts";
import * as textbook from "../../properties/queue/textbook.ts";
import * as formulas from "../../sim/queue/formulas.ts";

const math = create(all!, { number: "BigNumber", precision: 64 });
const big = (value: number): BigNumber => math.bignumber(value);

/** Direct sums of the definitions in 64 digits: shares nothing with the recursions. */
function directSums(servers: number, load: number): { b: number; c: number } {
  const a = big(load);
  let term = big(1);
  let below = big(0);
  for (let k = 0; k < servers; k++) {
    below = below.plus(term);
    term = term.times(a).div(k + 1);
  }
  const queued = term.div(big(1).minus(a.div(servers)));
  return {
    b: term.div(below.plus(term)).toNumber(),
    c: queued.div(below.plus(queued)).toNumber(),
  };
}

/** Relative error; values below the smallest double must come out as zero. */
const relative = (value: number, truth: number): number =>
  truth < 1e-300 ? value : Math.abs(value - truth) / truth;

describe("Erlang B and C", () => {
  it("equal the direct sums in 64 digits", () => {
    for (const servers of [1, 2, 3, 5, 8, 13, 30, 64, 100, 170, 300]) {
      for (const utilisation of [0.01, 0.3, 0.5, 0.8, 0.95, 0.999]) {
        const load = servers * utilisation;
        const { b, c } = directSums(servers, load);
        expect(relative(formulas.erlangB(servers, load), b)).toBeLessThan(1e-12);
        expect(relative(formulas.erlangC(servers, load), c)).toBeLessThan(1e-11);
      }
      expect(
        relative(formulas.erlangB(servers, 2 * servers), directSums(servers, 2 * servers).b),
      ).toBeLessThan(1e-12);
    }
  });

  // Published Erlang B tables: offered load in erlangs, to the printed digits, for a given loss.
  it.each([
    [5, 0.01, 1.36, 0.005],
    [10, 0.01, 4.46, 0.005],
    [30, 0.01, 20.3, 0.05],
    [100, 0.01, 84.1, 0.05],
    [20, 0.02, 13.2, 0.05],
  ])("N = %i loses %f at the tabulated load", (servers, loss, load, rounding) => {
    expect(formulas.erlangB(servers, load - rounding)).toBeLessThan(loss);
    expect(formulas.erlangB(servers, load + rounding)).toBeGreaterThan(loss);
  });

  it("agree with values of an independent package (octave-queueing)", () => {
    expect(formulas.erlangB(30, 24)).toBeCloseTo(0.0401206866, 10);
    expect(relative(formulas.erlangB(100_000, 95_000), 8.587131e-60)).toBeLessThan(1e-6);
    expect(formulas.erlangC(8, 6.4)).toBeCloseTo(0.4576449254, 10);
    expect(formulas.erlangC(64, 51.2)).toBeCloseTo(0.0560563756, 10);
  });

  it("stay probabilities for every size up to 100000", () => {
    for (let servers = 1; servers <= 100_000; servers = Math.ceil(servers * 1.7)) {
      for (const utilisation of [0, 1e-9, 0.5, 0.99, 1 - 1e-9]) {
        const c = formulas.erlangC(servers, servers * utilisation);
        expect(c).toBeGreaterThanOrEqual(0);
        expect(c).toBeLessThanOrEqual(1);
      }
      const b = formulas.erlangB(servers, 1e12);
      expect(b).toBeGreaterThan(0.99);
      expect(b).toBeLessThanOrEqual(1);
    }
  });
});

describe("every finite, stable input", () => {
  it("gives finite values in order: 0 <= B <= C <= 1, wait and loss not negative", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 1 - 1e-9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.integer({ min: 0, max: 200 }),
        (servers, utilisation, serviceRate, room) => {
          const load = servers * utilisation;
          fc.pre(load / servers < 1);
          const b = formulas.erlangB(servers, load);
          const c = formulas.erlangC(servers, load);
          const queue = { arrivalRate: load * serviceRate, serviceRate, servers };
          fc.pre(queue.arrivalRate / serviceRate / servers < 1);
          const { loss, meanWait, waitProbability } = formulas.mmnkQueue(queue, room);
          const wait = formulas.mmnMeanWait(queue);
          // Below 1e-300 doubles lose digits; the wait divides such a number by λ.
          const subnormal = queue.arrivalRate === 0 ? 0 : 1e-300 / queue.arrivalRate;
          expect(b >= 0 && b <= c * (1 + 1e-12) && c <= 1 + 1e-12).toBe(true);
          expect(wait >= 0 && Number.isFinite(wait)).toBe(true);
          expect(loss >= 0 && loss <= b * (1 + 1e-12)).toBe(true);
          expect(waitProbability >= -1e-12 && waitProbability <= 1 + 1e-12).toBe(true);
          expect(meanWait >= 0 && meanWait <= wait * (1 + 1e-9) + subnormal).toBe(true);
        },
      ),
      { seed: 20260101, numRuns: 400 },
    );
  });
});

const eight = { arrivalRate: 6.4, serviceRate: 1, servers: 8 };

describe("closed forms of the wait", () => {
  it("give the known values of M/M/8 at ρ = 0.8", () => {
    expect(formulas.mmnMeanWait(eight)).toBeCloseTo(0.2860280784, 9);
    expect(formulas.mmnSojournTail(eight, 4)).toBeCloseTo(0.03102, 5);
  });

  it("reduce to M/M/1 for one server", () => {
    const one = { arrivalRate: 3, serviceRate: 5, servers: 1 };
    expect(formulas.mmnMeanWait(one)).toBeCloseTo(3 / 5 / 2, 12);
    expect(formulas.mm1MeanWait(3, 5)).toBeCloseTo(3 / 5 / 2, 12);
    expect(formulas.mmnMeanSojourn(one)).toBeCloseTo(formulas.mm1MeanSojourn(3, 5), 12);
    expect(formulas.mmnSojournTail(one, 0.7)).toBeCloseTo(Math.exp(-2 * 0.7), 12);
  });

  it("have tails whose integral is the mean, also at the removable singularity a = N - 1", () => {
    for (const arrivalRate of [6.4, 7, 7 + 1e-9, 7.5]) {
      const queue = { ...eight, arrivalRate };
      const integral = (tail: (t: number) => number): number => {
        const step = 0.005;
        let sum = tail(0) / 2;
        for (let t = step; t < 90; t += step) sum += tail(t);
        return sum * step;
      };
      const sojourn = integral((t) => formulas.mmnSojournTail(queue, t));
      expect(relative(sojourn, formulas.mmnMeanSojourn(queue))).toBeLessThan(1e-4);
      const wait = integral((t) => formulas.mmnWaitTail(queue, t));
      expect(relative(wait, formulas.mmnMeanWait(queue))).toBeLessThan(1e-4);
    }
  });

  it("have percentiles that invert the tail", () => {
    const p99 = formulas.mmnWaitPercentile(eight, 0.99);
    expect(formulas.mmnWaitTail(eight, p99)).toBeCloseTo(0.01, 12);
    expect(formulas.mmnWaitPercentile(eight, 0.3)).toBe(0);
  });

  it("obey Little's law between wait and number waiting", () => {
    // Lq from the state probabilities: C·ρ/(1−ρ)
    const waiting = (directSums(8, 6.4).c * 0.8) / 0.2;
    expect(formulas.littleNumber(6.4, formulas.mmnMeanWait(eight))).toBeCloseTo(waiting, 10);
    expect(formulas.littleTime(6.4, waiting)).toBeCloseTo(formulas.mmnMeanWait(eight), 10);
  });

  it("give M/M/8/20 at ρ = 0.9 as an independent package does", () => {
    const queue = formulas.mmnkQueue({ ...eight, arrivalRate: 7.2 }, 12);
    expect(queue.loss).toBeCloseTo(0.024113244, 9);
    expect(queue.meanWait + 1).toBeCloseTo(1.4140949, 7);
  });

  it("connect loss and waiting: no room is Erlang B, endless room is Erlang C", () => {
    expect(formulas.mmnkQueue(eight, 0).loss).toBe(formulas.erlangB(8, 6.4));
    expect(formulas.mmnkQueue(eight, 0).waitProbability).toBe(0);
    const endless = formulas.mmnkQueue(eight, 5000);
    expect(endless.loss).toBeLessThan(1e-300);
    expect(endless.meanWait).toBeCloseTo(formulas.mmnMeanWait(eight), 10);
    expect(endless.waitProbability).toBeCloseTo(formulas.erlangC(8, 6.4), 10);
  });

  it("follow Pollaczek and Khinchine: M/M/1 for scv 1, half of it for deterministic service", () => {
    const mean = 0.2;
    const exponential = formulas.mg1MeanWait(3, { law: "exponential", mean });
    expect(exponential).toBeCloseTo(formulas.mm1MeanWait(3, 5), 12);
    expect(formulas.mg1MeanWait(3, { law: "deterministic", mean })).toBeCloseTo(
      exponential / 2,
      12,
    );
  });
});

describe("the textbook claims and the engine's own formulas", () => {
  it("agree although they are written independently", () => {
    for (const servers of [1, 2, 8, 30, 100]) {
      for (const utilisation of [0.3, 0.8, 0.97]) {
        const model: QueueModel = {
          arrivalRate: servers * utilisation * 4,
          service: { law: "exponential", mean: 0.25 },
          servers,
          waitingRoom: 7,
        };
        const queue = { arrivalRate: model.arrivalRate, serviceRate: 4, servers };
        const finite = formulas.mmnkQueue(queue, 7);
        expect(relative(textbook.erlangCMeanWait(model), formulas.mmnMeanWait(queue))).toBeLessThan(
          1e-10,
        );
        expect(relative(textbook.finiteLoss(model), finite.loss)).toBeLessThan(1e-10);
        expect(relative(textbook.finiteMeanWait(model), finite.meanWait)).toBeLessThan(1e-10);
        expect(
          relative(
            textbook.erlangBLoss(model),
            formulas.mgnnLoss(model.arrivalRate, model.service, servers),
          ),
        ).toBeLessThan(1e-10);
      }
    }
  });
});

describe("the published W", () => {
  it("is N times the mean wait", () => {
    for (const servers of [1, 2, 8, 30, 64, 100]) {
      const model: QueueModel = {
        arrivalRate: servers * 0.8,
        service: { law: "exponential", mean: 1 },
        servers,
        waitingRoom: null,
      };
      const wait = formulas.mmnMeanWait({ arrivalRate: servers * 0.8, serviceRate: 1, servers });
      expect(publishedWait(model) / wait).toBeCloseTo(servers, 8);
    }
  });

  it("is not a number for many servers, where the recursion still works", () => {
    const model: QueueModel = {
      arrivalRate: 160,
      service: { law: "exponential", mean: 1 },
      servers: 200,
      waitingRoom: null,
    };
    expect(publishedWait(model)).toBeNaN();
    const queue = { arrivalRate: 160, serviceRate: 1, servers: 200 };
    expect(formulas.mmnMeanWait(queue)).toBeGreaterThan(0);
  });
});

describe("bad input", () => {
  it.each([
    ["no steady state", () => formulas.erlangC(4, 4)],
    ["no steady state", () => formulas.mm1MeanWait(5, 5)],
    ["no steady state", () => formulas.mg1MeanWait(6, { law: "deterministic", mean: 0.2 })],
    ["0 servers", () => formulas.erlangB(0, 1)],
    ["2.5 servers", () => formulas.erlangB(2.5, 1)],
    ["100001 servers", () => formulas.erlangB(100_001, 1)],
    ["NaN erlangs", () => formulas.erlangB(3, Number.NaN)],
    ["-1 erlangs", () => formulas.erlangB(3, -1)],
    ["μ = 0", () => formulas.mm1MeanWait(1, 0)],
    ["waiting room of -1", () => formulas.mmnkQueue(eight, -1)],
    ["time -1", () => formulas.mmnWaitTail(eight, -1)],
    ["probability 1", () => formulas.mmnWaitPercentile(eight, 1)],
    ["the mean is -1", () => formulas.mgnnLoss(1, { law: "exponential", mean: -1 }, 3)],
    ["scv 0.5", () => formulas.mg1MeanWait(1, { law: "hyperexponential", mean: 0.1, scv: 0.5 })],
  ])("is refused: %s", (message, call) => {
    expect(call).toThrow(DiagnosticError);
    expect(call).toThrow(message);
  });
});
