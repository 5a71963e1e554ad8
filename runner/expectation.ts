/** Holds an outcome against what was expected of it. */

import type { Expectation } from "../core/property.ts";
import type { Outcome } from "../core/result.ts";
import type { Verdict } from "../core/verdict.ts";

export interface Judgement {
  readonly expected: readonly Verdict[];
  readonly expectedBecause: string | null;
  readonly asExpected: boolean;
  readonly expectationMismatch: string | null;
}

/**
 * A claim without an expectation is expected to hold. An expected violation must also be the pinned
 * one: another violation of the same property is unexpected.
 */
export function judge(outcome: Outcome, expect: Expectation | null): Judgement {
  const expected: readonly Verdict[] =
    expect === null ? ["proved", "holds-bounded"] : [expect.verdict];
  const expectedBecause = expect?.because ?? null;
  // Not run is neither expected nor a surprise: it is counted and shown as skipped.
  if (outcome.verdict === "skipped") {
    return { expected, expectedBecause, asExpected: true, expectationMismatch: null };
  }
  const mismatch =
    expect?.at !== undefined && outcome.verdict === expect.verdict
      ? differences(expect.at, outcome.counterexample?.at ?? {})
      : null;
  return {
    expected,
    expectedBecause,
    asExpected: expected.includes(outcome.verdict) && mismatch === null,
    expectationMismatch: mismatch,
  };
}

function differences(
  pinned: NonNullable<Expectation["at"]>,
  actual: Readonly<Record<string, unknown>>,
): string | null {
  const found = Object.entries(pinned)
    .filter(([key, value]) => actual[key] !== value)
    .map(
      ([key, value]) =>
        `${key}: pinned ${JSON.stringify(value)}, found ${JSON.stringify(actual[key] ?? null)}`,
    );
  return found.length === 0 ? null : found.join("; ");
}
