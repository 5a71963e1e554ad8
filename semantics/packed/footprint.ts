/**
 * The fields that any step of a machine reads or writes in a state, ignored events included: read off
 * the tables that decide these steps. The state must have been expanded, so that they are filled; a gap is
 * an error, for what is not known must not read as untouched.
 */

import { contentsAt, pendingAt, rowsAt } from "./expand.ts";
import type { Product } from "./product.ts";

export class Footprint {
  readonly #product: Product;
  /** Per machine: the channels that lead to it. */
  readonly #channelsTo: readonly (readonly number[])[];

  constructor(product: Product) {
    this.#product = product;
    this.#channelsTo = product.components.map(({ name }) =>
      [...product.channels.keys()].filter(
        (channel) => product.channels[channel]!.declaration.to === name,
      ),
    );
  }

  of(machine: number, state: Uint32Array): ReadonlySet<number> {
    const { layout, shape } = this.#product;
    const component = shape.components[machine]!;
    const touched = new Set<number>();
    const row = this.#listed(component.kind + rowsAt, layout.get(state, component.configField));
    if (this.#entry(row) === 0) return touched; // it has reached its end
    for (const alternative of this.#alternatives(machine, state)) {
      let ref = this.#entry(row + 2 + alternative);
      while (ref > 0) {
        const field = component.variables[this.#entry(ref)]!;
        touched.add(field);
        ref = this.#listed(ref + 1, layout.get(state, field));
      }
      const leaf = -ref;
      if (this.#entry(leaf) < 0) continue; // ignored, or a fault
      const writes = this.#column(leaf + 4, this.#entry(leaf + 3), 2);
      for (const variable of writes) touched.add(component.variables[variable]!);
      const emission = this.#entry(leaf + 2);
      if (emission === 0 || !component.emits) continue;
      const route = this.#listed(component.routes, emission);
      for (const channel of this.#column(route + 1, this.#entry(route), 2)) {
        touched.add(shape.channels[channel]!.field);
      }
    }
    return touched;
  }

  /** Events of the environment, timers and answers that are pending, messages that may arrive. */
  #alternatives(machine: number, state: Uint32Array): readonly number[] {
    const { layout, shape } = this.#product;
    const component = shape.components[machine]!;
    const events = [...Array.from({ length: component.declared }).keys()];
    const pending = layout.get(state, component.pendingField);
    const waiting = this.#recordOf(component.kind + pendingAt, pending, 4, 2);
    const arriving = this.#channelsTo[machine]!.flatMap((channel) => {
      const { header, field } = shape.channels[channel]!;
      return this.#recordOf(header + contentsAt, layout.get(state, field), 3, 3);
    });
    return [...events, ...waiting, ...arriving];
  }

  /** Of an entry of a list of records: the column that begins at `first`; nothing for entry 0. */
  #recordOf(list: number, index: number, first: number, stride: number): readonly number[] {
    if (index === 0) return [];
    const record = this.#listed(list, index);
    return this.#column(record + first, this.#entry(record), stride);
  }

  #column(at: number, count: number, stride: number): readonly number[] {
    return Array.from({ length: count }, (_, index) => this.#entry(at + index * stride));
  }

  /** The entry of a list. */
  #listed(list: number, index: number): number {
    const entry = index < this.#entry(list) ? this.#entry(this.#entry(list + 1) + index) : 0;
    if (entry === 0) throw new TypeError("the state has not been expanded: a table has a gap");
    return entry;
  }

  #entry(cell: number): number {
    return this.#product.data[cell]!;
  }
}
