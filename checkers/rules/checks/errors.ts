/** What an error does: under `propagate` it takes the whole batch with it. */

import type { Outcome } from "../../../core/result.ts";
import { holds, undecided, violated, type Told } from "../answer.ts";
import type { Passage } from "../symbolic/program.ts";
import { assumptionsOf, counterexampleOf, payloadsOf, type CheckScope } from "./context.ts";

export async function checkSurvives(scope: CheckScope, passage: Passage): Promise<Outcome> {
  const { analysis } = scope;
  const { rule } = passage;
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: assumptionsOf(scope),
    stats: scope.stats(),
  });
  const report = (run: ReturnType<typeof analysis.replayer.run>): Outcome => {
    const error = run.observed.find((seen) => seen.rule === rule)?.error ?? "";
    const message = `it fails (${error}), and error_mode propagate drops the whole batch`;
    return violated(
      { ...tell("replayed"), exhibits: payloadsOf(run) },
      counterexampleOf(message, run, { reason: "CAN_ERROR" }, rule),
    );
  };
  const [sample] = analysis.sampling.failed(rule);
  if (sample !== undefined) {
    return report(analysis.replayer.run(analysis.program, sample.record, { trace: true }));
  }
  const fails = (found: Parameters<Parameters<typeof analysis.find>[1]>[0]): boolean =>
    analysis.replayer
      .run(analysis.program, found.record, { references: found.references })
      .observed.some((seen) => seen.rule === rule && seen.error !== null);
  const answer = await analysis.find([passage.fails], fails);
  if (answer.kind === "unknown") return undecided("universal", answer.reason, tell(""));
  if (answer.kind === "none")
    return holds(tell(`no record makes it fail (query ${answer.digest || "folded"})`));
  const options = { trace: true, references: answer.references };
  return report(analysis.replayer.run(analysis.program, answer.record, options));
}
