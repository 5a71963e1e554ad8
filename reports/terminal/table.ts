/** Tables in the terminal: those to which several results of a subject contribute. */

import type { Exhibit, Result, Scalar } from "../../core/index.ts";
import { formatNumber } from "../view/words.ts";
import { columns, oneLine, pad } from "./style.ts";

type Table = Extract<Exhibit, { kind: "table" }>;

/** The tables that are parts of one over the subject, their rows one after another. */
export function joinedTables(results: readonly Result[]): Table[] {
  const parts = results.flatMap((result) =>
    result.exhibits.filter((exhibit) => exhibit.kind === "table").filter(({ joined }) => joined),
  );
  return [...Map.groupBy(parts, ({ title }) => title).values()].map((group) => ({
    ...group[0]!,
    rows: group.flatMap(({ rows }) => rows),
  }));
}

/** The table as aligned lines; numbers to the right. */
export function tableLines(table: Table, indent: string): string[] {
  const head = table.columns.map(oneLine);
  const body = table.rows.map((row) => row.map(cell));
  const widths = head.map((name, column) =>
    Math.max(columns(name), ...body.map((row) => columns(row[column] ?? ""))),
  );
  const isNumber = head.map((_, column) =>
    table.rows.some((row) => typeof row[column] === "number"),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return isNumber[column] === true
          ? " ".repeat(Math.max(0, width - columns(text))) + text
          : pad(text, width);
      })
      .join("  ")
      .trimEnd();
  return [oneLine(table.title), line(head), ...body.map(line)].map((text) => indent + text);
}

const cell = (value: Scalar): string =>
  typeof value === "number" ? formatNumber(value) : oneLine(value === null ? "–" : String(value));
