/**
 * k-induction with auxiliary invariants. Candidates are simple facts (declared limits, a variable
 * against a parameter, constant values per state); those that are not inductive together are
 * dropped until the rest is (C. Flanagan and K. R. M. Leino, "Houdini", FME 2001).
 */

import {
  build,
  evaluateExact,
  type Expression,
  integerOf,
  partsOf,
  print,
  type Type,
} from "../../expr/index.ts";
import { type Claim, conjunction, type Encoding, type SolvedRun } from "./encode.ts";
import { readValues } from "./smt.ts";
import type { Query, Session } from "../../solver/solver.ts";
import type { SymbolicSystem } from "./system.ts";

/** Facts that may be invariants; nothing depends on their being true. */
export function candidatesOf(system: SymbolicSystem): readonly Expression[] {
  const facts: Expression[] = [];
  const numbers = [...system.variables].filter(([, type]) => type.kind === "int");
  const literals = integerLiterals(system);
  for (const [name] of numbers) {
    const own = build.name(name);
    const [low, high] = system.ranges.get(name) ?? [0, null];
    for (const limit of new Set([low, 0])) facts.push(build.binary(">=", own, build.int(limit)));
    if (high !== null) facts.push(build.binary("<=", own, build.int(high)));
    for (const parameter of system.parameters.keys()) {
      facts.push(build.binary("<=", own, build.name(parameter)));
      facts.push(build.binary("<", own, build.name(parameter)));
    }
    for (const [other] of numbers) {
      if (other !== name) facts.push(build.binary("<=", own, build.name(other)));
    }
  }
  const local: Expression[] = [...facts];
  for (const [name, type] of system.variables) {
    for (const value of constantsOf(type, literals)) {
      local.push(build.binary(type.kind === "bool" ? "iff" : "==", build.name(name), value));
    }
  }
  const labels = new Set(system.locations.map(({ label }) => label));
  // Parallel states have several active leaves; a fact then holds where all of them are active.
  const places = [...labels].map((label) =>
    label
      .split("+")
      .map((path) => build.at(path))
      .reduce((all, one) => build.binary("and", all, one)),
  );
  return [
    ...facts,
    ...places.flatMap((place) => local.map((fact) => build.binary("implies", place, fact))),
  ];
}

function constantsOf(type: Type, literals: readonly bigint[]): readonly Expression[] {
  switch (type.kind) {
    case "bool":
      return [build.bool(true), build.bool(false)];
    case "enum":
      return type.values.map((value) => build.text(value));
    default:
      return literals.map((value) => build.int(value));
  }
}

/** The constants that occur as whole values: initial ones and assigned ones. */
function integerLiterals(system: SymbolicSystem): readonly bigint[] {
  const found = new Set<bigint>();
  const visit = (expression: Expression): void => {
    const value = integerOf(expression);
    if (value !== null) found.add(value);
    if (expression.kind === "if") partsOf(expression).slice(1).forEach(visit);
  };
  for (const start of system.starts) for (const value of start.values.values()) visit(value);
  for (const { updates } of system.transitions) for (const value of updates.values()) visit(value);
  return [...found].slice(0, 8);
}

/**
 * The largest subset of the candidates that holds at the start and is preserved by every step.
 * null when the solver did not decide in time.
 */
export async function inductiveSubset(
  encoding: Encoding,
  candidates: readonly Expression[],
  session: Session,
): Promise<readonly Expression[] | null> {
  let kept = candidates;
  const drop = (run: SolvedRun, index: number): void => {
    const environment = encoding.exact(run, index);
    kept = kept.filter((fact) => evaluateExact(fact, environment) === true);
  };
  const all = (index: number): string =>
    conjunction(kept.map((fact) => encoding.stateTerm(fact, index)));

  for (const phase of ["start", "step"] as const) {
    const last = phase === "start" ? 0 : 1;
    for (;;) {
      const lines = [...encoding.declare(last + 1)];
      if (phase === "start") lines.push(`(assert ${encoding.start(0)})`);
      else lines.push(`(assert ${all(0)})`, `(assert ${encoding.step(0, false)})`);
      lines.push(`(assert (not ${all(last)}))`);
      const answer = await session.ask({
        text: lines.join("\n"),
        onSat: encoding.valuesQuery(last + 1),
      });
      if (answer.status === "unknown") return null;
      if (answer.status === "unsat") break;
      const before = kept.length;
      drop(encoding.readRun(readValues(answer.details[0]), last + 1), last);
      if (kept.length === before) return null; // the model refutes nothing: do not loop on it
    }
  }
  return kept;
}

export type InductionAnswer =
  | { readonly kind: "inductive"; readonly used: readonly Expression[]; readonly query: Query }
  | { readonly kind: "not-inductive" }
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * The inductive step: after `k` steps on which the claim held (and the auxiliary invariants), it
 * holds once more. Together with the runs of fewer than `k` steps from the start this is a proof.
 */
export async function inductiveStep(
  encoding: Encoding,
  claim: Claim,
  auxiliary: readonly Expression[],
  k: number,
  session: Session,
): Promise<InductionAnswer> {
  // A state claim speaks of states 0..k-1 and then of k; a step claim of the steps into 1..k.
  const last = k;
  const lines = [...encoding.declare(last + 1)];
  // Not in the last state: there the claim has to follow from the step, for the reader's sake.
  for (const [number, fact] of auxiliary.entries()) {
    const everywhere = Array.from({ length: last }, (_, index) => encoding.stateTerm(fact, index));
    lines.push(`(assert (! ${conjunction(everywhere)} :named ${auxiliaryName(number)}))`);
  }
  for (const step of encoding.steps(claim, last)) lines.push(`(assert ${step})`);
  for (let index = claim.kind === "state" ? 0 : 1; index < last; index++) {
    lines.push(`(assert ${encoding.claim(claim, index)})`);
  }
  lines.push(`(assert (not ${encoding.claim(claim, last)}))`);
  const query: Query = {
    text: lines.join("\n"),
    options: { "smt.core.minimize": "true" },
    onUnsat: "(get-unsat-core)",
  };
  const answer = await session.ask(query);
  if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
  if (answer.status === "sat") return { kind: "not-inductive" };
  const [core] = answer.details;
  const named = new Set(Array.isArray(core) ? core.map(String) : []);
  const used = auxiliary.filter((_, number) => named.has(auxiliaryName(number)));
  return { kind: "inductive", used, query };
}

const auxiliaryName = (number: number): string => `auxiliary-${number}`;

/** A list of invariants in the model's words. */
export const describeFacts = (facts: readonly Expression[]): string =>
  facts.map((fact) => `\`${print(fact)}\``).join(", ");
