/** A trace as steps for a reader: event, state, and only what changed. No DOM, no Node. */

import type { Json, Trace, TraceAction, TraceState, TraceStateMeta } from "../../core/index.ts";

export interface Change {
  readonly name: string;
  /** `undefined` when the variable was not there before. */
  readonly before: string | undefined;
  /** `undefined` when the variable is gone. */
  readonly after: string | undefined;
}

export interface Step {
  readonly index: number;
  /** `START`, `FAIL { code: 503 }`, `(timer) reset`; "initial" for the first state. */
  readonly event: string;
  readonly eventType: string | undefined;
  readonly by: TraceStateMeta["by"];
  /** The control state after the step. */
  readonly state: string;
  readonly active: readonly string[];
  /** Every variable after the step, nested values by dotted name; without the control state. */
  readonly variables: ReadonlyMap<string, string>;
  /** What was seen of the implementation, by dotted name. */
  readonly observed: ReadonlyMap<string, string>;
  /** What the model says must be observed; empty when the trace does not say. */
  readonly predicted: ReadonlyMap<string, string>;
  readonly changes: readonly Change[];
  readonly timeMs: number | undefined;
  readonly note: string | undefined;
}

/** A value in one cell: ITF's marked forms are spelled the way a person writes them. */
export function formatValue(value: Json | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value === "" ? '""' : value;
  if (value === null || typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(formatValue).join(", ")}]`;
  const marked = Object.entries(value);
  const [first] = marked;
  if (marked.length === 1 && first !== undefined) {
    const [mark, inner] = first;
    if (mark === "#bigint" && typeof inner === "string") return inner;
    if (mark === "#unserializable" && typeof inner === "string") return inner;
    if (isList(inner)) {
      if (mark === "#tup") return `(${inner.map(formatValue).join(", ")})`;
      if (mark === "#set") return `{${inner.map(formatValue).join(", ")}}`;
      if (mark === "#map") {
        return `{${inner
          .map((pair) => (isList(pair) ? pair.map(formatValue).join(" ↦ ") : formatValue(pair)))
          .join(", ")}}`;
      }
    }
  }
  return `{ ${marked.map(([key, entry]) => `${key}: ${formatValue(entry)}`).join(", ")} }`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Nested records become one entry per leaf, so that a change in one leaf is one change. */
export function flatten(value: Json | undefined, name = ""): Map<string, string> {
  const out = new Map<string, string>();
  const visit = (entry: Json, path: string): void => {
    if (entry !== null && typeof entry === "object" && !isList(entry)) {
      const entries = Object.entries(entry);
      const marked = entries.length === 1 && entries[0]?.[0].startsWith("#") === true;
      if (!marked && entries.length > 0) {
        for (const [key, inner] of entries) visit(inner, path === "" ? key : `${path}.${key}`);
        return;
      }
    }
    out.set(path === "" ? "value" : path, formatValue(entry));
  };
  if (value !== undefined) visit(value, name);
  return out;
}

function variable(state: TraceState, name: string): Json | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only "#meta" is not a variable
  return state[name] as Json | undefined;
}

function variablesOf(state: TraceState, vars: readonly string[]): Map<string, string> {
  const names = new Set([...vars, ...Object.keys(state)]);
  const out = new Map<string, string>();
  for (const name of names) {
    if (name === "#meta" || name === "state") continue;
    const value = variable(state, name);
    if (value === undefined) continue;
    for (const [path, text] of flatten(value, name)) out.set(path, text);
  }
  return out;
}

/** The payload of an event without its type, e.g. ` { code: 503 }`. */
function eventText(action: TraceAction | undefined): string {
  if (action === undefined) return "";
  const { type, ...payload } = action;
  return Object.keys(payload).length === 0 ? type : `${type} ${formatValue(payload)}`;
}

function stateText(state: TraceState, active: readonly string[]): string {
  const own = variable(state, "state");
  if (own !== undefined) return formatValue(own);
  return active.join(", ");
}

function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Change[] {
  const changes: Change[] = [];
  for (const [name, value] of after) {
    const old = before.get(name);
    if (old !== value) changes.push({ name, before: old, after: value });
  }
  for (const [name, value] of before) {
    if (!after.has(name)) changes.push({ name, before: value, after: undefined });
  }
  return changes;
}

/** All steps of a trace; the first one "changes" everything from nothing. */
export function steps(trace: Trace): Step[] {
  let before: ReadonlyMap<string, string> = new Map();
  return trace.states.map((state, position) => {
    const meta = state["#meta"];
    const variables = variablesOf(state, trace.vars);
    const active = meta.active ?? [];
    const text = eventText(meta.action);
    const step: Step = {
      index: position,
      event:
        text !== ""
          ? text
          : position === 0
            ? "initial"
            : meta.by === "timer"
              ? "timer"
              : meta.by === "internal"
                ? "own step"
                : "step",
      eventType: meta.action?.type,
      by: meta.by,
      state: stateText(state, active),
      active,
      variables,
      observed: flatten(meta.observed),
      predicted: flatten(meta.predicted),
      changes: changesBetween(before, variables),
      timeMs: meta.timeMs,
      note: meta.note,
    };
    before = variables;
    return step;
  });
}

/** `failures: 0 → 1`; `failures = 0` when it is new. */
export function changeText(change: Change): string {
  if (change.after === undefined) return `${change.name} gone (was ${change.before ?? ""})`;
  if (change.before === undefined) return `${change.name} = ${change.after}`;
  return `${change.name}: ${change.before} → ${change.after}`;
}

/** What the model says under a name: its prediction, or the variable of that name. */
export function modelValue(step: Step, name: string): string | undefined {
  return step.predicted.get(name) ?? (name === "state" ? step.state : step.variables.get(name));
}

/**
 * The names on which model and implementation disagree in a step. Only predictions count: a
 * variable that happens to have an observable's name need not mean the same.
 */
export const disagreements = (step: Step): string[] =>
  [...step.observed]
    .filter(([name, seen]) => {
      const predicted = step.predicted.get(name);
      return predicted !== undefined && predicted !== seen;
    })
    .map(([name]) => name);
