/** Explored states as plain JSON, for whoever wants to check them without trusting this engine. */

import type { EventObject } from "xstate";

import type { ReachableGraph } from "./graph.ts";

export interface DecodedState {
  readonly value: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly done: boolean;
  readonly history: Readonly<Record<string, readonly string[]>>;
  readonly timers: readonly { readonly id: string | null; readonly event: EventObject }[];
}

export function decodedStates(graph: ReachableGraph): readonly DecodedState[] {
  const { system } = graph;
  return Array.from({ length: graph.expanded }, (_, state) => {
    const snapshot = system.snapshot(state);
    const history = snapshot.historyValue as unknown as Record<string, readonly { id: string }[]>;
    return {
      value: snapshot.value,
      context: snapshot.context as Record<string, unknown>,
      done: system.isDone(state),
      history: Object.fromEntries(
        Object.entries(history).map(([id, nodes]) => [id, nodes.map((node) => node.id).toSorted()]),
      ),
      timers: system
        .timers(state)
        .map(({ id, event }) => ({ id, event }))
        .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    };
  });
}
