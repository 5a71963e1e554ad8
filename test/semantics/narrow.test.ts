/**
 * States of one word are searched with a bit for each of them. Everything that comes of it must be as
 * without the bits: states in the same order, levels, steps, limits, faults, runs.
 *
 * VERIFY_NARROW_RUNS=500 asks for more random systems; VERIFY_SEED for others.
 */

import * as fc from "fast-check";
import { assign, createMachine } from "xstate";
import { expect, test } from "vitest";

import { extend, pathTo, startGraph, type ReachableGraph } from "../../checkers/explore/graph.ts";
import { Layout } from "../../semantics/packed/layout.ts";
import { NarrowSearch } from "../../semantics/packed/narrow.ts";
import { hash1, StateStore } from "../../semantics/packed/store.ts";
import { makeRandom } from "../../core/random.ts";
import { compileModel } from "../../semantics/system.ts";
import type { AnyModel, MachineModel, SystemModel } from "../../index.ts";
import { contextWith } from "../explore/support.ts";
import { alternatingBit } from "../fixtures/explore/alternating-bit.ts";
import { grid } from "../fixtures/explore/grid.ts";
import { philosophers } from "../fixtures/explore/philosophers.ts";

const seed = Number(process.env["VERIFY_SEED"] ?? 20261125);
const numRuns = Number(process.env["VERIFY_NARROW_RUNS"] ?? 25);

type Numbering = "bits" | "table" | "asked now and then";

async function searched(model: AnyModel, numbering: Numbering, maxStates = 200_000) {
  const graph = startGraph(compileModel(model));
  const { store } = graph.system;
  if (numbering === "table") store.reserve(1); // whoever makes room writes to the table
  const context = contextWith({ maxStates });
  let hadBits = false;
  for (const limit of numbering === "asked now and then" ? [5_000, 9_000] : []) {
    await extend(graph, contextWith({ maxStates: limit }));
    hadBits ||= store.seen !== null;
    if (graph.expanded > limit / 2) graph.system.successors(limit / 2);
  }
  const stop = await extend(graph, context);
  return { graph, stop, hadBits: hadBits || store.seen !== null };
}

function told({ graph, stop }: { readonly graph: ReachableGraph; readonly stop: string }) {
  const { system, fault } = graph;
  const { keys, layout } = system.store;
  const last = system.size() - 1;
  return {
    stop,
    expanded: graph.expanded,
    transitions: graph.transitions,
    levels: [...graph.levels],
    limits: system.limits(),
    widths: layout.widths,
    keys: keys.slice(0, system.size() * layout.words),
    fault: fault === null ? null : [fault.fault.message, fault.state, fault.action],
    run: pathTo(graph, fault?.state ?? last),
    actions: graph.system.eventCount,
    last: system.describe(last),
  };
}

const counter = (side: number): MachineModel => ({
  machine: createMachine({
    types: {} as { context: { x: number; met: number } },
    context: { x: 0, met: 0 },
    initial: "off",
    states: {
      off: { on: { START: "on" } },
      on: {
        on: {
          UP: {
            guard: ({ context }) => context.x < side,
            actions: assign({ x: ({ context }) => context.x + 1 }),
          },
          MEET: {
            guard: ({ context }) => context.met < context.x,
            actions: assign({ met: ({ context }) => context.met + 1 }),
          },
          RESET: { actions: assign({ x: 0 }) },
        },
      },
    },
  }),
  events: [{ type: "START" }, { type: "UP" }, { type: "MEET" }, { type: "RESET" }],
  // How many values there are is not known: the field grows while the search goes on.
  variables: { x: { int: [0, side] }, met: { int: [0, null] } },
});

test.each<[string, AnyModel]>([
  ["a square", grid(150)],
  ["a field that grows", counter(160)],
])(
  "%s: the same with the bits, without them, and with numbers asked now and then",
  async (_, model) => {
    const plain = await searched(model, "table");
    expect(plain).toMatchObject({ stop: "complete", hadBits: false });
    const bits = await searched(model, "bits");
    expect(bits.hadBits).toBe(true);
    expect(bits.graph.system.bytes()).toBeLessThan(plain.graph.system.bytes());
    expect(told(bits)).toEqual(told(plain));
    expect(bits.graph.system.store.seen).toBeNull(); // a run was asked for, hence numbers
    const asked = await searched(model, "asked now and then");
    expect(asked.hadBits).toBe(true);
    expect(told(asked)).toEqual(told(plain));
  },
);

test("a limit on states ends both in the same place", async () => {
  const bits = await searched(grid(150), "bits", 7_777);
  expect(bits).toMatchObject({ stop: "states", hadBits: true });
  expect(told(bits)).toEqual(told(await searched(grid(150), "table", 7_777)));
});

