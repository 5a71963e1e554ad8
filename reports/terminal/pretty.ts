/** The report for people at a terminal: results by subject, the unexpected in full, a summary. */

import {
  verdicts,
  type Counterexample,
  type Report,
  type Result,
  type Verdict,
} from "../../core/index.ts";
import { changeText, disagreements, modelValue, steps, type Step } from "../view/steps.ts";
import {
  atImplementation,
  boundText,
  expectation,
  formatDuration,
  formatNumber,
  plural,
  tone,
  verdictSymbol,
} from "../view/words.ts";
import { coverageLines } from "./coverage.ts";
import { joinedTables, tableLines } from "./table.ts";
import { columns, cut, oneLine, pad, painter, toneFormat, wrap, type Paint } from "./style.ts";

export interface PrettyOptions {
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly width?: number;
}

/** Steps shown of a long trace before and after the gap, unless verbose. */
const headSteps = 12;
const tailSteps = 6;

/** Languages of texts that are meant to be pasted. */
const printed = new Set(["otlp", "ottl"]);

const verdictWidth = Math.max(...verdicts.map((verdict) => verdict.length));
const detail = " ".repeat(6);

interface Frame {
  readonly paint: Paint;
  readonly width: number;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The whole report as lines of text, ending with a line break. */
export function renderPretty(report: Report, options: PrettyOptions): string {
  const frame: Frame = {
    paint: painter(options.color),
    width: Math.max(40, options.width ?? 100),
    quiet: options.quiet === true,
    verbose: options.verbose === true,
  };
  const lines: string[] = [];
  for (const [subject, results] of bySubject(report)) {
    const shown = frame.quiet ? results.filter((result) => !result.asExpected) : results;
    if (shown.length === 0) continue;
    const summary = report.subjects.find((entry) => entry.id === subject);
    const title = summary === undefined || summary.title === subject ? "" : oneLine(summary.title);
    lines.push(
      `${frame.paint("bold", oneLine(subject))}${title === "" ? "" : frame.paint("gray", `  ${title}`)}`,
    );
    for (const result of frame.verbose ? shown : foldUndecided(shown)) {
      lines.push(...("count" in result ? foldedLine(result, frame) : resultLines(result, frame)));
    }
    for (const table of frame.quiet ? [] : joinedTables(results)) {
      lines.push("", ...tableLines(table, "  "));
    }
    if (frame.verbose && summary?.coverage !== undefined) {
      const text = coverageLines(summary.coverage, frame.width);
      lines.push("", ...text.map((line) => frame.paint("gray", line)));
    }
    lines.push("");
  }
  lines.push(...closing(report, frame));
  return `${lines.join("\n")}\n`;
}

/** Results by subject: declared subjects first and in their order. */
function bySubject(report: Report): Map<string, Result[]> {
  const groups = new Map<string, Result[]>();
  for (const subject of report.subjects) groups.set(subject.id, []);
  for (const result of report.results) {
    const group = groups.get(result.subject);
    if (group === undefined) groups.set(result.subject, [result]);
    else group.push(result);
  }
  return groups;
}

interface Folded {
  readonly count: number;
  readonly first: Result;
}

/**
 * Runs of results that were not decided for one and the same reason become one line, and so do the
 * proofs of one question about many places.
 */
function foldUndecided(results: readonly Result[]): (Result | Folded)[] {
  const shown: (Result | Folded)[] = [];
  for (let start = 0; start < results.length;) {
    const first = results[start]!;
    let end = start + 1;
    while (isSameStory(first, results[end])) end++;
    if (end - start > 2) shown.push({ count: end - start, first });
    else shown.push(...results.slice(start, end));
    start = end;
  }
  return shown;
}

const isSameStory = (one: Result, other: Result | undefined): boolean =>
  other !== undefined && (isUndecidedAlike(one, other) || isProvedAlike(one, other));

const isProvedAlike = (one: Result, other: Result): boolean =>
  one.group !== undefined &&
  one.group === other.group &&
  one.verdict === "proved" &&
  other.verdict === "proved" &&
  one.asExpected &&
  other.asExpected;

const isUndecidedAlike = (one: Result, other: Result): boolean =>
  (one.verdict === "skipped" || one.verdict === "inconclusive") &&
  one.verdict === other.verdict &&
  one.group === other.group &&
  one.reason === other.reason &&
  one.asExpected === other.asExpected;

function foldedLine({ count, first }: Folded, { paint, width }: Frame): string[] {
  const { verdict, reason, asExpected, group } = first;
  const mark = asExpected ? "" : "UNEXPECTED: ";
  const what = plural(count, "property", "properties");
  const said = group === undefined ? `${what}: ${reason}` : `${group}: ${what}`;
  const why = group === undefined || reason === "" ? "" : ` (${reason})`;
  const text = `${verdictSymbol[verdict]} ${pad(verdict, verdictWidth)}  ${mark}${said}${why}`;
  return wrap(text, width, "  ").map((line) => paint(toneFormat[tone(first)], line));
}

function resultLines(result: Result, frame: Frame): string[] {
  const { paint, width } = frame;
  const format = toneFormat[tone(result)];
  const head = `  ${paint(format, `${verdictSymbol[result.verdict]} ${pad(result.verdict, verdictWidth)}`)}  `;
  const bound = boundText(result);
  const implementation = oneLine(atImplementation(result));
  const facts = [
    result.engine,
    ...(result.method === null ? [] : [result.method]),
    ...(bound === "" ? [] : [`within ${oneLine(bound)}`]),
  ].join(" · ");
  const title = oneLine(result.title);
  const at = implementation === "" ? "" : ` ${implementation}`;
  const room = width - columns(head);
  // The bound is part of the promise and is never cut: what does not fit goes to the next line.
  const oneRow = columns(title + at) + 2 + columns(facts) <= room;
  const titleFits = columns(title + at) <= room;
  const second = titleFits || at === "" ? facts : `${at.trim()} · ${facts}`;
  const lines = oneRow
    ? [`${head}${title}${at}  ${paint("gray", facts)}`]
    : [
        `${head}${titleFits ? title + at : cut(title, room)}`,
        `${" ".repeat(columns(head))}${paint("gray", second)}`,
      ];
  if (!result.asExpected) lines.push(...loud(result, frame));
  else lines.push(...calm(result, frame));
  return lines;
}

/** An expected result: a pinned outcome says why, in a quiet colour. */
function calm(result: Result, frame: Frame): string[] {
  const { paint, width, verbose } = frame;
  const lines: string[] = [];
  const plainHold = result.verdict === "proved" || result.verdict === "holds-bounded";
  if (result.expectedBecause !== null) {
    const text = `${result.verdict} (${expectation(result)})`;
    lines.push(...wrap(text, width, detail).map((line) => paint("blue", line)));
  }
  if (!plainHold && result.reason !== "") {
    lines.push(
      ...wrap(`reason: ${result.reason}`, width, detail).map((line) => paint("gray", line)),
    );
  }
  if (verbose) {
    lines.push(...background(result, frame));
    if (result.counterexample !== null) lines.push(...traceLines(result.counterexample, frame));
  }
  return lines;
}

/** An unexpected result, with everything needed to understand and repeat it. */
function loud(result: Result, frame: Frame): string[] {
  const { paint, width, verbose } = frame;
  const lines: string[] = [];
  const { location } = result;
  if (location !== undefined) {
    const { file, line, column } = location;
    lines.push(`${detail}${paint("gray", "at")} ${oneLine(`${file}:${line}:${column}`)}`);
  }
  const mark = result.verdict === "error" ? "ERROR" : "UNEXPECTED";
  lines.push(
    ...wrap(`${mark}: ${expectation(result)}`, width, detail).map((line) =>
      paint(toneFormat[tone(result)], line),
    ),
  );
  if (result.reason !== "") lines.push(...wrap(`reason: ${result.reason}`, width, detail));
  const { counterexample } = result;
  if (counterexample !== null) {
    lines.push(...wrap(counterexample.message, width, detail));
    lines.push(...traceLines(counterexample, frame));
  }
  for (const exhibit of result.exhibits) {
    // A record to paste into a test: one line, however long.
    if (exhibit.kind !== "text" || !printed.has(exhibit.language ?? "")) continue;
    lines.push(
      `${detail}${paint("gray", `${exhibit.title}:`)}`,
      `${detail}${oneLine(exhibit.text)}`,
    );
  }
  if (verbose) lines.push(...background(result, frame));
  else if (result.source !== null)
    lines.push(`${detail}${paint("gray", `source: ${oneLine(result.source)}`)}`);
  for (const diagnostic of result.diagnostics) {
    lines.push(...wrap(`${diagnostic.code}: ${diagnostic.message}`, width, detail));
  }
  lines.push(`${detail}${paint("gray", "again:")} ${paint("bold", oneLine(result.replay))}`);
  return lines;
}

function background(result: Result, frame: Frame): string[] {
  const { paint, width } = frame;
  const entries: [string, string][] = [];
  if (result.source !== null) entries.push(["source", result.source]);
  if (result.evidence !== "") entries.push(["evidence", result.evidence]);
  if (result.audit !== undefined) {
    const { says, message } = result.audit;
    entries.push([says === "accepted" ? "audited" : "not audited", message]);
  }
  for (const text of result.reduction?.used ?? []) entries.push(["reduced", text]);
  for (const { code, reduction, reason } of result.reduction?.off ?? []) {
    entries.push([`${code}, not reduced`, `${reduction}: ${reason}`]);
  }
  for (const assumption of result.assumptions) entries.push(["assumes", assumption]);
  const stats = Object.entries(result.stats).map(
    ([name, value]) => `${name} ${formatNumber(value)}`,
  );
  if (stats.length > 0) entries.push(["numbers", stats.join(", ")]);
  entries.push(["took", formatDuration(result.durationMs)]);
  return entries.flatMap(([name, text]) =>
    wrap(`${name}: ${text}`, width, detail).map((line) => paint("gray", line)),
  );
}

/** The counterexample as a table: step, event, state, and only the variables that changed. */
function traceLines(counterexample: Counterexample, frame: Frame): string[] {
  const { paint, width, verbose } = frame;
  const all = steps(counterexample.trace);
  if (all.length === 0) return [];
  const long = !verbose && all.length > headSteps + tailSteps + 1;
  const shown = long ? [...all.slice(0, headSteps), ...all.slice(-tailSteps)] : all;
  const eventWidth = Math.min(28, Math.max(5, ...shown.map((step) => columns(eventCell(step)))));
  const stateWidth = Math.min(
    24,
    Math.max(5, ...shown.map((step) => columns(oneLine(step.state)))),
  );
  const numberWidth = String(all.length - 1).length;
  const lines: string[] = [];
  const withState = shown.some((step) => step.state !== "");
  for (const step of shown) {
    if (long && step.index === all.length - tailSteps) {
      const hidden = all.length - headSteps - tailSteps;
      lines.push(
        `${detail}${paint("gray", `… ${plural(hidden, "more step")} (verbose output and the HTML report show all)`)}`,
      );
    }
    const cells =
      `${String(step.index).padStart(numberWidth)}  ${pad(cut(eventCell(step), eventWidth), eventWidth)}` +
      (withState ? ` → ${pad(cut(oneLine(step.state), stateWidth), stateWidth)}` : "");
    const changes = oneLine(step.changes.map(changeText).join(", "));
    const row = changes === "" ? cells.trimEnd() : `${cells}  ${changes}`;
    lines.push(detail + (verbose ? row : cut(row, Math.max(60, width - detail.length))));
    const under = detail + " ".repeat(numberWidth + 2);
    const differing = disagreements(step);
    if (differing.length > 0) {
      const seen = differing.map(
        (name) =>
          `${name}: model ${modelValue(step, name) ?? ""}, observed ${step.observed.get(name) ?? ""}`,
      );
      lines.push(`${under}${paint("yellow", oneLine(`differs: ${seen.join("; ")}`))}`);
    } else if (step.observed.size > 0 && (verbose || step.index === all.length - 1)) {
      const seen = [...step.observed].map(([name, value]) => `${name} = ${value}`).join(", ");
      lines.push(`${under}${paint("gray", oneLine(`observed: ${seen}`))}`);
    }
    if (step.note !== undefined)
      lines.push(`${under}${paint("yellow", oneLine(`▲ ${step.note}`))}`);
  }
  const { loop } = counterexample.trace;
  if (loop !== undefined) {
    lines.push(`${detail}${paint("yellow", `↺ from here back to step ${loop}, again and again`)}`);
  }
  return lines;
}

const eventCell = (step: Step): string =>
  oneLine(
    step.by === "timer" && !/^(?:timer|after)\b/.test(step.event)
      ? `timer ${step.event}`
      : step.event,
  );

/** What was skipped and why, one line per reason; the counts; what to do next. */
function closing(report: Report, frame: Frame): string[] {
  const { paint, width } = frame;
  const lines: string[] = [];
  const reasons = new Map<string, number>();
  for (const result of report.results) {
    if (result.verdict !== "skipped") continue;
    const reason = oneLine(result.reason).replace(/\.$/, "");
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of reasons) {
    lines.push(...wrap(`– ${formatNumber(count)} skipped because ${reason}`, width, ""));
  }
  const counts = verdicts
    .filter((verdict) => report.summary[verdict] > 0)
    .map((verdict) => countText(verdict, report, paint));
  const { unexpected } = report.summary;
  const total = report.results.length;
  const verdictOfRun =
    unexpected > 0
      ? paint(["bold", "red"], `${formatNumber(unexpected)} unexpected`)
      : total === 0
        ? paint(["bold", "yellow"], "nothing was checked")
        : "nothing unexpected";
  lines.push(
    `${paint("bold", plural(total, "result"))}: ${[...counts, verdictOfRun].join(" · ")} · ${formatDuration(report.durationMs)}`,
  );
  if (report.interrupted) {
    lines.push(paint(["bold", "yellow"], "interrupted: these are the results so far"));
  }
  lines.push(
    paint(
      "gray",
      `seed ${report.seed} (repeat with --seed ${report.seed}) · open the report: verify show`,
    ),
  );
  return lines;
}

function countText(verdict: Verdict, report: Report, paint: Paint): string {
  const count = report.summary[verdict];
  const pinned = report.results.filter(
    (result) => result.verdict === verdict && result.asExpected,
  ).length;
  const text = `${verdictSymbol[verdict]} ${formatNumber(count)} ${verdict}`;
  const calmVerdict = verdict !== "proved" && verdict !== "holds-bounded" && verdict !== "skipped";
  const suffix = calmVerdict && pinned > 0 ? ` (${formatNumber(pinned)} as expected)` : "";
  const asExpected = pinned === count;
  return paint(toneFormat[tone({ verdict, asExpected })], text + suffix);
}
