/** Invariants that the solver found, in the words of the model. */

import type { Encoding } from "./encode.ts";
import type { Sexpr } from "../../solver/sexpr.ts";
import { readRational } from "./arithmetic.ts";

/** One line per location: `closed: failures >= 0 and failures < threshold`. */
export function readInvariants(
  encoding: Encoding,
  model: Sexpr | undefined,
  columns: readonly string[],
): readonly string[] {
  if (model === undefined || typeof model === "string") return [];
  const lines: string[] = [];
  for (const definition of model) {
    if (typeof definition === "string") continue;
    const [command, name, parameters, , body] = definition;
    if (command !== "define-fun" || typeof name !== "string" || body === undefined) continue;
    const location = /^reach (\d+)$/.exec(name)?.[1];
    const label = encoding.system.locations[Number(location)]?.label;
    if (label === undefined) continue;
    const names = new Map<string, string>();
    if (parameters !== undefined && typeof parameters !== "string") {
      for (const [index, parameter] of parameters.entries()) {
        if (typeof parameter !== "string" && typeof parameter[0] === "string") {
          names.set(parameter[0], columns[index] ?? parameter[0]);
        }
      }
    }
    lines.push(`${label}: ${phrase(expand(body, new Map()), names)}`);
  }
  return lines.toSorted((a, b) => (a < b ? -1 : 1));
}

/** Puts `let` definitions in their places. */
function expand(term: Sexpr, scope: ReadonlyMap<string, Sexpr>): Sexpr {
  if (typeof term === "string") return scope.get(term) ?? term;
  const [head, bindings, body] = term;
  if (
    head === "let" &&
    bindings !== undefined &&
    typeof bindings !== "string" &&
    body !== undefined
  ) {
    const inner = new Map(scope);
    for (const binding of bindings) {
      if (typeof binding === "string") continue;
      const [name, value] = binding;
      if (typeof name === "string" && value !== undefined) inner.set(name, expand(value, scope));
    }
    return expand(body, inner);
  }
  return term.map((part) => expand(part, scope));
}

const opposite: Readonly<Record<string, string>> = {
  "<=": ">",
  ">=": "<",
  "<": ">=",
  ">": "<=",
  "=": "!=",
};
const mirrored: Readonly<Record<string, string>> = {
  "<=": ">=",
  ">=": "<=",
  "<": ">",
  ">": "<",
  "==": "==",
  "!=": "!=",
};

/** A term as a sentence; negated comparisons are turned around, sums are split to both sides. */
function phrase(term: Sexpr, names: ReadonlyMap<string, string>): string {
  if (typeof term === "string") return names.get(term) ?? term;
  const [head, ...parts] = term;
  const [first, second] = parts;
  if (head === "not" && first !== undefined && typeof first !== "string") {
    const [relation, left, right] = first;
    const turned = typeof relation === "string" ? opposite[relation] : undefined;
    if (turned !== undefined && left !== undefined && right !== undefined) {
      return comparison(turned, left, right, names);
    }
  }
  if (head === "not" && first !== undefined) return `not ${bracketed(first, names)}`;
  if (head === "and" || head === "or") {
    return parts.map((part) => bracketed(part, names)).join(` ${head} `);
  }
  if (typeof head === "string" && head in opposite && first !== undefined && second !== undefined) {
    return comparison(head === "=" ? "==" : head, first, second, names);
  }
  if (head === "=>" && first !== undefined && second !== undefined) {
    return `implies(${phrase(first, names)}, ${phrase(second, names)})`;
  }
  const sum = linear(term, names);
  if (sum !== null) return side(sum, 1n, sum.constant);
  return `(${term.map((part) => phrase(part, names)).join(" ")})`;
}

function bracketed(term: Sexpr, names: ReadonlyMap<string, string>): string {
  const text = phrase(term, names);
  return typeof term !== "string" && (term[0] === "or" || term[0] === "and") ? `(${text})` : text;
}

interface Linear {
  readonly coefficients: ReadonlyMap<string, bigint>;
  readonly constant: bigint;
}

/** A sum of multiples of variables; null for anything else. */
function linear(term: Sexpr, names: ReadonlyMap<string, string>): Linear | null {
  const number = readRational(term);
  if (number !== null) {
    return number.denominator === 1n
      ? { coefficients: new Map(), constant: number.numerator }
      : null;
  }
  if (typeof term === "string") {
    const name = names.get(term);
    return name === undefined ? null : { coefficients: new Map([[name, 1n]]), constant: 0n };
  }
  const [head, ...parts] = term;
  const sums = parts.map((part) => linear(part, names));
  const known = sums.filter((sum) => sum !== null);
  const [first, ...rest] = known;
  if (first === undefined || known.length < sums.length) return null;
  switch (head) {
    case "+":
      return known.reduce((a, b) => combine(a, b, 1n));
    case "-":
      return rest.length === 0
        ? scale(first, -1n)
        : rest.reduce((a, b) => combine(a, b, -1n), first);
    case "*": {
      const [second] = rest;
      if (second === undefined || rest.length !== 1) return null;
      if (first.coefficients.size === 0) return scale(second, first.constant);
      return second.coefficients.size === 0 ? scale(first, second.constant) : null;
    }
    default:
      return null;
  }
}

const scale = ({ coefficients, constant }: Linear, factor: bigint): Linear => ({
  coefficients: new Map([...coefficients].map(([name, value]) => [name, value * factor])),
  constant: constant * factor,
});

function combine(a: Linear, b: Linear, factor: bigint): Linear {
  const coefficients = new Map(a.coefficients);
  for (const [name, value] of b.coefficients) {
    coefficients.set(name, (coefficients.get(name) ?? 0n) + value * factor);
  }
  for (const [name, value] of coefficients) if (value === 0n) coefficients.delete(name);
  return { coefficients, constant: a.constant + b.constant * factor };
}

/** Positive terms to the left, negative ones to the right. */
function comparison(
  relation: string,
  left: Sexpr,
  right: Sexpr,
  names: ReadonlyMap<string, string>,
): string {
  const [a, b] = [linear(left, names), linear(right, names)];
  if (a === null || b === null) {
    return `${bracketed(left, names)} ${relation} ${bracketed(right, names)}`;
  }
  let sum = combine(a, b, -1n);
  let shown = relation;
  if ([...sum.coefficients.values()].every((value) => value < 0n)) {
    sum = scale(sum, -1n);
    shown = mirrored[relation] ?? relation;
  }
  const positive = side(sum, 1n, 0n);
  const negative = side(sum, -1n, 0n);
  // x - y < 1 among integers is x <= y.
  const { constant } = sum;
  if (shown === "<" && constant === -1n) return `${positive} <= ${negative}`;
  if (shown === ">" && constant === 1n) return `${positive} >= ${negative}`;
  if (shown === "<=" && constant === 1n) return `${positive} < ${negative}`;
  if (shown === ">=" && constant === -1n) return `${positive} > ${negative}`;
  const bound =
    constant === 0n
      ? negative
      : negative === "0"
        ? String(-constant)
        : constant < 0n
          ? `${negative} + ${-constant}`
          : `${negative} - ${constant}`;
  return `${positive} ${shown} ${bound}`;
}

/** The terms of one sign as a sum; "0" when there are none. */
function side(sum: Linear, sign: 1n | -1n, constant: bigint): string {
  const parts = [...sum.coefficients]
    .filter(([, value]) => value * sign > 0n)
    .map(([name, value]) => (value * sign === 1n ? name : `${value * sign} * ${name}`));
  if (constant !== 0n) parts.push(String(constant));
  return parts.length === 0 ? "0" : parts.join(" + ");
}
