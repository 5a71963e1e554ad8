/** Explored states as plain JSON, for whoever wants to check them without trusting this engine. */

import type { Certificate, EvidenceState } from "../../core/certificate.ts";
import type { ReachableGraph } from "./graph.ts";

/** Beyond this size a set is not handed to the auditor, who is slow on purpose. */
const limits = { states: 3_000, transitions: 30_000 };

const decoded = new WeakMap<ReachableGraph, readonly EvidenceState[]>();

/** The set of all reachable states as a certificate; nothing when it is incomplete or too large. */
export function closedSet(graph: ReachableGraph): { readonly certificate?: Certificate } {
  if (!graph.complete) return {};
  if (graph.expanded > limits.states || graph.transitions > limits.transitions) return {};
  let states = decoded.get(graph);
  if (states === undefined) {
    states = decodedStates(graph); // one list per graph: the auditor checks each list once
    decoded.set(graph, states);
  }
  return { certificate: { kind: "closed-set", states } };
}

export function decodedStates(graph: ReachableGraph): readonly EvidenceState[] {
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
