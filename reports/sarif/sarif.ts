/**
 * SARIF 2.1.0, so that findings show up in code review at the line that they are about. Results
 * without a place in a file are left out of `results` and counted in the run's properties: a viewer
 * that anchors findings to lines has nowhere to put them.
 */

import type { Report, Result, Verdict } from "../../core/index.ts";
import { verdictMeaning, verdictSymbol } from "../view/words.ts";
import { changeText, steps } from "../view/steps.ts";

type Level = "error" | "warning" | "note" | "none";
type Kind = "fail" | "pass" | "open" | "notApplicable" | "informational";

/** How a verdict reads to a code review: only what needs attention is more than a pass. */
function gradeOf(result: Pick<Result, "verdict" | "asExpected">): { level: Level; kind: Kind } {
  if (result.asExpected && result.verdict !== "skipped") return { level: "none", kind: "pass" };
  const grades: Record<Verdict, { level: Level; kind: Kind }> = {
    proved: { level: "error", kind: "fail" },
    "holds-bounded": { level: "error", kind: "fail" },
    violated: { level: "error", kind: "fail" },
    vacuous: { level: "warning", kind: "fail" },
    // SARIF wants level "none" beside every kind but "fail".
    inconclusive: { level: "none", kind: "open" },
    skipped: { level: "none", kind: "notApplicable" },
    error: { level: "error", kind: "fail" },
  };
  return grades[result.verdict];
}

const ruleOf = (result: Result): string => `${result.engine}/${result.group ?? result.property}`;

export function renderSarif(report: Report): string {
  const placed = report.results.filter((result) => result.location !== undefined);
  const rules = [...new Set(placed.map(ruleOf))];
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: report.tool.name,
            semanticVersion: report.tool.version,
            rules: rules.map((id) => ({
              id,
              shortDescription: { text: id.slice(id.indexOf("/") + 1) },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: !report.interrupted,
            exitCode: report.exitCode,
            startTimeUtc: report.startedAt,
          },
        ],
        results: placed.map((result) => sarifResult(result, rules)),
        properties: {
          seed: report.seed,
          summary: report.summary,
          resultsWithoutPlace: report.results.length - placed.length,
        },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function sarifResult(result: Result, rules: readonly string[]): object {
  const { file, line, column, endLine, endColumn } = result.location!;
  const id = ruleOf(result);
  return {
    ruleId: id,
    ruleIndex: rules.indexOf(id),
    ...gradeOf(result),
    message: { text: messageOf(result) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: {
            startLine: line,
            startColumn: column,
            ...(endLine === undefined ? {} : { endLine }),
            ...(endColumn === undefined ? {} : { endColumn }),
          },
        },
      },
    ],
    partialFingerprints: { "verifyResult/v1": `${result.id}:${result.verdict}` },
    properties: { verdict: result.verdict, replay: result.replay },
  };
}

function messageOf(result: Result): string {
  const head = `${verdictSymbol[result.verdict]} ${result.verdict}: ${result.title}`;
  const lines = [head];
  if (result.reason !== "") lines.push(result.reason);
  const { counterexample } = result;
  if (counterexample !== null) {
    lines.push(counterexample.message);
    for (const step of steps(counterexample.trace).slice(0, 20)) {
      const changes = step.changes.map(changeText).join(", ");
      const note = step.note === undefined ? "" : ` (${step.note})`;
      lines.push(`${step.index}. ${step.event} ${changes}${note}`.trimEnd());
    }
  }
  if (lines.length === 1) lines.push(verdictMeaning[result.verdict]);
  lines.push(`again: ${result.replay}`);
  return lines.join("\n");
}

/** A relative reference stays relative: the viewer resolves it against the repository. */
const uriOf = (file: string): string =>
  file
    .replaceAll("\\", "/")
    .split("/")
    .map((part) => encodeURIComponent(part))
    .join("/");
