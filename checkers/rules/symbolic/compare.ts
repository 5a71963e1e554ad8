/** The comparison matrix of OTTL (LANGUAGE.md, "Comparison Rules") on symbolic values. */

import { type Facts, toDouble } from "./facts.ts";
import {
  and,
  apply,
  equal,
  int,
  is,
  isLiteral,
  isNil,
  ite,
  less,
  not,
  or,
  payload,
  real,
  textLess,
  toReal,
  type Tag,
  type Term,
} from "./term.ts";

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Never an error: values of different types are unequal, and neither less nor greater. */
export function compare(op: Comparison, left: Term, right: Term, facts: Facts): Term {
  switch (op) {
    case "==":
      return same(left, right, facts);
    case "!=":
      return not(same(left, right, facts));
    case "<":
      return below(left, right, facts);
    case ">":
      return below(right, left, facts);
    case "<=":
      return or(below(left, right, facts), orderedSame(left, right, facts));
    case ">=":
      return or(below(right, left, facts), orderedSame(left, right, facts));
  }
}

const both = (tag: Tag, left: Term, right: Term): Term => and(is(tag, left), is(tag, right));

/** Equality among the types that have an order; maps and lists have none. */
function orderedSame(left: Term, right: Term, facts: Facts): Term {
  const scalars = (["Str", "Bytes", "Bool", "Int", "Time", "Duration"] as const).map((tag) =>
    and(both(tag, left, right), equal(payload(tag, left), payload(tag, right))),
  );
  return or(...scalars, sameNumbers(left, right, facts), and(isNil(left), isNil(right)));
}

function same(left: Term, right: Term, facts: Facts): Term {
  const collections = (["Map", "List"] as const).map((tag) => {
    const [a, b] = [payload(tag, left), payload(tag, right)];
    // Equal names are equal contents; different names may be equal contents all the same.
    return and(both(tag, left, right), or(equal(a, b), apply(`same${tag}`, "Bool", [a, b])));
  });
  return or(orderedSame(left, right, facts), ...collections);
}

interface Double {
  readonly isDouble: Term;
  readonly isFinite: Term;
  readonly value: Term;
  readonly isNaN: Term;
  readonly isUp: Term;
  readonly isDown: Term;
}

function asDouble(value: Term): Double {
  const special = payload("Special", value);
  const which = (kind: number): Term => and(is("Special", value), equal(special, int(kind)));
  return {
    isDouble: or(is("Dbl", value), is("Special", value)),
    isFinite: or(is("Dbl", value), which(3)),
    value: ite(is("Dbl", value), payload("Dbl", value), real(0)),
    isNaN: which(0),
    isUp: which(1),
    isDown: which(2),
  };
}

/** Doubles with doubles, and integers with doubles; integers among themselves are exact. */
function sameNumbers(left: Term, right: Term, facts: Facts): Term {
  const [a, b] = [asDouble(left), asDouble(right)];
  const mixed = (integer: Term, double: Double): Term => {
    const [x, y] = inOneScale(payload("Int", integer), double.value, facts);
    return and(is("Int", integer), double.isFinite, equal(x, y));
  };
  return or(
    and(a.isFinite, b.isFinite, equal(a.value, b.value)),
    and(a.isUp, b.isUp),
    and(a.isDown, b.isDown),
    mixed(left, b),
    mixed(right, a),
  );
}

/** Rounding keeps the order against a literal of moderate size, so that it need not be modelled. */
function inOneScale(integer: Term, double: Term, facts: Facts): readonly [Term, Term] {
  const isModest = isLiteral(double) && Math.abs(double.value as number) <= 2 ** 53;
  return [isModest ? toReal(integer) : toDouble(integer, facts), double];
}

function below(left: Term, right: Term, facts: Facts): Term {
  const [a, b] = [asDouble(left), asDouble(right)];
  const [leftInt, rightInt] = [payload("Int", left), payload("Int", right)];
  const [leftScaled, rightDouble] = inOneScale(leftInt, b.value, facts);
  const [rightScaled, leftDouble] = inOneScale(rightInt, a.value, facts);
  return or(
    and(both("Bool", left, right), not(payload("Bool", left)), payload("Bool", right)),
    and(both("Int", left, right), less(leftInt, rightInt)),
    and(both("Time", left, right), less(payload("Time", left), payload("Time", right))),
    and(both("Duration", left, right), less(payload("Duration", left), payload("Duration", right))),
    and(both("Str", left, right), textLess(payload("Str", left), payload("Str", right))),
    and(both("Bytes", left, right), textLess(payload("Bytes", left), payload("Bytes", right))),
    and(a.isFinite, b.isFinite, less(a.value, b.value)),
    and(a.isDouble, not(a.isNaN), not(a.isUp), b.isUp),
    and(a.isDown, b.isDouble, not(b.isNaN), not(b.isDown)),
    and(is("Int", left), or(and(b.isFinite, less(leftScaled, rightDouble)), b.isUp)),
    and(is("Int", right), or(and(a.isFinite, less(leftDouble, rightScaled)), a.isDown)),
  );
}
