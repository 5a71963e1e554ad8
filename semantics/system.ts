/**
 * A machine as a transition system on integers: states and actions are numbered in the order in
 * which they are met, so that everything above works on arrays of integers and does not know how a
 * state is represented. See docs/semantics.md for what a state holds and how time passes.
 */

import type { AnyMachineSnapshot } from "xstate";

import type { MachineModel, VariableType } from "../core/subject.ts";
import type { Scalar, TraceAction } from "../core/trace.ts";
import type { TimeMode } from "../core/verdict.ts";
import { ModelFault } from "./fault.ts";
import { activePaths, entryOrderMatters, nodesOf } from "./nodes.ts";
import {
  declaredEvents,
  exploredParameters,
  makeStepper,
  type RawStep,
  type Stepper,
  type Timer,
  type TimerEffect,
} from "./stepper.ts";
import { tickOf } from "./ticks.ts";

export type StateId = number;
export type ActionId = number;

/** Something that can happen: an event from outside, a timer that fires, or time that passes. */
export type Action =
  | { readonly kind: "event"; readonly event: TraceAction }
  | { readonly kind: "timer"; readonly timer: Timer }
  | { readonly kind: "tick"; readonly ms: number };

export interface System {
  readonly time: TimeMode;
  readonly parameters: Readonly<Record<string, number>>;
  readonly stepper: Stepper;
  /** @throws {ModelFault} when the machine cannot even start */
  initial(): StateId;
  /**
   * What can happen in a state, as pairs `action, target` in a flat array. An event that the machine
   * ignores has no pair; a step that leads back to the same state has.
   * @throws {ModelFault} when a guard or action throws, a value leaves its range …
   */
  successors(state: StateId): readonly number[];
  /** Which pending timers an action cancels or re-arms in a state: they do not stay pending. */
  interrupted(state: StateId, action: ActionId): ReadonlySet<string>;
  /** The declared events come first, then timers in the order in which they were met. */
  action(id: ActionId): Action;
  readonly eventCount: number;
  snapshot(state: StateId): AnyMachineSnapshot;
  /** The pending timers. */
  timers(state: StateId): readonly Timer[];
  /** Dotted paths of the active leaves. */
  active(state: StateId): readonly string[];
  /** `state` and every variable: what a person wants to know about a state. */
  describe(state: StateId): Readonly<Record<string, Scalar>>;
  /** Has the machine reached its end? Then nothing moves it any more. */
  isDone(state: StateId): boolean;
  /** The number of a state that was met elsewhere, e.g. at the end of a run on a clock. */
  adopt(
    snapshot: AnyMachineSnapshot,
    pending: readonly { readonly timer: Timer; readonly remaining: number }[],
  ): StateId;
  /** Number of states met so far. */
  size(): number;
}

interface Pending {
  readonly timer: Timer;
  /** Time to run in milliseconds; null when any moment is possible. */
  readonly remaining: number | null;
}

interface Stored {
  readonly snapshot: AnyMachineSnapshot;
  readonly pending: readonly Pending[];
}

export const timerKey = (timer: Timer): string => `${JSON.stringify(timer.event)}#${timer.id}`;

