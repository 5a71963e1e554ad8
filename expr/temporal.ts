/**
 * Text of temporal formulas -> formulas. What stands between temporal operators is left to the
 * expression language, unread: `G (tries == 3 -> F at(closed))` has the atoms `tries == 3` and
 * `at(closed)`.
 *
 * Binding, loosest first: `<->` `->` (to the right), `or`, `and`, `U` `R` `W` (to the right), then
 * the prefixes `not` `X` `F` `G`. Besides the letters, words as functions: always(p), eventually(p),
 * until(p, q), release(p, q), weakUntil(p, q), implies(p, q), iff(p, q); and Spin's spelling: [] <>
 * ! && ||.
 */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { CtlFormula, Formula } from "../core/temporal.ts";
import { nodesOf } from "./ast.ts";
import { excerptOf, expressionError } from "./diagnose.ts";
import { parse } from "./parse.ts";

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A formula of either logic, before the logic is known to allow it. */
type Tree = Formula | CtlFormula;

interface Logic {
  readonly name: string;
  readonly prefixes: ReadonlySet<string>;
  readonly infixes: ReadonlySet<string>;
  /** Functions of two operands and what they mean. */
  readonly functions: Readonly<Record<string, string>>;
  /** Words for prefixes. */
  readonly words: Readonly<Record<string, string>>;
}

const linear: Logic = {
  name: "linear-time formula",
  prefixes: new Set(["X", "F", "G"]),
  infixes: new Set(["U", "R", "W"]),
  functions: { U: "U", R: "R", W: "W", until: "U", release: "R", weakUntil: "W" },
  words: { "[]": "G", "<>": "F", always: "G", eventually: "F" },
};

const branching: Logic = {
  name: "branching-time formula",
  prefixes: new Set(["AX", "EX", "AF", "EF", "AG", "EG"]),
  infixes: new Set(),
  functions: { AU: "AU", EU: "EU", AR: "AR", ER: "ER", AW: "AW", EW: "EW" },
  words: {},
};

/**
 * Parses a linear-time formula. The atoms are checked for syntax; whether their names exist is seen
 * when they are compiled for a model.
 * @throws {DiagnosticError} VRF201 or VRF202, with an excerpt that points at the place
 */
export const parseLtl = (text: string): Formula => new Reader(text, linear).run() as Formula;

/**
 * Parses a branching-time formula: `AG (at(Error) -> EF at(Connected))`, `A[p U q]`.
 * @throws {DiagnosticError} VRF201 or VRF202, with an excerpt that points at the place
 */
export const parseCtl = (text: string): CtlFormula =>
  new Reader(text, branching).run() as CtlFormula;

const lexeme =
  /\s+|"[^"]*"|'[^']*'|[A-Za-z_$][\w$]*|\d+(?:\.\d+)?|<->|->|\[\]|<>|&&|\|\||==|!=|<=|>=|./gsu;

const synonyms: Readonly<Record<string, string>> = { "&&": "and", "||": "or", "!": "not" };

/** From loosest to tightest; the temporal infixes follow. */
const connectives = [
  ["<->", "iff"],
  ["->", "implies"],
  ["or", "or"],
  ["and", "and"],
] as const;

class Reader {
  readonly #text: string;
  readonly #logic: Logic;
  readonly #tokens: readonly Token[];

  constructor(text: string, logic: Logic) {
    this.#text = text;
    this.#logic = logic;
    this.#tokens = [...text.matchAll(lexeme)]
      .map(({ 0: word, index }) => ({ text: word, start: index, end: index + word.length }))
      .filter((token) => token.text.trim() !== "");
  }

  run(): Tree {
    this.#checkBrackets();
    return this.#read(0, this.#tokens.length);
  }

  #read(low: number, high: number): Tree {
    if (low >= high) throw this.#missing(low);
    if (!this.#isTemporal(low, high)) return this.#atom(low, high);
    const inner = this.#peel(low, high);
    if (inner) return this.#read(low + 1, high - 1);
    for (const [symbol, op] of connectives) {
      const at = this.#find(low, high, (text) => (synonyms[text] ?? text) === symbol);
      if (at !== null) return this.#pair(op, low, at, high);
    }
    const at = this.#find(low, high, (text) => this.#logic.infixes.has(text), low + 1);
    if (at !== null) return this.#pair(this.#tokens[at]!.text, low, at, high);
    return this.#prefixed(low, high);
  }

