/**
 * A predicate on packed states. Like a step of a machine, its answer depends only on the values that
 * it reads: the function runs once for each combination of them, and a decision trie answers for all
 * other states.
 */

import type { ModelState } from "../../core/property.ts";
import { Cells } from "./cells.ts";
import type { Layout } from "./layout.ts";
import type { Product } from "./product.ts";

/** Leaves are negative: `-1 - answer`. */
const leafOf = (answer: boolean): number => (answer ? -2 : -1);

export class Selection {
  readonly #holds: (state: ModelState) => boolean;
  readonly #product: Product;
  readonly #lone: boolean;
  readonly #cells = new Cells(1_024);
  readonly #root: number;
  /** Fields of the variables of a lone machine. */
  readonly #ownFields: ReadonlyMap<string, number>;

  constructor(product: Product, lone: boolean, holds: (state: ModelState) => boolean) {
    this.#product = product;
    this.#lone = lone;
    this.#holds = holds;
    this.#root = this.#cells.allocate(1);
    const { kind, fields } = product.components[0]!;
    this.#ownFields = new Map(
      kind.oracle.variables.map(({ name }, index) => [name, fields[index]!]),
    );
  }

  /** Does the predicate hold of the state that begins at `at`? null when that is not known yet. */
  test(keys: Uint32Array, at: number, layout: Layout): boolean | null {
    const { data } = this.#cells;
    let ref = data[this.#root]!;
    while (ref > 0) {
      const field = data[ref]!;
      const value =
        (keys[at + layout.word[field]!]! >>> layout.shift[field]!) & layout.mask[field]!;
      ref = value < data[ref + 1]! ? data[data[ref + 2]! + value]! : 0;
    }
    return ref === 0 ? null : ref === -2;
  }

  /**
   * The first of the states `from … to - 1` of which it is not known that the predicate is false; -1
   * when there is none.
   */
  skip(keys: Uint32Array, { words, word, shift, mask }: Layout, from: number, to: number): number {
    const { data } = this.#cells;
    const root = data[this.#root]!;
    for (let state = from; state < to; state++) {
      let ref = root;
      while (ref > 0) {
        const field = data[ref]!;
        const value = (keys[state * words + word[field]!]! >>> shift[field]!) & mask[field]!;
        ref = value < data[ref + 1]! ? data[data[ref + 2]! + value]! : 0;
      }
      if (ref !== -1) return state;
    }
    return -1;
  }

  /** Runs the predicate on the state as it sees it, and remembers the answer. */
  ask(keys: Uint32Array, at: number, layout: Layout, state: ModelState): boolean {
    const reads: number[] = [];
    const note = (field: number): void => {
      if (!reads.includes(field)) reads.push(field);
    };
    const watched = this.#lone ? this.#watchMachine(state, note) : this.#watchSystem(state, note);
    const answer = this.#holds(watched);
    const cells = this.#cells;
    let slot = this.#root;
    for (const field of reads) {
      let node = cells.data[slot]!;
      if (node === 0) {
        node = cells.write([field, 0, 0]);
        cells.data[slot] = node;
      }
      if (cells.data[node] !== field) return answer; // it reads now this, now that
      const value = layout.get(keys, field, at);
      slot = cells.reach(node + 1, value) + value;
    }
    cells.data[slot] = leafOf(answer);
    return answer;
  }

  #watchMachine(state: ModelState, note: (field: number) => void): ModelState {
    const { configField } = this.#product.components[0]!;
    const context = watch(state.context as object, (name) => {
      const field = this.#ownFields.get(name);
      if (field !== undefined) note(field);
    });
    return replace(state, { context }, () => note(configField));
  }

  #watchSystem(state: ModelState, note: (field: number) => void): ModelState {
    const { components } = this.#product;
    const configOf = new Map(components.map(({ name, configField }) => [name, configField]));
    const machine = (name: string): void => {
      const field = configOf.get(name);
      if (field !== undefined) note(field);
    };
    const all = (): void => components.forEach(({ configField }) => note(configField));
    const fieldOf = new Map<string, number>();
    const contexts: Record<string, object> = {};
    for (const { name, kind, fields, model } of components) {
      const own = new Map<string, number>();
      for (const [index, variable] of kind.oracle.variables.entries()) {
        own.set(variable.name, fields[index]!);
        const shared = model.shares?.[variable.name];
        fieldOf.set(shared ?? `${name}_${variable.name}`, fields[index]!);
      }
      const { [name]: inner } = state.context as Record<string, unknown>;
      if (typeof inner !== "object" || inner === null) continue;
      contexts[name] = watch(inner, (variable) => {
        const field = own.get(variable);
        if (field !== undefined) note(field);
      });
    }
    for (const [index, { name }] of this.#product.channels.entries()) {
      fieldOf.set(`${name}_length`, this.#product.channelField(index));
    }
    const context = watch({ ...(state.context as object), ...contexts }, (name) => {
      const field = fieldOf.get(name);
      if (field !== undefined) note(field);
    });
    const matches = (wanted: unknown): boolean => {
      if (typeof wanted === "string") machine(wanted.split(".")[0]!);
      else for (const name of Object.keys(wanted as object)) machine(name);
      return state.matches(wanted);
    };
    const value = watch(state.value as object, machine);
    return replace(state, { context, matches, value }, all);
  }
}

/** Reports the name of every entry that is read. */
const watch = (target: object, read: (name: string) => void): object =>
  new Proxy(target, {
    get: (inner, name, receiver): unknown => {
      if (typeof name === "string") read(name);
      return Reflect.get(inner, name, receiver);
    },
  });

/** The state with some entries replaced; reading any other is reported. */
const replace = (
  state: ModelState,
  entries: Readonly<Record<string, unknown>>,
  read: () => void,
): ModelState =>
  new Proxy(state, {
    get: (inner, name, receiver): unknown => {
      if (typeof name === "string" && name in entries) return entries[name];
      read();
      return Reflect.get(inner, name, receiver);
    },
  });
