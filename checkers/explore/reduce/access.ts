/**
 * Who can touch what: the ground on which steps of different machines are independent.
 *
 * Everything in a state is a field: a configuration, a variable, the content of a channel, the fault
 * budget. From the declarations follows which machines may ever read or write a field. From the
 * tables follows which fields the steps that a machine has *in one state* touch: not what was seen of
 * it so far, but all that decides its steps here, because each of them has just been walked to its end.
 */

import { channelAction } from "../../../semantics/packed/expand.ts";
import { Footprint } from "../../../semantics/packed/footprint.ts";
import type { Product } from "../../../semantics/packed/product.ts";

const channelBase = channelAction(0, 0) >> 16;

export class Access {
  readonly #footprint: Footprint;
  readonly #machines: number;
  /** Machines that may ever read or write a field. */
  readonly #parties: readonly (readonly number[])[];
  /** Per machine: the fields of the channels that lead to it, and what these depend on. */
  readonly #inboxes: readonly (readonly number[])[];
  readonly #receivers: readonly number[];

  constructor(product: Product) {
    this.#footprint = new Footprint(product);
    this.#machines = product.components.length;
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
    this.#receivers = channels.map(({ declaration }, channel) => {
      const field = product.channelField(channel);
      const receiver = numberOf(declaration.to);
      const ends = [receiver, ...[declaration.from].flat().map(numberOf)];
      const touched = [field];
      const fails = declaration.loses === true || declaration.duplicates === true;
      if (fails && shape.faultField >= 0) touched.push(shape.faultField);
      for (const end of ends) for (const each of touched) add(each, end);
      inboxes[receiver]!.push(...touched);
      return receiver;
    });
    this.#inboxes = inboxes;
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
   * @returns marks per machine
   */
  closure(seed: number, state: Uint32Array): Uint8Array {
    const inside = new Uint8Array(this.#machines);
    inside[seed] = 1;
    const open = [seed];
    for (let machine = open.pop(); machine !== undefined; machine = open.pop()) {
      for (const field of [...this.#inboxes[machine]!, ...this.#footprint.of(machine, state)]) {
        for (const party of this.#parties[field]!) {
          if (inside[party] === 1) continue;
          inside[party] = 1;
          open.push(party);
        }
      }
    }
    return inside;
  }
}
