/** "Stays reachable": from every reachable state some run leads to the goal (AG EF). */

import type { AlwaysReachableProperty } from "../../core/property.ts";
import type { AnyModel } from "../../core/system.ts";
import { statePredicate } from "../../semantics/predicate.ts";
import type { StateId } from "../../semantics/system.ts";
import { candidateOf, plural, statesTable, type Finding } from "./finding.ts";
import { backward, forEachEdge, pathTo, reversed, type ReachableGraph } from "./graph.ts";
import { filterStates, incomplete } from "./safety.ts";

export function checkAlwaysReachable(
  graph: ReachableGraph,
  property: AlwaysReachableProperty,
  model: AnyModel,
): Finding {
  if (!graph.complete) return incomplete(graph); // a way back may exist in what was not seen
  const { system } = graph;
  const goals = filterStates(graph, statePredicate(property.predicate, model).holds);
  const from = filterStates(
    graph,
    property.from === undefined ? () => true : statePredicate(property.from, model).holds,
  );
  if (from.length === 0) {
    return {
      kind: "vacuous",
      reason: "no reachable state satisfies its `from`",
      evidence: `${plural(graph.expanded, "reachable state")} examined`,
    };
  }
  const leads = backward(goals, reversed(graph));
  const lost = from.filter((state) => leads[state] === 0);
  if (lost.length > 0) {
    const closed = forwardClosure(graph, lost[0]!);
    return {
      kind: "fails",
      candidates: lost.slice(0, 20).map((state) => candidateOf(system, pathTo(graph, state))),
      evidence: `${plural(lost.length, "state")} of ${graph.expanded} cannot get there any more; from the nearest, the run is caught in a closed set of ${plural(closed.length, "state")}`,
      exhibits: [
        statesTable(
          "The closed set that never gets there",
          system,
          closed,
          "no event and no timer leads out of this set",
        ),
      ],
    };
  }
  const evidence = `from each of ${plural(from.length, "state")} some way leads to the goal (${plural(goals.length, "state")})`;
  // In untimed exploration two pending timers may fire in either order, on a clock perhaps not. A way
  // counts for sure only over events, and over timers that have no rival.
  const sure = backward(
    goals,
    reversed(
      graph,
      (state, action) =>
        system.time === "discrete" ||
        system.action(action).kind === "event" ||
        system.timers(state).length === 1,
    ),
  );
  if (from.every((state) => sure[state] === 1)) return { kind: "holds", evidence };
  return {
    kind: "unknown",
    reason:
      'some ways rest on the order in which several pending timers fire, which untimed exploration leaves open; explore with time: "discrete"',
    evidence,
  };
}

/** All states that can be reached from one state. */
export function forwardClosure(graph: ReachableGraph, start: StateId): StateId[] {
  const seen = new Set([start]);
  for (const state of seen) forEachEdge(graph, state, (_action, target) => seen.add(target));
  return [...seen];
}
