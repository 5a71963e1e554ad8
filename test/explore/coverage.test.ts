/** What a search has met, on machines whose gaps are known. */

import { assign, setup, stateIn } from "xstate";
import { describe, expect, test } from "vitest";

import { always } from "../../core/property.ts";
import type { Coverage } from "../../core/coverage.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { SystemModel } from "../../core/system.ts";
import { coverageOf } from "../../checkers/explore/coverage.ts";
import { extend, startGraph } from "../../checkers/explore/graph.ts";
import { compileModel } from "../../semantics/system.ts";
import { sparkline, growthBars, growthText } from "../../reports/view/coverage.ts";
import { alternatingBit } from "../fixtures/explore/alternating-bit.ts";
import { twoPhaseCommit } from "../fixtures/explore/two-phase-commit.ts";
import { check, contextWith } from "./support.ts";

async function met(model: MachineModel | SystemModel, maxStates = 20_000): Promise<Coverage> {
  const graph = startGraph(compileModel(model));
  await extend(graph, contextWith({ maxStates }));
  return coverageOf(graph);
}

/** `cellar` and `attic` cannot be entered, `hall` is left at once, LIFT is never heard. */
const house: MachineModel = {
  machine: setup({
    types: { context: {} as { n: number } },
    guards: { never: () => false, low: ({ context }) => context.n < 2 },
  }).createMachine({
    id: "house",
    context: { n: 0 },
    initial: "door",
    states: {
      door: {
        on: {
          GO: [
            { guard: "never", target: "cellar" },
            {
              guard: "low",
              target: "hall",
              actions: assign({ n: ({ context }) => context.n + 1 }),
            },
            { guard: stateIn("#house.door"), target: "room" },
          ],
        },
      },
      hall: { always: { target: "door" } },
      room: { after: { 100: { target: "room", reenter: true } } },
      cellar: { on: { LIFT: { target: "attic" } } },
      attic: {},
    },
  }),
  events: [{ type: "GO" }, { type: "LIFT" }],
  variables: { n: { int: [0, 2] } },
};

describe("one machine", () => {
  test("states, transitions, guards both ways and events", async () => {
    const { complete, growth, machines } = await met(house);
    expect(complete).toBe(true);
    expect(growth).toEqual([1, 1, 1, 1]); // n = 0, 1, 2 at the door, then the room
    const [{ machines: names, states, transitions, guards, events } = never()] = machines;
    expect(names).toEqual(["house"]);
    // the house itself is no state; the hall is entered, though no step ends there
    expect(states).toEqual({ total: 5, entered: 3, never: ["cellar", "attic"] });
    expect(transitions).toEqual({
      total: 6,
      taken: 4,
      never: [
        { source: "door", event: "GO", guard: "never", targets: ["cellar"] },
        { source: "cellar", event: "LIFT", guard: null, targets: ["attic"] },
      ],
    });
    expect(guards).toEqual({
      total: 3,
      both: 1,
      neverTrue: [{ source: "door", event: "GO", guard: "never", targets: ["cellar"] }],
      neverFalse: [
        { source: "door", event: "GO", guard: 'stateIn("#house.door")', targets: ["room"] },
      ],
    });
    expect(events).toEqual({ total: 2, accepted: 1, never: ["LIFT"] });
  });

  test("a search that ended early says what it met so far", async () => {
    const { complete, growth, machines } = await met(house, 1);
    expect(complete).toBe(false);
    expect(growth).toEqual([1, 1]);
    expect(machines[0]!.states.never).toEqual(["room", "cellar", "attic"]);
  });

  test("every result of a search carries it", async () => {
    const outcome = await check(house, always("p", "n <= 2"));
    expect(outcome.verdict).toBe("proved");
    expect(outcome.coverage).toEqual(await met(house));
  });

  test("a machine that fails keeps what was met before", async () => {
    const narrow: MachineModel = { ...house, variables: { n: { int: [0, 1] } } };
    const outcome = await check(narrow, always("p", "n <= 1"));
    expect(outcome.verdict).toBe("error");
    expect(outcome.coverage?.complete).toBe(false);
    expect(outcome.coverage?.machines[0]!.states.entered).toBeGreaterThan(1);
  });

  test("a guard that throws is named", async () => {
    const machine = setup({
      guards: {
        broken: () => {
          throw new Error("no such thing");
        },
      },
    }).createMachine({ initial: "a", states: { a: { on: { GO: { guard: "broken" } } } } });
    const outcome = await check({ machine, events: [{ type: "GO" }] }, always("p", "true"));
    expect(outcome.verdict).toBe("error");
    expect(outcome.reason).toContain("broken");
    expect(outcome.reason).toContain("no such thing");
  });
});

describe("several machines", () => {
  test("copies of one machine are told together", async () => {
    const { growth, machines } = await met(twoPhaseCommit(3));
    expect(growth.reduce((sum, count) => sum + count, 0)).toBe(288);
    expect(machines.map((machine) => machine.machines)).toEqual([["tm"], ["rm0", "rm1", "rm2"]]);
    for (const { states, transitions, events } of machines) {
      expect(states.never).toEqual([]);
      expect(transitions.never).toEqual([]);
      expect(events.never).toEqual([]);
    }
  });

  test("messages count as events of their receiver", async () => {
    const { machines } = await met(alternatingBit({ faults: 1 }));
    expect(machines.map(({ machines: names, events }) => [names, events])).toEqual([
      [["sender"], { total: 2, accepted: 2, never: [] }],
      [["receiver"], { total: 1, accepted: 1, never: [] }],
    ]);
    const mute = alternatingBit({ faults: 1 });
    const { machines: alone } = await met({
      ...mute,
      machines: { ...mute.machines, sender: { ...mute.machines["sender"]!, events: [] } },
    });
    expect(alone.find((machine) => machine.machines[0] === "receiver")!.events.never).toEqual([
      "DATA",
    ]);
  });
});

test("growth in words and signs", () => {
  expect(growthText([1, 4, 2])).toBe("7 states at depth 0 to 2, at most 4 of one depth (depth 1)");
  expect(growthBars([1, 4, 2, 6, 3], 3)).toEqual([
    { from: 0, to: 1, states: 2.5 },
    { from: 2, to: 3, states: 4 },
    { from: 4, to: 4, states: 3 },
  ]);
  expect(sparkline([1, 4, 8], 60)).toBe("▁▄█");
});

function never(): never {
  throw new Error("no machine");
}
