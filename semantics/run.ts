/**
 * Follows a recorded run on a machine: first by pure steps, to see which timers it needs and when
 * they can fire, then on a fresh XState actor with a simulated clock. Only what the actor shows
 * counts as a replay.
 */

import { Actor, type AnyMachineSnapshot, type EventObject } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import type { Json, TraceAction } from "../core/trace.ts";
import { DeadlineClock } from "./clock.ts";
import { messageOf, ModelFault } from "./fault.ts";
import { nodesOf } from "./nodes.ts";
import { answeringActor, answersOf, type PendingActor } from "./packed/pending.ts";
import { declaredEvents, makeStepper, type RawStep, type Stepper, type Timer } from "./stepper.ts";
import type { World } from "./system.ts";
import { earliestTimes, type AtLeast } from "./timing.ts";

/**
 * One step of a recorded run: an event with its payload, or a timer by its name and owner. In a system
 * `machine` says whose it is, `channel` through which an event arrives.
 */
export type RecipeStep =
  | { readonly event: TraceAction; readonly machine?: string; readonly channel?: string }
  | { readonly timer: string; readonly state: string | null; readonly machine?: string };

/** A message is lost or doubled. */
export interface FaultStep {
  readonly fault: "loses" | "duplicates";
  readonly channel: string;
  /** Which message under way, the next one to arrive first. */
  readonly position: number;
  readonly message: TraceAction;
}

export type SystemStep = RecipeStep | FaultStep;

/** A timer that is set at some point of a run. */
export interface ArmedTimer {
  readonly timer: Timer;
  /** Index of the run's state in which it was armed. */
  readonly since: number;
  /** Virtual time at which it fires unless it is cancelled. */
  readonly dueAt: number;
}

export interface RunState {
  readonly snapshot: AnyMachineSnapshot;
  readonly pending: readonly ArmedTimer[];
  /** What led here; null in the first state. */
  readonly cause: SystemStep | null;
  /** The event as XState saw it; null in the first state. */
  readonly event: EventObject | null;
  /** The timer that fired, if one did. */
  readonly fired: Timer | null;
  /** Virtual time in milliseconds. */
  readonly timeMs: number;
  /** In a system: all machines and channels. */
  readonly world?: World;
}

export type Run =
  | { readonly kind: "ran"; readonly states: readonly RunState[] }
  /** The model has no such event, timer or moment. */
  | { readonly kind: "infeasible"; readonly step: number; readonly message: string }
  /** The machine failed on the way. */
  | { readonly kind: "fault"; readonly step: number; readonly fault: ModelFault };

/** Runs the steps on the model as it is now. Steps are counted from 1, as people do. */
export function runRecipe(model: MachineModel, steps: readonly RecipeStep[]): Run {
  const stepper = makeStepper(model, { actors: true });
  const pure = followPurely(model, stepper, steps);
  if (pure.kind !== "ran") return pure;
  const times = earliestTimes(pure.states.length, pure.constraints);
  if (times === null) {
    return {
      kind: "infeasible",
      step: steps.length,
      message:
        "the timers cannot fire in this order on a clock: a timer with an earlier deadline would come first",
    };
  }
  const states = pure.states.map((state, index) => ({
    ...state,
    timeMs: times[index]!,
    pending: state.pending.map(({ timer, since }) => ({
      timer,
      since,
      dueAt: times[since]! + timer.delay,
    })),
  }));
  return followOnActor(stepper, states);
}

type PureRun =
  | {
      readonly kind: "ran";
      readonly states: readonly RunState[];
      readonly constraints: readonly AtLeast[];
    }
  | Exclude<Run, { kind: "ran" }>;

function followPurely(
  model: MachineModel,
  stepper: Stepper,
  steps: readonly RecipeStep[],
): PureRun {
  const declared = new Set(declaredEvents(model).map(canonical));
  const states: RunState[] = [];
  const constraints: AtLeast[] = [];
  let pending: readonly ArmedTimer[] = [];
  let actors: readonly PendingActor[] = [];
  let number = 0;
  const infeasible = (message: string): PureRun => ({ kind: "infeasible", step: number, message });

  try {
    let step: RawStep | null = stepper.initial();
    let { snapshot } = step;
    pending = rearm(pending, step, 0);
    actors = employ(actors, step, null);
    states.push({ snapshot, pending, cause: null, event: null, fired: null, timeMs: 0 });
    for (const cause of steps) {
      number += 1;
      if (snapshot.status !== "active") {
        return infeasible(`step ${number}: the machine has already reached its end`);
      }
      let event: EventObject;
      let firing: ArmedTimer | null = null;
      if ("event" in cause) {
        event = cause.event;
        if (!declared.has(canonical(event)) && !answers(model, actors).has(canonical(event))) {
          return infeasible(
            `step ${number}: the model declares no event ${canonical(cause.event)}`,
          );
        }
      } else {
        firing =
          pending.find(({ timer }) => timer.label === cause.timer && timer.state === cause.state) ??
          null;
        if (firing === null) {
          return infeasible(
            `step ${number}: no timer "${cause.timer}"${cause.state === null ? "" : ` of state ${cause.state}`} is running`,
          );
        }
        event = firing.timer.event;
      }
      constraints.push({ earlier: number - 1, later: number, gap: 0 });
      for (const other of pending) {
        if (other === firing) {
          const { since, timer } = other;
          constraints.push({ earlier: since, later: number, gap: timer.delay });
          constraints.push({ earlier: number, later: since, gap: -timer.delay });
          continue;
        }
        // The other timer must not be due yet; of two with one deadline the first one set wins.
        const wins = firing !== null && pending.indexOf(other) < pending.indexOf(firing);
        const slack = wins ? other.timer.delay - 1 : other.timer.delay;
        constraints.push({ earlier: number, later: other.since, gap: -slack });
      }
      pending = pending.filter((other) => other !== firing);
      step = stepper.send(snapshot, event);
      if (step !== null) {
        ({ snapshot } = step);
        actors = employ(actors, step, event);
        pending = snapshot.status === "active" ? rearm(pending, step, number) : [];
      }
      states.push({
        snapshot,
        pending,
        cause,
        event,
        fired: firing?.timer ?? null,
        timeMs: 0,
      });
    }
  } catch (thrown) {
    if (thrown instanceof ModelFault) return { kind: "fault", step: number, fault: thrown };
    throw thrown;
  }
  return { kind: "ran", states, constraints };
}

