/**
 * A state of several machines as predicates see it. `value` and `matches` are as of a parallel state
 * with one region per machine. The context holds shared variables under their own names, every other
 * variable as `machine_variable`, the number of messages in a channel as `channel_length`, and the
 * machines' own contexts under their names.
 */

import { matchesState, type AnyMachineSnapshot, type EventObject, type StateValue } from "xstate";

import type { ModelState } from "../core/property.ts";
import type { ComponentDeclaration } from "../core/system.ts";
import { nodesOf } from "./nodes.ts";

export interface Part {
  readonly name: string;
  readonly model: Pick<ComponentDeclaration, "variables" | "shares" | "parameters">;
  readonly snapshot: AnyMachineSnapshot;
}

export interface Line {
  readonly name: string;
  readonly messages: readonly EventObject[];
}

/** It has what the workbench reads of a snapshot; it is none, and XState cannot step it. */
export function compositeState(
  parts: readonly Part[],
  lines: readonly Line[],
): AnyMachineSnapshot & ModelState {
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
  let order = 0;
  const nodes = parts.flatMap(({ name, snapshot }) =>
    nodesOf(snapshot)
      .toSorted((a, b) => a.order - b.order)
      .map((node) => ({
        id: `${name}.${node.id}`,
        path: [name, ...node.path],
        type: node.type,
        order: order++,
      })),
  );
  const historyValue = Object.fromEntries(
    parts.flatMap(({ name, snapshot }) =>
      Object.entries(snapshot.historyValue as unknown as object).map(
        ([id, remembered]) => [`${name}.${id}`, remembered as unknown] as const,
      ),
    ),
  );
  const state: ModelState = {
    value,
    context,
    status: parts.every(({ snapshot }) => snapshot.status !== "active") ? "done" : "active",
    matches: (wanted) => matchesState(wanted as StateValue, value),
    hasTag: (tag) => parts.some(({ snapshot }) => snapshot.hasTag(tag)),
  };
  return { ...state, _nodes: nodes, historyValue } as unknown as AnyMachineSnapshot & ModelState;
}
