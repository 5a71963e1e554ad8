/** Places where XState's pure API invites a wrong model of the machine. */

import {
  assign,
  cancel,
  createActor,
  createMachine,
  initialTransition,
  raise,
  SimulatedClock,
  transition,
} from "xstate";
import { getShortestPaths } from "xstate/graph";
import { describe, expect, test } from "vitest";

import { always, alwaysStep, deadlockFree, never, reachable } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { DeadlineClock } from "../../semantics/clock.ts";
import { compileMachine, type System } from "../../semantics/system.ts";
import { check } from "../explore/support.ts";

const model = (
  config: Parameters<typeof createMachine>[0],
  types: readonly string[],
  variables: MachineModel["variables"] = {},
): MachineModel => ({
  machine: createMachine(config),
  events: types.map((type) => ({ type })),
  variables,
});

function reachableStates(system: System): readonly string[] {
  const seen = new Set([system.initial()]);
  for (const state of seen) {
    system.successors(state).forEach((target, index) => {
      if (index % 2 === 1) seen.add(target);
    });
  }
  return [...seen].map((state) => Object.values(system.describe(state)).join(" "));
}

test("a machine that is done does not move, though pure transition() would move it", async () => {
  const subject = model(
    {
      id: "done",
      context: { n: 0 },
      initial: "a",
      on: {
        INC: {
          guard: ({ context }: { context: { n: number } }) => context.n < 2,
          actions: assign({ n: ({ context }) => context.n + 1 }),
        },
      },
      states: { a: { on: { END: "b" } }, b: { type: "final" } },
    } as never,
    ["INC", "END"],
    { n: { int: [0, 2] } },
  );
  const states = reachableStates(compileMachine(subject));
  expect(states.toSorted()).toEqual(["a 0", "a 1", "a 2", "b 0", "b 1", "b 2"]);
  expect((await check(subject, never("moved", "at(b) and n == 2"))).verdict).toBe("violated");
  const step = alwaysStep("silent", (run) => !run.before.matches("b"));
  expect((await check(subject, step)).verdict).toBe("proved"); // no step begins there

  const [before] = initialTransition(subject.machine);
  const [done] = transition(subject.machine, before, { type: "END" });
  const [moved] = transition(subject.machine, done, { type: "INC" });
  expect((moved.context as { n: number }).n).toBe(1); // the trap is still there
});

describe("history", () => {
  /** `bad` is entered only when `work` was left in `second`; `gate` forgets nothing but looks alike. */
  const machine = createMachine({
    id: "h",
    initial: "work",
    states: {
      work: {
        initial: "first",
        states: {
          first: { on: { LEAVE: "#h.gate" } },
          second: { on: { BACK: "#h.bad" } },
          hist: { type: "history" },
        },
        on: { SWITCH: "#h.via" },
      },
      via: { on: { GO: "#h.work.second" } },
      gate: { on: { BACK: "#h.work.hist" } },
      bad: {},
    },
  });
  const subject: MachineModel = {
    machine,
    events: [{ type: "LEAVE" }, { type: "BACK" }, { type: "SWITCH" }, { type: "GO" }],
    variables: {},
  };

  test("two histories of one configuration are two states", () => {
    const names = reachableStates(compileMachine(subject));
    const distinct = new Set(names);
    expect(names.length).toBeGreaterThan(distinct.size);
  });
});

describe("what xstate/graph misses", () => {
  // `off` looks the same whether `on` was left in `low` or in `high`; only from `high` the way
  // back leads to `overheat`. `off` is first reached with history `low`.
  const machine = createMachine({
    id: "lamp",
    initial: "on",
    states: {
      on: {
        initial: "low",
        states: {
          low: { on: { UP: "high" } },
          high: {
            always: { guard: ({ event }) => event.type === "POWER", target: "#lamp.overheat" },
          },
          hist: { type: "history" },
        },
        on: { POWER: "off" },
      },
      off: { on: { POWER: "on.hist" } },
      overheat: {},
    },
  });

  test("its shortest paths do not contain the bad state, exploration does", async () => {
    const events = [{ type: "UP" }, { type: "POWER" }] as const;
    const paths = getShortestPaths(machine, { events: [...events] });
    expect(paths.some(({ state }) => state.matches("overheat"))).toBe(false);
    const subject: MachineModel = { machine, events, variables: {} };
    const outcome = await check(subject, never("overheat", "at(overheat)"));
    expect(outcome.verdict).toBe("violated");
    const run = outcome.counterexample!.trace.states.map((state) => state["state"]);
    expect(run).toEqual(["on.low", "on.high", "off", "overheat"]);
  });
});

