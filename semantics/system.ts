/**
 * A machine, or several, as a transition system on integers: states and actions are numbered in the
 * order in which they are met, so that everything above works on arrays of integers and does not
 * know how a state is represented. See docs/semantics.md for what a state holds and how time passes.
 */

import type { AnyMachineSnapshot, EventObject } from "xstate";

import type { MachineCoverage } from "../core/coverage.ts";
import type { ModelState } from "../core/property.ts";
import type { MachineModel } from "../core/subject.ts";
import type { AnyModel, SystemModel } from "../core/system.ts";
import type { Scalar, TraceAction } from "../core/trace.ts";
import type { TimeMode } from "../core/verdict.ts";
import { describeSnapshot } from "./describe.ts";
import { compositeState } from "./composite.ts";
import { ModelFault } from "./fault.ts";
import { activePaths } from "./nodes.ts";
import type { ChannelFault } from "./packed/channel.ts";
import { actionOf, channelAction, Expander, tickAction, type Sink } from "./packed/expand.ts";
import { Frontier } from "./packed/frontier.ts";
import { FieldTooNarrow } from "./packed/layout.ts";
import { NarrowSearch } from "./packed/narrow.ts";
import { timerKey, type PendingActor } from "./packed/pending.ts";
import { Product } from "./packed/product.ts";
import { Selection } from "./packed/selection.ts";
import { StateStore } from "./packed/store.ts";
import { copyWords } from "./packed/words.ts";
import { exploredParameters, type TakenAction, type Timer } from "./stepper.ts";

export { describeSnapshot } from "./describe.ts";
export { timerKey } from "./packed/pending.ts";

export type StateId = number;
export type ActionId = number;

/** Something that can happen. `machine` names the component of a system; absent in a lone machine. */
export type Action =
  | { readonly kind: "event"; readonly event: TraceAction; readonly machine?: string }
  | { readonly kind: "timer"; readonly timer: Timer; readonly machine?: string }
  | { readonly kind: "tick"; readonly ms: number }
  /** A message arrives. */
  | {
      readonly kind: "delivery";
      readonly event: TraceAction;
      readonly channel: string;
      readonly machine: string;
    }
  /** A message is lost or doubled. */
  | { readonly kind: "fault"; readonly fault: ChannelFault; readonly channel: string };

