/** How the answers to questions become outcomes. */

import { makeOutcome, type OutcomeDetails } from "../../core/outcome.ts";
import type { Outcome } from "../../core/result.ts";
import type { Counterexample, Json } from "../../core/trace.ts";
import type { Exhibit } from "../../core/exhibit.ts";

export interface Told {
  readonly evidence: string;
  readonly assumptions: readonly string[];
  readonly stats: Readonly<Record<string, number>>;
  readonly exhibits?: readonly Exhibit[];
}

const details = ({ evidence, assumptions, stats, exhibits }: Told): OutcomeDetails => ({
  evidence,
  assumptions,
  stats,
  exhibits: exhibits ?? [],
});

/** Some record shows it, and it was run. */
export const shown = (told: Told): Outcome =>
  makeOutcome(
    { claim: "existential", method: "witness", observation: { kind: "witnessed", replayed: true } },
    details(told),
  );

/** No record can show it. */
export const impossible = (told: Told, counterexample: Counterexample): Outcome =>
  makeOutcome(
    { claim: "existential", method: "smt-valid", observation: { kind: "absent" } },
    { ...details(told), counterexample },
  );

/** No record violates it. */
export const holds = (told: Told): Outcome =>
  makeOutcome(
    { claim: "universal", method: "smt-valid", observation: { kind: "holds" } },
    details(told),
  );

/** A record violates it, and it was run. */
export const violated = (told: Told, counterexample: Counterexample): Outcome =>
  makeOutcome(
    { claim: "universal", method: "smt-valid", observation: { kind: "refuted", replayed: true } },
    { ...details(told), counterexample },
  );

export const undecided = (
  claim: "universal" | "existential",
  reason: string,
  told: Told,
): Outcome =>
  makeOutcome({ claim, method: null, observation: { kind: "unknown", reason } }, details(told));

export const vacuous = (claim: "universal" | "existential", reason: string, told: Told): Outcome =>
  makeOutcome({ claim, method: null, observation: { kind: "vacuous", reason } }, details(told));

/** A payload as something to read and to paste. */
export const payloadExhibit = (title: string, payload: Json): Exhibit => ({
  kind: "text",
  title,
  text: JSON.stringify(payload),
  language: "otlp",
});
