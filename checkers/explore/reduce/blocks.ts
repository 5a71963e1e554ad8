/**
 * Where each machine of a set has fields of its own and all exchanges are possible, the smallest
 * exchanged state is found by sorting, without trying them all.
 */

import type { Product } from "../../../semantics/packed/product.ts";
import type { Exchange } from "./exchange.ts";

export class Blocks {
  readonly #product: Product;
  /** Exchanges of the first machine with each of the others. */
  readonly #exchanges: readonly Exchange[];
  /** Per machine its fields, corresponding ones at the same place. */
  readonly #fields: readonly (readonly number[])[];

  private constructor(
    product: Product,
    exchanges: readonly Exchange[],
    fields: readonly (readonly number[])[],
  ) {
    this.#product = product;
    this.#exchanges = exchanges;
    this.#fields = fields;
  }

  /** null where something belongs to two of them, as a channel from one to another does. */
  static of(product: Product, exchanges: readonly Exchange[]): Blocks | null {
    const [first, second] = exchanges;
    if (first === undefined) return null;
    const own =
      second === undefined
        ? [...first.moved].filter(([from, to]) => from < to).map(([from]) => from)
        : [...first.moved.keys()].filter((field) => second.moved.has(field));
    const fields = [
      own,
      ...exchanges.map(({ moved }) => own.map((field) => moved.get(field) ?? -1)),
    ];
    const all = fields.flat();
    const apart = new Set(all).size === all.length && !all.includes(-1);
    const whole = exchanges.every(({ moved }) => moved.size === 2 * own.length);
    return apart && whole ? new Blocks(product, exchanges, fields) : null;
  }

  /** Sorts the machines of a state by their values. */
  sort(states: Uint32Array, at: number): void {
    const { layout } = this.#product;
    const own = this.#fields[0]!;
    const values = this.#fields.map((fields, machine) =>
      fields.map((field) => {
        const value = layout.get(states, field, at);
        return machine === 0 ? value : this.#exchanges[machine - 1]!.translate(field, value);
      }),
    );
    values.sort(compare);
    for (const [machine, fields] of this.#fields.entries()) {
      for (const [index, field] of fields.entries()) {
        let value = values[machine]![index]!;
        if (machine > 0) value = this.#exchanges[machine - 1]!.translate(own[index]!, value);
        layout.fit(states, field, value, at);
      }
    }
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    if (value !== other[index]) return value - other[index]!;
  }
  return 0;
}
