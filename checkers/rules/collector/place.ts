/** Where a character of a configuration file stands, through quoting, folding and embedding. */

export interface Place {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units as editors count them. */
  readonly column: number;
}

/** The place of the n-th character of a decoded scalar. */
export type Locator = (offset: number) => Place;

export const formatPlace = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;

/** One text in which places are looked up: a file, or a YAML document inside a block of one. */
export interface SourceText {
  readonly text: string;
  place(offset: number): Place;
}

export function fileText(file: string, text: string): SourceText {
  const starts = lineStarts(text);
  return { text, place: (offset) => ({ file, ...lineColumn(starts, offset) }) };
}

/** A text that is the decoded value of a scalar in another one. */
export const embeddedText = (text: string, locate: Locator): SourceText => ({
  text,
  place: locate,
});

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) {
    starts.push(index + 1);
  }
  return starts;
}

function lineColumn(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - starts[low]! + 1 };
}

export type ScalarStyle = "plain" | "single" | "double" | "block";

const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/**
 * For each character of a decoded scalar, its offset in the raw text; `null` when the two cannot be
 * aligned (then only the start is known). `raw` begins after the opening quote or block header.
 */
export function alignScalar(
  raw: string,
  value: string,
  style: ScalarStyle,
): readonly number[] | null {
  const offsets: number[] = [];
  let at = 0;
  let done = 0;
  while (done < value.length) {
    if (at >= raw.length) return null;
    const here = raw[at]!;
    if (style === "double" && here === "\\") {
      const next = raw[at + 1] ?? "";
      if (next === "\n" || next === "\r") {
        at = skipBlank(raw, at + 1);
        continue;
      }
      const length = escapeLengths[next] ?? 2;
      const units =
        next === "U" ? String.fromCodePoint(Number.parseInt(raw.slice(at + 2, at + 10), 16)) : " ";
      for (let unit = 0; unit < units.length; unit++) offsets.push(at);
      done += units.length;
      at += length;
    } else if (style === "single" && here === "'" && raw[at + 1] === "'") {
      offsets.push(at);
      done++;
      at += 2;
    } else if (here === value[done]) {
      offsets.push(at);
      done++;
      at++;
      // The indentation of the next line of a block is not part of its value.
      if (here === "\n") at = skipIndent(raw, at, value, done);
    } else if (value[done] === " " && /[\r\n]/.test(here)) {
      offsets.push(at);
      done++;
      at = skipBlank(raw, at);
    } else if (/\s/.test(here)) {
      at++;
    } else {
      return null;
    }
  }
  return offsets;
}

function skipBlank(raw: string, from: number): number {
  let at = from;
  while (at < raw.length && /\s/.test(raw[at]!)) at++;
  return at;
}

/** Skips as much indentation as the value does not have. */
function skipIndent(raw: string, from: number, value: string, done: number): number {
  const blanks = (text: string, start: number): number => {
    let count = 0;
    while (text[start + count] === " ") count++;
    return count;
  };
  return from + Math.max(0, blanks(raw, from) - blanks(value, done));
}
