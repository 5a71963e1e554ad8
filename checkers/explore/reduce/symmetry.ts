/**
 * Symmetry reduction (Ip and Dill 1996): of states that differ only by an exchange of machines, one is
 * kept. The exchanges are found by trying: any two machines of a kind, several kinds in step (each
 * client with its server), or all of a ring by one place.
 */

import { Expander, type Sink } from "../../../semantics/packed/expand.ts";
import type { Layout } from "../../../semantics/packed/layout.ts";
import type { Product } from "../../../semantics/packed/product.ts";
import { copyWords } from "../../../semantics/packed/words.ts";
import type { Edges, System } from "../../../semantics/system.ts";
import type { RunStep } from "../graph.ts";
import { Blocks } from "./blocks.ts";
import { exchangeOf, type Exchange } from "./exchange.ts";
import { Views } from "./views.ts";

/** Exchanges of one set of machines. */
export interface Orbit {
  /** In words: which machines. */
  readonly names: string;
  /** These, and others like them for which there are too many orders. */
  readonly machines: readonly number[];
  /** All exchanges but the one that changes nothing; with `blocks`, those that generate them. */
  readonly exchanges: readonly Exchange[];
  readonly blocks: Blocks | null;
}

/** Where all orders must be tried, sets of machines are not larger. */
const largest = 6; // 720 orders

/** @param holds is an exchange good for the claim and the first state? why not, if it is not */
export function orbitsOf(
  product: Product,
  holds: (exchange: Exchange) => string | null,
): { readonly orbits: readonly Orbit[]; readonly why: string } {
  let why = "no two machines are the same machine with the same events, variables and input";
  const tried = (machines: readonly number[]): Exchange | null => {
    const exchange = exchangeOf(product, machines);
    const refused = typeof exchange === "string" ? exchange : holds(exchange);
    if (refused !== null) why = refused;
    return refused === null ? (exchange as Exchange) : null;
  };
  const orbits: Orbit[] = [];
  const groups = groupsOf(product);
  const used = new Set<number>();
  for (const rows of [...groups.map((group) => [group]), ...inStep(groups)]) {
    if (rows.flat().some((machine) => used.has(machine))) continue;
    const columns = rows[0]!.map((_, column) => rows.map((row) => row[column]!));
    const members = exchangeable(columns, (machines) => tried(machines) !== null, product);
    const found =
      members.length === 0
        ? aroundOf(columns, tried, product)
        : members.flatMap((member) => allOrders(columns, member, tried, product));
    orbits.push(...found);
    for (const { machines } of found) for (const machine of machines) used.add(machine);
  }
  return { orbits, why };
}

/** Machines of the same kind, where there are several. */
function groupsOf({ components }: Product): readonly (readonly number[])[] {
  const groups = Map.groupBy(components.keys(), (index) => components[index]!.kind);
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Groups of one size, taken together: the first of each, the second of each … */
function inStep(groups: readonly (readonly number[])[]): readonly (readonly number[])[][] {
  return [...Map.groupBy(groups, (group) => group.length).values()];
}

const identity = (product: Product): number[] => product.components.map((_, index) => index);

/** Sets of columns any two of which can be exchanged. */
function exchangeable(
  columns: readonly (readonly number[])[],
  possible: (machines: readonly number[]) => boolean,
  product: Product,
): readonly (readonly number[])[] {
  const sets: number[][] = [];
  for (const column of columns.keys()) {
    const home = sets.find((set) =>
      possible(permuted(product, columns, [set[0]!, column], [1, 0])),
    );
    if (home === undefined) sets.push([column]);
    else home.push(column);
  }
  return sets.filter((set) => set.length > 1);
}

/** The columns `places` in another order: what was in `places[i]` goes to `places[order[i]]`. */
function permuted(
  product: Product,
  columns: readonly (readonly number[])[],
  places: readonly number[],
  order: readonly number[],
): readonly number[] {
  const machines = identity(product);
  places.forEach((place, index) => {
    const target = columns[places[order[index]!]!]!;
    columns[place]!.forEach((machine, row) => {
      machines[machine] = target[row]!;
    });
  });
  return machines;
}

/** All exchanges of a set; where sorting does not do, every order is tried on its own. */
function allOrders(
  columns: readonly (readonly number[])[],
  members: readonly number[],
  tried: (machines: readonly number[]) => Exchange | null,
  product: Product,
): readonly Orbit[] {
  const named = (places: readonly number[]): string =>
    places.flatMap((place) => columns[place]!.map((m) => product.components[m]!.name)).join(", ");
  const machines = members.flatMap((place) => columns[place]!);
  const exchangesOf = (
    places: readonly number[],
    changes: readonly (readonly number[])[],
  ): readonly Exchange[] =>
    changes.flatMap((order) => tried(permuted(product, columns, places, order)) ?? []);

  const firstWithOther = members.slice(1).map((_, index) => {
    const order = [...members.keys()];
    [order[0], order[index + 1]] = [index + 1, 0];
    return order;
  });
  const pairs = exchangesOf(members, firstWithOther);
  const blocks = Blocks.of(product, pairs);
  if (blocks !== null) return [{ names: named(members), machines, exchanges: pairs, blocks }];
  const places = members.slice(0, largest);
  const changes = orders(places.length).filter((order) => order.some((to, from) => to !== from));
  const exchanges = exchangesOf(places, changes);
  return exchanges.length === changes.length
    ? [{ names: named(places), machines, exchanges, blocks: null }]
    : [];
}

/** All orders of 0 … count - 1. */
function orders(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return orders(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => order.toSpliced(at, 0, count - 1)),
  );
}

