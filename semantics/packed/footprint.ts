/**
 * The fields that any step of a machine reads or writes in a state, ignored events included: read off
 * the tables that decide these steps. The state must have been expanded, so that they are filled.
 */

import { contentsAt, Expander, pendingAt, rowsAt } from "./expand.ts";
import type { Layout } from "./layout.ts";
import type { Product } from "./product.ts";

export class Footprint {
  readonly #product: Product;
  /** Per machine: the channels that lead to it. */
  readonly #channelsTo: readonly (readonly number[])[];
  #layout: Layout | null = null;
  #expander: Expander | null = null;

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
    const config = layout.get(state, component.configField);
    if (this.#entry(this.#row(component.kind, config)) === 0) return touched; // it has reached its end
    for (const alternative of this.#alternatives(machine, state)) {
      const leaf = this.#leafOf(state, machine, alternative);
      let ref = this.#entry(this.#row(component.kind, config) + 2 + alternative);
      while (ref > 0) {
        const field = component.variables[this.#entry(ref)]!;
        touched.add(field);
        ref = this.#entry(this.#entry(ref + 2) + layout.get(state, field));
      }
      if (this.#entry(leaf) < 0) continue; // ignored, or a fault
      const writes = this.#column(leaf + 4, this.#entry(leaf + 3), 2);
      for (const variable of writes) touched.add(component.variables[variable]!);
      const emission = this.#entry(leaf + 2);
      if (emission === 0 || !component.emits) continue;
      const route = this.#entry(this.#entry(component.routes + 1) + emission);
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
    const record = this.#entry(this.#entry(list + 1) + index);
    return this.#column(record + first, this.#entry(record), stride);
  }

  #column(at: number, count: number, stride: number): readonly number[] {
    return Array.from({ length: count }, (_, index) => this.#entry(at + index * stride));
  }

  #row(kind: number, config: number): number {
    return this.#entry(this.#entry(kind + rowsAt + 1) + config);
  }

  #entry(cell: number): number {
    return this.#product.data[cell]!;
  }

  #leafOf(state: Uint32Array, machine: number, alternative: number): number {
    const { layout, shape } = this.#product;
    if (this.#layout !== layout) {
      this.#layout = layout;
      this.#expander = new Expander(shape, layout, this.#product);
    }
    return this.#expander!.leaf(state, machine, alternative);
  }
}
