/**
 * The synchronous product of a state graph and an automaton, as far as it can be reached, in
 * breadth-first order: the way by which a node was first reached is a shortest one. A node's state
 * is read together with the label of its automaton state, its outgoing edge with the atoms about
 * steps.
 */

import type { Automaton } from "./buchi.ts";
import { IntList, type Labels, type TemporalGraph } from "./kripke.ts";

export interface Product {
  readonly size: number;
  /** State of the graph and of the automaton, per node. */
  readonly state: Uint32Array;
  readonly phase: Uint32Array;
  /** Compressed rows as in the graph; `edge` is the graph's edge. */
  readonly offset: Uint32Array;
  readonly target: Uint32Array;
  readonly edge: Uint32Array;
  /** The node and the graph's edge by which a node was first reached; its own number at a start. */
  readonly parent: Uint32Array;
  readonly parentEdge: Uint32Array;
}

export class ProductTooLarge extends Error {}

export interface ProductLimits {
  /** Nodes of the product. */
  readonly maxNodes: number;
  /** Pairs of a state and an automaton state; a table has four bytes for each. */
  readonly maxPairs?: number;
  /** Called now and then; throws to give up. */
  readonly breathe?: () => void;
}

const mostPairs = 2 ** 29;

/** @throws {ProductTooLarge} beyond a limit */
export function productOf(
  graph: TemporalGraph,
  labels: Labels,
  automaton: Automaton,
  limits: ProductLimits,
): Product {
  const phases = automaton.successors.length;
  const pairs = graph.size * phases;
  if (pairs > (limits.maxPairs ?? mostPairs)) throw new ProductTooLarge();
  const numbers = new Int32Array(pairs).fill(-1);
  const state = new IntList();
  const phase = new IntList();
  const parent = new IntList();
  const parentEdge = new IntList();
  const offset = new IntList();
  const target = new IntList();
  const edges = new IntList();
  const { positive, negative } = automaton;
  const stateMask = maskOfStateAtoms(labels);

  const reach = (at: number, q: number, from: number, edge: number): number => {
    const key = at * phases + q;
    let number = numbers[key]!;
    if (number >= 0) return number;
    const valuation = labels.state[at]!;
    if ((positive[q]! & stateMask & ~valuation) !== 0 || (negative[q]! & valuation) !== 0)
      return -1;
    number = state.length;
    if (number >= limits.maxNodes) throw new ProductTooLarge();
    numbers[key] = number;
    state.push(at);
    phase.push(q);
    parent.push(from === -1 ? number : from);
    parentEdge.push(edge);
    return number;
  };

  for (const q of automaton.initial) reach(graph.initial, q, -1, 0);
  for (let node = 0; node < state.length; node++) {
    if ((node & 0xfff) === 0) limits.breathe?.();
    offset.push(target.length);
    const at = state.data[node]!;
    const q = phase.data[node]!;
    const end = graph.offset[at + 1]!;
    for (let edge = graph.offset[at]!; edge < end; edge++) {
      if (labels.edge !== undefined) {
        const valuation = labels.edge[edge]!;
        if ((positive[q]! & ~stateMask & ~valuation) !== 0 || (negative[q]! & valuation) !== 0) {
          continue;
        }
      }
      for (const next of automaton.successors[q]!) {
        const number = reach(graph.target[edge]!, next, node, edge);
        if (number === -1) continue;
        target.push(number);
        edges.push(edge);
      }
    }
  }
  offset.push(target.length);
  return {
    size: state.length,
    state: state.taken(),
    phase: phase.taken(),
    offset: offset.taken(),
    target: target.taken(),
    edge: edges.taken(),
    parent: parent.taken(),
    parentEdge: parentEdge.taken(),
  };
}

/** Atoms about steps have no bit in the states: there they are neither true nor false. */
const maskOfStateAtoms = (labels: Labels): number => ~(labels.stepAtoms ?? 0);

/** The way from a start of the product to a node, as edges of the graph. */
export function stemTo(product: Product, node: number): number[] {
  const edges: number[] = [];
  for (let at = node; product.parent[at] !== at; at = product.parent[at]!) {
    edges.push(product.parentEdge[at]!);
  }
  return edges.toReversed();
}

/**
 * Automaton states from which a run that repeats one valuation for ever is accepted. Asked once per
 * valuation: `states` are those whose label it fits.
 */
export function acceptsForEver(automaton: Automaton, valuation: number): readonly boolean[] {
  const fits = automaton.successors.map(
    (_, q) =>
      (automaton.positive[q]! & ~valuation) === 0 && (automaton.negative[q]! & valuation) === 0,
  );
  const reach = automaton.successors.map((_, q) => {
    const seen = new Set<number>();
    const queue = fits[q] === true ? [q] : [];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const next of automaton.successors[at]!) {
        if (fits[next] !== true || seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    return seen;
  });
  const all = automaton.sets === 0 ? 0 : 2 ** automaton.sets - 1;
  // A state lies on an accepted loop if, among those that reach it and are reached, every set is met.
  const onLoop = reach.map((reached, q) => {
    if (!reached.has(q)) return false;
    let duty = 0;
    for (const other of reached) if (reach[other]!.has(q)) duty |= automaton.duty[other]!;
    return (duty & all) >>> 0 === all;
  });
  return reach.map(
    (reached, q) => onLoop[q] === true || [...reached].some((other) => onLoop[other] === true),
  );
}
