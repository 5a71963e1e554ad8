/**
 * The tables of one machine: decision tries over the values that a step reads, filled by asking
 * XState once for each combination that occurs, and what its steps do to timers and actors.
 * Components that are copies of one machine share them.
 */

import type { AnyMachineSnapshot, EventObject } from "xstate";

import type { MachineModel } from "../../core/subject.ts";
import { ModelFault } from "../fault.ts";
import { declaredEvents, type TakenAction, type Timer } from "../stepper.ts";
import { Oracle, type Effects, type Traced, type Variable } from "../trace/oracle.ts";
import type { Cells } from "./cells.ts";
import { effectsAt, kindHeader, leafFault, leafIgnored, pendingAt, rowsAt } from "./expand.ts";
import { answersOf, PendingSets, timerKey } from "./pending.ts";

/** One way in which a machine can be made to step. */
export type Alternative =
  | { readonly kind: "event"; readonly event: EventObject }
  | { readonly kind: "timer"; readonly event: EventObject; readonly timer: Timer }
  | { readonly kind: "answer"; readonly event: EventObject; readonly actor: string }
  | { readonly kind: "delivery"; readonly event: EventObject; readonly channel: string };

export class Kind {
  readonly oracle: Oracle;
  readonly pendingSets: PendingSets;
  readonly alternatives: Alternative[] = [];
  /** The first alternatives are the events of the environment. */
  readonly declared: number;
  /** Pointer to the tables. */
  readonly header: number;
  readonly faults: ModelFault[];
  readonly emissions: (readonly EventObject[])[] = [[]];
  /** What XState would execute in a leaf, by pointer. */
  readonly actions = new Map<number, readonly TakenAction[]>();
  readonly #model: MachineModel;
  readonly #cells: Cells;
  readonly #alternativeIds = new Map<string, number>();
  readonly #effects: Effects[] = [{ timers: [], actors: [] }];
  readonly #effectIds = new Map<string, number>([[JSON.stringify({ timers: [], actors: [] }), 0]]);
  readonly #emissionIds = new Map<string, number>([["[]", 0]]);

  constructor(
    model: MachineModel,
    variables: readonly Variable[],
    emits: boolean,
    tick: number | null,
    jumps: boolean,
    cells: Cells,
    faults: ModelFault[],
  ) {
    this.#model = model;
    this.#cells = cells;
    this.faults = faults;
    this.oracle = new Oracle(model, variables, emits);
    this.pendingSets = new PendingSets(tick, jumps);
    this.header = cells.allocate(kindHeader);
    for (const event of declaredEvents(model)) this.alternative({ kind: "event", event });
    this.declared = this.alternatives.length;
  }

  alternative(of: Alternative): number {
    const key =
      of.kind === "timer"
        ? `timer ${timerKey(of.timer)}`
        : `${of.kind} ${JSON.stringify(of)}${of.kind === "event" ? String(this.alternatives.length) : ""}`;
    let id = this.#alternativeIds.get(key);
    if (id === undefined) {
      id = this.alternatives.length;
      this.#alternativeIds.set(key, id);
      this.alternatives.push(of);
    }
    return id;
  }

  /** @throws {ModelFault} when the machine cannot even start */
  initial(): { config: number; codes: Map<number, number>; pending: number; emission: number } {
    const { answer } = this.oracle.initial();
    if (answer.kind !== "moves") {
      throw answer.kind === "fault" ? answer.fault : new TypeError("the machine did not start");
    }
    this.#rows();
    const { config, writes, effects, actions } = answer;
    const pending = this.oracle.isActive(config) ? this.pendingSets.apply(0, effects) : 0;
    return { config, codes: new Map(writes), pending, emission: this.#emissionOf(actions) };
  }

  /** Fills the path that a step takes through the tries. */
  step(config: number, alternative: number, code: (variable: number) => number): void {
    const traced = this.oracle.ask(config, code, this.alternatives[alternative]!.event);
    const leaf = this.#leaf(traced);
    this.#rows();
    const row = this.#rowFor(config, alternative);
    this.#insert(row + 2 + alternative, traced.reads, code, -leaf);
  }

  /** Record: [options, due timers, running timers, after a tick, (alternative, after)…]. */
  pending(id: number): void {
    const set = this.pendingSets.get(id);
    const due = set.timers.filter(({ remaining }) => remaining === null || remaining === 0);
    const options: number[] = [];
    for (const key of new Set(due.map(({ timer }) => timerKey(timer)))) {
      const { timer } = due.find((pending) => timerKey(pending.timer) === key)!;
      const alternative = this.alternative({ kind: "timer", event: timer.event, timer });
      options.push(alternative, this.pendingSets.fired(id, key));
    }
    for (const running of set.actors) {
      const after = this.pendingSets.answered(id, running.id);
      for (const event of answersOf(this.#model, running)) {
        options.push(this.alternative({ kind: "answer", event, actor: running.id }), after);
      }
    }
    const counts = this.pendingSets.tick !== null;
    const record = this.#cells.write([
      options.length / 2,
      counts ? due.length : 0,
      set.timers.length,
      due.length === 0 ? this.pendingSets.afterTick(id) : id,
      ...options,
    ]);
    this.#set(this.header + pendingAt, id, record);
  }

