/** Numbers of states and steps that other checkers and published sources give for known models. */

import { describe, expect, test } from "vitest";

import { extend, startGraph } from "../../checkers/explore/graph.ts";
import { compileMachine, compileSystem, type System } from "../../semantics/system.ts";
import { grid } from "../fixtures/explore/grid.ts";
import { philosophers } from "../fixtures/explore/philosophers.ts";
import { twoPhaseCommit } from "../fixtures/explore/two-phase-commit.ts";
import { contextWith } from "./support.ts";

async function count(system: System): Promise<{ states: number; transitions: number }> {
  const graph = startGraph(system);
  expect(await extend(graph, contextWith({ maxStates: 2_000_000 }))).toBe("complete");
  return { states: graph.expanded, transitions: graph.transitions };
}

describe("two-phase commit (Stateright and TLC; generated states count the initial one)", () => {
  test.each([
    [3, 288, 1_146],
    [5, 8_832, 58_146],
  ])("N = %d", async (managers, states, generated) => {
    expect(await count(compileSystem(twoPhaseCommit(managers)))).toEqual({
      states,
      transitions: generated - 1,
    });
  });
});

test("philosophers, the last one left-handed: as many states as XState's own graph has", async () => {
  expect((await count(compileSystem(philosophers(10, true)))).states).toBe(102_571);
});

test("a walker on a square", async () => {
  const side = 120;
  expect(await count(compileMachine(grid(side)))).toEqual({
    states: side ** 2,
    transitions: 4 * side * (side - 1),
  });
});
