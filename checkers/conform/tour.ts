/**
 * Tests that cover the model: a breadth-first walk over its configurations, and one command sequence
 * per transition, each as short as possible. A configuration is control state, context and the time
 * left on its timers; it is reached by running the model, so XState is the only semantics.
 */

import type { MachineModel } from "../../core/subject.ts";
import { alphabet, commandLabel, type Command } from "./commands.ts";
import { carryOut } from "./lockstep.ts";
import { ModelRun, stateName } from "./model-run.ts";

export interface Tour {
  /** Every transition from every visited configuration is the step of some sequence. */
  readonly sequences: readonly (readonly Command[])[];
  readonly configurations: number;
  readonly transitions: number;
  /** Control states of the visited configurations. */
  readonly states: ReadonlySet<string>;
  /** False when the limit was reached before the walk was complete. */
  readonly complete: boolean;
}

/** @throws {DiagnosticError} when the model itself fails. */
export function transitionTour(model: MachineModel, maxConfigurations: number): Tour {
  const commands = alphabet(model);
  const { key: initialKey, name: initialName } = configurationAfter(model, []);
  const seen = new Set([initialKey]);
  const states = new Set([initialName]);
  const queue: (readonly Command[])[] = [[]];
  const sequences = new Map<string, readonly Command[]>();
  let transitions = 0;
  let complete = true;

  for (const path of queue) {
    for (const command of commands) {
      const longer = [...path, command];
      const { key, name } = configurationAfter(model, longer);
      transitions += 1;
      // A sequence contains its beginnings.
      sequences.delete(pathKey(path));
      sequences.set(pathKey(longer), longer);
      if (seen.has(key)) continue;
      if (seen.size >= maxConfigurations) {
        complete = false;
        continue;
      }
      seen.add(key);
      states.add(name);
      queue.push(longer);
    }
  }
  return {
    sequences: [...sequences.values()],
    configurations: seen.size,
    transitions,
    states,
    complete,
  };
}

const pathKey = (path: readonly Command[]): string => path.map(commandLabel).join("\n");

function configurationAfter(
  model: MachineModel,
  path: readonly Command[],
): { readonly key: string; readonly name: string } {
  const run = new ModelRun(model);
  try {
    for (const command of path) {
      const action = carryOut(command, run.untilDeadline);
      if ("waitMs" in action) run.advance(action.waitMs);
      else run.send(action.event);
    }
    const { state, pending } = run;
    const { historyValue } = state as { readonly historyValue?: object };
    const history = Object.entries(historyValue ?? {}).map(([id, nodes]) => [
      id,
      (nodes as readonly { readonly id: string }[]).map((node) => node.id),
    ]);
    const key = JSON.stringify([state.value, state.context, state.status, pending, history]);
    return { key, name: stateName(state) };
  } finally {
    run.stop();
  }
}
