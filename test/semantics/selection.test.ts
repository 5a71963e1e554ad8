/** The states of which a predicate holds, without running it on each. */

import { expect, test } from "vitest";

import { extend, startGraph } from "../../checkers/explore/graph.ts";
import { compileModel } from "../../semantics/system.ts";
import type { AnyModel, ModelState } from "../../index.ts";
import { contextWith } from "../explore/support.ts";
import { grid } from "../fixtures/explore/grid.ts";
import { philosophers } from "../fixtures/explore/philosophers.ts";

type Holds = (state: ModelState) => boolean;
const number = (state: ModelState, name: string): number => state.context[name] as number;

test.for<[string, AnyModel, Holds, number]>([
  // The answer depends on what is read only: one run for each combination of it.
  ["one variable", grid(40), (state) => number(state, "x") > 5, 40],
  ["true of nearly all", grid(40), (state) => number(state, "y") !== 7, 40],
  [
    "a second one now and then",
    grid(40),
    (state) => number(state, "x") === 3 && number(state, "y") < 20,
    39 + 40,
  ],
  ["nothing at all", grid(40), () => true, 1],
  ["two machines", philosophers(6, true), (state) => state.matches({ p0: "eating" }), 4],
  [
    "two machines, one after the other",
    philosophers(6, true),
    (state) => state.matches({ p0: "eating" }) || state.matches({ p3: "eating" }),
    4 * 4,
  ],
])("%s", async ([, model, holds, most]) => {
  const graph = startGraph(compileModel(model));
  expect(await extend(graph, contextWith({}))).toBe("complete");
  const { system, expanded } = graph;
  let runs = 0;
  const found = system.select((state) => {
    runs += 1;
    return holds(state);
  }, expanded);
  expect(runs).toBeLessThanOrEqual(most);
  const expected = Array.from({ length: expanded }, (_, state) => state).filter((state) =>
    holds(system.snapshot(state)),
  );
  expect(expected.length).toBeGreaterThan(0);
  expect(found).toEqual(expected);
  const half = Math.floor(expanded / 2);
  expect(system.select(holds, half)).toEqual(expected.filter((state) => state < half));
});
