/** Untimed exploration lets running timers fire in any order; what no clock shows is not concluded. */

import { createMachine, fromCallback } from "xstate";
import { describe, expect, test } from "vitest";

import { alwaysReachable, never, reachable } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { compileMachine, timerKey } from "../../semantics/system.ts";
import { check } from "./support.ts";

/** Two timers run at once; the state tells which one fired first. */
const race = (fast: number, slow: number, time: "untimed" | "discrete"): MachineModel => ({
  machine: createMachine({
    id: "race",
    type: "parallel",
    states: {
      a: { initial: "run", states: { run: { after: { [fast]: "fired" } }, fired: {} } },
      b: {
        initial: "run",
        states: {
          run: { after: { [slow]: "fired" } },
          fired: {},
        },
      },
    },
  }),
  events: [],
  variables: {},
  time,
});

const slowFirst = "at(b.fired) and at(a.run)";

describe("two timers at once", () => {
  test("untimed: the impossible order is found, does not replay, and is inconclusive", async () => {
    const outcome = await check(race(10, 30, "untimed"), never("slow first", slowFirst));
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("no clock shows it");
    const witness = await check(race(10, 30, "untimed"), reachable("slow first", slowFirst));
    expect(witness.verdict).toBe("inconclusive");
  });

  test("discrete: it is impossible", async () => {
    expect((await check(race(10, 30, "discrete"), never("slow first", slowFirst))).verdict).toBe(
      "proved",
    );
    expect(
      (await check(race(10, 30, "discrete"), reachable("slow first", slowFirst))).verdict,
    ).toBe("violated");
  });

  test("the possible order is violated in both, with its times", async () => {
    for (const time of ["untimed", "discrete"] as const) {
      const outcome = await check(race(10, 30, time), never("both", "at(a.fired) and at(b.fired)"));
      expect(outcome.verdict).toBe("violated");
      const times = outcome.counterexample!.trace.states.map(({ "#meta": meta }) => meta.timeMs);
      expect(times).toEqual([0, 10, 30]);
    }
  });

  test("time passes while a timer runs, whatever actors do; for an actor alone it does not", async () => {
    const machine = (after: object): MachineModel => ({
      machine: createMachine({
        id: "call",
        initial: "calling",
        states: {
          calling: { invoke: { id: "it", src: "it", onDone: "answered" }, after },
          answered: {},
          late: {},
        },
      }).provide({ actors: { it: fromCallback(() => {}) } }),
      events: [],
      actors: { it: { done: [null] } },
      time: "discrete",
    });
    const late = reachable("late", "at(late)");
    expect((await check(machine({ 30: "late" }), late)).verdict).toBe("proved");
    const alone = compileMachine(machine({}));
    const actions = alone
      .successors(alone.initial())
      .filter((_value, index) => index % 2 === 0)
      .map((action) => alone.action(action).kind);
    expect(actions).toEqual(["event"]); // the answer, and no tick
  });

  test("a way that rests on the order of timers is not taken for sure", async () => {
    const model = (time: "untimed" | "discrete"): MachineModel => ({
      machine: createMachine({
        id: "rescue",
        initial: "both",
        states: {
          both: { after: { 10: "lost", 30: "saved" }, on: { WAIT: {} } },
          lost: {},
          saved: {},
        },
      }),
      events: [{ type: "WAIT" }],
      variables: {},
      time,
    });
    const property = alwaysReachable("saved", "at(saved)", { from: "at(both)" });
    expect((await check(model("untimed"), property)).verdict).toBe("inconclusive");
    expect((await check(model("discrete"), property)).verdict).toBe("violated");
  });

  test("events find the moment that an order of timers needs", async () => {
    // GO starts the 20 ms timer; it fires before the 100 ms one only if GO comes early enough.
    const machine = createMachine({
      id: "moment",
      type: "parallel",
      states: {
        long: { initial: "run", states: { run: { after: { 100: "fired" } }, fired: {} } },
        short: {
          initial: "off",
          states: { off: { on: { GO: "run" } }, run: { after: { 20: "fired" } }, fired: {} },
        },
      },
    });
    const model: MachineModel = { machine, events: [{ type: "GO" }], variables: {} };
    const early = await check(model, reachable("early", "at(short.fired) and at(long.run)"));
    expect(early.verdict).toBe("proved");
    const late = await check(model, reachable("late", "at(short.run) and at(long.fired)"));
    expect(late.verdict).toBe("proved");
    const times = late.witness!.states.map(({ "#meta": meta }) => meta.timeMs);
    expect(times[1]).toBeGreaterThanOrEqual(80); // GO has to wait
    expect(times[2]).toBe(100);
  });
});

describe("timers that an action cancels or sets anew do not stay pending", () => {
  const machine = createMachine({
    id: "two",
    type: "parallel",
    states: {
      a: {
        initial: "run",
        states: {
          run: { after: { 10: "fired" }, on: { AGAIN: { target: "run", reenter: true } } },
          fired: {},
        },
      },
      b: {
        initial: "run",
        states: {
          run: { after: { 20: "fired" }, on: { STOP: "off" } },
          fired: {},
          off: {},
        },
      },
    },
  });

  test("and no other timer is meant", () => {
    const events = [{ type: "AGAIN" }, { type: "STOP" }];
    const system = compileMachine({ machine, events, variables: {} });
    const state = system.initial();
    const [short, long] = system.timers(state).map(timerKey);
    const of = Object.fromEntries(
      system
        .successors(state)
        .filter((_value, index) => index % 2 === 0)
        .map((action) => {
          const what = system.action(action);
          const name =
            what.kind === "event"
              ? what.event.type
              : what.kind === "timer"
                ? timerKey(what.timer)
                : what.kind;
          return [name, [...system.interrupted(state, action)]];
        }),
    );
    expect(of).toEqual({
      AGAIN: [short], // back in the configuration in which everything began
      STOP: [long],
      [short!]: [short],
      [long!]: [long],
    });
  });
});
