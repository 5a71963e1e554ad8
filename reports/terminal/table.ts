/** Tables in the terminal: those that several results of a subject share, joined into one. */

import type { Exhibit, Result, Scalar } from "../../core/index.ts";
import { formatNumber } from "../view/words.ts";
import { columns, oneLine, pad } from "./style.ts";

type Table = Extract<Exhibit, { kind: "table" }>;

/** Tables with the same title and columns in at least two results, their rows one after another. */
export function sharedTables(results: readonly Result[]): Table[] {
  const tables = results.flatMap((result) =>
    result.exhibits.filter((exhibit): exhibit is Table => exhibit.kind === "table"),
  );
  const groups = Map.groupBy(tables, (table) => JSON.stringify([table.title, table.columns]));
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const rows = new Map(
        group.flatMap((table) => table.rows).map((row) => [JSON.stringify(row), row]),
      );
      return { ...group[0]!, rows: [...rows.values()] };
    });
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
