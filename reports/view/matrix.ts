/** The two tables of the overview. No DOM, no Node. */

import type { RequirementFinding, Result } from "../../core/index.ts";

export interface OverviewMatrix {
  readonly engines: readonly string[];
  readonly rows: readonly {
    readonly subject: string;
    readonly cells: readonly (readonly Result[])[];
  }[];
}

/** Engine × subject; engines and subjects without results are left out. */
export function overviewMatrix(
  subjects: readonly { readonly id: string }[],
  results: readonly Result[],
): OverviewMatrix {
  const engines = [...new Set(results.map((result) => result.engine))];
  const names = new Set([
    ...subjects.map((subject) => subject.id),
    ...results.map((result) => result.subject),
  ]);
  const rows = [...names]
    .map((subject) => ({
      subject,
      cells: engines.map((engine) =>
        results.filter((result) => result.subject === subject && result.engine === engine),
      ),
    }))
    .filter((row) => row.cells.some((cell) => cell.length > 0));
  return { engines, rows };
}

export interface ConformanceMatrix {
  readonly implementations: readonly string[];
  readonly rows: readonly {
    readonly requirement: RequirementFinding;
    readonly title: string;
    /** One per implementation; null where nothing was judged. */
    readonly cells: readonly (Result | null)[];
  }[];
  readonly coverage: RequirementCoverage;
}

/** How much of the normative MUSTs and SHOULDs among the rows has a check. */
export interface RequirementCoverage {
  readonly checked: number;
  /** Checked, or a check could be made without looking inside the process. */
  readonly testable: number;
  /** What has no check, and why. */
  readonly unchecked: readonly {
    readonly id: string;
    readonly slug: string;
    readonly level: RequirementFinding["level"];
    readonly fromOutside: boolean;
    readonly why: string;
  }[];
}

/** The share as a sentence, for every report alike. */
export function coverageText({ checked, testable, unchecked }: RequirementCoverage): string {
  const share = testable === 0 ? 100 : (100 * checked) / testable;
  return `${checked} of ${testable} normative MUSTs and SHOULDs that can be tested from outside have a check (${share.toFixed(1)} %); ${unchecked.length} without a check are listed as not tested, with the reason`;
}

function coverageOf(requirements: readonly RequirementFinding[]): RequirementCoverage {
  // The same requirement under two versions of its specification counts once.
  const counted = new Map(
    requirements
      .filter(({ class: kind, level }) => kind === "normative" && level !== "MAY")
      .map((requirement) => [requirement.id, requirement]),
  );
  const unchecked = [...counted.values()].flatMap(({ id, slug, level, unchecked: reason }) =>
    reason === undefined ? [] : [{ id, slug, level, ...reason }],
  );
  const checked = counted.size - unchecked.length;
  const open = unchecked.filter(({ fromOutside }) => fromOutside).length;
  return { checked, testable: checked + open, unchecked };
}

const nameOf = (result: Result): string =>
  result.implementation === null
    ? result.subject
    : `${result.implementation.name}\u00a0${result.implementation.version}`.trim();

/** Names columns: by implementation, and by subject too where one is judged in several roles. */
function columnNames(results: readonly Result[]): (result: Result) => string {
  const subjects = Map.groupBy(results, nameOf);
  const isShared = (name: string) =>
    new Set(subjects.get(name)?.map(({ subject }) => subject)).size > 1;
  return (result) => {
    const name = nameOf(result);
    return isShared(name) ? `${name} (${result.subject})` : name;
  };
}

/** Requirement × implementation; null when no result judges a requirement. */
export function conformanceMatrix(results: readonly Result[]): ConformanceMatrix | null {
  const judged = results.filter((result) => result.requirement !== undefined);
  if (judged.length === 0) return null;
  const columnOf = columnNames(judged);
  const implementations = [...new Set(judged.map(columnOf))];
  const rows = new Map<string, ConformanceMatrix["rows"][number] & { cells: (Result | null)[] }>();
  for (const result of judged) {
    const { requirement } = result;
    if (requirement === undefined) continue;
    // One requirement may be judged under several versions of its specification.
    const key = `${requirement.id} ${requirement.specVersion}`;
    const row = rows.get(key) ?? {
      requirement,
      title: result.title,
      cells: implementations.map(() => null),
    };
    row.cells[implementations.indexOf(columnOf(result))] = result;
    rows.set(key, row);
  }
  const coverage = coverageOf([...rows.values()].map(({ requirement }) => requirement));
  return { implementations, rows: [...rows.values()], coverage };
}
