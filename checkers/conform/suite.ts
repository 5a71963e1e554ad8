/**
 * Suites by name, for those who want a stated coverage instead of the usual mixture:
 * `transitions` (every command in every configuration), `pairs` (every two commands in a row), and
 * `complete:k` (nothing that differs and has at most k more states than the model passes).
 */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { TraceAction } from "../../core/trace.ts";
import type { Implementation, MachineModel } from "../../core/subject.ts";
import { timePasses, type Command } from "./commands.ts";
import { completeSuite, minimise, type Fsm } from "./fsm.ts";
import type { ModelGraph, Ways } from "./graph.ts";
import { carryOut } from "./lockstep.ts";
import { ModelRun } from "./model-run.ts";
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
  model: MachineModel,
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
  const { fsm } = minimise(machineOf(model, implementation, graph, ways));
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
function machineOf(
  model: MachineModel,
  implementation: Implementation,
  graph: ModelGraph,
  ways: Ways,
): Fsm {
  const output = graph.next.map((_, configuration) => {
    const path = ways.path(0, configuration)!.map((command) => graph.commands[command]!);
    return graph.commands.map((command) => seen(model, implementation, path, command));
  });
  return { next: graph.next, output };
}

/** What is predicted of the last command, step by step as the lockstep takes it. */
function seen(
  model: MachineModel,
  implementation: Implementation,
  path: readonly Command[],
  last: Command,
): string {
  const run = new ModelRun(model);
  const shown: unknown[] = [];
  const step = (event: TraceAction, perform: () => void): void => {
    const before = run.state;
    perform();
    shown.push(implementation.predict({ before, event, after: run.state }));
  };
  try {
    for (const command of [...path, last]) {
      shown.length = 0;
      const action = carryOut(command, run.untilDeadline);
      if ("event" in action) {
        step(action.event, () => run.send(action.event));
        continue;
      }
      let left = action.waitMs;
      do {
        const until = run.untilDeadline;
        const part = until !== null && until <= left ? until : left;
        step({ type: timePasses, ms: part }, () => run.advance(part));
        left -= part;
      } while (left > 0);
    }
    return JSON.stringify(shown);
  } finally {
    run.stop();
  }
}
