/** Parsed OTTL as rules: contexts and enums resolved, what has no symbolic meaning left opaque. */

import { enums } from "../../impl/ottl/contexts/enums.ts";
import type { ContextName } from "../../impl/ottl/runtime/item.ts";
import type * as ast from "../../impl/ottl/syntax/ast.ts";
import { splitContext } from "../../impl/ottl/syntax/paths.ts";
import type { Call, Expr, Statement } from "./symbolic/rule.ts";

export function lowerStatement(statement: ast.Statement, context: ContextName): Statement {
  return {
    editor: lowerCall(statement.editor, context),
    where: statement.where === null ? null : lower(statement.where, context),
  };
}

export function lower(node: ast.Expression, context: ContextName): Expr {
  const inner = (child: ast.Expression): Expr => lower(child, context);
  switch (node.kind) {
    case "nil":
      return { kind: "nil" };
    case "bool":
    case "int":
    case "string":
    case "bytes":
      return node.kind === "int"
        ? { kind: "int", value: node.value }
        : node.kind === "bool"
          ? { kind: "bool", value: node.value }
          : node.kind === "string"
            ? { kind: "string", value: node.value }
            : { kind: "bytes", value: node.value };
    case "float":
      return { kind: "double", value: node.value };
    case "enum": {
      const value = enums[context][node.name];
      return value === undefined ? { kind: "opaque", text: node.name } : { kind: "int", value };
    }
    case "function":
      return { kind: "opaque", text: node.name };
    case "lambda":
      return { kind: "opaque", text: "a lambda" };
    case "path":
      return lowerPath(node, context);
    case "call":
      return lowerCall(node, context);
    case "list":
      return { kind: "list", items: node.items.map(inner) };
    case "map":
      return { kind: "map", entries: node.entries.map(({ key, value }) => [key, inner(value)]) };
    case "math":
      return { kind: "math", op: node.op, left: inner(node.left), right: inner(node.right) };
    case "unary": {
      const operand = inner(node.operand);
      if (node.op === "+") return operand;
      if (operand.kind === "int") return { kind: "int", value: -operand.value };
      if (operand.kind === "double") return { kind: "double", value: -operand.value };
      return { kind: "negate", operand };
    }
    case "compare":
      return { kind: "compare", op: node.op, left: inner(node.left), right: inner(node.right) };
    case "and":
    case "or":
      return { kind: node.kind, operands: node.operands.map(inner) };
    case "not":
      return { kind: "not", operand: inner(node.operand) };
  }
}

function lowerCall(node: ast.Call, context: ContextName): Call {
  return {
    kind: "call",
    name: node.name,
    args: node.args.map((arg) => ({
      name: arg.name === null ? null : snake(arg.name),
      value: lower(arg.value, context),
    })),
    keys: node.keys.map((key) => lower(key, context)),
  };
}

function lowerPath(node: ast.Path, own: ContextName): Expr {
  const { context, fields } = splitContext(node);
  // Keys stand at the end of every path that is modelled.
  if (fields.slice(0, -1).some((field) => field.keys.length > 0)) {
    return { kind: "opaque", text: fields.map(({ name }) => name).join(".") };
  }
  return {
    kind: "path",
    context: context ?? own,
    field: fields.map(({ name }) => name).join("."),
    keys: fields.at(-1)!.keys.map((key) => lower(key, own)),
  };
}

const snake = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
