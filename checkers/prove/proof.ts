/** Proofs about machines: what shows them, what they rest on, and how they are told. */

import type { Exhibit } from "../../core/exhibit.ts";
import { type Expression, print } from "../../expr/index.ts";
import { type Query, type Script, type Session } from "../../solver/solver.ts";
import { rangeName } from "./encode.ts";
import type { SymbolicSystem } from "./system.ts";

/** A query that a proof rests on: unsatisfiable, with the names of what it needed. */
export interface Discharged {
  readonly role: string;
  readonly query: Query;
  readonly core: readonly string[];
}

export interface Proof {
  readonly method: "k-induction" | "spacer";
  /** How it was found, for a reader. */
  readonly statement: string;
  readonly discharged: readonly Discharged[];
  /** Where it holds ("everywhere", or a state), and what. */
  readonly invariant: readonly (readonly [string, string])[];
}

export function inductionProof(
  k: number,
  claim: Expression,
  facts: readonly Expression[],
  discharged: readonly Discharged[],
): Proof {
  const help =
    facts.length === 0
      ? ""
      : `, with the inductive invariants ${facts.map((fact) => `\`${print(fact)}\``).join(", ")}`;
  return {
    method: "k-induction",
    statement: `inductive with k = ${k}${help}`,
    discharged,
    invariant: [
      ["the claim", print(claim)],
      ...facts.map((fact) => ["everywhere", print(fact)] as const),
    ],
  };
}

export function spacerProof(lines: readonly string[], discharged: readonly Discharged[]): Proof {
  return {
    method: "spacer",
    statement: `inductive invariant found by Spacer and checked again by three plain queries: ${lines.join("; ")}`,
    discharged,
    invariant: lines.map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  };
}

/** The scripts of a proof in standard SMT-LIB; written to disk when the command line wants them. */
export function scriptsOf(proof: Proof, session: Session): readonly (readonly [string, Script])[] {
  return proof.discharged.map(({ role, query }) => [role, session.evidence(query, "unsat", role)]);
}

/** What a proof leans on besides the machine itself: the ranges of the parameters, by unsat cores. */
export function rangesUsed(proof: Proof, system: SymbolicSystem): ReadonlyMap<string, boolean> {
  const core = new Set(proof.discharged.flatMap((part) => part.core));
  return new Map(
    [...system.parameters.keys()].map((name) => [name, core.has(rangeName(name).slice(1, -1))]),
  );
}

export function exhibitsOf(
  proof: Proof,
  scripts: readonly (readonly [string, Script])[],
  system: SymbolicSystem,
): readonly Exhibit[] {
  const used = [...rangesUsed(proof, system)];
  return [
    {
      kind: "table",
      title:
        proof.method === "spacer" ? "Inductive invariant found by Spacer" : "Inductive invariant",
      columns: ["where", "holds"],
      rows: proof.invariant,
      note: "true at the start, kept by every step, and strong enough for the claim",
    },
    ...(used.length === 0
      ? []
      : [
          {
            kind: "table",
            title: "Assumptions in the unsat cores",
            columns: ["parameter", "range", "needed"],
            rows: used.map(([name, needed]) => [
              name,
              rangeText(name, system),
              needed ? "yes" : "no",
            ]),
            note: "a range that is not needed could be any",
          } as const,
        ]),
    ...scripts.map(([role, { digest, text }]): Exhibit => ({
      kind: "text",
      title: `SMT-LIB ${digest}: ${role} (unsatisfiable)`,
      text,
      language: "smt2",
    })),
  ];
}

export function rangeText(name: string, system: SymbolicSystem): string {
  const range = system.parameters.get(name);
  if (range === undefined) return name;
  const { low, high } = range;
  return high === null ? `${name} >= ${low}` : `${name} from ${low} to ${high}`;
}
