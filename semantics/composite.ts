/**
 * A state of several machines as predicates see it. `value` and `matches` are as of a parallel state
 * with one region per machine. The context holds shared variables under their own names, every other
 * variable as `machine_variable`, the number of messages in a channel as `channel_length`, and the
 * machines' own contexts under their names.
 */

import { matchesState, type AnyMachineSnapshot, type EventObject, type StateValue } from "xstate";

import type { ModelState } from "../core/property.ts";
import type { ComponentDeclaration } from "../core/system.ts";

export interface Part {
  readonly name: string;
  readonly model: Pick<ComponentDeclaration, "variables" | "shares" | "parameters">;
  readonly snapshot: AnyMachineSnapshot;
}

export interface Line {
  readonly name: string;
  readonly messages: readonly EventObject[];
}

export function compositeState(parts: readonly Part[], lines: readonly Line[]): ModelState {
  const value = Object.fromEntries(
    parts.map(({ name, snapshot }) => [name, snapshot.value as StateValue]),
  );
  const context: Record<string, unknown> = {};
  for (const { name, model, snapshot } of parts) {
    const own = snapshot.context as Record<string, unknown>;
    for (const [field, shared] of Object.entries(model.shares ?? {})) context[shared] = own[field];
    for (const field of Object.keys({ ...model.variables, ...model.parameters })) {
      context[`${name}_${field}`] = own[field];
    }
  }
  for (const { name, messages } of lines) context[`${name}_length`] = messages.length;
  for (const { name, snapshot } of parts) context[name] ??= snapshot.context;
  return {
    value,
    context,
    status: parts.every(({ snapshot }) => snapshot.status !== "active") ? "done" : "active",
    matches: (wanted) => matchesState(wanted as StateValue, value),
    hasTag: (tag) => parts.some(({ snapshot }) => snapshot.hasTag(tag)),
  };
}
