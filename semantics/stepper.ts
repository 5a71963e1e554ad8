/**
 * One macrostep of a machine, by XState's own `machine.transition`. SCXML is not implemented here:
 * whatever XState does with an event is what the model does.
 */

import {
  createActor,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventObject,
} from "xstate";

import type { MachineModel } from "../core/subject.ts";
import type { TraceAction } from "../core/trace.ts";
import { ModelFault, messageOf } from "./fault.ts";
import { allNodes, pathOf, type TransitionLike } from "./nodes.ts";

/** A delayed event of the machine to itself: `after`, or `raise` with a delay. */
export interface Timer {
  /** XState's id of the scheduled event; null when it was raised without one. */
  readonly id: string | null;
  readonly event: EventObject;
  /** Milliseconds from arming to firing. */
  readonly delay: number;
  /** For people and for replay: `after resetTimeout`. */
  readonly label: string;
  /** Path of the state that owns an `after`; null for a delayed `raise`. */
  readonly state: string | null;
}

export type TimerEffect =
  { readonly op: "arm"; readonly timer: Timer } | { readonly op: "cancel"; readonly id: string };

/** An actor that the machine starts, or stops by its id. */
export type ActorEffect =
  | { readonly op: "start"; readonly id: string; readonly source: string }
  | { readonly op: "stop"; readonly id: string };

/** An action as XState hands it out for execution. */
export interface TakenAction {
  readonly type: string;
  readonly params: unknown;
}

export interface RawStep {
  readonly snapshot: AnyMachineSnapshot;
  readonly effects: readonly TimerEffect[];
  readonly actors: readonly ActorEffect[];
  /** Everything that XState would execute now, in order. */
  readonly actions: readonly TakenAction[];
}

export interface Stepper {
  /** A copy of the model's machine with a finite limit on microsteps. */
  readonly machine: AnyStateMachine;
  readonly input: Readonly<Record<string, unknown>>;
  initial(): RawStep;
  /** null: the machine ignores the event, nothing changes. */
  send(snapshot: AnyMachineSnapshot, event: EventObject): RawStep | null;
}

/** More microsteps than any sensible macrostep takes; beyond it the step is called divergent. */
const maxMicrosteps = 1_000;

/** The machine's input: the explored value of each parameter, and the model's fixed input. */
export function inputOf(
  model: MachineModel,
  parameters: Readonly<Record<string, number>> = exploredParameters(model),
): Readonly<Record<string, unknown>> {
  return { ...model.input, ...parameters };
}

export function exploredParameters(model: MachineModel): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(model.parameters ?? {}).map(([name, declared]) => [name, declared.explore]),
  );
}

/** The name of a timer for people, and the state that owns it. */
export type TimerNames = ReadonlyMap<string, { readonly label: string; readonly state: string }>;

export function timerNames(machine: AnyStateMachine): TimerNames {
  const names = new Map<string, { label: string; state: string }>();
  for (const node of allNodes(machine)) {
    for (const after of node.after) {
      names.set(after.eventType, { label: `after ${after.delay}`, state: pathOf(node) });
    }
  }
  return names;
}

/** A finite copy: the same machine, but a cycle of microsteps ends in an error. */
export function withMicrostepLimit(machine: AnyStateMachine): AnyStateMachine {
  const copy = machine.provide({});
  const limit = copy.options.maxIterations;
  if (limit === undefined || !Number.isFinite(limit)) copy.options.maxIterations = maxMicrosteps;
  return copy;
}

/**
 * @param options `actors`: allow the actors that `model.actors` declares; whoever asks for it must
 * follow `RawStep.actors`. `effects`: report an event also when all that it does is effects
 * outside the model. `microstep`: told of each, with the transitions that it took.
 */
export function makeStepper(
  model: MachineModel,
  options: {
    readonly actors?: boolean;
    readonly effects?: boolean;
    readonly microstep?: (
      snapshot: AnyMachineSnapshot,
      transitions: readonly TransitionLike[],
    ) => void;
  } = {},
): Stepper {
  const machine = withMicrostepLimit(model.machine);
  const input = inputOf(model);
  const names = timerNames(machine);
  const declared = new Map(
    model.events.map((event) => [event.type, new Set(Object.keys(event))] as const),
  );
  // Never started: it only lends its identity to the scope, as xstate's own `transition()` does.
  const self = createActor(machine, { input });
  const { microstep } = options;
  if (microstep !== undefined) {
    self.system.inspect((told) => {
      if (told.type !== "@xstate.microstep") return;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion, no-underscore-dangle -- XState types these as any
      microstep(told.snapshot as AnyMachineSnapshot, told._transitions as never);
    });
  }
  const allowed = options.actors === true ? (model.actors ?? {}) : {};
  let effects: TimerEffect[] = [];
  let actors: ActorEffect[] = [];
  let actions: TakenAction[] = [];
  let fault: ModelFault | null = null; // kept here because XState wraps what a guard throws
  const scope = {
    self,
    system: self.system,
    id: "",
    sessionId: "",
    logger: () => {},
    defer: () => {},
    stopChild: () => {},
    emit: () => {},
    actionExecutor: ({ type, params }: TakenAction) => {
      const action = { type, params };
      actions.push(action);
      const effect = timerEffect(action, names);
      if (effect !== null) effects.push(effect);
      const actor = actorEffect(action, allowed);
      if (actor !== null) actors.push(actor);
    },
  };

  const run = (what: string, step: () => AnyMachineSnapshot): RawStep => {
    effects = [];
    actors = [];
    actions = [];
    fault = null;
    let snapshot: AnyMachineSnapshot;
    try {
      snapshot = step();
    } catch (thrown) {
      throw fault ?? asFault(thrown, what);
    }
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- set from within the step
    if (fault !== null) throw fault as ModelFault;
    if (snapshot.status === "error") throw asFault(snapshot.error, what);
    if (options.actors !== true && Object.keys(snapshot.children).length > 0) {
      throw actorsUnsupported(what);
    }
    Object.freeze(snapshot.context); // an action that writes in place must not reach stored states
    return { snapshot, effects, actors, actions };
  };

  return {
    machine,
    input,
    initial: () =>
      // oxlint-disable-next-line typescript/no-explicit-any -- the scope of xstate's own transition()
      run("starting the machine", () => machine.getInitialSnapshot(scope as any, input)),
    send(snapshot, event) {
      const fields = declared.get(event.type);
      const watched =
        fields === undefined
          ? event
          : watchReads(event, fields, (field) => {
              fault = undeclaredField(event.type, field);
              throw fault;
            });
      const step = run(`event ${event.type}`, () =>
        // oxlint-disable-next-line typescript/no-explicit-any -- the scope of xstate's own transition()
        machine.transition(snapshot, watched, scope as any),
      );
      const silent =
        step.effects.length === 0 && (options.effects !== true || step.actions.length === 0);
      return step.snapshot === snapshot && silent ? null : step;
    },
  };
}

