/**
 * "Leads to": on every fair run, each state with `from` is followed by one with `to`. Refuted by a
 * run that passes a `from`, then never a `to`, and repeats for ever: found among the strongly
 * connected components of the states without `to`. Fairness here is weak: what stays possible for
 * ever happens at last. So a component holds a fair run if each fair thing is, somewhere in it,
 * either impossible or done; a run that visits all those places exists because it is connected.
 * Doing nothing for ever counts as a run too (finite maximal runs stutter).
 */

import type { FairnessClass, LeadsToProperty } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { statePredicate } from "../../semantics/predicate.ts";
import { timerKey, type StateId } from "../../semantics/system.ts";
import { candidateOf, plural, type Candidate, type Finding } from "./finding.ts";
import { forEachEdge, pathTo, type ReachableGraph, type RunStep } from "./graph.ts";
import { filterStates, incomplete } from "./safety.ts";
import { components } from "./scc.ts";

export function checkLeadsTo(
  graph: ReachableGraph,
  property: LeadsToProperty,
  model: MachineModel,
): Finding {
  if (!graph.complete) return incomplete(graph); // a bound on the depth says nothing about infinite runs
  const to = statePredicate(property.to, model);
  const from = filterStates(graph, statePredicate(property.from, model).holds);
  if (from.length === 0) {
    return {
      kind: "vacuous",
      reason: "no reachable state satisfies its `from`",
      evidence: `${plural(graph.expanded, "reachable state")} examined`,
    };
  }
  const waiting = new Uint8Array(graph.expanded).fill(1);
  for (const state of filterStates(graph, to.holds)) waiting[state] = 0;
  const starts = from.filter((state) => waiting[state] === 1);
  const region = waitingRegion(graph, starts, waiting);
  const sccs = components([...region.parent.keys()], (state, visit) =>
    forEachEdge(graph, state, (_action, target) => {
      if (region.parent.has(target)) visit(target);
    }),
  );

  // First the runs that a clock allows: there a pending timer fires, whether asked for or not.
  const real = new Set<FairnessClass>([...property.fair, "timers", "internal"]);
  const fairOnes = sccs
    .map((members) => fairLoop(graph, members, real))
    .filter((loop) => loop !== null)
    .toSorted((a, b) => graph.depth[a.start]! - graph.depth[b.start]!);
  if (fairOnes.length > 0) {
    return {
      kind: "fails",
      candidates: lassos(graph, region, fairOnes),
      evidence: `a fair run can stay for ever where it does not become true (${plural(fairOnes.length, "such part")} of the state space)`,
    };
  }
  const asked = new Set(property.fair);
  if (sccs.some((members) => fairLoop(graph, members, asked) !== null)) {
    return {
      kind: "unknown",
      reason:
        'it fails only on runs in which a running timer never fires, and no clock shows such a run; if timers do fire, say so with fair: ["timers"]',
      evidence: `${plural(region.parent.size, "state")} lie between \`from\` and \`to\``,
    };
  }
  return {
    kind: "holds",
    evidence: `from ${plural(from.length, "state")} on, no fair run stays for ever in the ${plural(region.parent.size, "state")} where it is not yet true`,
  };
}

/** States that a run can be in after a `from` and before any `to`, as a breadth-first forest. */
interface Region {
  readonly parent: ReadonlyMap<StateId, { readonly from: StateId; readonly step: RunStep } | null>;
}

function waitingRegion(
  graph: ReachableGraph,
  starts: readonly StateId[],
  waiting: Uint8Array,
): Region {
  const parent = new Map<StateId, { from: StateId; step: RunStep } | null>(
    starts.map((state) => [state, null]),
  );
  for (const state of parent.keys()) {
    forEachEdge(graph, state, (action, target) => {
      if (waiting[target] === 1 && !parent.has(target)) {
        parent.set(target, { from: state, step: { action, target } });
      }
    });
  }
  return { parent };
}

/** A place to begin, and the steps that lead back there; no steps: the run stays where it is. */
interface Loop {
  readonly start: StateId;
  readonly steps: readonly RunStep[];
}

/** Something that must happen at last if it stays possible: one timer, time itself, one event type. */
interface Requirement {
  readonly possible: (state: StateId) => boolean;
  readonly done: (state: StateId, step: RunStep) => boolean;
}

