/**
 * RE2 patterns as regular languages. Only what a regular expression of the solver says exactly is
 * translated; word boundaries, anchors in the middle and Unicode classes are not, and the caller
 * then knows nothing about the match but that equal texts match alike.
 */

import { contains, equal, inRegex, prefixOf, suffixOf, text, type Term } from "./term.ts";
import { stringLiteral } from "./print.ts";

type Range = readonly [number, number];

type Regex =
  | { readonly kind: "empty" }
  | { readonly kind: "begin" }
  | { readonly kind: "end" }
  | { readonly kind: "set"; readonly ranges: readonly Range[] }
  | { readonly kind: "sequence"; readonly parts: readonly Regex[] }
  | { readonly kind: "choice"; readonly parts: readonly Regex[] }
  | {
      readonly kind: "repeat";
      readonly part: Regex;
      readonly least: number;
      readonly most: number | null;
    };

/** The last code point that the solver's strings can hold. */
const lastCode = 0x2ffff;

class Unsupported extends Error {}

/** Whether `whole` contains a match of the pattern, or `null` when that cannot be said exactly. */
export function matchTerm(pattern: string, whole: Term): Term | null {
  let regex: Regex;
  try {
    regex = new Parser(pattern).parse();
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
  const alternatives = regex.kind === "choice" ? regex.parts : [regex];
  const terms = alternatives.map((alternative) => matchAlternative(alternative, whole));
  if (terms.length === 1) return terms[0]!;
  if (terms.some((term) => term === null)) return null;
  // One language for all alternatives keeps the solver's work in one automaton.
  const languages = alternatives.map(padded);
  return languages.some((language) => language === null)
    ? null
    : inRegex(whole, `(re.union ${languages.join(" ")})`);
}

interface Trimmed {
  readonly begin: boolean;
  readonly end: boolean;
  readonly body: Regex;
}

/** Splits off anchors at the edges; `null` when there are others. */
function trim(regex: Regex): Trimmed | null {
  let parts = regex.kind === "sequence" ? [...regex.parts] : [regex];
  const begin = parts[0]?.kind === "begin";
  while (parts[0]?.kind === "begin") parts = parts.slice(1);
  const end = parts.at(-1)?.kind === "end";
  while (parts.at(-1)?.kind === "end") parts = parts.slice(0, -1);
  const body: Regex =
    parts.length === 0
      ? { kind: "empty" }
      : parts.length === 1
        ? parts[0]!
        : { kind: "sequence", parts };
  return hasAnchor(body) ? null : { begin, end, body };
}

function hasAnchor(regex: Regex): boolean {
  switch (regex.kind) {
    case "begin":
    case "end":
      return true;
    case "sequence":
    case "choice":
      return regex.parts.some(hasAnchor);
    case "repeat":
      return hasAnchor(regex.part);
    default:
      return false;
  }
}

function matchAlternative(regex: Regex, whole: Term): Term | null {
  const trimmed = trim(regex);
  if (trimmed === null) return null;
  const { begin, end, body } = trimmed;
  const literal = literalOf(body);
  if (literal !== null) {
    const part = text(literal);
    if (begin && end) return equal(whole, part);
    if (begin) return prefixOf(part, whole);
    return end ? suffixOf(part, whole) : contains(whole, part);
  }
  const language = padded(regex);
  return language === null ? null : inRegex(whole, language);
}

function padded(regex: Regex): string | null {
  const trimmed = trim(regex);
  if (trimmed === null) return null;
  const { begin, end, body } = trimmed;
  const parts = [...(begin ? [] : ["re.all"]), print(body), ...(end ? [] : ["re.all"])];
  return parts.length === 1 ? parts[0]! : `(re.++ ${parts.join(" ")})`;
}

function literalOf(regex: Regex): string | null {
  if (regex.kind === "empty") return "";
  if (regex.kind === "set") {
    const [range] = regex.ranges;
    return regex.ranges.length === 1 && range![0] === range![1]
      ? String.fromCodePoint(range![0])
      : null;
  }
  if (regex.kind !== "sequence") return null;
  const parts = regex.parts.map(literalOf);
  return parts.includes(null) ? null : parts.join("");
}

function print(regex: Regex): string {
  const literal = literalOf(regex);
  if (literal !== null) return `(str.to_re ${stringLiteral(literal)})`;
  switch (regex.kind) {
    case "set": {
      const shown = regex.ranges.map(
        ([from, to]) => `(re.range ${characterLiteral(from)} ${characterLiteral(to)})`,
      );
      return join("re.union", shown, "re.none");
    }
    case "sequence":
      return join("re.++", regex.parts.map(print), '(str.to_re "")');
    case "choice":
      return join("re.union", regex.parts.map(print), "re.none");
    case "repeat": {
      const inner = print(regex.part);
      const { least, most } = regex;
      if (least === 0 && most === null) return `(re.* ${inner})`;
      if (least === 1 && most === null) return `(re.+ ${inner})`;
      if (least === 0 && most === 1) return `(re.opt ${inner})`;
      if (most === null) return `(re.++ ((_ re.loop ${least} ${least}) ${inner}) (re.* ${inner}))`;
      return `((_ re.loop ${least} ${most}) ${inner})`;
    }
    default:
      return '(str.to_re "")';
  }
}

const join = (operator: string, parts: readonly string[], none: string): string =>
  parts.length === 0 ? none : parts.length === 1 ? parts[0]! : `(${operator} ${parts.join(" ")})`;

const characterLiteral = (code: number): string => `"\\u{${code.toString(16)}}"`;

// --- sets of characters -----------------------------------------------------------------------------

const digits: readonly Range[] = [[48, 57]];
const word: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const space: readonly Range[] = [
  [9, 10],
  [12, 13],
  [32, 32],
];
const posix: Readonly<Record<string, readonly Range[]>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: digits,
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [[65, 90]],
  word,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

function normalise(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

function complement(ranges: readonly Range[]): readonly Range[] {
  const out: Range[] = [];
  let from = 0;
  for (const [low, high] of normalise(ranges)) {
    if (low > from) out.push([from, low - 1]);
    from = high + 1;
  }
  if (from <= lastCode) out.push([from, lastCode]);
  return out;
}

/** RE2 folds ASCII letters, and two letters outside that fold into ASCII. */
function foldCase(ranges: readonly Range[]): readonly Range[] {
  const extra: Range[] = [];
  for (const [from, to] of ranges) {
    if (to > 127) throw new Unsupported();
    for (let code = from; code <= to; code++) {
      const character = String.fromCodePoint(code);
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        extra.push([other.codePointAt(0)!, other.codePointAt(0)!]);
      }
      if (/[kK]/.test(character)) extra.push([0x212a, 0x212a]);
      if (/[sS]/.test(character)) extra.push([0x17f, 0x17f]);
    }
  }
  return normalise([...ranges, ...extra]);
}

// --- the parser -----------------------------------------------------------------------------------

interface Flags {
  readonly fold: boolean;
  readonly dotAll: boolean;
}

class Parser {
  #at = 0;
  readonly #text: readonly string[];

  constructor(pattern: string) {
    this.#text = Array.from(pattern);
  }

  parse(): Regex {
    const [regex] = this.#choice({ fold: false, dotAll: false });
    if (this.#at < this.#text.length) throw new Unsupported();
    return regex;
  }

  #peek(offset = 0): string {
    return this.#text[this.#at + offset] ?? "";
  }

  #take(expected: string): boolean {
    for (const [index, character] of Array.from(expected).entries()) {
      if (this.#peek(index) !== character) return false;
    }
    this.#at += expected.length;
    return true;
  }

  /** Flags set in the middle of a group hold to its end, over alternatives. */
  #choice(start: Flags): [Regex, Flags] {
    let flags = start;
    const parts: Regex[] = [];
    do {
      const [part, after] = this.#sequence(flags);
      flags = after;
      parts.push(part);
    } while (this.#take("|"));
    return [parts.length === 1 ? parts[0]! : { kind: "choice", parts }, flags];
  }

  #sequence(start: Flags): [Regex, Flags] {
    let flags = start;
    const parts: Regex[] = [];
    while (this.#at < this.#text.length && this.#peek() !== "|" && this.#peek() !== ")") {
      const inline = this.#inlineFlags(flags);
      if (inline !== null) {
        flags = inline;
        continue;
      }
      const atom = this.#repeat(this.#atom(flags));
      // A group without a choice is only brackets: its anchors may still stand at the edge.
      if (atom.kind === "sequence") parts.push(...atom.parts);
      else if (atom.kind !== "empty") parts.push(atom);
    }
    if (parts.length === 0) return [{ kind: "empty" }, flags];
    return [parts.length === 1 ? parts[0]! : { kind: "sequence", parts }, flags];
  }

  /** `(?i)` and the like, which change what follows. */
  #inlineFlags(flags: Flags): Flags | null {
    const rest = this.#text.slice(this.#at).join("");
    const match = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?\)/.exec(rest);
    if (match === null) return null;
    this.#at += Array.from(match[0]).length;
    return applyFlags(flags, match[1]!, match[2] ?? "");
  }

  #atom(flags: Flags): Regex {
    if (this.#take("(")) return this.#group(flags);
    if (this.#take("[")) return this.#class(flags);
    if (this.#take(".")) {
      return { kind: "set", ranges: flags.dotAll ? [[0, lastCode]] : complement([[10, 10]]) };
    }
    if (this.#take("^")) return { kind: "begin" };
    if (this.#take("$")) return { kind: "end" };
    if (this.#take("\\")) return this.#escape(flags);
    const character = this.#peek();
    if (/[*+?]/.test(character)) throw new Unsupported();
    this.#at++;
    return this.#literal(character.codePointAt(0)!, flags);
  }

  #literal(code: number, flags: Flags): Regex {
    const ranges: readonly Range[] = [[code, code]];
    return { kind: "set", ranges: flags.fold ? foldCase(ranges) : ranges };
  }

  #group(outer: Flags): Regex {
    let flags = outer;
    if (this.#take("?")) {
      const rest = this.#text.slice(this.#at).join("");
      const match = /^(?:P?<\w+>|([a-zA-Z]*)(?:-([a-zA-Z]+))?:)/.exec(rest);
      if (match === null) throw new Unsupported();
      this.#at += Array.from(match[0]).length;
      flags = applyFlags(flags, match[1] ?? "", match[2] ?? "");
    }
    const [inner] = this.#choice(flags);
    if (!this.#take(")")) throw new Unsupported();
    return inner;
  }

  #escape(flags: Flags): Regex {
    const character = this.#peek();
    this.#at++;
    const ranges = classEscape(character);
    if (ranges !== null) return { kind: "set", ranges };
    if (character === "A") return { kind: "begin" };
    if (character === "z") return { kind: "end" };
    return this.#literal(this.#escapedCode(character), flags);
  }

  #escapedCode(character: string): number {
    const simple: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7 };
    if (Object.hasOwn(simple, character)) return simple[character]!;
    if (character === "x") {
      const rest = this.#text.slice(this.#at).join("");
      const match = /^(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/.exec(rest);
      if (match === null) throw new Unsupported();
      this.#at += match[0].length;
      return Number.parseInt(match[1] ?? match[2]!, 16);
    }
    if (/[a-zA-Z0-9]/.test(character) || character === "") throw new Unsupported();
    return character.codePointAt(0)!;
  }

  #class(flags: Flags): Regex {
    const negated = this.#take("^");
    const ranges: Range[] = [];
    let isFirst = true;
    while (isFirst || this.#peek() !== "]") {
      isFirst = false;
      if (this.#at >= this.#text.length) throw new Unsupported();
      if (this.#take("[:")) {
        const inverted = this.#take("^");
        const name = /^[a-z]+/.exec(this.#text.slice(this.#at).join(""))?.[0] ?? "";
        this.#at += name.length;
        const known = posix[name];
        if (known === undefined || !this.#take(":]")) throw new Unsupported();
        ranges.push(...(inverted ? complement(known) : known));
        continue;
      }
      const from = this.#classCharacter();
      if (typeof from !== "number") {
        ranges.push(...from);
        continue;
      }
      if (this.#peek() === "-" && this.#peek(1) !== "]" && this.#peek(1) !== "") {
        this.#at++;
        const to = this.#classCharacter();
        if (typeof to !== "number" || to < from) throw new Unsupported();
        ranges.push([from, to]);
      } else ranges.push([from, from]);
    }
    this.#at++;
    const folded = flags.fold ? foldCase(ranges) : normalise(ranges);
    return { kind: "set", ranges: negated ? complement(folded) : folded };
  }

  #classCharacter(): number | readonly Range[] {
    if (!this.#take("\\")) {
      const character = this.#peek();
      this.#at++;
      return character.codePointAt(0)!;
    }
    const character = this.#peek();
    this.#at++;
    return classEscape(character) ?? this.#escapedCode(character);
  }

  #repeat(atom: Regex): Regex {
    let part = atom;
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === null) return part;
      this.#take("?"); // laziness chooses among matches, not whether there is one
      const [least, most] = bounds;
      if (most !== null && most < least) throw new Unsupported();
      part = { kind: "repeat", part, least, most };
    }
  }

  #bounds(): readonly [number, number | null] | null {
    if (this.#take("*")) return [0, null];
    if (this.#take("+")) return [1, null];
    if (this.#take("?")) return [0, 1];
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(this.#text.slice(this.#at).join(""));
    if (match === null) return null;
    this.#at += match[0].length;
    const least = Number(match[1]);
    if (match[2] === "") return [least, least];
    return [least, match[3] === "" ? null : Number(match[3])];
  }
}

function classEscape(character: string): readonly Range[] | null {
  switch (character) {
    case "d":
      return digits;
    case "D":
      return complement(digits);
    case "w":
      return word;
    case "W":
      return complement(word);
    case "s":
      return space;
    case "S":
      return complement(space);
    default:
      return null;
  }
}

function applyFlags(flags: Flags, on: string, off: string): Flags {
  if (/[^is]/.test(on.replaceAll("U", "")) || /[^ismU]/.test(off)) throw new Unsupported();
  return {
    fold: (flags.fold || on.includes("i")) && !off.includes("i"),
    dotAll: (flags.dotAll || on.includes("s")) && !off.includes("s"),
  };
}

/**
 * A text that the pattern matches, chosen by `pick` (an integer below its argument), or `null` when
 * the pattern is not understood.
 */
export function exampleOf(pattern: string, pick: (below: number) => number): string | null {
  let regex: Regex;
  try {
    regex = new Parser(pattern).parse();
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
  return example(regex, pick);
}

function example(regex: Regex, pick: (below: number) => number): string {
  switch (regex.kind) {
    case "sequence":
      return regex.parts.map((part) => example(part, pick)).join("");
    case "choice":
      return example(regex.parts[pick(regex.parts.length)]!, pick);
    case "repeat": {
      const most = Math.min(regex.most ?? regex.least + 2, regex.least + 2);
      const count = regex.least + pick(most - regex.least + 1);
      return Array.from({ length: count }, () => example(regex.part, pick)).join("");
    }
    case "set": {
      // A readable character where there is one.
      const readable = regex.ranges.filter(([from, to]) => to >= 33 && from <= 126);
      const [from, to] = (readable.length > 0 ? readable : regex.ranges)[
        pick(Math.max(1, readable.length))
      ] ?? [63, 63];
      const low = readable.length > 0 ? Math.max(from, 33) : from;
      const high = readable.length > 0 ? Math.min(to, 126) : to;
      return String.fromCodePoint(low + pick(high - low + 1));
    }
    default:
      return "";
  }
}
