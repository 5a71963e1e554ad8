/** Claims about a secret: it does not leave in clear, and nothing else that leaves depends on it. */

import type { Outcome } from "../../../core/result.ts";
import { holds, undecided, vacuous, violated, type Told } from "../answer.ts";
import { canonical } from "../concrete/compare.ts";
import type { PlainRecord } from "../concrete/record.ts";
import type { ConcreteRun } from "../concrete/replay.ts";
import { compare } from "../symbolic/compare.ts";
import { Evaluator } from "../symbolic/expressions.ts";
import { leavesInClear, twinRuns, valueAt, type Spot } from "../symbolic/questions.ts";
import { expressionsIn, type Expr } from "../symbolic/rule.ts";
import type { Execution } from "../symbolic/program.ts";
import { and, con, equal, isNil, not, or, text, yes, type Term } from "../symbolic/term.ts";
import { assumptionsOf, counterexampleOf, payloadsOf, type CheckScope } from "./context.ts";
import { clearIn, findLeak, leakOutcome, showSpot, spotValue } from "./leak.ts";

export interface Redaction {
  readonly spot: Spot;
  readonly when: Expr | null;
  readonly becomes: Expr | null;
  readonly release: readonly Expr[];
  /** The condition and the value on concrete records, by the real interpreter. */
  holdsOn(record: PlainRecord): boolean;
  valueOf(expr: Expr, record: PlainRecord): string;
}

/** Records on which two secrets are tried before the solver is asked. */
const triedRecords = 120;

function premise(scope: CheckScope, execution: Execution, claim: Redaction): Term {
  if (claim.when === null) return yes();
  const { value, error } = evaluator(scope, execution).condition(claim.when);
  return and(value, not(error));
}

const evaluator = ({ analysis }: CheckScope, execution: Execution): Evaluator =>
  new Evaluator(
    { ...analysis.world, run: "", unmodelled: () => undefined },
    execution.start,
    "claim",
  );

const tellWith =
  (scope: CheckScope, more: readonly string[]) =>
  (evidence: string): Told => ({
    evidence,
    assumptions: [...assumptionsOf(scope), ...more],
    stats: scope.stats(),
  });

/** The secret never leaves as it came; or, with `becomes`, it always leaves as that. */
export async function checkHidden(scope: CheckScope, claim: Redaction): Promise<Outcome> {
  const { analysis } = scope;
  const { spot } = claim;
  const tell = tellWith(scope, [
    "the secret is none of the texts that the rules themselves contain",
  ]);
  const applies = premise(scope, analysis.execution, claim);
  const bad =
    claim.becomes === null ? badWhenClear(scope, claim) : badWhenNot(scope, claim, claim.becomes);
  const isBad = (record: PlainRecord, run: ConcreteRun): boolean =>
    run.delivered && claim.holdsOn(record) && violates(claim, record, run, scope);
  const report = (record: PlainRecord): Outcome => {
    const run = analysis.replayer.run(analysis.program, record, { trace: true });
    const before = JSON.stringify(spotValue(run.input, spot) ?? null);
    const after = JSON.stringify(spotValue(run.output, spot) ?? null);
    const error = run.observed.find((seen) => seen.error !== null);
    const because = error === undefined ? "" : ` (a rule fails: ${error.error})`;
    const message =
      claim.becomes === null
        ? `${showSpot(spot)} = ${before} leaves in clear${because}`
        : `${showSpot(spot)} = ${before} leaves as ${after}${because}`;
    return violated(
      { ...tell("replayed"), exhibits: payloadsOf(run) },
      counterexampleOf(
        message,
        run,
        { reason: error === undefined ? "LEAK" : "CAN_ERROR", secret: showSpot(spot) },
        error?.rule,
      ),
    );
  };
  const sample = analysis.sampling.samples.find(({ record, run }) => isBad(record, run));
  if (sample !== undefined) return report(sample.record);
  const answer = await analysis.find([applies, bad], (found) =>
    isBad(
      found.record,
      analysis.replayer.run(analysis.program, found.record, { references: found.references }),
    ),
  );
  if (answer.kind === "unknown") return undecided("universal", answer.reason, tell(""));
  if (answer.kind === "found") return report(answer.record);
  if ((await analysis.ask([applies, analysis.execution.delivered])).status === "unsat") {
    return vacuous("universal", "no record that the claim speaks of gets through", tell(""));
  }
  return holds(tell(`no record leaves with it (query ${answer.digest || "folded"})`));
}

