/** Command sequences that cover the model systematically, shortest ways first. */

import { withoutBeginnings } from "./fsm.ts";
import type { ModelGraph, Ways } from "./graph.ts";

/** A command sequence by the numbers of its commands. */
export type Sequence = readonly number[];

/** Every command in every configuration is a step of some sequence. */
export function transitionTests(graph: ModelGraph, ways: Ways): Sequence[] {
  const all = ways.reachable(0).flatMap((from) => {
    const path = ways.path(0, from)!;
    return graph.commands.map((_, command) => [...path, command]);
  });
  return withoutBeginnings(all);
}

/** Every command in every configuration, followed by every command in the one that it leads to. */
export function pairTests(graph: ModelGraph, ways: Ways): Sequence[] {
  const commands = [...graph.commands.keys()];
  return withoutBeginnings(
    transitionTests(graph, ways).flatMap((first) => commands.map((then) => [...first, then])),
  );
}

export interface SecondLap {
  readonly sequences: readonly Sequence[];
  /** Whether these are all there are. */
  readonly complete: boolean;
}

/**
 * What an implementation remembers of an earlier period (calls that are still under way, counters
 * that were not reset) shows only after the control state has changed. So: every transition that
 * changes the control state, each followed by every transition that can come later. When there are
 * more than `limit`, that many, taken evenly from all.
 */
export function secondLapTests(graph: ModelGraph, ways: Ways, limit: number): SecondLap {
  // Numbered without building them: a graph of some hundred configurations has millions.
  const laps: { readonly first: Sequence; readonly to: number; readonly begin: number }[] = [];
  let count = 0;
  for (const from of ways.reachable(0)) {
    for (const [command, to] of graph.next[from]!.entries()) {
      if (to === -1 || graph.names[to] === graph.names[from]) continue;
      laps.push({ first: [...ways.path(0, from)!, command], to, begin: count });
      count += ways.reachable(to).length * graph.commands.length;
    }
  }
  const stride = Math.max(1, count / (4 * limit));
  const sequences: Sequence[] = [];
  let lap = 0;
  for (let position = 0; Math.floor(position) < count; position += stride) {
    const number = Math.floor(position);
    while (laps[lap + 1] !== undefined && laps[lap + 1]!.begin <= number) lap += 1;
    const { first, to, begin } = laps[lap]!;
    const goal = ways.reachable(to)[Math.floor((number - begin) / graph.commands.length)]!;
    const last = (number - begin) % graph.commands.length;
    sequences.push([...first, ...ways.path(to, goal)!, last]);
  }
  const distinct = withoutBeginnings(sequences);
  const share = Math.max(1, distinct.length / limit);
  return {
    sequences: Array.from(
      { length: Math.min(limit, distinct.length) },
      (_, index) => distinct[Math.floor(index * share)]!,
    ),
    complete: stride === 1 && distinct.length <= limit,
  };
}
