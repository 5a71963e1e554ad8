/** Bulk service: against closed forms, by hand, and against the real batch processor. */

import { describe, expect, it } from "vitest";

import { otelBatchReplay } from "../../adapters/otel-batch-replay.ts";
import type { CheckContext } from "../../core/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { QueueSubject } from "../../core/subject.ts";
import { batchProcessorSubject } from "../../properties/queue/processor.ts";
import { engine } from "../../sim/engine.ts";
import { dropped, left, runBulk, type BulkModel } from "../../sim/queue/bulk.ts";
import { bulkMeanWaiting, timerBatch } from "../../sim/queue/moments-formulas.ts";
import { Variates } from "../../sim/queue/stream.ts";

const base: BulkModel = { batch: 3, room: 4, delay: 10, exportTimeout: Infinity };
const takes = (seconds: number) => (): { seconds: number; ok: boolean } => ({ seconds, ok: true });

describe("bulk service by hand", () => {
  it("begins by size, by timer, and drops what finds no place", () => {
    // 3 begin at 2; four wait by 5, the fifth is dropped; at 7 three go, one waits for the timer.
    const run = runBulk(base, [0, 1, 2, 3, 4, 5, 5.5, 6], takes(5));
    expect(run.exports.map(({ start, size }) => [start, size])).toEqual([
      [2, 3],
      [7, 3],
      [22, 1],
    ]);
    expect([...run.fate]).toEqual([0, 0, 0, 1, 1, 1, 2, dropped]);
    expect(run.dropped).toBe(1);
  });

  it("waits T after the first item, and leaves what has not begun at the end", () => {
    const run = runBulk(base, [1, 12, 13], takes(0.5), { until: 20 });
    expect(run.exports.map(({ start, size }) => [start, size])).toEqual([[11, 1]]);
    expect([...run.fate]).toEqual([0, left, left]);
    expect(run.left).toBe(2);
    expect(run.waitingArea).toBeCloseTo(10 + 8 + 7, 12);
    expect(run.busyArea).toBeCloseTo(0.5, 12);
  });

  it("an export that times out counts as failed and goes on", () => {
    const run = runBulk({ ...base, exportTimeout: 2 }, [0, 0, 0, 1, 1, 1], takes(5));
    expect(run.exports.map(({ start, ok }) => [start, ok])).toEqual([
      [0, false],
      [2, false],
    ]);
    expect(run.busyArea).toBeCloseTo(7, 12);
  });
});

describe("bulk service against closed forms", () => {
  const poisson = (rate: number, count: number, seed: number): Float64Array => {
    const gap = new Variates({ law: "exponential", mean: 1 / rate }, seed, "arrival");
    let time = 0;
    return Float64Array.from({ length: count }, () => (time += gap.draw()));
  };

  it("M/M^(1,b)/1: no delay, exponential service", () => {
    const service = new Variates({ law: "exponential", mean: 1 }, 3, "service");
    const run = runBulk(
      { batch: 5, room: 1_000_000, delay: 0, exportTimeout: Infinity },
      poisson(4, 1_000_000, 3),
      () => ({ seconds: service.draw(), ok: true }),
    );
    const last = run.exports.at(-1)!.end;
    const value = bulkMeanWaiting({ arrivalRate: 4, serviceRate: 1, least: 1, most: 5 });
    expect(run.waitingArea / last / value).toBeCloseTo(1, 1);
  });

  it("a timer alone: waits and sizes at low load", () => {
    const run = runBulk(
      { batch: 1e6, room: 1e6, delay: 0.2, exportTimeout: Infinity },
      poisson(100, 200_000, 5),
      takes(1e-9),
    );
    const { meanWait, meanSize } = timerBatch(100, 0.2);
    const mean = run.waits.reduce((sum, wait) => sum + wait, 0) / run.waits.length;
    expect(mean).toBeCloseTo(meanWait, 3);
    expect(run.waits.length / run.exports.length).toBeCloseTo(meanSize, 0);
  });
});

describe("the real batch processor", () => {
  const context: CheckContext = {
    seed: 42,
    signal: new AbortController().signal,
    budget: { timeMs: 60_000, maxStates: 1 },
    progress: () => {},
    options: {},
  };
  const check = async (subject: QueueSubject, property: string): Promise<Outcome> => {
    const obligation = engine.plan(subject).find((one) => one.property === property)!;
    return engine.check(obligation, subject, context);
  };

  it("does in 1000 random traces exactly what the simulator does", async () => {
    const outcome = await check(batchProcessorSubject(otelBatchReplay()), "simulator-is-exact");
    expect(outcome.counterexample?.message ?? "").toBe("");
    expect(outcome.verdict).toBe("holds-bounded");
    expect(outcome.bound).toMatchObject({ traces: 1000 });
    expect(outcome.stats["dropped"]).toBeGreaterThan(1000);
    expect(outcome.stats["overlapping"]).toBeGreaterThan(10);
  });

  it("overlaps exports after a failure, which replays", async () => {
    const subject = batchProcessorSubject(otelBatchReplay());
    const outcome = await check(subject, "one-export-at-a-time");
    expect(outcome.verdict).toBe("violated");
    const obligation = engine
      .plan(subject)
      .find(({ property }) => property === "one-export-at-a-time")!;
    const again = await engine.replay(obligation, subject, outcome.counterexample!, context);
    expect(again.kind).toBe("reproduced");
  });

  it.each([
    ["a batch one larger", { maxExportBatchSize: 1 }],
    ["a room one larger", { maxQueueSize: 1 }],
    ["a delay one millisecond longer", { scheduledDelayMillis: 1 }],
    ["an export timeout one millisecond longer", { exportTimeoutMillis: 1 }],
  ] as const)("negative control: %s is refuted", async (_, more) => {
    const spoilt = otelBatchReplay((settings) => {
      const changed: Record<string, number> = { ...settings };
      for (const [name, value] of Object.entries(more)) changed[name]! += value;
      return changed as unknown as typeof settings;
    });
    const outcome = await check(batchProcessorSubject(spoilt), "simulator-is-exact");
    expect(outcome.verdict).toBe("violated");
  });
});
