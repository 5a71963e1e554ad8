/** Bounded search by the solver: is there a run of a given length that breaks a claim? */

import { type Expression, nodesOf } from "../../expr/index.ts";
import { bitVectors } from "./arithmetic.ts";
import { type Claim, Encoding, type SolvedRun } from "./encode.ts";
import { readValues } from "./smt.ts";
import type { SymbolicSystem } from "./system.ts";
import type { Query, Session } from "../../solver/solver.ts";

export type BoundedAnswer =
  | { readonly kind: "found"; readonly run: SolvedRun; readonly query: Query }
  | { readonly kind: "none"; readonly query: Query; readonly core: readonly string[] }
  | { readonly kind: "unknown"; readonly reason: string };

/** Runs of exactly `steps` steps from a start; the claim is false at their end. */
export function boundedQuery(
  encoding: Encoding,
  claim: Claim,
  steps: number,
  fixed: ReadonlyMap<string, number>,
  others: readonly SolvedRun[] = [],
): Query {
  const length = steps + 1;
  const lines = [...encoding.declare(length), `(assert ${encoding.start(0)})`];
  for (const [name, value] of fixed)
    lines.push(`(assert (= |${name}| ${encoding.arithmetic.literal(value)}))`);
  for (const step of encoding.steps(claim, steps)) lines.push(`(assert ${step})`);
  lines.push(`(assert ${encoding.refutation(claim, steps)})`);
  for (const run of others) lines.push(`(assert (not ${encoding.sameWay(run)}))`);
  return {
    text: lines.join("\n"),
    ...(encoding.arithmetic.limit === null ? coreOptions : { logic: "QF_BV" }),
    onSat: encoding.valuesQuery(length),
  };
}

/** Asks which assertions an unsatisfiable answer needs. */
export const coreOptions = {
  options: { "smt.core.minimize": "true" },
  onUnsat: "(get-unsat-core)",
} as const;

/** The names in an unsat core. */
export const coreOf = (details: readonly unknown[]): readonly string[] =>
  Array.isArray(details[0]) ? details[0].map(String) : [];

/**
 * Searches runs of `steps` steps. Among several, one with the parameter values that exploration
 * uses is preferred: it can be compared with what exploration finds.
 * @param others runs of this length that did not help: the answer takes other transitions
 */
export async function searchDepth(
  encoding: Encoding,
  claim: Claim,
  steps: number,
  session: Session,
  others: readonly SolvedRun[] = [],
): Promise<BoundedAnswer> {
  if (claim.kind === "step" && steps === 0) {
    return { kind: "none", query: { text: "(assert false)" }, core: [] };
  }
  const query = boundedQuery(encoding, claim, steps, new Map(), others);
  const answer = await session.ask(query);
  if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
  if (answer.status === "unsat") return { kind: "none", query, core: coreOf(answer.details) };
  const explored = new Map(
    [...encoding.system.parameters].map(([name, parameter]) => [name, parameter.explored]),
  );
  const preferred = await session.ask(boundedQuery(encoding, claim, steps, explored, others));
  const details = preferred.status === "sat" ? preferred.details : answer.details;
  return { kind: "found", run: encoding.readRun(readValues(details[0]), steps + 1), query };
}

/** Beyond this many bits a search is no longer quick, and the integers serve as well. */
const widest = 34;

/**
 * The system over bit-vectors, wide enough for its constants and for counting along a run; null when
 * that takes too many bits.
 */
export function bitEncoding(system: SymbolicSystem, claim: Claim): Encoding | null {
  const constants = [16n]; // room for counting, whatever the constants are
  const note = (value: number | bigint | null): void => {
    if (value !== null) constants.push(BigInt(value < 0 ? -BigInt(value) : value));
  };
  const visit = (expression: Expression): void => {
    for (const node of nodesOf(expression)) if (node.kind === "int") note(node.value);
  };
  for (const { low, explored } of system.parameters.values()) [low, explored].forEach(note);
  for (const { guard, values } of system.starts) [guard, ...values.values()].forEach(visit);
  for (const { guard, updates, cause } of system.transitions) {
    [guard, ...updates.values()].forEach(visit);
    for (const { values } of cause.fields.values()) {
      for (const value of values) if (typeof value === "number") note(value);
    }
  }
  visit(claim.expression);
  const largest = constants.reduce((a, b) => (a > b ? a : b));
  const width = largest.toString(2).length + 3;
  return width > widest ? null : new Encoding(system, bitVectors(width));
}

/**
 * Runs of at most `steps` steps, of which the last breaks the claim: shorter ones wait at the start,
 * so that one question covers all lengths.
 */
export function upToQuery(encoding: Encoding, claim: Claim, steps: number): Query {
  const lines = [...encoding.declare(steps + 1), `(assert ${encoding.start(0)})`];
  for (const [index, step] of encoding.steps(claim, steps).entries()) {
    const isLast = index + 1 === steps;
    if (claim.kind === "step" && isLast) lines.push(`(assert ${step})`);
    else lines.push(`(assert (or ${encoding.pause(index)} ${step}))`);
    if (!isLast)
      lines.push(`(assert (=> ${encoding.paused(index + 1)} ${encoding.paused(index)}))`);
  }
  lines.push(`(assert ${encoding.refutation(claim, steps)})`);
  return {
    text: lines.join("\n"),
    ...(encoding.arithmetic.limit === null ? {} : { logic: "QF_BV" }),
    onSat: encoding.valuesQuery(steps + 1),
  };
}

export type ShortestAnswer =
  /** A run of `steps` steps breaks the claim, and none of fewer steps does. */
  | { readonly kind: "found"; readonly steps: number }
  | { readonly kind: "none"; readonly query: Query }
  | { readonly kind: "unknown"; readonly reason: string };

/** The length of the shortest run of `from` to `to` steps that breaks the claim. */
export async function shortestViolation(
  encoding: Encoding,
  claim: Claim,
  from: number,
  to: number,
  session: Session,
): Promise<ShortestAnswer> {
  const upTo = async (steps: number): Promise<ShortestAnswer> => {
    if (claim.kind === "step" && steps === 0) {
      return { kind: "none", query: { text: "(assert false)" } };
    }
    const query = upToQuery(encoding, claim, steps);
    const answer = await session.ask(query);
    if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
    if (answer.status === "unsat") return { kind: "none", query };
    const run = encoding.readRun(readValues(answer.details[0]), steps + 1);
    return { kind: "found", steps: run.steps.length };
  };
  let best = await upTo(to);
  let low = from;
  while (best.kind === "found" && low < best.steps) {
    const middle = Math.floor((low + best.steps - 1) / 2);
    const better = await upTo(middle);
    if (better.kind === "unknown") return better;
    if (better.kind === "found") best = better;
    else low = middle + 1;
  }
  return best;
}
