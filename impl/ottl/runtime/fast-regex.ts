/**
 * Simple RE2 patterns as patterns of the host, which are several times as fast. Only what means the
 * same to both, and only where backtracking cannot take long; all others stay with RE2.
 */

export interface FastRegex {
  readonly regex: RegExp;
  /** Longer texts are left to RE2: the time may grow with a power of the length. */
  readonly longest: number;
}

/** By how many parts can take more or less of the text. */
const limits = [100_000, 2_000, 200];

const plain = /[\w =/:,;@#%&!~"'<>`-]|[\u{80}-\u{10ffff}]/u;
const escaped = /[\\^$.*+?()[\]{}|/]/;
const classes: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r ",
};
const quote = (character: string): string =>
  escaped.test(character) || character === "-" ? `\\${character}` : character;

/** @param source a pattern that RE2 takes; null when it is not simple */
export function fastRegex(source: string): FastRegex | null {
  const characters = Array.from(source);
  let out = "";
  let loose = 0;
  let at = 0;
  while (at < characters.length) {
    const character = characters[at]!;
    const rest = characters.slice(at, at + 4).join("");
    if (character === "^" || character === "$" || character === "|") {
      out += character;
      at++;
      if (/[*+?{]/.test(characters[at] ?? "")) return null;
      continue;
    }
    if (character === "(") {
      if (rest.startsWith("(?:")) {
        out += "(?:";
        at += 3;
      } else if (rest.startsWith("(?")) return null;
      else {
        out += "(";
        at++;
      }
      continue;
    }
    if (character === ")") {
      out += ")";
      at++;
      // A group that repeats may backtrack without end, and forgets differently.
      if (/[*+?{]/.test(characters[at] ?? "")) return null;
      continue;
    }
    const atom = readAtom(characters, at);
    if (atom === null) return null;
    out += atom.text;
    at = atom.end;
    const count = /^(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})\??/.exec(
      characters.slice(at, at + 8).join(""),
    );
    if (count !== null) {
      out += count[0];
      at += count[0].length;
      if (!/^\{\d+\}/.test(count[0])) loose++;
      if (/[*+?{]/.test(characters[at] ?? "")) return null;
    } else if (characters[at] === "{") return null;
  }
  const longest = limits[loose];
  return longest === undefined ? null : { regex: new RegExp(out, "gu"), longest };
}

interface Atom {
  readonly text: string;
  readonly end: number;
}

function readAtom(characters: readonly string[], at: number): Atom | null {
  const character = characters[at]!;
  if (character === ".") return { text: "[^\\n]", end: at + 1 };
  if (character === "[") return readClass(characters, at);
  if (character === "\\") {
    const next = characters[at + 1] ?? "";
    const inner = classes[next.toLowerCase()];
    if (inner !== undefined) {
      return { text: `[${next === next.toLowerCase() ? "" : "^"}${inner}]`, end: at + 2 };
    }
    return escaped.test(next) ? { text: `\\${next}`, end: at + 2 } : null;
  }
  return plain.test(character) ? { text: character, end: at + 1 } : null;
}

function readClass(characters: readonly string[], from: number): Atom | null {
  let at = from + 1;
  let text = "[";
  if (characters[at] === "^") {
    text += "^";
    at++;
  }
  const first = at;
  for (; characters[at] !== "]" || at === first; at++) {
    const character = characters[at];
    const next = characters[at + 1] ?? "";
    if (character === undefined || character === "[" || character === "]") return null;
    if (character === "\\") {
      const inner = classes[next];
      if (inner === undefined && !escaped.test(next) && next !== "-") return null;
      text += inner ?? quote(next);
      at++;
    } else if (next === "-" && /\w/.test(characters[at + 2] ?? "") && /\w/.test(character)) {
      text += `${character}-${characters[at + 2]}`;
      at += 2;
    } else text += quote(character);
  }
  return { text: `${text}]`, end: at + 1 };
}
