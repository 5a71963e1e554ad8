/** Explored states as plain JSON, for whoever wants to check them without trusting this engine. */

import type { AnyMachineSnapshot } from "xstate";

import type { Certificate, EvidenceState, EvidenceWorld } from "../../core/certificate.ts";
import type { ExploredSubject } from "../../core/subject.ts";
import type { Timer } from "../../semantics/stepper.ts";
import type { ReachableGraph } from "./graph.ts";

/** Beyond this size a set is not handed to the auditor, who is slow on purpose. */
const limits = { states: 3_000, transitions: 30_000 };

const decoded = new WeakMap<ReachableGraph, Certificate>();

/** The set of all reachable states as a certificate; nothing when it is incomplete or too large. */
export function closedSet(
  graph: ReachableGraph,
  { kind }: ExploredSubject,
): { readonly certificate?: Certificate } {
  if (!graph.complete) return {};
  if (graph.expanded > limits.states || graph.transitions > limits.transitions) return {};
  let certificate = decoded.get(graph);
  if (certificate === undefined) {
    certificate =
      kind === "system"
        ? { kind: "closed-worlds", states: decodedWorlds(graph) }
        : { kind: "closed-set", states: decodedStates(graph) };
    decoded.set(graph, certificate); // one list per graph: the auditor checks each list once
  }
  return { certificate };
}

export function decodedStates({ system, expanded }: ReachableGraph): readonly EvidenceState[] {
  return Array.from({ length: expanded }, (_, state) =>
    stateOf(system.snapshot(state), system.timers(state)),
  );
}

export function decodedWorlds({ system, expanded }: ReachableGraph): readonly EvidenceWorld[] {
  return Array.from({ length: expanded }, (_, state) => {
    const { machines, channels, faults } = system.apart(state);
    return {
      machines: Object.fromEntries(
        machines.map(({ name, snapshot, timers }) => [name, stateOf(snapshot, timers)]),
      ),
      channels: Object.fromEntries(channels.map(({ name, messages }) => [name, messages])),
      faults,
    };
  });
}

function stateOf(snapshot: AnyMachineSnapshot, timers: readonly Timer[]): EvidenceState {
  const history = snapshot.historyValue as unknown as Record<string, readonly { id: string }[]>;
  return {
    value: snapshot.value,
    context: snapshot.context as Record<string, unknown>,
    done: snapshot.status !== "active",
    history: Object.fromEntries(
      Object.entries(history).map(([id, nodes]) => [id, nodes.map((node) => node.id).toSorted()]),
    ),
    timers: timers
      .map(({ id, event }) => ({ id, event }))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}
