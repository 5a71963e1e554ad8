import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";

import type { CheckContext } from "../../core/engine.ts";
import type { RulesSubject } from "../../core/subject.ts";
import { closeSolver } from "../../solver/solver.ts";
import { engine } from "../../checkers/rules/engine.ts";
import { removeConfigs, routing, transform, writeConfig } from "./helpers.ts";

/** A planted mistake: what the model says of a function. */
const planted = vi.hoisted(() => ({ isString: false }));

vi.mock(import("../../checkers/rules/symbolic/functions.ts"), async (original) => {
  const real = await original();
  const terms = await import("../../checkers/rules/symbolic/term.ts");
  return {
    ...real,
    callFunction: (name, args, context) =>
      planted.isString && name === "IsString"
        ? { value: terms.con("Bool", terms.yes()), error: terms.no() }
        : real.callFunction(name, args, context),
  };
});

beforeEach(() => {
  planted.isString = false;
});
afterAll(async () => {
  removeConfigs();
  await closeSolver();
});

const context: CheckContext = {
  seed: 1,
  budget: { timeMs: 60_000, maxStates: 1 },
  signal: new AbortController().signal,
  progress: () => undefined,
  options: {},
};

const subjectOf = (yaml: string, more: Partial<RulesSubject> = {}): RulesSubject => ({
  kind: "rules",
  id: "s",
  title: "s",
  files: [writeConfig(yaml)],
  builtIn: false,
  claims: [
    {
      kind: "redaction",
      id: "body",
      title: "bodies of production",
      secret: "log.body",
      when: inProd,
    },
  ],
  ...more,
});

const inProd = 'resource.attributes["env"] == "prod"';
const guarded = `set(log.body, SHA256(log.body)) where ${inProd} and IsString(log.body)`;

const obligationOf = (subject: RulesSubject, property: string) =>
  engine.plan(subject).find((entry) => entry.property === property)!;

async function check(subject: RulesSubject, property: string) {
  return engine.check(obligationOf(subject, property), subject, context);
}

describe("proofs are attacked with fresh records", () => {
  test("and say with how many", async () => {
    const clear = `clear(log.body) where ${inProd} and not IsString(log.body)`;
    const subject = subjectOf(transform([clear, guarded]));
    for (const property of ["body/hidden", "body/leak-free"]) {
      const outcome = await check(subject, property);
      expect(outcome.verdict).toBe("proved");
      expect(outcome.stats["attacked"]).toBe(200);
    }
    const routes = subjectOf(
      routing([
        { condition: 'attributes["tenant"] == "a"', to: "logs/a" },
        { condition: 'attributes["tenant"] == "b"', to: "logs/b" },
      ]),
      { builtIn: true, claims: [] },
    );
    const order = await check(routes, "routing/r/logs/order");
    expect(order.verdict).toBe("proved");
    expect(order.stats["attacked"]).toBe(200);
  });

  test("a model that is wrong is an error of the engine, not a proof", async () => {
    planted.isString = true;
    // No record of the first sampling may show it, or it is a plain violation.
    const subject = subjectOf(
      transform([
        `set(log.attributes["seen"], 1) where not IsString(log.attributes["rare"])`,
        `set(log.severity_text, "never") where not IsString(log.attributes["kind"])`,
      ]),
      { builtIn: true, claims: [] },
    );
    const { Analysis } = await import("../../checkers/rules/analysis.ts");
    const { workOf } = await import("../../checkers/rules/work.ts");
    const { Session } = await import("../../solver/solver.ts");
    const work = workOf(subject);
    const analysis = new Analysis(work.rules.parts[0]!.program, {
      replayer: work.replayer,
      seed: 1,
      samples: 1,
    });
    analysis.use(new Session({ timeMs: 60_000 }));
    const [first] = analysis.execution.passages;
    const fires = analysis.find([first!.fires], ({ record }) =>
      analysis.replayer
        .run(analysis.program, record)
        .observed.some((seen) => seen.rule === first!.rule && seen.fired),
    );
    await expect(fires).rejects.toThrow("the proof is wrong");
  });
});

describe("a stored counterexample is followed", () => {
  const textbook = `set(log.body, SHA256(log.body)) where ${inProd}`;

  test("the record is run again, and the solver is not asked", async () => {
    const subject = subjectOf(transform([textbook]));
    const stored = (await check(subject, "body/hidden")).counterexample!;
    const again = await engine.replay(
      obligationOf(subject, "body/hidden"),
      subject,
      stored,
      context,
    );
    expect(again).toMatchObject({
      kind: "reproduced",
      message: expect.stringContaining("the stored record, run again"),
    });
    const { counterexample } = again as { counterexample: typeof stored };
    expect(counterexample.recipe).toEqual(stored.recipe);
  });

  test("a record that shows nothing passes, even where another one would show it", async () => {
    const subject = subjectOf(transform([textbook]));
    const stored = (await check(subject, "body/hidden")).counterexample!;
    const harmless = {
      resourceLogs: [
        { resource: {}, scopeLogs: [{ scope: {}, logRecords: [{ body: { stringValue: "x" } }] }] },
      ],
    };
    const again = await engine.replay(
      obligationOf(subject, "body/hidden"),
      subject,
      { ...stored, recipe: { payload: harmless } },
      context,
    );
    expect(again).toMatchObject({
      kind: "passes",
      message: expect.stringContaining("the solver was not asked"),
    });
  });

  test("two records that were told apart are both run again", async () => {
    const copy = `set(log.attributes["copy"], log.body)`;
    const subject = subjectOf(transform([copy, textbook]));
    const stored = (await check(subject, "body/leak-free")).counterexample!;
    expect(stored.recipe).toHaveProperty("twin");
    const again = await engine.replay(
      obligationOf(subject, "body/leak-free"),
      subject,
      stored,
      context,
    );
    expect(again).toMatchObject({ kind: "reproduced" });
  });
});
