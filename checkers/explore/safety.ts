/** Claims that a finite run can refute or show: always, never, step, deadlock-free, reachable. */

import type { ModelState } from "../../core/property.ts";
import type { AnyModel } from "../../core/system.ts";
import type {
  AlwaysProperty,
  NeverProperty,
  ReachableProperty,
  StepProperty,
} from "../../core/property.ts";
import { conjunctsOf } from "../../expr/index.ts";
import { statePredicate, stepPredicate } from "../../semantics/predicate.ts";
import { eventOfAction, type ActionId, type StateId } from "../../semantics/system.ts";
import { candidateOf, plural, statesTable, type Candidate, type Finding } from "./finding.ts";
import { depthOf, forEachEdge, pathTo, type ReachableGraph } from "./graph.ts";

/** How many runs to different violating states are tried until one can be replayed. */
const attempts = 20;

export function checkInvariant(
  graph: ReachableGraph,
  property: AlwaysProperty | NeverProperty,
  model: AnyModel,
): Finding {
  const predicate = statePredicate(property.predicate, model);
  const wanted = property.kind === "always";
  // A conjunction is false where a part is, and each part reads less than the whole.
  const parts =
    wanted && typeof property.predicate === "string"
      ? conjunctsOf(property.predicate).map((text) => statePredicate(text, model))
      : [predicate];
  const bad = union(
    parts.map(({ holds }) => filterStates(graph, (state) => holds(state) !== wanted)),
  );
  if (bad.length > 0) return fails(graph, bad, `${plural(bad.length, "state")} against it`);
  if (!graph.complete) return incomplete(graph);
  const evidence = `${wanted ? "true" : "false"} in all ${seen(graph)}`;
  if (wanted && predicate.premise !== null) {
    const { text, holds } = predicate.premise;
    if (filterStates(graph, holds).length === 0) {
      return {
        kind: "vacuous",
        reason: `its premise \`${text}\` is true in no reachable state`,
        evidence,
      };
    }
  }
  return { kind: "holds", evidence };
}

export function checkSteps(
  graph: ReachableGraph,
  property: StepProperty,
  model: AnyModel,
): Finding {
  const predicate = stepPredicate(property.predicate, model);
  const bad: { from: StateId; action: ActionId; to: StateId }[] = [];
  let steps = 0;
  let premises = 0;
  for (let from = 0; from < graph.expanded; from++) {
    forEachStep(graph, from, (action, to) => {
      const event = eventOfAction(graph.system.action(action));
      if (event === null) return;
      const step = {
        before: graph.system.snapshot(from),
        event,
        after: graph.system.snapshot(to),
      };
      steps += 1;
      if (!predicate.holds(step)) bad.push({ from, action, to });
      if (predicate.premise?.holds(step) ?? false) premises += 1;
    });
  }
  if (bad.length > 0) {
    return {
      kind: "fails",
      candidates: bad
        .slice(0, attempts)
        .map(({ from, action, to }) =>
          candidateOf(graph.system, [...pathTo(graph, from), { action, target: to }]),
        ),
      evidence: `${plural(bad.length, "step")} of ${steps} against it`,
    };
  }
  if (!graph.complete) return incomplete(graph);
  const evidence = `true of all ${plural(steps, "step")}, ignored events included`;
  if (predicate.premise !== null && premises === 0) {
    return {
      kind: "vacuous",
      reason: `its premise \`${predicate.premise.text}\` is true of no reachable step`,
      evidence,
    };
  }
  return { kind: "holds", evidence };
}

/** Every step of a state, with the events that the machine ignores: they lead back to the state. */
export function forEachStep(
  graph: ReachableGraph,
  state: StateId,
  visit: (action: ActionId, target: StateId) => void,
): void {
  if (graph.system.isDone(state)) return; // a machine at its end hears nothing
  const taken = new Set<ActionId>();
  forEachEdge(graph, state, (action, target) => {
    taken.add(action);
    visit(action, target);
  });
  for (let event = 0; event < graph.system.eventCount; event++) {
    if (!taken.has(event)) visit(event, state);
  }
}

export function checkDeadlock(graph: ReachableGraph): Finding {
  const stuck: StateId[] = [];
  for (let state = 0; state < graph.expanded; state++) {
    if (!graph.system.isDone(state) && isStuck(graph, state)) stuck.push(state);
  }
  if (stuck.length > 0) {
    return fails(graph, stuck, plural(stuck.length, "stuck state"));
  }
  if (!graph.complete) return incomplete(graph);
  return {
    kind: "holds",
    evidence: `in each of ${seen(graph)} some event or timer leads on, or the machine is done`,
  };
}

/** Nothing that can happen leads to another state. */
function isStuck(graph: ReachableGraph, state: StateId): boolean {
  let leadsOn = graph.system.timers(state).length > 0;
  forEachEdge(graph, state, (_action, target) => {
    if (target !== state) leadsOn = true;
  });
  return !leadsOn;
}

export function checkReachable(
  graph: ReachableGraph,
  property: ReachableProperty,
  model: AnyModel,
): Finding {
  const predicate = statePredicate(property.predicate, model);
  const good = filterStates(graph, predicate.holds);
  if (good.length > 0) {
    return {
      kind: "witnessed",
      candidates: runsTo(graph, good),
      evidence: `true in ${good.length} of ${seen(graph)}`,
    };
  }
  if (!graph.complete) return incomplete(graph);
  const all = Array.from({ length: graph.expanded }, (_, state) => state);
  if (graph.reduced !== undefined) {
    return {
      kind: "absent",
      evidence: `none of the ${plural(all.length, "state")} of the reduced search satisfies it`,
      exhibits: [
        statesTable(
          "The states of the reduced search",
          graph.system,
          all,
          "every reachable state is, for this claim, like one of these",
        ),
      ],
    };
  }
  return {
    kind: "absent",
    evidence: `none of the ${plural(all.length, "reachable state")} satisfies it; this set is closed under every event and timer`,
    exhibits: [
      statesTable(
        "All reachable states",
        graph.system,
        all,
        "closed: no step leads out of this set",
      ),
    ],
  };
}

const seen = ({ expanded, reduced }: ReachableGraph): string =>
  reduced === undefined
    ? plural(expanded, "reachable state")
    : `${plural(expanded, "state")} of the reduced search`;

const union = (sets: readonly StateId[][]): StateId[] => {
  const filled = sets.filter(({ length }) => length !== 0);
  if (filled.length < 2) return filled[0] ?? [];
  return [...new Set(filled.flat())].toSorted((a, b) => a - b);
};

export function filterStates(
  graph: ReachableGraph,
  holds: (state: ModelState) => boolean,
): StateId[] {
  return graph.system.select(holds, graph.expanded);
}

function fails(graph: ReachableGraph, states: readonly StateId[], evidence: string): Finding {
  return { kind: "fails", candidates: runsTo(graph, states), evidence };
}

function* runsTo(graph: ReachableGraph, states: readonly StateId[]): Generator<Candidate> {
  for (const state of states.slice(0, attempts)) {
    yield candidateOf(graph.system, pathTo(graph, state));
  }
}

export function incomplete(graph: ReachableGraph): Finding {
  return {
    kind: "unknown",
    reason: `the budget ended the search after ${plural(graph.expanded, "state")} (depth ${depthOf(graph, Math.max(0, graph.expanded - 1))}); nothing was found so far`,
    evidence: `${graph.expanded} of at least ${graph.system.size()} states examined`,
  };
}
