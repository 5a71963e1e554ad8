/** Predictions against runs whose truth is known: made by a simulator, not measured. */

import { describe, expect, it } from "vitest";

import type { ProcessorRecord, ProcessorSettings } from "../../core/load.ts";
import type { Distribution, ProcessorPoint } from "../../core/subject.ts";
import {
  calibrateProcessor,
  overheadAt,
  type ProcessorCalibration,
} from "../../sim/calibrate/processor.ts";
import { scheduleOf } from "../../sim/load/arrivals.ts";
import type { ProcessorRun } from "../../sim/load/run-processor.ts";
import { runBulk } from "../../sim/queue/bulk.ts";
import { Variates } from "../../sim/queue/stream.ts";
import { comparePoint } from "../../sim/validate/compare.ts";
import { figuresOf } from "../../sim/validate/figures.ts";
import { disturbanceOf, driftOf } from "../../sim/validate/measure.ts";

type BatchSettings = Extract<ProcessorSettings, { kind: "batch" }>;
const batch: BatchSettings = {
  kind: "batch",
  maxExportBatchSize: 64,
  maxQueueSize: 256,
  scheduledDelayMillis: 200,
  exportTimeoutMillis: 30_000,
};

/** Seconds beyond the backend's time: 2 ms and 10 µs per span. */
const overhead = (size: number): number => 0.002 + 1e-5 * size;

/** A run as it would be recorded, from the simulator with a seed of its own. */
function pretend(
  point: ProcessorPoint,
  seed: number,
  change: Partial<BatchSettings> = {},
): ProcessorRun {
  const settings = { ...batch, ...change };
  const intended = scheduleOf(point, seed);
  const demands = new Variates(point.service, seed, "truth");
  const drawn: number[] = [];
  const demand = (index: number): number => {
    while (drawn.length <= index) drawn.push(demands.draw());
    return drawn[index]!;
  };
  const sent = intended.map((time) => Math.ceil(time * 1000) / 1000 + 0.0002);
  const run = runBulk(
    {
      batch: settings.maxExportBatchSize,
      room: settings.maxQueueSize,
      delay: settings.scheduledDelayMillis / 1000 + 0.0005,
      exportTimeout: 30,
    },
    sent,
    (index, size) => ({ seconds: demand(index) + overhead(size), ok: true }),
    { until: point.duration },
  );
  const record: ProcessorRecord = {
    sent,
    fate: [...run.fate],
    exports: run.exports.map((one) => ({ ...one, refused: false, callSeconds: 0.001 })),
    failures: {},
    lag: { p50: 0, p99: 0.001, max: 0.002 },
    cpu: { user: 0.1, system: 0.1 },
    shutdownSeconds: 0,
  };
  return {
    point,
    processor: batch,
    intended,
    demand,
    record,
    delivered: run.exports.length,
  };
}

const at = (arrivalRate: number, service: Distribution, duration = 4): ProcessorPoint => ({
  name: `${arrivalRate}/s`,
  arrivalRate,
  service,
  duration,
});
const constant: Distribution = { law: "deterministic", mean: 0.1 };
const random: Distribution = { law: "exponential", mean: 0.1 };
const calibration = calibrateProcessor([
  pretend(at(250, constant), 1),
  pretend(at(830, constant), 2),
]);
const options = { seed: 5, runs: 200, confidence: 0.99 };

describe("calibration", () => {
  it("finds the overhead and the lags that were put in", () => {
    expect(overheadAt(calibration, 830, 64).mean).toBeCloseTo(overhead(64), 5);
    expect(calibration.timerLag).toBeCloseTo(0.0005, 5);
    expect(calibration.arrivalLag).toBeCloseTo(0.0002, 6);
  });
});

describe("figures", () => {
  it("count by hand", () => {
    const run = {
      intended: [0, 1, 1, 2, 3],
      fate: [0, 0, -1, 1, -2],
      exports: [
        { start: 1, end: 2, size: 2, ok: true },
        { start: 2, end: 4, size: 1, ok: true },
      ],
    };
    const figures = figuresOf(run, { from: 0, until: 4, servers: 1 });
    expect(figures.throughput).toBeCloseTo(3 / 4, 12);
    expect(figures.utilisation).toBeCloseTo(3 / 4, 12);
    expect(figures.loss).toBeCloseTo(1 / 5, 12);
    expect(figures.meanWait).toBeCloseTo(1 / 3, 12);
    expect(figures.queue).toBeCloseTo((1 + 0 + 0 + 1) / 4, 12);
  });
});

