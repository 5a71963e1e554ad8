/**
 * Which reductions a claim can stand. What was asked for and cannot be done is switched off with its
 * reason, which stands in the result; it is never done anyway and never dropped in silence.
 */

import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { CheckContext } from "../../../core/engine.ts";
import type { Property } from "../../../core/property.ts";
import type { ReductionReport } from "../../../core/result.ts";
import type { ExploredSubject } from "../../../core/subject.ts";
import type { ClaimLogic, ReductionName } from "../../../core/verdict.ts";
import { mentionsNext } from "../temporal/leaves.ts";
import { formulaOf } from "../temporal/linear.ts";
import { predicatesOf } from "./reads.ts";

export const logicOf = ({ kind }: Property): ClaimLogic => {
  if (kind === "ctl" || kind === "always-reachable") return "branching";
  return kind === "ltl" || kind === "leads-to" ? "linear" : "states";
};

const names: Readonly<Record<string, readonly ReductionName[]>> = {
  none: [],
  por: ["partial order"],
  symmetry: ["symmetry"],
  all: ["partial order", "symmetry"],
};

/** The reductions that the command line or the subject asks for; the command line wins. */
export function askedReductions(
  subject: ExploredSubject,
  options: CheckContext["options"],
): readonly ReductionName[] {
  const text = options["reduce"];
  if (text === undefined) return (subject.kind === "system" ? subject.reduce : undefined) ?? [];
  const asked = String(text)
    .split(",")
    .flatMap((word) => {
      const known = names[word];
      if (known !== undefined) return known;
      throw new DiagnosticError("VRF006", `--reduce ${word}: there is no such reduction`, {
        help: `reductions: ${Object.keys(names).join(", ")}`,
      });
    });
  return [...new Set(asked)];
}

/** Why a claim cannot be decided with steps left out; null when it can. */
export function whyNoPartialOrder(subject: ExploredSubject, property: Property): string | null {
  const { model } = subject;
  if (!("machines" in model)) return "a single machine has no other whose steps could wait";
  if ((model.time ?? "untimed") !== "untimed") {
    return `in time: "${model.time}" every step competes with the clock`;
  }
  if (logicOf(property) === "branching") {
    return "the claim is about the ways that branch off from each state, and some are left out";
  }
  if ("fair" in property && property.fair.length > 0) {
    return "which steps stay possible, and so fairness, depends on the steps left out";
  }
  if (property.kind === "ltl" && mentionsNext(formulaOf(property))) {
    return "X counts steps, and steps are left out";
  }
  const predicates = predicatesOf(property);
  if (predicates === null) return "the claim speaks of single steps, and steps are left out";
  if (predicates.some((predicate) => typeof predicate === "function")) {
    return "a predicate is a function, of which only some reads may have been seen; write it as an expression";
  }
  return null;
}

/** Why states that differ by an exchange of machines must be told apart; null where they need not. */
export function whyNoSymmetry(subject: ExploredSubject, property: Property): string | null {
  if (subject.kind === "machine") return "a single machine cannot be exchanged with another";
  if (logicOf(property) !== "states") {
    return "which machine gets on and which waits matters to claims about runs";
  }
  const predicates = predicatesOf(property);
  if (predicates === null) return "the claim speaks of single steps";
  if (predicates.some((predicate) => typeof predicate === "function")) {
    return "a predicate is a function, which may tell machines apart; write it as an expression";
  }
  return null;
}

export const off = (reduction: string, reason: string): ReductionReport["off"][number] => ({
  code: "VRF111",
  reduction,
  reason,
});