/** @throws {DiagnosticError} when the model's time mode cannot be honoured */
export function compileMachine(model: MachineModel): System {
  const stepper = makeStepper(model);
  const parameters = exploredParameters(model);
  const time = model.time ?? "untimed";
  const tick = time === "discrete" ? tickOf(stepper.machine) : null;
  const orderMatters = entryOrderMatters(stepper.machine);
  const variables = Object.entries(model.variables ?? {});
  const constants = { ...model.input, ...parameters };

  const stored: Stored[] = [];
  const ids = new Map<string, StateId>();
  const actions: Action[] = declaredEvents(model).map((event) => ({ kind: "event", event }));
  const eventCount = actions.length;
  const actionIds = new Map<string, ActionId>();

  const intern = (next: Stored): StateId => {
    const key = keyOf(next);
    let id = ids.get(key);
    if (id === undefined) {
      id = stored.length;
      ids.set(key, id);
      stored.push(next);
    }
    return id;
  };

  const keyOf = ({ snapshot, pending }: Stored): string => {
    const orders = nodesOf(snapshot).map((node) => node.order);
    if (!orderMatters) orders.sort((a, b) => a - b);
    const history = Object.entries(
      snapshot.historyValue as unknown as Record<string, readonly { readonly order: number }[]>,
    )
      .map(([id, nodes]) =>
        [id, ...nodes.map(({ order }) => order).toSorted((a, b) => a - b)].join(),
      )
      .toSorted();
    const context = snapshot.context as Record<string, unknown>;
    const values = variables.map(([name, type]) => encode(name, type, context[name]));
    const timers = pending
      .map(
        ({ timer, remaining }) => `${timerKey(timer)}${remaining === null ? "" : `@${remaining}`}`,
      )
      .toSorted();
    return [snapshot.status, orders.join(), history.join(";"), values.join("|"), ...timers].join(
      "\n",
    );
  };

  /** @throws {ModelFault} for a context field that is not declared or changes against its declaration */
  const checkFields = (context: Record<string, unknown>): void => {
    for (const [name, value] of Object.entries(context)) {
      if (model.variables !== undefined && name in model.variables) continue;
      if (!(name in constants)) {
        throw new ModelFault(
          "VRF102",
          `the context field "${name}" is not declared`,
          `add it to the model's variables: ${name}: { int: [lo, hi] }, "bool" or { enum: [ … ] }`,
        );
      }
      if (!Object.is(value, constants[name])) {
        throw new ModelFault(
          "VRF102",
          `the context field "${name}" is declared as a constant (${JSON.stringify(constants[name])}) but became ${JSON.stringify(value)}`,
          "declare it under variables instead of parameters or input",
        );
      }
    }
  };

  const settle = (step: RawStep, before: readonly Pending[]): Stored => {
    checkFields(step.snapshot.context as Record<string, unknown>);
    if (step.snapshot.status !== "active") return { snapshot: step.snapshot, pending: [] };
    return { snapshot: step.snapshot, pending: applyEffects(before, step.effects, tick) };
  };

  /** Runs a step twice: whatever differs was not decided by the state and the event. */
  const twice = (run: () => Stored | null): Stored | null => {
    const first = run();
    const second = run();
    const same =
      first === null || second === null ? first === second : keyOf(first) === keyOf(second);
    if (!same) {
      throw new ModelFault(
        "VRF105",
        "the same event in the same state led to two different states",
        "guards and actions may depend on the context and the event only, not on time, randomness or outside variables",
      );
    }
    return first;
  };

  const perform = (from: Stored, action: Action): Stored | null => {
    if (action.kind === "tick") {
      return {
        snapshot: from.snapshot,
        pending: from.pending.map(({ timer, remaining }) => ({
          timer,
          remaining: remaining === null ? null : remaining - action.ms,
        })),
      };
    }
    if (action.kind === "event") {
      return twice(() => {
        const step = stepper.send(from.snapshot, action.event);
        return step === null ? null : settle(step, from.pending);
      });
    }
    const key = timerKey(action.timer);
    const index = from.pending.findIndex(({ timer }) => timerKey(timer) === key);
    const rest = from.pending.filter((_, position) => position !== index);
    return twice(() => {
      const step = stepper.send(from.snapshot, action.timer.event);
      return step === null ? { snapshot: from.snapshot, pending: rest } : settle(step, rest);
    });
  };

  const actionId = (action: Action): ActionId => {
    const key = action.kind === "timer" ? timerKey(action.timer) : "tick";
    let id = actionIds.get(key);
    if (id === undefined) {
      id = actions.length;
      actionIds.set(key, id);
      actions.push(action);
    }
    return id;
  };

  const possible = (from: Stored): readonly ActionId[] => {
    if (from.snapshot.status !== "active") return [];
    const due = from.pending.filter(({ remaining }) => remaining === null || remaining === 0);
    const fire = [...new Set(due.map(({ timer }) => actionId({ kind: "timer", timer })))];
    const waits = tick !== null && due.length === 0 && from.pending.length > 0;
    return [
      ...Array.from({ length: eventCount }, (_, index) => index),
      ...fire,
      ...(waits ? [actionId({ kind: "tick", ms: tick })] : []),
    ];
  };

  return {
    time,
    parameters,
    stepper,
    eventCount,
    initial: () => intern(twice(() => settle(stepper.initial(), []))!),
    successors(state) {
      const from = stored[state]!;
      const pairs: number[] = [];
      for (const id of possible(from)) {
        let next: Stored | null;
        try {
          next = perform(from, actions[id]!);
          if (next !== null) pairs.push(id, intern(next));
        } catch (thrown) {
          if (thrown instanceof ModelFault) throw new FaultInStep(thrown, id);
          throw thrown;
        }
      }
      return pairs;
    },
    interrupted(state, action) {
      const from = stored[state]!;
      const what = actions[action]!;
      if (what.kind === "tick") return new Set();
      const event = what.kind === "event" ? what.event : what.timer.event;
      const step = stepper.send(from.snapshot, event);
      const touched = new Set(what.kind === "timer" ? [timerKey(what.timer)] : []);
      for (const effect of step?.effects ?? []) {
        for (const { timer } of from.pending) {
          const id = effect.op === "cancel" ? effect.id : effect.timer.id;
          if (timer.id !== null && timer.id === id) touched.add(timerKey(timer));
        }
      }
      return touched;
    },
    action: (id) => actions[id]!,
    snapshot: (state) => stored[state]!.snapshot,
    timers: (state) => stored[state]!.pending.map(({ timer }) => timer),
    active: (state) => activePaths(stored[state]!.snapshot),
    describe: (state) => describeSnapshot(stored[state]!.snapshot, model),
    isDone: (state) => stored[state]!.snapshot.status !== "active",
    adopt: (snapshot, pending) =>
      intern({
        snapshot,
        pending: pending.map(({ timer, remaining }) => ({
          timer,
          remaining: tick === null ? null : remaining,
        })),
      }),
    size: () => stored.length,
  };
}

