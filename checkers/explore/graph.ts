/**
 * The reachable states of a machine, in breadth-first order: the first path found to a state is a
 * shortest one. Shared by all properties of a subject, and resumable, so that several obligations
 * with small budgets still get on.
 */

import type { CheckContext } from "../../core/engine.ts";
import type { MachineSubject } from "../../core/subject.ts";
import { ModelFault } from "../../semantics/fault.ts";
import {
  compileMachine,
  FaultInStep,
  type ActionId,
  type StateId,
  type System,
} from "../../semantics/system.ts";

export interface GraphFault {
  readonly fault: ModelFault;
  /** The state in which it happened; null when the machine could not even start. */
  readonly state: StateId | null;
  readonly action: ActionId | null;
}

export interface ReachableGraph {
  readonly system: System;
  /** States whose successors are known; they are numbered 0 … expanded - 1. */
  expanded: number;
  /** Flat pairs `action, target` of every expanded state. */
  readonly edges: (readonly number[])[];
  /** The state and the action through which a state was first reached; -1 for the initial one. */
  readonly parent: StateId[];
  readonly parentAction: ActionId[];
  readonly depth: number[];
  transitions: number;
  /** All reachable states are expanded. */
  complete: boolean;
  fault: GraphFault | null;
}

const graphs = new WeakMap<MachineSubject, ReachableGraph>();

/** The graph of a subject, as far as it has been explored in this process. */
export function graphOf(subject: MachineSubject): ReachableGraph {
  let graph = graphs.get(subject);
  if (graph === undefined) {
    graph = startGraph(compileMachine(subject.model));
    graphs.set(subject, graph);
  }
  return graph;
}

export function startGraph(system: System): ReachableGraph {
  const graph: ReachableGraph = {
    system,
    expanded: 0,
    edges: [],
    parent: [-1],
    parentAction: [-1],
    depth: [0],
    transitions: 0,
    complete: false,
    fault: null,
  };
  try {
    system.initial();
  } catch (thrown) {
    if (!(thrown instanceof ModelFault)) throw thrown;
    graph.fault = { fault: thrown, state: null, action: null };
  }
  return graph;
}

/** Why exploration stopped; `complete` when nothing is left. */
export type Stop = "complete" | "fault" | "states" | "time" | "aborted";

/** States expanded between two looks at the clock and the signal. */
const slice = 256;

/**
 * Expands states until all are, or the budget is spent. `budget.timeMs` counts from the call.
 * Gives way to timers and signals every now and then.
 */
export async function extend(
  graph: ReachableGraph,
  context: Pick<CheckContext, "budget" | "signal" | "progress">,
): Promise<Stop> {
  const { budget, signal } = context;
  const deadline = performance.now() + budget.timeMs;
  let lastBreath = performance.now();
  while (graph.fault === null && !graph.complete) {
    if (signal.aborted) return "aborted";
    const now = performance.now();
    if (now >= deadline) return "time";
    if (now - lastBreath > 50) {
      context.progress(`${graph.system.size()} states, depth ${graph.depth[graph.expanded] ?? 0}`);
      await new Promise((resolve) => setImmediate(resolve));
      lastBreath = performance.now();
    }
    for (let count = 0; count < slice && !graph.complete && graph.fault === null; count++) {
      if (graph.expanded >= budget.maxStates) return "states";
      expandNext(graph);
    }
  }
  return graph.fault === null ? "complete" : "fault";
}

function expandNext(graph: ReachableGraph): void {
  const state = graph.expanded;
  let pairs: readonly number[];
  try {
    pairs = graph.system.successors(state);
  } catch (thrown) {
    if (!(thrown instanceof FaultInStep)) throw thrown;
    graph.fault = { fault: thrown.fault, state, action: thrown.action };
    return;
  }
  graph.edges.push(pairs);
  graph.transitions += pairs.length / 2;
  for (let index = 0; index < pairs.length; index += 2) {
    const target = pairs[index + 1]!;
    if (target < graph.parent.length) continue;
    graph.parent[target] = state;
    graph.parentAction[target] = pairs[index]!;
    graph.depth[target] = graph.depth[state]! + 1;
  }
  graph.expanded += 1;
  graph.complete = graph.expanded === graph.system.size();
}

/** One step of a run on the graph. */
export interface RunStep {
  readonly action: ActionId;
  readonly target: StateId;
}

/** The shortest run from the initial state. */
export function pathTo(graph: ReachableGraph, state: StateId): RunStep[] {
  const steps: RunStep[] = [];
  for (let at = state; graph.parent[at]! >= 0; at = graph.parent[at]!) {
    steps.push({ action: graph.parentAction[at]!, target: at });
  }
  return steps.toReversed();
}

/** Calls back for every edge of an expanded state. */
export function forEachEdge(
  graph: ReachableGraph,
  state: StateId,
  visit: (action: ActionId, target: StateId) => void,
): void {
  const pairs = graph.edges[state] ?? [];
  for (let index = 0; index < pairs.length; index += 2) visit(pairs[index]!, pairs[index + 1]!);
}

/** Predecessors of every state, over the edges that `keep` accepts. */
export function reversed(
  graph: ReachableGraph,
  keep: (from: StateId, action: ActionId, to: StateId) => boolean = () => true,
): readonly (readonly StateId[])[] {
  const predecessors: StateId[][] = Array.from({ length: graph.system.size() }, () => []);
  for (let state = 0; state < graph.expanded; state++) {
    forEachEdge(graph, state, (action, target) => {
      if (keep(state, action, target)) predecessors[target]!.push(state);
    });
  }
  return predecessors;
}

/** All states from which some state of `targets` can be reached along the given predecessors. */
export function backward(
  targets: Iterable<StateId>,
  predecessors: readonly (readonly StateId[])[],
): Uint8Array {
  const reached = new Uint8Array(predecessors.length);
  const queue: StateId[] = [];
  for (const target of targets) {
    if (reached[target] === 1) continue;
    reached[target] = 1;
    queue.push(target);
  }
  for (let head = 0; head < queue.length; head++) {
    for (const state of predecessors[queue[head]!]!) {
      if (reached[state] === 1) continue;
      reached[state] = 1;
      queue.push(state);
    }
  }
  return reached;
}
