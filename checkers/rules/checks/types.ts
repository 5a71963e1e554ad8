/** Comparisons whose sides can never have types that compare: they are false on every record. */

import type { Outcome } from "../../../core/result.ts";
import { holds, undecided, violated, type Told } from "../answer.ts";
import type { AnyRule } from "../concrete/replay.ts";
import { Evaluator } from "../symbolic/expressions.ts";
import type { Passage } from "../symbolic/program.ts";
import { expressionsIn, type Comparing, type Expr } from "../symbolic/rule.ts";
import { and, is, isNil, or, tagNames, type Tag, type Term } from "../symbolic/term.ts";
import { assumptionsOf, counterexampleOf, type CheckScope } from "./context.ts";

/** Comparisons in the condition of a rule. */
export function comparisonsIn(rule: AnyRule): readonly Comparing[] {
  const condition = rule.kind === "condition" ? rule.expr : rule.statement.where;
  return condition === null
    ? []
    : [...expressionsIn(condition)].filter(
        // Comparing with nil asks whether something is there: false is an answer, not a mistake.
        (part): part is Comparing =>
          part.kind === "compare" && part.left.kind !== "nil" && part.right.kind !== "nil",
      );
}

/** Types that can be compared with each other: numbers among themselves, everything else alone. */
const kinds: readonly (readonly Tag[])[] = [
  ["Int", "Dbl", "Special"],
  ["Str"],
  ["Bool"],
  ["Bytes"],
  ["Map"],
  ["List"],
  ["Time"],
  ["Duration"],
];

/** Whether some record gives both sides types that compare. */
function canCompare({ analysis }: CheckScope, passage: Passage, comparison: Comparing): Term {
  const scope = { ...analysis.world, run: "", unmodelled: () => undefined };
  const evaluator = new Evaluator(scope, passage.before, "types");
  const left = evaluator.value(comparison.left).value;
  const right = evaluator.value(comparison.right).value;
  const has = (value: Term, tags: readonly Tag[]): Term => or(...tags.map((tag) => is(tag, value)));
  return and(
    passage.reach,
    or(
      and(isNil(left), isNil(right)),
      ...kinds.map((tags) => and(has(left, tags), has(right, tags))),
    ),
  );
}

const words: Readonly<Partial<Record<Tag, string>>> = {
  Str: "a string",
  Int: "an integer",
  Dbl: "a double",
  Bool: "a boolean",
  Bytes: "bytes",
  Map: "a map",
  List: "a list",
  Time: "a time",
  Duration: "a duration",
  Absent: "nil",
};

/** Comparisons of the rule that cannot be true, in words. */
export async function clashesIn(scope: CheckScope, passage: Passage): Promise<readonly string[]> {
  const clashes: string[] = [];
  for (const comparison of comparisonsIn(passage.rule)) {
    const answer = await scope.analysis.ask([canCompare(scope, passage, comparison)]);
    if (answer.status !== "unsat") continue;
    const sides = [comparison.left, comparison.right].map((side) => kindOf(scope, passage, side));
    clashes.push(`${sides[0]} is compared with ${sides[1]}`);
  }
  return clashes;
}

function kindOf({ analysis }: CheckScope, passage: Passage, side: Expr): string {
  const scope = { ...analysis.world, run: "", unmodelled: () => undefined };
  const { value } = new Evaluator(scope, passage.before, "types").value(side);
  const tag = tagNames.find((name) => is(name, value).value === true);
  return (tag === undefined ? undefined : words[tag]) ?? "a value";
}

export async function checkTypes(scope: CheckScope, passage: Passage): Promise<Outcome> {
  const { analysis } = scope;
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: assumptionsOf(scope),
    stats: scope.stats(),
  });
  for (const comparison of comparisonsIn(passage.rule)) {
    const answer = await analysis.ask([canCompare(scope, passage, comparison)]);
    if (answer.status === "unknown") return undecided("universal", answer.reason, tell(""));
  }
  const clashes = await clashesIn(scope, passage);
  if (clashes.length === 0) return holds(tell("each comparison can meet types that compare"));
  const reached = analysis.sampling.samples.find(({ run }) =>
    run.observed.some(({ rule }) => rule === passage.rule),
  );
  if (reached === undefined) return holds(tell("no record reaches the rule"));
  const message = `${clashes.join("; ")}: ${comparisonsIn(passage.rule).length === 1 ? "the condition has" : "that part has"} the same value on every record`;
  return violated(
    tell("the types of both sides are known"),
    counterexampleOf(message, reached.run, { reason: "TYPE_CLASH" }, passage.rule),
  );
}
