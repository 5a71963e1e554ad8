/** Can a rule ever act? If not: because of its own condition, of its types, or of earlier rules. */

import type { Outcome } from "../../../core/result.ts";
import { impossible, shown, undecided, type Told } from "../answer.ts";
import { execute, type Passage } from "../symbolic/program.ts";
import { and, not, type Term } from "../symbolic/term.ts";
import { assumptionsOf, counterexampleOf, named, type CheckScope } from "./context.ts";
import { clashesIn } from "./types.ts";

export async function checkFires(scope: CheckScope, passage: Passage): Promise<Outcome> {
  const { analysis } = scope;
  const { rule } = passage;
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: assumptionsOf(scope),
    stats: scope.stats(),
  });
  const [sample] = analysis.sampling.fired(rule);
  if (sample !== undefined) return shown(tell("a record near the guards makes it act"));
  const answer = await analysis.find([passage.fires], (found) =>
    analysis.replayer
      .run(analysis.program, found.record, { references: found.references })
      .observed.some((seen) => seen.rule === rule && seen.fired),
  );
  if (answer.kind === "found") return shown(tell("the solver found a record that makes it act"));
  if (answer.kind === "unknown") return undecided("existential", answer.reason, tell(""));
  const why = await reasonOf(scope, passage);
  const example = analysis.sampling.samples[0]!.run;
  return impossible(
    tell(`no record makes it act (query ${answer.digest || "folded"})`),
    counterexampleOf(why.message, example, { reason: why.reason, blockers: why.blockers }, rule),
  );
}

interface Why {
  readonly reason: "CONTRADICTION" | "TYPE_CLASH" | "SHADOWED_BY" | "STATE_MADE_FALSE";
  readonly message: string;
  /** Texts of the rules that stand in the way. */
  readonly blockers: string | null;
}

async function reasonOf(scope: CheckScope, passage: Passage): Promise<Why> {
  const { analysis } = scope;
  const alone = holdsAlone(scope, passage);
  if ((await analysis.ask([alone])).status === "unsat") {
    const [clash] = await clashesIn(scope, passage);
    return clash === undefined
      ? {
          reason: "CONTRADICTION",
          message: "its condition is never true, whatever the record",
          blockers: null,
        }
      : {
          reason: "TYPE_CLASH",
          message: `its condition is never true: ${clash}`,
          blockers: null,
        };
  }
  return passage.rule.kind === "condition" ? shadowed(scope, passage) : madeFalse(scope, passage);
}

/** The condition of the rule on a record that no other rule has seen. */
function holdsAlone({ analysis }: CheckScope, passage: Passage): Term {
  const others = analysis.execution.passages
    .map(({ rule }) => rule)
    .filter((rule) => rule !== passage.rule);
  const execution = execute(analysis.program, analysis.world, { disabled: new Set(others) });
  const own = execution.passages.find(({ rule }) => rule === passage.rule)!;
  return and(own.guard.value, not(own.guard.error));
}

/** Earlier conditions that together take everything this one would take: a minimal set of them. */
async function shadowed(scope: CheckScope, passage: Passage): Promise<Why> {
  const { analysis } = scope;
  const { passages } = analysis.execution;
  const earlier = passages.filter(
    (other) =>
      passages.indexOf(other) < passages.indexOf(passage) && other.rule.kind === "condition",
  );
  const holds = (one: Passage): Term => and(one.guard.value, not(one.guard.error));
  const answer = await analysis.ask(
    [holds(passage)],
    earlier.map((other, index) => ({ name: `c${index}`, term: not(holds(other)) })),
  );
  const core = answer.status === "unsat" ? answer.core.map((name) => Number(name.slice(1))) : [];
  const blockers = await shrink(core, async (subset) => {
    const parts = subset.map((index) => not(holds(earlier[index]!)));
    return (await analysis.ask([holds(passage), ...parts])).status === "unsat";
  });
  if (blockers.length === 0) return madeFalse(scope, passage);
  const texts = blockers.map((index) => named(earlier[index]!.rule));
  return {
    reason: "SHADOWED_BY",
    message: `whatever it matches is taken before by ${texts.join(" or ")}`,
    blockers: texts.join("; "),
  };
}

/** Drops members as long as the rest suffices. */
async function shrink(
  core: readonly number[],
  suffices: (subset: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  let kept = [...core];
  for (const candidate of core) {
    if (kept.length === 1) break;
    const rest = kept.filter((index) => index !== candidate);
    if (await suffices(rest)) kept = rest;
  }
  return kept.sort((a, b) => a - b);
}

/** Statements without which the condition could hold. */
async function madeFalse(scope: CheckScope, passage: Passage): Promise<Why> {
  const { analysis } = scope;
  const { passages } = analysis.execution;
  const earlier = passages.slice(0, passages.indexOf(passage));
  const blamed: string[] = [];
  for (const other of earlier) {
    const without = execute(analysis.program, analysis.world, { disabled: new Set([other.rule]) });
    const own = without.passages.find(({ rule }) => rule === passage.rule)!;
    if (own.fires === passage.fires) continue;
    if ((await analysis.ask([own.fires])).status === "sat") blamed.push(named(other.rule));
    if (blamed.length >= 3) break;
  }
  const because =
    blamed.length === 0 ? "the rules before it together" : blamed.join(", and because of ");
  return {
    reason: "STATE_MADE_FALSE",
    message: `its condition is never true here, because of ${because}`,
    blockers: blamed.length === 0 ? null : blamed.join("; "),
  };
}