test("the order in which regions were entered decides about eventless steps, and is kept", async () => {
  // MA, MB and MB, MA lead to the same value and context, but GO then runs A before B or B before A.
  interface Context {
    readonly armed: number;
    readonly trail: number;
    readonly go: boolean;
  }
  const region = (letter: string, weight: number) => ({
    initial: "idle",
    states: {
      idle: {
        on: {
          [`M${letter}`]: {
            target: "armed",
            actions: assign({ armed: ({ context }: { context: Context }) => context.armed + 1 }),
          },
        },
      },
      armed: {
        always: {
          guard: ({ context }: { context: Context }) => context.go,
          target: "ran",
          actions: assign({
            trail: ({ context }: { context: Context }) => context.trail * 10 + weight,
          }),
        },
      },
      ran: {},
    },
  });
  const subject = model(
    {
      id: "order",
      type: "parallel",
      context: { armed: 0, trail: 0, go: false },
      on: {
        GO: {
          guard: ({ context }: { context: Context }) => context.armed === 2,
          actions: assign({ go: true }),
        },
      },
      states: { a: region("A", 1), b: region("B", 2) },
    } as never,
    ["MA", "MB", "GO"],
    { armed: { int: [0, 2] }, trail: { int: [0, 99] }, go: "bool" },
  );
  for (const trail of [12, 21]) {
    expect((await check(subject, reachable("trail", `trail == ${trail}`))).verdict).toBe("proved");
  }
});

test("an event without effect is no edge; a step that leads back is one, but no way out", async () => {
  const subject = model(
    {
      id: "self",
      context: { n: 0 },
      initial: "a",
      states: { a: { on: { STAY: "a", AGAIN: { actions: assign({ n: 0 }) } } } },
    },
    ["STAY", "OTHER", "AGAIN"],
    { n: { int: [0, 1] } },
  );
  const system = compileMachine(subject);
  const state = system.initial();
  expect(system.successors(state)).toEqual([2, state]);
  expect((await check(subject, deadlockFree())).verdict).toBe("violated");
});

describe("timers", () => {
  test("a running timer is part of the state", () => {
    const subject = model(
      {
        id: "alarm",
        initial: "idle",
        states: {
          idle: {
            on: {
              SET: { actions: raise({ type: "RING" }, { delay: 100, id: "alarm" }) },
              CLEAR: { actions: cancel("alarm") },
              RING: "ringing",
            },
          },
          ringing: {},
        },
      },
      ["CLEAR"],
    );
    const withSet: MachineModel = { ...subject, events: [{ type: "SET" }, { type: "CLEAR" }] };
    const system = compileMachine(withSet);
    const idle = system.initial();
    const [, armed] = system.successors(idle) as [number, number];
    expect(armed).not.toBe(idle);
    expect(system.describe(armed)).toEqual(system.describe(idle));
    expect(system.timers(armed).map(({ label }) => label)).toEqual(["delayed RING"]);
  });

  test("starting a timer twice under one id is refused: XState would run both", async () => {
    const subject = model(
      {
        id: "twice",
        on: { SET: { actions: raise({ type: "RING" }, { delay: 100, id: "alarm" }) }, RING: {} },
      },
      ["SET"],
    );
    const outcome = await check(subject, always("x", "true"));
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]?.code).toBe("VRF106");
    // and indeed it does
    const clock = new SimulatedClock();
    let rung = 0;
    const machine = createMachine({
      on: {
        SET: { actions: raise({ type: "RING" }, { delay: 100, id: "alarm" }) },
        RING: { actions: () => (rung += 1) },
      },
    });
    const actor = createActor(machine, { clock }).start();
    actor.send({ type: "SET" });
    actor.send({ type: "SET" });
    clock.increment(200);
    actor.stop();
    expect(rung).toBe(2);
  });

  test("a timer that starts a timer: our clock fires both on time", () => {
    const machine = createMachine({
      initial: "a",
      states: { a: { after: { 10: "b" } }, b: { after: { 10: "c" } }, c: {} },
    });
    const clock = new DeadlineClock();
    const actor = createActor(machine, { clock }).start();
    clock.fireNext();
    expect([actor.getSnapshot().value, clock.now()]).toEqual(["b", 10]);
    clock.fireNext();
    expect([actor.getSnapshot().value, clock.now()]).toEqual(["c", 20]);
    expect(clock.nextDeadline()).toBeNull();
    expect(() => clock.fireNext()).toThrow(RangeError);
    actor.stop();
  });

  test("the clock does not jump over a deadline", () => {
    const clock = new DeadlineClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push("late"), 20);
    const cancelled = clock.setTimeout(() => fired.push("never"), 5);
    clock.setTimeout(() => fired.push("early"), 10);
    clock.clearTimeout(cancelled);
    expect(() => clock.moveTo(11)).toThrow(RangeError);
    clock.moveTo(10);
    clock.fireNext();
    clock.fireNext();
    expect(fired).toEqual(["early", "late"]);
    expect(clock.now()).toBe(20);
  });
});

test("the user's effects are not executed, neither when exploring nor when replaying", async () => {
  let effects = 0;
  const effect = (): void => {
    effects += 1;
  };
  const subject = model(
    {
      id: "effects",
      entry: effect,
      initial: "a",
      states: { a: { entry: effect, on: { GO: { target: "b", actions: effect } } }, b: {} },
    },
    ["GO"],
  );
  expect((await check(subject, never("b", "at(b)"))).verdict).toBe("violated");
  expect(effects).toBe(0);
});
