/** What a search found about one property, before anything is replayed or concluded. */

import type { Exhibit } from "../../core/exhibit.ts";
import type { SystemStep } from "../../semantics/run.ts";
import type { Action, System } from "../../semantics/system.ts";
import type { RunStep } from "./graph.ts";

/** A run that is said to show something; followed on a real actor before it counts. */
export interface Candidate {
  readonly steps: readonly SystemStep[];
  /**
   * For infinite runs: the number of steps before the part that repeats for ever. Equal to
   * `steps.length` when the run stays in its last state for ever; null for finite runs.
   */
  readonly loop: number | null;
}

export type Finding =
  | { readonly kind: "holds"; readonly evidence: string }
  | { readonly kind: "vacuous"; readonly reason: string; readonly evidence: string }
  | { readonly kind: "unknown"; readonly reason: string; readonly evidence: string }
  /** A universal claim fails on each of these, the shortest first. */
  | {
      readonly kind: "fails";
      readonly candidates: Iterable<Candidate>;
      readonly evidence: string;
      readonly exhibits?: readonly Exhibit[];
    }
  /** An existential claim is shown by each of these, the shortest first. */
  | {
      readonly kind: "witnessed";
      readonly candidates: Iterable<Candidate>;
      readonly evidence: string;
    }
  | {
      readonly kind: "absent";
      readonly evidence: string;
      readonly exhibits: readonly Exhibit[];
    };

/** A run on the graph as a recipe: events and timers, without the ticks between them. */
export function candidateOf(
  system: System,
  steps: readonly RunStep[],
  loop: number | null = null,
): Candidate {
  const recipe: SystemStep[] = [];
  let shortenedLoop: number | null = null;
  for (const [index, { action }] of steps.entries()) {
    if (index === loop) shortenedLoop = recipe.length;
    const step = stepOf(system.action(action));
    if (step !== null) recipe.push(step);
  }
  if (loop === steps.length) shortenedLoop = recipe.length;
  return { steps: recipe, loop: shortenedLoop };
}

/** An action as it is recorded; null for a tick, whose time is found anew. */
export function stepOf(action: Action): SystemStep | null {
  switch (action.kind) {
    case "tick":
      return null;
    case "event":
      return { event: action.event, ...machineOf(action) };
    case "delivery":
      return { event: action.event, machine: action.machine, channel: action.channel };
    case "timer":
      return { timer: action.timer.label, state: action.timer.state, ...machineOf(action) };
    case "fault": {
      const { kind, event, position } = action.fault;
      return { fault: kind, channel: action.channel, position, message: event };
    }
  }
}

const machineOf = ({ machine }: { readonly machine?: string }): { readonly machine?: string } =>
  machine === undefined ? {} : { machine };

/** "tm: COMMIT", "wire delivers ACK to sender", "wire loses ACK" */
export function stepLabel(step: SystemStep): string {
  if ("fault" in step) return `${step.channel} ${step.fault} ${eventLabel(step.message)}`;
  const what = "event" in step ? eventLabel(step.event) : step.timer;
  if (step.machine === undefined) return what;
  return "channel" in step
    ? `${step.channel} delivers ${what} to ${step.machine}`
    : `${step.machine}: ${what}`;
}

/** What an action is called in a list of steps. */
export function actionLabel(action: Action): string {
  const step = stepOf(action);
  return step === null ? "time passes" : stepLabel(step);
}

/** `PIN {"digits":"0000"}`; only the type when there is no payload. */
export function eventLabel(event: { readonly type: string }): string {
  const { type, ...payload } = event;
  return Object.keys(payload).length === 0 ? type : `${type} ${JSON.stringify(payload)}`;
}

/** "A, B, C" for people; "nothing" for the empty run. */
export const stepsText = (steps: readonly SystemStep[]): string =>
  steps.length === 0 ? "no step at all" : steps.map(stepLabel).join(", ");

/** "closed (failures = 2, active = 0)" */
export function stateText(described: Readonly<Record<string, unknown>>): string {
  const { state, ...variables } = described;
  const values = Object.entries(variables).map(([name, value]) => `${name} = ${String(value)}`);
  return values.length === 0 ? String(state) : `${String(state)} (${values.join(", ")})`;
}

export const plural = (count: number, word: string): string =>
  `${count} ${word}${count === 1 ? "" : "s"}`;

/** A table of states, cut off where it gets long. */
export function statesTable(
  title: string,
  system: System,
  states: readonly number[],
  note?: string,
): Exhibit {
  const limit = 50;
  const described = states.slice(0, limit).map((state) => system.describe(state));
  const columns = Object.keys(described[0] ?? { state: "" });
  const cut = states.length > limit ? `the first ${limit} of ${states.length}` : undefined;
  const remark = [note, cut].filter((part) => part !== undefined).join("; ");
  return {
    kind: "table",
    title,
    columns,
    rows: described.map((row) => columns.map((column) => row[column] ?? null)),
    ...(remark === "" ? {} : { note: remark }),
  };
}