test("threads find the states that the bits have", async () => {
  const alone = await searched(grid(530), "bits", 1_000_000);
  expect(alone.hadBits).toBe(true);
  const context = contextWith({ maxStates: 1_000_000 });
  const one = startGraph(compileModel(grid(530)));
  await extend(one, { ...context, options: { threads: 1 } });
  expect(one.system.store.seen).not.toBeNull(); // one thread is none
  const graph = startGraph(compileModel(grid(530)));
  expect(await extend(graph, { ...context, options: { threads: 2 } })).toBe("complete");
  expect(graph.levels).toEqual(alone.graph.levels);
  expect(graph.transitions).toBe(alone.graph.transitions);
  const states = ({ system }: ReachableGraph): Uint32Array =>
    system.store.keys.slice(0, system.size()).toSorted();
  expect(states(graph)).toEqual(states(alone.graph));
});

test("plain steps need nobody else", async () => {
  const ending: SystemModel = {
    machines: {
      goes: grid(20),
      ends: {
        machine: createMachine({
          id: "ends",
          initial: "here",
          states: { here: { on: { END: "gone" } }, gone: { type: "final" } },
        }),
        events: [{ type: "END" }],
      },
    },
  };
  for (const model of [grid(150), philosophers(5, true), ending]) {
    const { graph } = await searched(model, "table");
    const { product } = graph.system; // every table is filled
    const { layout, shape } = product;
    const store = new StateStore(layout);
    const narrow = new NarrowSearch(shape, layout, product);
    expect(narrow.suits()).toBe(true);
    const states = Uint32Array.from({ length: 20_000 }, () => graph.system.store.keys[0]!);
    store.meet(states, states.map(hash1) as unknown as Int32Array, states.length);
    expect([store.size(), store.seen === null]).toEqual([1, false]);
    let steps = 0;
    for (let state = 0; state < store.size();) {
      const to = store.size();
      expect(narrow.expand(store, state, to)).toBe(to);
      steps += narrow.steps;
      state = to;
    }
    expect([store.size(), steps]).toEqual([graph.expanded, graph.transitions]);
  }
  const channels = compileModel(alternatingBit({}));
  expect(
    new NarrowSearch(channels.product.shape, channels.product.layout, channels.product).suits(),
  ).toBe(false);
});

// --- random systems -----------------------------------------------------------------------------

const sizes = { configs: 7, shared: 2, values: 4 };

interface Move {
  readonly from: number;
  readonly event: string;
  readonly to: number | null;
  readonly reads: number | null;
  readonly wanted: number;
  readonly writes: number | null;
  readonly value: number;
}

const some = <T>(value: fc.Arbitrary<T>, none: number): fc.Arbitrary<T | null> =>
  fc.option(value, { freq: none });

const move: fc.Arbitrary<Move> = fc.record({
  from: fc.nat(sizes.configs - 1),
  event: fc.constantFrom("A", "B", "C"),
  to: some(fc.nat(sizes.configs - 1), 3),
  reads: some(fc.nat(sizes.shared - 1), 3),
  wanted: fc.nat(sizes.values - 1),
  writes: some(fc.nat(sizes.shared - 1), 3),
  value: fc.nat(sizes.values - 1),
});

const machineOf = fc.record({
  moves: fc.array(move, { minLength: 8, maxLength: 20 }),
  /** A state that cannot be left, one that ends the machine, one with a timer, one that errs. */
  ends: fc.boolean(),
  waits: fc.boolean(),
  errs: fc.nat(11).map((drawn) => drawn === 0),
  own: fc.nat(2).map((drawn) => drawn === 0),
});
type Drawn = typeof machineOf extends fc.Arbitrary<infer T> ? T : never;

function build({ moves, ends, waits, errs, own }: Drawn, index: number): MachineModel {
  type Context = Record<string, number>;
  const ring = Array.from({ length: sizes.configs }, (_, from) => ({
    from,
    event: "ROUND",
    to: (from + 1) % sizes.configs,
  }));
  const on = (state: number): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(
        Object.groupBy(
          moves.filter(({ from }) => from === state),
          ({ event }) => event,
        ),
      ).map(([event, all]) => [
        event,
        all!.map(({ to, reads, wanted, writes, value }) => ({
          ...(to === null ? {} : { target: `s${to}` }),
          ...(reads === null
            ? {}
            : { guard: ({ context }: { context: Context }) => context[`v${reads}`] === wanted }),
          ...(writes === null ? {} : { actions: assign({ [`v${writes}`]: value }) }),
        })),
      ]),
    );
  return {
    machine: createMachine({
      id: `m${index}`,
      types: {} as { context: Context },
      context: { v0: 0, v1: 0, own: 0 },
      initial: "s0",
      states: {
        ...Object.fromEntries(
          ring.map(({ from, to }) => [
            `s${from}`,
            // Who waits and hears nothing has plain steps only, except that its timer fires.
            waits && from === 3
              ? { after: { 10: "s4" } }
              : {
                  on: {
                    ...on(from),
                    ROUND: { target: `s${to}` },
                    COUNT: {
                      guard: ({ context }: { context: Context }) => own && context["own"]! < 3,
                      actions: assign({
                        own: ({ context }: { context: Context }) => context["own"]! + 1,
                      }),
                    },
                    ...(ends && from === 5 ? { END: "end" } : {}),
                    ...(errs && from === 6
                      ? {
                          ERR: {
                            guard: ({ context }: { context: Context }) => context["v1"] === 3,
                            actions: assign({ v0: 99 }),
                          },
                        }
                      : {}),
                  },
                },
          ]),
        ),
        end: { type: "final" },
      },
    } as never),
    events: ["A", "B", "C", "ROUND", "COUNT", "END", "ERR"].map((type) => ({ type })),
    variables: { own: { int: [0, null] } },
  };
}

