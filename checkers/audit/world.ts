/**
 * What the auditor knows of machines: the package's own `transition()`, and bookkeeping of timers.
 * Shares no code with the engines. Slow and simple on purpose.
 */

import {
  initialTransition,
  transition,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventObject,
} from "xstate";

import type { EvidenceState } from "../../core/certificate.ts";
import type { MachineModel } from "../../core/subject.ts";

export type Timers = EvidenceState["timers"];

/** A snapshot with its running timers, the one that was set first in front. */
export interface Place {
  readonly snapshot: AnyMachineSnapshot;
  readonly timers: Timers;
}

/** Why this model cannot be audited; null when it can. */
export function notAuditable(model: MachineModel): string | null {
  if (model.time !== undefined && model.time !== "untimed")
    return `time "${model.time}" is not audited`;
  if (Object.keys(model.actors ?? {}).length > 0) return "answers of actors are not audited";
  if (dependsOnEntryOrder(model.machine)) {
    return "the machine depends on the order in which parallel regions were entered, which JSON states do not carry";
  }
  return null;
}

/** Where a step leads, and what the machine emits on the way. */
export interface Taken {
  readonly place: Place;
  readonly emitted: readonly EventObject[];
}

export const begin = (model: MachineModel): Place => start(model).place;

export function start(model: MachineModel): Taken {
  const [snapshot, actions] = initialTransition(model.machine, inputOf(model));
  return { place: { snapshot, timers: timersAfter([], actions) }, emitted: emittedBy(actions) };
}

/** The event, and the timers that run on beside it. */
export const step = (model: MachineModel, place: Place, event: EventObject): Place =>
  take(model, place, event).place;

export function take(
  { machine }: MachineModel,
  { snapshot, timers }: Place,
  event: EventObject,
): Taken {
  const [next, actions] = transition(machine, snapshot, event);
  const done = next.status !== "active";
  const place = { snapshot: next, timers: done ? [] : timersAfter(timers, actions) };
  return { place, emitted: emittedBy(actions) };
}

const emittedBy = (
  actions: readonly { readonly type: string; readonly params?: unknown }[],
): readonly EventObject[] =>
  actions
    .filter(({ type }) => type === "xstate.emit")
    .map(({ params }) => (params as { readonly event: EventObject }).event);

export const without = (timers: Timers, fired: Timers[number]): Timers =>
  timers.filter((timer) => timer !== fired);

/** Everything that can happen in a place: declared events, then timers. */
export function inputs(
  model: MachineModel,
  { snapshot, timers }: Place,
): readonly { readonly event: EventObject; readonly timer: Timers[number] | null }[] {
  if (snapshot.status !== "active") return [];
  return [
    ...eventsOf(model).map((event) => ({ event, timer: null })),
    ...timers.map((timer) => ({ event: timer.event, timer })),
  ];
}

function inputOf(model: MachineModel): Record<string, unknown> {
  const input: Record<string, unknown> = { ...model.input };
  for (const [name, { explore }] of Object.entries(model.parameters ?? {})) input[name] = explore;
  return input;
}

export function eventsOf(model: MachineModel): readonly EventObject[] {
  const events: EventObject[] = [];
  const complete = (event: EventObject, fields: [string, string | readonly unknown[]][]): void => {
    const [next, ...others] = fields;
    if (next === undefined) events.push(event);
    else for (const value of next[1]) complete({ ...event, [next[0]]: value }, others);
  };
  for (const { type, ...fields } of model.events) complete({ type }, Object.entries(fields));
  return events;
}

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

export function decode({ snapshot, timers }: Place): EvidenceState {
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

export function rebuild(machine: AnyStateMachine, state: EvidenceState): Place {
  const historyValue = Object.fromEntries(
    Object.entries(state.history).map(([id, nodes]) => [
      id,
      nodes.map((node) => machine.getStateNodeById(node)),
    ]),
  );
  const snapshot = machine.resolveState({
    value: state.value as never,
    context: state.context,
    historyValue: historyValue as never,
  }) as AnyMachineSnapshot;
  return { snapshot, timers: state.timers };
}

/** One text per state, whatever the order of keys. */
export function textOf(state: EvidenceState): string {
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
