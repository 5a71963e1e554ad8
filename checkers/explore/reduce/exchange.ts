/**
 * What exchanging machines does to a state: an automorphism of the system, checked and not believed.
 * Machines change places together with everything that is bound to them: configurations, timers,
 * variables, shared variables, the contents of channels.
 */

import type { ChannelDeclaration } from "../../../core/system.ts";
import type { Component, Product } from "../../../semantics/packed/product.ts";
import { copyWords } from "../../../semantics/packed/words.ts";

export class Exchange {
  /** Where each machine goes. */
  readonly machines: readonly number[];
  /** Where the value of each field goes, for those that move. */
  readonly moved: ReadonlyMap<number, number>;
  /**
   * Machines that stay, but see the others under names of their own: variable by variable what it
   * turns into. That they treat all alike is for `Views` to check.
   */
  readonly inner: ReadonlyMap<number, readonly number[]>;
  readonly #product: Product;
  readonly #channelOf: ReadonlyMap<number, number>;

  constructor(
    product: Product,
    machines: readonly number[],
    moved: ReadonlyMap<number, number>,
    inner: ReadonlyMap<number, readonly number[]>,
  ) {
    this.#product = product;
    this.machines = machines;
    this.moved = moved;
    this.inner = inner;
    this.#channelOf = new Map(
      product.channels.map((_, channel) => [product.channelField(channel), channel]),
    );
  }

  /** The value that a moved field's value becomes in its new place. */
  translate(field: number, value: number): number {
    const channel = this.#channelOf.get(field);
    if (channel === undefined) return value;
    const to = this.#channelOf.get(this.moved.get(field)!)!;
    const { channels } = this.#product;
    return channels[to]!.contentOf(channels[channel]!.content(value)); // numbered per channel
  }

  /** Writes the exchanged state; `from` and `to` are different arrays. */
  apply(from: Uint32Array, at: number, to: Uint32Array): void {
    const { layout } = this.#product;
    copyWords(from, at, to, 0, layout.words);
    for (const [field, target] of this.moved) {
      const value = this.translate(field, layout.get(from, field, at));
      layout.fit(to, target, value);
    }
  }
}

/** The exchange that takes each machine to `machines[machine]`, or why there is none. */
export function exchangeOf(product: Product, machines: readonly number[]): Exchange | string {
  const { components } = product;
  const moved = new Map<number, number>();
  const taken = new Set<number>();
  /** false: it would have to go to two places, or two to one. */
  const move = (from: number, to: number): boolean => {
    const known = moved.get(from);
    if (known !== undefined) return known === to;
    if (taken.has(to)) return false;
    moved.set(from, to);
    taken.add(to);
    return true;
  };
  for (const [index, target] of machines.entries()) {
    if (index === target) continue;
    const [one, other] = [components[index]!, components[target]!];
    if (one.kind !== other.kind) {
      return `${one.name} and ${other.name} are not one machine with the same events, variables and input`;
    }
    move(one.configField, other.configField);
    move(one.pendingField, other.pendingField);
    for (const [variable, field] of one.fields.entries()) {
      if (move(field, other.fields[variable]!)) continue;
      return `${one.name} and ${other.name} stand differently to what they share`;
    }
  }
  const inner = new Map<number, readonly number[]>();
  for (const [index, target] of machines.entries()) {
    if (index !== target) continue;
    const turned = innerOf(components[index]!, moved);
    if (turned === null) {
      return `${components[index]!.name} has no counterpart for everything that it knows of them`;
    }
    for (const [variable, other] of turned.entries()) {
      const { fields } = components[index]!;
      if (!move(fields[variable]!, fields[other]!)) return "two machines see them differently";
    }
    if (turned.some((other, variable) => other !== variable)) inner.set(index, turned);
  }
  const names = components.map(({ name }) => name);
  const renamed = (name: string): string => names[machines[names.indexOf(name)]!]!;
  const free = new Set(product.channels.keys());
  for (const [channel, { declaration, name }] of product.channels.entries()) {
    const wanted = channelKey(declaration, renamed);
    const target = [...free].find(
      (other) => channelKey(product.channels[other]!.declaration, (same) => same) === wanted,
    );
    if (target === undefined) return `the channel ${name} has no counterpart`;
    free.delete(target);
    move(product.channelField(channel), product.channelField(target));
  }
  for (const [from, to] of moved) if (from === to) moved.delete(from);
  return new Exchange(product, machines, moved, inner);
}

const channelKey = (
  { from, to, carries, ...rest }: ChannelDeclaration,
  renamed: (name: string) => string,
): string =>
  JSON.stringify([
    [from].flat().map(renamed).toSorted(),
    renamed(to),
    carries.toSorted(),
    Object.entries(rest)
      .map(([option, value]) => `${option}=${String(value)}`)
      .toSorted(),
  ]);

/**
 * What the variables of a machine that stays turn into: shared ones follow what they are bound to;
 * own ones that end in a number, or in none, follow the shared ones that end so. A guess, for `Views`
 * to check.
 */
function innerOf(
  { kind, fields }: Component,
  moved: ReadonlyMap<number, number>,
): readonly number[] | null {
  const { variables } = kind.oracle;
  const numbers = new Map<string, string>();
  const turned = fields.map((field): number | null => {
    const target = moved.get(field);
    return target === undefined ? null : fields.indexOf(target);
  });
  if (turned.includes(-1)) return null;
  for (const [variable, other] of turned.entries()) {
    if (other === null) continue;
    const [own, theirs] = [variable, other].map((each) => endOf(variables[each]!.name).number);
    numbers.set(own!, theirs!);
  }
  return turned.map((other, variable): number => {
    if (other !== null) return other;
    const { stem, number } = endOf(variables[variable]!.name);
    const renamed = `${stem}${numbers.get(number) ?? number}`;
    const found = variables.findIndex(({ name }) => name === renamed);
    return found < 0 ? variable : found;
  });
}

const endOf = (name: string): { stem: string; number: string } => {
  const number = /\d*$/u.exec(name)![0];
  return { stem: name.slice(0, name.length - number.length), number };
};
