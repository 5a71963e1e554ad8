/**
 * The reachable states of a machine, in breadth-first order: the first path found to a state is a
 * shortest one. Shared by all properties of a subject, and resumable, so that several obligations
 * with small budgets still get on.
 */

import type { CheckContext } from "../../core/engine.ts";
import type { ExploredSubject } from "../../core/subject.ts";
import { ModelFault } from "../../semantics/fault.ts";
import { Crew } from "./parallel/crew.ts";
import {
  compileModel,
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
  /** The first state of every depth: `levels[d] … levels[d + 1] - 1` have depth d. */
  readonly levels: number[];
  transitions: number;
  /** All reachable states are expanded. */
  complete: boolean;
  fault: GraphFault | null;
  /** The most threads that have searched together. */
  threads: number;
  /** Present where states or edges were left out, or stand for others. */
  readonly reduced?: {
    /** The actions of a real run that a path of the graph stands for. */
    realRun(path: readonly RunStep[]): readonly RunStep[];
  };
}

const graphs = new WeakMap<ExploredSubject, ReachableGraph>();

/** The graph of a subject, as far as it has been explored in this process. */
export function graphOf(subject: ExploredSubject): ReachableGraph {
  let graph = graphs.get(subject);
  if (graph === undefined) {
    graph = startGraph(compileModel(subject.model));
    graphs.set(subject, graph);
  }
  return graph;
}

export function startGraph(system: System, reduced?: ReachableGraph["reduced"]): ReachableGraph {
  const graph: ReachableGraph = {
    ...(reduced === undefined ? {} : { reduced }),
    system,
    expanded: 0,
    levels: [0, 1],
    transitions: 0,
    complete: false,
    fault: null,
    threads: 1,
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
export type Stop = "complete" | "fault" | "states" | "memory" | "time" | "aborted";

/** Timers and signals get their turn after so long. */
const breathMs = 50;

/** States expanded between two looks at the clock and the signal. */
const slice = 256;

/**
 * Expands states until all are, or the budget is spent. `budget.timeMs` counts from the call.
 * Gives way to timers and signals every now and then. The option `threads` says how many threads
 * search; counts and shortest runs do not depend on it.
 */
export async function extend(
  graph: ReachableGraph,
  context: Pick<CheckContext, "budget" | "signal" | "progress"> & {
    readonly options?: CheckContext["options"];
  },
): Promise<Stop> {
  const threads = Number(context.options?.["threads"] ?? 1);
  if (!(threads > 1) || graph.reduced !== undefined) return extendWith(graph, context, null);
  const crew = new Crew(graph.system, threads);
  graph.threads = Math.max(graph.threads, crew.threads);
  try {
    return await extendWith(graph, context, crew);
  } finally {
    crew.dispose();
  }
}

async function extendWith(
  graph: ReachableGraph,
  context: Pick<CheckContext, "budget" | "signal" | "progress">,
  crew: Crew | null,
): Promise<Stop> {
  const { budget, signal } = context;
  const deadline = performance.now() + budget.timeMs;
  let lastBreath = performance.now();
  while (graph.fault === null && !graph.complete) {
    if (signal.aborted) return "aborted";
    const now = performance.now();
    if (now >= deadline) return "time";
    if (now >= lastBreath + breathMs) {
      context.progress(`${graph.system.size()} states, depth ${depthOf(graph, graph.expanded)}`);
      await new Promise((resolve) => setImmediate(resolve));
      lastBreath = performance.now();
    }
    if (graph.expanded >= budget.maxStates) return "states";
    if (graph.system.bytes() > (budget.maxMemoryMiB ?? Infinity) * 2 ** 20) return "memory";
    expandSome(graph, budget.maxStates, crew);
  }
  return graph.fault === null ? "complete" : "fault";
}

/** Expands some states, or a whole level with all threads. */
function expandSome(graph: ReachableGraph, maxStates: number, crew: Crew | null): void {
  const { levels, system } = graph;
  const from = graph.expanded;
  // The last entry of `levels` is where the level that is being filled begins.
  const fresh = from === levels.at(-1);
  if (fresh) levels.push(system.size());
  const end = levels.at(-1)!;
  try {
    const shared = crew !== null && fresh && end <= maxStates ? crew.level(from, end) : null;
    const { expanded, transitions } =
      shared === null
        ? system.expand(from, Math.min(from + slice, maxStates, end))
        : { expanded: end - from, transitions: shared.transitions };
    graph.expanded += expanded;
    graph.transitions += transitions;
  } catch (thrown) {
    if (!(thrown instanceof FaultInStep)) throw thrown;
    graph.fault = {
      fault: thrown.fault,
      state: crew?.faulty ?? from,
      action: thrown.action,
    };
    return;
  }
  graph.complete = graph.expanded === system.size();
}

/** The length of the shortest run to a state. */
export function depthOf({ levels }: ReachableGraph, state: StateId): number {
  let low = 0;
  let high = levels.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (levels[middle]! <= state) low = middle;
    else high = middle;
  }
  return low;
}

/** One step of a run on the graph. */
export interface RunStep {
  readonly action: ActionId;
  readonly target: StateId;
}

/**
 * The shortest run from the initial state. Nothing is stored for it: the first state in order that
 * leads to a state is the one through which it was met.
 */
export function pathTo(graph: ReachableGraph, state: StateId): RunStep[] {
  const { parent, action } = waysIn(graph, state);
  const steps: RunStep[] = [];
  for (let at = state; at !== 0; at = parent[at]!) steps.push({ action: action[at]!, target: at });
  steps.reverse();
  return graph.reduced === undefined ? steps : [...graph.reduced.realRun(steps)];
}

interface WaysIn {
  /** The next state to be asked for its successors. */
  next: number;
  /** By state; `unknown` where no way in has been seen. */
  parent: Uint32Array;
  action: Uint32Array;
}

const unknown = 0xffff_ffff;
const ways = new WeakMap<ReachableGraph, WaysIn>();

function waysIn(graph: ReachableGraph, state: StateId): WaysIn {
  const size = graph.system.size();
  let into = ways.get(graph);
  if (into === undefined || into.parent.length !== size) {
    const parent = new Uint32Array(size).fill(unknown);
    const action = new Uint32Array(size);
    parent.set(into?.parent ?? [0]);
    action.set(into?.action ?? []);
    into = { next: into?.next ?? 0, parent, action };
    ways.set(graph, into);
  }
  const { parent, action } = into;
  while (parent[state] === unknown) {
    const from = into.next; // of the level before, for states are numbered level by level
    forEachEdge(graph, from, (step, target) => {
      if (parent[target] !== unknown) return;
      parent[target] = from;
      action[target] = step;
    });
    into.next += 1;
  }
  return into;
}

/** Calls back for every edge of an expanded state. */
export function forEachEdge(
  graph: ReachableGraph,
  state: StateId,
  visit: (action: ActionId, target: StateId) => void,
): void {
  if (state >= graph.expanded) return;
  const pairs = graph.system.successors(state);
  for (let index = 0; index < pairs.length; index += 2) visit(pairs[index]!, pairs[index + 1]!);
}

/** Predecessors of every state, over the edges that `keep` accepts. */
export function reversed(
  graph: ReachableGraph,
  keep: (from: StateId, action: ActionId, to: StateId) => boolean = () => true,
): readonly (readonly StateId[])[] {
  const predecessors: StateId[][] = Array.from({ length: graph.system.size() }, () => []);
  for (const state of predecessors.keys()) {
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
