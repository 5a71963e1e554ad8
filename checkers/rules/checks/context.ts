/** What every check needs: the analysis of its program, names for rules, and what proofs rest on. */

import type { Exhibit } from "../../../core/exhibit.ts";
import type { Counterexample, Json, Scalar } from "../../../core/trace.ts";
import type { Analysis } from "../analysis.ts";
import { payloadExhibit } from "../answer.ts";
import { formatPlace } from "../collector/place.ts";
import { referenceClose, referenceOpen } from "../collector/sections.ts";
import type { AnyRule, ConcreteRun } from "../concrete/replay.ts";
import { traceOf } from "../concrete/show.ts";
import type { CompatLevel } from "../level.ts";

export interface CheckScope {
  readonly analysis: Analysis;
  readonly level: CompatLevel;
  /** Solver statistics since the check began. */
  stats(): Readonly<Record<string, number>>;
}

/** One line of a rule, with references as they are written in the configuration. */
export function showText(text: string): string {
  return text
    .replaceAll(referenceOpen, "${")
    .replaceAll(referenceClose, "}")
    .replaceAll(/\s+/g, " ")
    .trim();
}

export const describeRule = (rule: AnyRule): { text: string; place: string } => ({
  text: showText(rule.source.text),
  place: formatPlace(rule.source.place),
});

export const named = (rule: AnyRule): string => {
  const { text, place } = describeRule(rule);
  return `${text} (${place})`;
};

/** What a proof about rules rests on. */
export function assumptionsOf({ analysis, level }: CheckScope): string[] {
  const { unmodelled } = analysis.execution;
  return [
    `OTTL of Collector v${level.version} (${level.origin === "newest" ? "the newest known; no version is given" : level.origin})`,
    "texts are valid Unicode up to U+2FFFF",
    ...(unmodelled.size === 0
      ? []
      : [`any outcome was allowed for ${[...unmodelled].sort().join(", ")}`]),
  ];
}

export function counterexampleOf(
  message: string,
  run: ConcreteRun,
  at: Readonly<Record<string, Scalar>>,
  focus?: AnyRule,
  more: Readonly<Record<string, Json>> = {},
): Counterexample {
  return {
    message,
    at,
    trace: traceOf(message, run, describeRule, focus === undefined ? {} : { focus }),
    recipe: { payload: run.input, ...more },
  };
}

export const payloadsOf = (run: ConcreteRun): readonly Exhibit[] => [
  payloadExhibit("Record in (OTLP/JSON)", run.input),
  ...(run.delivered ? [payloadExhibit("Record out (OTLP/JSON)", run.output)] : []),
];
