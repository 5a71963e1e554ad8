/** Bounded search by the solver: is there a run of a given length that breaks a claim? */

import { type Claim, type Encoding, type SolvedRun } from "./encode.ts";
import { readValues } from "./smt.ts";
import type { Query, Session } from "../../solver/solver.ts";

export type BoundedAnswer =
  | { readonly kind: "found"; readonly run: SolvedRun; readonly query: Query }
  | { readonly kind: "none"; readonly query: Query }
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
    lines.push(`(assert (= |${name}| ${value < 0 ? `(- ${-value})` : value}))`);
  for (const step of encoding.steps(claim, steps)) lines.push(`(assert ${step})`);
  lines.push(`(assert (not ${encoding.claim(claim, steps)}))`);
  for (const run of others) lines.push(`(assert (not ${encoding.sameWay(run)}))`);
  return { text: lines.join("\n"), onSat: encoding.valuesQuery(length) };
}

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
    return { kind: "none", query: { text: "" } };
  }
  const query = boundedQuery(encoding, claim, steps, new Map(), others);
  const answer = await session.ask(query);
  if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
  if (answer.status === "unsat") return { kind: "none", query };
  const explored = new Map(
    [...encoding.system.parameters].map(([name, parameter]) => [name, parameter.explored]),
  );
  const preferred = await session.ask(boundedQuery(encoding, claim, steps, explored, others));
  const details = preferred.status === "sat" ? preferred.details : answer.details;
  return { kind: "found", run: encoding.readRun(readValues(details[0]), steps + 1), query };
}
