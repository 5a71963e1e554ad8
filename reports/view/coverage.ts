/** Coverage and growth in words and numbers; shared by the terminal and the page. No DOM, no Node. */

import type { Coverage, MachineCoverage, TransitionName } from "../../core/index.ts";
import { formatNumber, plural } from "./words.ts";

/** `closed --FAIL [failures < 2]--> open` */
export function transitionText({ source, event, guard, targets }: TransitionName): string {
  const label = guard === null ? event : `${event} [${guard}]`;
  return `${source} --${label}--> ${targets.length === 0 ? "(stays)" : targets.join(" + ")}`;
}

export interface CoverageRow {
  readonly what: string;
  readonly covered: number;
  readonly of: number;
  /** What is missing, by the word for it. */
  readonly missing: readonly { readonly why: string; readonly items: readonly string[] }[];
}

export function coverageRows(machine: MachineCoverage): readonly CoverageRow[] {
  const { states, transitions, guards, events } = machine;
  return [
    {
      what: "states entered",
      covered: states.entered,
      of: states.total,
      missing: [{ why: "never entered", items: states.never }],
    },
    {
      what: "transitions taken",
      covered: transitions.taken,
      of: transitions.total,
      missing: [{ why: "never taken", items: transitions.never.map(transitionText) }],
    },
    {
      what: "guards both ways",
      covered: guards.both,
      of: guards.total,
      missing: [
        { why: "never true", items: guards.neverTrue.map(transitionText) },
        { why: "never false", items: guards.neverFalse.map(transitionText) },
      ],
    },
    {
      what: "events accepted",
      covered: events.accepted,
      of: events.total,
      missing: [{ why: "never accepted", items: events.never }],
    },
  ].map((row) => ({ ...row, missing: row.missing.filter(({ items }) => items.length > 0) }));
}

/** What the absence of something means. */
export const coverageNote = ({ complete }: Coverage): string =>
  complete
    ? "everything that the model can reach was explored: what is missing never happens in it"
    : "the search ended early: what is missing was not met so far";

/** `15 states at depth 0 to 6, at most 4 of one depth (depth 3)` */
export function growthText(growth: readonly number[]): string {
  const states = growth.reduce((sum, count) => sum + count, 0);
  const most = growth.reduce((max, count) => Math.max(max, count), 0);
  return (
    `${plural(states, "state")} at depth 0 to ${growth.length - 1}, ` +
    `at most ${formatNumber(most)} of one depth (depth ${growth.indexOf(most)})`
  );
}

export interface GrowthBar {
  /** Depths that the bar stands for: one, or several where there are too many. */
  readonly from: number;
  readonly to: number;
  /** New states; the mean per depth where the bar stands for several. */
  readonly states: number;
}

/** New states by depth, in at most `most` bars. */
export function growthBars(growth: readonly number[], most: number): readonly GrowthBar[] {
  const wide = Math.max(1, Math.ceil(growth.length / most));
  return Array.from({ length: Math.ceil(growth.length / wide) }, (_, index) => {
    const part = growth.slice(index * wide, (index + 1) * wide);
    const from = index * wide;
    const sum = part.reduce((total, count) => total + count, 0);
    return { from, to: from + part.length - 1, states: sum / part.length };
  });
}

/** The same as a line of text: `▁▃▇█▅▂`. */
export function sparkline(growth: readonly number[], most: number): string {
  const bars = growthBars(growth, most);
  const highest = bars.reduce((max, { states }) => Math.max(max, states), 0);
  const signs = "▁▂▃▄▅▆▇█".split("");
  return bars.map(({ states }) => signs[Math.ceil((8 * states) / highest) - 1] ?? " ").join("");
}
