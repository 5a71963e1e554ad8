/** Branching-time claims on an explored machine, and the judgement of their counterexamples. */

import type { CtlProperty, Fairness } from "../../../core/property.ts";
import type { AnyModel } from "../../../core/system.ts";
import { formulaText, type Atom, type CtlFormula } from "../../../core/temporal.ts";
import { parseCtl } from "../../../expr/index.ts";
import { statePredicate } from "../../../semantics/predicate.ts";
import type { RunState } from "../../../semantics/run.ts";
import { describeSnapshot, startAt, type System } from "../../../semantics/system.ts";
import { candidateOf, plural, statesTable, stateText, type Finding } from "../finding.ts";
import { pathTo, type ReachableGraph } from "../graph.ts";
import type { Judgement } from "../judgement.ts";
import { forwardClosure } from "../recurrence.ts";
import { incomplete } from "../safety.ts";
import { Labelling } from "./ctl.ts";
import type { TemporalGraph } from "./kripke.ts";
import { leavesOf } from "./leaves.ts";
import { requirementsOf, temporalGraphOf } from "./space.ts";

export const ctlOf = (property: CtlProperty): CtlFormula =>
  typeof property.formula === "string" ? parseCtl(property.formula) : property.formula;

const attempts = 20;

export function checkBranching(
  graph: ReachableGraph,
  property: CtlProperty,
  model: AnyModel,
): Finding {
  if (!graph.complete) return incomplete(graph); // a run that is needed may lie in what was not seen
  const formula = ctlOf(property);
  const labelling = labellingOf(graph, property.fair, model);
  const perhaps = labelling.states(formula, "upper");
  const size = plural(graph.expanded, "reachable state");
  if (perhaps[0] === 0) return refuted(graph, formula, labelling, perhaps);
  const holds = (mutant: CtlFormula): boolean => labelling.states(mutant, "lower")[0] === 1;
  if (!holds(formula)) {
    return {
      kind: "unknown",
      reason:
        'the answer rests on runs that untimed exploration knows and a clock may not: timers that never fire (say fair: ["timers"]), or several pending timers in either order (explore with time: "discrete")',
      evidence: `${size} labelled`,
    };
  }
  const idle: string[] = [];
  for (const { atom, positive, worst } of leavesOf(formula)) {
    if (!holds(worst)) continue;
    const name = formulaText(atom);
    if (positive) {
      const reason = `it would be true even if \`${name}\` never were`;
      return { kind: "vacuous", reason, evidence: `${size} labelled` };
    }
    idle.push(name);
  }
  const more =
    idle.length === 0
      ? ""
      : `; more is true: it holds without the premise \`${idle.join("`, `")}\``;
  const count = labelling.states(formula, "lower").reduce((sum, bit) => sum + bit, 0);
  return {
    kind: "holds",
    evidence: `true in ${count} of ${size}, the initial one included${more}`,
  };
}

/** The part of a claim that fails: below the outermost "in every state of every run". */
function innermost(formula: CtlFormula): CtlFormula {
  return formula.op === "AG" ? innermost(formula.arg) : formula;
}

function refuted(
  graph: ReachableGraph,
  formula: CtlFormula,
  labelling: Labelling,
  perhaps: Uint8Array,
): Finding {
  const inner = innermost(formula);
  const holds = inner === formula ? perhaps : labelling.states(inner, "upper");
  const bad: number[] = [];
  for (let state = 0; state < graph.expanded; state++) if (holds[state] === 0) bad.push(state);
  const places = inner === formula ? [0] : bad;
  const goal = reachGoal(inner);
  const closed = goal === null ? [] : forwardClosure(graph, places[0]!);
  const caught =
    goal !== null &&
    labelling.states(goal, "upper").every((bit, at) => bit === 0 || !closed.includes(at));
  return {
    kind: "fails",
    candidates: places
      .slice(0, attempts)
      .map((state) => candidateOf(graph.system, pathTo(graph, state))),
    evidence:
      `\`${formulaText(inner)}\` is false in ${bad.length} of ${plural(graph.expanded, "reachable state")}` +
      (caught
        ? `; from the nearest, no run leaves a closed set of ${plural(closed.length, "state")}`
        : ""),
    exhibits: caught
      ? [
          statesTable(
            "The closed set that never gets there",
            graph.system,
            closed,
            "no event and no timer leads out of this set",
          ),
        ]
      : [statesTable(`States in which \`${formulaText(inner)}\` is false`, graph.system, bad)],
  };
}

