/**
 * Asks XState what a machine does, one macrostep at a time, and writes down on which values the
 * answer depends. Configurations (active nodes, history, status, running actors) are numbered in the
 * order in which they are met.
 */

import type { AnyMachineSnapshot, EventObject } from "xstate";

import type { MachineModel, VariableType } from "../../core/subject.ts";
import { ModelFault } from "../fault.ts";
import { allNodes, entryOrderMatters, nodesOf } from "../nodes.ts";
import type { Domain } from "../packed/domain.ts";
import {
  exploredParameters,
  makeStepper,
  type ActorEffect,
  type RawStep,
  type Stepper,
  type TakenAction,
  type TimerEffect,
} from "../stepper.ts";
import { rangeText } from "../ranges.ts";
import { Met } from "./coverage.ts";
import { instrument } from "./instrument.ts";
import { Recorder } from "./recorder.ts";

export interface Effects {
  readonly timers: readonly TimerEffect[];
  readonly actors: readonly ActorEffect[];
}

export type Answer =
  /** Nothing changes; `actions` are effects outside the model. */
  | { readonly kind: "ignored"; readonly actions: readonly TakenAction[] }
  | { readonly kind: "fault"; readonly fault: ModelFault }
  | {
      readonly kind: "moves";
      readonly config: number;
      /** Variables that were written, with the codes of their new values. */
      readonly writes: readonly (readonly [variable: number, code: number])[];
      readonly effects: Effects;
      readonly actions: readonly TakenAction[];
    };

export interface Traced {
  /** The variables on whose values the answer depends, in the order of reading. */
  readonly reads: readonly number[];
  readonly answer: Answer;
}

export interface Variable {
  readonly name: string;
  readonly type: VariableType;
  readonly domain: Domain;
}

export class Oracle {
  readonly variables: readonly Variable[];
  readonly stepper: Stepper;
  /** What was met of the machine so far. */
  readonly met = new Met();
  /** How often XState was asked: each question is put twice. */
  asked = 0;
  readonly #recorder: Recorder;
  readonly #emits: boolean;
  readonly #orderMatters: boolean;
  readonly #constants: Readonly<Record<string, unknown>>;
  readonly #configs = new Map<string, number>();
  readonly #examples: AnyMachineSnapshot[] = [];

