/**
 * Parts of a product in which an accepted, fair run can stay for ever. A component serves if it
 * meets every acceptance set and every weak requirement is somewhere impossible or taken; for a
 * strong one that is possible but never taken, the states where it is possible are removed and the
 * rest is searched again (Streett; Emerson and Lei 1987).
 */

import { cyclicComponents, type Rows } from "./components.ts";
import type { Requirement } from "./kripke.ts";

/** What the search needs to know of a product, or of a plain graph. */
export interface Arena extends Rows {
  readonly stateOf: (node: number) => number;
  /** The graph's edge of an arena edge. */
  readonly edgeOf: (arenaEdge: number) => number;
  /** Acceptance sets as bits per node, and their number. */
  readonly dutyOf: (node: number) => number;
  readonly sets: number;
}

/** Something that a loop has to visit: a node, or an edge, for which the test is true. */
export interface Goal {
  readonly node: (node: number) => boolean;
  readonly edge: (node: number, arenaEdge: number) => boolean;
}

export interface FairComponent {
  readonly members: Uint32Array;
  /** In the set: mark[node] === id. */
  readonly contains: (node: number) => boolean;
  readonly goals: readonly Goal[];
}

const never = (): boolean => false;

export function fairComponents(
  arena: Arena,
  roots: Iterable<number>,
  requirements: readonly Requirement[],
  inside: (node: number) => boolean = () => true,
): readonly FairComponent[] {
  const size = arena.offset.length - 1;
  const found: FairComponent[] = [];
  const mark = new Int32Array(size);
  let marks = 0;
  const pending: { roots: Iterable<number>; inside: (node: number) => boolean }[] = [
    { roots, inside },
  ];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    const components: Uint32Array[] = [];
    cyclicComponents(arena, task.roots, (members) => components.push(members), task.inside);
    for (const members of components) {
      marks += 1;
      const id = marks;
      for (const node of members) mark[node] = id;
      const contains = (node: number): boolean => mark[node] === id;
      const judged = judge(arena, members, contains, requirements);
      if (judged.kind === "fair") found.push({ members, contains, goals: judged.goals });
      if (judged.kind === "retry") {
        const { without } = judged;
        const rest = members.filter((node) => !without.enabled(arena.stateOf(node)));
        marks += 1;
        const narrowed = marks;
        for (const node of rest) mark[node] = narrowed;
        pending.push({ roots: rest, inside: (node) => mark[node] === narrowed });
      }
    }
  }
  return found;
}

type Judged =
  | { readonly kind: "fair"; readonly goals: readonly Goal[] }
  | { readonly kind: "unfair" }
  | { readonly kind: "retry"; readonly without: Requirement };

function judge(
  arena: Arena,
  members: Uint32Array,
  contains: (node: number) => boolean,
  requirements: readonly Requirement[],
): Judged {
  const goals: Goal[] = [];
  for (let set = 0; set < arena.sets; set++) {
    const node = (at: number): boolean => ((arena.dutyOf(at) >>> set) & 1) === 1;
    if (!members.some(node)) return { kind: "unfair" };
    goals.push({ node, edge: never });
  }
  for (const requirement of requirements) {
    const { enabled, taken, strong } = requirement;
    const possible = (at: number): boolean => enabled(arena.stateOf(at));
    const edge = (at: number, arenaEdge: number): boolean =>
      contains(arena.target[arenaEdge]!) && taken(arena.stateOf(at), arena.edgeOf(arenaEdge));
    if (strong) {
      if (!members.some(possible)) continue;
      if (someEdge(arena, members, edge)) goals.push({ node: never, edge });
      else return { kind: "retry", without: requirement };
    } else {
      const impossible = (at: number): boolean => !possible(at);
      if (!members.some(impossible) && !someEdge(arena, members, edge)) return { kind: "unfair" };
      goals.push({ node: impossible, edge });
    }
  }
  return { kind: "fair", goals };
}

function someEdge(
  arena: Arena,
  members: Uint32Array,
  accept: (node: number, arenaEdge: number) => boolean,
): boolean {
  for (const node of members) {
    for (let edge = arena.offset[node]!; edge < arena.offset[node + 1]!; edge++) {
      if (accept(node, edge)) return true;
    }
  }
  return false;
}