/** A ring turned by one place, and so by any number of places. */
function aroundOf(
  columns: readonly (readonly number[])[],
  tried: (machines: readonly number[]) => Exchange | null,
  product: Product,
): readonly Orbit[] {
  const places = [...columns.keys()];
  const turn = (by: number): readonly number[] =>
    permuted(
      product,
      columns,
      places,
      places.map((place) => (place + by) % places.length),
    );
  const exchanges: Exchange[] = [];
  for (const by of places.slice(1)) {
    const exchange = tried(turn(by));
    if (exchange === null) return [];
    exchanges.push(exchange);
  }
  const machines = columns.flat();
  const names = machines.map((machine) => product.components[machine]!.name);
  return [{ names: `the ring ${names.join(", ")}`, machines, exchanges, blocks: null }];
}

export class Symmetry {
  readonly #system: System;
  readonly #product: Product;
  readonly #orbits: readonly Orbit[];
  readonly #views: readonly Views[];
  #best = new Uint32Array(0);
  #other = new Uint32Array(0);

  constructor(system: System, orbits: readonly Orbit[]) {
    this.#system = system;
    this.#product = system.product;
    this.#orbits = orbits;
    const exchanges = orbits.flatMap((orbit) => orbit.exchanges);
    const watched = new Set(exchanges.flatMap(({ inner }) => [...inner.keys()]));
    this.#views = [...watched].map((machine) => new Views(this.#product, machine, exchanges));
  }

  /** @throws {NotAlike} */
  checkViews(state: Uint32Array): void {
    for (const views of this.#views) views.check(state);
  }

  /** Puts the smallest exchanged state in the place of each target. */
  canonise(edges: Edges): void {
    edges.actions.subarray(0, edges.length).forEach((_, edge) => {
      this.#smallest(edges.states, edge);
    });
  }

  /**
   * A run of the system itself: each step of the path is taken from the state that the run has come
   * to, of which the path knows only one that is like it.
   */
  realRun(path: readonly RunStep[]): readonly RunStep[] {
    for (;;) {
      try {
        return this.#follow(path);
      } catch (thrown) {
        this.#system.grow(thrown); // states may be met here that the search never had to write down
      }
    }
  }

  #follow(path: readonly RunStep[]): readonly RunStep[] {
    const { store } = this.#system;
    const { layout } = this.#product;
    const wanted = new Uint32Array(layout.words);
    let state = new Uint32Array(layout.words);
    store.read(0, state);
    return path.map(({ target }) => {
      store.read(target, wanted);
      const steps = new Steps(this.#product, layout);
      steps.of(state);
      for (const { action, words } of steps.taken) {
        const like = words.slice();
        this.#smallest(like, 0);
        if (!like.every((word, index) => word === wanted[index])) continue;
        state = words;
        return { action: this.#system.numberOfAction(action), target };
      }
      throw new TypeError("a step of a reduced path is no step of the system");
    });
  }

  #smallest(states: Uint32Array, index: number): void {
    const { words } = this.#product.layout;
    if (this.#best.length !== words) {
      this.#best = new Uint32Array(words);
      this.#other = new Uint32Array(words);
    }
    const at = index * words;
    for (const { exchanges, blocks } of this.#orbits) {
      if (blocks === null) this.#smallestOf(exchanges, states, at);
      else blocks.sort(states, at);
    }
  }

  #smallestOf(exchanges: readonly Exchange[], states: Uint32Array, at: number): void {
    copyWords(states, at, this.#best, 0, this.#best.length);
    for (const exchange of exchanges) {
      exchange.apply(states, at, this.#other);
      if (isSmaller(this.#other, this.#best)) this.#best.set(this.#other);
    }
    states.set(this.#best, at);
  }
}

function isSmaller(one: Uint32Array, other: Uint32Array): boolean {
  const first = one.findIndex((word, index) => word !== other[index]);
  return first !== -1 && one[first]! < other[first]!;
}

/** The steps of a state, whether or not their targets have been met. */
class Steps implements Sink {
  readonly taken: { readonly action: number; readonly words: Uint32Array<ArrayBuffer> }[] = [];
  readonly #expander: Expander;

  constructor(product: Product, layout: Layout) {
    this.#expander = new Expander(product.shape, layout, product);
  }

  of(state: Uint32Array): void {
    this.#expander.expand(state, this);
  }

  edge(action: number): void {
    this.taken.push({ action, words: this.#expander.next.slice() });
  }

  fault(): void {
    // such a step leads nowhere
  }
}
