/** The solver session of one obligation, as the command line wants it. */

import type { CheckContext, Obligation } from "../../core/engine.ts";
import { Session, type SolverName } from "../../solver/solver.ts";

/**
 * Engine options: `solver` (who answers the queries that verdicts rest on) and `emitSmt` (the folder
 * into which these queries are written).
 */
export function openSession(obligation: Obligation, context: CheckContext): Session {
  const { solver, emitSmt } = context.options;
  return new Session({
    timeMs: context.budget.timeMs,
    signal: context.signal,
    ...(solver === "z3" || solver === "cvc5" ? { solver: solver satisfies SolverName } : {}),
    ...(typeof emitSmt === "string" && emitSmt !== ""
      ? { emit: { folder: emitSmt, obligation: obligation.id } }
      : {}),
  });
}
