/** Expressions inside XState machines: guards and updates that carry their syntax tree. */

import { assign, type ActionFunction } from "xstate";

import type { Expression } from "./ast.ts";
import { compileGuard, compileUpdate, type Value } from "./compile.ts";
import { parse } from "./parse.ts";

// A registered symbol, so that two copies of this module (source and bundle) know each other's tags.
const tag = Symbol.for("verify-workbench.expression");

/* oxlint-disable typescript/no-explicit-any -- these fit machines of every context and event type */
interface AnyArgs {
  readonly context: any;
  readonly event: any;
}
type AnyUpdate = ActionFunction<any, any, any, undefined, never, never, never, never, never>;
type AnyAssignment = Parameters<typeof assign<any, any, undefined, any, never>>[0];
/* oxlint-enable typescript/no-explicit-any */

/**
 * A guard written as an expression over the context and the event, e.g.
 * `guard("failures + 1 >= threshold")`. Parsed when first evaluated.
 */
export function guard(text: string): (args: AnyArgs) => boolean {
  let run: ReturnType<typeof compileGuard> | undefined;
  const evaluate = ({ context, event }: AnyArgs): boolean => {
    run ??= compileGuard(text, parse(text));
    return run(context, event);
  };
  return mark(evaluate, text);
}

/**
 * An `assign` action from expressions: `update({ failures: "failures + 1" })`. All of them read the
 * context as it was before the action, as in XState's own assign.
 */
export function update(fields: Readonly<Record<string, string>>): AnyUpdate {
  const assignment: Record<string, (args: AnyArgs) => Value> = {};
  for (const [field, text] of Object.entries(fields)) {
    let run: ReturnType<typeof compileUpdate> | undefined;
    const evaluate = ({ context, event }: AnyArgs): Value => {
      run ??= compileUpdate(text, parse(text));
      return run(context, event);
    };
    assignment[field] = mark(evaluate, text);
  }
  const every: AnyAssignment = assignment;
  return assign(every);
}

function mark<F extends (...args: never[]) => unknown>(fn: F, text: string): F {
  Object.defineProperty(fn, tag, { value: text });
  return fn;
}

/** The text of a function made by `guard` or `update`; null for any other value. */
export function expressionTextOf(value: unknown): string | null {
  if (typeof value !== "function") return null;
  const text: unknown = Reflect.get(value, tag);
  return typeof text === "string" ? text : null;
}

/**
 * The syntax tree that a function made by `guard`, or one field of `update`, carries; null for an
 * opaque function.
 * @throws {DiagnosticError} VRF201 or VRF202 when its text is not an expression
 */
export function expressionOf(value: unknown): Expression | null {
  const text = expressionTextOf(value);
  return text === null ? null : parse(text);
}

/**
 * The fields that an XState assign action writes, each with its function or constant; null when
 * the action is no assign, or one that computes all fields in a single function.
 */
export function assignmentsOf(action: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof action !== "function") return null;
  const type: unknown = Reflect.get(action, "type");
  const assignment: unknown = Reflect.get(action, "assignment");
  if (type !== "xstate.assign" || typeof assignment !== "object" || assignment === null)
    return null;
  return Object.fromEntries(Object.entries(assignment));
}
