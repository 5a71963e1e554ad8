/** Several machines side by side: what they share, what travels between them, what may go wrong. */

import type { MachineModel, VariableType } from "./model.ts";

/** One machine of a system. */
export interface ComponentDeclaration extends Omit<MachineModel, "time"> {
  /** Context fields that are shared variables of the system: field of the context -> shared name. */
  readonly shares?: Readonly<Record<string, string>>;
}

/**
 * A channel carries what its senders emit (XState's `emit`) to one receiver, as events. A message
 * that reaches a machine which ignores it, or is done, is consumed.
 */
export interface ChannelDeclaration {
  readonly from: string | readonly string[];
  readonly to: string;
  /** The event types that travel here. */
  readonly carries: readonly string[];
  /** How many messages may be under way: a bound of the model. */
  readonly capacity: number;
  /** Default `fifo`; `any`: messages may overtake each other. */
  readonly order?: "fifo" | "any";
  /** Any message under way may be lost. */
  readonly loses?: boolean;
  /** Any message under way may be doubled. */
  readonly duplicates?: boolean;
  /** Default `block`: a step that would send into a full channel cannot happen. */
  readonly whenFull?: "block" | "drop";
}

export interface SystemModel {
  readonly machines: Readonly<Record<string, ComponentDeclaration>>;
  /** Shared variables. They start with the value that the machines give them, which must agree. */
  readonly shared?: Readonly<Record<string, VariableType>>;
  readonly channels?: Readonly<Record<string, ChannelDeclaration>>;
  /** How many losses and duplications may happen in all; unlimited when left out. */
  readonly faults?: number;
  readonly time?: MachineModel["time"];
}

/** One machine or several: whatever can be explored. */
export type AnyModel = MachineModel | SystemModel;

/** The variables that predicates can name: in a system `machine_variable`, `channel_length`. */
export function variablesOf(model: AnyModel): Readonly<Record<string, VariableType>> {
  if (!("machines" in model)) return model.variables ?? {};
  const variables: Record<string, VariableType> = { ...model.shared };
  for (const [machine, component] of Object.entries(model.machines)) {
    for (const [name, type] of Object.entries(component.variables ?? {})) {
      variables[`${machine}_${name}`] = type;
    }
  }
  for (const [channel, { capacity }] of Object.entries(model.channels ?? {})) {
    variables[`${channel}_length`] = { int: [0, capacity] };
  }
  return variables;
}
