/** Expression -> text that parses back to the same expression. */

import type { Expression } from "./ast.ts";
import { functionNames, operatorWords } from "./lexer.ts";

/** Binding strength as in mathjs's grammar; higher binds tighter. */
const strength = { if: 0, or: 1, and: 2, comparison: 3, sum: 4, product: 5, prefix: 6, atom: 7 };

const binaryStrength: Readonly<Record<string, number>> = {
  or: strength.or,
  and: strength.and,
  "==": strength.comparison,
  "!=": strength.comparison,
  "<": strength.comparison,
  "<=": strength.comparison,
  ">": strength.comparison,
  ">=": strength.comparison,
  "+": strength.sum,
  "-": strength.sum,
  "*": strength.product,
  "/": strength.product,
  mod: strength.product,
};

const plainPath = /^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u;

export function print(expression: Expression): string {
  return render(expression, 0);
}

function render(expression: Expression, minimum: number): string {
  const [text, own] = layout(expression);
  return own < minimum ? `(${text})` : text;
}

function layout(expression: Expression): readonly [string, number] {
  switch (expression.kind) {
    case "bool":
    case "int":
      return [String(expression.value), strength.atom];
    case "text":
      return [JSON.stringify(expression.value), strength.atom];
    case "name":
      return [expression.name, strength.atom];
    case "field":
      return [`event.${expression.field}`, strength.atom];
    case "at":
      return [`at(${quoteUnlessPlain(expression.path)})`, strength.atom];
    case "event":
      return [`event(${quoteUnlessPlain(expression.type)})`, strength.atom];
    case "next":
      return [`next(${render(expression.operand, 0)})`, strength.atom];
    case "unary":
      return expression.operator === "not"
        ? [`not ${render(expression.operand, strength.atom)}`, strength.prefix]
        : [`-${render(expression.operand, strength.atom)}`, strength.prefix];
    case "extremum":
      return [
        `${expression.operator}(${expression.operands.map((part) => render(part, 0)).join(", ")})`,
        strength.atom,
      ];
    case "if":
      return [
        `${render(expression.condition, strength.or)} ? ${render(expression.yes, strength.or)} : ${render(expression.no, strength.or)}`,
        strength.if,
      ];
    case "binary": {
      const { operator, left, right } = expression;
      const own = binaryStrength[operator];
      if (own === undefined) {
        return [`${operator}(${render(left, 0)}, ${render(right, 0)})`, strength.atom];
      }
      // Comparisons chain in mathjs, so neither side may be a bare comparison.
      const leftMinimum = own === strength.comparison ? own + 1 : own;
      return [`${render(left, leftMinimum)} ${operator} ${render(right, own + 1)}`, own];
    }
  }
}

const quoteUnlessPlain = (path: string): string =>
  plainPath.test(path) && !path.split(".").some((part) => reserved.has(part))
    ? path
    : JSON.stringify(path);

const reserved: ReadonlySet<string> = new Set([
  ...operatorWords,
  ...functionNames,
  "in",
  "to",
  "xor",
  "true",
  "false",
  "null",
  "undefined",
  "NaN",
  "Infinity",
]);
