/**
 * The JSON report: the report as it is, in a fixed order of keys, so that two runs compare line by
 * line. The shape is reports/schema/report.schema.json.
 */

import type { Report, Result, SubjectSummary } from "../../core/index.ts";

const reportKeys: readonly (keyof Report)[] = [
  "schemaVersion",
  "tool",
  "seed",
  "startedAt",
  "durationMs",
  "environment",
  "command",
  "summary",
  "exitCode",
  "interrupted",
  "subjects",
  "results",
];

const subjectKeys: readonly (keyof SubjectSummary)[] = [
  "id",
  "title",
  "kind",
  "source",
  "graph",
  "coverage",
];

const resultKeys: readonly (keyof Result)[] = [
  "id",
  "subject",
  "property",
  "title",
  "source",
  "implementation",
  "engine",
  "group",
  "location",
  "verdict",
  "expected",
  "expectedBecause",
  "asExpected",
  "expectationMismatch",
  "method",
  "bound",
  "reason",
  "assumptions",
  "evidence",
  "stats",
  "requirement",
  "counterexample",
  "witness",
  "audit",
  "reduction",
  "exhibits",
  "diagnostics",
  "replay",
  "durationMs",
];

/** Known keys first, in their order; anything added later follows in the order it came. */
function ordered<T extends object>(value: T, keys: readonly (keyof T & string)[]): object {
  const out: Record<string, unknown> = {};
  for (const key of keys) if (key in value) out[key] = value[key];
  for (const [key, entry] of Object.entries(value)) if (!(key in out)) out[key] = entry;
  return out;
}

/**
 * What JSON cannot carry is written so that nobody takes it for something else: `JSON.stringify`
 * alone turns NaN and Infinity into null and throws on a bigint.
 */
function carry(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "bigint") return { "#bigint": value.toString() };
  return value;
}

/** The JSON text; `indent` 0 gives the compact form that the HTML page carries. */
export function renderJson(report: Report, indent = 2): string {
  const shaped = {
    ...ordered(report, reportKeys),
    subjects: report.subjects.map((subject) => ordered(subject, subjectKeys)),
    results: report.results.map((result) => ordered(result, resultKeys)),
  };
  return JSON.stringify(shaped, carry, indent) + (indent === 0 ? "" : "\n");
}
