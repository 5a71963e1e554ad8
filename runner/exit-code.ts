/** From results to the exit code of the run; the contract is in docs/cli.md. */

import { ExitCode } from "../core/diagnostic.ts";
import type { Result } from "../core/result.ts";
import type { Verdict } from "../core/verdict.ts";

/** Verdicts that make a run fail unless expected. `error` always does. */
export const defaultFailOn: readonly Verdict[] = ["violated", "vacuous", "inconclusive", "error"];

export interface ExitOptions {
  readonly failOn?: readonly Verdict[];
  /** Fingerprints of results that a baseline already knows. */
  readonly known?: ReadonlySet<string>;
  /** The signal that stopped the run. */
  readonly interruptedBy?: "SIGINT" | "SIGTERM";
}

/** Whether a result counts against the run. */
export function counts(result: Result, options: ExitOptions = {}): boolean {
  const failOn = options.failOn ?? defaultFailOn;
  if (result.verdict === "error") return true;
  if (options.known?.has(fingerprint(result)) === true) return false;
  if (result.verdict === "skipped") return failOn.includes("skipped");
  if (result.asExpected) return false;
  // A pinned violation that is gone, or has moved, counts as a violation of the expectation.
  return failOn.includes(isMissedExpectation(result) ? "violated" : result.verdict);
}

export function exitCodeOf(results: readonly Result[], options: ExitOptions = {}): ExitCode {
  if (options.interruptedBy !== undefined) {
    return options.interruptedBy === "SIGTERM" ? ExitCode.terminated : ExitCode.interrupted;
  }
  const counted = results.filter((result) => counts(result, options));
  const has = (test: (result: Result) => boolean): boolean => counted.some(test);
  const isError = (result: Result): boolean => result.verdict === "error";

  if (has((result) => result.verdict === "violated" || isMissedExpectation(result))) {
    return ExitCode.violated;
  }
  if (has((result) => isError(result) && isUsersError(result))) return ExitCode.usage;
  if (has((result) => isError(result) && isEnvironment(result))) return ExitCode.environment;
  if (has(isError)) return ExitCode.internal;
  if (has((result) => result.verdict === "inconclusive" || result.verdict === "vacuous")) {
    return ExitCode.inconclusive;
  }
  const nothingRan = results.every((result) => result.verdict === "skipped");
  return nothingRan || has((result) => result.verdict === "skipped")
    ? ExitCode.environment
    : ExitCode.ok;
}

/** Stable identity of a finding, for baselines: what failed and where, not how long it took. */
export function fingerprint(result: Result): string {
  const at = result.counterexample?.at ?? null;
  return JSON.stringify([result.id, result.engine, result.verdict, at]);
}

function isMissedExpectation(result: Result): boolean {
  const holds = result.verdict === "proved" || result.verdict === "holds-bounded";
  return !result.asExpected && (holds || result.expectationMismatch !== null);
}

function isUsersError(result: Result): boolean {
  return result.diagnostics.some(({ code }) => /^VRF([0-35]|402)/.test(code));
}

function isEnvironment(result: Result): boolean {
  return result.diagnostics.some(({ code }) => code === "VRF601");
}
