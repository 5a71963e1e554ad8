/**
 * Statements that hash a value in place, `set(x, SHA256(x))`, mean to hide it. Two ways to fail: the
 * hash raises an error that is ignored, and the value leaves in clear; or a copy was made before.
 */

import type { Outcome } from "../../../core/result.ts";
import { holds, violated, undecided, type Told } from "../answer.ts";
import type { StatementRule } from "../symbolic/program.ts";
import type { Passage } from "../symbolic/program.ts";
import { accessOf } from "../symbolic/paths.ts";
import { leavesInClear, twinRuns, type Spot } from "../symbolic/questions.ts";
import { argument, expressionsIn, type Expr, type Path } from "../symbolic/rule.ts";
import { and, not } from "../symbolic/term.ts";
import {
  assumptionsOf,
  counterexampleOf,
  payloadsOf,
  showText,
  type CheckScope,
} from "./context.ts";
import { clearIn, findLeak, leakOutcome, showSpot, spotValue } from "./leak.ts";
import { proposeRepair } from "./repair.ts";

const hashes = /^(?:SHA1|SHA256|SHA512|MD5|FNV|XXH3|XXH128|Murmur3Hash|Murmur3Hash128)$/;

/** The spot that a statement hashes in place, if that is what it does. */
export function hiddenSpot(rule: StatementRule): Spot | null {
  const { editor } = rule.statement;
  const target = argument(editor, 0, "target");
  const value = argument(editor, 1, "value");
  if (editor.name !== "set" || target?.kind !== "path" || value === undefined) return null;
  const isHashed = [...expressionsIn(value)].some(
    (part) => part.kind === "call" && hashes.test(part.name) && reads(part, target),
  );
  return isHashed ? spotOfPath(target) : null;
}

const reads = (expr: Expr, path: Path): boolean =>
  [...expressionsIn(expr)].some((part) => part.kind === "path" && samePath(part, path));

const samePath = (one: Path, other: Path): boolean =>
  JSON.stringify(one, noBigint) === JSON.stringify(other, noBigint);

const noBigint = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? `${value}n` : value;

/** Only literal keys name one spot for all records. */
export function spotOfPath(path: Path): Spot | null {
  const access = accessOf(path.context, path.field);
  const keys = path.keys.map((key) => (key.kind === "string" ? key.value : null));
  if (access === null || keys.includes(null)) return null;
  return { leaf: access.leaf, keys: keys as string[] };
}

/** Whenever the hash fails, the value does not leave in clear. */
export async function checkHashFails(
  scope: CheckScope,
  passage: Passage,
  spot: Spot,
): Promise<Outcome> {
  const { analysis } = scope;
  const { rule } = passage;
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: assumptionsOf(scope),
    stats: scope.stats(),
  });
  const leaks = (run: ReturnType<typeof analysis.replayer.run>): boolean =>
    run.delivered &&
    run.observed.some((seen) => seen.rule === rule && seen.error !== null) &&
    clearIn(run, spot);
  const report = async (run: ReturnType<typeof analysis.replayer.run>): Promise<Outcome> => {
    const repair = await proposeRepair(scope, passage, spot);
    const error = run.observed.find((seen) => seen.rule === rule)?.error ?? "";
    const value = JSON.stringify(spotValue(run.input, spot));
    const message =
      `${showText(rule.source.text)} fails (${error}), error_mode ${passage.step.errorMode} goes on, ` +
      `and ${showSpot(spot)} = ${value} leaves in clear`;
    return violated(
      { ...tell("replayed"), exhibits: [...payloadsOf(run), ...repair] },
      counterexampleOf(message, run, { reason: "CAN_ERROR", secret: showSpot(spot) }, rule),
    );
  };
  const sample = analysis.sampling.failed(rule).find(({ run }) => leaks(run));
  if (sample !== undefined) {
    return report(analysis.replayer.run(analysis.program, sample.record, { trace: true }));
  }
  const clear = leavesInClear(analysis.execution, spot, analysis.world);
  const answer = await analysis.find([and(passage.fails, clear)], ({ record, references }) =>
    leaks(analysis.replayer.run(analysis.program, record, { references })),
  );
  if (answer.kind === "unknown") return undecided("universal", answer.reason, tell(""));
  if (answer.kind === "none") {
    return holds(tell(`no record fails and leaves in clear (query ${answer.digest || "folded"})`));
  }
  const options = { trace: true, references: answer.references };
  return report(analysis.replayer.run(analysis.program, answer.record, options));
}

/** Where the value is hashed, nothing else that leaves depends on it. */
export async function checkCopies(
  scope: CheckScope,
  passage: Passage,
  spot: Spot,
): Promise<Outcome> {
  const { analysis } = scope;
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: [
      ...assumptionsOf(scope),
      "digests give nothing away; the type of the value is no secret",
    ],
    stats: scope.stats(),
  });
  const twin = twinRuns(analysis.program, spot, analysis.world);
  const acts = [twin.one, twin.other].map(({ passages }) => {
    const own = passages.find(({ rule }) => rule === passage.rule)!;
    return and(own.fires, not(own.fails));
  });
  const leak = await findLeak(scope, {
    spot,
    twin,
    premises: acts,
    candidates: analysis.sampling.fired(passage.rule),
    applies: (run) =>
      run.observed.some((seen) => seen.rule === passage.rule && seen.fired && seen.error === null),
  });
  return leakOutcome(leak, spot, tell, {
    none: `two records that differ in ${showSpot(spot)} leave alike`,
    found: (where) => `${showSpot(spot)} is hashed, but ${where} still depends on it`,
    focus: passage.rule,
  });
}
