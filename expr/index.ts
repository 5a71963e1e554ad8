/** The expression language: one text, one syntax tree, exact meaning everywhere. */

import type { Expression } from "./ast.ts";
import { parse } from "./parse.ts";

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
