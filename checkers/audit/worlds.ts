/**
 * What the auditor knows of several machines side by side: each is stepped by the package's own
 * `transition()`; shared variables are a record, channels are plain lists. Shares no code with the
 * engines. Slow and simple on purpose.
 */

import { matchesState, type AnyMachineSnapshot, type EventObject, type StateValue } from "xstate";

import type { EvidenceWorld, SystemEvidenceStep } from "../../core/certificate.ts";
import type { SystemModel } from "../../core/system.ts";
import {
  decode,
  eventsOf,
  notAuditable,
  start,
  take,
  textOf,
  without,
  type Place,
} from "./world.ts";

/** All machines, with what is between them. */
export interface World {
  readonly places: Readonly<Record<string, Place>>;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly channels: Readonly<Record<string, readonly EventObject[]>>;
  /** Losses and duplications that may still happen. */
  readonly faults: number;
}

/** Something that happens. `event` is null when a channel fails. */
export interface Move {
  readonly step: SystemEvidenceStep;
  readonly event: EventObject | null;
  /** The machine that steps; null when a channel fails. */
  readonly machine: string | null;
  readonly timer: EventObject | null;
  readonly next: World;
}

export function notAuditableSystem(model: SystemModel): string | null {
  if (model.time === "discrete") return 'time "discrete" is not audited';
  for (const [name, component] of Object.entries(model.machines)) {
    const obstacle = notAuditable(component);
    if (obstacle !== null) return `${name}: ${obstacle}`;
  }
  return null;
}

export function beginWorld(model: SystemModel): World {
  let world: World = {
    places: {},
    shared: {},
    channels: Object.fromEntries(Object.keys(model.channels ?? {}).map((name) => [name, []])),
    faults: model.faults ?? Number.POSITIVE_INFINITY,
  };
  const begun = Object.entries(model.machines).map(
    ([name, component]) => [name, start(component)] as const,
  );
  for (const [name, { place }] of begun) world = settled(model, world, name, place);
  for (const [name, { emitted }] of begun) world = sent(model, world, name, emitted) ?? world;
  return world;
}

/** The machine's place, with the shared variables as they are now. */
export function placeOf(model: SystemModel, { places, shared }: World, name: string): Place {
  const { snapshot, timers } = places[name]!;
  const context = { ...(snapshot.context as Record<string, unknown>) };
  for (const [field, variable] of Object.entries(model.machines[name]!.shares ?? {})) {
    context[field] = shared[variable];
  }
  return { snapshot: { ...snapshot, context } as AnyMachineSnapshot, timers };
}

function settled(model: SystemModel, world: World, name: string, place: Place): World {
  const context = place.snapshot.context as Record<string, unknown>;
  const shared = { ...world.shared };
  for (const [field, variable] of Object.entries(model.machines[name]!.shares ?? {})) {
    shared[variable] = context[field];
  }
  return { ...world, shared, places: { ...world.places, [name]: place } };
}

/** null: a full channel blocks the step. */
function sent(
  model: SystemModel,
  world: World,
  from: string,
  emitted: readonly EventObject[],
): World | null {
  const channels = { ...world.channels };
  for (const event of emitted) {
    for (const [name, declared] of Object.entries(model.channels ?? {})) {
      if (![declared.from].flat().includes(from) || !declared.carries.includes(event.type))
        continue;
      if (channels[name]!.length < declared.capacity) channels[name] = [...channels[name]!, event];
      else if (declared.whenFull !== "drop") return null;
    }
  }
  return { ...world, channels };
}

/** The world after one machine has heard an event; null when it cannot happen. */
function heard(model: SystemModel, world: World, name: string, place: Place, event: EventObject) {
  if (place.snapshot.status !== "active") return world; // nobody listens
  const { place: next, emitted } = take(model.machines[name]!, place, event);
  return sent(model, settled(model, world, name, next), name, emitted);
}

