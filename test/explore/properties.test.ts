/** Each kind of property on machines small enough to be judged by eye. */

import { createMachine, assign } from "xstate";
import { describe, expect, test } from "vitest";

import {
  always,
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  eventually,
  leadsTo,
  never,
  reachable,
} from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { check } from "./support.ts";

const countTo = (limit: number): MachineModel => ({
  machine: createMachine({
    id: "counter",
    context: { n: 0 },
    initial: "up",
    states: {
      up: {
        on: {
          INC: {
            guard: ({ context }) => context.n < limit,
            actions: assign({ n: ({ context }) => context.n + 1 }),
          },
          STOP: "stopped",
        },
      },
      stopped: { on: { INC: { actions: assign({ n: 0 }), target: "up" } } },
    },
  }),
  events: [{ type: "INC" }, { type: "STOP" }],
  variables: { n: { int: [0, 10] } },
});

const plain = (
  config: Parameters<typeof createMachine>[0],
  types: readonly string[],
): MachineModel => ({
  machine: createMachine(config),
  events: types.map((type) => ({ type })),
  variables: {},
});

describe("always and never", () => {
  test("a true invariant is proved, by expression and by function", async () => {
    for (const predicate of [
      "n <= 4",
      (state: { context: { n: number } }) => state.context.n <= 4,
    ]) {
      const outcome = await check(countTo(4), always("bounded", predicate));
      expect(outcome.verdict).toBe("proved");
      expect(outcome.method).toBe("exhaustive");
      expect(outcome.stats["states"]).toBe(10);
    }
  });

  test("a false one is refuted by a shortest run", async () => {
    const outcome = await check(countTo(4), always("bounded", "n <= 2"));
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "up", n: 3 });
    expect(outcome.counterexample?.trace.states.map((state) => state["n"])).toEqual([0, 1, 2, 3]);
    expect(outcome.counterexample?.trace.states[3]?.["#meta"]).toMatchObject({
      index: 3,
      by: "event",
      action: { type: "INC" },
      active: ["up"],
    });
  });

  test("never is the opposite", async () => {
    expect((await check(countTo(4), never("five", "n == 5"))).verdict).toBe("proved");
    const outcome = await check(countTo(4), never("three", "n == 3 and at(stopped)"));
    expect(outcome.counterexample?.at).toEqual({ state: "stopped", n: 3 });
  });

  test("an unreachable premise is vacuous, not a pass", async () => {
    const outcome = await check(countTo(4), always("vacuous", "implies(n == 7, at(up))"));
    expect(outcome.verdict).toBe("vacuous");
    expect(outcome.reason).toContain("n == 7");
  });
});

describe("step", () => {
  test("a true step property is proved", async () => {
    const property = alwaysStep(
      "by one",
      "implies(event(INC) and at(up) and n < 4, next(n) == n + 1)",
    );
    expect((await check(countTo(4), property)).verdict).toBe("proved");
  });

  test("a false one names the state before and the event", async () => {
    const property = alwaysStep("kept", "implies(event(INC), next(n) >= n)");
    const outcome = await check(countTo(4), property);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "stopped", n: 1, event: "INC" });
  });

  test("an event that the machine ignores is a step that changes nothing", async () => {
    const property = alwaysStep(
      "always counts",
      "implies(event(INC) and at(up), next(n) == n + 1)",
    );
    const outcome = await check(countTo(4), property);
    expect(outcome.counterexample?.at).toEqual({ state: "up", n: 4, event: "INC" });
  });

  test("an unreachable premise is vacuous", async () => {
    const property = alwaysStep("vacuous", "implies(n == 9 and event(INC), next(n) == 9)");
    expect((await check(countTo(4), property)).verdict).toBe("vacuous");
  });
});

describe("reachable", () => {
  test("is shown by a witness run", async () => {
    const outcome = await check(countTo(4), reachable("four", "n == 4"));
    expect(outcome.verdict).toBe("proved");
    expect(outcome.witness?.states.at(-1)?.["n"]).toBe(4);
    expect(outcome.counterexample).toBeNull();
  });

  test("is refuted by the closed set of all reachable states", async () => {
    const outcome = await check(countTo(4), reachable("five", "n == 5"));
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ states: 10 });
    const [table] = outcome.exhibits;
    expect(table).toMatchObject({ kind: "table", columns: ["state", "n"] });
  });
});

