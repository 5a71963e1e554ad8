/**
 * OTTL texts as trees. Every node says where it stands; the tree holds the surface form, so names,
 * enums and contexts are not resolved here.
 */

/** A half-open range of UTF-16 offsets into the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Node {
  readonly span: Span;
}

export interface NilLiteral extends Node {
  readonly kind: "nil";
}
export interface BoolLiteral extends Node {
  readonly kind: "bool";
  readonly value: boolean;
}
/** Without a sign: `-1` is a `unary` around it. Fits into int64. */
export interface IntLiteral extends Node {
  readonly kind: "int";
  readonly value: bigint;
}
export interface FloatLiteral extends Node {
  readonly kind: "float";
  readonly value: number;
}
export interface StringLiteral extends Node {
  readonly kind: "string";
  readonly value: string;
}
export interface BytesLiteral extends Node {
  readonly kind: "bytes";
  readonly value: Uint8Array;
}
/** An all-capitals word; as an argument it may also be a function passed by name. */
export interface EnumSymbol extends Node {
  readonly kind: "enum";
  readonly name: string;
}
/** A converter passed by name, e.g. the last argument of `replace_pattern(a, "x", "$1", SHA256)`. */
export interface FunctionName extends Node {
  readonly kind: "function";
  readonly name: string;
}

/** One segment of a path with its indices, e.g. `attributes["a"][0]`. */
export interface Field extends Node {
  readonly name: string;
  readonly keys: readonly Key[];
}
/** An index: a literal, or an expression that is evaluated on each record. */
export type Key = StringLiteral | IntLiteral | MathExpression;

/** The first segment may be the name of a context: {@link "./paths.ts"!splitContext} decides. */
export interface Path extends Node {
  readonly kind: "path";
  readonly fields: readonly Field[];
}

export interface Argument extends Node {
  /** Of a named argument, as written. */
  readonly name: string | null;
  readonly value: Value;
}

/** A converter, or the editor of a statement. */
export interface Call extends Node {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Argument[];
  /** Indices into the result; an editor has none. */
  readonly keys: readonly Key[];
}

export interface ListLiteral extends Node {
  readonly kind: "list";
  readonly items: readonly Value[];
}
export interface MapEntry extends Node {
  readonly key: string;
  readonly value: Value;
}
export interface MapLiteral extends Node {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
}

export type MathOperator = "+" | "-" | "*" | "/";
export interface BinaryMath extends Node {
  readonly kind: "math";
  readonly op: MathOperator;
  readonly left: MathExpression;
  readonly right: MathExpression;
}
export interface UnaryMath extends Node {
  readonly kind: "unary";
  readonly op: "+" | "-";
  readonly operand: MathExpression;
}
/** What may stand in arithmetic and between the brackets of an index. */
export type MathExpression = IntLiteral | FloatLiteral | Path | Call | BinaryMath | UnaryMath;

export interface Lambda extends Node {
  readonly kind: "lambda";
  /** `_` ignores its argument. */
  readonly params: readonly string[];
  readonly body: Value | Condition;
}

export type Value =
  | NilLiteral
  | BoolLiteral
  | StringLiteral
  | BytesLiteral
  | EnumSymbol
  | FunctionName
  | ListLiteral
  | MapLiteral
  | MathExpression
  | Lambda;

export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";
export interface Comparison extends Node {
  readonly kind: "compare";
  readonly op: CompareOperator;
  readonly left: Value;
  readonly right: Value;
}
export interface Connective extends Node {
  readonly kind: "and" | "or";
  /** At least two, in the order of the text. */
  readonly operands: readonly Condition[];
}
export interface Negation extends Node {
  readonly kind: "not";
  readonly operand: Condition;
}
/** A bare `call` must yield a bool. */
export type Condition = BoolLiteral | Call | Comparison | Connective | Negation;

export interface Statement extends Node {
  readonly kind: "statement";
  readonly editor: Call;
  readonly where: Condition | null;
}

export type Expression = Value | Condition;

/** The expressions directly inside, in the order of the text. */
export function childrenOf(node: Expression | Statement): readonly Expression[] {
  switch (node.kind) {
    case "statement":
      return node.where === null ? [node.editor] : [node.editor, node.where];
    case "path":
      return node.fields.flatMap((field) => field.keys);
    case "call":
      return [...node.args.map((argument) => argument.value), ...node.keys];
    case "list":
      return node.items;
    case "map":
      return node.entries.map((entry) => entry.value);
    case "math":
    case "compare":
      return [node.left, node.right];
    case "unary":
    case "not":
      return [node.operand];
    case "and":
    case "or":
      return node.operands;
    case "lambda":
      return [node.body];
    default:
      return [];
  }
}

/** The expression and everything inside it, the outer one first. */
export function* expressionsIn(node: Expression | Statement): Generator<Expression> {
  if (node.kind !== "statement") yield node;
  for (const child of childrenOf(node)) yield* expressionsIn(child);
}
