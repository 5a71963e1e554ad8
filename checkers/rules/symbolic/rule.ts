/**
 * Rules as the symbolic compiler reads them: paths with their context resolved, literals with their
 * values, nothing of the surface syntax. `lower.ts` makes them from the parsed text.
 */

export type Expr =
  | { readonly kind: "nil" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "double"; readonly value: number }
  /** May contain references to the environment, marked as in `collector/sections.ts`. */
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | Path
  | Call
  | { readonly kind: "list"; readonly items: readonly Expr[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [string, Expr])[] }
  | {
      readonly kind: "math";
      readonly op: "+" | "-" | "*" | "/";
      readonly left: Expr;
      readonly right: Expr;
    }
  | { readonly kind: "negate"; readonly operand: Expr }
  | Comparing
  | { readonly kind: "and" | "or"; readonly operands: readonly Expr[] }
  | { readonly kind: "not"; readonly operand: Expr }
  /** Anything the compiler has no meaning for, e.g. a lambda. */
  | { readonly kind: "opaque"; readonly text: string };

export interface Path {
  readonly kind: "path";
  /** e.g. `log`. */
  readonly context: string;
  /** Fields joined by dots, e.g. `attributes`, `status.code`. */
  readonly field: string;
  readonly keys: readonly Expr[];
}

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Argument[];
  /** Indices into the result. */
  readonly keys: readonly Expr[];
}

export interface Argument {
  /** Of a named argument, in snake case. */
  readonly name: string | null;
  readonly value: Expr;
}

export interface Comparing {
  readonly kind: "compare";
  readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=";
  readonly left: Expr;
  readonly right: Expr;
}

export interface Statement {
  readonly editor: Call;
  readonly where: Expr | null;
}

/** The argument of a call by position or by name. */
export function argument(call: Call, position: number, name: string): Expr | undefined {
  const named = call.args.find((arg) => arg.name === name);
  if (named !== undefined) return named.value;
  const positional = call.args[position];
  return positional?.name === null ? positional.value : undefined;
}

/** Every expression inside, the outer one first. */
export function* expressionsIn(expr: Expr): Generator<Expr> {
  yield expr;
  for (const child of childrenOf(expr)) yield* expressionsIn(child);
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "path":
      return expr.keys;
    case "call":
      return [...expr.args.map(({ value }) => value), ...expr.keys];
    case "list":
      return expr.items;
    case "map":
      return expr.entries.map(([, value]) => value);
    case "math":
    case "compare":
      return [expr.left, expr.right];
    case "negate":
    case "not":
      return [expr.operand];
    case "and":
    case "or":
      return expr.operands;
    default:
      return [];
  }
}
