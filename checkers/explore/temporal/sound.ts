/** Combinations that would give answers about something else are refused, never silently changed. */

import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { CtlProperty, LtlProperty, Property } from "../../../core/property.ts";
import type { AnyModel } from "../../../core/system.ts";
import type { CtlFormula, Formula } from "../../../core/temporal.ts";
import { mentionsNext } from "./leaves.ts";
import { parseFairness } from "./space.ts";

/**
 * In ordered time most schedules are missing: what cannot be reached in it may be reachable.
 * @throws {DiagnosticError} VRF108
 */
export function refuseOrdered({ kind }: Property, { time }: AnyModel): void {
  if (time !== "ordered") return;
  throw new DiagnosticError(
    "VRF108",
    `time: "ordered" leaves out most schedules, and a claim of the kind ${kind} is about all of them`,
    { help: 'use "discrete" or "untimed"; "ordered" is for hunting wrong states and steps' },
  );
}

/** @throws {DiagnosticError} VRF108 */
export function refuseUnsound(
  property: LtlProperty | CtlProperty,
  formula: Formula | CtlFormula,
  model: AnyModel,
): void {
  if (property.kind === "ltl" && model.time === "discrete" && mentionsNext(formula)) {
    throw new DiagnosticError(
      "VRF108",
      'X counts steps, and in time: "discrete" each tick is one: the formula would speak of ticks',
      { help: "say what must hold until what: p U q; or put next(e) into a condition of one step" },
    );
  }
  for (const { of } of property.fair.map(parseFairness)) {
    if (!of.startsWith("event ")) continue;
    const type = of.slice("event ".length);
    const events =
      "machines" in model
        ? Object.values(model.machines).flatMap((component) => component.events)
        : model.events;
    if (events.some((event) => event.type === type)) continue;
    throw new DiagnosticError("VRF108", `fairness of the event ${type}, which is not declared`, {
      help: `declared events: ${events.map((event) => event.type).join(", ")}`,
    });
  }
}
