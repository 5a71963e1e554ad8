/** Do two rule sets do the same to every record? */

import type { Outcome } from "../../../core/result.ts";
import type { Analysis } from "../analysis.ts";
import { holds, payloadExhibit, undecided, violated, type Told } from "../answer.ts";
import { canonical } from "../concrete/compare.ts";
import type { PlainRecord } from "../concrete/record.ts";
import type { ReplayOptions } from "../concrete/replay.ts";
import { flatten } from "../concrete/show.ts";
import { execute, type Program } from "../symbolic/program.ts";
import { outputsDiffer } from "../symbolic/questions.ts";
import { assumptionsOf, counterexampleOf, payloadsOf, type CheckScope } from "./context.ts";

export async function checkEquivalent(
  scope: CheckScope,
  other: Program,
  otherAnalysis: Analysis,
): Promise<Outcome> {
  const { analysis } = scope;
  const second = execute(other, analysis.world);
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: [
      ...assumptionsOf(scope),
      ...(second.unmodelled.size === 0
        ? []
        : [`any outcome was allowed for ${[...second.unmodelled].sort().join(", ")}`]),
    ],
    stats: scope.stats(),
  });
  const both = (record: PlainRecord, options: ReplayOptions = {}) => ({
    one: analysis.replayer.run(analysis.program, record, options),
    two: otherAnalysis.replayer.run(other, record, options),
  });
  const differ = (record: PlainRecord, options: ReplayOptions = {}): boolean => {
    const { one, two } = both(record, options);
    return (
      one.delivered !== two.delivered ||
      (one.delivered && canonical(one.output) !== canonical(two.output))
    );
  };
  const report = (record: PlainRecord, options: ReplayOptions = {}): Outcome => {
    const { one, two } = both(record, { ...options, trace: true });
    const where =
      one.delivered === two.delivered
        ? firstDifference(flatten(one.output), flatten(two.output))
        : null;
    const message =
      where === null
        ? `this record is ${one.delivered ? "delivered" : "dropped"} by the first and ${two.delivered ? "delivered" : "dropped"} by the second`
        : `this record leaves with another ${where}`;
    return violated(
      {
        ...tell("replayed on both"),
        exhibits: [
          ...payloadsOf(one),
          payloadExhibit("Record out of the other (OTLP/JSON)", two.delivered ? two.output : null),
        ],
      },
      counterexampleOf(message, one, { reason: "DIFFERS", where }),
    );
  };
  const samples = [...analysis.sampling.samples, ...otherAnalysis.sampling.samples];
  const sample = samples.find(({ record }) => differ(record));
  if (sample !== undefined) return report(sample.record);
  const answer = await analysis.find(
    [outputsDiffer(analysis.execution, second, analysis.world)],
    ({ record, references }) => differ(record, { references }),
  );
  if (answer.kind === "unknown") return undecided("universal", answer.reason, tell(""));
  if (answer.kind === "none")
    return holds(tell(`no record tells them apart (query ${answer.digest || "folded"})`));
  return report(answer.record, { references: answer.references });
}

function firstDifference(one: ReturnType<typeof flatten>, two: ReturnType<typeof flatten>): string {
  const names = [...new Set([...Object.keys(one), ...Object.keys(two)])];
  return (
    names.find((name) => canonical(one[name] ?? null) !== canonical(two[name] ?? null)) ?? "value"
  );
}
