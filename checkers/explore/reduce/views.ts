/**
 * Does a machine that stays in its place treat the exchanged ones alike? Its functions cannot be read,
 * so it is tried: for every state in which it is met, and all that this state turns into by exchanges,
 * what it may do in the exchanged state must be the exchange of what it may do.
 */

import { Expander } from "../../../semantics/packed/expand.ts";
import type { Layout } from "../../../semantics/packed/layout.ts";
import type { Product } from "../../../semantics/packed/product.ts";
import type { Exchange } from "./exchange.ts";

/** Found only while searching: the search was in vain, and all states must be visited. */
export class NotAlike extends Error {}

interface View {
  readonly config: number;
  readonly values: readonly number[];
}

export class Views {
  readonly #product: Product;
  readonly #machine: number;
  readonly #turns: readonly (readonly number[])[];
  readonly #known = new Set<string>();
  #expander: Expander | null = null;
  #layout: Layout | null = null;
  #state = new Uint32Array(0);

  constructor(product: Product, machine: number, exchanges: readonly Exchange[]) {
    this.#product = product;
    this.#machine = machine;
    this.#turns = exchanges.flatMap(({ inner }) => {
      const turn = inner.get(machine);
      return turn === undefined ? [] : [turn];
    });
  }

  /** @throws {NotAlike} */
  check(state: Uint32Array): void {
    const { layout, components } = this.#product;
    const { configField, pendingField, fields, name } = components[this.#machine]!;
    if (layout.get(state, pendingField) !== 0) {
      throw new NotAlike(`${name} has timers or actors of its own`);
    }
    const open: View[] = [
      {
        config: layout.get(state, configField),
        values: fields.map((field) => layout.get(state, field)),
      },
    ];
    for (let view = open.pop(); view !== undefined; view = open.pop()) {
      const key = textOf(view);
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      const steps = this.#stepsOf(view);
      for (const turn of this.#turns) {
        const turned = turnedBy(turn, view);
        const expected = steps.map(({ view: after, rest }) => textOf(turnedBy(turn, after)) + rest);
        const found = this.#stepsOf(turned).map(({ view: after, rest }) => textOf(after) + rest);
        if (expected.toSorted().join() !== found.toSorted().join()) {
          throw new NotAlike(`${name} does not treat them alike`);
        }
        open.push(turned);
      }
    }
  }

  /** What the events of the environment do in a view. */
  #stepsOf(view: View): { readonly view: View; readonly rest: string }[] {
    const { components, shape } = this.#product;
    const { declared } = shape.components[this.#machine]!;
    const { configField, fields } = components[this.#machine]!;
    const { layout } = this.#product;
    if (this.#layout !== layout) {
      this.#layout = layout;
      this.#expander = new Expander(shape, layout, this.#product);
      this.#state = new Uint32Array(layout.words);
    }
    layout.put(this.#state, configField, view.config);
    view.values.forEach((value, variable) => {
      layout.put(this.#state, fields[variable]!, value);
    });
    const steps: { view: View; rest: string }[] = [];
    for (const event of Array.from({ length: declared }).keys()) {
      const leaf = this.#expander!.leaf(this.#state, this.#machine, event);
      const { data } = this.#product;
      if (data[leaf]! < 0) {
        steps.push({ view, rest: `!${data[leaf]}` });
        continue;
      }
      const values = [...view.values];
      const end = leaf + 4 + data[leaf + 3]! * 2;
      for (let at = leaf + 4; at < end; at += 2) values[data[at]!] = data[at + 1]!;
      const rest = `!${data[leaf + 1]},${data[leaf + 2]}`;
      steps.push({ view: { config: data[leaf]!, values }, rest });
    }
    return steps;
  }
}

const textOf = ({ config, values }: View): string => `${config}:${values.join(" ")}`;

function turnedBy(turn: readonly number[], { config, values }: View): View {
  const turned = [...values];
  turn.forEach((target, variable) => {
    turned[target] = values[variable]!;
  });
  return { config, values: turned };
}