  effect(effect: number, pending: number): void {
    let after: number;
    try {
      after = this.pendingSets.apply(pending, this.#effects[effect]!) + 1;
    } catch (thrown) {
      if (!(thrown instanceof ModelFault)) throw thrown;
      after = -(this.faults.push(thrown) - 1) - 1;
    }
    set2(this.#cells, this.header + effectsAt, effect, pending, after);
  }

  effects(id: number): Effects {
    return this.#effects[id]!;
  }

  /** The configuration of a snapshot that was met elsewhere. */
  adopt(snapshot: AnyMachineSnapshot): number {
    const config = this.oracle.adopt(snapshot);
    this.#rows();
    return config;
  }

  /** Every configuration has a row from the moment in which it is met. */
  #rows(): void {
    const list = this.header + rowsAt;
    for (let config = this.oracle.configs() - 1; config >= 0; config--) {
      const place = this.#cells.reach(list, config);
      if (this.#cells.data[place + config] !== 0) return;
      const row = this.#cells.allocate(2 + this.alternatives.length);
      const { data } = this.#cells;
      data[row] = this.oracle.isActive(config) ? 1 : 0;
      data[row + 1] = this.alternatives.length;
      data[data[list + 1]! + config] = row;
    }
  }

  #rowFor(config: number, alternative: number): number {
    const row = this.#cells.data[this.#cells.data[this.header + rowsAt + 1]! + config]!;
    const capacity = this.#cells.data[row + 1]!;
    if (alternative < capacity) return row;
    const larger = Math.max(capacity * 2, this.alternatives.length);
    const copy = this.#cells.allocate(2 + larger);
    const { data } = this.#cells;
    data.copyWithin(copy, row, row + 2 + capacity);
    data[copy + 1] = larger;
    data[data[this.header + rowsAt + 1]! + config] = copy;
    return copy;
  }

  #leaf({ answer }: Traced): number {
    if (answer.kind === "ignored") {
      const silent = this.#cells.write([leafIgnored]);
      this.actions.set(silent, answer.actions);
      return silent;
    }
    if (answer.kind === "fault") {
      return this.#cells.write([leafFault, this.faults.push(answer.fault) - 1]);
    }
    const { config, writes, effects, actions } = answer;
    const leaf = this.#cells.write([
      config,
      this.#effectOf(effects),
      this.#emissionOf(actions),
      writes.length,
      ...writes.flat(),
    ]);
    this.actions.set(leaf, actions);
    return leaf;
  }

  #effectOf(effects: Effects): number {
    const key = JSON.stringify(effects);
    let id = this.#effectIds.get(key);
    if (id === undefined) {
      id = this.#effects.length;
      this.#effectIds.set(key, id);
      this.#effects.push(effects);
    }
    return id;
  }

  #emissionOf(actions: readonly TakenAction[]): number {
    const emitted = actions
      .filter(({ type }) => type === "xstate.emit")
      .map(({ params }) => (params as { event: EventObject }).event);
    const key = JSON.stringify(emitted);
    let id = this.#emissionIds.get(key);
    if (id === undefined) {
      id = this.emissions.length;
      this.#emissionIds.set(key, id);
      this.emissions.push(emitted);
    }
    return id;
  }

  /** Nodes are three cells: the variable, the number of branches, the place of the branches. */
  #insert(
    slot: number,
    reads: readonly number[],
    code: (variable: number) => number,
    leaf: number,
  ): void {
    const cells = this.#cells;
    let at = slot;
    for (const variable of reads) {
      const value = code(variable);
      let node = cells.data[at]!;
      if (node < 0 || (node > 0 && cells.data[node] !== variable)) {
        throw new ModelFault(
          "VRF105",
          `which context fields are read is not decided by the state and the event (${this.oracle.variables[variable]!.name})`,
          "guards and actions may depend on the context and the event only, not on time, randomness or outside variables",
        );
      }
      if (node === 0) {
        node = cells.write([variable, 0, 0]);
        cells.data[at] = node;
        const { size } = this.oracle.variables[variable]!.domain;
        if (size !== null) cells.reach(node + 1, size - 1);
      }
      at = cells.reach(node + 1, value) + value;
    }
    cells.data[at] = leaf;
  }

  #set(list: number, index: number, value: number): void {
    const place = this.#cells.reach(list, index);
    this.#cells.data[place + index] = value;
  }
}

/** Writes an entry of a list of lists. */
export function set2(
  cells: Cells,
  list: number,
  first: number,
  second: number,
  value: number,
): void {
  const inner = cells.reach(list, first * 2 + 1) + first * 2;
  const place = cells.reach(inner, second);
  cells.data[place + second] = value;
}
