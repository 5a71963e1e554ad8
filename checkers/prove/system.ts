/** A machine as guarded commands over symbolic variables: what the solver reasons about. */

import type { Expression, Type } from "../../expr/index.ts";

export type LocationId = number;

/** A configuration of the machine: active states, their order where it matters, history, pending timers. */
export interface Location {
  readonly id: LocationId;
  /** The active leaves; equal labels mean configurations that differ in history, order or timers only. */
  readonly label: string;
  /** XState's state value, for `at`. */
  readonly value: unknown;
}

/** What makes the machine move. */
export interface Cause {
  readonly kind: "event" | "timer";
  /** The event's type as the machine sees it. */
  readonly type: string;
  /** A payload field that the machine may see, with the values it may have. */
  readonly fields: ReadonlyMap<string, PayloadField>;
  /** For timers: the name and the owner by which a recorded run names it. */
  readonly timer?: { readonly label: string; readonly state: string | null };
}

export interface PayloadField {
  readonly type: Type;
  readonly values: readonly (boolean | number | string)[];
}

export interface Transition {
  readonly from: LocationId;
  readonly to: LocationId;
  readonly cause: Cause;
  /** Over the variables before the step and `event.field`. */
  readonly guard: Expression;
  /** New values; variables that are not named keep theirs. */
  readonly updates: ReadonlyMap<string, Expression>;
  /** Nothing changes at all. */
  readonly ignored: boolean;
}

/** One way in which the machine can start. */
export interface Start {
  readonly location: LocationId;
  /** Over the parameters. */
  readonly guard: Expression;
  readonly values: ReadonlyMap<string, Expression>;
}

export interface Parameter {
  readonly low: number;
  /** null: no upper limit. */
  readonly high: number | null;
  /** The value that exploration uses. */
  readonly explored: number;
}

export interface SymbolicSystem {
  readonly locations: readonly Location[];
  readonly starts: readonly Start[];
  readonly transitions: readonly Transition[];
  /** Variables that change, without the parameters. */
  readonly variables: ReadonlyMap<string, Type>;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Declared ranges of integer variables: candidates for invariants, never assumptions. */
  readonly ranges: ReadonlyMap<string, readonly [number, number | null]>;
  /** Fields of the context that never change, with their values. */
  readonly constants: ReadonlyMap<string, Expression>;
  readonly hasTimers: boolean;
  /** Functions of JavaScript that were read as expressions: what was compared, in words. */
  readonly imported: readonly string[];
}

/** The machine says something that has no symbolic counterpart. */
export class NotExpressible extends Error {
  override readonly name = "NotExpressible";
}
