/** Mutants: a copy of a model whose machine's configuration was edited. */

import { createMachine } from "xstate";

import type { MachineModel } from "../../core/subject.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a mutation may touch anything
export type Config = any;

export function mutate(model: MachineModel, edit: (config: Config) => void): MachineModel {
  const config = copy(model.machine.config) as Config;
  edit(config);
  const { actions, guards, delays } = model.machine.implementations;
  return { ...model, machine: createMachine(config).provide({ actions, guards, delays }) };
}

/** Plain objects and arrays are copied, functions (guards, actions) shared. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]));
}
