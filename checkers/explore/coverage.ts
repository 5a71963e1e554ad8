/** What a search has met of the machines, and how it grew. */

import type { Coverage } from "../../core/coverage.ts";
import type { ReachableGraph } from "./graph.ts";

export function coverageOf({ system, levels, complete }: ReachableGraph): Coverage {
  const ends = [...levels.slice(1), system.size()];
  const growth = ends.map((end, depth) => end - (levels[depth] ?? end));
  while (growth.at(-1) === 0) growth.pop(); // a level that nothing leads to
  return { complete, growth, machines: system.coverage() };
}
