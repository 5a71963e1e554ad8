/**
 * How verdicts, bounds and numbers are spoken; shared by the terminal and the page, so that both
 * promise the same. No DOM, no Node.
 */

import { methods, type Bound, type Result, type Verdict } from "../../core/index.ts";

/** One sign per verdict; always printed next to the word. The tick is reserved for `proved`. */
export const verdictSymbol: Readonly<Record<Verdict, string>> = {
  proved: "✓",
  "holds-bounded": "≤",
  violated: "✗",
  vacuous: "∅",
  inconclusive: "?",
  skipped: "–",
  error: "!",
};

/** What each word promises, in one sentence; docs/semantics.md has the exact meaning. */
export const verdictMeaning: Readonly<Record<Verdict, string>> = {
  proved: "True for all executions, within the stated assumptions.",
  "holds-bounded": "No violation within the stated bound; nothing is said beyond it.",
  violated: "There is evidence against the claim, and it was replayed on what it accuses.",
  vacuous: "True only because it says nothing: its premise never happens.",
  inconclusive: "Not decided. This is not a pass.",
  skipped: "Not run. This is not a pass.",
  error: "The tool or an adapter failed. This is not a pass.",
};

/** How loud a result has to be: `calm` for pinned outcomes other than a plain "holds". */
export type Tone = "good" | "bounded" | "calm" | "bad" | "open" | "mute";

export function tone(result: Pick<Result, "verdict" | "asExpected">): Tone {
  const { verdict, asExpected } = result;
  if (verdict === "skipped") return asExpected ? "mute" : "open";
  if (!asExpected) {
    return verdict === "inconclusive" || verdict === "vacuous" ? "open" : "bad";
  }
  if (verdict === "proved") return "good";
  if (verdict === "holds-bounded") return "bounded";
  return "calm";
}

/** `1234567` as `1,234,567`; fractions with at most four significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size < 1e-4) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** Milliseconds in the unit a person would use. */
export function formatDuration(ms: number): string {
  if (ms < 1) return ms === 0 ? "0 ms" : "< 1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `{ depth: 20, samples: 1000 }` as `depth 20, samples 1,000`; empty without a bound. */
export function formatBound(bound: Bound | null): string {
  if (bound === null) return "";
  return Object.entries(bound)
    .map(([name, value]) => `${name} ${typeof value === "number" ? formatNumber(value) : value}`)
    .join(", ");
}

/**
 * The bound that limits what a verdict promises; says so when it is missing. A violation is a fact,
 * however far one had looked, so it has none.
 */
export function boundText(result: Pick<Result, "verdict" | "bound">): string {
  if (result.verdict === "violated") return "";
  const text = formatBound(result.bound);
  return text === "" && result.verdict === "holds-bounded" ? "bound not stated" : text;
}

/** What this very result promises, in words. */
export function promise(result: Result): string {
  const how = result.method === null ? "" : `${capital(methods[result.method].says)}. `;
  const bound = boundText(result);
  switch (result.verdict) {
    case "proved":
      return result.witness === undefined
        ? `${how}${verdictMeaning.proved}`
        : "An execution that shows it was found and replayed.";
    case "holds-bounded":
      return `${how}No violation within ${bound}; nothing is said beyond it.`;
    case "violated":
      return result.counterexample === null
        ? `${how}Everything was covered and nothing shows the claim.`
        : verdictMeaning.violated;
    default:
      return `${verdictMeaning[result.verdict]}${result.reason === "" ? "" : ` Reason: ${result.reason}.`}`.replace(
        /([.!?])\.$/,
        "$1",
      );
  }
}

/** Why a result is, or is not, what was expected. */
export function expectation(result: Result): string {
  if (result.expectationMismatch !== null) {
    return `violated in another way than expected: ${result.expectationMismatch}`;
  }
  const expected = result.expected.join(" or ");
  if (!result.asExpected) {
    return `expected ${expected === "" ? "nothing in particular" : expected}${
      result.expectedBecause === null ? "" : ` (because ${result.expectedBecause})`
    }`;
  }
  return result.expectedBecause === null
    ? "as expected"
    : `as expected: because ${result.expectedBecause}`;
}

/** The name of the judged implementation with its version, or nothing. */
export function implementationLabel(result: Pick<Result, "implementation">): string {
  if (result.implementation === null) return "";
  const { name, version } = result.implementation;
  return version === "" ? name : `${name} ${version}`;
}

/** The same behind an "at" sign; scoped packages bring their own. */
export function atImplementation(result: Pick<Result, "implementation">): string {
  const label = implementationLabel(result);
  return label === "" || label.startsWith("@") ? label : `@ ${label}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatNumber(count)} ${count === 1 ? one : many}`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