/** What the actors that run may answer. */
export function answers(
  model: Pick<MachineModel, "actors">,
  actors: readonly PendingActor[],
): ReadonlySet<string> {
  return new Set(actors.flatMap((actor) => answersOf(model, actor)).map(canonical));
}

/** The actors that run after a step. */
export function employ(
  before: readonly PendingActor[],
  step: RawStep,
  event: EventObject | null,
): readonly PendingActor[] {
  let actors = before.filter(({ id }) => id !== answeringActor(event));
  for (const effect of step.actors) {
    actors = actors.filter(({ id }) => id !== effect.id);
    if (effect.op === "start") actors = [...actors, { id: effect.id, source: effect.source }];
  }
  return step.snapshot.status === "active" ? actors : [];
}

export function rearm(
  pending: readonly ArmedTimer[],
  step: RawStep,
  since: number,
): readonly ArmedTimer[] {
  let next = pending;
  for (const effect of step.effects) {
    next =
      effect.op === "cancel"
        ? next.filter(({ timer }) => timer.id !== effect.id)
        : [...next, { timer: effect.timer, since, dueAt: Number.NaN }]; // known once times are
  }
  return next;
}

function followOnActor(stepper: Stepper, states: readonly RunState[]): Run {
  const clock = new DeadlineClock();
  const actor = quietActor(stepper, clock);
  let thrown: unknown = null;
  actor.subscribe({ error: (error) => (thrown = error) });
  actor.start();
  const seen: RunState[] = [];
  try {
    for (const [index, state] of states.entries()) {
      if (state.cause !== null) {
        if (state.fired === null) {
          clock.moveTo(state.timeMs);
          actor.send(state.event!);
        } else {
          clock.fireNext();
        }
      }
      const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
      if (thrown !== null || snapshot.status === "error") {
        const fault = new ModelFault("VRF104", `the running machine threw: ${messageOf(thrown)}`);
        return { kind: "fault", step: index, fault };
      }
      if (clock.now() !== state.timeMs || !sameState(snapshot, state.snapshot)) {
        return {
          kind: "infeasible",
          step: index,
          message: `step ${index}: the running machine went another way than the recorded run`,
        };
      }
      seen.push({ ...state, snapshot });
    }
  } finally {
    actor.stop();
  }
  return { kind: "ran", states: seen };
}

/**
 * An actor that runs the machine but not the user's effects: they are outside the model, and a
 * checker must not send mail. XState has no option for it, so its action executor is filtered.
 */
/* oxlint-disable no-underscore-dangle -- XState's internals are named like this */
function quietActor(stepper: Stepper, clock: DeadlineClock): Actor<Stepper["machine"]> {
  interface Internals {
    _actorScope: { actionExecutor: (action: { type: string }) => void };
    _initState: (persisted?: unknown) => void;
  }
  class Quiet extends Actor<Stepper["machine"]> {}
  const inherited = Actor.prototype as unknown as Internals;
  Reflect.set(Quiet.prototype, "_initState", function (this: Internals, persisted?: unknown) {
    const execute = this._actorScope.actionExecutor;
    this._actorScope.actionExecutor = (action) => {
      if (action.type === "xstate.raise" || action.type === "xstate.cancel") execute(action);
    };
    inherited._initState.call(this, persisted);
  });
  return new Quiet(stepper.machine, { input: stepper.input, clock });
}
/* oxlint-enable no-underscore-dangle */

/** Equal in everything that decides about the future, running timers apart. */
export function sameState(a: AnyMachineSnapshot, b: AnyMachineSnapshot): boolean {
  const shape = (snapshot: AnyMachineSnapshot): string =>
    canonical({
      status: snapshot.status,
      nodes: nodesOf(snapshot).map((node) => node.id),
      history: Object.fromEntries(
        Object.entries(
          snapshot.historyValue as unknown as Record<string, readonly { readonly id: string }[]>,
        ).map(([id, nodes]) => [id, nodes.map((node) => node.id).toSorted()]),
      ),
      context: snapshot.context as Json,
    });
  return shape(a) === shape(b);
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
