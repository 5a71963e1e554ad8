/** Short loops inside a fair component: from goal to nearest goal, then back to the start. */

import type { Arena, FairComponent, Goal } from "./fair.ts";

/** How many places to begin are tried in one component. */
const startsTried = 4;

/** A loop as arena edges, and the node where it begins. */
export interface Loop {
  readonly start: number;
  readonly edges: readonly number[];
}

/**
 * A short loop that meets every goal.
 * @param depth distance of a node from the start of the search: near ones make short stems
 */
export function shortLoop(
  arena: Arena,
  component: FairComponent,
  depth: (node: number) => number,
): Loop {
  const starts = nearest(component.members, depth, startsTried);
  const cost = ({ start, edges }: Loop): number => depth(start) + edges.length;
  const loops = starts.map((start) => loopFrom(arena, component, start));
  return loops.toSorted((one, other) => cost(one) - cost(other))[0]!;
}

function nearest(
  members: Uint32Array,
  depth: (node: number) => number,
  count: number,
): readonly number[] {
  const chosen: number[] = [];
  for (const node of members) {
    const place = chosen.findIndex((other) => depth(node) < depth(other));
    chosen.splice(place < 0 ? chosen.length : place, 0, node);
    chosen.length = Math.min(chosen.length, count);
  }
  return chosen;
}

function loopFrom(arena: Arena, { contains, goals }: FairComponent, start: number): Loop {
  const edges: number[] = [];
  const nodes = [start];
  let open = goals;
  const meets = (goal: Goal): boolean =>
    nodes.some((node) => goal.node(node)) ||
    edges.some((edge, index) => goal.edge(nodes[index]!, edge));
  const follow = (way: readonly number[]): void => {
    for (const edge of way) {
      edges.push(edge);
      nodes.push(arena.target[edge]!);
    }
  };
  for (open = open.filter((goal) => !meets(goal)); open.length > 0;) {
    const wanted = open;
    const way = walk(
      arena,
      contains,
      nodes.at(-1)!,
      (node) => wanted.some((goal) => goal.node(node)),
      (node, edge) => wanted.some((goal) => goal.edge(node, edge)),
    );
    follow(way);
    open = open.filter((goal) => !meets(goal));
  }
  if (edges.length === 0 || nodes.at(-1) !== start) {
    follow(walk(arena, contains, nodes.at(-1)!, never, (_, edge) => arena.target[edge] === start));
  }
  return { start, edges };
}

const never = (): boolean => false;

/** The nearest node or edge that is wanted; there is one, because the component is connected. */
function walk(
  arena: Arena,
  contains: (node: number) => boolean,
  start: number,
  wantedNode: (node: number) => boolean,
  wantedEdge: (node: number, edge: number) => boolean,
): readonly number[] {
  const reachedBy = new Map<number, { readonly from: number; readonly edge: number } | null>([
    [start, null],
  ]);
  const wayTo = (node: number): number[] => {
    const way: number[] = [];
    for (let link = reachedBy.get(node); link; link = reachedBy.get(link.from)) way.push(link.edge);
    return way.toReversed();
  };
  for (const node of reachedBy.keys()) {
    if (wantedNode(node)) return wayTo(node);
    for (let edge = arena.offset[node]!; edge < arena.offset[node + 1]!; edge++) {
      const next = arena.target[edge]!;
      if (!contains(next)) continue;
      if (wantedEdge(node, edge)) return [...wayTo(node), edge];
      if (!reachedBy.has(next)) reachedBy.set(next, { from: node, edge });
    }
  }
  throw new TypeError("a goal of a fair component cannot be reached inside it");
}