/** Everything that can happen, steps that change nothing included. */
export function moves(model: SystemModel, world: World): readonly Move[] {
  const found: Move[] = [];
  const add = (
    step: SystemEvidenceStep,
    machine: string | null,
    event: EventObject | null,
    timer: EventObject | null,
    next: World | null,
  ): void => {
    if (next !== null) found.push({ step, machine, event, timer, next });
  };
  for (const [name, component] of Object.entries(model.machines)) {
    const place = placeOf(model, world, name);
    if (place.snapshot.status !== "active") continue;
    for (const event of eventsOf(component)) {
      const next = heard(model, world, name, place, event);
      add({ machine: name, event }, name, event, null, next);
    }
    for (const timer of place.timers) {
      const rest = { ...place, timers: without(place.timers, timer) };
      const next = heard(model, settled(model, world, name, rest), name, rest, timer.event);
      const step = { machine: name, timer: timer.event.type, state: null };
      add(step, name, timer.event, timer.event, next);
    }
  }
  for (const [channel, { to, order, loses, duplicates, capacity }] of Object.entries(
    model.channels ?? {},
  )) {
    const messages = world.channels[channel]!;
    for (const [position, event] of messages.entries()) {
      const withList = (list: readonly EventObject[]): World => ({
        ...world,
        channels: { ...world.channels, [channel]: list },
      });
      const rest = withList(messages.toSpliced(position, 1));
      const message = event;
      if (position === 0 || order === "any") {
        const next = heard(model, rest, to, placeOf(model, rest, to), event);
        add({ machine: to, channel, event: message }, to, event, null, next);
      }
      if (world.faults === 0) continue;
      const faults = world.faults - 1;
      const fault = (kind: "loses" | "duplicates"): SystemEvidenceStep => ({
        fault: kind,
        channel,
        position,
        message,
      });
      if (loses === true) add(fault("loses"), null, null, null, { ...rest, faults });
      if (duplicates === true && messages.length < capacity) {
        const doubled = withList(messages.toSpliced(position, 0, event));
        add(fault("duplicates"), null, null, null, { ...doubled, faults });
      }
    }
  }
  return found;
}

export const isDone = ({ places }: World): boolean =>
  Object.values(places).every(({ snapshot }) => snapshot.status !== "active");

export const timersOf = ({ places }: World): readonly EventObject[] =>
  Object.values(places).flatMap(({ timers }) => timers.map(({ event }) => event));

/** As JSON. Where messages may overtake each other, their order is none. */
export function decodeWorld(model: SystemModel, world: World): EvidenceWorld {
  return sortedChannels(model, {
    machines: Object.fromEntries(
      Object.keys(model.machines).map((name) => [name, decode(placeOf(model, world, name))]),
    ),
    channels: world.channels,
    faults: Number.isFinite(world.faults) ? world.faults : null,
  });
}

export function sortedChannels(model: SystemModel, world: EvidenceWorld): EvidenceWorld {
  const fails = Object.values(model.channels ?? {}).some(
    ({ loses, duplicates }) => loses === true || duplicates === true,
  );
  return {
    ...world,
    faults: fails ? world.faults : null, // a budget that nothing can spend
    channels: Object.fromEntries(
      Object.entries(world.channels).map(([name, messages]) => [
        name,
        model.channels![name]!.order === "any"
          ? messages.toSorted((a, b) => (textOfAny(a) < textOfAny(b) ? -1 : 1))
          : messages,
      ]),
    ),
  };
}

const textOfAny = (value: unknown): string => textOf(value as never);

export const worldText = (model: SystemModel, world: World): string =>
  textOfAny(decodeWorld(model, world));

/** The world as predicates see it. */
export function composite(model: SystemModel, world: World): AnyMachineSnapshot {
  const context: Record<string, unknown> = { ...world.shared };
  const value: Record<string, StateValue> = {};
  const snapshots = Object.keys(model.machines).map((name) => {
    const { snapshot } = placeOf(model, world, name);
    const own = snapshot.context as Record<string, unknown>;
    const { variables, parameters } = model.machines[name]!;
    for (const field of Object.keys({ ...variables, ...parameters })) {
      context[`${name}_${field}`] = own[field];
    }
    context[name] ??= own;
    value[name] = snapshot.value as StateValue;
    return snapshot;
  });
  for (const [name, messages] of Object.entries(world.channels)) {
    context[`${name}_length`] = messages.length;
  }
  return {
    value,
    context,
    status: isDone(world) ? "done" : "active",
    matches: (wanted: StateValue) => matchesState(wanted, value),
    hasTag: (tag: string) => snapshots.some((snapshot) => snapshot.hasTag(tag)),
  } as unknown as AnyMachineSnapshot;
}
