/** `verify explain`: a result, a verdict word or a diagnostic code in plain words. */

import { DiagnosticError, diagnosticCodes, ExitCode } from "../../core/diagnostic.ts";
import { methods, verdicts, type Verdict } from "../../core/verdict.ts";
import { parseEngines } from "../../runner/plan.ts";
import { summarise } from "../../runner/run.ts";
import { loadReport } from "../../runner/store.ts";

/** What each verdict promises; docs/semantics.md says it at length. */
const promises: Record<Verdict, string> = {
  proved: "True of all executions, within the stated assumptions.",
  "holds-bounded":
    "No violation within the printed bound (depth, samples, scenarios …). Says nothing beyond it.",
  violated:
    "False: the evidence was replayed on the machine or the implementation that it accuses.",
  vacuous: "True only because it says nothing: its premise never happens, or no fair run exists.",
  inconclusive: "Not decided; the reason is named. Never counts as a pass.",
  skipped: "Not run, for the named reason. Never counts as a pass.",
  error: "The tool, the model or the adapter failed; nothing is claimed.",
};

export async function explainCommand(
  target: string,
  flags: { engine?: string; outDir: string },
): Promise<number> {
  const verdict = verdicts.find((word) => word === target);
  if (verdict !== undefined) {
    console.log(`${verdict}: ${promises[verdict]}`);
    return ExitCode.ok;
  }
  if (Object.hasOwn(diagnosticCodes, target.toUpperCase())) {
    const code = target.toUpperCase() as keyof typeof diagnosticCodes;
    console.log(
      `${code}: ${diagnosticCodes[code]}\n  docs/diagnostics.md tells its causes and mends.`,
    );
    return ExitCode.ok;
  }
  const [engine] = parseEngines(flags.engine === undefined ? [] : [flags.engine]);
  const report = loadReport(flags.outDir);
  const results = report.results.filter(
    (result) => result.id === target && (engine === undefined || result.engine === engine),
  );
  if (results.length === 0) {
    throw new DiagnosticError("VRF004", `the last run has no result "${target}"`, {
      help: `give an id that verify list shows, a verdict word (${verdicts.join(", ")}) or a code like VRF101`,
    });
  }
  const { renderReport } = await import("../../reports/index.ts");
  for (const result of results) {
    console.log(
      [
        `What the verdict promises: ${promises[result.verdict]}`,
        ...(result.method === null
          ? []
          : [`How: ${result.method}: ${methods[result.method].says}`]),
      ].join("\n"),
    );
  }
  console.log(
    await renderReport(
      "pretty",
      {
        ...report,
        results,
        summary: summarise(results),
        subjects: report.subjects.filter(({ id }) => id === results[0]!.subject),
      },
      { color: process.stdout.isTTY, verbose: true },
    ),
  );
  return ExitCode.ok;
}
