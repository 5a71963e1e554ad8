/** The JSON that a counterexample needs to be followed again. */

import { isJsonRecord, type Json, type TraceAction } from "../../core/trace.ts";
import type { RecipeStep } from "../../semantics/run.ts";
import type { Candidate } from "./finding.ts";

/** `absent`: no run but the claim that no reachable state satisfies; checked by exploring again. */
export type Recipe = ({ readonly kind: "run" } & Candidate) | { readonly kind: "absent" };

export function writeRecipe(recipe: Recipe): Json {
  if (recipe.kind === "absent") return { kind: "absent" };
  return {
    kind: "run",
    steps: recipe.steps.map((step) =>
      "event" in step ? { event: step.event } : { timer: step.timer, state: step.state },
    ),
    loop: recipe.loop,
  };
}

/** null when the JSON is no recipe of this engine. */
export function readRecipe(json: Json): Recipe | null {
  if (!isJsonRecord(json)) return null;
  if (json["kind"] === "absent") return { kind: "absent" };
  const { steps, loop } = json;
  if (json["kind"] !== "run" || !Array.isArray(steps)) return null;
  if (loop !== null && typeof loop !== "number") return null;
  const read: RecipeStep[] = [];
  for (const step of steps as readonly Json[]) {
    const parsed = readStep(step);
    if (parsed === null) return null;
    read.push(parsed);
  }
  return { kind: "run", steps: read, loop };
}

function readStep(json: Json): RecipeStep | null {
  if (!isJsonRecord(json)) return null;
  const { event, timer, state } = json;
  if (event !== undefined && isJsonRecord(event) && typeof event["type"] === "string") {
    return { event: event as TraceAction };
  }
  if (typeof timer !== "string") return null;
  return typeof state === "string" || state === null ? { timer, state } : null;
}
