/** The expression language: one text, one syntax tree, exact meaning everywhere. */

import type { Expression } from "./ast.ts";
import { parse } from "./parse.ts";
import { print } from "./print.ts";

export * from "./ast.ts";
export { checkMachineExpressions } from "./check-model.ts";
export { checkExpression, elaborate } from "./check.ts";
export { compileState, compileStep, isActive } from "./compile.ts";
export { assignmentsOf, expressionOf, expressionTextOf, guard, update } from "./machine.ts";
export { parse } from "./parse.ts";
export { print } from "./print.ts";
export * from "./exact.ts";
export { integerOf, substitute } from "./rewrite.ts";
export * from "./scope.ts";
export { parseCtl, parseLtl } from "./temporal.ts";

/** The two sides of a predicate `implies(premise, conclusion)`; null for any other shape. */
export function implicationParts(
  text: string,
): { readonly premise: Expression; readonly conclusion: Expression } | null {
  const expression = parse(text);
  return expression.kind === "binary" && expression.operator === "implies"
    ? { premise: expression.left, conclusion: expression.right }
    : null;
}

/** The parts of `p and q and …`, as texts; the text itself when it is no conjunction. */
export function conjunctsOf(text: string): readonly string[] {
  const split = (expression: Expression): readonly Expression[] =>
    expression.kind === "binary" && expression.operator === "and"
      ? [...split(expression.left), ...split(expression.right)]
      : [expression];
  const parts = split(parse(text));
  return parts.length === 1 ? [text] : parts.map(print);
}
