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
  type Type,
} from "../../expr/index.ts";
import { coreOf, coreOptions } from "./bmc.ts";
import { type Claim, conjunction, type Encoding, type SolvedRun } from "./encode.ts";
import type { Discharged } from "./proof.ts";
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

/** Facts that hold at the start and that every step keeps, all of them together. */
export interface InductiveFacts {
  readonly facts: readonly Expression[];
}

/**
 * The largest subset of the candidates that holds at the start and is preserved by every step.
 * null when the solver did not decide in time.
 */
export async function inductiveSubset(
  encoding: Encoding,
  candidates: readonly Expression[],
  session: Session,
): Promise<InductiveFacts | null> {
  let kept = candidates;
  const drop = (run: SolvedRun, index: number): void => {
    const environment = encoding.exact(run, index);
    kept = kept.filter((fact) => evaluateExact(fact, environment) === true);
  };
  for (const phase of ["start", "step"] as const) {
    const last = phase === "start" ? 0 : 1;
    for (;;) {
      const { text } = phase === "start" ? startQuery(encoding, kept) : keptQuery(encoding, kept);
      const answer = await session.ask({ text, onSat: encoding.valuesQuery(last + 1) });
      if (answer.status === "unknown") return null;
      if (answer.status === "unsat") break;
      const before = kept.length;
      drop(encoding.readRun(readValues(answer.details[0]), last + 1), last);
      if (kept.length === before) return null; // the model refutes nothing: do not loop on it
    }
  }
  return { facts: kept };
}

const all = (encoding: Encoding, facts: readonly Expression[], index: number): string =>
  conjunction(facts.map((fact) => encoding.stateTerm(fact, index)));

/** Unsatisfiable: every start has the facts. */
const startQuery = (encoding: Encoding, facts: readonly Expression[]): Query => ({
  text: [
    ...encoding.declare(1),
    `(assert ${encoding.start(0)})`,
    `(assert (not ${all(encoding, facts, 0)}))`,
  ].join("\n"),
  ...coreOptions,
});

/** Unsatisfiable: every step from a state with the facts leads to one that has the `goals`. */
function keptQuery(
  encoding: Encoding,
  facts: readonly Expression[],
  goals: readonly Expression[] = facts,
): Query {
  return {
    text: [
      ...encoding.declare(2),
      ...facts.map(
        (fact, number) =>
          `(assert (! ${encoding.stateTerm(fact, 0)} :named ${auxiliaryName(number)}))`,
      ),
      `(assert ${encoding.step(0, false)})`,
      `(assert (not ${all(encoding, goals, 1)}))`,
    ].join("\n"),
    ...coreOptions,
  };
}

/**
 * The facts that `needed` cannot do without: those that keep them from one step to the next, and
 * those that keep these. null when the solver did not decide.
 */
async function supportOf(
  encoding: Encoding,
  needed: readonly Expression[],
  { facts }: InductiveFacts,
  session: Session,
): Promise<readonly Expression[] | null> {
  let support = facts.filter((fact) => needed.includes(fact));
  for (;;) {
    if (support.length === 0) return support;
    const answer = await session.ask(keptQuery(encoding, facts, support));
    if (answer.status !== "unsat") return null;
    const core = coreOf(answer.details);
    const grown = facts.filter(
      (fact, number) => support.includes(fact) || core.includes(auxiliaryName(number)),
    );
    if (grown.length === support.length) return support;
    support = grown;
  }
}

/**
 * The proof as plain queries, asked once more with nothing but the facts that it needs.
 * @param base runs of fewer than k steps, already found to be harmless
 * @returns null when one of them is not unsatisfiable: then there is no proof
 */
export async function dischargeInduction(
  encoding: Encoding,
  claim: Claim,
  answer: InductionAnswer & { kind: "inductive" },
  auxiliary: InductiveFacts,
  base: readonly Discharged[],
  session: Session,
): Promise<{ facts: readonly Expression[]; discharged: readonly Discharged[] } | null> {
  const facts = await supportOf(encoding, answer.used, auxiliary, session);
  if (facts === null) return null;
  const { k } = answer;
  const plain: (readonly [string, Query])[] = [];
  if (k === 1) {
    const invariant = claim.kind === "state" ? [...facts, claim.expression] : facts;
    if (invariant.length > 0) {
      plain.push(["the invariant holds at the start", startQuery(encoding, invariant)]);
      plain.push(["every step keeps the invariant", keptQuery(encoding, invariant)]);
    }
    plain.push([
      "the invariant implies the claim",
      claim.kind === "state"
        ? impliesQuery(encoding, invariant, claim.expression)
        : stepQuery(encoding, claim, facts, 1),
    ]);
  } else {
    if (facts.length > 0) {
      plain.push(["the auxiliary invariants hold at the start", startQuery(encoding, facts)]);
      plain.push(["every step keeps the auxiliary invariants", keptQuery(encoding, facts)]);
    }
    plain.push([`the claim after ${k} steps with it`, stepQuery(encoding, claim, facts, k)]);
  }
  const discharged: Discharged[] = k === 1 ? [] : [...base];
  for (const [role, query] of plain) {
    const again = await session.ask(query);
    if (again.status !== "unsat") return null;
    discharged.push({ role, query, core: coreOf(again.details) });
  }
  return { facts, discharged };
}

/** Unsatisfiable: no state has the facts and breaks the claim. */
const impliesQuery = (
  encoding: Encoding,
  facts: readonly Expression[],
  claim: Expression,
): Query => ({
  text: [
    ...encoding.declare(1),
    `(assert ${all(encoding, facts, 0)})`,
    `(assert (not ${encoding.stateTerm(claim, 0)}))`,
  ].join("\n"),
  ...coreOptions,
});

export type InductionAnswer =
  | {
      readonly kind: "inductive";
      readonly k: number;
      /** The auxiliary invariants that the step needs. */
      readonly used: readonly Expression[];
    }
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
  const answer = await session.ask(stepQuery(encoding, claim, auxiliary, k));
  if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
  if (answer.status === "sat") return { kind: "not-inductive" };
  const core = coreOf(answer.details);
  const used = auxiliary.filter((_, number) => core.includes(auxiliaryName(number)));
  return { kind: "inductive", k, used };
}

function stepQuery(
  encoding: Encoding,
  claim: Claim,
  auxiliary: readonly Expression[],
  k: number,
): Query {
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
  return { text: lines.join("\n"), ...coreOptions };
}

const auxiliaryName = (number: number): string => `auxiliary-${number}`;
