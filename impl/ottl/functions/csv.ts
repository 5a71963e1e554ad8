/** One row of CSV by the rules of Go's `encoding/csv`; further lines continue its last field. */

import { fail } from "../runtime/value.ts";

export function readCsvRow(row: string, delimiter: string, lazyQuotes: boolean): string[] {
  const lines: string[][] = [];
  let at = 0;
  while (at < row.length) {
    const [fields, next] = readLine(row, at, delimiter, lazyQuotes);
    at = next;
    if (fields !== null) lines.push(fields);
  }
  const joined = lines[0] ?? fail("no csv lines found");
  for (const line of lines.slice(1)) {
    joined[joined.length - 1] += `\n${line[0]}`;
    joined.push(...line.slice(1));
  }
  return joined;
}

const bare = (): never => fail('read csv line: parse error: bare " in non-quoted-field');
const extra = (): never =>
  fail('read csv line: parse error: extraneous or missing " in quoted-field');

/** The fields, null for an empty line, and where the next line begins. */
function readLine(
  row: string,
  from: number,
  delimiter: string,
  lazy: boolean,
): [string[] | null, number] {
  const lineEnd = (start: number): number => {
    const end = row.indexOf("\n", start);
    return end === -1 ? row.length : end;
  };
  const stop = lineEnd(from);
  if (row.slice(from, stop).replace(/\r$/, "") === "") return [null, stop + 1];
  const fields: string[] = [];
  let at = from;
  for (;;) {
    if (row[at] !== '"') {
      const end = lineEnd(at);
      const comma = row.indexOf(delimiter, at);
      const inside = comma !== -1 && comma < end;
      const field = row.slice(at, inside ? comma : end);
      if (!lazy && field.includes('"')) bare();
      fields.push(inside ? field : field.replace(/\r$/, ""));
      if (!inside) return [fields, end + 1];
      at = comma + delimiter.length;
      continue;
    }
    let field = "";
    at++;
    for (;;) {
      const quote = row.indexOf('"', at);
      if (quote === -1) {
        if (!lazy) extra();
        fields.push(field + row.slice(at).replaceAll("\r\n", "\n"));
        return [fields, row.length];
      }
      field += row.slice(at, quote).replaceAll("\r\n", "\n");
      at = quote + 1;
      if (row[at] === '"') {
        field += '"';
        at++;
      } else if (row.startsWith(delimiter, at)) {
        at += delimiter.length;
        fields.push(field);
        break;
      } else if (at >= row.length || row[at] === "\n" || row.startsWith("\r\n", at)) {
        fields.push(field);
        return [fields, lineEnd(at) + 1];
      } else if (lazy) field += '"';
      else extra();
    }
  }
}
