/**
 * Suites by name, for those who want a stated coverage instead of the usual mixture:
 * `transitions` (every command in every configuration), `pairs` (every two commands in a row), and
 * `complete:k` (nothing that differs and has at most k more states than the model passes).
 */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Implementation } from "../../core/subject.ts";
import { completeSuite, minimise, type Fsm } from "./fsm.ts";
import type { ModelGraph, Ways } from "./graph.ts";
import { pairTests, transitionTests, type Sequence } from "./tests.ts";

export interface Suite {
  readonly sequences: readonly Sequence[];
  /** What the sequences cover, in words. */
  readonly covers: string;
  /** Further entries of the bound. */
  readonly bound: Readonly<Record<string, number>>;
}

/** Sequences that a suite may have; beyond it the suite is refused, not cut. */
const maxSequences = 200_000;

/** @throws {DiagnosticError} VRF006 for an unknown name, or a suite that the model does not admit */
export function namedSuite(
  name: string,
  implementation: Implementation,
  graph: ModelGraph,
  ways: Ways,
): Suite {
  const transitions = graph.next.length * graph.commands.length;
  if (!graph.complete) {
    throw refused(name, `the model has more than ${graph.next.length} configurations`);
  }
  if (name === "transitions") {
    return {
      sequences: transitionTests(graph, ways),
      covers: `each of the ${transitions} transitions of ${graph.next.length} configurations`,
      bound: {},
    };
  }
  if (name === "pairs") {
    return {
      sequences: pairTests(graph, ways),
      covers: `each of the ${transitions * graph.commands.length} pairs of transitions in a row`,
      bound: {},
    };
  }
  const match = /^complete(?::(\d))?$/.exec(name);
  if (match === null) {
    throw new DiagnosticError("VRF006", `there is no suite "${name}"`, {
      help: "suites: transitions, pairs, complete, complete:k with k extra states",
    });
  }
  const extra = Number(match[1] ?? 0);
  const { fsm } = minimise(machineOf(implementation, graph));
  const states = fsm.next.length;
  const expected = transitions * graph.commands.length ** extra;
  if (expected > maxSequences) {
    throw refused(name, `it would have more than ${maxSequences} sequences`);
  }
  return {
    sequences: completeSuite(fsm, extra),
    covers:
      `every deterministic implementation with a fresh start, the same commands and at most ` +
      `${states + extra} states that shows anything else would have failed (the model shows ` +
      `${states} states; harmonised state identifiers, ${extra} extra states)`,
    bound: { states: states + extra },
  };
}

const refused = (name: string, why: string): DiagnosticError =>
  new DiagnosticError("VRF006", `the suite "${name}" does not fit this model: ${why}`, {
    help: "choose smaller parameter values, fewer extra states, or leave --suite out",
  });

/** The configurations with what the adapter predicts to be seen, as a machine with outputs. */
const machineOf = (implementation: Implementation, graph: ModelGraph): Fsm => ({
  next: graph.next,
  output: graph.steps.map((row) =>
    row.map((steps) => JSON.stringify(steps.map((step) => implementation.predict(step)))),
  ),
});
