/**
 * JUnit XML for CI systems: suite = subject, case = property.
 *
 * A case passes only when its verdict was expected and is an answer: proved, holds-bounded, or a
 * pinned violation. Everything unknown is an error or skipped, never a pass.
 */

import type { Report, Result } from "../../core/index.ts";
import { changeText, steps } from "../view/steps.ts";
import { boundText, expectation, implementationLabel } from "../view/words.ts";
import { element, textElement } from "./xml.ts";

/** Steps written into a failure; the JSON and HTML reports have all of them. */
const shownSteps = 60;

type Status = "pass" | "failure" | "error" | "skipped";

/** How a result reads to a CI system. */
export function junitStatus(result: Pick<Result, "verdict" | "asExpected">): Status {
  const { verdict, asExpected } = result;
  switch (verdict) {
    case "proved":
    case "holds-bounded":
    case "violated":
      return asExpected ? "pass" : "failure";
    case "vacuous":
    case "inconclusive":
    case "error":
      return asExpected ? "skipped" : "error";
    case "skipped":
      return "skipped";
  }
}

export function renderJunit(report: Report): string {
  const groups = new Map<string, Result[]>(report.subjects.map((subject) => [subject.id, []]));
  for (const result of report.results) {
    groups.set(result.subject, [...(groups.get(result.subject) ?? []), result]);
  }
  const suites = [...groups]
    .filter(([, results]) => results.length > 0)
    .map(([subject, results]) => suite(subject, results, report));
  const root = element(
    "testsuites",
    {
      name: `${report.tool.name} ${report.tool.version}`,
      ...counts(report.results),
      time: seconds(report.durationMs),
    },
    suites,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

function suite(subject: string, results: readonly Result[], report: Report): string {
  const properties = element("properties", {}, [
    property("seed", report.seed),
    property("interrupted", report.interrupted),
    ...Object.entries(report.environment).map(([name, value]) =>
      property(`environment.${name}`, value),
    ),
  ]);
  return element(
    "testsuite",
    {
      name: subject,
      ...counts(results),
      time: seconds(results.reduce((sum, result) => sum + result.durationMs, 0)),
      timestamp: report.startedAt,
    },
    [properties, ...results.map(testcase)],
  );
}

function counts(results: readonly Result[]) {
  const count = (status: Status): number =>
    results.filter((result) => junitStatus(result) === status).length;
  return {
    tests: results.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  };
}

function testcase(result: Result): string {
  const bound = boundText(result);
  const implementation = implementationLabel(result);
  const properties = element("properties", {}, [
    property("verdict", result.verdict),
    property("expected", result.expected.join(" or ")),
    property("engine", result.engine),
    ...(result.method === null ? [] : [property("method", result.method)]),
    ...(bound === "" ? [] : [property("bound", bound)]),
    ...(implementation === "" ? [] : [property("implementation", implementation)]),
    ...(result.source === null ? [] : [property("source", result.source)]),
    ...Object.entries(result.stats).map(([name, value]) => property(`stats.${name}`, value)),
    property("replay", result.replay),
  ]);
  const children = [properties];
  const status = junitStatus(result);
  const message = headline(result);
  if (status === "failure" || status === "error") {
    const type = status === "failure" ? `unexpected ${result.verdict}` : result.verdict;
    children.push(textElement(status, { message, type }, story(result)));
  } else if (status === "skipped") {
    children.push(element("skipped", { message }, []));
  } else if (result.verdict === "violated") {
    children.push(textElement("system-out", {}, `${message}\n${story(result)}`));
  }
  const name = implementation === "" ? result.title : `${result.title} @ ${implementation}`;
  return element(
    "testcase",
    {
      // The bound belongs to the promise, so it is part of the name that a CI system prints.
      name: bound === "" ? name : `${name} [within ${bound}]`,
      classname: `${result.subject}.${result.engine}`,
      time: seconds(result.durationMs),
    },
    children,
  );
}

const property = (name: string, value: unknown): string =>
  element("property", { name, value: String(value) }, []);

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function headline(result: Result): string {
  const why = result.reason === "" ? (result.counterexample?.message ?? "") : result.reason;
  return `${result.verdict}${why === "" ? "" : `: ${why}`} (${expectation(result)})`;
}

/** The counterexample as text, then how to see it again. */
function story(result: Result): string {
  const lines: string[] = [];
  if (result.counterexample !== null) {
    const { message, trace } = result.counterexample;
    const all = steps(trace);
    lines.push(message);
    for (const step of all.slice(0, shownSteps)) {
      const state = step.state === "" ? "" : ` -> ${step.state}`;
      const changes = step.changes.map(changeText).join(", ");
      lines.push(`${step.index}. ${step.event}${state}${changes === "" ? "" : `  ${changes}`}`);
      if (step.note !== undefined) lines.push(`   ${step.note}`);
    }
    if (all.length > shownSteps) lines.push(`… ${all.length - shownSteps} more steps`);
    if (trace.loop !== undefined) lines.push(`and from there back to step ${trace.loop}, for ever`);
  }
  lines.push(`again: ${result.replay}`);
  return lines.join("\n");
}
