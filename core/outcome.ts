/** Builds an outcome from what an engine saw; the verdict comes from `conclude`. */

import type { Outcome } from "./result.ts";
import { conclude, type ConcludeInput } from "./verdict.ts";

export type OutcomeDetails = Partial<Omit<Outcome, "verdict" | "method" | "bound" | "reason">>;

export function makeOutcome(input: ConcludeInput, details: OutcomeDetails = {}): Outcome {
  return {
    ...conclude(input),
    assumptions: details.assumptions ?? [],
    evidence: details.evidence ?? "",
    stats: details.stats ?? {},
    counterexample: details.counterexample ?? null,
    ...(details.witness === undefined ? {} : { witness: details.witness }),
    exhibits: details.exhibits ?? [],
    ...(details.requirement === undefined ? {} : { requirement: details.requirement }),
    diagnostics: details.diagnostics ?? [],
  };
}
