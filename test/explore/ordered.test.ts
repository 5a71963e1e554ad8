/** Ordered time: from deadline to deadline. Its states are real, but most schedules are missing. */

import { createMachine } from "xstate";
import { expect, test } from "vitest";

import { engine } from "../../checkers/explore/engine.ts";
import {
  always,
  alwaysReachable,
  ctl,
  deadlockFree,
  eventually,
  ltl,
  never,
  reachable,
  type Property,
} from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import type { SystemModel } from "../../core/system.ts";
import { compileModel } from "../../semantics/system.ts";
import { outcomeOf } from "./reduce/decide.ts";
import { check, subjectOf } from "./support.ts";

type Time = NonNullable<MachineModel["time"]>;

/** Two timers of different length; a knock in the waiting room is heard until the first. */
const machine = createMachine({
  id: "room",
  type: "parallel",
  states: {
    short: {
      initial: "waiting",
      states: {
        waiting: { after: { 700: "over" }, on: { KNOCK: "knocked" } },
        over: {},
        knocked: {},
      },
    },
    long: { initial: "waiting", states: { waiting: { after: { 1100: "over" } }, over: {} } },
  },
});
const room = (time: Time): MachineModel => ({ machine, events: [{ type: "KNOCK" }], time });

test("deadlines come in their order, and time jumps from one to the next", () => {
  const system = compileModel(room("ordered"));
  const jumps: number[] = [];
  const seen = new Set([system.initial()]);
  for (const state of seen) {
    const pairs = system.successors(state);
    for (let index = 0; index < pairs.length; index += 2) {
      const action = system.action(pairs[index]!);
      if (action.kind === "tick") jumps.push(action.ms);
      seen.add(pairs[index + 1]!);
    }
  }
  expect([...new Set(jumps)].toSorted((a, b) => a - b)).toEqual([400, 700, 1100]);
  // In ticks of 100 ms the same machine has many more states.
  const ticks = compileModel(room("discrete"));
  const all = new Set([ticks.initial()]);
  for (const state of all) {
    ticks.successors(state).forEach((target, index) => {
      if (index % 2 === 1) all.add(target);
    });
  }
  expect(seen.size).toBeLessThan(all.size / 2);
});

test.for<[Property, string, string]>([
  // The long timer cannot come first, whatever untimed exploration allows.
  [never("claim", "at(long.over) and at(short.waiting)"), "holds-bounded", "proved"],
  [always("claim", "not at(short.over)"), "violated", "violated"],
  [reachable("claim", "at(short.knocked) and at(long.over)"), "proved", "proved"],
  [reachable("claim", "at(long.over) and at(short.waiting)"), "inconclusive", "violated"],
  [deadlockFree("claim", { id: "claim" }), "violated", "violated"],
])("%# is a claim about real states, and never a proof", async ([claim, ordered, discrete]) => {
  const outcome = await check(room("ordered"), claim);
  expect(outcome.verdict).toBe(ordered);
  expect((await check(room("discrete"), claim)).verdict).toBe(discrete);
  if (ordered !== "holds-bounded") return;
  expect(outcome.bound).toEqual({ schedules: "events at deadlines only" });
  expect(outcome.assumptions.join()).toContain("time: ordered");
});

test("what happens between two deadlines is missed: that is why nothing is proved", async () => {
  // Only a knock after more than 50 and less than 350 ms lets the two meet.
  const meeting = createMachine({
    id: "meeting",
    type: "parallel",
    states: {
      a: {
        initial: "waiting",
        states: {
          waiting: { after: { 400: "over" }, on: { KNOCK: "coming" } },
          coming: { after: { 700: "here" } },
          here: { after: { 200: "over" } },
          over: {},
        },
      },
      b: {
        initial: "waiting",
        states: { waiting: { after: { 1000: "here" } }, here: { after: { 50: "over" } }, over: {} },
      },
    },
  });
  const model = (time: Time): MachineModel => ({
    machine: meeting,
    events: [{ type: "KNOCK" }],
    time,
  });
  const claim = never("claim", "at(a.here) and at(b.here)");
  expect((await check(model("ordered"), claim)).verdict).toBe("holds-bounded");
  expect((await check(model("discrete"), claim)).verdict).toBe("violated");
});

test("machines of a system share the clock", async () => {
  const late = (ms: number) =>
    createMachine({
      id: "late",
      initial: "w",
      states: { w: { after: { [ms]: "over" } }, over: {} },
    });
  const model: SystemModel = {
    machines: {
      a: { machine: late(300), events: [] },
      b: { machine: late(50_000), events: [] },
    },
    time: "ordered",
  };
  const claim = never("claim", "at(a.w) and at(b.over)");
  expect(await outcomeOf(model, claim, {})).toMatchObject({
    verdict: "holds-bounded",
    stats: { states: 5 },
  });
});

test.for<Property>([
  alwaysReachable("claim", "at(long.over)"),
  eventually("claim", "at(long.over)"),
  ltl("claim", "F at(long.over)"),
  ctl("claim", "EF at(long.over)"),
])("claims about all runs are refused: $kind", (claim) => {
  expect(() => engine.plan(subjectOf(room("ordered"), [claim]))).toThrow(
    "leaves out most schedules",
  );
});
