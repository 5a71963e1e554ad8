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
  return { implementations, rows: [...rows.values()] };
}
