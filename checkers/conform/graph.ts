/**
 * The model's configurations and the commands that lead from one to another, as far as a limit
 * allows; the map by which tests find their way. A configuration is control state, context and the
 * time left on its timers. It is reached by running the model: XState is the only semantics.
 */

import type { MachineModel } from "../../core/subject.ts";
import { alphabet, type Command } from "./commands.ts";
import { carryOut } from "./lockstep.ts";
import { ModelRun, stateName } from "./model-run.ts";

export interface ModelGraph {
  readonly commands: readonly Command[];
  /** The control state of each configuration; the initial configuration is number 0. */
  readonly names: readonly string[];
  /** `next[configuration][command]`; -1 where it leads beyond the limit. */
  readonly next: readonly (readonly number[])[];
  /** False when there are more configurations than the limit. */
  readonly complete: boolean;
}

/** @throws {DiagnosticError} when the model itself fails. */
export function modelGraph(model: MachineModel, maxConfigurations: number): ModelGraph {
  const commands = alphabet(model);
  const initial = configurationAfter(model, []);
  const numbers = new Map([[initial.key, 0]]);
  const names = [initial.name];
  const next: number[][] = [];
  const queue: (readonly Command[])[] = [[]];
  let complete = true;

  for (const path of queue) {
    const row: number[] = [];
    next.push(row);
    for (const command of commands) {
      const longer = [...path, command];
      const { key, name } = configurationAfter(model, longer);
      const known = numbers.get(key);
      if (known !== undefined) {
        row.push(known);
      } else if (numbers.size >= maxConfigurations) {
        row.push(-1);
        complete = false;
      } else {
        row.push(numbers.size);
        numbers.set(key, numbers.size);
        names.push(name);
        queue.push(longer);
      }
    }
  }
  return { commands, names, next, complete };
}

/** Numbers of the commands on a shortest way; `null` when there is none. */
export function shortestPath(graph: ModelGraph, from: number, to: number): number[] | null {
  const origin = new Map<number, { readonly before: number; readonly command: number }>();
  const queue = [from];
  for (const here of queue) {
    if (here === to) break;
    for (const [command, there] of graph.next[here]!.entries()) {
      if (there === -1 || there === from || origin.has(there)) continue;
      origin.set(there, { before: here, command });
      queue.push(there);
    }
  }
  const path: number[] = [];
  for (let here = to; here !== from;) {
    const step = origin.get(here);
    if (step === undefined) return null;
    path.unshift(step.command);
    here = step.before;
  }
  return path;
}

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
