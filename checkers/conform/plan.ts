/** The obligations of a machine subject: one per conformance property and implementation. */

import type { Obligation } from "../../core/engine.ts";
import type { MachineSubject } from "../../core/subject.ts";
import { clauseOf } from "./clause.ts";

/** @throws {DiagnosticError} when a property does not fit its model, see `clauseOf`. */
export function planMachine(subject: MachineSubject): Obligation[] {
  const obligations: Obligation[] = [];
  for (const property of subject.properties) {
    if (property.kind !== "conforms") continue;
    clauseOf(property, subject);
    for (const { name, version } of subject.implementations ?? []) {
      obligations.push({
        id: `${subject.id}/${property.id}@${name}`,
        subject: subject.id,
        property: property.id,
        title: property.title,
        source: property.source ?? subject.source ?? null,
        engine: "conform",
        claim: "universal",
        implementation: { name, version },
        expect: property.expectFor?.[name] ?? property.expect ?? null,
      });
    }
  }
  return obligations;
}
