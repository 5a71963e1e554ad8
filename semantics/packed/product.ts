/**
 * Machines side by side as one transition system on packed states: one table per machine, the
 * product is made of integers while searching. A single machine is a product of one.
 */

import type { EventObject } from "xstate";

import type { MachineCoverage } from "../../core/coverage.ts";
import type { ComponentDeclaration, SystemModel } from "../../core/system.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import type { MachineModel } from "../../core/subject.ts";
import { ModelFault } from "../fault.ts";
import { allNodes, type Node } from "../nodes.ts";
import { exploredParameters } from "../stepper.ts";
import { tickOf } from "../ticks.ts";
import type { Variable } from "../trace/oracle.ts";
import { Cells } from "./cells.ts";
import { Channel } from "./channel.ts";
import { domainOf, type Domain } from "./domain.ts";
import { type Resolver, type Shape } from "./expand.ts";
import { Kind } from "./kind.ts";
import { bitsFor, Layout, type FieldTooNarrow } from "./layout.ts";

export interface Component {
  readonly name: string;
  readonly model: ComponentDeclaration;
  readonly kind: Kind;
  readonly configField: number;
  readonly pendingField: number;
  /** Field of every variable, in the order of `kind.oracle.variables`. */
  readonly fields: readonly number[];
  readonly routes: number;
  readonly emits: boolean;
}

export class Product implements Resolver {
  readonly components: readonly Component[];
  readonly channels: readonly Channel[];
  readonly faults: ModelFault[] = [];
  readonly shape: Shape;
  /** Milliseconds per tick; null when time is not counted. */
  readonly tick: number | null;
  layout: Layout;
  readonly #cells = new Cells();
  readonly #faultBudget: number | null;
  /** Values met per field: what it must have room for. */
  readonly #met: (() => number)[] = [];
  readonly #channelField: readonly number[];
  readonly #ordered: boolean;
  /** Times that have passed from one deadline to the next, in milliseconds. */
  readonly #jumps: number[] = [];

