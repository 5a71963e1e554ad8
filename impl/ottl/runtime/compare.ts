/** The comparison matrix: values of different types differ, and have no order. */

import type { CompareOperator } from "../syntax/ast.ts";
import {
  compareBytes,
  compareStrings,
  deepEqual,
  Duration,
  fail,
  Id,
  Instant,
  Part,
  TypedList,
  type Val,
} from "./value.ts";

function ordered(order: number, op: CompareOperator): boolean {
  switch (op) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** `NaN` compares as IEEE 754 says: false, except `!=`. */
function numbers(a: number, b: number, op: CompareOperator): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return op === "!=";
  return ordered(a < b ? -1 : a > b ? 1 : 0, op);
}

const bigints = (a: bigint, b: bigint, op: CompareOperator): boolean =>
  ordered(a < b ? -1 : a > b ? 1 : 0, op);

/** @throws EvaluationError where Go panics: two lists of one Go type. */
export function compare(a: Val, b: Val, op: CompareOperator): boolean {
  const different = op === "!=";
  switch (typeof a) {
    case "string":
      if (typeof b !== "string") return different;
      if (op === "==") return a === b;
      return op === "!=" ? a !== b : ordered(compareStrings(a, b), op);
    case "bigint":
      if (typeof b === "bigint") return bigints(a, b, op);
      return typeof b === "number" ? numbers(Number(a), b, op) : different;
    case "number":
      if (typeof b === "number") return numbers(a, b, op);
      return typeof b === "bigint" ? numbers(a, Number(b), op) : different;
    case "boolean":
      return typeof b === "boolean" ? ordered(Number(a) - Number(b), op) : different;
    default:
  }
  if (a === null) return b === null ? ordered(0, op) : different;
  if (b === null || typeof b !== "object") return different;
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array ? ordered(compareBytes(a, b), op) : different;
  }
  if (a instanceof Instant) return b instanceof Instant ? bigints(a.ns, b.ns, op) : different;
  if (a instanceof Duration) return b instanceof Duration ? bigints(a.ns, b.ns, op) : different;
  if (a instanceof TypedList || b instanceof TypedList) {
    return a instanceof TypedList && b instanceof TypedList && (op === "==" || different)
      ? fail("comparing two lists of one Go type, which upstream cannot do")
      : different;
  }
  const comparable =
    (a instanceof Map && b instanceof Map) ||
    (Array.isArray(a) && Array.isArray(b)) ||
    (a instanceof Id && b instanceof Id);
  if (comparable && (op === "==" || different)) return deepEqual(a, b) !== different;
  if (a instanceof Part && b instanceof Part && a.value === b.value) return op === "==";
  return different;
}
