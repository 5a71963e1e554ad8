import { readFileSync } from "node:fs";

import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";

import type { Result } from "../../core/index.ts";
import { renderReport } from "../../reports/index.ts";
import { makeReport, makeResult } from "./fixture.ts";

const schema: object = JSON.parse(
  readFileSync(new URL("../../reports/schema/report.schema.json", import.meta.url), "utf8"),
);
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(
  schema,
);

const render = async (report = makeReport()): Promise<string> =>
  await renderReport("json", report, { color: false });

/** The report with one result replaced by a broken copy. */
function withResult(change: Record<string, unknown>): unknown {
  const report = makeReport([makeResult({ id: "a/b", verdict: "proved" })]);
  return { ...report, results: [{ ...report.results[0], ...change }] };
}

describe("the JSON report", () => {
  it("satisfies the shipped schema with every kind of content", async () => {
    validate(JSON.parse(await render()));
    expect(validate.errors).toBeNull();
  });

  it("carries the report unchanged", async () => {
    const report = makeReport();
    expect(JSON.parse(await render(report))).toEqual(report);
  });

  it("keeps its order of keys whatever order they came in", async () => {
    const report = makeReport();
    const reversed = <T extends object>(value: T): T =>
      Object.assign(Object.create(null), Object.fromEntries(Object.entries(value).toReversed()));
    const shuffled = reversed({
      ...report,
      subjects: report.subjects.map(reversed),
      results: report.results.map(reversed),
    });
    expect(Object.keys(shuffled)[0]).toBe("results");
    expect(await render(shuffled)).toBe(await render(report));
  });

  it("keeps additions of later versions", async () => {
    const report = { ...makeReport(), shard: "1/2" };
    const parsed: unknown = JSON.parse(await render(report));
    expect(parsed).toHaveProperty("shard", "1/2");
    validate(parsed);
    expect(validate.errors).toBeNull();
  });

  it("writes values that are not finite as words, never as null", async () => {
    const report = makeReport([
      makeResult({ id: "a/b", verdict: "proved", stats: { wait: Infinity, other: Number.NaN } }),
    ]);
    const parsed: { results: Result[] } = JSON.parse(await render(report));
    expect(parsed.results[0]?.stats).toEqual({ wait: "Infinity", other: "NaN" });
    validate(parsed);
    expect(validate.errors).toBeNull();
  });
});

describe("the schema refuses", () => {
  it.each<[string, unknown]>([
    ["another schemaVersion", { ...makeReport(), schemaVersion: 2 }],
    ["a missing summary count", { ...makeReport(), summary: { proved: 1 } }],
    ["a missing interrupted flag", { ...makeReport(), interrupted: undefined }],
    ["an unknown verdict", withResult({ verdict: "passed" })],
    ["a bounded verdict without a bound", withResult({ verdict: "holds-bounded", bound: null })],
    ["a bounded verdict with an empty bound", withResult({ verdict: "holds-bounded", bound: {} })],
    ["inconclusive without a reason", withResult({ verdict: "inconclusive", reason: "" })],
    ["skipped without a reason", withResult({ verdict: "skipped", reason: "" })],
    ["a proof without a method", withResult({ method: null })],
    [
      "a mismatch that is called expected",
      withResult({ expectationMismatch: "x", asExpected: true }),
    ],
    ["a result without asExpected", withResult({ asExpected: undefined })],
    ["an id without a subject", withResult({ id: "b" })],
    [
      "a trace that is not ITF",
      withResult({
        counterexample: { message: "m", at: {}, recipe: 1, trace: { vars: [], states: [] } },
      }),
    ],
    ["an exhibit of an unknown kind", withResult({ exhibits: [{ kind: "picture", title: "t" }] })],
    ["a null statistic", withResult({ stats: { states: null } })],
  ])("%s", (_name, broken) => {
    expect(validate(JSON.parse(JSON.stringify(broken)))).toBe(false);
  });

  it("nothing of an empty but complete report", () => {
    validate(JSON.parse(JSON.stringify(makeReport([]))));
    expect(validate.errors).toBeNull();
  });
});
