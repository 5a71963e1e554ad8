import { describe, expect, test } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Engine, Obligation } from "../../core/engine.ts";
import type { Subject, TheoremSubject } from "../../core/subject.ts";
import { closest } from "../../runner/closest.ts";
import { validateConfig } from "../../runner/load-config.ts";
import { parseEngines, plan } from "../../runner/plan.ts";

const theorem = (id: string) => ({
  id,
  title: id,
  variables: {},
  premises: {},
  conclusion: "true",
});
const subject = (id: string, ...theorems: string[]): TheoremSubject => ({
  kind: "theorem",
  id,
  title: id,
  theorems: theorems.map(theorem),
});

/** Takes every theorem. */
const engine: Engine = {
  name: "prove",
  version: "1",
  plan: (item: Subject): Obligation[] =>
    item.kind === "theorem"
      ? item.theorems.map(({ id, title }) => ({
          id: `${item.id}/${id}`,
          subject: item.id,
          property: id,
          title,
          source: null,
          engine: "prove",
          claim: "universal",
          implementation: null,
          expect: null,
        }))
      : [],
  check: () => Promise.reject(new Error("not used")),
  replay: () => Promise.reject(new Error("not used")),
};
const subjects = [subject("queue", "wait", "loss"), subject("retry", "sixth")];
const ids = (selection: Parameters<typeof plan>[2]): string[] =>
  plan(subjects, [engine], selection).map(({ id }) => id);

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticError) return `${error.code} ${error.help ?? ""}`;
    throw error;
  }
  return "nothing thrown";
};

describe("plan", () => {
  test("selects by subject, property and pattern", () => {
    expect(ids({})).toEqual(["queue/wait", "queue/loss", "retry/sixth"]);
    expect(ids({ only: ["retry"] })).toEqual(["retry/sixth"]);
    expect(ids({ only: ["queue/loss", "retry/sixth"] })).toEqual(["queue/loss", "retry/sixth"]);
    expect(ids({ grep: "^queue/.o" })).toEqual(["queue/loss"]);
  });

  test("shards cover everything once", () => {
    const parts = [1, 2].map((index) => ids({ shard: { index, count: 2 } }));
    expect(parts.flat().sort()).toEqual(ids({}).sort());
  });

  test("an unknown name is refused with the nearest one", () => {
    expect(codeOf(() => ids({ only: ["quoue"] }))).toBe("VRF004 did you mean queue?");
    expect(codeOf(() => ids({ only: ["queue/wiat"] }))).toBe("VRF004 did you mean queue/wait?");
    expect(codeOf(() => parseEngines(["z3"]))).toMatch(/^VRF004 engines: explore/);
  });

  test("nothing selected is an error, not a pass", () => {
    expect(codeOf(() => ids({ grep: "nothing" }))).toMatch(/^VRF005/);
    expect(codeOf(() => ids({ grep: "(" }))).toMatch(/^VRF006/);
    expect(codeOf(() => plan([], [engine]))).toMatch(/^VRF005/);
  });

  test("closest says nothing when nothing is near", () => {
    expect(closest("zzzzzz", ["queue", "retry"])).toBeUndefined();
  });
});

describe("configuration", () => {
  test.each([
    ["nothing", undefined],
    ["no subjects", {}],
    ["subjects that are no list", { subjects: {} }],
    ["an empty subject", { subjects: [null] }],
    ["a bad id", { subjects: [{ ...subject("x"), id: "Bad Id" }] }],
    ["an unknown kind", { subjects: [{ ...subject("x"), kind: "thing" }] }],
    ["the same id twice", { subjects: [subject("x"), subject("x")] }],
    ["the same claim twice", { subjects: [subject("x", "a", "a")] }],
    ["no claims", { subjects: [{ kind: "theorem", id: "x", title: "x" }] }],
  ])("%s is refused", (_, config) => {
    expect(codeOf(() => validateConfig(config, "verify.config.ts"))).toMatch(/^VRF003 ./);
  });

  test("a good one passes", () => {
    expect(validateConfig({ subjects }, "verify.config.ts").subjects).toHaveLength(2);
  });
});