/** What `EF p`, perhaps behind premises, waits for. */
function reachGoal(formula: CtlFormula): CtlFormula | null {
  if (formula.op === "EF") return formula.arg;
  return formula.op === "implies" ? reachGoal(formula.right) : null;
}

/**
 * Explores anew from where the run ended, on the model as it is now, and labels that: the claim below
 * the outermost AG must be false there.
 */
export function judgeBranching(
  property: CtlProperty,
  states: readonly RunState[],
  model: AnyModel,
  maxStates: number,
): Judgement {
  const end = states.at(-1)!;
  const system = startAt(end, model);
  const inner = innermost(ctlOf(property));
  const at = describeSnapshot(end.snapshot, model);
  const graph = exploreFrom(system, maxStates);
  if (graph === null) {
    return {
      kind: "undecided",
      message: `more than ${maxStates} states can be reached from the end of the run`,
    };
  }
  const holds = labellingOf(graph, property.fair, model).states(inner, "upper")[0] === 1;
  return holds
    ? {
        kind: "not-shown",
        message: `\`${formulaText(inner)}\` may be true at the end of the run, ${stateText(at)}`,
      }
    : {
        kind: "shown",
        index: states.length - 1,
        message: `\`${formulaText(inner)}\` is false in ${stateText(at)}`,
        at,
      };
}

/** Everything that can be reached from the system's first state; null when that is too much. */
function exploreFrom(system: System, maxStates: number): ReachableGraph | null {
  let expanded = 0;
  let transitions = 0;
  while (expanded < system.size()) {
    if (expanded >= maxStates) return null;
    const more = system.expand(expanded, Math.min(system.size(), maxStates));
    expanded += more.expanded;
    transitions += more.transitions;
  }
  return { system, expanded, levels: [0], transitions, complete: true, fault: null, threads: 1 };
}

function labellingOf(graph: ReachableGraph, fair: readonly Fairness[], model: AnyModel): Labelling {
  const rows = temporalGraphOf(graph);
  const sure = sureEdges(graph, rows);
  const holds = new Map<unknown, Uint8Array>();
  return new Labelling(
    {
      lower: {
        ...sure,
        requirements: requirementsOf(graph, rows, [...fair, "timers", "internal"]),
      },
      upper: { rows, requirements: requirementsOf(graph, rows, fair) },
    },
    (atom: Atom) => {
      if (!("state" in atom)) throw new TypeError("branching time speaks of states only");
      let states = holds.get(atom.state);
      if (states === undefined) {
        const predicate = statePredicate(atom.state, model);
        states = Uint8Array.from({ length: rows.size }, (_, state) =>
          predicate.holds(graph.system.snapshot(state)) ? 1 : 0,
        );
        holds.set(atom.state, states);
      }
      return states;
    },
  );
}

/**
 * Edges that a clock allows for sure: events, and timers that run alone. In discrete time all are.
 */
function sureEdges(
  graph: ReachableGraph,
  rows: TemporalGraph,
): { readonly rows: TemporalGraph; readonly origin?: Uint32Array } {
  const { system } = graph;
  const isSure = (state: number, action: number): boolean =>
    system.time === "discrete" ||
    system.action(action).kind === "event" ||
    system.timers(state).length === 1;
  const offset = new Uint32Array(rows.size + 1);
  const target: number[] = [];
  const origin: number[] = [];
  for (let state = 0; state < rows.size; state++) {
    offset[state] = target.length;
    for (let edge = rows.offset[state]!; edge < rows.offset[state + 1]!; edge++) {
      if (!isSure(state, rows.action[edge]!)) continue;
      target.push(rows.target[edge]!);
      origin.push(edge);
    }
  }
  offset[rows.size] = target.length;
  if (target.length === rows.target.length) return { rows };
  const sure: TemporalGraph = {
    size: rows.size,
    initial: rows.initial,
    offset,
    target: Uint32Array.from(target),
    action: Uint32Array.from(origin, (edge) => rows.action[edge]!),
  };
  return { rows: sure, origin: Uint32Array.from(origin) };
}
