/**
 * The search counts steps in the product, where the automaton may need a moment to notice; the same
 * loop can often be entered earlier. Fairness depends on the loop alone, so only the truth of the
 * formula has to be asked again.
 */

import { IntList, sourceOf, type Lasso, type TemporalGraph } from "./kripke.ts";

/** A breadth-first tree of the graph: the edge by which each state is first reached. */
export interface Tree {
  readonly edge: Int32Array;
  readonly depth: Uint32Array;
}

const trees = new WeakMap<TemporalGraph, Tree>();

function treeOf(rows: TemporalGraph): Tree {
  let tree = trees.get(rows);
  if (tree === undefined) {
    const edge = new Int32Array(rows.size).fill(-2);
    const depth = new Uint32Array(rows.size);
    const queue = new IntList();
    edge[rows.initial] = -1;
    queue.push(rows.initial);
    for (let head = 0; head < queue.length; head++) {
      const state = queue.data[head]!;
      for (let out = rows.offset[state]!; out < rows.offset[state + 1]!; out++) {
        const next = rows.target[out]!;
        if (edge[next] !== -2) continue;
        edge[next] = out;
        depth[next] = depth[state]! + 1;
        queue.push(next);
      }
    }
    tree = { edge, depth };
    trees.set(rows, tree);
  }
  return tree;
}

function wayTo(rows: TemporalGraph, tree: Tree, state: number): number[] {
  const way: number[] = [];
  for (let at = state; tree.edge[at]! >= 0; at = sourceOf(rows, way.at(-1)!)) {
    way.push(tree.edge[at]!);
  }
  return way.toReversed();
}

/**
 * The lasso with its loop entered where it is reached first.
 * @param refutes is the claim false of the run?
 */
export function earliestEntry(
  rows: TemporalGraph,
  lasso: Lasso,
  refutes: (candidate: Lasso) => boolean,
): Lasso {
  const tree = treeOf(rows);
  const { stem, loop } = lasso;
  const end = (edges: readonly number[]): number =>
    edges.length === 0 ? rows.initial : rows.target[edges.at(-1)!]!;
  if (loop.length === 0) {
    const shorter = { stem: wayTo(rows, tree, end(stem)), loop };
    return shorter.stem.length < stem.length && refutes(shorter) ? shorter : lasso;
  }
  const entries = loop
    .map((edge, index) => ({ index, state: sourceOf(rows, edge) }))
    .toSorted((a, b) => tree.depth[a.state]! - tree.depth[b.state]!);
  for (const { index, state } of entries) {
    if (tree.depth[state]! >= stem.length) break;
    const candidate = {
      stem: wayTo(rows, tree, state),
      loop: [...loop.slice(index), ...loop.slice(0, index)],
    };
    if (refutes(candidate)) return candidate;
  }
  return lasso;
}
