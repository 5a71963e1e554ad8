/** Statements and conditions that run together, with what happens when one fails. */

import type { CompiledStatement } from "./compile.ts";
import type { Item } from "./runtime/item.ts";
import { EvaluationError } from "./runtime/value.ts";

export type ErrorMode = "ignore" | "silent" | "propagate";

/** What one statement did to one item. */
export interface StatementOutcome {
  /** Null when the condition failed. */
  readonly applied: boolean | null;
  /** Of condition or editor. */
  readonly error: string | null;
}

/** Never throws for what the record holds. */
export function runStatement(statement: CompiledStatement, item: Item): StatementOutcome {
  let applied: boolean | null = null;
  try {
    applied = statement.applies(item);
    if (applied) statement.edit(item);
    return { applied, error: null };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return { applied, error: error.message };
  }
}

/**
 * Runs the statements in order.
 * @throws EvaluationError at the first failure, when errors propagate
 */
export function runSequence(
  statements: readonly CompiledStatement[],
  item: Item,
  mode: ErrorMode,
  observe?: (index: number, outcome: StatementOutcome) => void,
): void {
  for (const [index, statement] of statements.entries()) {
    if (mode === "propagate" && observe === undefined) {
      if (statement.applies(item)) statement.edit(item);
      continue;
    }
    const outcome = runStatement(statement, item);
    observe?.(index, outcome);
    if (outcome.error !== null && mode === "propagate") throw new EvaluationError(outcome.error);
  }
}

/**
 * Whether any (`or`) or every (`and`) condition holds. Conditions that fail are passed over; when
 * all fail the answer is no.
 * @throws EvaluationError at the first failure, when errors propagate
 */
export function evaluateConditions(
  conditions: readonly ((item: Item) => boolean)[],
  item: Item,
  mode: ErrorMode,
  logic: "or" | "and" = "or",
  observe?: (index: number, outcome: boolean | EvaluationError) => void,
): boolean {
  let held = 0;
  for (const [index, condition] of conditions.entries()) {
    let holds: boolean;
    try {
      holds = condition(item);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      observe?.(index, error);
      if (mode === "propagate") throw error;
      continue;
    }
    observe?.(index, holds);
    if (holds && logic === "or") return true;
    if (!holds && logic === "and") return false;
    if (holds) held++;
  }
  return logic === "and" && held > 0;
}
