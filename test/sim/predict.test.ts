import { describe, expect, it } from "vitest";

import type { LoadOutcome, LoadRecord } from "../../core/load.ts";
import type { OperatingPoint } from "../../core/subject.ts";
import { calibrate, type Calibration } from "../../sim/calibrate/calibrate.ts";
import { disturbance } from "../../sim/calibrate/gate.ts";
import { rejectedShare } from "../../sim/calibrate/measure.ts";
import { predictLoss, type RunShape } from "../../sim/calibrate/predict.ts";
import { replayLoss } from "../../sim/calibrate/replay.ts";
import { poissonSchedule } from "../../sim/load/arrivals.ts";
import { serviceDemands } from "../../sim/load/demands.ts";
import { summarise, type LoadResult } from "../../sim/load/result.ts";
import { moments } from "../../sim/queue/statistics.ts";
import { comparePoint } from "../../sim/prediction.ts";

const point: OperatingPoint = {
  name: "synthetic",
  arrivalRate: 400,
  service: { law: "exponential", mean: 0.025 },
  servers: 10,
  duration: 1.5,
};

interface Fault {
  /** Servers that the synthetic system really has. */
  readonly servers?: number;
  readonly overhead?: number;
  readonly lateness?: number;
  readonly lag?: number;
  readonly failEvery?: number;
  readonly waits?: boolean;
  readonly lies?: boolean;
}

/** What a perfect machine would measure, made by a plain event loop; optionally with a fault. */
function syntheticRun(seed: number, at: OperatingPoint = point, fault: Fault = {}): LoadResult {
  const intended = poissonSchedule(at.arrivalRate, at.duration, seed);
  const demand = serviceDemands({ seed, service: at.service });
  const servers = fault.servers ?? at.servers;
  const overhead = fault.overhead ?? 0.001;
  let ends: number[] = [];
  const outcomes: LoadOutcome[] = [];
  const finished: number[] = [];
  const sent = intended.map((time) => time + (fault.lateness ?? 0));
  sent.forEach((now, index) => {
    ends = ends.filter((end) => end > now);
    const full = ends.length >= servers;
    if (full && fault.waits !== true) {
      outcomes.push("rejected");
      finished.push(now);
      return;
    }
    const start = full ? [...ends].sort((a, b) => b - a)[servers - 1]! : now;
    const end = start + demand(index) + overhead;
    ends.push(end);
    finished.push(end);
    const fails = fault.failEvery !== undefined && index % fault.failEvery === 0;
    outcomes.push(fails ? "failed" : "completed");
  });
  const completed = outcomes.filter((outcome) => outcome === "completed").length;
  const record: LoadRecord = {
    sent,
    finished,
    outcomes,
    failures: fault.failEvery === undefined ? {} : { "connection reset": 1 },
    lag: { p50: 0, p99: fault.lag ?? 0.0005, max: fault.lag ?? 0.001 },
    cpu: { user: 1, system: 0.1 },
  };
  return summarise(at, intended, demand, record, completed - (fault.lies === true ? 1 : 0));
}

const calibration: Calibration = calibrate(
  syntheticRun(1, { ...point, name: "calibration", arrivalRate: 200, duration: 2.5 }),
);

describe("calibration", () => {
  it("finds the overhead although the service times vary a lot", () => {
    expect(calibration.overhead).toBeCloseTo(0.001, 6);
    expect(calibration.serviceMean).toBeCloseTo(0.026, 6);
    expect(calibration.low).toBeLessThanOrEqual(calibration.serviceMean);
    expect(calibration.high).toBeGreaterThanOrEqual(calibration.serviceMean);
  });
});