  #prefixed(low: number, high: number): Tree {
    const { text } = this.#tokens[low]!;
    const word = this.#logic.words[text] ?? synonyms[text] ?? text;
    if (word === "not" || this.#logic.prefixes.has(word) || this.#isNext(text)) {
      const op = this.#isNext(text) ? "X" : word;
      return { op, arg: this.#read(low + 1, high) } as Tree;
    }
    const op = this.#logic.functions[text] ?? (isConnective(text) ? text : undefined);
    if (op !== undefined && this.#peel(low + 1, high)) {
      const comma = this.#find(low + 2, high - 1, (other) => other === ",");
      if (comma === null) {
        throw this.#error(low, `${text}(p, q) has two operands`);
      }
      return this.#pair(op, low + 2, comma, high - 1);
    }
    const quantifier = text === "A" || text === "E";
    if (this.#logic === branching && quantifier && this.#tokens[low + 1]?.text === "[") {
      const infix = this.#find(low + 2, high - 1, (other) => /^[URW]$/.test(other));
      if (infix !== null && this.#peel(low + 1, high)) {
        return this.#pair(`${text}${this.#tokens[infix]!.text}`, low + 2, infix, high - 1);
      }
    }
    const temporal = this.#find(low, high, (other) => this.#means(other), low, false);
    throw this.#error(
      temporal ?? low,
      `a temporal operator cannot stand inside \`${this.#slice(low, high)}\``,
      "temporal operators combine whole conditions: G (p -> F q); inside a condition there are only expressions",
    );
  }

  #pair(op: string, low: number, at: number, high: number): Tree {
    return { op, left: this.#read(low, at), right: this.#read(at + 1, high) } as Tree;
  }

  #atom(low: number, high: number): Tree {
    const text = this.#slice(low, high);
    if (text === "true" || text === "false") return { op: "constant", value: text === "true" };
    let step = false;
    try {
      for (const node of nodesOf(parse(text))) {
        if (node.kind === "event" || node.kind === "next") step = true;
      }
    } catch (thrown) {
      throw this.#moved(thrown, this.#tokens[low]!.start);
    }
    if (!step) return { op: "atom", state: text };
    if (this.#logic === branching) {
      throw this.#error(
        low,
        "branching time speaks of states, not of steps",
        "use a linear-time formula (ltl) for event(TYPE) and next(e)",
      );
    }
    return { op: "atom", step: text };
  }

  /** An error inside an atom, shown in the whole formula. */
  #moved(thrown: unknown, offset: number): unknown {
    if (!(thrown instanceof DiagnosticError)) return thrown;
    const caret = thrown.excerpt?.split("\n")[1] ?? "^";
    const start = offset + caret.indexOf("^");
    const span = { start, end: start + caret.trim().length };
    return new DiagnosticError(thrown.code, thrown.message, {
      excerpt: excerptOf(this.#text, span),
      ...(thrown.help === undefined ? {} : { help: thrown.help }),
    });
  }

  /** Is there anything between the tokens that the expression language does not have? */
  #isTemporal(low: number, high: number): boolean {
    return this.#tokens
      .slice(low, high)
      .some(({ text }, index) => this.#means(text) && !this.#isName(low + index));
  }

  #means(text: string): boolean {
    const { prefixes, infixes, functions, words } = this.#logic;
    return (
      prefixes.has(text) ||
      infixes.has(text) ||
      Object.hasOwn(functions, text) ||
      Object.hasOwn(words, text) ||
      Object.hasOwn(synonyms, text) ||
      text === "->" ||
      text === "<->" ||
      (this.#logic === branching && (text === "A" || text === "E"))
    );
  }

  /** A letter inside at(…) or event(…), or after a dot, is a name and no operator. */
  #isName(index: number): boolean {
    const before = this.#tokens[index - 1]?.text;
    if (before === ".") return true;
    let open = index - 1;
    while (open > 0 && /^[\w$.]+$/.test(this.#tokens[open]!.text)) open -= 1;
    const opener = this.#tokens[open]?.text === "(" ? this.#tokens[open - 1]?.text : undefined;
    return opener === "at" || opener === "event";
  }

  /** `next(φ)` with a temporal φ is X φ; with an expression it belongs to the atom around it. */
  #isNext(text: string): boolean {
    return text === "next" && this.#logic === linear;
  }

  /** Do brackets around the whole range belong together? */
  #peel(low: number, high: number): boolean {
    const opening = this.#tokens[low]?.text;
    if (high - low < 2 || (opening !== "(" && opening !== "[")) return false;
    let depth = 0;
    for (let index = low; index < high; index++) {
      depth += depthOf(this.#tokens[index]!.text);
      if (depth === 0) return index === high - 1;
    }
    return false;
  }

  #find(
    low: number,
    high: number,
    accept: (text: string) => boolean,
    from = low,
    outside = true,
  ): number | null {
    let depth = 0;
    for (let index = low; index < high; index++) {
      const { text } = this.#tokens[index]!;
      depth += depthOf(text);
      if (index < from || (outside && depth !== 0)) continue;
      if (accept(text) && !this.#isName(index)) return index;
    }
    return null;
  }

  #slice(low: number, high: number): string {
    return this.#text.slice(this.#tokens[low]!.start, this.#tokens[high - 1]!.end);
  }

  #checkBrackets(): void {
    const open: number[] = [];
    for (const [index, { text }] of this.#tokens.entries()) {
      if (text === "(" || text === "[") open.push(index);
      if (text !== ")" && text !== "]") continue;
      const partner = open.pop();
      const expected = text === ")" ? "(" : "[";
      if (partner === undefined || this.#tokens[partner]!.text !== expected) {
        throw this.#error(index, `\`${text}\` closes nothing`);
      }
    }
    const unclosed = open.pop();
    if (unclosed !== undefined) throw this.#error(unclosed, "this bracket is never closed");
  }

  #missing(index: number): DiagnosticError {
    const end = this.#tokens[index - 1]?.end ?? 0;
    return expressionError("VRF201", "a condition is missing here", this.#text, {
      start: end,
      end: end + 1,
    });
  }

  #error(index: number, message: string, help?: string): DiagnosticError {
    return expressionError(
      "VRF201",
      `${message} (in a ${this.#logic.name})`,
      this.#text,
      this.#tokens[index]!,
      help,
    );
  }
}

const isConnective = (text: string): boolean => text === "implies" || text === "iff";

function depthOf(text: string): number {
  if (text === "(" || text === "[") return 1;
  return text === ")" || text === "]" ? -1 : 0;
}
