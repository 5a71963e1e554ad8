/** Builders of results for runner tests. */

import { makeOutcome } from "../../core/outcome.ts";
import type { Expectation } from "../../core/property.ts";
import type { Outcome, Result } from "../../core/result.ts";
import type { Counterexample } from "../../core/trace.ts";
import { makeTrace, traceState } from "../../core/trace.ts";
import type { Observation } from "../../core/verdict.ts";
import { judge } from "../../runner/expectation.ts";

export function counterexample(at: Counterexample["at"]): Counterexample {
  return {
    message: "it fails",
    at,
    trace: makeTrace("a run", [traceState({ index: 0 }, { state: "a" })]),
    recipe: [],
  };
}

export function outcome(
  observation: Observation,
  details: Partial<Pick<Outcome, "counterexample" | "diagnostics">> = {},
): Outcome {
  const bounded = observation.kind === "holds" ? { bound: { depth: 3 } } : {};
  return makeOutcome({ claim: "universal", method: "bmc", observation, ...bounded }, details);
}

export function result(
  made: Outcome,
  expect: Expectation | null = null,
  id = "door/locked",
): Result {
  return {
    id,
    subject: "door",
    property: "locked",
    title: "locked",
    source: null,
    implementation: null,
    engine: "explore",
    ...made,
    ...judge(made, expect),
    replay: `verify replay ${id}`,
    durationMs: 1,
  };
}

export const holds = outcome({ kind: "holds" });
export const refuted = (at: Counterexample["at"]): Outcome =>
  outcome({ kind: "refuted", replayed: true }, { counterexample: counterexample(at) });
export const unknown = outcome({ kind: "unknown", reason: "timeout" });
export const skipped = outcome({ kind: "skipped", reason: "no tool" });
export const vacuous = outcome({ kind: "vacuous", reason: "premise never happens" });
