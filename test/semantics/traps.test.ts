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
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from "xstate";
import { getAdjacencyMap, getShortestPaths } from "xstate/graph";
import { describe, expect, test } from "vitest";

import { always, alwaysStep, deadlockFree, never, reachable } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { DeadlineClock } from "../../semantics/clock.ts";
import { compileMachine, type System } from "../../semantics/system.ts";
import { soundConditions, type Conditions } from "../../checkers/explore/reduce/ample.ts";
import type { SystemModel } from "../../core/system.ts";
import { decide, outcomeOf } from "../explore/reduce/decide.ts";
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

const countsToTwo = {
  INC: {
    guard: ({ context }: { context: { n: number } }) => context.n < 2,
    actions: assign({ n: ({ context }: { context: { n: number } }) => context.n + 1 }),
  },
};

test("what the output of a final state reads decides where its parent goes", () => {
  const subject = model(
    {
      id: "output",
      context: { n: 0 },
      initial: "work",
      states: {
        work: {
          initial: "go",
          states: {
            go: {
              on: { ...countsToTwo, END: "end" },
            },
            end: { type: "final", output: ({ context }: { context: { n: number } }) => context.n },
          },
          onDone: [
            {
              guard: ({ event }: { event: { output: unknown } }) => event.output === 1,
              target: "one",
            },
            { target: "other" },
          ],
        },
        one: {},
        other: {},
      },
    } as never,
    ["INC", "END"],
    { n: { int: [0, 2] } },
  );
  expect(reachableStates(compileMachine(subject)).toSorted()).toEqual(
    ["work.go 0", "work.go 1", "work.go 2", "other 0", "one 1", "other 2"].toSorted(),
  );
});

