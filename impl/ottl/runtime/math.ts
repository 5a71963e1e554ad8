/** Arithmetic of int64 and float64 as Go does it, and of instants and durations. */

import type { MathOperator } from "../syntax/ast.ts";
import { Duration, fail, Instant, int64, typeName, type Val } from "./value.ts";

/** @throws EvaluationError on a division by zero or operands that have no arithmetic */
export function calculate(a: Val, op: MathOperator, b: Val): Val {
  if (typeof a === "bigint") {
    if (typeof b === "bigint") return integers(a, op, b);
    if (typeof b === "number") return floats(Number(a), op, b);
    return fail(`${show(b)} must be int64 or float64`);
  }
  if (typeof a === "number") {
    if (typeof b === "number") return floats(a, op, b);
    if (typeof b === "bigint") return floats(a, op, Number(b));
    return fail(`${show(b)} must be int64 or float64`);
  }
  if (a instanceof Instant || a instanceof Duration) return times(a, op, b);
  return fail(`${show(a)} must be int64, float64, time.Time or time.Duration`);
}

export function negate(value: Val): Val {
  if (typeof value === "bigint") return int64(-value);
  if (typeof value === "number") return -value;
  return fail(`unsupported unary minus operation on type ${typeName(value)}`);
}

function integers(a: bigint, op: MathOperator, b: bigint): bigint {
  switch (op) {
    case "+":
      return int64(a + b);
    case "-":
      return int64(a - b);
    case "*":
      return int64(a * b);
    case "/":
      return b === 0n ? fail("attempted to divide by 0") : int64(a / b);
  }
}

function floats(a: number, op: MathOperator, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? fail("attempted to divide by 0") : a / b;
  }
}

const limit = 2n ** 63n;
const clamp = (ns: bigint): bigint => (ns >= limit ? limit - 1n : ns < -limit ? -limit : ns);

function times(a: Instant | Duration, op: MathOperator, b: Val): Val {
  if (op === "*" || op === "/") {
    return fail("only addition and subtraction supported for time.Time and time.Duration");
  }
  const sign = op === "+" ? 1n : -1n;
  if (b instanceof Duration) {
    if (a instanceof Duration) return new Duration(a.ns + sign * b.ns);
    return new Instant(a.ns + sign * b.ns, a.zone);
  }
  if (b instanceof Instant) {
    if (a instanceof Instant && op === "-") return new Duration(clamp(a.ns - b.ns));
    if (a instanceof Duration && op === "+") return new Instant(a.ns + b.ns, b.zone);
  }
  return fail(`${typeName(a)} ${op} ${typeName(b)} has no meaning`);
}

const show = (value: Val): string =>
  typeof value === "object" && value !== null ? typeName(value) : String(value ?? "<nil>");
