import { describe, expect, it } from "vitest";

import { otelExporterQueue } from "../../adapters/otel-exporter-queue.ts";
import type { CheckContext } from "../../core/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { FormulaClaim, OperatingPoint, QueueSubject, Subject } from "../../core/subject.ts";
import { exporterQueueSubject } from "../../properties/queue/exporter.ts";
import { queueMd1, queueMmn, queueMmnk } from "../../properties/queue/mmn.ts";
import { erlangCMeanWait } from "../../properties/queue/textbook.ts";
import { engine } from "../../sim/engine.ts";

function context(seed = 42, signal = new AbortController().signal): CheckContext {
  return {
    seed,
    signal,
    budget: { timeMs: 60_000, maxStates: 1e6 },
    progress: () => {},
    options: {},
  };
}

async function check(subject: Subject, property: string, seed = 42): Promise<Outcome> {
  const obligation = engine.plan(subject).find((one) => one.property === property)!;
  return engine.check(obligation, subject, context(seed));
}

const small: QueueSubject = {
  kind: "queue",
  id: "small",
  title: "small",
  model: {
    arrivalRate: 1.2,
    service: { law: "exponential", mean: 1 },
    servers: 2,
    waitingRoom: null,
  },
  claims: [],
};
const claim = (
  formula: FormulaClaim["formula"],
  more: Partial<FormulaClaim> = {},
): QueueSubject => ({
  ...small,
  claims: [
    {
      kind: "formula",
      id: "claim",
      title: "claim",
      measure: "mean-wait",
      formulaName: "the formula",
      formula,
      ...more,
    },
  ],
});

describe("the plan", () => {
  it("has one obligation per formula and prediction claim, measured ones exclusive", () => {
    const obligations = engine.plan(exporterQueueSubject(otelExporterQueue));
    expect(obligations.map(({ id }) => id)).toEqual([
      "otlp-exporter-queue/erlang-b-any-service-law",
      "otlp-exporter-queue/loss-model-predicts",
      "otlp-exporter-queue/waiting-model-predicts",
    ]);
    expect(obligations.map(({ exclusive }) => exclusive ?? false)).toEqual([false, true, true]);
    expect(obligations[1]!.implementation?.name).toBe(otelExporterQueue.name);
    expect(new Set(obligations.map(({ engine: name }) => name))).toEqual(new Set(["sim"]));
  });

  it("leaves other subjects alone", () => {
    expect(engine.plan({ kind: "theorem", id: "t", title: "t", theorems: [] })).toEqual([]);
  });
});

