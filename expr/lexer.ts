/**
 * Cuts an expression into tokens and refuses everything outside the language before mathjs sees it.
 * mathjs parses generously (units, implicit multiplication, silent rounding of literals) and its
 * nodes carry no positions; the tokens give both the strictness and the places.
 */

import type { Span } from "./ast.ts";
import { expressionError } from "./diagnose.ts";

export interface Token extends Span {
  readonly kind: "number" | "word" | "text" | "symbol";
  readonly text: string;
}

const symbols = [
  "==",
  "!=",
  "<=",
  ">=",
  "<",
  ">",
  "+",
  "-",
  "*",
  "/",
  "(",
  ")",
  ",",
  "?",
  ":",
  ".",
];

/** What to write instead of a construct that other languages have. */
const refusedSymbols: readonly (readonly [string, string])[] = [
  ["===", "write == "],
  ["!==", "write !="],
  ["&&", "write `and`"],
  ["||", "write `or`"],
  ["=>", "write implies(p, q)"],
  ["->", "write implies(p, q)"],
  ["??", "every variable has a value: leave the default out"],
  ["?.", "write event.field"],
  ["**", "powers are not in the language: multiply"],
  ["^", "powers are not in the language: multiply"],
  ["%", "write `a mod 3`, with a positive literal as divisor"],
  ["!", "write `not`"],
  ["=", "expressions change nothing: write == to compare; new values belong into update({ … })"],
  ["[", "there are no lists and no indexes"],
  ["{", "there are no objects"],
  [";", "write one expression; join conditions with `and`"],
  ["&", "write `and`"],
  ["|", "write `or`"],
];

const refusedWords: Readonly<Record<string, string>> = {
  in: 'units and `in` are not in the language; quote the word when it names a state: at("in")',
  to: 'units and `to` are not in the language; quote the word when it names a state: at("to")',
  xor: "write p != q",
  null: "every variable has a value; model absence as an enum value or a boolean",
  undefined: "every variable has a value; model absence as an enum value or a boolean",
  NaN: "numbers are integers",
  Infinity: "numbers are integers",
};

/** Words with a meaning of their own between operands. */
export const operatorWords: ReadonlySet<string> = new Set(["and", "or", "not", "mod"]);

export const functionNames: ReadonlySet<string> = new Set([
  "implies",
  "iff",
  "min",
  "max",
  "at",
  "event",
  "next",
]);

const maximalNesting = 200;

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let nesting = 0;
  const push = (kind: Token["kind"], length: number): void => {
    const token = {
      kind,
      text: text.substr(position, length),
      start: position,
      end: position + length,
    };
    refuseAdjacent(text, tokens.at(-1), token);
    tokens.push(token);
    position += length;
  };
  while (position < text.length) {
    const rest = text.slice(position);
    const space = /^\s+/.exec(rest);
    if (space) {
      position += space[0].length;
      continue;
    }
    const word = /^[\p{L}_$][\p{L}\p{N}_$]*/u.exec(rest);
    const number = /^(?:\d[\w.]*|\.\d[\w.]*)/.exec(rest);
    const quoted = /^(?:"[^"\\\n]*"|'[^'\\\n]*')/.exec(rest);
    if (word) {
      refuseWord(text, word[0], position, tokens.at(-1));
      push("word", word[0].length);
    } else if (number) {
      refuseNumber(text, number[0], position);
      push("number", number[0].length);
    } else if (quoted) {
      push("text", quoted[0].length);
    } else {
      for (const [symbol, help] of refusedSymbols) {
        if (rest.startsWith(symbol)) {
          // `==` and `!=` are longer matches than `=` and `!`
          if (symbol.length === 1 && symbols.includes(rest.slice(0, 2))) continue;
          const span = { start: position, end: position + symbol.length };
          throw expressionError(
            "VRF202",
            `\`${symbol}\` is not allowed in an expression`,
            text,
            span,
            help,
          );
        }
      }
      const symbol = symbols.find((candidate) => rest.startsWith(candidate));
      if (symbol === undefined) {
        const span = { start: position, end: position + 1 };
        throw expressionError("VRF201", `unexpected character \`${rest.charAt(0)}\``, text, span);
      }
      if (symbol === "(" && ++nesting > maximalNesting) {
        const span = { start: position, end: position + 1 };
        throw expressionError("VRF201", "parentheses are nested too deeply", text, span);
      }
      if (symbol === ")") nesting--;
      push("symbol", symbol.length);
    }
  }
  if (tokens.length === 0) {
    throw expressionError("VRF201", "the expression is empty", text, { start: 0, end: 1 });
  }
  return tokens;
}

function refuseWord(text: string, word: string, start: number, previous: Token | undefined): void {
  const help = Object.hasOwn(refusedWords, word) ? refusedWords[word] : undefined;
  if (help === undefined || previous?.text === ".") return;
  const span = { start, end: start + word.length };
  throw expressionError("VRF202", `\`${word}\` is not allowed in an expression`, text, span, help);
}

function refuseNumber(text: string, literal: string, start: number): void {
  const span = { start, end: start + literal.length };
  if (/^(0|[1-9]\d*)$/.test(literal)) {
    // mathjs would round it to the nearest double without a word
    if (Number.isSafeInteger(Number(literal))) return;
    throw expressionError(
      "VRF202",
      `the literal ${literal} cannot be represented exactly`,
      text,
      span,
      `the largest literal is ${Number.MAX_SAFE_INTEGER}; build a larger number by multiplying`,
    );
  }
  const glued = /^\d+(?=[\p{L}_])/u.exec(literal);
  if (glued && !/^\d+[eExXbBoOn]/.test(literal)) {
    throw expressionError(
      "VRF202",
      "implicit multiplication is not allowed",
      text,
      span,
      `write ${glued[0]} * ${literal.slice(glued[0].length)}`,
    );
  }
  throw expressionError(
    "VRF202",
    `\`${literal}\` is not a plain decimal integer`,
    text,
    span,
    "scale quantities to integers, e.g. milliseconds instead of seconds",
  );
}

function refuseAdjacent(text: string, previous: Token | undefined, token: Token): void {
  if (previous === undefined) return;
  const endsOperand =
    previous.text === ")" || (previous.kind !== "symbol" && !operatorWords.has(previous.text));
  const startsOperand =
    token.text === "(" ||
    (token.kind !== "symbol" && (token.text === "not" || !operatorWords.has(token.text)));
  if (!endsOperand || !startsOperand) return;
  if (previous.kind === "word" && token.text === "(") {
    if (functionNames.has(previous.text)) return;
    throw expressionError(
      "VRF202",
      `there is no function \`${previous.text}\``,
      text,
      previous,
      `functions are ${[...functionNames].join(", ")}`,
    );
  }
  const infix = [token, previous].find(
    (candidate) => candidate.kind === "word" && functionNames.has(candidate.text),
  );
  if (infix !== undefined) {
    throw expressionError(
      "VRF202",
      `\`${infix.text}\` is a function, not an infix operator`,
      text,
      infix,
      `write ${infix.text}(p, q)`,
    );
  }
  throw expressionError(
    "VRF202",
    `\`${token.text}\` directly follows \`${previous.text}\`: implicit multiplication and units are not allowed`,
    text,
    token,
    "put an operator between them",
  );
}
