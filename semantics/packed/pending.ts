/** What a machine is waiting for: running timers and running actors, as numbered sets. */

import type { EventObject } from "xstate";

import type { MachineModel } from "../../core/subject.ts";
import { ModelFault } from "../fault.ts";
import type { Timer } from "../stepper.ts";
import type { Effects } from "../trace/oracle.ts";

export interface PendingTimer {
  readonly timer: Timer;
  /** Time to run in milliseconds; null when any moment is possible. */
  readonly remaining: number | null;
}

export interface PendingActor {
  readonly id: string;
  readonly source: string;
}

export interface PendingSet {
  /** In the order in which they were set. */
  readonly timers: readonly PendingTimer[];
  readonly actors: readonly PendingActor[];
}

export const timerKey = (timer: Timer): string => `${JSON.stringify(timer.event)}#${timer.id}`;

/** Every answer that a running actor may give. */
export function answersOf(
  { actors }: Pick<MachineModel, "actors">,
  { id, source }: PendingActor,
): readonly EventObject[] {
  const { done = [], error = [] } = actors?.[source] ?? {};
  return [
    ...done.map((output) => ({ type: `xstate.done.actor.${id}`, output, actorId: id })),
    ...error.map((reason) => ({ type: `xstate.error.actor.${id}`, error: reason, actorId: id })),
  ];
}

/** The actor whose answer an event is. */
export const answeringActor = (event: EventObject | null): string | null =>
  /^xstate\.(?:done|error)\.actor\./u.test(event?.type ?? "")
    ? String((event as { readonly actorId?: unknown }).actorId)
    : null;

export class PendingSets {
  readonly #sets: PendingSet[] = [];
  readonly #ids = new Map<string, number>();
  /** Milliseconds per tick; null when time is not counted. */
  readonly tick: number | null;

  /** Time goes from deadline to deadline, not in ticks. */
  readonly #jumps: boolean;

  constructor(tick: number | null, jumps = false) {
    this.tick = tick;
    this.#jumps = jumps;
    this.idOf({ timers: [], actors: [] }); // number 0
  }

  size(): number {
    return this.#sets.length;
  }

  hasTimers(): boolean {
    return this.#sets.some(({ timers }) => timers.length > 0);
  }

  get(id: number): PendingSet {
    return this.#sets[id]!;
  }

  idOf(set: PendingSet): number {
    const key = [
      ...set.timers
        .map(({ timer, remaining }) => `${timerKey(timer)}@${String(remaining)}`)
        .toSorted(),
      ...set.actors.map(({ id, source }) => `${id}<${source}`).toSorted(),
    ].join("\n");
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#sets.length;
      this.#ids.set(key, id);
      this.#sets.push(set);
    }
    return id;
  }

  /** @throws {ModelFault} VRF106 for a timer that is set twice, or a delay between two ticks */
  apply(id: number, { timers: timerEffects, actors: actorEffects }: Effects): number {
    let { timers, actors } = this.get(id);
    for (const effect of timerEffects) {
      if (effect.op === "cancel") {
        timers = timers.filter(({ timer }) => timer.id !== effect.id);
        continue;
      }
      const { timer } = effect;
      if (timer.id !== null && timers.some((other) => other.timer.id === timer.id)) {
        throw new ModelFault(
          "VRF106",
          `the timer "${timer.id}" is started again while it is pending; XState then runs both, and only the later one can be cancelled`,
          "cancel it first",
        );
      }
      if (this.tick !== null && timer.delay % this.tick !== 0) {
        throw new ModelFault(
          "VRF106",
          `the delay ${timer.delay} of "${timer.label}" is not a multiple of the tick ${this.tick}`,
          'only constant delays can be explored in time: "discrete"',
        );
      }
      timers = [...timers, { timer, remaining: this.tick === null ? null : timer.delay }];
    }
    for (const effect of actorEffects) {
      actors = actors.filter((actor) => actor.id !== effect.id);
      if (effect.op === "start") actors = [...actors, { id: effect.id, source: effect.source }];
    }
    return this.idOf({ timers, actors });
  }

  /** The set after one of its timers has fired. */
  fired(id: number, key: string): number {
    const { timers, actors } = this.get(id);
    const index = timers.findIndex(
      ({ timer, remaining }) => timerKey(timer) === key && (remaining ?? 0) === 0,
    );
    return this.idOf({ timers: timers.filter((_, position) => position !== index), actors });
  }

  answered(id: number, actor: string): number {
    const { timers, actors } = this.get(id);
    return this.idOf({ timers, actors: actors.filter((other) => other.id !== actor) });
  }

  afterTick(id: number): number {
    const { tick } = this;
    return tick === null || this.#jumps ? id : this.after(id, tick);
  }

  /** Milliseconds to the first deadline; null when no timer runs. */
  firstDeadline(id: number): number | null {
    const { timers } = this.get(id);
    return timers.length === 0 ? null : Math.min(...timers.map(({ remaining }) => remaining ?? 0));
  }

  /** The set some milliseconds later, none of its deadlines being passed by. */
  after(id: number, ms: number): number {
    const { timers, actors } = this.get(id);
    return this.idOf({
      timers: timers.map(({ timer, remaining }) => ({ timer, remaining: remaining! - ms })),
      actors,
    });
  }
}