describe("formula claims", () => {
  it("refutes the published W at eight servers and replays it", async () => {
    const outcome = await check(queueMmn, "published-mean-wait");
    expect(outcome.verdict).toBe("violated");
    expect(outcome.method).toBe("simulation");
    const pinned = queueMmn.claims.find(({ id }) => id === "published-mean-wait")!.expect!;
    expect(outcome.counterexample!.at).toEqual(pinned.at);
    const obligation = engine.plan(queueMmn).find((one) => one.property === "published-mean-wait")!;
    const again = await engine.replay(obligation, queueMmn, outcome.counterexample!, context(7));
    expect(again.kind).toBe("reproduced");

    const fixed: QueueSubject = {
      ...queueMmn,
      claims: queueMmn.claims.map((one) =>
        one.kind === "formula" ? { ...one, formula: erlangCMeanWait } : one,
      ),
    };
    const mended = await engine.replay(obligation, fixed, outcome.counterexample!, context(7));
    expect(mended.kind).toBe("passes");

    const other = { ...queueMmn, model: { ...queueMmn.model, servers: 9 } };
    const gone = await engine.replay(obligation, other, outcome.counterexample!, context(7));
    expect(gone.kind).toBe("infeasible");

    // For one server the published W is right, and the table says so.
    const [table] = outcome.exhibits;
    expect(table?.kind).toBe("table");
    const rows = table?.kind === "table" ? table.rows : [];
    expect(rows.map((row) => row.at(-1))).toEqual(["differs", "agrees", "differs"]);
  });

  it.each([
    [queueMmn, "erlang-c-wait-probability"],
    [queueMmnk, "loss-probability"],
    [queueMmnk, "mean-wait"],
    [queueMd1, "mean-wait"],
    [exporterQueueSubject(otelExporterQueue), "erlang-b-any-service-law"],
  ] as const)("confirms %#", async (subject, property) => {
    const outcome = await check(subject, property);
    expect(outcome.verdict).toBe("holds-bounded");
    expect(outcome.bound).toHaveProperty("replications");
  });

  it("is the same outcome for the same seed", async () => {
    const subject = claim(erlangCMeanWait);
    expect(await check(subject, "claim", 5)).toEqual(await check(subject, "claim", 5));
  });

  it.each([
    ["10 % too large", (value: number) => 1.1 * value],
    ["10 % too small", (value: number) => 0.9 * value],
    ["not a number", () => Number.NaN],
    ["infinite", () => Infinity],
  ])("refutes a formula that is %s", async (_, spoil) => {
    const outcome = await check(
      claim((model) => spoil(erlangCMeanWait(model))),
      "claim",
    );
    expect(outcome.verdict).toBe("violated");
  });

  it("refutes a formula that is off by one server", async () => {
    const subject = claim((model) => erlangCMeanWait({ ...model, servers: model.servers + 1 }));
    expect((await check(subject, "claim")).verdict).toBe("violated");
  });

  it("names the further model at which a formula fails", async () => {
    // Right for one server only: M/M/1.
    const mm1: FormulaClaim["formula"] = ({ arrivalRate }) => arrivalRate / (1 - arrivalRate);
    const subject: QueueSubject = {
      ...claim(mm1, { also: [{ ...small.model, arrivalRate: 0.6 }] }),
      model: { ...small.model, arrivalRate: 0.6, servers: 1 },
    };
    const outcome = await check(subject, "claim");
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample!.at).toEqual({ measure: "mean-wait", servers: 2 });
  });

  it("does not pass what it cannot see: a loss too rare to be simulated", async () => {
    const subject: QueueSubject = {
      ...claim(() => 1e-12, { measure: "loss-probability" }),
      model: { ...small.model, arrivalRate: 0.01, waitingRoom: 10 },
    };
    const outcome = await check(subject, "claim");
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toMatch(/saw no such event/);
  });

  it("reports an unstable model as an error with its code", async () => {
    const subject = { ...claim(erlangCMeanWait), model: { ...small.model, arrivalRate: 2 } };
    const outcome = await check(subject, "claim");
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]!.code).toBe("VRF501");
  });

  it("is inconclusive when it is interrupted", async () => {
    const subject = claim(erlangCMeanWait);
    const [obligation] = engine.plan(subject);
    const controller = new AbortController();
    controller.abort();
    const outcome = await engine.check(obligation!, subject, context(1, controller.signal));
    expect(outcome.verdict).toBe("inconclusive");
  });
});

describe("prediction claims on the real exporter", () => {
  const point: OperatingPoint = {
    name: "over capacity",
    arrivalRate: 250,
    service: { law: "exponential", mean: 0.03 },
    servers: 5,
    duration: 1.5,
  };
  const measured: QueueSubject = {
    ...exporterQueueSubject(otelExporterQueue),
    claims: [
      { kind: "prediction", id: "b", title: "b", predictor: "erlang-b", points: [point] },
      { kind: "prediction", id: "c", title: "c", predictor: "erlang-c", points: [point] },
    ],
  };

  it("refute the waiting model, replay it, and never the loss model", async () => {
    const waiting = await check(measured, "c");
    expect(waiting.verdict).toBe("violated");
    expect(waiting.method).toBe("measurement");
    expect(waiting.counterexample!.at).toEqual({
      point: "over capacity",
      measure: "rejected-share",
      servers: 5,
    });
    expect(waiting.counterexample!.trace.states).toHaveLength(2);
    expect(waiting.exhibits.map(({ kind }) => kind)).toEqual(["table", "chart", "chart"]);

    // On a busy machine the loss model is not judged; it must not be called wrong.
    const loss = await check(measured, "b");
    expect(["holds-bounded", "inconclusive"]).toContain(loss.verdict);
    expect(loss.exhibits[0]).toMatchObject({ kind: "table" });

    const obligation = engine.plan(measured).find(({ property }) => property === "c")!;
    const replayed = await engine.replay(obligation, measured, waiting.counterexample!, context(9));
    expect(replayed.kind).toBe("reproduced");
    const moved: QueueSubject = {
      ...measured,
      claims: [
        {
          kind: "prediction",
          id: "c",
          title: "c",
          predictor: "erlang-c",
          points: [{ ...point, servers: 6 }],
        },
      ],
    };
    const gone = await engine.replay(obligation, moved, waiting.counterexample!, context(9));
    expect(gone.kind).toBe("infeasible");
  });

  it("need a system", async () => {
    const { system: _, ...without } = measured;
    const outcome = await check(without, "b");
    expect(outcome.verdict).toBe("error");
    expect(outcome.reason).toMatch(/no system to be measured/);
  });

  it("say that the load program failed, and do not judge", async () => {
    const program = import.meta.filename; // not a load program
    const subject = { ...measured, system: { name: "broken", version: "0", program } };
    const outcome = await check(subject, "b");
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]!.code).toBe("VRF402");
  });
});