test("a machine that is done does not move, though pure transition() would move it", async () => {
  const subject = model(
    {
      id: "done",
      context: { n: 0 },
      initial: "a",
      on: countsToTwo,
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
  // xstate/graph takes the two for one state, and follows only one of them.
  const map = getAdjacencyMap(subject.machine, {
    events: ["MA", "MB", "GO"].map((type) => ({ type })),
  });
  const trails = Object.values(map).map(({ state }) => (state.context as { trail: number }).trail);
  expect(trails.filter((trail) => trail === 12 || trail === 21)).toHaveLength(1);
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

describe("what xstate/graph makes of the other traps", () => {
  const seenBy = (machine: AnyStateMachine, types: readonly string[]): readonly unknown[] =>
    Object.values(getAdjacencyMap(machine, { events: types.map((type) => ({ type })) })).map(
      ({ state }) => ({ value: state.value, ...(state.context as object) }),
    );

  test("it moves a machine that is done", async () => {
    interface Count {
      readonly n: number;
    }
    const machine = createMachine({
      types: {} as { context: Count },
      id: "ended",
      context: { n: 0 },
      initial: "a",
      on: { INC: { guard: ({ context }) => context.n < 1, actions: assign({ n: 1 }) } },
      states: { a: { on: { END: "b" } }, b: { type: "final", on: { INC: "a" } } },
    });
    // Once it is in b nothing may happen; b with n = 1 is reached from a with n = 1 only.
    const step = alwaysStep("nothing after the end", "not at(b)");
    const subject: MachineModel = {
      machine,
      events: [{ type: "INC" }, { type: "END" }],
      variables: { n: { int: [0, 1] } },
    };
    const outcome = await check(subject, step);
    expect(outcome.verdict).toBe("proved");
    expect(outcome.stats["states"]).toBe(4); // a and b, each with n = 0 and n = 1
    const map = getAdjacencyMap(machine, { events: [{ type: "INC" }, { type: "END" }] });
    const moved = Object.values(map).some(
      ({ state, transitions }) =>
        state.status === "done" &&
        Object.values(transitions as Record<string, { state: AnyMachineSnapshot }>).some(
          ({ state: next }) => next.value !== state.value,
        ),
    );
    expect(moved).toBe(true);
  });

  test("it merges states that differ in their running timers", async () => {
    const machine = createMachine({
      id: "bell",
      initial: "off",
      states: {
        off: {
          on: {
            SET: {
              actions: [cancel("bell"), raise({ type: "RING" }, { delay: 9, id: "bell" })],
            },
            RING: "rung",
          },
        },
        rung: {},
      },
    });
    const subject: MachineModel = { machine, events: [{ type: "SET" }], variables: {} };
    expect((await check(subject, reachable("it rings", "at(rung)"))).verdict).toBe("proved");
    expect(seenBy(machine, ["SET"])).toEqual([{ value: "off" }]);
  });
});

test("an assignment that reads what an earlier one wrote depends on what that one read", async () => {
  interface Pair {
    readonly a: number;
    readonly b: number;
  }
  const machine = createMachine({
    types: {} as { context: Pair },
    id: "pair",
    context: { a: 0, b: 0 },
    on: {
      NEXT: {
        guard: ({ context }) => context.a < 3,
        actions: [
          assign({ a: ({ context }) => context.a + 1 }),
          assign({ b: ({ context }) => context.a * 2 }), // the new a
        ],
      },
    },
  });
  const subject: MachineModel = {
    machine,
    events: [{ type: "NEXT" }],
    variables: { a: { int: [0, 3] }, b: { int: [0, 6] } },
  };
  expect((await check(subject, always("b follows a", "b == 2 * a"))).verdict).toBe("proved");
  expect(reachableStates(compileMachine(subject))).toEqual([
    "pair 0 0",
    "pair 1 2",
    "pair 2 4",
    "pair 3 6",
  ]);
});

test("a constant that happens to equal the old value is a write, not a value left alone", async () => {
  // RESET is first seen with n = 0, where assigning 0 looks like changing nothing.
  const machine = createMachine({
    types: {} as { context: { n: number } },
    id: "reset",
    context: { n: 0 },
    on: {
      RESET: { actions: assign({ n: 0 }) },
      UP: { guard: ({ context }) => context.n < 2, actions: assign({ n: 2 }) },
    },
  });
  const subject: MachineModel = {
    machine,
    events: [{ type: "RESET" }, { type: "UP" }],
    variables: { n: { int: [0, 2] } },
  };
  const resets = alwaysStep("resets", "implies(event(RESET), next(n) == 0)");
  expect((await check(subject, resets)).verdict).toBe("proved");
});

test("a timer that fires is no longer pending, whatever its step does", async () => {
  const subject = model(
    {
      id: "once",
      initial: "a",
      states: { a: { after: { 10: { actions: assign({ n: 1 }) } } } },
      context: { n: 0 },
    },
    [],
    { n: { int: [0, 1] } },
  );
  const system = compileMachine(subject);
  const [, fired] = system.successors(system.initial()) as [number, number];
  expect(system.timers(fired)).toEqual([]);
  expect((await check(subject, deadlockFree())).verdict).toBe("violated");
});

test("fields that are read in some states only split only those", () => {
  // In `wide` the guard reads y as well; in `narrow` it must not be told apart.
  interface Place {
    readonly x: number;
    readonly y: number;
  }
  const machine = createMachine({
    types: {} as { context: Place },
    id: "lazy",
    context: { x: 0, y: 0 },
    on: {
      X: {
        guard: ({ context }) => context.x < 9,
        actions: assign({ x: ({ context }) => context.x + 1 }),
      },
      Y: {
        guard: ({ context }) => context.x > 4 && context.y < 9,
        actions: assign({ y: ({ context }) => context.y + 1 }),
      },
    },
  });
  const system = compileMachine({
    machine,
    events: [{ type: "X" }, { type: "Y" }],
    variables: { x: { int: [0, 9] }, y: { int: [0, 9] } },
  });
  // y > 0 needs x > 4: 5 states before, 5 x 10 after.
  expect(reachableStates(system)).toHaveLength(55);
  // 10 values of x; for Y 5 that stop at x and 50 that go on to y; each asked twice, and the start.
  expect(system.product.asked()).toBe(2 * (10 + 5 + 50 + 1));
});

describe("unseen reads and partial order", () => {
  // While own is 0 the guard of A reads nothing else; once it is 1, it reads and takes the lock.
  const taker = createMachine({
    types: {} as { context: { own: number; lock: number } },
    id: "taker",
    context: { own: 0, lock: 0 },
    initial: "s0",
    states: {
      s0: {
        on: {
          A: {
            guard: ({ context }) => context.own === 1 && context.lock === 0,
            target: "s1",
            actions: assign({ lock: 1 }),
          },
          B: { actions: assign({ own: 1 }) },
        },
      },
      s1: {},
    },
  });
  const bit = { int: [0, 1] } as const;
  const one = {
    machine: taker,
    events: [{ type: "A" }, { type: "B" }],
    variables: { own: bit },
    shares: { lock: "lock" },
  };
  const system: SystemModel = { shared: { lock: bit }, machines: { m0: one, m1: one } };

  test("what a guard has not read yet is not taken for something that it does not read", async () => {
    const claim = never("claim", "at(m1.s1)");
    expect((await decide(system, claim, "none")).kind).toBe("fails");
    expect((await decide(system, claim, "por")).kind).toBe("fails");
    // Who keeps what was touched when a machine was first met in a configuration misses the lock.
    const seen = new Map<number, Uint8Array | null>();
    const lazily: Conditions = {
      ...soundConditions(false),
      together: (access, seed, state) => {
        const first = seen.has(seed) ? seen.get(seed)! : access.closure(seed, state);
        seen.set(seed, first);
        return first;
      },
    };
    expect((await decide(system, claim, "por", { ample: lazily })).kind).toBe("holds");
  });

  test("a predicate that is a function may read more later, so nothing is left out", async () => {
    // It looks at m0 only where m1 has moved.
    const claim = never("claim", (state) => {
      const { m0_own, m1_own } = state.context as { m0_own: number; m1_own: number };
      return m1_own === 1 && m0_own === 0 && state.matches({ m0: "s0" });
    });
    expect((await decide(system, claim, "por")).kind).toBe("fails");
    const outcome = await outcomeOf(system, claim, { reduce: "por" });
    expect(outcome.reduction?.off[0]?.reason).toContain("function");
  });
});
