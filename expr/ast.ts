/** The abstract syntax of expressions: the one meaning from which every back end is derived. */

/** Half-open range of UTF-16 offsets in the expression's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "mod";
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type LogicalOperator = "and" | "or" | "implies" | "iff";
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | LogicalOperator;

interface Node {
  readonly span: Span;
}

export interface BoolLiteral extends Node {
  readonly kind: "bool";
  readonly value: boolean;
}
export interface IntLiteral extends Node {
  readonly kind: "int";
  readonly value: bigint;
}
/** An enum value, written in quotes or resolved from a bare symbol. */
export interface TextLiteral extends Node {
  readonly kind: "text";
  readonly value: string;
}
/** A variable or parameter; before resolution possibly a bare enum value. */
export interface Name extends Node {
  readonly kind: "name";
  readonly name: string;
}
/** `event.field`: a field of the event's payload. */
export interface EventField extends Node {
  readonly kind: "field";
  readonly field: string;
}
/** `at(path.to.state)`: the state is active. */
export interface At extends Node {
  readonly kind: "at";
  readonly path: string;
}
/** `event(TYPE)`: the step was caused by an event of this type. */
export interface EventIs extends Node {
  readonly kind: "event";
  readonly type: string;
}
/** `next(e)`: the value of `e` after the step. */
export interface Next extends Node {
  readonly kind: "next";
  readonly operand: Expression;
}
export interface Unary extends Node {
  readonly kind: "unary";
  readonly operator: "not" | "-";
  readonly operand: Expression;
}
export interface Binary extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
export interface Extremum extends Node {
  readonly kind: "extremum";
  readonly operator: "min" | "max";
  readonly operands: readonly Expression[];
}
export interface Conditional extends Node {
  readonly kind: "if";
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
}

export type Expression =
  | BoolLiteral
  | IntLiteral
  | TextLiteral
  | Name
  | EventField
  | At
  | EventIs
  | Next
  | Unary
  | Binary
  | Extremum
  | Conditional;

/** The direct parts of an expression, in source order. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "next":
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "extremum":
      return expression.operands;
    case "if":
      return [expression.condition, expression.yes, expression.no];
    default:
      return [];
  }
}

/** Every node, parents first. */
export function* nodesOf(expression: Expression): Generator<Expression> {
  yield expression;
  for (const part of partsOf(expression)) yield* nodesOf(part);
}

const nowhere: Span = { start: 0, end: 0 };

/** Builders for expressions that no one wrote: auxiliary invariants, conjunctions, tests. */
export const build = {
  bool: (value: boolean): Expression => ({ kind: "bool", value, span: nowhere }),
  int: (value: bigint | number): Expression =>
    value < 0
      ? build.negate(build.int(-BigInt(value)))
      : { kind: "int", value: BigInt(value), span: nowhere },
  text: (value: string): Expression => ({ kind: "text", value, span: nowhere }),
  name: (name: string): Expression => ({ kind: "name", name, span: nowhere }),
  at: (path: string): Expression => ({ kind: "at", path, span: nowhere }),
  not: (operand: Expression): Expression => ({
    kind: "unary",
    operator: "not",
    operand,
    span: nowhere,
  }),
  negate: (operand: Expression): Expression => ({
    kind: "unary",
    operator: "-",
    operand,
    span: nowhere,
  }),
  binary: (operator: BinaryOperator, left: Expression, right: Expression): Expression => ({
    kind: "binary",
    operator,
    left,
    right,
    span: nowhere,
  }),
  choose: (condition: Expression, yes: Expression, no: Expression): Expression => ({
    kind: "if",
    condition,
    yes,
    no,
    span: nowhere,
  }),
  extremum: (operator: "min" | "max", operands: readonly Expression[]): Expression => ({
    kind: "extremum",
    operator,
    operands,
    span: nowhere,
  }),
} as const;
