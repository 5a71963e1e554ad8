/** All expressions of a machine, checked before anything runs. */

import { DiagnosticError, type Diagnostic } from "../core/diagnostic.ts";
import type { MachineModel } from "../core/subject.ts";
import { elaborate } from "./check.ts";
import { assignmentsOf, expressionTextOf } from "./machine.ts";
import { boolType, type Scope, scopeOfTransition, type Type } from "./scope.ts";

/**
 * The mistakes in the guards and updates of a machine that are written as expressions: syntax,
 * unknown names, wrong types. Each names the state and the event where it is used. Functions in
 * JavaScript are not looked into.
 */
export function checkMachineExpressions(model: MachineModel): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const { guards, actions } = model.machine.implementations;
  const declared = new Set(model.events.map(({ type }) => type));

  const attempt = (text: string, scope: Scope, wanted: Type, place: string): void => {
    try {
      elaborate(text, scope, wanted);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      const { code, message, help, excerpt } = error;
      found.push({
        code,
        message,
        place,
        ...(help === undefined ? {} : { help }),
        ...(excerpt === undefined ? {} : { excerpt }),
      });
    }
  };
  const checkGuard = (guard: unknown, scope: Scope, place: string): void => {
    const resolved = resolve(guard, guards);
    const text = expressionTextOf(resolved);
    if (text !== null) attempt(text, scope, boolType, `${place}, guard`);
    if (typeof resolved !== "function") return;
    const nested: unknown = Reflect.get(resolved, "guards");
    if (Array.isArray(nested)) for (const inner of nested) checkGuard(inner, scope, place);
  };
  const checkAction = (action: unknown, scope: Scope, place: string): void => {
    const fields = assignmentsOf(resolve(action, actions)) ?? {};
    for (const [field, value] of Object.entries(fields)) {
      const text = expressionTextOf(value);
      const type = scope.variables.get(field);
      if (text === null) continue;
      if (type === undefined) {
        found.push({
          code: "VRF102",
          message: `an update writes the field \`${field}\`, which is not declared`,
          place,
          help: `declare it under variables: ${field}: { int: [lo, hi] }, "bool" or { enum: [ … ] }`,
        });
      } else {
        attempt(text, scope, type, `${place}, update of ${field}`);
      }
    }
  };
  const visit = (node: MachineModel["machine"]["root"]): void => {
    const path = node.path.length === 0 ? node.id : node.path.join(".");
    // Entry, exit and eventless transitions run in many events; which, is only seen when running.
    const anyEvent = scopeOfTransition(model);
    for (const action of [...node.entry, ...node.exit])
      checkAction(action, anyEvent, `state ${path}`);
    for (const [event, transitions] of node.transitions) {
      const scope = declared.has(event) ? scopeOfTransition(model, event) : anyEvent;
      for (const { guard, actions: own } of transitions) {
        checkGuard(guard, scope, `state ${path}, event ${event}`);
        for (const action of own) checkAction(action, scope, `state ${path}, event ${event}`);
      }
    }
    for (const { guard, actions: own } of node.always ?? []) {
      checkGuard(guard, anyEvent, `state ${path}, always`);
      for (const action of own) checkAction(action, anyEvent, `state ${path}, always`);
    }
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(model.machine.root);
  return found;
}

/** A guard or action by name is looked up in the machine's implementations. */
function resolve(reference: unknown, implementations: object): unknown {
  const name =
    typeof reference === "object" && reference !== null
      ? (Reflect.get(reference, "type") as unknown)
      : reference;
  return typeof name === "string" ? (Reflect.get(implementations, name) as unknown) : reference;
}
