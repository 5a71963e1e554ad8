/** Predicates of properties as functions of snapshots: expressions are compiled, functions taken as they are. */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { ModelState, ModelStep, StatePredicate, StepPredicate } from "../core/property.ts";
import type { AnyModel } from "../core/system.ts";
import { messageOf, ModelFault } from "./fault.ts";
import { compileState, compileStep, implicationParts, print, scopeOfModel } from "../expr/index.ts";

export interface CompiledPredicate<T> {
  /** The text of the expression; null for a function. */
  readonly text: string | null;
  readonly holds: (subject: T) => boolean;
  /** For `implies(p, q)`: p, whose absence makes the claim vacuous. */
  readonly premise: { readonly text: string; readonly holds: (subject: T) => boolean } | null;
}

/** @throws {DiagnosticError} VRF201..VRF204 when the text is not a predicate of this model */
export function statePredicate(
  predicate: StatePredicate,
  model: AnyModel,
): CompiledPredicate<ModelState> {
  if (typeof predicate === "function") return opaque(predicate);
  const scope = scopeOfModel(model);
  return withPremise(predicate, (text) => compileState(text, scope));
}

/** @throws {DiagnosticError} VRF201..VRF204 when the text is not a step predicate of this model */
export function stepPredicate(
  predicate: StepPredicate,
  model: AnyModel,
): CompiledPredicate<ModelStep> {
  if (typeof predicate === "function") return opaque(predicate);
  const scope = scopeOfModel(model, { step: true });
  return withPremise(predicate, (text) => compileStep(text, scope));
}

function opaque<T>(predicate: (subject: T) => boolean): CompiledPredicate<T> {
  return { text: null, holds: guarded("the predicate", predicate), premise: null };
}

/** A predicate that throws is a fault of the model's author, with a code; not of the workbench. */
function guarded<T>(name: string, predicate: (subject: T) => boolean): (subject: T) => boolean {
  return (subject) => {
    try {
      return predicate(subject);
    } catch (thrown) {
      if (thrown instanceof DiagnosticError) {
        throw new ModelFault(thrown.code, `${name}: ${thrown.message}`, thrown.help, thrown);
      }
      throw new ModelFault(
        "VRF104",
        `${name} threw: ${messageOf(thrown)}`,
        "a predicate must be defined in every reachable state",
        thrown,
      );
    }
  };
}

function withPremise<T>(
  text: string,
  compile: (text: string) => (subject: T) => boolean,
): CompiledPredicate<T> {
  const holds = guarded(`\`${text}\``, compile(text));
  const parts = implicationParts(text);
  if (parts === null) return { text, holds, premise: null };
  const premise = print(parts.premise);
  return { text, holds, premise: { text: premise, holds: compile(premise) } };
}
