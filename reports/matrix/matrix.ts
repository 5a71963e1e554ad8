/** The conformance matrix as JSON: what each implementation does about each requirement. */

import type { Report, Result } from "../../core/index.ts";
import { conformanceMatrix, coverageText } from "../view/matrix.ts";

export function renderMatrix(report: Report): string {
  const matrix = conformanceMatrix(report.results);
  const rows = (matrix?.rows ?? []).map(({ requirement, title, cells }) => {
    const { finding: _, ...identity } = requirement;
    return {
      ...identity,
      title,
      findings: cells.map((cell) => (cell === null ? null : entry(cell))),
    };
  });
  const out = {
    schemaVersion: 1,
    tool: report.tool,
    startedAt: report.startedAt,
    seed: report.seed,
    /** How much of the normative text has a check at all. */
    coverage: matrix === null ? null : { ...matrix.coverage, text: coverageText(matrix.coverage) },
    implementations: matrix?.implementations ?? [],
    /** One entry per implementation, in their order; null where a requirement does not apply. */
    requirements: rows,
  };
  return `${JSON.stringify(out, null, 2)}\n`;
}

function entry(result: Result) {
  return {
    finding: result.requirement?.finding ?? "not-tested",
    verdict: result.verdict,
    id: result.id,
    ...(result.bound === null ? {} : { bound: result.bound }),
    ...(result.reason === "" ? {} : { reason: result.reason }),
    ...(result.evidence === "" ? {} : { evidence: result.evidence }),
    ...(result.counterexample === null
      ? {}
      : {
          deviation: result.counterexample.message,
          at: result.counterexample.at,
          trace: result.counterexample.trace,
          known: result.asExpected ? result.expectedBecause : null,
          replay: result.replay,
        }),
  };
}