function timerEffect(
  action: { readonly type: string; readonly params: unknown },
  names: TimerNames,
): TimerEffect | null {
  switch (action.type) {
    case "xstate.raise": {
      const { event, id, delay } = action.params as {
        event: EventObject;
        id: string | undefined;
        delay: number | undefined;
      };
      if (typeof delay !== "number") return null; // raised at once, inside the macrostep
      if (!Number.isFinite(delay) || delay < 0) {
        throw new ModelFault("VRF106", `the delay of ${event.type} is ${delay}, not a time`);
      }
      const name = names.get(event.type);
      return {
        op: "arm",
        timer: {
          id: id ?? null,
          event,
          delay,
          label: name?.label ?? `delayed ${event.type}`,
          state: name?.state ?? null,
        },
      };
    }
    case "xstate.cancel":
      return { op: "cancel", id: (action.params as { sendId: string }).sendId };
    default:
      return null; // log, emit and the user's own actions: effects outside the model
  }
}

function actorEffect(
  action: TakenAction,
  allowed: Readonly<Record<string, unknown>>,
): ActorEffect | null {
  switch (action.type) {
    case "xstate.spawnChild": {
      const { actorRef, id, src } = action.params as {
        actorRef: { readonly id: string } | undefined;
        id: string | undefined;
        src: unknown;
      };
      const name = actorRef?.id ?? id ?? "";
      const source = typeof src === "string" && src in allowed ? src : name;
      if (!(source in allowed)) throw actorsUnsupported(`the actor "${name}"`);
      return { op: "start", id: name, source };
    }
    case "xstate.stopChild": {
      const ref = action.params as { readonly id: string } | string | undefined;
      return ref === undefined ? null : { op: "stop", id: typeof ref === "string" ? ref : ref.id };
    }
    case "xstate.sendTo":
      // What is sent to an actor whose answers are the environment's choice changes nothing.
      if (Object.keys(allowed).length > 0) return null;
      throw actorsUnsupported(`action ${action.type}`);
    default:
      return null;
  }
}

function actorsUnsupported(what: string): ModelFault {
  return new ModelFault(
    "VRF106",
    `${what}: other actors (invoke, spawn, sendTo) are explored only where the model declares their answers`,
    "declare under actors what it may answer: actors: { source: { done: [output, …], error: [error, …] } }",
  );
}

function asFault(thrown: unknown, what: string): ModelFault {
  if (thrown instanceof ModelFault) return thrown;
  const message = messageOf(thrown);
  if (message.startsWith("Infinite loop detected")) {
    return new ModelFault(
      "VRF107",
      `${what} never settles: ${message}`,
      "break the cycle of eventless transitions or raised events",
      thrown,
    );
  }
  return new ModelFault(
    "VRF104",
    `${what}: a guard or an action threw: ${message}`,
    "guards and assignments must be defined in every reachable state",
    thrown,
  );
}

/** An event that reports the reading of a field which its declaration does not have. */
export function watchReads(
  event: EventObject,
  fields: ReadonlySet<string>,
  report: (field: string) => void,
): EventObject {
  return new Proxy(event, {
    get(target, field, receiver) {
      if (typeof field === "string" && !fields.has(field) && !(field in Object.prototype)) {
        report(field);
      }
      const value: unknown = Reflect.get(target, field, receiver);
      return value;
    },
  });
}

export function undeclaredField(type: string, field: string): ModelFault {
  return new ModelFault(
    "VRF101",
    `the machine reads the field "${field}" of event ${type}, which its declaration does not have`,
    `declare its values: { type: "${type}", ${field}: [ … ] }`,
  );
}

/** Every event that the environment may send: the product of the declared payload values. */
export function declaredEvents(model: MachineModel): readonly TraceAction[] {
  return model.events.flatMap((declaration) => {
    let variants: TraceAction[] = [{ type: declaration.type }];
    for (const [field, values] of Object.entries(declaration)) {
      if (field === "type" || typeof values === "string") continue;
      variants = variants.flatMap((variant) =>
        values.map((value) => ({ ...variant, [field]: value })),
      );
    }
    return variants;
  });
}
