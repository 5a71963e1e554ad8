/** States in words, and the table of states, against plain lists and a plain Map. */

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { assign, createMachine } from "xstate";

import type { MachineModel } from "../../core/subject.ts";
import { Cells } from "../../semantics/packed/cells.ts";
import { FieldTooNarrow, Layout } from "../../semantics/packed/layout.ts";
import { hash1, hash2, hashOf, slotOf, StateStore } from "../../semantics/packed/store.ts";
import { compileMachine } from "../../semantics/system.ts";

const widths = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 9 });

test("fields keep what was put into them, and share words where they fit", () => {
  fc.assert(
    fc.property(widths, fc.infiniteStream(fc.nat(4095)), (bits, numbers) => {
      const layout = new Layout(bits);
      const sum = bits.reduce((total, width) => total + width, 0);
      if (sum <= 32) expect(layout.words).toBe(1);
      expect(layout.words).toBeGreaterThanOrEqual(Math.ceil(sum / 32));
      expect(layout.words).toBeLessThanOrEqual(Math.max(1, Math.ceil((sum * 2) / 32)));
      const state = new Uint32Array(layout.words + 3);
      const values = bits.map((width) => numbers.next().value! % 2 ** width);
      // twice, so that the second value must replace the first
      for (const round of [1, 0]) {
        for (const [field, value] of values.entries()) {
          layout.put(state, field, round === 1 ? layout.mask[field]! : value, 3);
        }
      }
      expect(bits.map((_, field) => layout.get(state, field, 3))).toEqual(values);
      expect(state.slice(0, 3)).toEqual(new Uint32Array(3));
    }),
    { seed: 20261124, numRuns: 500 },
  );
});

test("a value goes into a field that has room for it, or says how much it needs", () => {
  const layout = new Layout([3, 30, 5]);
  const state = new Uint32Array(2 * layout.words);
  layout.fit(state, 2, 31, layout.words);
  expect(layout.get(state, 2, layout.words)).toBe(31);
  expect(() => layout.fit(state, 2, 32)).toThrow(new FieldTooNarrow(2, 32));
  layout.fit(state, 0, 7);
  expect(() => layout.fit(state, 0, 8)).toThrow(FieldTooNarrow);
});

test.each([[[9]], [[20, 20]], [[25, 25, 25]], [[30, 30, 30, 30, 30]]])(
  "a state met again has its old number, a new one the next (fields of %j bits)",
  (bits) => {
    const layout = new Layout(bits);
    const store = new StateStore(layout);
    const known = new Map<string, number>();
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 6_000; round++) {
      const values = bits.map((width) => random(Math.min(2 ** width, 40)));
      const state = new Uint32Array(layout.words);
      for (const [field, value] of values.entries()) layout.put(state, field, value);
      const key = values.join();
      const expected = known.get(key) ?? known.size;
      known.set(key, expected);
      expect(store.insert(state)).toBe(expected);
      expect(store.size()).toBe(known.size);
    }
    const back = new Uint32Array(layout.words);
    for (const [key, number] of known) {
      store.read(number, back);
      expect(bits.map((_, field) => layout.get(back, field)).join()).toBe(key);
    }
  },
);

test("states that differ in their lowest bits only stand side by side, others far apart", () => {
  const place = (hash: number, first: number): number => slotOf(hash, first, 2 ** -12);
  const places: readonly ((first: number) => number)[] = [
    (first) => place(hash1(first), first),
    (first) => place(hash2(first, 7), first),
    (first) => place(hashOf(Uint32Array.of(9, first, 7, 5), 1, 3), first),
  ];
  for (const of of places) {
    const blocks = Array.from({ length: 1_000 }, (_, block) => of(block * 8));
    for (const [block, slot] of blocks.entries()) {
      expect(Array.from({ length: 8 }, (_, low) => of(block * 8 + low) - slot)).toEqual([
        0, 1, 2, 3, 4, 5, 6, 7,
      ]);
    }
    // A thousand of 131,072 blocks, drawn by chance, fall on 996 different ones.
    expect(new Set(blocks).size).toBeGreaterThan(980);
  }
});

test.each([[[31, 31]], [[31, 31, 31]]])(
  "states whose hashes collide are still told apart (fields of %j bits)",
  (bits) => {
    const layout = new Layout(bits);
    const store = new StateStore(layout);
    const state = new Uint32Array(layout.words);
    let seed = 7;
    const count = 300_000; // some ten pairs with the same 32-bit hash
    const known = new Set<string>();
    let wrong = 0;
    for (let round = 0; round < count; round++) {
      for (const [field] of bits.entries()) {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        const high = seed >>> 16;
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        layout.put(state, field, ((high << 15) | (seed >>> 17)) & layout.mask[field]!);
      }
      known.add(state.join());
      const number = store.insert(state);
      if (number !== known.size - 1) wrong += 1;
    }
    expect(wrong).toBe(0);
    expect(store.size()).toBe(known.size);
  },
);

