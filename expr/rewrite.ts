/** Substitution and simplification of resolved expressions. */

import { build, type Expression } from "./ast.ts";

export interface Substitution {
  /** What a variable stands for; null leaves it. */
  readonly name?: (name: string) => Expression | null;
  /** What `event.field` stands for; null leaves it. */
  readonly field?: (field: string) => Expression | null;
  readonly event?: (type: string) => Expression | null;
  readonly at?: (path: string) => Expression | null;
  /** For what is inside `next(…)`; the wrapper goes away. Absent: `next(…)` stays untouched. */
  readonly next?: Substitution;
}

/** Replaces the leaves of an expression and simplifies the result. */
export function substitute(expression: Expression, by: Substitution): Expression {
  const inner = (part: Expression): Expression => substitute(part, by);
  switch (expression.kind) {
    case "name":
      return by.name?.(expression.name) ?? expression;
    case "field":
      return by.field?.(expression.field) ?? expression;
    case "event":
      return by.event?.(expression.type) ?? expression;
    case "at":
      return by.at?.(expression.path) ?? expression;
    case "next":
      return by.next === undefined ? expression : substitute(expression.operand, by.next);
    case "unary":
      return simplify({ ...expression, operand: inner(expression.operand) });
    case "binary":
      return simplify({
        ...expression,
        left: inner(expression.left),
        right: inner(expression.right),
      });
    case "extremum":
      return simplify({ ...expression, operands: expression.operands.map(inner) });
    case "if":
      return simplify({
        ...expression,
        condition: inner(expression.condition),
        yes: inner(expression.yes),
        no: inner(expression.no),
      });
    default:
      return expression;
  }
}

/** The value of an integer literal, a sign included; null for anything else. */
export function integerOf(expression: Expression): bigint | null {
  if (expression.kind === "int") return expression.value;
  if (expression.kind !== "unary" || expression.operator !== "-") return null;
  const inner = integerOf(expression.operand);
  return inner === null ? null : -inner;
}

const truthOf = (expression: Expression): boolean | null =>
  expression.kind === "bool" ? expression.value : null;

/** One step of constant folding at the root; the parts are taken as simplified already. */
function simplify(expression: Expression): Expression {
  switch (expression.kind) {
    case "unary":
      return simplifyUnary(expression);
    case "binary":
      return simplifyBinary(expression);
    case "if": {
      const condition = truthOf(expression.condition);
      return condition === null ? expression : condition ? expression.yes : expression.no;
    }
    case "extremum": {
      const values = expression.operands.map(integerOf).filter((value) => value !== null);
      if (values.length < expression.operands.length) return expression;
      const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const picked = expression.operator === "min" ? sorted[0] : sorted.at(-1);
      return picked === undefined ? expression : build.int(picked);
    }
    default:
      return expression;
  }
}

function simplifyUnary(expression: Expression & { kind: "unary" }): Expression {
  const { operator, operand } = expression;
  if (operator === "not") {
    const value = truthOf(operand);
    if (value !== null) return build.bool(!value);
    return operand.kind === "unary" && operand.operator === "not" ? operand.operand : expression;
  }
  const value = integerOf(operand);
  return value === null ? expression : build.int(-value);
}

function simplifyBinary(expression: Expression & { kind: "binary" }): Expression {
  const { operator, left, right } = expression;
  const [p, q] = [truthOf(left), truthOf(right)];
  switch (operator) {
    case "and":
      return p === false || q === false
        ? build.bool(false)
        : p === true
          ? right
          : q === true
            ? left
            : expression;
    case "or":
      return p === true || q === true
        ? build.bool(true)
        : p === false
          ? right
          : q === false
            ? left
            : expression;
    case "implies":
      return p === false || q === true
        ? build.bool(true)
        : p === true
          ? right
          : q === false
            ? simplifyUnary({ kind: "unary", operator: "not", operand: left, span: left.span })
            : expression;
    case "iff":
      return p === null
        ? q === null
          ? expression
          : q
            ? left
            : negate(left)
        : p
          ? right
          : negate(right);
    case "==":
    case "!=": {
      if (p !== null && q !== null) return build.bool((p === q) === (operator === "=="));
      if (left.kind === "text" && right.kind === "text") {
        return build.bool((left.value === right.value) === (operator === "=="));
      }
      return foldNumbers(expression);
    }
    default:
      return foldNumbers(expression);
  }
}

const negate = (operand: Expression): Expression =>
  simplifyUnary({ kind: "unary", operator: "not", operand, span: operand.span });

function foldNumbers(expression: Expression & { kind: "binary" }): Expression {
  const { operator, left, right } = expression;
  const [a, b] = [integerOf(left), integerOf(right)];
  if (a === null || b === null) {
    if (b === 0n && (operator === "+" || operator === "-")) return left;
    if (a === 0n && operator === "+") return right;
    return nestedSum(expression);
  }
  switch (operator) {
    case "+":
      return build.int(a + b);
    case "-":
      return build.int(a - b);
    case "*":
      return build.int(a * b);
    case "mod":
      return b > 0n ? build.int(((a % b) + b) % b) : expression;
    case "==":
      return build.bool(a === b);
    case "!=":
      return build.bool(a !== b);
    case "<":
      return build.bool(a < b);
    case "<=":
      return build.bool(a <= b);
    case ">":
      return build.bool(a > b);
    case ">=":
      return build.bool(a >= b);
    default:
      return expression;
  }
}

/** (e + 1) + 1 becomes e + 2, so that repeated updates stay readable. */
function nestedSum(expression: Expression & { kind: "binary" }): Expression {
  const { operator, left, right } = expression;
  if ((operator !== "+" && operator !== "-") || left.kind !== "binary") return expression;
  if (left.operator !== "+" && left.operator !== "-") return expression;
  const [inner, outer] = [integerOf(left.right), integerOf(right)];
  if (inner === null || outer === null) return expression;
  const sum = (left.operator === "+" ? inner : -inner) + (operator === "+" ? outer : -outer);
  if (sum === 0n) return left.left;
  return build.binary(sum < 0n ? "-" : "+", left.left, build.int(sum < 0n ? -sum : sum));
}
