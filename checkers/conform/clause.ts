/** A conformance property as what the lockstep run needs of it. */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { ConformsProperty, ModelState } from "../../core/property.ts";
import type { MachineSubject } from "../../core/subject.ts";
import { compileState, scopeOfModel } from "../../expr/index.ts";
import { timePasses } from "./commands.ts";
import type { Clause } from "./lockstep.ts";

/**
 * @throws {DiagnosticError} VRF201..VRF204 when `when` is not a predicate of this model, VRF003 when
 *   the property names an event that the model does not declare.
 */
export function clauseOf(property: ConformsProperty, subject: MachineSubject): Clause {
  const { when, events, observables } = property;
  const declared = [...subject.model.events.map(({ type }) => type), timePasses];
  for (const type of events ?? []) {
    if (declared.includes(type)) continue;
    throw new DiagnosticError("VRF003", `the model declares no event "${type}"`, {
      place: `${subject.id}/${property.id}`,
      help: `declared are: ${declared.join(", ")}`,
    });
  }
  const holds: (state: ModelState) => boolean =
    when === undefined
      ? () => true
      : typeof when === "string"
        ? compileState(when, scopeOfModel(subject.model))
        : when;
  return {
    applies: (before, event) => (events?.includes(event.type) ?? true) && holds(before),
    observables: observables ?? null,
  };
}
