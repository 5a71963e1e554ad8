/** Command sequences that cover the model systematically, shortest ways first. */

import { shortestPath, type ModelGraph } from "./graph.ts";

/** A command sequence by the numbers of its commands. */
export type Sequence = readonly number[];

/** Every command in every configuration is a step of some sequence. */
export function transitionTests(graph: ModelGraph): Sequence[] {
  return withoutBeginnings(transitionsFrom(graph, 0, []));
}

/**
 * What an implementation remembers of an earlier period (calls that are still under way, counters
 * that were not reset) shows only after the control state has changed. So: every transition that
 * changes the control state, each followed by every transition that can come later. At most `limit`
 * sequences, taken evenly from all; `total` says how many there are.
 */
export function secondLapTests(
  graph: ModelGraph,
  limit: number,
): { readonly sequences: readonly Sequence[]; readonly total: number } {
  const all: Sequence[] = [];
  for (const [from, row] of graph.next.entries()) {
    const path = shortestPath(graph, 0, from);
    if (path === null) continue;
    for (const [command, to] of row.entries()) {
      if (to === -1 || graph.names[to] === graph.names[from]) continue;
      all.push(...transitionsFrom(graph, to, [...path, command]));
    }
  }
  const distinct = withoutBeginnings(all);
  const stride = Math.max(1, distinct.length / limit);
  const sequences = Array.from(
    { length: Math.min(limit, distinct.length) },
    (_, index) => distinct[Math.floor(index * stride)]!,
  );
  return { sequences, total: distinct.length };
}

function transitionsFrom(graph: ModelGraph, start: number, prefix: Sequence): Sequence[] {
  return [...graph.next.keys()].flatMap((from) => {
    const path = shortestPath(graph, start, from);
    if (path === null) return [];
    return graph.commands.map((_, command) => [...prefix, ...path, command]);
  });
}

/** Without the sequences that are the beginning of another one, in the order of length. */
function withoutBeginnings(sequences: readonly Sequence[]): Sequence[] {
  const beginnings = new Set(sequences.map((sequence) => sequence.slice(0, -1).join(",")));
  const kept = new Map(
    sequences
      .filter((sequence) => !beginnings.has(sequence.join(",")))
      .map((sequence) => [sequence.join(","), sequence]),
  );
  return [...kept.values()].toSorted((a, b) => a.length - b.length);
}
