/** A question to a solver as text, and the file that lets any other solver answer it again. */

import { createHash } from "node:crypto";

export interface Query {
  /** Declarations and assertions, without `(check-sat)`. */
  readonly text: string;
  readonly logic?: string;
  /** Tuning of Z3. It never changes the meaning, so other solvers are not shown it. */
  readonly options?: Readonly<Record<string, string>>;
  /** Asked when satisfiable, e.g. `(get-value (x y))`. */
  readonly onSat?: string;
  /** Asked when unsatisfiable, e.g. `(get-unsat-core)`. */
  readonly onUnsat?: string;
}

const productions = (query: Query): Readonly<Record<string, string>> => ({
  ...(query.onSat === undefined ? {} : { "produce-models": "true" }),
  ...(query.onUnsat?.includes("unsat-core") === true ? { "produce-unsat-cores": "true" } : {}),
});

/** The query as the script that Z3 is given. */
export function scriptOf(query: Query): string {
  return assemble({ ...productions(query), ...query.options }, query.logic, query.text);
}

/** The query in standard SMT-LIB only, as `solver` understands it. */
export function portableScript(query: Query, options: Readonly<Record<string, string>>): string {
  return assemble({ ...productions(query), ...options }, query.logic ?? "ALL", query.text);
}

function assemble(
  options: Readonly<Record<string, string>>,
  logic: string | undefined,
  text: string,
): string {
  return [
    ...Object.entries(options).map(([name, value]) => `(set-option :${name} ${value})`),
    ...(logic === undefined ? [] : [`(set-logic ${logic})`]),
    text,
    "(check-sat)",
  ].join("\n");
}

/** What a verdict needs the answer to be. */
export type ExpectedStatus = "sat" | "unsat";

/**
 * A query as evidence: standard SMT-LIB with the answer that the verdict rests on, readable by any
 * solver, named by the digest of its text.
 */
export interface Script {
  /** First 16 hexadecimal digits of the SHA-256 of `text`. */
  readonly digest: string;
  readonly text: string;
  readonly status: ExpectedStatus;
}

export function evidenceScript(query: Query, status: ExpectedStatus): Script {
  const text = [
    `(set-logic ${query.logic ?? "ALL"})`,
    `(set-info :status ${status})`,
    query.text,
    "(check-sat)",
    "",
  ].join("\n");
  return { digest: digestOf(text), text, status };
}

/** Short digest of a script, to name it in evidence. */
export function digestOf(script: string): string {
  return createHash("sha256").update(script).digest("hex").slice(0, 16);
}