describe("stays reachable", () => {
  test("holds in a machine that can always come back", async () => {
    expect((await check(countTo(4), alwaysReachable("zero", "n == 0"))).verdict).toBe("proved");
  });

  test("fails where the run is caught, with the closed set", async () => {
    const model = plain(
      {
        id: "trap",
        initial: "home",
        states: {
          home: { on: { GO: "out" } },
          out: { on: { GO: "far", BACK: "home" } },
          far: { on: { GO: "farther" } },
          farther: { on: { GO: "far" } },
        },
      },
      ["GO", "BACK"],
    );
    const outcome = await check(model, alwaysReachable("home", "at(home)"));
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "far" });
    expect(outcome.evidence).toContain("closed set of 2 states");
    expect(outcome.exhibits[0]).toMatchObject({ rows: [["far"], ["farther"]] });
    expect(
      (await check(model, alwaysReachable("home", "at(home)", { from: "at(out)" }))).verdict,
    ).toBe("proved");
  });

  test("is vacuous when `from` is never reached", async () => {
    const property = alwaysReachable("zero", "n == 0", { from: "n == 8" });
    expect((await check(countTo(4), property)).verdict).toBe("vacuous");
  });
});

describe("deadlock", () => {
  const ending = (type: "final" | "atomic"): MachineModel =>
    plain({ id: "end", initial: "a", states: { a: { on: { GO: "b" } }, b: { type } } }, ["GO"]);

  test("a stuck state is a deadlock, a final state is not", async () => {
    const outcome = await check(ending("atomic"), deadlockFree());
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "b" });
    expect((await check(ending("final"), deadlockFree())).verdict).toBe("proved");
  });

  test("a running timer is a way out", async () => {
    const model = plain(
      { id: "t", initial: "a", states: { a: { on: { GO: "b" } }, b: { after: { 10: "a" } } } },
      ["GO"],
    );
    expect((await check(model, deadlockFree())).verdict).toBe("proved");
  });
});

