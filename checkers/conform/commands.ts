/** The alphabet of command sequences: every event of the model with every payload, and time. */

import type { EventDeclaration, MachineModel } from "../../core/subject.ts";
import type { Scalar, TraceAction } from "../../core/trace.ts";

/**
 * How far time is let pass, relative to the model's next deadline: 1 ms short of it, exactly to it,
 * 1 ms beyond it. Without a deadline it is `idleMs`, in which nothing may happen.
 */
export type TimeStep = "before" | "deadline" | "after";

export type Command =
  | { readonly kind: "event"; readonly event: TraceAction }
  | { readonly kind: "time"; readonly until: TimeStep };

/** A command as it was carried out; plain JSON, the recipe of counterexamples. */
export type ExecutedCommand = { readonly event: TraceAction } | { readonly waitMs: number };

/** How time passing is written in traces and in `at.event`. */
export const timePasses = "time passes";

/** Every event of a declaration, one per combination of payload values. */
export function expandEvent(declaration: EventDeclaration): TraceAction[] {
  let events: Record<string, Scalar>[] = [{}];
  for (const [field, values] of Object.entries(declaration)) {
    const choices = typeof values === "string" ? [values] : values;
    events = events.flatMap((event) => choices.map((value) => ({ ...event, [field]: value })));
  }
  return events as unknown as TraceAction[];
}

export function alphabet(model: MachineModel): readonly Command[] {
  const events = model.events
    .flatMap(expandEvent)
    .map((event): Command => ({ kind: "event", event }));
  const time = (["deadline", "before", "after"] as const).map((until): Command => ({
    kind: "time",
    until,
  }));
  return [...events, ...time];
}

/** Reads a recipe again; `null` and a reason when it does not fit the model any more. */
export function parseRecipe(
  recipe: unknown,
  model: MachineModel,
): { readonly commands: readonly ExecutedCommand[] } | { readonly problem: string } {
  const steps = (recipe as { readonly steps?: unknown } | null)?.steps;
  if (!Array.isArray(steps)) return { problem: "the recorded counterexample has no steps" };
  const known = new Set(model.events.flatMap(expandEvent).map(canonical));
  const commands: ExecutedCommand[] = [];
  for (const [index, step] of (steps as readonly unknown[]).entries()) {
    const { event, waitMs } = step as { readonly event?: TraceAction; readonly waitMs?: unknown };
    if (typeof waitMs === "number" && waitMs >= 0) {
      commands.push({ waitMs });
    } else if (event !== undefined && known.has(canonical(event))) {
      commands.push({ event });
    } else {
      const what = event === undefined ? JSON.stringify(step) : JSON.stringify(event);
      return { problem: `step ${index + 1}: the model declares no event ${what}` };
    }
  }
  return { commands };
}

const canonical = (event: TraceAction): string =>
  JSON.stringify(Object.entries(event).toSorted(([a], [b]) => (a < b ? -1 : 1)));
