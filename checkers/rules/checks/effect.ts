/**
 * Does a statement ever show in what leaves? If not, it never acts, or a later one overwrites or
 * removes its work.
 */

import type { Outcome } from "../../../core/result.ts";
import { impossible, shown, undecided, type Told } from "../answer.ts";
import { canonical } from "../concrete/compare.ts";
import type { PlainRecord } from "../concrete/record.ts";
import type { ReplayOptions } from "../concrete/replay.ts";
import type { Passage } from "../symbolic/program.ts";
import { execute } from "../symbolic/program.ts";
import { outputsDiffer } from "../symbolic/questions.ts";
import { assumptionsOf, counterexampleOf, named, type CheckScope } from "./context.ts";
import { checkFires } from "./fires.ts";

export async function checkMatters(scope: CheckScope, passage: Passage): Promise<Outcome> {
  const { analysis } = scope;
  const { rule } = passage;
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: assumptionsOf(scope),
    stats: scope.stats(),
  });
  const matters = (record: PlainRecord, options: ReplayOptions = {}): boolean => {
    const { program, replayer } = analysis;
    const full = replayer.run(program, record, options);
    const without = replayer.run(program, record, { ...options, disabled: new Set([rule]) });
    return (
      full.delivered !== without.delivered || canonical(full.output) !== canonical(without.output)
    );
  };
  const fired = analysis.sampling.fired(rule);
  if (fired.some(({ record }) => matters(record))) {
    return shown(tell("a record near the guards leaves differently without it"));
  }
  if (fired.length === 0) {
    const fires = await checkFires(scope, passage);
    if (fires.method !== "witness") return fires;
  }
  const without = execute(analysis.program, analysis.world, { disabled: new Set([rule]) });
  const answer = await analysis.find(
    [outputsDiffer(analysis.execution, without, analysis.world)],
    ({ record, references }) => matters(record, { references }),
  );
  if (answer.kind === "found") {
    return shown(tell("the solver found a record that leaves differently without it"));
  }
  if (answer.kind === "unknown") return undecided("existential", answer.reason, tell(""));
  const overwriting = laterWriters(scope, passage);
  const message =
    overwriting === null
      ? "what it writes is there already"
      : `what it writes never leaves: ${overwriting}`;
  const [example] = fired.length > 0 ? fired : analysis.sampling.samples;
  return impossible(
    tell(`the record leaves the same without it, whatever the record (query ${answer.digest})`),
    counterexampleOf(message, example!.run, { reason: "NO_EFFECT" }, rule),
  );
}

/** Later statements that write what this one writes. */
function laterWriters({ analysis }: CheckScope, passage: Passage): string | null {
  const { passages } = analysis.execution;
  const own = passage.after.touched.filter(
    (leaf) => passage.after.leaf(leaf) !== passage.before.leaf(leaf),
  );
  const first = passages
    .slice(passages.indexOf(passage) + 1)
    .find(({ before, after }) => own.some((leaf) => before.leaf(leaf) !== after.leaf(leaf)));
  return first === undefined ? null : `${named(first.rule)} comes after it`;
}
