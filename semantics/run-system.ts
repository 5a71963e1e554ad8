/**
 * Follows a recorded run of several machines: plain XState steps, plain lists for the channels, no
 * tables. Shares nothing with `packed` but the meaning of the declarations.
 */

import type { AnyMachineSnapshot, EventObject } from "xstate";

import type { ChannelDeclaration, SystemModel } from "../core/system.ts";
import { compositeState } from "./composite.ts";
import { ModelFault } from "./fault.ts";
import type { PendingActor } from "./packed/pending.ts";
import {
  answers,
  canonical,
  employ,
  rearm,
  type ArmedTimer,
  type FaultStep,
  type SystemStep,
  type Run,
  type RunState,
} from "./run.ts";
import { declaredEvents, makeStepper, type RawStep, type Stepper } from "./stepper.ts";
import type { World } from "./system.ts";
import { earliestTimes, type AtLeast } from "./timing.ts";

interface Member {
  readonly name: string;
  readonly stepper: Stepper;
  snapshot: AnyMachineSnapshot;
  pending: readonly ArmedTimer[];
  actors: readonly PendingActor[];
}

/** The step cannot be made. */
class Infeasible extends Error {}

/** Runs the steps on the model as it is now. Steps are counted from 1, as people do. */
export function runSystemRecipe(model: SystemModel, steps: readonly SystemStep[]): Run {
  let number = 0;
  const constraints: AtLeast[] = [];
  const states: Untimed[] = [];
  try {
    const world = new Followed(model);
    states.push(world.state(null, null, null));
    for (const cause of steps) {
      number += 1;
      constraints.push({ earlier: number - 1, later: number, gap: 0 });
      states.push(world.take(cause, number, constraints));
    }
  } catch (thrown) {
    if (thrown instanceof ModelFault) return { kind: "fault", step: number, fault: thrown };
    if (!(thrown instanceof Infeasible)) throw thrown;
    return { kind: "infeasible", step: number, message: `step ${number}: ${thrown.message}` };
  }
  const times = earliestTimes(states.length, constraints);
  if (times === null) {
    return {
      kind: "infeasible",
      step: steps.length,
      message:
        "the timers cannot fire in this order on a clock: a timer with an earlier deadline would come first",
    };
  }
  return {
    kind: "ran",
    states: states.map(({ members, ...state }, index) => {
      const timeMs = times[index]!;
      const armed = (timers: readonly ArmedTimer[]): readonly ArmedTimer[] =>
        timers.map(({ timer, since }) => ({ timer, since, dueAt: times[since]! + timer.delay }));
      return {
        ...state,
        timeMs,
        pending: armed(state.pending),
        world: {
          ...state.world,
          parts: members.map(({ snapshot, pending, actors }) => ({
            snapshot,
            actors,
            timers: armed(pending).map(({ timer, dueAt }) => ({
              timer,
              remaining: dueAt - timeMs,
            })),
          })),
        },
      };
    }),
  };
}

/** A state of the run before its moment is known. */
type Untimed = Omit<RunState, "timeMs" | "world"> & {
  readonly members: readonly Pick<Member, "snapshot" | "pending" | "actors">[];
  readonly world: Omit<World, "parts">;
};

class Followed {
  readonly #model: SystemModel;
  readonly #members: readonly Member[];
  readonly #shared: Record<string, unknown> = {};
  readonly #channels = new Map<string, EventObject[]>();
  #faults: number;