  constructor(system: SystemModel) {
    const entries = Object.entries(system.machines);
    const ordered = system.time === "ordered";
    this.#ordered = ordered;
    this.tick = ordered
      ? 1 // milliseconds are counted, and many pass at once
      : system.time === "discrete"
        ? entries.map(([, { machine }]) => tickOf(machine)).reduce((a, b) => gcd(a, b), 0)
        : null;
    const shared = new Map<string, { domain: Domain; field: number }>();
    for (const [name, type] of Object.entries(system.shared ?? {})) {
      const domain = domainOf(type);
      shared.set(name, { domain, field: this.#field(() => domain.met()) });
    }
    this.channels = Object.entries(system.channels ?? {}).map(
      ([name, declaration]) => new Channel(name, declaration, this.#cells),
    );
    this.#channelField = this.channels.map((channel) => this.#field(() => channel.size()));
    this.#faultBudget =
      system.faults !== undefined &&
      this.channels.some(
        ({ declaration: { loses, duplicates } }) => loses === true || duplicates === true,
      )
        ? system.faults
        : null;
    const budget = this.#faultBudget;
    const faultField = budget === null ? -1 : this.#field(() => budget + 1);

    const kinds: { model: ComponentDeclaration; emits: boolean; kind: Kind }[] = [];
    this.components = entries.map(([name, model]) => {
      const variables: Variable[] = [];
      const fields: number[] = [];
      for (const [field, type] of Object.entries(model.variables ?? {})) {
        const domain = domainOf(type);
        variables.push({ name: field, type, domain });
        fields.push(this.#field(() => domain.met()));
      }
      for (const [field, name_] of Object.entries(model.shares ?? {})) {
        const entry = shared.get(name_);
        if (entry === undefined) {
          throw new DiagnosticError("VRF102", `the system has no shared variable "${name_}"`, {
            place: name,
            help: "declare it under shared",
          });
        }
        variables.push({ name: field, type: system.shared![name_]!, domain: entry.domain });
        fields.push(entry.field);
      }
      const emits = this.channels.some(({ declaration: { from } }) => [from].flat().includes(name));
      const fixed = variables.every(({ domain }) => domain.size !== null);
      const known = fixed
        ? kinds.find((other) => other.emits === emits && sameKind(other.model, model))
        : undefined;
      const kind =
        known?.kind ??
        new Kind(model, variables, emits, this.tick, ordered, this.#cells, this.faults);
      kinds.push({ model, emits, kind });
      return {
        name,
        model,
        kind,
        configField: this.#field(() => Math.max(kind.oracle.configs(), configurations(model))),
        pendingField: this.#field(() => kind.pendingSets.size()),
        fields,
        routes: this.#cells.allocate(2),
        emits,
      };
    });
    this.shape = {
      components: this.components.map((component) => ({
        kind: component.kind.header,
        routes: component.routes,
        configField: component.configField,
        pendingField: component.pendingField,
        declared: component.kind.declared,
        variables: component.fields,
        emits: component.emits,
      })),
      channels: this.channels.map(({ header, declaration }, index) => ({
        header,
        field: this.#channelField[index]!,
        overflow: declaration.whenFull ?? "block",
      })),
      faultField,
      discrete: this.tick !== null && !ordered,
      ordered,
    };
    this.layout = this.#layout();
  }

  get data(): Int32Array<SharedArrayBuffer> {
    return this.#cells.data;
  }

  /** How often XState was asked so far. */
  asked(): number {
    return [...new Set(this.components.map(({ kind }) => kind))].reduce(
      (sum, { oracle }) => sum + oracle.asked,
      0,
    );
  }

  /** What was met of each machine so far; copies of one machine are told together. */
  coverage(): readonly MachineCoverage[] {
    return [...new Set(this.components.map(({ kind }) => kind))].map((kind) => {
      const copies = this.components.filter((component) => component.kind === kind);
      const names = copies.map(({ name }) => name);
      const carried = this.channels.flatMap(({ declaration: { to, carries } }) =>
        names.includes(to) ? carries : [],
      );
      const { machine, events } = copies[0]!.model;
      const declared = [...events.map(({ type }) => type), ...carried];
      return kind.oracle.met.summary(kind.oracle.stepper.machine, machine, names, declared);
    });
  }

  channelContent(state: Uint32Array, channel: number, at = 0): readonly EventObject[] {
    return this.channels[channel]!.content(
      this.layout.get(state, this.#channelField[channel]!, at),
    );
  }

  channelField(channel: number): number {
    return this.#channelField[channel]!;
  }

  faultsLeft(state: Uint32Array, at = 0): number | null {
    const { faultField } = this.shape;
    return faultField === -1 ? null : this.layout.get(state, faultField, at);
  }

  /**
   * The first state. Growing the layout is left to the caller, as with every other state.
   * @throws {ModelFault} when a machine cannot start, or two disagree about a shared variable
   */
  initial(): Uint32Array {
    const values = new Map<number, { value: number; by: string }>();
    const set = (field: number, value: number, by: string): void => {
      const before = values.get(field);
      if (before !== undefined && before.value !== value) {
        throw new ModelFault(
          "VRF102",
          `the machines "${before.by}" and "${by}" start with different values of a shared variable`,
          "give it the same first value in both contexts",
        );
      }
      values.set(field, { value, by });
    };
    for (const [index, component] of this.components.entries()) {
      const { config, codes, pending, emission } = component.kind.initial();
      set(component.configField, config, component.name);
      set(component.pendingField, pending, component.name);
      for (const [variable, code] of codes) {
        set(component.fields[variable]!, code, component.name);
      }
      for (const event of component.kind.emissions[emission]!) {
        for (const [channel, message] of this.#routesOf(index, event)) {
          const field = this.#channelField[channel]!;
          const after = this.channels[channel]!.send(message, values.get(field)?.value ?? 0);
          if (after !== null) values.set(field, { value: after, by: component.name });
        }
      }
    }
    if (this.#faultBudget !== null) set(this.shape.faultField, this.#faultBudget, "faults");
    this.layout = this.#layout();
    const state = new Uint32Array(this.layout.words);
    for (const [field, { value }] of values) this.layout.put(state, field, value);
    return state;
  }

  /** Fields and values of channels and the fault budget. */
  environment(
    channels: readonly (readonly EventObject[])[],
    faults: number,
  ): readonly (readonly [field: number, value: number])[] {
    const values = channels.map((messages, index) => {
      const channel = this.channels[index]!;
      return [this.#channelField[index]!, channel.contentOf(messages)] as const;
    });
    const { faultField } = this.shape;
    return faultField === -1 ? values : [...values, [faultField, faults]];
  }

  /** A layout with room for a value that did not fit. */
  grow({ field, value }: FieldTooNarrow): Layout {
    this.layout = this.#layout(field, bitsFor(value + 1));
    return this.layout;
  }

  // --- Resolver -----------------------------------------------------------------------------------

  step(component: number, config: number, alternative: number, state: Uint32Array): void {
    const { kind, fields } = this.components[component]!;
    kind.step(config, alternative, (variable) => this.layout.get(state, fields[variable]!));
  }

  pending(component: number, pending: number): void {
    this.components[component]!.kind.pending(pending);
  }

  effect(component: number, effect: number, pending: number): void {
    this.components[component]!.kind.effect(effect, pending);
  }

  route(component: number, emission: number): void {
    const { kind, routes } = this.components[component]!;
    const pairs = kind.emissions[emission]!.flatMap((event) => this.#routesOf(component, event));
    const record = this.#cells.write([pairs.length, ...pairs.flat()]);
    const place = this.#cells.reach(routes, emission);
    this.#cells.data[place + emission] = record;
  }

  content(channel: number, content: number): void {
    const { declaration, name } = this.channels[channel]!;
    const receiver = this.components.findIndex((component) => component.name === declaration.to);
    const { kind } = this.components[receiver]!;
    this.channels[channel]!.fillContent(content, receiver, (event) =>
      kind.alternative({ kind: "delivery", event, channel: name }),
    );
  }

  send(channel: number, message: number, content: number): void {
    this.channels[channel]!.fillSend(message, content);
  }

  jump(state: Uint32Array, next: Uint32Array): number {
    const { layout } = this;
    const running = this.components.flatMap(({ kind: { pendingSets }, pendingField }) => {
      const pending = layout.get(state, pendingField);
      const ms = pendingSets.firstDeadline(pending);
      return ms === null ? [] : [{ pendingSets, pendingField, pending, ms }];
    });
    const ms = Math.min(...running.map((timers) => timers.ms));
    if (running.length === 0 || ms === 0) return -1; // nothing runs, or something is due
    for (const { pendingSets, pendingField, pending } of running) {
      const after = pendingSets.after(pending, ms);
      layout.fit(next, pendingField, after);
    }
    const known = this.#jumps.indexOf(ms);
    return known === -1 ? this.#jumps.push(ms) - 1 : known;
  }

  /** Milliseconds that pass in a step of time. */
  passes(step: number): number {
    return this.#ordered ? this.#jumps[step]! : this.tick!;
  }

  #routesOf(component: number, event: EventObject): readonly (readonly [number, number])[] {
    const { name } = this.components[component]!;
    return this.channels.flatMap((channel, index) =>
      [channel.declaration.from].flat().includes(name) && channel.carries(event)
        ? [[index, channel.message(event)] as const]
        : [],
    );
  }

  #field(met: () => number): number {
    return this.#met.push(met) - 1;
  }

  #layout(field = -1, bits = 0): Layout {
    const old = this.layout as Layout | undefined;
    return new Layout(
      this.#met.map((met, index) =>
        Math.max(
          bitsFor(met()),
          index === field ? Math.min(31, bits + 1) : 0,
          old?.widths[index] ?? 0,
        ),
      ),
    );
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Two declarations that are the same machine, apart from what its shared variables are called. */
function sameKind(a: ComponentDeclaration, b: ComponentDeclaration): boolean {
  const rest = ({ machine: _machine, shares, ...others }: ComponentDeclaration): string =>
    JSON.stringify([others, Object.keys(shares ?? {}), exploredParameters(others as MachineModel)]);
  return a.machine === b.machine && rest(a) === rest(b);
}

/** How many configurations a machine can have, history apart; capped, for it is only a first guess. */
function configurations({ machine }: ComponentDeclaration): number {
  const count = (node: Node): number => {
    const children = Object.values(node.states).filter(({ type }) => type !== "history");
    if (children.length === 0) return 1;
    const counts = children.map(count);
    return node.type === "parallel"
      ? counts.reduce((a, b) => a * b, 1)
      : counts.reduce((a, b) => a + b, 0);
  };
  return Math.min(4096, count(allNodes(machine)[0]!));
}
