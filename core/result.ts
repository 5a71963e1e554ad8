/** Results and the JSON report, schemaVersion 1 (reports/schema/report.schema.json). */

import type { AuditReport, Certificate } from "./certificate.ts";
import type { Coverage } from "./coverage.ts";
import type { DiagnosticCode } from "./diagnostic.ts";
import type { Exhibit, StateGraph } from "./exhibit.ts";
import type { Counterexample, Scalar, Trace } from "./trace.ts";
import type { Bound, Method, Verdict } from "./verdict.ts";

export type EngineName = "explore" | "prove" | "conform" | "trace" | "rules" | "sim" | "profile";

export const engineNames: readonly EngineName[] = [
  "explore",
  "prove",
  "conform",
  "trace",
  "rules",
  "sim",
  "profile",
];

/** A requirement of a specification, as judged. */
export interface RequirementFinding {
  readonly id: string;
  readonly slug: string;
  readonly level: "MUST" | "MUST NOT" | "SHOULD" | "SHOULD NOT" | "MAY";
  readonly class: "normative" | "convention" | "profile";
  readonly source: string;
  readonly since: string;
  readonly specVersion: string;
  readonly finding: "conforms" | "deviates" | "ambiguous" | "not-tested";
  /** Set when no check of it exists: why, and whether one could be made without looking inside. */
  readonly unchecked?: { readonly why: string; readonly fromOutside: boolean };
}

/** What an engine says about one obligation; the runner adds identity, expectation and time. */
/** A place in a file that a result is about; lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  /** In UTF-16 units, as editors count. */
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** The text that stands there. */
  readonly snippet?: string;
}

/** Which reductions of the search were asked for and took effect, and which could not and why. */
export interface ReductionReport {
  /** In words: what was reduced, and how much. */
  readonly used: readonly string[];
  readonly off: readonly {
    readonly code: DiagnosticCode;
    readonly reduction: string;
    readonly reason: string;
  }[];
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly method: Method | null;
  readonly bound: Bound | null;
  readonly reason: string;
  /** What the verdict rests on, e.g. "threshold = 3" or "timers may fire at any time". */
  readonly assumptions: readonly string[];
  /** Short statement of the evidence in words, e.g. "closed set of 42 states". */
  readonly evidence: string;
  /** Numbers about the work done: states, transitions, depth, tests, steps, solverMs … */
  readonly stats: Readonly<Record<string, number>>;
  readonly counterexample: Counterexample | null;
  /** For existential claims: the run that shows it. */
  readonly witness?: Trace;
  readonly exhibits: readonly Exhibit[];
  readonly requirement?: RequirementFinding;
  readonly diagnostics: readonly { readonly code: DiagnosticCode; readonly message: string }[];
  /** Absent where no reduction was asked for. */
  readonly reduction?: ReductionReport;
  /** What the search has met of the subject so far; a report shows it with the subject. */
  readonly coverage?: Coverage;
  /** Evidence for the auditor; it stays in the process that made it. */
  readonly certificate?: Certificate;
  /** What the auditor said of the certificate; absent when there was none. */
  readonly audit?: AuditReport;
}

export interface Result extends Omit<Outcome, "coverage"> {
  /** `subject/property` or `subject/property@implementation`. */
  readonly id: string;
  readonly subject: string;
  readonly property: string;
  readonly title: string;
  readonly source: string | null;
  readonly implementation: { readonly name: string; readonly version: string } | null;
  readonly engine: EngineName;
  /** The verdicts that count as expected. */
  readonly expected: readonly Verdict[];
  /** Why something other than "holds" is expected. */
  readonly expectedBecause: string | null;
  readonly asExpected: boolean;
  /** The question that this result answers, where many results answer the same one. */
  readonly group?: string;
  readonly location?: Location;
  /** How `at` of the counterexample differs from the pinned one; null when it does not. */
  readonly expectationMismatch: string | null;
  /** The command that shows this result again. */
  readonly replay: string;
  readonly durationMs: number;
}

export interface SubjectSummary {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly source: string | null;
  /** The model's state diagram, when it has one. */
  readonly graph: StateGraph | null;
  /** What the search met of the model; absent where nothing was searched. */
  readonly coverage?: Coverage;
}

export interface Report {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: "verify"; readonly version: string };
  readonly seed: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly environment: Readonly<Record<string, Scalar>>;
  readonly command: readonly string[];
  readonly summary: Readonly<Record<Verdict | "unexpected", number>>;
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly subjects: readonly SubjectSummary[];
  readonly results: readonly Result[];
}
