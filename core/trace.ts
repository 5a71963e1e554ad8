/**
 * Traces in the Informal Trace Format (ITF, Apalache ADR-015), so that any ITF viewer opens them.
 * The same object is found by an engine, shrunk, drawn, exported and replayed.
 */

/** A value that JSON can carry without loss. Large integers are written `{ "#bigint": "…" }`. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** True for a JSON object: not null, not a list. */
export const isJsonRecord = (json: Json): json is { readonly [key: string]: Json } =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** A value small enough to be compared and shown in one cell. */
export type Scalar = null | boolean | number | string;

/** An event as it is sent to a machine or an implementation. */
export interface TraceAction {
  readonly type: string;
  readonly [field: string]: Json;
}

export interface TraceStateMeta {
  readonly index: number;
  /** The action that led into this state; absent in the first one. */
  readonly action?: TraceAction;
  /** `event`: from outside; `timer`: a delay ran out; `internal`: the machine's own step. */
  readonly by?: "event" | "timer" | "internal";
  /** Names of the active states as dotted paths, e.g. `["halfOpen"]`; for the state diagram. */
  readonly active?: readonly string[];
  /** What was seen of an implementation in this step, next to what the model says. */
  readonly observed?: Json;
  /** What the model says must be observed, in the same shape as `observed`. */
  readonly predicted?: Json;
  /** Virtual time in milliseconds, where time matters. */
  readonly timeMs?: number;
  /** A short remark for the reader, e.g. "the invariant fails here". */
  readonly note?: string;
}

/** One state: `#meta`, and a value per variable. `state` is the machine's control state. */
export interface TraceState {
  readonly "#meta": TraceStateMeta;
  readonly [variable: string]: Json | TraceStateMeta;
}

export interface Trace {
  readonly "#meta": {
    readonly format: "ITF";
    readonly "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html";
    readonly description: string;
  };
  readonly vars: readonly string[];
  readonly states: readonly TraceState[];
  /** Index of the state to which the last one leads back: an infinite run (a lasso). */
  readonly loop?: number;
}

/** Builds a trace; `vars` are collected from the states in order of first appearance. */
export function makeTrace(
  description: string,
  states: readonly TraceState[],
  loop?: number,
): Trace {
  const vars = new Set<string>();
  for (const state of states) {
    for (const key of Object.keys(state)) if (key !== "#meta") vars.add(key);
  }
  return {
    "#meta": {
      format: "ITF",
      "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
      description,
    },
    vars: [...vars],
    states,
    ...(loop === undefined ? {} : { loop }),
  };
}

/** One state of a trace from its parts. */
export function traceState(
  meta: TraceStateMeta,
  variables: Readonly<Record<string, Json>>,
): TraceState {
  return { "#meta": meta, ...variables };
}

/**
 * Why and where a claim fails, with everything needed to see it again.
 * `at` is the flat description of the violating state, step or operating point against which an
 * expectation is pinned; `recipe` is what the engine that found it needs to replay it.
 */
export interface Counterexample {
  readonly message: string;
  readonly at: Readonly<Record<string, Scalar>>;
  readonly trace: Trace;
  readonly recipe: Json;
}