/** A fault together with the action that ran into it. */
export class FaultInStep extends Error {
  readonly fault: ModelFault;
  readonly action: ActionId;

  constructor(fault: ModelFault, action: ActionId) {
    super(fault.message, { cause: fault });
    this.fault = fault;
    this.action = action;
  }
}

/** `state` and the variables of a snapshot, as they appear in traces and in `at`. */
export function describeSnapshot(
  snapshot: AnyMachineSnapshot,
  model: MachineModel,
): Readonly<Record<string, Scalar>> {
  const context = snapshot.context as Record<string, unknown>;
  const described: Record<string, Scalar> = { state: activePaths(snapshot).join("+") };
  for (const name of Object.keys(model.variables ?? {})) {
    const value = context[name];
    described[name] =
      typeof value === "number" || typeof value === "boolean" || typeof value === "string"
        ? value
        : null;
  }
  return described;
}

/** The value as text for the state's key; the declared range is checked on the way. */
function encode(name: string, type: VariableType, value: unknown): string {
  if (type === "bool") {
    if (typeof value === "boolean") return value ? "1" : "0";
  } else if ("int" in type) {
    const [low, high] = type.int;
    if (Number.isSafeInteger(value)) {
      const number = value as number;
      if (number >= low && (high === null || number <= high)) return String(number);
    }
  } else {
    const index = type.enum.indexOf(value as string);
    if (index >= 0) return String(index);
  }
  throw new ModelFault(
    "VRF103",
    `the variable "${name}" became ${JSON.stringify(value) ?? "undefined"}, declared is ${rangeText(type)}`,
    "widen the declared range, or mend the guard that should keep the value inside",
  );
}

export function rangeText(type: VariableType): string {
  if (type === "bool") return "true or false";
  if ("int" in type) return `an integer from ${type.int[0]} to ${type.int[1] ?? "unlimited"}`;
  return `one of ${type.enum.join(", ")}`;
}

function applyEffects(
  before: readonly Pending[],
  effects: readonly TimerEffect[],
  tick: number | null,
): readonly Pending[] {
  let pending = before;
  for (const effect of effects) {
    if (effect.op === "cancel") {
      pending = pending.filter(({ timer }) => timer.id !== effect.id);
      continue;
    }
    const { timer } = effect;
    if (timer.id !== null && pending.some((other) => other.timer.id === timer.id)) {
      throw new ModelFault(
        "VRF106",
        `the timer "${timer.id}" is started again while it is pending; XState then runs both, and only the later one can be cancelled`,
        "cancel it first",
      );
    }
    if (tick !== null && timer.delay % tick !== 0) {
      throw new ModelFault(
        "VRF106",
        `the delay ${timer.delay} of "${timer.label}" is not a multiple of the tick ${tick}`,
        'only constant delays can be explored in time: "discrete"',
      );
    }
    pending = [...pending, { timer, remaining: tick === null ? null : timer.delay }];
  }
  return pending;
}
