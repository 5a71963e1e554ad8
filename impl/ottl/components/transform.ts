/** The transform processor: groups of statements, each on the items of one context. */

import { compileCondition, compileStatement } from "../compile.ts";
import { inferContext } from "../infer.ts";
import { itemsOf } from "../items.ts";
import type { Payload, Signal } from "../otlp/model.ts";
import type { Level } from "../registry.ts";
import type { ContextName, RequestInfo } from "../runtime/item.ts";
import {
  evaluateConditions,
  runSequence,
  type ErrorMode,
  type StatementOutcome,
} from "../sequence.ts";
import { parseCondition, parseStatement } from "../syntax/parser.ts";

export interface TransformGroup {
  readonly signal: Signal;
  /** Null: inferred from the paths. */
  readonly context: string | null;
  readonly errorMode: ErrorMode;
  /** Any of them; none means always. */
  readonly conditions: readonly string[];
  readonly statements: readonly string[];
}

export interface CompiledGroup {
  readonly context: ContextName;
  /**
   * Changes the payload in place; payloads of another signal stay as they are.
   * @throws EvaluationError at the first failure, when errors propagate
   */
  run(
    payload: Payload,
    observe?: (statement: number, outcome: StatementOutcome) => void,
    request?: RequestInfo | null,
  ): void;
}

/** Contexts by the names that configurations use. */
export function contextNamed(name: string): ContextName {
  if (name === "instrumentation_scope") return "scope";
  return name as ContextName;
}

/** @throws OttlSyntaxError, OttlBuildError; Error when no context can be inferred */
export function compileGroup(
  group: TransformGroup,
  level: Level,
  component = "transform",
): CompiledGroup {
  const statements = group.statements.map(parseStatement);
  const conditions = group.conditions.map(parseCondition);
  let context: ContextName;
  if (group.context === null) {
    const inferred = inferContext([...statements, ...conditions], group.signal, level, component);
    if (inferred.kind === "failed") throw new Error(inferred.message);
    context = inferred.context;
  } else context = contextNamed(group.context);
  const options = { context, level, component };
  const compiled = statements.map((statement) => compileStatement(statement, options));
  const guards = conditions.map((condition) => compileCondition(condition, options));
  return {
    context,
    run(payload, observe, request = null) {
      if (payload.signal !== group.signal) return;
      for (const item of itemsOf(payload, context, request)) {
        if (guards.length > 0 && !evaluateConditions(guards, item, group.errorMode)) continue;
        runSequence(compiled, item, group.errorMode, observe);
      }
    },
  };
}
