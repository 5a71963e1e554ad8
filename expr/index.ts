/** The expression language: one text, one syntax tree, exact meaning everywhere. */

import { nodesOf, type Expression } from "./ast.ts";
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

/**
 * The parts of `p and q and …`, as texts; the text itself when it is no conjunction. What speaks of the
 * same variables and states stays together.
 */
export function conjunctsOf(text: string): readonly string[] {
  const split = (expression: Expression): readonly Expression[] =>
    expression.kind === "binary" && expression.operator === "and"
      ? [...split(expression.left), ...split(expression.right)]
      : [expression];
  const groups = Map.groupBy(split(parse(text)), subjectsOf);
  if (groups.size === 1) return [text];
  return [...groups.values()].map((parts) => parts.map((part) => `(${print(part)})`).join(" and "));
}

/** The names and states in an expression, as one text. */
function subjectsOf(expression: Expression): string {
  const subjects = new Set<string>();
  for (const node of nodesOf(expression)) {
    if (node.kind === "name") subjects.add(node.name);
    if (node.kind === "at") subjects.add(`at ${node.path}`);
  }
  return [...subjects].toSorted().join();
}
