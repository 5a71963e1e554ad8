/** An explored machine in the shape that the temporal algorithms see: rows, labels, requirements. */

import type { Fairness, FairnessClass, ModelStep } from "../../../core/property.ts";
import type { AnyModel } from "../../../core/system.ts";
import type { Atom } from "../../../core/temporal.ts";
import { statePredicate, stepPredicate } from "../../../semantics/predicate.ts";
import { eventOfAction, timerKey, type Action } from "../../../semantics/system.ts";
import type { ReachableGraph, RunStep } from "../graph.ts";
import type { Labels, Requirement, TemporalGraph } from "./kripke.ts";

const converted = new WeakMap<ReachableGraph, TemporalGraph>();

/** The rows of a completely explored graph. */
export function temporalGraphOf(graph: ReachableGraph): TemporalGraph {
  let rows = converted.get(graph);
  if (rows === undefined) {
    const size = graph.expanded;
    const offset = new Uint32Array(size + 1);
    const target = new Uint32Array(graph.transitions);
    const action = new Uint32Array(graph.transitions);
    let edge = 0;
    for (let state = 0; state < size; state++) {
      offset[state] = edge;
      const pairs = graph.system.successors(state);
      for (let index = 0; index < pairs.length; index += 2) {
        action[edge] = pairs[index]!;
        target[edge] = pairs[index + 1]!;
        edge += 1;
      }
    }
    offset[size] = edge;
    rows = { size, initial: 0, offset, target, action };
    converted.set(graph, rows);
  }
  return rows;
}

export const stepsOf = (rows: TemporalGraph, edges: readonly number[]): RunStep[] =>
  edges.map((edge) => ({ action: rows.action[edge]!, target: rows.target[edge]! }));

/** When a run stands still, or time passes, nothing comes from outside. */
const silence = { type: "" } as const;

/** @throws {ModelFault} when a predicate throws */
export function labelsOf(
  graph: ReachableGraph,
  rows: TemporalGraph,
  atoms: readonly Atom[],
  model: AnyModel,
): Labels {
  const { system } = graph;
  const state = new Uint32Array(rows.size);
  let stepAtoms = 0;
  let edge: Uint32Array | undefined;
  let stay: Uint32Array | undefined;
  for (const [bit, atom] of atoms.entries()) {
    const mask = 1 << bit;
    if ("state" in atom) {
      const { holds } = statePredicate(atom.state, model);
      for (let at = 0; at < rows.size; at++) {
        if (holds(system.snapshot(at))) state[at]! |= mask;
      }
      continue;
    }
    stepAtoms |= mask;
    edge ??= new Uint32Array(rows.target.length);
    stay ??= new Uint32Array(rows.size);
    const { holds } = stepPredicate(atom.step, model);
    for (let at = 0; at < rows.size; at++) {
      const before = system.snapshot(at);
      if (holds({ before, event: silence, after: before })) stay[at]! |= mask;
      for (let index = rows.offset[at]!; index < rows.offset[at + 1]!; index++) {
        const event = eventOf(system.action(rows.action[index]!));
        const after = system.snapshot(rows.target[index]!);
        if (holds({ before, event, after })) edge[index]! |= mask;
      }
    }
  }
  return {
    state,
    ...(edge === undefined || stay === undefined ? {} : { stepAtoms, edge, stay }),
  };
}

const eventOf = (action: Action): ModelStep["event"] => eventOfAction(action) ?? silence;

export interface ParsedFairness {
  readonly strong: boolean;
  readonly of: FairnessClass;
}

export const parseFairness = (fairness: Fairness): ParsedFairness =>
  fairness.startsWith("strong ")
    ? { strong: true, of: fairness.slice("strong ".length) as FairnessClass }
    : { strong: false, of: fairness as FairnessClass };

/** What must happen again and again on the runs that count, one requirement per timer and event type. */
export function requirementsOf(
  graph: ReachableGraph,
  rows: TemporalGraph,
  fair: readonly Fairness[],
): readonly Requirement[] {
  const { system } = graph;
  const used = new Set(rows.action);
  const requirements = new Map<string, Requirement>();
  const add = (
    name: string,
    strong: boolean,
    counts: (state: number, edge: number) => boolean,
    taken: (state: number, edge: number) => boolean = counts,
  ): void => {
    const known = requirements.get(name);
    if (known !== undefined && (known.strong || !strong)) return; // strong implies weak
    const enabled = new Uint8Array(rows.size);
    for (let state = 0; state < rows.size; state++) {
      for (let edge = rows.offset[state]!; edge < rows.offset[state + 1]!; edge++) {
        if (counts(state, edge)) enabled[state] = 1;
      }
    }
    requirements.set(name, {
      name,
      strong,
      enabled: (state) => enabled[state] === 1,
      taken,
    });
  };

  for (const { strong, of } of fair.map(parseFairness)) {
    /** Events by machine and type, deliveries by channel and message. */
    const parties = new Map<string, (action: Action) => boolean>();
    for (const action of used) {
      const what = system.action(action);
      if (what.kind === "fault") continue; // never fair
      if (what.kind === "event") {
        const { type } = what.event;
        if (of === "events" || of === `event ${type}`) {
          parties.set(
            `event ${what.machine ?? ""} ${type}`,
            (other) =>
              other.kind === "event" && other.event.type === type && other.machine === what.machine,
          );
        }
        continue;
      }
      if (what.kind === "delivery") {
        if (of !== "deliveries") continue;
        const key = `${what.channel} ${JSON.stringify(what.event)}`;
        add(key, strong, (_state, edge) => rows.action[edge] === action);
        continue;
      }
      const concerned =
        of === "timers" || (of === "internal" && what.kind === "timer" && what.timer.delay === 0);
      if (!concerned) continue;
      const key = what.kind === "timer" ? timerKey(what.timer) : null;
      add(
        what.kind === "timer" ? `${what.machine ?? ""} ${what.timer.label}#${key}` : "time passes",
        strong,
        (_state, edge) => rows.action[edge] === action,
        // A timer that is cancelled or started anew has not been pending all the time; strong
        // fairness does not excuse that.
        (state, edge) =>
          rows.action[edge] === action ||
          (!strong && key !== null && system.interrupted(state, rows.action[edge]!).has(key)),
      );
    }
    for (const [name, is] of parties) {
      // An event that changes nothing does not count as one that must come.
      add(
        name,
        strong,
        (state, edge) => is(system.action(rows.action[edge]!)) && rows.target[edge] !== state,
      );
    }
  }
  return [...requirements.values()];
}
