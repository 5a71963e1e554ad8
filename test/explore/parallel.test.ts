/** Several threads count what one counts, find runs as short, and say where they stop. */

import { expect, test } from "vitest";
import { assign, createMachine, emit } from "xstate";

import { Crew } from "../../checkers/explore/parallel/crew.ts";
import { checkInvariant } from "../../checkers/explore/safety.ts";
import { depthOf, extend, pathTo, startGraph } from "../../checkers/explore/graph.ts";
import { always } from "../../core/property.ts";
import { limitCapacity, limitFaults } from "../../semantics/packed/expand.ts";
import { compileModel } from "../../semantics/system.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { AnyModel } from "../../core/system.ts";
import { grid } from "../fixtures/explore/grid.ts";
import { philosophers } from "../fixtures/explore/philosophers.ts";
import { twoPhaseCommit } from "../fixtures/explore/two-phase-commit.ts";
import { contextWith } from "./support.ts";

async function explore(model: AnyModel, threads: number, maxStates = 2_000_000) {
  const graph = startGraph(compileModel(model));
  const stop = await extend(graph, { ...contextWith({ maxStates }), options: { threads } });
  return { graph, stop };
}

/** So many steps from each state that a thread has to look them up in the midst of its block. */
function broad(...sides: readonly number[]): MachineModel {
  const names = sides.map((_, axis) => `x${axis}`);
  const moves = sides.flatMap((side, axis) =>
    Array.from({ length: side }, (_, value) => ({ type: `SET${axis}_${value}`, axis, value })),
  );
  return {
    machine: createMachine({
      id: "broad",
      context: Object.fromEntries(names.map((name) => [name, 0])),
      on: Object.fromEntries(
        moves.map(({ type, axis, value }) => [type, { actions: assign({ [`x${axis}`]: value }) }]),
      ),
    }),
    events: moves.map(({ type }) => ({ type })),
    variables: Object.fromEntries(
      names.map((name, axis) => [name, { int: [0, sides[axis]! - 1] }]),
    ),
  };
}

test.each<[string, AnyModel]>([
  ["many steps from each state", broad(24, 24, 40)],
  ["two-phase commit", twoPhaseCommit(6)],
  ["philosophers", philosophers(10, true)],
])("%s: the same states, steps and levels", async (_name, model) => {
  const { graph: alone } = await explore(model, 1);
  const { graph: together, stop } = await explore(model, 3);
  expect(stop).toBe("complete");
  expect([alone.threads, together.threads]).toEqual([1, 3]);
  expect([together.expanded, together.transitions, together.levels]).toEqual([
    alone.expanded,
    alone.transitions,
    alone.levels,
  ]);
  // Every state once: packed states are the same set.
  const keys = ({ system }: typeof alone): Set<string> =>
    new Set(
      Array.from({ length: system.size() }, (_, state) => JSON.stringify(system.describe(state))),
    );
  expect(keys(together).size).toBe(together.expanded);
  const last = together.expanded - 1;
  expect(pathTo(together, last)).toHaveLength(depthOf(together, last));
});

test("a limit that only threads run into is told", async () => {
  // Messages are sent from level 6 on, where levels are broad, and lost once: the next one cannot be.
  const walker = createMachine({
    types: {} as { context: { x: number } },
    id: "walker",
    context: { x: 0 },
    on: {
      STEP: {
        guard: ({ context }) => context.x < 6,
        actions: assign({ x: ({ context }) => context.x + 1 }),
      },
      PUT: { guard: ({ context }) => context.x > 4, actions: emit({ type: "M" }) },
    },
  });
  const model: AnyModel = {
    machines: {
      broad: broad(30, 30),
      walker: {
        machine: walker,
        events: [{ type: "STEP" }, { type: "PUT" }],
        variables: { x: { int: [0, 6] } },
      },
      hearer: { machine: createMachine({ id: "hearer", on: { M: {} } }), events: [] },
    },
    channels: { wire: { from: "walker", to: "hearer", carries: ["M"], capacity: 2, loses: true } },
    faults: 1,
  };
  const { graph: alone } = await explore(model, 1);
  const { graph: together } = await explore(model, 3);
  expect(together.expanded).toBe(30 ** 2 * (5 + 2 * 3 * 2));
  expect(together.levels).toEqual(alone.levels);
  expect(together.system.limits()).toBe(limitCapacity | limitFaults);
});

test("a violation, and a limit on states", async () => {
  const model = philosophers(10, true);
  const { graph, stop } = await explore(model, 2, 50_000);
  expect(stop).toBe("states");
  expect(graph.expanded).toBe(50_000);
  const bad = always("few eat", "not (at(p0.eating) and at(p2.eating) and at(p4.eating))");
  expect(checkInvariant(graph, bad, model).kind).toBe("fails");
});

test("a value outside its range is found by threads too, with a shortest run", async () => {
  const narrow = {
    ...grid(700),
    variables: { x: { int: [0, 600] }, y: { int: [0, 699] } },
  } as const;
  const { graph, stop } = await explore(narrow, 2);
  expect(stop).toBe("fault");
  expect(graph.fault?.fault.code).toBe("VRF103");
  expect(pathTo(graph, graph.fault!.state!)).toHaveLength(600);
});

test("levels worth sharing are shared, smaller ones are not", () => {
  const system = compileModel(grid(600));
  system.initial();
  const crew = new Crew(system, 2);
  try {
    let [from, to] = [0, 1];
    for (let depth = 0; depth < 511; depth++) {
      expect(crew.level(from, to)).toBeNull();
      system.expand(from, to);
      [from, to] = [to, system.size()];
    }
    expect(to - from).toBe(512);
    expect(crew.level(from, to)).toEqual({ transitions: 4 * 512 - 2 });
    expect(system.size() - to).toBe(513);
  } finally {
    crew.dispose();
  }
});
