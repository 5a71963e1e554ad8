/** Expressions as SMT-LIB terms, and solver values as exact values. */

import { type Expression, type ExactValue, print, type Type } from "../../expr/index.ts";
import type { Sexpr } from "../../solver/sexpr.ts";
import { type Arithmetic, integers, readRational } from "./arithmetic.ts";

/** A symbol in SMT-LIB; every name is quoted, so that no name of a model clashes with a command. */
export function symbol(name: string): string {
  if (/[|\\]/.test(name)) throw new TypeError(`the name ${name} cannot be written in SMT-LIB`);
  return `|${name}|`;
}

/** Enum values are numbered in order of first use; equal texts get equal numbers. */
export class EnumCodes {
  readonly #codes = new Map<string, number>();

  codeOf(value: string): number {
    let code = this.#codes.get(value);
    if (code === undefined) {
      code = this.#codes.size;
      this.#codes.set(value, code);
    }
    return code;
  }

  valueOf(code: bigint): string | undefined {
    for (const [value, own] of this.#codes) if (BigInt(own) === code) return value;
    return undefined;
  }
}

export const sortName = (type: Type, arithmetic: Arithmetic = integers): string =>
  type.kind === "bool" ? "Bool" : type.kind === "real" ? "Real" : arithmetic.sort;

export interface Term {
  readonly text: string;
  readonly sort: "Bool" | "Int" | "Real";
}

/** What the leaves of an expression are in the query at hand. */
export interface TermEnvironment {
  readonly enums: EnumCodes;
  /** Left out: the mathematical integers. */
  readonly arithmetic?: Arithmetic;
  /** Collects what must hold for the terms to mean what they say: no operation leaves its range. */
  readonly conditions?: string[];
  variable(name: string): Term;
  field?(name: string): Term;
  at?(path: string): Term;
  event?(type: string): Term;
  next?: TermEnvironment;
}

const bool = (text: string): Term => ({ text, sort: "Bool" });

/**
 * Translates a resolved expression. Integers become the mathematical integers, or what the
 * environment's arithmetic makes of them; where a real number takes part, integers are converted.
 */
export function toTerm(expression: Expression, environment: TermEnvironment): Term {
  const term = (part: Expression): Term => toTerm(part, environment);
  const arithmetic = environment.arithmetic ?? integers;
  const { conditions } = environment;
  switch (expression.kind) {
    case "bool":
      return bool(String(expression.value));
    case "int":
      return { text: arithmetic.literal(expression.value), sort: "Int" };
    case "text":
      return { text: arithmetic.literal(environment.enums.codeOf(expression.value)), sort: "Int" };
    case "name":
      return environment.variable(expression.name);
    case "field":
      return leaf(environment.field?.(expression.field), expression);
    case "at":
      return leaf(environment.at?.(expression.path), expression);
    case "event":
      return leaf(environment.event?.(expression.type), expression);
    case "next":
      if (environment.next === undefined) return leaf(undefined, expression);
      return toTerm(expression.operand, environment.next);
    case "unary": {
      const operand = term(expression.operand);
      const text =
        operand.sort === "Int"
          ? arithmetic.negate(operand.text)
          : `(${expression.operator} ${operand.text})`;
      return { text, sort: operand.sort };
    }
    case "extremum": {
      const [first, ...rest] = unify(expression.operands.map(term));
      const relation = expression.operator === "min" ? "<=" : ">=";
      return rest.reduce(
        (a, b) => ({
          text: `(ite ${compare(relation, a, b, arithmetic)} ${a.text} ${b.text})`,
          sort: a.sort,
        }),
        leaf(first, expression),
      );
    }
    case "if": {
      const condition = term(expression.condition);
      const [yes, no] = pair(term(expression.yes), term(expression.no));
      return { text: `(ite ${condition.text} ${yes.text} ${no.text})`, sort: yes.sort };
    }
    case "binary": {
      const { operator } = expression;
      const [left, right] = pair(term(expression.left), term(expression.right));
      switch (operator) {
        case "and":
        case "or":
          return bool(`(${operator} ${left.text} ${right.text})`);
        case "<":
        case "<=":
        case ">":
        case ">=":
          return bool(compare(operator, left, right, arithmetic));
        case "implies":
          return bool(`(=> ${left.text} ${right.text})`);
        case "iff":
        case "==":
          return bool(`(= ${left.text} ${right.text})`);
        case "!=":
          return bool(`(not (= ${left.text} ${right.text}))`);
        case "/":
          return { text: `(/ ${asReal(left)} ${asReal(right)})`, sort: "Real" };
        case "+":
        case "-":
        case "*":
        case "mod":
          return left.sort === "Int"
            ? { text: arithmetic.operate(operator, left.text, right.text, conditions), sort: "Int" }
            : { text: `(${operator} ${left.text} ${right.text})`, sort: left.sort };
      }
    }
  }
}

const compare = (relation: string, a: Term, b: Term, arithmetic: Arithmetic): string =>
  a.sort === "Int"
    ? arithmetic.compare(relation, a.text, b.text)
    : `(${relation} ${a.text} ${b.text})`;

function leaf(term: Term | undefined, expression: Expression): Term {
  if (term === undefined) throw new TypeError(`${print(expression)} has no meaning in this query`);
  return term;
}

function asReal(term: Term): string {
  if (term.sort === "Real") return term.text;
  return /^\d+$/.test(term.text) ? `${term.text}.0` : `(to_real ${term.text})`;
}

function unify(terms: readonly Term[]): readonly Term[] {
  return terms.some((term) => term.sort === "Real")
    ? terms.map((term) => ({ text: asReal(term), sort: "Real" as const }))
    : terms;
}

function pair(left: Term, right: Term): readonly [Term, Term] {
  const [a = left, b = right] = unify([left, right]);
  return [a, b];
}

/** A value of a variable of the given type; null when it has no exact counterpart. */
export function readValue(
  value: Sexpr,
  type: Type,
  enums: EnumCodes,
  arithmetic: Arithmetic = integers,
): ExactValue | null {
  if (type.kind === "bool") return value === "true" ? true : value === "false" ? false : null;
  const number = type.kind === "real" ? readRational(value) : arithmetic.read(value);
  if (number === null || type.kind !== "enum") return number;
  return enums.valueOf(number.numerator) ?? null;
}

/** The answer to `(get-value (a b …))` as a map from symbol to value. */
export function readValues(answer: Sexpr | undefined): ReadonlyMap<string, Sexpr> {
  const values = new Map<string, Sexpr>();
  if (answer === undefined || typeof answer === "string") return values;
  for (const entry of answer) {
    if (typeof entry === "string") continue;
    const [name, value] = entry;
    if (typeof name === "string" && value !== undefined) values.set(name, value);
  }
  return values;
}
