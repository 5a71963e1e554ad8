/** An XState machine with everything that has to be declared to explore it. */

import type { AnyStateMachine } from "xstate";

import type { Json, Scalar } from "./trace.ts";

/**
 * The values of a context field. `{ int: [lo, hi] }` is inclusive; `hi` may be `null` for "no upper
 * limit", which only the solver can handle. `{ values: [null, { id: 1 }] }` lists anything that is
 * data: null, undefined, records and lists, compared by content; only plain functions can read it.
 */
export type VariableType =
  | "bool"
  | { readonly int: readonly [number, number | null] }
  | { readonly enum: readonly string[] }
  | { readonly values: readonly unknown[] };

/** An event type with a finite list of values per payload field. */
export interface EventDeclaration {
  readonly type: string;
  readonly [field: string]: string | readonly Scalar[];
}

/**
 * A parameter of a machine: given through its `input`, copied into the context field of the same
 * name and never changed. Exploration uses the value `explore`; the solver takes it as any value
 * of `int`.
 */
export interface ParameterDeclaration {
  readonly int: readonly [number, number | null];
  readonly explore: number;
}

/**
 * What an invoked or spawned actor may answer: each output and each error of the lists, at any moment
 * while it runs, or nothing at all. Its own behaviour is not explored.
 */
export interface ActorDeclaration {
  readonly done?: readonly Json[];
  readonly error?: readonly Json[];
}

export interface MachineModel {
  readonly machine: AnyStateMachine;
  readonly events: readonly EventDeclaration[];
  /** Every context field with its values, parameters excepted. */
  readonly variables?: Readonly<Record<string, VariableType>>;
  readonly parameters?: Readonly<Record<string, ParameterDeclaration>>;
  /** Fixed machine input besides the parameters. */
  readonly input?: Readonly<Record<string, Json>>;
  /** By source name; by actor id where the source is written inline. */
  readonly actors?: Readonly<Record<string, ActorDeclaration>>;
  /** Default `untimed`: sound for universal claims. `ordered` is for debugging: it proves nothing. */
  readonly time?: "untimed" | "discrete" | "ordered";
}
