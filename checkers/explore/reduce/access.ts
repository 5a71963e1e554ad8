/**
 * Who can touch what: the ground on which steps of different machines are independent.
 *
 * Everything in a state is a field: a configuration, a variable, the content of a channel, the fault
 * budget. From the declarations follows which machines may ever read or write a field. From the
 * tables follows which fields the steps that a machine has *in one state* touch: not what was seen of
 * it so far, but all that decides its steps here, because each of them has just been walked to its end.
 */

import { channelAction, contentsAt, pendingAt, rowsAt } from "../../../semantics/packed/expand.ts";
import type { Product } from "../../../semantics/packed/product.ts";

const channelBase = channelAction(0, 0) >> 16;

export class Access {
  readonly #product: Product;
  /** Machines that may ever read or write a field. */
  readonly #parties: readonly (readonly number[])[];
  /** Per machine: the fields of the channels that lead to it, and what these depend on. */
  readonly #inboxes: readonly (readonly number[])[];
  readonly #channelsTo: readonly (readonly number[])[];
  readonly #receivers: readonly number[];

  constructor(product: Product) {
    this.#product = product;
    const { components, channels, shape } = product;
    const parties: Set<number>[] = [];
    const add = (field: number, component: number): void => {
      (parties[field] ??= new Set()).add(component);
    };
    components.forEach(({ configField, pendingField, fields }, index) => {
      for (const field of [configField, pendingField, ...fields]) add(field, index);
    });
    const numberOf = (name: string): number =>
      components.findIndex((component) => component.name === name);
    const inboxes: number[][] = components.map(() => []);
    const channelsTo: number[][] = components.map(() => []);
    this.#receivers = channels.map(({ declaration }, channel) => {
      const field = product.channelField(channel);
      const receiver = numberOf(declaration.to);
      const ends = [receiver, ...[declaration.from].flat().map(numberOf)];
      const touched = [field];
      const fails = declaration.loses === true || declaration.duplicates === true;
      if (fails && shape.faultField >= 0) touched.push(shape.faultField);
      for (const end of ends) for (const each of touched) add(each, end);
      inboxes[receiver]!.push(...touched);
      channelsTo[receiver]!.push(channel);
      return receiver;
    });
    this.#inboxes = inboxes;
    this.#channelsTo = channelsTo;
    this.#parties = Array.from({ length: parties.length }, (_, field) => [
      ...(parties[field] ?? []),
    ]);
  }

  /** The machine whose step an action is; a channel that fails counts as its receiver's. */
  ownerOf(action: number): number {
    const index = action >> 16;
    return index < channelBase ? index : this.#receivers[index - channelBase]!;
  }

  /**
   * The machines without which the steps of `seed` in this state cannot be judged: whatever the
   * others do, the steps of the set stay the same, and neither disturbs the other. The state must
   * have been expanded, so that its tables are filled.
   * @returns marks per machine; null where a table has no answer
   */
  closure(seed: number, state: Uint32Array): Uint8Array | null {
    const inside = new Uint8Array(this.#product.components.length);
    inside[seed] = 1;
    const open = [seed];
    for (let machine = open.pop(); machine !== undefined; machine = open.pop()) {
      const touched = this.#touched(machine, state);
      if (touched === null) return null;
      for (const field of touched) {
        for (const party of this.#parties[field]!) {
          if (inside[party] === 1) continue;
          inside[party] = 1;
          open.push(party);
        }
      }
    }
    return inside;
  }

  /** The fields that any step of a machine in this state reads or writes, ignored events included. */
  #touched(machine: number, state: Uint32Array): ReadonlySet<number> | null {
    const { data, layout, shape } = this.#product;
    const component = shape.components[machine]!;
    const touched = new Set(this.#inboxes[machine]);
    const config = layout.get(state, component.configField);
    const row = data[data[component.kind + rowsAt + 1]! + config]!;
    if (data[row] === 0) return touched; // at its end: it only takes messages out of its channels
    for (const alternative of this.#alternatives(machine, state)) {
      let ref = alternative < data[row + 1]! ? data[row + 2 + alternative]! : 0;
      while (ref > 0) {
        const field = component.variables[data[ref]!]!;
        touched.add(field);
        const value = layout.get(state, field);
        ref = value < data[ref + 1]! ? data[data[ref + 2]! + value]! : 0;
      }
      if (ref === 0) return null;
      const leaf = -ref;
      if (data[leaf]! < 0) continue;
      const end = leaf + 4 + data[leaf + 3]! * 2;
      for (let at = leaf + 4; at < end; at += 2) touched.add(component.variables[data[at]!]!);
      const emission = data[leaf + 2]!;
      if (emission === 0 || !component.emits) continue;
      const route =
        emission < data[component.routes]! ? data[data[component.routes + 1]! + emission]! : 0;
      if (route === 0) return null;
      for (let index = 0; index < data[route]!; index++) {
        const channel = data[route + 1 + index * 2]!;
        touched.add(shape.channels[channel]!.field);
      }
    }
    return touched;
  }

  *#alternatives(machine: number, state: Uint32Array): Generator<number> {
    const { data, layout, shape } = this.#product;
    const component = shape.components[machine]!;
    for (let event = 0; event < component.declared; event++) yield event;
    const pending = layout.get(state, component.pendingField);
    if (pending !== 0) {
      const record = data[data[component.kind + pendingAt + 1]! + pending]!;
      for (let option = 0; option < data[record]!; option++) yield data[record + 4 + option * 2]!;
    }
    for (const channel of this.#channelsTo[machine]!) {
      const { header, field } = shape.channels[channel]!;
      const content = layout.get(state, field);
      if (content === 0) continue;
      const record = data[data[header + contentsAt + 1]! + content]!;
      for (let index = 0; index < data[record]!; index++) yield data[record + 3 + index * 3]!;
    }
  }
}
