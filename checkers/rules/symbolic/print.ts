/** Terms as SMT-LIB text, and the declarations that they need. */

import { subterms, tagNames, tags, type Term } from "./term.ts";

/** The value sort. */
const valueSort = `(declare-datatypes ((Val 0)) ((${tagNames
  .map((tag) => (tags[tag] === null ? `(${tag})` : `(${tag} (the${tag} ${tags[tag]}))`))
  .join(" ")})))`;

const prelude = [
  valueSort,
  // Two's complement in mathematical integers.
  "(define-fun wrap64 ((x Int)) Int (- (mod (+ x 9223372036854775808) 18446744073709551616) 9223372036854775808))",
  // Go truncates towards zero, SMT-LIB rounds down.
  "(define-fun quot64 ((x Int) (y Int)) Int (ite (>= x 0) (div x y) (- (div (- x) y))))",
].join("\n");

/** Declarations and definitions for the assertions, each shared term defined once. */
export function printAssertions(
  assertions: readonly { readonly term: Term; readonly name?: string }[],
  extraRoots: readonly Term[] = [],
): { readonly text: string; readonly nameOf: (term: Term) => string } {
  const roots = [...assertions.map(({ term }) => term), ...extraRoots];
  const all = subterms(roots);
  const uses = new Map<Term, number>();
  for (const term of all) for (const arg of term.args) uses.set(arg, (uses.get(arg) ?? 0) + 1);
  for (const root of extraRoots) uses.set(root, 2);
  const names = new Map<Term, string>();
  const lines: string[] = [prelude];
  const declared = new Set<string>();
  const show = (term: Term): string => names.get(term) ?? body(term, show);
  for (const term of all) {
    if (term.op === "var" || term.op === "app") {
      const line = declaration(term);
      if (!declared.has(line)) lines.push(line);
      declared.add(line);
    }
    if (term.args.length > 0 && (uses.get(term) ?? 0) > 1) {
      const printed = body(term, show);
      const name = `t${term.id}`;
      lines.push(`(define-fun ${name} () ${term.sort} ${printed})`);
      names.set(term, name);
    }
  }
  for (const { term, name } of assertions) {
    lines.push(
      name === undefined ? `(assert ${show(term)})` : `(assert (! ${show(term)} :named ${name}))`,
    );
  }
  return { text: lines.join("\n"), nameOf: show };
}

const symbol = (name: string, sort: string): string =>
  `|${name.replaceAll(/[|\\]/g, "_")}.${sort}|`;

const symbolOf = (term: Term): string => symbol(String(term.value), term.sort);

const declaration = (term: Term): string =>
  `(declare-fun ${symbolOf(term)} (${term.args.map(({ sort }) => sort).join(" ")}) ${term.sort})`;

function body(term: Term, show: (term: Term) => string): string {
  const args = term.args.map(show);
  switch (term.op) {
    case "lit":
      return literal(term);
    case "var":
      return symbolOf(term);
    case "app":
      return `(${symbolOf(term)} ${args.join(" ")})`;
    case "con":
      return args.length === 0 ? String(term.value) : `(${String(term.value)} ${args[0]})`;
    case "is":
      return `((_ is ${String(term.value)}) ${args[0]})`;
    case "get":
      return `(the${String(term.value)} ${args[0]})`;
    case "wrap":
      return `(wrap64 ${args[0]})`;
    case "quot":
      return `(quot64 ${args.join(" ")})`;
    case "str.in_re":
      return `(str.in_re ${args[0]} ${String(term.value)})`;
    default:
      return `(${term.op} ${args.join(" ")})`;
  }
}

function literal(term: Term): string {
  const { value } = term;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return integer(value);
  if (typeof value === "number") return realLiteral(value);
  return stringLiteral(String(value));
}

const integer = (value: bigint): string => (value < 0n ? `(- ${-value})` : String(value));

/** A finite double as an exact fraction. */
function realLiteral(value: number): string {
  let scale = 0n;
  let mantissa = value;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    scale++;
  }
  const numerator = BigInt(mantissa);
  const shown = numerator < 0n ? `(- ${-numerator}.0)` : `${numerator}.0`;
  return scale === 0n ? shown : `(/ ${shown} ${2n ** scale}.0)`;
}

export function stringLiteral(value: string): string {
  let out = "";
  for (const character of value) {
    const code = character.codePointAt(0)!;
    if (character === '"') out += '""';
    else if (code >= 32 && code < 127 && character !== "\\") out += character;
    else out += `\\u{${code.toString(16)}}`;
  }
  return `"${out}"`;
}