/** A fair run that stays among the members for ever; null when there is none. */
function fairLoop(
  graph: ReachableGraph,
  members: readonly StateId[],
  fair: ReadonlySet<FairnessClass>,
): Loop | null {
  const inside = new Set(members);
  const requirements = requirementsOf(graph, members, fair);
  const inner = (state: StateId): RunStep[] => {
    const steps: RunStep[] = [];
    forEachEdge(graph, state, (action, target) => {
      if (inside.has(target)) steps.push({ action, target });
    });
    return steps;
  };
  // The simplest loop: a state in which nothing fair is possible.
  const resting = members.find((state) => !requirements.some(({ possible }) => possible(state)));
  if (resting !== undefined) return { start: resting, steps: [] };

  const start = members.reduce((a, b) => (graph.depth[b]! < graph.depth[a]! ? b : a));
  const steps: RunStep[] = [];
  let at = start;
  const follow = (way: readonly RunStep[]): void => {
    steps.push(...way);
    at = way.at(-1)?.target ?? at;
  };
  for (const { possible, done } of requirements) {
    const states = [start, ...steps.map(({ target }) => target)];
    const met =
      states.some((state) => !possible(state)) ||
      steps.some((step, index) => done(states[index]!, step));
    if (met) continue;
    const way = walk(inner, at, (state) => !possible(state), done);
    if (way === null) return null;
    follow(way);
  }
  follow(walk(inner, at, (state) => state === start)!);
  return { start, steps };
}

/**
 * The shortest way along the inner steps to a state that satisfies `goal`, or up to and including a
 * step that satisfies `goalStep`; null when there is none.
 */
function walk(
  inner: (state: StateId) => readonly RunStep[],
  start: StateId,
  goal: (state: StateId) => boolean,
  goalStep: (state: StateId, step: RunStep) => boolean = () => false,
): RunStep[] | null {
  const reachedBy = new Map<StateId, { from: StateId; step: RunStep } | null>([[start, null]]);
  const wayTo = (state: StateId): RunStep[] => {
    const way: RunStep[] = [];
    for (let link = reachedBy.get(state); link; link = reachedBy.get(link.from)) {
      way.push(link.step);
    }
    return way.toReversed();
  };
  for (const state of reachedBy.keys()) {
    if (goal(state)) return wayTo(state);
    for (const step of inner(state)) {
      if (goalStep(state, step)) return [...wayTo(state), step];
      if (!reachedBy.has(step.target)) reachedBy.set(step.target, { from: state, step });
    }
  }
  return null;
}

function requirementsOf(
  graph: ReachableGraph,
  members: readonly StateId[],
  fair: ReadonlySet<FairnessClass>,
): readonly Requirement[] {
  const { system } = graph;
  const actions = new Set<number>();
  for (const state of members) forEachEdge(graph, state, (action) => actions.add(action));
  const requirements: Requirement[] = [];

  for (const action of actions) {
    const what = system.action(action);
    const concerned =
      what.kind === "timer"
        ? fair.has("timers") || (fair.has("internal") && what.timer.delay === 0)
        : what.kind === "tick" && fair.has("timers");
    if (!concerned) continue;
    const key = what.kind === "timer" ? timerKey(what.timer) : null;
    requirements.push({
      possible: (state) => hasEdge(graph, state, (other) => other === action),
      // A timer that is cancelled or started anew has not been pending all the time.
      done: (state, step) =>
        step.action === action || (key !== null && system.interrupted(state, step.action).has(key)),
    });
  }
  if (fair.has("events")) {
    const types = new Set<string>();
    for (const action of actions) {
      const what = system.action(action);
      if (what.kind === "event") types.add(what.event.type);
    }
    for (const type of types) {
      const isType = (action: number): boolean => {
        const what = system.action(action);
        return what.kind === "event" && what.event.type === type;
      };
      requirements.push({
        possible: (state) =>
          hasEdge(graph, state, (action, target) => isType(action) && target !== state),
        done: (state, step) => isType(step.action) && step.target !== state,
      });
    }
  }
  return requirements;
}

function hasEdge(
  graph: ReachableGraph,
  state: StateId,
  accept: (action: number, target: StateId) => boolean,
): boolean {
  let found = false;
  forEachEdge(graph, state, (action, target) => {
    if (accept(action, target)) found = true;
  });
  return found;
}

function* lassos(
  graph: ReachableGraph,
  region: Region,
  loops: readonly Loop[],
): Generator<Candidate> {
  for (const { start, steps } of loops.slice(0, 20)) {
    const tail: RunStep[] = [];
    let at = start;
    for (let link = region.parent.get(at); link; link = region.parent.get(at)) {
      tail.push(link.step);
      at = link.from;
    }
    const stem = [...pathTo(graph, at), ...tail.toReversed()];
    yield candidateOf(graph.system, [...stem, ...steps], stem.length);
  }
}
