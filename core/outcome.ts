/** Builds an outcome from what an engine saw; the verdict comes from `conclude`. */

import type { Outcome } from "./result.ts";
import { conclude, type ConcludeInput } from "./verdict.ts";

export type OutcomeDetails = Partial<Omit<Outcome, "verdict" | "method" | "bound" | "reason">>;

/** How reasons begin when timing could not be trusted: a disturbed machine gives no verdict. */
export const tooBusy = "the machine was too busy";

/** Inconclusive for no fault of the subject: worth another run on a calmer machine. */
export const wasTooBusy = (outcome: Pick<Outcome, "verdict" | "reason">): boolean =>
  outcome.verdict === "inconclusive" && outcome.reason.includes(tooBusy);

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
    ...(details.reduction === undefined ? {} : { reduction: details.reduction }),
    ...(details.coverage === undefined ? {} : { coverage: details.coverage }),
    ...(details.certificate === undefined ? {} : { certificate: details.certificate }),
  };
}
