/**
 * The model's configurations and the commands that lead from one to another, as far as a limit
 * allows; the map by which tests find their way. A configuration is control state, context and the
 * time left on its timers. It is reached by running the model: XState is the only semantics.
 */

import type { ModelState } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { TraceAction } from "../../core/trace.ts";
import { alphabet, timePasses, type Command } from "./commands.ts";
import { carryOut } from "./lockstep.ts";
import { ModelRun, stateName } from "./model-run.ts";

export interface ModelGraph {
  readonly commands: readonly Command[];
  /** The control state of each configuration; the initial configuration is number 0. */
  readonly names: readonly string[];
  /** `next[configuration][command]`; -1 where it leads beyond the limit. */
  readonly next: readonly (readonly number[])[];
  /** A snapshot of each configuration. */
  readonly states: readonly ModelState[];
  /** Whether nothing is due: no time passing may change nothing. */
  readonly quiet: readonly boolean[];
  /** The model's steps in answer to a command: `steps[configuration][command]`. */
  readonly steps: readonly (readonly (readonly ModelStep[])[])[];
  /** False when there are more configurations than the limit. */
  readonly complete: boolean;
}

/** A step as the lockstep takes it: time passes deadline by deadline. */
export interface ModelStep {
  readonly event: TraceAction;
  /** Milliseconds that pass; null for an event. */
  readonly ms: number | null;
  readonly before: ModelState;
  readonly after: ModelState;
}

/** @throws {DiagnosticError} when the model itself fails. */
export function modelGraph(model: MachineModel, maxConfigurations: number): ModelGraph {
  const commands = alphabet(model);
  const initial = configurationAfter(model, []);
  const numbers = new Map([[initial.key, 0]]);
  const names = [initial.name];
  const states = [initial.state];
  const quiet = [initial.quiet];
  const next: number[][] = [];
  const steps: (readonly ModelStep[])[][] = [];
  const queue: (readonly Command[])[] = [[]];
  let complete = true;

  for (const path of queue) {
    const row: number[] = [];
    const stepRow: (readonly ModelStep[])[] = [];
    next.push(row);
    steps.push(stepRow);
    for (const command of commands) {
      const longer = [...path, command];
      const { key, name, state, quiet: isQuiet, last } = configurationAfter(model, longer);
      stepRow.push(last);
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
        states.push(state);
        quiet.push(isQuiet);
        queue.push(longer);
      }
    }
  }
  return { commands, names, states, quiet, next, steps, complete };
}

/** Shortest ways through a graph; what was searched once from a configuration is remembered. */
export class Ways {
  readonly #graph: ModelGraph;
  /** Per start: for each configuration that can be reached, the one before and the command. */
  readonly #origins = new Map<number, ReadonlyMap<number, Origin>>();
  /** By start and goal: what `firstCommand` said; a graph has a few hundred configurations. */
  readonly #first: (number | null | undefined)[][];

  constructor(graph: ModelGraph) {
    this.#graph = graph;
    this.#first = graph.next.map(() => []);
  }

  /** The first command of `path`; `null` when there is none. */
  firstCommand(from: number, to: number): number | null {
    const row = this.#first[from]!;
    let first = row[to];
    if (first === undefined) row[to] = first = this.path(from, to)?.[0] ?? null;
    return first;
  }

  /** All configurations that can be reached, nearest first, with the start itself. */
  reachable(from: number): number[] {
    return [from, ...this.#originsFrom(from).keys()];
  }

  /** The commands of a shortest way by their numbers; `null` when there is none. */
  path(from: number, to: number): number[] | null {
    const origins = this.#originsFrom(from);
    const path: number[] = [];
    for (let here = to; here !== from;) {
      const origin = origins.get(here);
      if (origin === undefined) return null;
      path.unshift(origin.command);
      here = origin.before;
    }
    return path;
  }

  #originsFrom(from: number): ReadonlyMap<number, Origin> {
    const known = this.#origins.get(from);
    if (known !== undefined) return known;
    const origins = new Map<number, Origin>();
    const queue = [from];
    for (const before of queue) {
      for (const [command, there] of this.#graph.next[before]!.entries()) {
        if (there === -1 || there === from || origins.has(there)) continue;
        origins.set(there, { before, command });
        queue.push(there);
      }
    }
    this.#origins.set(from, origins);
    return origins;
  }
}

interface Origin {
  readonly before: number;
  readonly command: number;
}

function configurationAfter(
  model: MachineModel,
  path: readonly Command[],
): {
  readonly key: string;
  readonly name: string;
  readonly state: ModelState;
  readonly quiet: boolean;
  /** The steps of the last command. */
  readonly last: readonly ModelStep[];
} {
  const run = new ModelRun(model);
  let last: ModelStep[] = [];
  const step = (event: TraceAction, ms: number | null, perform: () => void): void => {
    const before = run.state;
    perform();
    last.push({ event, ms, before, after: run.state });
  };
  try {
    for (const command of path) {
      last = [];
      const action = carryOut(command, run.untilDeadline);
      if ("event" in action) {
        step(action.event, null, () => run.send(action.event));
        continue;
      }
      let left = action.waitMs;
      do {
        const part = run.nextPart(left);
        step({ type: timePasses, ms: part }, part, () => run.advance(part));
        left -= part;
      } while (left > 0);
    }
    const { state, pending } = run;
    const { historyValue } = state as { readonly historyValue?: object };
    const history = Object.entries(historyValue ?? {}).map(([id, nodes]) => [
      id,
      (nodes as readonly { readonly id: string }[]).map((node) => node.id),
    ]);
    const key = JSON.stringify([state.value, state.context, state.status, pending, history]);
    return { key, name: stateName(state), state, quiet: run.untilDeadline !== 0, last };
  } finally {
    run.stop();
  }
}