function violates(
  claim: Redaction,
  record: PlainRecord,
  run: ConcreteRun,
  scope: CheckScope,
): boolean {
  if (claim.becomes === null) {
    return clearIn(run, claim.spot) && !isOwnText(scope, spotValue(run.input, claim.spot));
  }
  if (spotValue(run.input, claim.spot) === undefined) return false;
  const after = spotValue(run.output, claim.spot);
  return claim.valueOf(claim.becomes, record) !== (after === undefined ? "" : canonical(after));
}

function badWhenClear(scope: CheckScope, { spot }: Redaction): Term {
  const { analysis } = scope;
  const secret = valueAt(analysis.execution.start.leaf(spot.leaf), spot.keys, analysis.world);
  const own = ownTexts(scope).map((value) => equal(secret, con("Str", text(value))));
  return and(leavesInClear(analysis.execution, spot, analysis.world), not(or(...own)));
}

function badWhenNot(scope: CheckScope, { spot }: Redaction, becomes: Expr): Term {
  const { execution, world } = scope.analysis;
  const before = valueAt(execution.start.leaf(spot.leaf), spot.keys, world);
  const after = valueAt(execution.state.leaf(spot.leaf), spot.keys, world);
  const wanted = evaluator(scope, execution).value(becomes);
  const isWanted = and(not(wanted.error), compare("==", after, wanted.value, world.facts));
  return and(execution.delivered, not(isNil(before)), not(isWanted));
}

/** Texts that the rules contain: a secret that equals one of them is no secret. */
function ownTexts({ analysis }: CheckScope): readonly string[] {
  const texts = new Set<string>();
  for (const { rule } of analysis.execution.passages) {
    const roots =
      rule.kind === "condition"
        ? [rule.expr]
        : [rule.statement.editor, ...(rule.statement.where === null ? [] : [rule.statement.where])];
    for (const root of roots) {
      for (const part of expressionsIn(root)) if (part.kind === "string") texts.add(part.value);
    }
  }
  return [...texts];
}

const isOwnText = (scope: CheckScope, value: unknown): boolean =>
  typeof value === "string" && ownTexts(scope).includes(value);

/** Two records that differ in the secret only leave alike. */
export async function checkLeakFree(scope: CheckScope, claim: Redaction): Promise<Outcome> {
  const { analysis } = scope;
  const { spot } = claim;
  const tell = tellWith(scope, [
    "digests give nothing away; the type of the secret is no secret",
    "whether a record is dropped may depend on the secret",
  ]);
  const twin = twinRuns(analysis.program, spot, analysis.world);
  const runs = [twin.one, twin.other];
  const released = claim.release.map((expr) => {
    const [one, other] = runs.map((execution) => evaluator(scope, execution).value(expr).value);
    return compare("==", one!, other!, analysis.world.facts);
  });
  const leak = await findLeak(scope, {
    spot,
    twin,
    premises: [...runs.map((execution) => premise(scope, execution, claim)), ...released],
    candidates: analysis.sampling.samples
      .filter(({ record }) => claim.holdsOn(record))
      .slice(0, triedRecords),
    applies: () => true,
    concerns: (record) => claim.holdsOn(record),
    agree: (one, other) =>
      claim.release.every((expr) => claim.valueOf(expr, one) === claim.valueOf(expr, other)),
  });
  return leakOutcome(leak, spot, tell, {
    none: `nothing that leaves depends on ${showSpot(spot)}`,
    found: (where) =>
      `${where} depends on ${showSpot(spot)}: two records that differ only there leave differently`,
  });
}
