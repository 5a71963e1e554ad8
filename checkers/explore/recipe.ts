/** The JSON that a counterexample needs to be followed again. */

import { isJsonRecord, type Json, type TraceAction } from "../../core/trace.ts";
import type { SystemStep } from "../../semantics/run.ts";
import type { Candidate } from "./finding.ts";

/** `absent`: no run but the claim that no reachable state satisfies; checked by exploring again. */
export type Recipe = ({ readonly kind: "run" } & Candidate) | { readonly kind: "absent" };

export function writeRecipe(recipe: Recipe): Json {
  if (recipe.kind === "absent") return { kind: "absent" };
  return {
    kind: "run",
    steps: recipe.steps.map((step): Json => ({ ...step })),
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
  const read: SystemStep[] = [];
  for (const step of steps as readonly Json[]) {
    const parsed = readStep(step);
    if (parsed === null) return null;
    read.push(parsed);
  }
  return { kind: "run", steps: read, loop };
}

function readStep(json: Json): SystemStep | null {
  if (!isJsonRecord(json)) return null;
  const { event, timer, state, machine, channel, fault, position, message } = json;
  const whose = typeof machine === "string" ? { machine } : {};
  if (fault === "loses" || fault === "duplicates") {
    return typeof channel === "string" && typeof position === "number" && isEvent(message)
      ? { fault, channel, position, message }
      : null;
  }
  if (isEvent(event)) {
    return { event, ...whose, ...(typeof channel === "string" ? { channel } : {}) };
  }
  if (typeof timer !== "string") return null;
  return typeof state === "string" || state === null ? { timer, state, ...whose } : null;
}

const isEvent = (json: Json | undefined): json is Json & TraceAction =>
  json !== undefined && isJsonRecord(json) && typeof json["type"] === "string";
