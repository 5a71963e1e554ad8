/** `verify rules test FILE...`: conformance cases of OTTL, given as data. */

import { readFileSync } from "node:fs";

import { DiagnosticError, ExitCode } from "../../core/diagnostic.ts";
import { runCases, type CaseResult } from "../../impl/ottl/cases/index.ts";

export interface RulesTestFlags {
  readonly json?: boolean;
}

interface Counts {
  passed: number;
  failed: number;
  unsupported: number;
}

/** Violated when a case fails, and when every case is unsupported: nothing was tested then. */
export function rulesTestCommand(files: readonly string[], flags: RulesTestFlags): number {
  const results = files.map((file) => ({ file, cases: casesOf(file) }));
  const all = results.flatMap(({ cases }) => cases);
  const summary = counted(all);
  if (flags.json === true) {
    console.log(JSON.stringify({ summary, cases: all }, null, 2));
  } else {
    for (const { file, cases } of results) print(file, cases);
    console.log(`\n${told(summary)}`);
  }
  return summary.failed > 0 || summary.passed === 0 ? ExitCode.violated : ExitCode.ok;
}

function casesOf(file: string): readonly CaseResult[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new DiagnosticError("VRF006", `cannot read cases: ${(error as Error).message}`, {
      place: file,
      help: "name JSON files with cases of OTTL",
    });
  }
  const cases = runCases(json);
  if (cases === null || cases.length === 0) {
    throw new DiagnosticError("VRF006", "the file holds no cases of a known format", {
      place: file,
      help: "docs/ottl.md describes the formats",
    });
  }
  return cases;
}

function counted(cases: readonly CaseResult[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, unsupported: 0 };
  for (const { status } of cases) counts[status]++;
  return counts;
}

const told = ({ passed, failed, unsupported }: Counts): string =>
  `${passed} passed, ${failed} failed, ${unsupported} unsupported`;

function print(file: string, cases: readonly CaseResult[]): void {
  console.log(file);
  const sections = new Set(cases.map(({ section }) => section));
  const width = Math.max(...[...sections].map(({ length }) => length));
  for (const section of sections) {
    const own = cases.filter((result) => result.section === section);
    console.log(`  ${section.padEnd(width)}  ${told(counted(own))}`);
    for (const { id, status, message } of own) {
      if (status !== "passed") console.log(`    ${status} ${id}: ${message}`);
    }
  }
}