describe("the prediction interval of the loss model", () => {
  const shape = (run: LoadResult): RunShape => ({
    service: point.service,
    servers: point.servers,
    arrivals: run.offered,
    demandMean: moments(run.record.demands).mean,
    duration: point.duration,
    warmUp: 0.25,
    tick: 1e-6,
  });
  const options = { seed: 3, confidence: 0.99, runs: 300 };

  it("contains the share that a true loss system shows, in at least 97 of 100 runs", () => {
    let inside = 0;
    for (let seed = 100; seed < 200; seed++) {
      const run = syntheticRun(seed);
      const { low, high } = predictLoss(shape(run), calibration, { ...options, runs: 200 });
      const { share } = rejectedShare(run);
      if (share >= low && share <= high) inside++;
    }
    expect(inside).toBeGreaterThanOrEqual(97);
  });

  it("has the simulated mean near Erlang B and shrinks for a longer run", () => {
    const run = syntheticRun(7);
    const short = predictLoss(shape(run), calibration, options);
    expect(Math.abs(short.simulated - short.value)).toBeLessThan(0.01);
    const long = predictLoss(
      { ...shape(run), arrivals: 8 * run.offered, duration: 8 * point.duration },
      calibration,
      options,
    );
    expect(long.deviation).toBeLessThan(short.deviation / 2);
  });

  it("is the same for the same seed", () => {
    const run = syntheticRun(7);
    expect(predictLoss(shape(run), calibration, options)).toEqual(
      predictLoss(shape(run), calibration, options),
    );
  });
});

describe("a point under comparison", () => {
  const judge = (fault: Fault, predictor: "erlang-b" | "erlang-c" = "erlang-b") => {
    const run = syntheticRun(11, point, fault);
    const disturbed = disturbance(run);
    return comparePoint(predictor, { run, calibration, disturbed }, 3, 1);
  };

  it("agrees with a true loss system, arrival by arrival", () => {
    const { inside, unusable, replayed, measured } = judge({});
    expect(unusable).toBeNull();
    expect(inside).toBe(true);
    expect(replayed.agreement).toBeGreaterThan(0.999);
    expect(Math.abs(replayed.share - measured)).toBeLessThan(0.002);
  });

  it.each([
    ["fewer servers", { servers: 6 }],
    ["more servers", { servers: 15 }],
    ["a waiting room", { waits: true }],
  ])("refutes Erlang B for a system with %s", (_, fault) => {
    const { inside, unusable } = judge(fault);
    expect(unusable).toBeNull();
    expect(inside).toBe(false);
  });

  it("keeps Erlang C for a system that waits and refutes it for one that rejects", () => {
    expect(judge({ waits: true }, "erlang-c").inside).toBe(true);
    expect(judge({}, "erlang-c").inside).toBe(false);
  });

  it("does not blame the model when the service time moved", () => {
    const { inside, unusable } = judge({ overhead: 0.025 });
    expect(inside).toBe(false);
    expect(unusable).toMatch(/service time moved from 26.00 ms .* to 50.00 ms/);
  });

  it("does not judge Erlang B on a busy machine, but Erlang C, which no delay excuses", () => {
    expect(judge({ lateness: 0.004 }).unusable).toMatch(/too busy .* lateness/);
    expect(judge({ lag: 0.05 }).unusable).toMatch(/event-loop lag p99 50.0 ms/);
    expect(judge({ lag: 0.05 }, "erlang-c").unusable).toBeNull();
  });

  it("judges nothing by a run with failed exports", () => {
    expect(judge({ failEvery: 50 }).unusable).toMatch(/failed .* connection reset/);
    expect(judge({ failEvery: 50 }, "erlang-c").unusable).toMatch(/failed/);
  });
});

it("a point where the backend and the exporter disagree is not judged", () => {
  const run = syntheticRun(11, point, { lies: true });
  const { unusable } = comparePoint(
    "erlang-c",
    { run, calibration, disturbed: disturbance(run) },
    3,
    1,
  );
  expect(unusable).toMatch(/reported as done, but the backend answered/);
});

describe("the loss model on a run's own arrivals", () => {
  it("notices a wrong number of servers", () => {
    const run = syntheticRun(11);
    const wrong = { ...run, point: { ...run.point, servers: 9 } };
    expect(replayLoss(wrong).share).toBeGreaterThan(replayLoss(run).share);
    expect(replayLoss(wrong).agreement).toBeLessThan(0.99);
  });
});
