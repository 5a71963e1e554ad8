/**
 * The independent check of a set of states that some engine claims to be all that a machine can
 * reach: it contains the initial state, no event and no timer leads out of it, and the invariant
 * holds in it. Then the invariant holds for ever, however the set was found.
 *
 * Shares no code with the engines: states come as plain JSON, are rebuilt with XState's
 * `resolveState`, and stepped with the package's own `transition()`. Slow and simple on purpose.
 *
 * Limits: time must be untimed (any running timer may fire); machines whose behaviour depends on the
 * order in which parallel regions were entered are refused, because JSON states do not carry it.
 */

import {
  initialTransition,
  transition,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventObject,
} from "xstate";

import type { MachineModel } from "../../core/subject.ts";

/** A state as JSON: everything that decides about the future. */
export interface DecodedState {
  readonly value: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly done: boolean;
  /** Ids of the remembered states per history state. */
  readonly history: Readonly<Record<string, readonly string[]>>;
  /** Events of running timers with their ids, sorted by JSON text. */
  readonly timers: readonly { readonly id: string | null; readonly event: EventObject }[];
}

export type Audit =
  | { readonly accepted: true; readonly states: number; readonly steps: number }
  | { readonly accepted: false; readonly reason: string };

export function auditClosedSet(
  model: MachineModel,
  states: readonly DecodedState[],
  invariant: (state: AnyMachineSnapshot) => boolean = () => true,
): Audit {
  const { machine } = model;
  if (model.time !== undefined && model.time !== "untimed") {
    return reject(`time "${model.time}" is not audited`);
  }
  if (dependsOnEntryOrder(machine)) {
    return reject("the machine depends on the order in which parallel regions were entered");
  }
  const members = new Set(states.map(textOf));
  const [first, firstActions] = initialTransition(machine, inputOf(model));
  const start = decode(first, timersAfter([], firstActions));
  if (!members.has(textOf(start))) return reject(`the initial state is missing: ${textOf(start)}`);

  let steps = 0;
  for (const state of states) {
    const snapshot = rebuild(machine, state);
    if (!invariant(snapshot)) return reject(`the invariant is false in ${textOf(state)}`);
    if (state.done) continue;
    const inputs = [
      ...eventsOf(model).map((event) => ({ event, rest: state.timers })),
      ...state.timers.map((timer) => ({
        event: timer.event,
        rest: state.timers.filter((other) => other !== timer),
      })),
    ];
    for (const { event, rest } of inputs) {
      steps += 1;
      const [next, actions] = transition(machine, snapshot, event);
      const successor = decode(next, timersAfter(rest, actions));
      if (!members.has(textOf(successor))) {
        return reject(
          `${JSON.stringify(event)} leads out of the set: from ${textOf(state)} to ${textOf(successor)}`,
        );
      }
    }
  }
  return { accepted: true, states: members.size, steps };
}

const reject = (reason: string): Audit => ({ accepted: false, reason });

function inputOf(model: MachineModel): Record<string, unknown> {
  const input: Record<string, unknown> = { ...model.input };
  for (const [name, { explore }] of Object.entries(model.parameters ?? {})) input[name] = explore;
  return input;
}

function eventsOf(model: MachineModel): readonly EventObject[] {
  const events: EventObject[] = [];
  const complete = (event: EventObject, fields: [string, string | readonly unknown[]][]): void => {
    const [next, ...others] = fields;
    if (next === undefined) events.push(event);
    else for (const value of next[1]) complete({ ...event, [next[0]]: value }, others);
  };
  for (const { type, ...fields } of model.events) complete({ type }, Object.entries(fields));
  return events;
}

type Timers = DecodedState["timers"];

function timersAfter(
  before: Timers,
  actions: readonly { readonly type: string; readonly params?: unknown }[],
): Timers {
  let timers = before;
  for (const { type, params } of actions) {
    const { event, delay, id, sendId } = (params ?? {}) as {
      event?: EventObject;
      delay?: number;
      id?: string;
      sendId?: string;
    };
    if (type === "xstate.cancel") timers = timers.filter((timer) => timer.id !== sendId);
    if (type === "xstate.raise" && event !== undefined && typeof delay === "number") {
      timers = [...timers, { id: id ?? null, event }];
    }
  }
  return timers;
}

function decode(snapshot: AnyMachineSnapshot, timers: Timers): DecodedState {
  const history = snapshot.historyValue as unknown as Record<string, readonly { id: string }[]>;
  const done = snapshot.status !== "active";
  return {
    value: snapshot.value,
    context: snapshot.context as Record<string, unknown>,
    done,
    history: Object.fromEntries(
      Object.entries(history).map(([id, nodes]) => [id, nodes.map((node) => node.id).toSorted()]),
    ),
    timers: done ? [] : timers.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}

function rebuild(machine: AnyStateMachine, state: DecodedState): AnyMachineSnapshot {
  const historyValue = Object.fromEntries(
    Object.entries(state.history).map(([id, nodes]) => [
      id,
      nodes.map((node) => machine.getStateNodeById(node)),
    ]),
  );
  return machine.resolveState({
    value: state.value as never,
    context: state.context,
    historyValue: historyValue as never,
  }) as AnyMachineSnapshot;
}

/** One text per state, whatever the order of keys. */
function textOf(state: DecodedState): string {
  const sorted = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(sorted);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(
      Object.entries(part)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => [key, sorted(value)]),
    );
  };
  return JSON.stringify(sorted(state));
}

interface Region {
  readonly type: string;
  readonly always?: readonly unknown[];
  readonly states: Readonly<Record<string, Region>>;
}

function dependsOnEntryOrder(machine: AnyStateMachine): boolean {
  const eventless = (region: Region): boolean =>
    (region.always?.length ?? 0) > 0 || Object.values(region.states).some(eventless);
  const depends = (region: Region): boolean => {
    const children = Object.values(region.states);
    if (region.type === "parallel" && children.filter(eventless).length > 1) return true;
    return children.some(depends);
  };
  return depends(machine.root);
}