  /** @param emits does anybody hear what the machine emits? */
  constructor(model: MachineModel, variables: readonly Variable[], emits: boolean) {
    this.variables = variables;
    this.#emits = emits;
    this.#recorder = new Recorder(new Map(variables.map(({ name }, index) => [name, index])));
    this.stepper = makeStepper(
      { ...model, machine: instrument(model.machine, this.#recorder, this.met) },
      {
        actors: true,
        effects: true,
        microstep: (snapshot, transitions) => this.met.microstep(snapshot, transitions),
      },
    );
    this.#orderMatters = entryOrderMatters(this.stepper.machine);
    this.#constants = { ...model.input, ...exploredParameters(model) };
  }

  /** Number of configurations met so far. */
  configs(): number {
    return this.#examples.length;
  }

  isActive(config: number): boolean {
    return this.#examples[config]!.status === "active";
  }

  /** A snapshot of a configuration; its variables are those of the state in which it was first met. */
  example(config: number): AnyMachineSnapshot {
    return this.#examples[config]!;
  }

  /** A snapshot with the given codes of variables. */
  snapshot(config: number, code: (variable: number) => number): AnyMachineSnapshot {
    const example = this.#examples[config]!;
    const context: Record<string, unknown> = { ...(example.context as object) };
    this.variables.forEach(({ name, domain }, index) => {
      context[name] = domain.decode(code(index));
    });
    return { ...example, context: Object.freeze(context) } as AnyMachineSnapshot;
  }

  initial(): Traced {
    this.met.begin(null);
    return this.#twice(null, () => this.stepper.initial());
  }

  /** The macrostep of an event in a state. */
  ask(config: number, code: (variable: number) => number, event: EventObject): Traced {
    const from = this.snapshot(config, code);
    this.met.begin(event.type);
    return this.#twice(from, () => this.stepper.send(from, event));
  }

  /** The number of a snapshot's configuration. */
  configOf(snapshot: AnyMachineSnapshot): number {
    this.met.rests(snapshot);
    const key = this.#key(snapshot);
    let config = this.#configs.get(key);
    if (config === undefined) {
      config = this.#examples.length;
      this.#configs.set(key, config);
      this.#examples.push(snapshot);
    }
    return config;
  }

  /** The number of the configuration of a snapshot that another copy of the machine made. */
  adopt(snapshot: AnyMachineSnapshot): number {
    const { machine } = this.stepper;
    const byId = new Map(allNodes(machine).map((node) => [node.id, node]));
    const own = ({ id }: { readonly id: string }): unknown => byId.get(id);
    const history = Object.entries(
      snapshot.historyValue as unknown as Record<string, readonly { readonly id: string }[]>,
    );
    return this.configOf({
      ...snapshot,
      machine,
      _nodes: nodesOf(snapshot).map(own),
      historyValue: Object.fromEntries(history.map(([id, nodes]) => [id, nodes.map(own)])),
    } as unknown as AnyMachineSnapshot);
  }

  /** The code of a variable in a context. @throws {ModelFault} VRF103 outside its range */
  codeOf(variable: number, context: Record<string, unknown>): number {
    const { name, type, domain } = this.variables[variable]!;
    const code = domain.encode(context[name]);
    if (code !== null) return code;
    throw new ModelFault(
      "VRF103",
      `the variable "${name}" became ${JSON.stringify(context[name]) ?? "undefined"}, declared is ${rangeText(type)}`,
      "widen the declared range, or mend the guard that should keep the value inside",
    );
  }

  /** Runs a step twice: whatever differs was not decided by the state and the event. */
  #twice(from: AnyMachineSnapshot | null, step: () => RawStep | null): Traced {
    const first = this.#once(from, step);
    const second = this.#once(from, step);
    if (shape(first) === shape(second)) return first;
    const fault = new ModelFault(
      "VRF105",
      "the same event in the same state led to two different states",
      "guards and actions may depend on the context and the event only, not on time, randomness or outside variables",
    );
    return { reads: first.reads, answer: { kind: "fault", fault } };
  }

  #once(from: AnyMachineSnapshot | null, step: () => RawStep | null): Traced {
    this.asked += 1;
    this.#recorder.start();
    let answer: Answer;
    try {
      const taken = step();
      answer =
        taken === null || this.#isSilent(from, taken)
          ? { kind: "ignored", actions: taken?.actions ?? [] }
          : this.#moves(from, taken);
    } catch (thrown) {
      if (!(thrown instanceof ModelFault)) throw thrown;
      answer = { kind: "fault", fault: thrown };
    }
    return { reads: this.#recorder.reads(), answer };
  }

  /** Does the step change nothing that anybody in the model can see? */
  #isSilent(from: AnyMachineSnapshot | null, { snapshot, effects, actions }: RawStep): boolean {
    return (
      snapshot === from &&
      effects.length === 0 &&
      !(this.#emits && actions.some(({ type }) => type === "xstate.emit"))
    );
  }

  #moves(from: AnyMachineSnapshot | null, taken: RawStep): Answer {
    const { snapshot, effects, actors, actions } = taken;
    const context = snapshot.context as Record<string, unknown>;
    this.#checkFields(context);
    const before = from === null ? null : (from.context as Record<string, unknown>);
    const writes: [number, number][] = [];
    this.variables.forEach(({ name }, index) => {
      const written = this.#recorder.isWritten(index);
      if (before !== null && !written) {
        if (Object.is(before[name], context[name])) return;
        throw new ModelFault(
          "VRF105",
          `the variable "${name}" changed without an assign action`,
          "change the context in assign actions only",
        );
      }
      writes.push([index, this.codeOf(index, context)]);
    });
    return {
      kind: "moves",
      config: this.configOf(snapshot),
      writes,
      effects: { timers: effects, actors },
      actions,
    };
  }

  /** @throws {ModelFault} for a context field that is not declared or changes against its declaration */
  #checkFields(context: Record<string, unknown>): void {
    const declared = this.#declared();
    for (const [name, value] of Object.entries(context)) {
      if (declared.has(name)) continue;
      if (!(name in this.#constants)) {
        throw new ModelFault(
          "VRF102",
          `the context field "${name}" is not declared`,
          `add it to the model's variables: ${name}: { int: [lo, hi] }, "bool" or { enum: [ … ] }`,
        );
      }
      if (!Object.is(value, this.#constants[name])) {
        throw new ModelFault(
          "VRF102",
          `the context field "${name}" is declared as a constant (${JSON.stringify(this.#constants[name])}) but became ${JSON.stringify(value)}`,
          "declare it under variables instead of parameters or input",
        );
      }
    }
  }

  #names: ReadonlySet<string> | undefined;
  #declared(): ReadonlySet<string> {
    this.#names ??= new Set(this.variables.map(({ name }) => name));
    return this.#names;
  }

  #key(snapshot: AnyMachineSnapshot): string {
    const orders = nodesOf(snapshot).map((node) => node.order);
    if (!this.#orderMatters) orders.sort((a, b) => a - b);
    const history = Object.entries(
      snapshot.historyValue as unknown as Record<string, readonly { readonly order: number }[]>,
    )
      .map(([id, nodes]) =>
        [id, ...nodes.map(({ order }) => order).toSorted((a, b) => a - b)].join(),
      )
      .toSorted();
    const actors = Object.keys(snapshot.children as object).toSorted();
    return [snapshot.status, orders.join(), history.join(";"), actors.join()].join("\n");
  }
}

/** Everything of an answer that must not depend on anything but state and event. */
function shape({ reads, answer }: Traced): string {
  if (answer.kind === "ignored") return `ignored ${reads.join()}`;
  if (answer.kind === "fault") return `fault ${answer.fault.code} ${reads.join()}`;
  const { config, writes, effects } = answer;
  return JSON.stringify([reads, config, writes, effects]);
}