describe("the right model", () => {
  it.each([125, 400, 590, 700, 880])("agrees with a constant backend at %i/s", (rate) => {
    const run = pretend(at(rate, constant), 7);
    const claim = { predictor: "bulk", judgedBy: "figures" } as const;
    const found = comparePoint(claim, batch, run, calibration, options);
    expect(found.figures.filter(({ agrees }) => !agrees)).toEqual([]);
  });

  it("its intervals contain what a random backend does, nearly always", () => {
    const claim = { predictor: "bulk", judgedBy: "interval" } as const;
    let inside = 0;
    let all = 0;
    for (let seed = 100; seed < 120; seed++) {
      for (const rate of [200, 700]) {
        const found = comparePoint(claim, batch, pretend(at(rate, random), seed), calibration, {
          ...options,
          seed,
        });
        for (const figure of found.figures) {
          all++;
          if (figure.inside) inside++;
          expect(figure.figure !== "utilisation" || figure.high <= 1).toBe(true);
        }
        const throughput = found.figures.find(({ figure }) => figure === "throughput")!;
        const { low, high } = throughput.given!;
        if (rate > 640) expect(high - low).toBeLessThan((throughput.high - throughput.low) / 4);
      }
    }
    expect(inside / all).toBeGreaterThan(0.96);
  });
});

describe("negative controls", () => {
  const claim = { predictor: "bulk", judgedBy: "figures" } as const;
  it.each([
    ["M/M/30", { predictor: "mmn", judgedBy: "figures" }, {}],
    ["a loss system", { predictor: "loss", judgedBy: "figures" }, {}],
    ["another batch size", claim, { maxExportBatchSize: 60 }],
    ["another room", claim, { maxQueueSize: 230 }],
  ] as const)("%s is refuted above saturation", (_, wrong, change) => {
    const run = pretend(at(800, constant), 7, change);
    expect(comparePoint(wrong, batch, run, calibration, options).differs).toBe(true);
  });

  it.each([1.05, 0.95])(
    "a random backend believed to take %d times as long is refuted",
    (times) => {
      const wrong = { predictor: "bulk", judgedBy: "interval", believedService: times } as const;
      const run = pretend(at(800, random, 8), 7);
      expect(comparePoint(wrong, batch, run, calibration, options).differs).toBe(true);
    },
  );

  it("a recorded law is scaled value by value when it is believed wrongly", () => {
    const law: Distribution = { law: "empirical", mean: 0.1, sample: [0.05, 0.15] };
    const wrong = { predictor: "bulk", judgedBy: "interval", believedService: 1.2 } as const;
    const run = pretend(at(800, law), 7);
    expect(comparePoint(wrong, batch, run, calibration, options).differs).toBe(true);
  });

  it("another delay is refuted below saturation", () => {
    const run = pretend(at(125, constant), 7, { scheduledDelayMillis: 230 });
    expect(comparePoint(claim, batch, run, calibration, options).differs).toBe(true);
  });
});

describe("the gate", () => {
  const good = pretend(at(300, constant), 3);
  const withRecord = (change: Partial<ProcessorRecord>): ProcessorRun => ({
    ...good,
    record: { ...good.record, ...change },
  });
  it("lets a calm run pass", () => {
    expect(disturbanceOf(good)).toBeNull();
  });
  it.each([
    [/event-loop lag/, withRecord({ lag: { p50: 0, p99: 0.02, max: 1 } })],
    [/lateness/, withRecord({ sent: good.record.sent.map((time) => time + 0.01) })],
    [/failed/, withRecord({ exports: good.record.exports.map((one) => ({ ...one, ok: false })) })],
    [/backend answered/, { ...good, delivered: 1 }],
  ] as const)("stops %s", (reason, run) => {
    expect(disturbanceOf(run)).toMatch(reason);
  });

  const slower = (by: number): ProcessorRun =>
    withRecord({ exports: good.record.exports.map((one) => ({ ...one, end: one.end + by })) });
  it("lets a run pass that goes with its calibration", () => {
    expect(driftOf(good, calibration)).toBeNull();
    expect(driftOf(slower(0.0002), calibration)).toBeNull();
  });
  it.each([
    [/more than when they were calibrated/, slower(0.001)],
    [/less than when they were calibrated/, slower(-0.001)],
  ])("stops a run on a machine that has changed: %s", (reason, run) => {
    expect(disturbanceOf(run)).toBeNull();
    expect(driftOf(run, calibration)).toMatch(reason);
  });
});

describe("beyond the tolerance", () => {
  const claim = { predictor: "bulk", judgedBy: "figures" } as const;
  const run = pretend(at(400, constant), 7);
  const vague: ProcessorCalibration = {
    ...calibration,
    levels: calibration.levels.map(({ rate, fit }) => ({
      rate,
      fit: { ...fit, base: fit.base + 0.002, standardError: 0.003 },
    })),
  };
  it("is open while the calibration itself is not surer, and never a pass", () => {
    const found = comparePoint(claim, batch, run, vague, options);
    expect(found).toMatchObject({ agrees: false, differs: false });
  });
});
