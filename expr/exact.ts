/**
 * Exact evaluation over arbitrary integers and rationals. Slower than the closures; used where no
 * rounding and no overflow may happen: to re-check what a solver says.
 */

import type { Expression } from "./ast.ts";
import { isActive } from "./compile.ts";
import { print } from "./print.ts";

/** numerator / denominator in lowest terms, denominator > 0. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export type ExactValue = boolean | string | Rational;

export function rational(numerator: bigint | number, denominator: bigint | number = 1): Rational {
  let n = BigInt(numerator);
  let d = BigInt(denominator);
  if (d === 0n) throw new RangeError("division by zero");
  if (d < 0n) [n, d] = [-n, -d];
  let [a, b] = [n < 0n ? -n : n, d];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: n / a, denominator: d / a };
}

/** `3`, `-1/2`. */
export function formatRational(value: Rational): string {
  return value.denominator === 1n
    ? String(value.numerator)
    : `${value.numerator}/${value.denominator}`;
}

/** Reads what `formatRational` writes; null for any other text. */
export function parseRational(text: string): Rational | null {
  const match = /^(-?\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) return null;
  const denominator = BigInt(match[2] ?? "1");
  return denominator === 0n ? null : rational(BigInt(match[1] ?? "0"), denominator);
}

/** What the names in an expression stand for. */
export interface ExactEnvironment {
  /** The value of a variable; undefined when there is no such variable. */
  variable(name: string): ExactValue | undefined;
  field?(name: string): ExactValue | undefined;
  readonly eventType?: string;
  /** The state value that `at` looks at. */
  readonly state?: unknown;
  /** The environment after the step. */
  readonly next?: ExactEnvironment;
}

/**
 * Evaluates a resolved expression; `and`, `or`, `implies` and `? :` evaluate only what they need.
 * @throws {RangeError} on a division by zero
 * @throws {TypeError} when a name has no value, or a value of the wrong kind
 */
export function evaluateExact(expression: Expression, environment: ExactEnvironment): ExactValue {
  const value = (part: Expression): ExactValue => evaluateExact(part, environment);
  const truth = (part: Expression): boolean => {
    const result = value(part);
    if (typeof result !== "boolean") throw new TypeError(`${print(part)} is not a truth value`);
    return result;
  };
  const number = (part: Expression): Rational => {
    const result = value(part);
    if (typeof result !== "object") throw new TypeError(`${print(part)} is not a number`);
    return result;
  };
  switch (expression.kind) {
    case "bool":
    case "text":
      return expression.value;
    case "int":
      return rational(expression.value);
    case "name":
    case "field": {
      const result =
        expression.kind === "name"
          ? environment.variable(expression.name)
          : environment.field?.(expression.field);
      if (result === undefined) throw new TypeError(`${print(expression)} has no value`);
      return result;
    }
    case "at":
      return isActive(environment.state, expression.path.split("."));
    case "event":
      return environment.eventType === expression.type;
    case "next":
      if (environment.next === undefined) throw new TypeError("there is no state after this one");
      return evaluateExact(expression.operand, environment.next);
    case "unary":
      return expression.operator === "not"
        ? !truth(expression.operand)
        : multiply(rational(-1), number(expression.operand));
    case "extremum":
      return expression.operands
        .map(number)
        .reduce((a, b) => (compare(a, b) <= 0 === (expression.operator === "min") ? a : b));
    case "if":
      return truth(expression.condition) ? value(expression.yes) : value(expression.no);
    case "binary": {
      const { operator, left, right } = expression;
      switch (operator) {
        case "and":
          return truth(left) && truth(right);
        case "or":
          return truth(left) || truth(right);
        case "implies":
          return !truth(left) || truth(right);
        case "iff":
          return truth(left) === truth(right);
        case "==":
          return equal(value(left), value(right));
        case "!=":
          return !equal(value(left), value(right));
        case "<":
          return compare(number(left), number(right)) < 0;
        case "<=":
          return compare(number(left), number(right)) <= 0;
        case ">":
          return compare(number(left), number(right)) > 0;
        case ">=":
          return compare(number(left), number(right)) >= 0;
        case "+":
          return add(number(left), number(right));
        case "-":
          return add(number(left), multiply(rational(-1), number(right)));
        case "*":
          return multiply(number(left), number(right));
        case "/": {
          const divisor = number(right);
          return multiply(number(left), rational(divisor.denominator, divisor.numerator));
        }
        case "mod":
          return modulo(number(left), number(right));
      }
    }
  }
}

function equal(a: ExactValue, b: ExactValue): boolean {
  if (typeof a === "object" && typeof b === "object") return compare(a, b) === 0;
  if (typeof a !== typeof b) throw new TypeError("values of different kinds are compared");
  return a === b;
}

function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const add = (a: Rational, b: Rational): Rational =>
  rational(
    a.numerator * b.denominator + b.numerator * a.denominator,
    a.denominator * b.denominator,
  );

const multiply = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator);

function modulo(a: Rational, b: Rational): Rational {
  if (a.denominator !== 1n || b.denominator !== 1n || b.numerator <= 0n) {
    throw new TypeError("`mod` is defined for integers and a positive divisor");
  }
  const remainder = a.numerator % b.numerator;
  return rational(remainder < 0n ? remainder + b.numerator : remainder);
}
