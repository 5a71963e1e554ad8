/** A conformance property as what the lockstep run needs of it. */

import type { ConformsProperty, ModelState } from "../../core/property.ts";
import type { MachineSubject } from "../../core/subject.ts";
import { compileState, scopeOfModel } from "../../expr/index.ts";
import type { Clause } from "./lockstep.ts";

/** @throws {DiagnosticError} VRF201..VRF204 when `when` is not a predicate of this model. */
export function clauseOf(property: ConformsProperty, subject: MachineSubject): Clause {
  const { when, observables } = property;
  const holds: (state: ModelState) => boolean =
    when === undefined
      ? () => true
      : typeof when === "string"
        ? compileState(when, scopeOfModel(subject.model))
        : when;
  return { when: holds, observables: observables ?? null };
}