const systemOf = (
  drawn: readonly Drawn[],
  time: "untimed" | "discrete" | "ordered",
): SystemModel => ({
  time,
  shared: Object.fromEntries(
    Array.from({ length: sizes.shared }, (_, index) => [
      `w${index}`,
      { int: [0, sizes.values - 1] } as const,
    ]),
  ),
  machines: Object.fromEntries(
    drawn.map((one, index) => [
      `m${index}`,
      { ...build(one, index), shares: { v0: "w0", v1: "w1" } },
    ]),
  ),
});

test("random systems: with the bits as without them", { timeout: 600_000 }, async () => {
  const met = { bits: 0, faults: 0, states: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(machineOf, { minLength: 3, maxLength: 3 }),
      fc.constantFrom("untimed" as const, "discrete" as const, "ordered" as const),
      async (drawn, time) => {
        const model = systemOf(drawn, time);
        const bits = await searched(model, "bits", 30_000);
        met.bits += Number(bits.hadBits);
        met.faults += Number(bits.stop === "fault");
        met.states += bits.graph.expanded;
        expect(told(bits)).toEqual(told(await searched(model, "table", 30_000)));
      },
    ),
    { seed, numRuns },
  );
  expect(met.bits).toBeGreaterThan(numRuns / 4);
});

// --- the set of states --------------------------------------------------------------------------

test("bits come where they take no more memory than a larger table, and go where a number is wanted", () => {
  const store = new StateStore(new Layout([11, 8]));
  const known = new Map<number, number>();
  const random = makeRandom(5);
  const meet = (count: number, below: number): void => {
    const states = Uint32Array.from({ length: count }, () => random.below(below));
    store.meet(states, states.map(hash1) as unknown as Int32Array, count);
    for (const state of states) if (!known.has(state)) known.set(state, known.size);
    expect(store.size()).toBe(known.size);
  };
  const remembered = (): void => {
    const state = new Uint32Array(store.layout.words);
    for (const [key, number] of known) {
      store.read(number, state);
      expect([...state]).toEqual([key]);
    }
  };

  meet(2_000, 2 ** 19);
  expect(store.seen).toBeNull();
  const before = store.bytes();
  for (let round = 0; round < 20; round++) meet(random.below(3_000), 2 ** 19);
  expect(store.seen).not.toBeNull();
  remembered();
  expect(store.bytes() - known.size * 4).toBe(2 ** 19 / 8);
  expect(before - 4 * 4_096).toBeLessThan(2_000 * 4 + 1);

  for (const [key, number] of known) {
    expect(store.insert(Uint32Array.of(key))).toBe(number); // the first one brings the table back
    expect(store.seen).toBeNull();
  }
  meet(30_000, 2 ** 19);
  expect(store.seen).toBeNull(); // numbers may be wanted again
  remembered();
});

test("a layout with more bits may make a table of them again", () => {
  const store = new StateStore(new Layout([19]));
  const states = Uint32Array.from({ length: 4_000 }, (_, index) => index * 131);
  const numbers = new Uint32Array(4_000);
  store.meet(states, states.map(hash1) as unknown as Int32Array, states.length);
  expect(store.seen).not.toBeNull();
  store.relayout(new Layout([31]));
  expect(store.seen).toBeNull();
  expect(store.size()).toBe(4_000);
  store.insertAll(states, states.length, numbers);
  expect([...numbers]).toEqual([...states.keys()]);

  const room = Math.floor(4096 * 0.8);
  const full = new StateStore(new Layout([19]));
  full.meet(states, states.map(hash1) as unknown as Int32Array, room);
  expect(full.seen).toBeNull(); // the first table takes as many
  full.meet(states.subarray(room), states.subarray(room).map(hash1) as unknown as Int32Array, 1);
  expect(full.seen).not.toBeNull();

  const wide = new StateStore(new Layout([31]));
  wide.meet(states, states.map(hash1) as unknown as Int32Array, states.length);
  expect(wide.seen).toBeNull(); // 256 MiB of bits for 4,000 states
});