test.each([
  [3, false, 2],
  [3, true, 2],
  [4, false, 4],
  [4, true, 4],
])(
  "a field grows when a value does not fit and not before: 0 … %i, a timer beside it: %s",
  (most, waits, bits) => {
    const system = compileMachine({
      machine: createMachine({
        types: {} as { context: { met: number } },
        context: { met: 0 },
        initial: "s",
        states: {
          s: {
            on: {
              INC: {
                guard: ({ context }) => context.met < most,
                actions: assign({ met: ({ context }) => context.met + 1 }),
              },
            },
            ...(waits ? { after: { 10: "late" } } : {}),
          },
          late: {},
        },
      }),
      events: [{ type: "INC" }],
      variables: { met: { int: [0, null] } },
    });
    system.initial();
    for (let state = 0; state < system.size(); state++) system.expand(state);
    expect(system.size()).toBe((most + 1) * (waits ? 2 : 1));
    // One bit more than the value that did not fit needs.
    expect(system.product.layout.widths[system.product.components[0]!.fields[0]!]).toBe(bits);
  },
);

test.each([[[9]], [[20, 20]], [[25, 25, 25]]])(
  "a state that others wrote can get another number, and room is made before it is needed (%j bits)",
  (bits) => {
    const layout = new Layout(bits);
    const store = new StateStore(layout);
    const stateOf = (value: number): Uint32Array => {
      const state = new Uint32Array(layout.words);
      for (const [field] of bits.entries()) layout.put(state, field, (value * (field + 7)) % 512);
      return state;
    };
    for (let value = 0; value < 10; value++) expect(store.insert(stateOf(value))).toBe(value);
    store.reserve(100_000);
    expect(store.capacity()).toBeGreaterThanOrEqual(100_000);
    for (let value = 0; value < 10; value++) expect(store.insert(stateOf(value))).toBe(value);
    store.move(9, 12);
    store.move(3, 9);
    store.adopt(13);
    expect(store.insert(stateOf(9))).toBe(12);
    expect(store.insert(stateOf(3))).toBe(9);
    expect(store.insert(stateOf(8))).toBe(8);
    expect(store.insert(stateOf(30))).toBe(13);
    const back = new Uint32Array(layout.words);
    store.read(9, back);
    expect(back).toEqual(stateOf(3));
  },
);

test.each([[[9]], [[20, 20]], [[25, 25, 25]]])(
  "room is made when it is needed, and no earlier (%j bits)",
  (bits) => {
    const layout = new Layout(bits);
    const stateOf = (value: number): Uint32Array => {
      const state = new Uint32Array(layout.words);
      layout.put(state, 0, value % 512);
      if (bits.length > 1) layout.put(state, 1, value >>> 9);
      return state;
    };
    const store = new StateStore(layout, 400);
    const { keys, table } = store;
    expect(store.capacity()).toBe(400);
    store.reserve(400);
    for (let value = 0; value < 400; value++) store.insert(stateOf(value));
    expect(store.keys).toBe(keys);
    store.insert(stateOf(400));
    expect(store.keys.length).toBe(800 * layout.words);

    const most = Math.floor(4096 * 0.8);
    store.reserve(most);
    expect(store.capacity()).toBe(most);
    expect(store.table).toBe(table);
    store.reserve(most + 1);
    expect(store.table.length).toBe(4096 * 1.5);
    expect(store.capacity()).toBe(most + 1);
    // Entries have room for the number of the last state, and no bit more.
    expect(store.indexMask).toBe(8191);
  },
);

test("cells are handed out one after the other, and the array grows when they do not fit", () => {
  const cells = new Cells(8);
  const { data } = cells;
  expect(cells.allocate(3)).toBe(1);
  expect(cells.write([7, 8, 9, 10])).toBe(4);
  expect(cells.data).toBe(data);
  expect(cells.used()).toBe(8);
  expect(cells.write([11])).toBe(8);
  expect([...cells.data]).toEqual([0, 0, 0, 0, 7, 8, 9, 10, 11, ...Array(7).fill(0)]);
  expect(cells.allocate(100)).toBe(9);
  expect(cells.data.length).toBe(109);
});

test("a list has room for as many as it says, and keeps them when it grows", () => {
  const cells = new Cells();
  const list = cells.allocate(2);
  const guard = (): number => cells.data[list]!;
  const place = cells.reach(list, 2);
  expect(guard()).toBe(4);
  cells.data.set([1, 2, 3, 4], place);
  cells.write([99]); // stands right behind
  expect(cells.reach(list, 3)).toBe(place);
  const larger = cells.reach(list, 4);
  expect(larger).not.toBe(place);
  expect([...cells.data.subarray(larger, larger + 8)]).toEqual([1, 2, 3, 4, 0, 0, 0, 0]);
  expect(guard()).toBe(8);
  cells.reach(list, 30);
  expect(guard()).toBe(31);
});

test("a field that grows gets its next bit when a value does not fit, and no earlier", () => {
  const counter = (most: number): MachineModel => ({
    machine: createMachine({
      types: {} as { context: { n: number } },
      context: { n: 0 },
      on: {
        UP: {
          guard: ({ context }) => context.n < most,
          actions: assign({ n: ({ context }) => context.n + 1 }),
        },
        SAME: { actions: assign({ n: ({ context }) => context.n }) },
      },
    }),
    events: [{ type: "UP" }, { type: "SAME" }],
    variables: { n: { int: [0, null] } },
  });
  const widthFor = (most: number): number => {
    const system = compileMachine(counter(most));
    system.initial();
    for (let state = 0; state < system.size(); state++) system.expand(state);
    expect(system.size()).toBe(most + 1);
    return Math.max(...system.product.layout.widths);
  };
  expect([0, 1, 3, 4, 15, 16].map(widthFor)).toEqual([0, 2, 2, 4, 4, 6]);
});