/** The event that a machine sees; null when time passes or a channel fails. */
export function eventOfAction(action: Action): TraceAction | EventObject | null {
  switch (action.kind) {
    case "event":
    case "delivery":
      return action.event;
    case "timer":
      return action.timer.event;
    case "tick":
    case "fault":
      return null;
  }
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

/** Where a run ended. */
export interface RunEnd {
  readonly snapshot: AnyMachineSnapshot;
  readonly pending: readonly { readonly timer: Timer; readonly dueAt: number }[];
  readonly timeMs: number;
  readonly world?: World;
}

/** A state of several machines, taken apart. */
export interface World {
  readonly parts: readonly {
    readonly snapshot: AnyMachineSnapshot;
    readonly timers: readonly { readonly timer: Timer; readonly remaining: number }[];
    readonly actors: readonly PendingActor[];
  }[];
  /** The messages under way, by channel. */
  readonly channels: readonly (readonly EventObject[])[];
  /** Faults that may still happen; any number where there is no budget. */
  readonly faults: number;
}

/** A machine with its treatment of time. @throws {DiagnosticError} when that cannot be honoured */
export function compileMachine(model: MachineModel): System {
  const { time = "untimed", ...machine } = model;
  return new System(
    {
      machines: { [model.machine.id]: machine },
      time,
    },
    model,
  );
}

export const compileModel = (model: AnyModel): System =>
  "machines" in model ? compileSystem(model) : compileMachine(model);

/** A fresh system whose state 0 is the end of a run that was followed on a clock. */
export function startAt({ snapshot, pending, timeMs, world }: RunEnd, model: AnyModel): System {
  const system = compileModel(model);
  const timers = pending.map(({ timer, dueAt }) => ({ timer, remaining: dueAt - timeMs }));
  if (world === undefined) system.adopt(snapshot, timers);
  else system.adoptWorld(world);
  return system;
}

/** @throws {DiagnosticError} when the declarations do not fit together */
export const compileSystem = (model: SystemModel): System => new System(model);

/** The edges of one state, before their targets have numbers. */
export interface Edges {
  length: number;
  /** Codes of actions as `semantics/packed/expand.ts` makes them. */
  readonly actions: Int32Array;
  /** The targets, packed, one after the other. */
  readonly states: Uint32Array;
}

/** Leaves out edges of a state, or replaces their targets, before these are numbered. */
export interface Reduction {
  /** @param words the state, packed */
  apply(edges: Edges, state: StateId, words: Uint32Array): void;
}

export class System {
  readonly time: TimeMode;
  readonly parameters: Readonly<Record<string, number>>;
  /** The declared events come first, then everything else in the order in which it was met. */
  readonly eventCount: number;
  readonly product: Product;
  readonly #model: AnyModel;
  readonly #lone: boolean;
  #store: StateStore;
  #expander: Expander;
  #current: Uint32Array;
  #frontier: Frontier;
  #narrow: NarrowSearch;
  #limits = 0;
  /** Edges of the state that was expanded last. */
  readonly #edges = new EdgeBuffer();
  readonly #actions: Action[] = [];
  readonly #codes: number[] = [];
  readonly #actionIds = new Map<number, ActionId>();
  #reduction: Reduction | null = null;

  /** @param lone the model of which `model` is the only machine */
  constructor(model: SystemModel, lone: MachineModel | null = null) {
    this.#lone = lone !== null;
    this.#model = lone ?? model;
    this.product = new Product(model);
    this.time = model.time ?? "untimed";
    this.parameters = Object.fromEntries(
      this.product.components.flatMap(({ name, model: component }) =>
        Object.entries(exploredParameters(component)).map(([parameter, value]) => [
          this.#lone ? parameter : `${name}_${parameter}`,
          value,
        ]),
      ),
    );
    for (const [index, { kind }] of this.product.components.entries()) {
      for (let event = 0; event < kind.declared; event++) this.#actionId(actionOf(index, event));
    }
    this.eventCount = this.#actions.length;
    this.#store = new StateStore(this.product.layout);
    this.#expander = new Expander(this.product.shape, this.product.layout, this.product);
    this.#current = new Uint32Array(this.product.layout.words);
    this.#frontier = new Frontier(this.#expander);
    this.#narrow = new NarrowSearch(this.product.shape, this.product.layout, this.product);
  }

  /** @throws {ModelFault} when the machine cannot even start */
  initial(): StateId {
    return this.#insert(() => this.product.initial());
  }

  /** From now on, what a state leads to is what the reduction leaves of it. */
  reduceBy(reduction: Reduction): void {
    this.#reduction = reduction;
  }

  /**
   * What can happen in a state, as pairs `action, target` in a flat array. An event that the machine
   * ignores has no pair; a step that leads back to the same state has.
   * @throws {FaultInStep} when a guard or action throws, a value leaves its range …
   */
  successors(state: StateId): readonly number[] {
    const { length, actions, targets } = this.#expand(state);
    const pairs: number[] = [];
    for (let index = 0; index < length; index++) {
      pairs.push(this.#actionId(actions[index]!), targets[index]!);
    }
    return pairs;
  }

  /**
   * Meets the successors of the states `from … to - 1`, and tells how many of these states were done
   * with and how many steps lead on from them. Stops before a state that runs into a fault.
   * @throws {FaultInStep} when that is the first one
   */
  expand(from: StateId, to: StateId = from + 1): { expanded: number; transitions: number } {
    if (this.#reduction !== null) return this.#expandReduced(from, to);
    let transitions = 0;
    let state = from;
    while (state < to) {
      let end = to;
      if (this.#store.seen !== null && this.#narrow.suits()) {
        state = this.#narrow.expand(this.#store, state, to);
        transitions += this.#narrow.steps;
        if (state === to) break;
        end = state + 1; // this one needs more than that
      }
      const frontier = this.#frontier;
      frontier.start();
      let length = 0; // both after the last state that was done with
      let steps = 0;
      let grown: unknown = null;
      for (; state < end; state++) {
        this.#store.read(state, this.#current);
        try {
          this.#expander.expand(this.#current, frontier);
        } catch (thrown) {
          grown = thrown;
        }
        if (frontier.faulty >= 0 || grown !== null) break;
        length = frontier.length;
        steps = frontier.steps;
      }
      frontier.rewind(length, steps); // what was seen of an unfinished state is seen again
      this.#store.meet(frontier.states, frontier.hashes, length);
      transitions += steps;
      if (grown !== null) this.grow(grown);
      if (frontier.faulty >= 0 && state === from) {
        throw new FaultInStep(
          this.product.faults[frontier.faulty]!,
          this.#actionId(frontier.faultyAction),
        );
      }
      if (frontier.faulty >= 0) break;
    }
    return { expanded: state - from, transitions };
  }

  /** Which pending timers an action cancels or re-arms in a state: they do not stay pending. */
  interrupted(state: StateId, action: ActionId): ReadonlySet<string> {
    const what = this.#actions[action]!;
    if (what.kind === "tick" || what.kind === "fault") return new Set();
    const code = this.#codes[action]!;
    const [index, alternative] = [code >> 16, code & 0xffff];
    const component = this.product.components[index]!;
    this.#store.read(state, this.#current);
    const leaf = this.#expander.leaf(this.#current, index, alternative);
    const touched = new Set(what.kind === "timer" ? [timerKey(what.timer)] : []);
    if (this.product.data[leaf]! < 0) return touched;
    const { timers } = component.kind.effects(this.product.data[leaf + 1]!);
    for (const effect of timers) {
      for (const timer of this.#timersOf(index)) {
        const id = effect.op === "cancel" ? effect.id : effect.timer.id;
        if (timer.id !== null && timer.id === id) touched.add(timerKey(timer));
      }
    }
    return touched;
  }

  /** What XState would execute in a step of a machine, as it hands it out; nothing for an ignored event. */
  taken(state: StateId, action: ActionId): readonly TakenAction[] {
    const code = this.#codes[action]!;
    const component = this.product.components[code >> 16];
    if (component === undefined) return []; // time passes, or a channel fails
    this.#store.read(state, this.#current);
    const leaf = this.#expander.leaf(this.#current, code >> 16, code & 0xffff);
    return component.kind.actions.get(leaf) ?? [];
  }

  /** The number of an action that tables name by its code. */
  numberOfAction(code: number): ActionId {
    return this.#actionId(code);
  }

  action(id: ActionId): Action {
    return this.#actions[id]!;
  }

  /** A state as predicates see it: a snapshot of the machine, or of all machines together. */
  snapshot(state: StateId): AnyMachineSnapshot & ModelState {
    this.#store.read(state, this.#current);
    return this.#snapshotNow();
  }

  /** The same of a packed state that has no number. */
  snapshotOf(words: Uint32Array): AnyMachineSnapshot & ModelState {
    this.#follow(words);
    return this.#snapshotNow();
  }

  #snapshotNow(): AnyMachineSnapshot & ModelState {
    if (this.#lone) return this.#snapshotOf(0);
    return compositeState(
      this.product.components.map(({ name, model }, index) => ({
        name,
        model,
        snapshot: this.#snapshotOf(index),
      })),
      this.product.channels.map(({ name }, index) => ({
        name,
        messages: this.product.channelContent(this.#current, index),
      })),
    );
  }

  /** The states among the first `count` of which a predicate holds. */
  select(holds: (state: ModelState) => boolean, count: number): StateId[] {
    const selection = new Selection(this.product, this.#lone, holds);
    const { keys, layout } = this.#store;
    const found: StateId[] = [];
    const next = (state: StateId): StateId => selection.skip(keys, layout, state, count);
    for (let state = next(0); state !== -1; state = next(state + 1)) {
      const at = state * layout.words;
      const known = selection.test(keys, at, layout);
      const answer = known ?? selection.ask(keys, at, layout, this.snapshot(state));
      if (answer) found.push(state);
    }
    return found;
  }

  /** The snapshots of the components, in the order of their declaration. */
  parts(state: StateId): readonly AnyMachineSnapshot[] {
    this.#store.read(state, this.#current);
    return this.product.components.map((_, index) => this.#snapshotOf(index));
  }

  /** A state of several machines taken apart: by machine, by channel, and the faults that are left. */
  apart(state: StateId): {
    readonly machines: readonly {
      readonly name: string;
      readonly snapshot: AnyMachineSnapshot;
      readonly timers: readonly Timer[];
    }[];
    readonly channels: readonly {
      readonly name: string;
      readonly messages: readonly EventObject[];
    }[];
    readonly faults: number | null;
  } {
    this.#store.read(state, this.#current);
    const { components, channels } = this.product;
    return {
      machines: components.map(({ name }, index) => ({
        name,
        snapshot: this.#snapshotOf(index),
        timers: this.#timersOf(index),
      })),
      channels: channels.map(({ name }, index) => ({
        name,
        messages: this.product.channelContent(this.#current, index),
      })),
      faults: this.product.faultsLeft(this.#current),
    };
  }

  /** The pending timers. */
  timers(state: StateId): readonly Timer[] {
    this.#store.read(state, this.#current);
    return this.product.components.flatMap((_, index) => this.#timersOf(index));
  }

  /** Has any timer been met? */
  hasTimers(): boolean {
    return this.product.components.some(({ kind: { pendingSets } }) => pendingSets.hasTimers());
  }

  /** Dotted paths of the active leaves. */
  active(state: StateId): readonly string[] {
    if (this.#lone) return activePaths(this.parts(state)[0]!);
    return this.parts(state).flatMap((snapshot, index) =>
      activePaths(snapshot).map((path) => `${this.product.components[index]!.name}.${path}`),
    );
  }

  /** `state` and every variable: what a person wants to know about a state. */
  describe(state: StateId): Readonly<Record<string, Scalar>> {
    return describeSnapshot(this.snapshot(state), this.#model);
  }

  /** Has every machine reached its end? Then nothing moves any more. */
  isDone(state: StateId): boolean {
    this.#store.read(state, this.#current);
    return this.#isDoneNow();
  }

  /** The same of a packed state that has no number. */
  isDoneIn(words: Uint32Array): boolean {
    this.#follow(words);
    return this.#isDoneNow();
  }

  /** Looks at a state that others have packed, in the layout of now. */
  #follow(words: Uint32Array): void {
    if (this.product.layout !== this.#store.layout) this.#relayout();
    this.#current.set(words);
  }

  #isDoneNow(): boolean {
    return this.product.components.every(
      ({ kind, configField }) =>
        !kind.oracle.isActive(this.product.layout.get(this.#current, configField)),
    );
  }

  /** The number of a state that was met elsewhere, e.g. at the end of a run on a clock. */
  adopt(
    snapshot: AnyMachineSnapshot,
    timers: readonly { readonly timer: Timer; readonly remaining: number }[],
  ): StateId {
    return this.adoptWorld({ parts: [{ snapshot, timers, actors: [] }], channels: [], faults: 0 });
  }

  /** The same for several machines; parts and channels in the order of their declaration. */
  adoptWorld({ parts, channels, faults }: World): StateId {
    return this.#insert(() => {
      const { components } = this.product;
      const values: (readonly [field: number, value: number])[] = [];
      for (const [index, { snapshot, timers, actors }] of parts.entries()) {
        const { kind, configField, pendingField, fields } = components[index]!;
        const context = snapshot.context as Record<string, unknown>;
        const pending = timers.map(({ timer, remaining }) => ({
          timer,
          remaining: this.product.tick === null ? null : remaining,
        }));
        values.push([configField, kind.adopt(snapshot)]);
        values.push([pendingField, kind.pendingSets.idOf({ timers: pending, actors })]);
        fields.forEach((field, variable) => {
          values.push([field, kind.oracle.codeOf(variable, context)]);
        });
      }
      values.push(...this.product.environment(channels, faults));
      const { layout } = this.product;
      const state = new Uint32Array(layout.words);
      for (const [field, value] of values) layout.fit(state, field, value);
      return state;
    });
  }

  /** Number of states met so far. */
  size(): number {
    return this.#store.size();
  }

  /** What was met of the machines while steps were asked from XState. */
  coverage(): readonly MachineCoverage[] {
    return this.product.coverage();
  }

  /** Bytes that the states take: keys and hash table. */
  bytes(): number {
    return this.#store.bytes();
  }

  /** Limits of the environment that cut something off: `limitCapacity`, `limitFaults`. */
  limits(): number {
    return this.#limits | this.#expander.limits;
  }

  /** Limits that others met while they expanded states of this system. */
  noteLimits(limits: number): void {
    this.#limits |= limits;
  }

  get store(): StateStore {
    return this.#store;
  }

  #expand(state: StateId): EdgeBuffer {
    const edges = this.#edges;
    for (;;) {
      this.#store.read(state, this.#current);
      edges.start(this.#expander);
      try {
        this.#expander.expand(this.#current, edges);
        if (edges.faulty === -1) this.#reduction?.apply(edges, state, this.#current);
      } catch (thrown) {
        this.grow(thrown);
        continue;
      }
      if (edges.faulty >= 0) {
        throw new FaultInStep(
          this.product.faults[edges.faulty]!,
          this.#actionId(edges.faultyAction),
        );
      }
      edges.meet(this.#store);
      return edges;
    }
  }

  /** State by state: which edges are left may depend on the states that are known already. */
  #expandReduced(from: StateId, to: StateId): { expanded: number; transitions: number } {
    let transitions = 0;
    let state = from;
    for (; state < to; state++) {
      try {
        transitions += this.#expand(state).length;
      } catch (thrown) {
        if (!(thrown instanceof FaultInStep) || state === from) throw thrown;
        break;
      }
    }
    return { expanded: state - from, transitions };
  }

  #insert(make: () => Uint32Array): StateId {
    for (;;) {
      try {
        const state = make();
        if (this.product.layout !== this.#store.layout) this.#relayout();
        return this.#store.insert(state);
      } catch (thrown) {
        this.grow(thrown);
      }
    }
  }

  /** Makes room for a value that did not fit; anything else that was thrown is thrown again. */
  grow(thrown: unknown): void {
    if (!(thrown instanceof FieldTooNarrow)) throw thrown;
    this.product.grow(thrown);
    this.#relayout();
  }

  #relayout(): void {
    const { layout } = this.product;
    this.#limits |= this.#expander.limits;
    this.#store.relayout(layout);
    this.#expander = new Expander(this.product.shape, layout, this.product);
    this.#current = new Uint32Array(layout.words);
    this.#frontier = new Frontier(this.#expander);
    this.#narrow = new NarrowSearch(this.product.shape, layout, this.product);
  }

  #snapshotOf(index: number): AnyMachineSnapshot {
    const { kind, configField, fields } = this.product.components[index]!;
    const { layout } = this.product;
    const current = this.#current;
    return kind.oracle.snapshot(layout.get(current, configField), (variable) =>
      layout.get(current, fields[variable]!),
    );
  }

  #timersOf(index: number): readonly Timer[] {
    const { kind, pendingField } = this.product.components[index]!;
    return kind.pendingSets
      .get(this.product.layout.get(this.#current, pendingField))
      .timers.map(({ timer }) => timer);
  }

  #actionId(code: number): ActionId {
    let id = this.#actionIds.get(code);
    if (id === undefined) {
      id = this.#actions.length;
      this.#actionIds.set(code, id);
      this.#actions.push(this.#describeAction(code));
      this.#codes.push(code);
    }
    return id;
  }

  #describeAction(code: number): Action {
    if (code >= tickAction) return { kind: "tick", ms: this.product.passes(code - tickAction) };
    const index = code >> 16;
    const channel = index - (channelAction(0, 0) >> 16);
    if (channel >= 0) {
      const { name, operations } = this.product.channels[channel]!;
      return { kind: "fault", fault: operations[code & 0xffff]!, channel: name };
    }
    const { name, kind } = this.product.components[index]!;
    const what = kind.alternatives[code & 0xffff]!;
    const machine = this.#lone ? {} : { machine: name };
    switch (what.kind) {
      case "event":
      case "answer":
        return { kind: "event", event: what.event, ...machine };
      case "timer":
        return { kind: "timer", timer: what.timer, ...machine };
      case "delivery":
        return {
          kind: "delivery",
          event: what.event,
          channel: what.channel,
          machine: name,
        };
    }
  }
}

/** Collects the edges of states, and meets their targets together. */
class EdgeBuffer implements Sink, Edges {
  length = 0;
  actions = new Int32Array(64);
  targets = new Uint32Array(64);
  faulty = -1;
  faultyAction = 0;
  states = new Uint32Array(64);
  #words = 0;
  #next: Uint32Array = new Uint32Array(0);

  start(expander: Expander): void {
    this.length = 0;
    this.faulty = -1;
    this.#next = expander.next;
    const { words } = expander.layout;
    if (words === this.#words) return;
    this.#words = words;
    this.states = new Uint32Array(this.actions.length * words);
  }

  edge(action: number): void {
    const { length } = this;
    if (this.faulty >= 0) return;
    if (length === this.actions.length) this.#enlarge(length * 2);
    this.actions[length] = action;
    const words = this.#words;
    copyWords(this.#next, 0, this.states, length * words, words);
    this.length = length + 1;
  }

  fault(action: number, fault: number): void {
    if (this.faulty >= 0) return; // the first one counts
    this.faulty = fault;
    this.faultyAction = action;
  }

  /** Gives the targets their numbers. */
  meet(store: StateStore): void {
    store.insertAll(this.states, this.length, this.targets);
  }

  #enlarge(capacity: number): void {
    const actions = new Int32Array(capacity);
    actions.set(this.actions);
    this.actions = actions;
    this.targets = new Uint32Array(capacity);
    const states = new Uint32Array(capacity * this.#words);
    states.set(this.states.subarray(0, this.length * this.#words));
    this.states = states;
  }
}
