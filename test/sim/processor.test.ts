/** The real span processors under load, in processes of their own. */

import { describe, expect, it } from "vitest";

import { otelBatchReplay } from "../../adapters/otel-batch-replay.ts";
import { otelProcessor } from "../../adapters/otel-processor.ts";
import type { CheckContext } from "../../core/engine.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import type { ProcessorSettings } from "../../core/load.ts";
import type { ProcessorPoint, QueueSubject, ValidationClaim } from "../../core/subject.ts";
import { batchProcessorSubject } from "../../properties/queue/processor.ts";
import { fitAffine } from "../../sim/calibrate/affine.ts";
import { engine } from "../../sim/engine.ts";
import { scheduleOf } from "../../sim/load/arrivals.ts";
import { runProcessor } from "../../sim/load/run-processor.ts";

const batch: ProcessorSettings = {
  kind: "batch",
  maxExportBatchSize: 16,
  maxQueueSize: 64,
  scheduledDelayMillis: 100,
  exportTimeoutMillis: 30_000,
};
const point: ProcessorPoint = {
  name: "small",
  arrivalRate: 200,
  service: { law: "deterministic", mean: 0.05 },
  duration: 1.2,
};

describe("schedules", () => {
  it("are periodic, in bursts, or a checked trace", () => {
    expect(scheduleOf({ ...point, pattern: "periodic", arrivalRate: 10 }, 1)).toHaveLength(11);
    const bursts = scheduleOf({ ...point, burst: 5 }, 1);
    expect(bursts.length % 5).toBe(0);
    expect(bursts[0]).toBe(bursts[4]);
    expect(scheduleOf({ ...point, pattern: { trace: [7, 7.5, 9] } }, 1)).toEqual([0, 0.5]);
    for (const trace of [[], [1, Number.NaN], [2, 1]]) {
      expect(() => scheduleOf({ ...point, pattern: { trace } }, 1)).toThrow(DiagnosticError);
    }
    expect(() => scheduleOf({ ...point, burst: 0 }, 1)).toThrow(DiagnosticError);
  });
});

describe("the affine fit", () => {
  it("finds a slope that is there, and none in noise", () => {
    const line = fitAffine([1, 8, 64, 512].map((x) => ({ x, y: 0.1 + 0.005 * x })));
    expect(line.base).toBeCloseTo(0.1, 10);
    expect(line.perItem).toBeCloseTo(0.005, 10);
    expect(fitAffine([5, 6, 7, 8].map((x, at) => ({ x, y: at % 2 }))).perItem).toBe(0);
    expect(() => fitAffine([])).toThrow(DiagnosticError);
  });
});

describe("a run of a real processor", () => {
  it("accounts for every span, and the backend saw every export", async () => {
    const run = await runProcessor(otelProcessor, batch, point, { seed: 3 });
    const { record } = run;
    expect(record.fate).toHaveLength(run.intended.length);
    const taken = record.fate.filter((fate) => fate >= 0).length;
    expect(record.exports.reduce((sum, { size }) => sum + size, 0)).toBe(taken);
    expect(run.delivered).toBe(record.exports.filter(({ ok }) => ok).length);
    for (const { start, end, size } of record.exports) {
      expect(size).toBeLessThanOrEqual(16);
      expect(end - start).toBeGreaterThan(0.045);
    }
  });

  it("sees what a faulty backend does", async () => {
    const faults = [{ from: 0, to: 0.5, kind: { status: 400 } }] as const;
    const run = await runProcessor(otelProcessor, batch, point, { seed: 3, faults });
    expect(run.record.exports.some(({ ok, refused }) => !ok && !refused)).toBe(true);
    expect(run.record.exports.at(-1)?.ok).toBe(true);
    expect(Object.keys(run.record.failures).length).toBeGreaterThan(0);
  });

  it("refuses beyond the concurrency limit of the simple processor", async () => {
    const settings = { kind: "simple", concurrencyLimit: 4 } as const;
    const run = await runProcessor(otelProcessor, settings, point, { seed: 3 });
    const refused = run.record.exports.filter((one) => one.refused).length;
    expect(refused).toBeGreaterThan(20);
    expect(run.delivered).toBe(run.record.exports.length - refused);
  });
});

describe("validation claims", () => {
  const context: CheckContext = {
    seed: 42,
    signal: new AbortController().signal,
    budget: { timeMs: 60_000, maxStates: 1 },
    progress: () => {},
    options: {},
  };

  it("refute M/M/30 and never the bulk model", async () => {
    const claim = (predictor: ValidationClaim["predictor"]): ValidationClaim => ({
      kind: "validation",
      id: predictor,
      title: predictor,
      predictor,
      processor: batch,
      points: [point],
      judgedBy: "interval",
    });
    const subject: QueueSubject = {
      ...batchProcessorSubject(otelBatchReplay(), otelProcessor),
      claims: [claim("mmn"), claim("bulk")],
    };
    const [mmn, bulk] = engine.plan(subject);
    expect(mmn!.exclusive).toBe(true);
    const wrong = await engine.check(mmn!, subject, context);
    expect(wrong.verdict).toBe("violated");
    expect(wrong.counterexample!.at).toEqual({ point: "small", predictor: "mmn" });
    const tables = wrong.exhibits.filter((one) => one.kind === "table");
    expect(tables).toHaveLength(5);
    expect(tables[0]).toMatchObject({ title: "Operating points" });
    expect(tables[0]!.rows[0]![3]).toBe("differs");
    expect(wrong.stats).toMatchObject({ points: 1, agreeing: 0, open: 0 });
    expect(wrong.exhibits.filter(({ kind }) => kind === "chart")).toHaveLength(3);
    const again = await engine.replay(mmn!, subject, wrong.counterexample!, context);
    expect(again.kind).toBe("reproduced");
    // A busy machine gives no verdict; it must not call the right model wrong.
    const right = await engine.check(bulk!, subject, context);
    expect(["holds-bounded", "inconclusive"]).toContain(right.verdict);
    if (right.verdict === "inconclusive") expect(right.reason).toMatch(/^1 of 1 points are open: /);
  }, 150_000);

  it("need a processor", async () => {
    const { processor: _, ...without } = batchProcessorSubject(otelBatchReplay(), otelProcessor);
    const obligation = engine
      .plan(without)
      .find(({ property }) => property === "bulk-model-predicts")!;
    const outcome = await engine.check(obligation, without, context);
    expect(outcome.verdict).toBe("error");
    expect(outcome.reason).toMatch(/no processor/);
  });
});
