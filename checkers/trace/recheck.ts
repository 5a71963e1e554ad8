/**
 * Walks an explaining run once more with XState alone: fresh actors' own `transition`, no table, no
 * search. A run that it cannot walk is not shown to anybody.
 */

import { initialTransition, transition, type AnyMachineSnapshot } from "xstate";

import type { MachineModel } from "../../core/subject.ts";
import { inputOf } from "../../semantics/stepper.ts";
import { describeSnapshot, eventOfAction, type System } from "../../semantics/system.ts";
import type { RunStep } from "./explain.ts";

export function walks(model: MachineModel, system: System, run: readonly RunStep[]): boolean {
  let [snapshot] = initialTransition(model.machine, inputOf(model)) as [
    AnyMachineSnapshot,
    unknown,
  ];
  for (const [index, { action, state }] of run.entries()) {
    if (index > 0 && action !== null) {
      const event = eventOfAction(system.action(action));
      if (event === null) return false;
      [snapshot] = transition(model.machine, snapshot, event) as [AnyMachineSnapshot, unknown];
    }
    const here = describeSnapshot(snapshot, model);
    const there = system.describe(state);
    if (Object.keys(there).some((name) => here[name] !== there[name])) return false;
  }
  return true;
}