describe("leads to", () => {
  const request = (states: object, types: readonly string[]): MachineModel =>
    plain({ id: "request", initial: "idle", states } as never, types);

  test("a timer that fires ends the waiting", async () => {
    const model = request(
      { idle: { on: { ASK: "waiting" } }, waiting: { on: { PING: {} }, after: { 100: "idle" } } },
      ["ASK", "PING"],
    );
    const property = leadsTo("answer", "at(waiting)", "at(idle)", { fair: ["timers"] });
    const outcome = await check(model, property);
    expect(outcome.verdict).toBe("proved");
    expect(outcome.assumptions).toContain("fairness: a running timer fires at last");
  });

  test("without fairness no clock shows the failure: inconclusive, with the way out", async () => {
    const model = request(
      { idle: { on: { ASK: "waiting" } }, waiting: { after: { 100: "idle" } } },
      ["ASK"],
    );
    const outcome = await check(model, leadsTo("answer", "at(waiting)", "at(idle)"));
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain('fair: ["timers"]');
  });

  test("waiting for an event that need not come: stays for ever", async () => {
    const model = request(
      { idle: { on: { ASK: "waiting" } }, waiting: { on: { ANSWER: "idle" } } },
      ["ASK", "ANSWER"],
    );
    const property = leadsTo("answer", "at(waiting)", "at(idle)", { fair: ["timers"] });
    const outcome = await check(model, property);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "waiting" });
    expect(outcome.counterexample?.trace.loop).toBe(1);
    const fair = leadsTo("answer", "at(waiting)", "at(idle)", { fair: ["events"] });
    expect((await check(model, fair)).verdict).toBe("proved");
  });

  test("a timer that is started anew for ever is a real loop, walked on real edges", async () => {
    const model = request(
      {
        idle: { on: { ASK: "one" } },
        one: { on: { PING: "two" }, after: { 100: "idle" } },
        two: { on: { PING: "one" }, after: { 100: "idle" } },
      },
      ["ASK", "PING"],
    );
    const property = leadsTo("answer", "at(one)", "at(idle)", { fair: ["timers"] });
    const outcome = await check(model, property);
    expect(outcome.verdict).toBe("violated");
    const { trace } = outcome.counterexample!;
    expect(trace.states.map((state) => state["state"])).toEqual(["idle", "one", "two", "one"]);
    expect(trace.loop).toBe(2); // from the last state, "one" again, PING leads to "two"
  });

  test("a step that re-enters its own state starts the timer anew, one that does not leaves it", async () => {
    const waiting = (reenter: boolean) =>
      request(
        {
          idle: { on: { ASK: "waiting" } },
          waiting: { on: { PING: { target: "waiting", reenter } }, after: { 100: "idle" } },
        },
        ["ASK", "PING"],
      );
    const property = leadsTo("answer", "at(waiting)", "at(idle)", { fair: ["timers"] });
    expect((await check(waiting(false), property)).verdict).toBe("proved");
    const outcome = await check(waiting(true), property);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.trace.states.map((state) => state["state"])).toEqual([
      "idle",
      "waiting",
      "waiting",
    ]);
  });

  test("an event that changes nothing does not count as one that must come", async () => {
    const model: MachineModel = {
      machine: createMachine({
        id: "nothing",
        context: { n: 0 },
        initial: "idle",
        states: {
          idle: { on: { ASK: "waiting" } },
          waiting: { on: { PING: { actions: assign({ n: 0 }) } } },
        },
      }),
      events: [{ type: "ASK" }, { type: "PING" }],
      variables: { n: { int: [0, 1] } },
    };
    const property = leadsTo("answer", "at(waiting)", "at(idle)", { fair: ["events"] });
    expect((await check(model, property)).verdict).toBe("violated");
  });

  test("events that are fair must all get their turn", async () => {
    const model = request(
      {
        idle: { on: { ASK: "one" } },
        one: { on: { PING: "two", ANSWER: "idle" } },
        two: { on: { PING: "one", ANSWER: "idle" } },
      },
      ["ASK", "PING", "ANSWER"],
    );
    const property = (fair: readonly "events"[]) =>
      leadsTo("answer", "at(one)", "at(idle)", { fair });
    expect((await check(model, property(["events"]))).verdict).toBe("proved");
    expect((await check(model, property([]))).verdict).toBe("violated");
  });

  test("weak fairness does not help an event that is possible only now and then", async () => {
    const model = request(
      {
        idle: { on: { ASK: "one" } },
        one: { on: { PING: "two", ANSWER: "idle" } },
        two: { on: { PING: "one" } },
      },
      ["ASK", "PING", "ANSWER"],
    );
    const outcome = await check(
      model,
      leadsTo("answer", "at(one)", "at(idle)", { fair: ["events"] }),
    );
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "one" });
  });

  test("a final state ends the run without deadlock, but also without what was awaited", async () => {
    const model = request(
      {
        idle: { on: { ASK: "waiting" } },
        waiting: { after: { 5: "done" } },
        done: { type: "final" },
      },
      ["ASK"],
    );
    const toDone = leadsTo("ends", "at(waiting)", "at(done)", { fair: ["timers"] });
    expect((await check(model, toDone)).verdict).toBe("proved");
    const toIdle = leadsTo("back", "at(waiting)", "at(idle)", { fair: ["timers", "events"] });
    expect((await check(model, toIdle)).counterexample?.at).toEqual({ state: "done" });
  });

  test("is vacuous when `from` is never reached", async () => {
    const model = request({ idle: { on: { ASK: "idle" } }, lost: {} }, ["ASK"]);
    expect((await check(model, leadsTo("v", "at(lost)", "at(idle)"))).verdict).toBe("vacuous");
  });

  test("eventually is counted from the start", async () => {
    const model = request({ idle: { after: { 10: "done" } }, done: {} }, []);
    const property = eventually("done", "at(done)", { fair: ["timers"] });
    expect((await check(model, property)).verdict).toBe("proved");
    expect((await check(countTo(1), eventually("stopped", "at(stopped)"))).verdict).toBe(
      "violated",
    );
  });
});