  constructor(model: SystemModel) {
    this.#model = model;
    this.#faults = model.faults ?? Number.POSITIVE_INFINITY;
    for (const channel of Object.keys(model.channels ?? {})) this.#channels.set(channel, []);
    this.#members = Object.entries(model.machines).map(([name, component]) => {
      const stepper = makeStepper(component, { actors: true, effects: true });
      const step = stepper.initial();
      return {
        name,
        stepper,
        snapshot: step.snapshot,
        pending: rearm([], step, 0),
        actors: employ([], step, null),
        step,
      };
    });
    for (const member of this.#members) {
      this.#keepShared(member);
      this.#send(member.name, (member as Member & { readonly step: RawStep }).step);
    }
  }

  take(cause: SystemStep, number: number, constraints: AtLeast[]): Untimed {
    const all = this.#members.flatMap(({ pending }) => pending);
    if ("fault" in cause) {
      this.#fail(cause);
      this.#wait(all, null, number, constraints);
      return this.state(cause, null, null);
    }
    const member =
      this.#members.find(({ name }) => name === cause.machine) ??
      refuse(`there is no machine "${String(cause.machine)}"`);
    if ("event" in cause) {
      if (cause.channel === undefined) this.#checkDeclared(member, cause.event);
      else this.#receive(cause.channel, member.name, cause.event);
      this.#wait(all, null, number, constraints);
      this.#step(member, cause.event, number);
      return this.state(cause, cause.event, null);
    }
    const firing =
      member.pending.find(
        ({ timer }) => timer.label === cause.timer && timer.state === cause.state,
      ) ?? refuse(`no timer "${cause.timer}" of ${member.name} is running`);
    this.#wait(all, firing, number, constraints);
    member.pending = member.pending.filter((other) => other !== firing);
    this.#step(member, firing.timer.event, number);
    return this.state(cause, firing.timer.event, firing);
  }

  state(cause: SystemStep | null, event: EventObject | null, fired: ArmedTimer | null): Untimed {
    const channels = [...this.#channels.values()].map((messages) => [...messages]);
    const parts = this.#members.map((member) => ({
      name: member.name,
      model: this.#model.machines[member.name]!,
      snapshot: this.#current(member),
      pending: member.pending,
      actors: member.actors,
    }));
    const snapshot = compositeState(
      parts,
      [...this.#channels].map(([name, messages]) => ({ name, messages })),
    );
    return {
      snapshot,
      pending: parts.flatMap(({ pending }) => pending),
      cause,
      event,
      fired: fired?.timer ?? null,
      members: parts,
      world: { channels, faults: Number.isFinite(this.#faults) ? this.#faults : 0 },
    };
  }

  /** The member's snapshot with the shared variables as they are now. */
  #current({ name, snapshot }: Member): AnyMachineSnapshot {
    const shares = Object.entries(this.#model.machines[name]!.shares ?? {});
    const context = { ...(snapshot.context as Record<string, unknown>) };
    for (const [field, shared] of shares) context[field] = this.#shared[shared];
    return { ...snapshot, context: Object.freeze(context) } as AnyMachineSnapshot;
  }

  #step(member: Member, event: EventObject, number: number): void {
    if (member.snapshot.status !== "active") return; // it hears nothing any more
    const step = member.stepper.send(this.#current(member), event);
    if (step === null) return;
    member.snapshot = step.snapshot;
    member.actors = employ(member.actors, step, event);
    member.pending = step.snapshot.status === "active" ? rearm(member.pending, step, number) : [];
    this.#keepShared(member);
    this.#send(member.name, step);
  }

  #keepShared({ name, snapshot }: Member): void {
    const context = snapshot.context as Record<string, unknown>;
    for (const [field, shared] of Object.entries(this.#model.machines[name]!.shares ?? {})) {
      this.#shared[shared] = context[field];
    }
  }

  #send(from: string, step: RawStep): void {
    for (const { type, params } of step.actions) {
      if (type !== "xstate.emit") continue;
      const { event } = params as { event: EventObject };
      for (const [name, channel] of Object.entries(this.#model.channels ?? {})) {
        if (![channel.from].flat().includes(from) || !channel.carries.includes(event.type))
          continue;
        const messages = this.#channels.get(name)!;
        if (messages.length < channel.capacity) messages.push(event);
        else if (channel.whenFull !== "drop") throw new Infeasible(`the channel ${name} is full`);
      }
    }
  }

  #receive(name: string, machine: string, event: EventObject): void {
    const channel = this.#channel(name);
    const messages = this.#channels.get(name)!;
    const position = messages.findIndex((message) => canonical(message) === canonical(event));
    const next = channel.order === "any" ? position >= 0 : position === 0;
    if (channel.to !== machine || !next) {
      throw new Infeasible(`${event.type} cannot arrive through ${name}`);
    }
    messages.splice(position, 1);
  }

  #fail(cause: FaultStep): void {
    const channel = this.#channel(cause.channel);
    const messages = this.#channels.get(cause.channel)!;
    const same = (message: EventObject | undefined): boolean =>
      message !== undefined && canonical(message) === canonical(cause.message);
    const position =
      channel.order === "any" ? messages.findIndex((message) => same(message)) : cause.position;
    const allowed = cause.fault === "loses" ? channel.loses : channel.duplicates;
    const room = cause.fault === "loses" || messages.length < channel.capacity;
    if (allowed !== true || this.#faults === 0 || !room || !same(messages[position])) {
      throw new Infeasible(`${cause.channel} cannot fail like this`);
    }
    this.#faults -= 1;
    if (cause.fault === "loses") messages.splice(position, 1);
    else messages.splice(position, 0, messages[position]!);
  }

  #channel(name: string): ChannelDeclaration {
    return this.#model.channels?.[name] ?? refuse(`there is no channel "${name}"`);
  }

  #checkDeclared({ name, actors, snapshot }: Member, event: EventObject): void {
    const model = this.#model.machines[name]!;
    const text = canonical(event);
    if (snapshot.status !== "active") refuse(`${name} has already reached its end`);
    if (declaredEvents(model).some((declared) => canonical(declared) === text)) return;
    if (!answers(model, actors).has(text)) refuse(`${name} declares no event ${text}`);
  }

  /** Every other timer must not be due yet; of two with one deadline the first one set wins. */
  #wait(
    all: readonly ArmedTimer[],
    firing: ArmedTimer | null,
    number: number,
    constraints: AtLeast[],
  ): void {
    for (const other of all) {
      const { since, timer } = other;
      if (other === firing) constraints.push({ earlier: since, later: number, gap: timer.delay });
      constraints.push({ earlier: number, later: since, gap: -timer.delay });
    }
  }
}

function refuse(message: string): never {
  throw new Infeasible(message);
}
