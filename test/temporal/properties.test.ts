/** Temporal properties through the engine, on machines small enough to be judged by eye. */

import { assign, createMachine } from "xstate";
import { describe, expect, test } from "vitest";

import { ctl, ltl, until } from "../../core/property.ts";
import { c, f } from "../../core/temporal.ts";
import type { MachineModel } from "../../core/subject.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { check, replayOn, subjectOf } from "../explore/support.ts";

const plain = (states: object, types: readonly string[]): MachineModel => ({
  machine: createMachine({ id: "m", initial: "idle", states } as never),
  events: types.map((type) => ({ type })),
  variables: {},
});

const request = plain(
  {
    idle: { on: { ASK: "waiting" } },
    waiting: { on: { ANSWER: "idle", BUSY: "queued" }, after: { 100: "idle" } },
    queued: { on: { READY: "waiting" } },
  },
  ["ASK", "ANSWER", "BUSY", "READY"],
);

describe("linear time", () => {
  test("a formula that fails is shown by a lasso that replays", async () => {
    const property = ltl("answered", "G (at(waiting) -> F at(idle))", { fair: ["timers"] });
    const outcome = await check(request, property);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "queued" });
    expect(outcome.counterexample?.message).toContain("stays for ever in queued");
    expect((await replayOn(request, request, property)).kind).toBe("reproduced");
    const repaired = plain(
      {
        idle: { on: { ASK: "waiting" } },
        waiting: { on: { BUSY: "queued" } },
        queued: { always: "idle" },
      },
      ["ASK", "BUSY"],
    );
    expect((await replayOn(request, repaired, property)).kind).toBe("passes");
  });

  test("weak and strong fairness of one event differ", async () => {
    // the timer of `waiting` is cancelled each time; ANSWER is possible only now and then
    const model = plain(
      {
        idle: { on: { ASK: "waiting" } },
        waiting: { on: { ANSWER: "idle", BUSY: "queued" } },
        queued: { on: { READY: "waiting" } },
      },
      ["ASK", "ANSWER", "BUSY", "READY"],
    );
    const answered = (fair: Parameters<typeof ltl>[2]) =>
      check(model, ltl("answered", "G (at(waiting) -> F at(idle))", fair));
    const ready = "event READY" as const;
    const weak = await answered({ fair: [ready, "event ANSWER"] });
    expect(weak.verdict).toBe("violated");
    expect(weak.counterexample?.trace.loop).toBeDefined();
    expect(weak.assumptions).toContain("fairness: event ANSWER is sent at last");
    expect((await answered({ fair: [ready, "strong event ANSWER"] })).verdict).toBe("proved");
    // without READY the run may stay where ANSWER is not possible at all
    expect((await answered({ fair: ["strong event ANSWER"] })).counterexample?.at).toEqual({
      state: "queued",
    });
  });

  test("steps are conditions too: the event and the state after it", async () => {
    const next = ltl("ask leads to waiting", "G (event(ASK) and at(idle) -> X at(waiting))");
    expect((await check(request, next)).verdict).toBe("proved");
    const same = ltl("the same", "G implies(event(ASK) and at(idle), next(at(waiting)))");
    expect((await check(request, same)).verdict).toBe("proved");
    const wrong = ltl("wrong", "G (event(BUSY) -> next(at(idle)))");
    const outcome = await check(request, wrong);
    expect(outcome.verdict).toBe("violated");
    const fn = ltl(
      "as functions",
      f.G(
        f.implies(
          f.step(({ event }) => event.type === "BUSY"),
          f.X((s) => s.matches("queued")),
        ),
      ),
    );
    expect((await check(request, fn)).verdict).toBe("proved");
  });

  test("until", async () => {
    expect((await check(request, until("u", "at(idle)", "at(waiting)"))).verdict).toBe("violated");
    const sure = until("u", "at(idle)", "at(waiting)", { fair: ["event ASK"] });
    expect((await check(request, sure)).verdict).toBe("proved");
  });

  test("a machine that is done stands still, which is no deadlock and no escape", async () => {
    const model = plain({ idle: { after: { 5: "end" } }, end: { type: "final" } }, []);
    const ends = ltl("ends", "F G at(end)", { fair: ["timers"] });
    expect((await check(model, ends)).verdict).toBe("proved");
    const goesOn = ltl("goes on", "G F at(idle)", { fair: ["timers"] });
    expect((await check(model, goesOn)).counterexample?.at).toEqual({ state: "end" });
  });

  test("a condition that says nothing makes the claim vacuous", async () => {
    const model = plain({ idle: { on: { ASK: "waiting" } }, waiting: {}, lost: {} }, ["ASK"]);
    const premise = await check(model, ltl("v", "G (at(lost) -> F at(idle))"));
    expect(premise.verdict).toBe("vacuous");
    const alternative = await check(
      model,
      ltl("w", "G (F at(waiting) or F at(idle) or F at(lost))"),
    );
    expect(alternative.verdict).toBe("vacuous");
    expect(alternative.reason).toContain("at(lost)");
  });

  test("more than was asked is said, and is no fault", async () => {
    const model = plain({ idle: { after: { 5: "on" } }, on: { after: { 5: "idle" } } }, []);
    const outcome = await check(model, ltl("s", "G (at(on) -> F at(idle))", { fair: ["timers"] }));
    expect(outcome.verdict).toBe("proved");
    expect(outcome.evidence).toContain("without the premise `at(on)`");
  });

  test("errors point into the formula", () => {
    const plan = (formula: string) => () => engine.plan(subjectOf(request, [ltl("bad", formula)]));
    expect(plan("G (at(idle) -> F at(nowhere))")).toThrow(/nowhere/);
    expect(plan("G (at(idle) -> ")).toThrow(/never closed/);
    expect(plan("n + F at(idle) > 2")).toThrow(/temporal operator cannot stand inside/);
  });

  test("X is refused where ticks would be counted", () => {
    const timed: MachineModel = { ...request, time: "discrete" };
    expect(() => engine.plan(subjectOf(timed, [ltl("x", "G X at(idle)")]))).toThrow(/ticks/);
    expect(() =>
      engine.plan(subjectOf(request, [ltl("x", "G F at(idle)", { fair: ["event NOPE"] })])),
    ).toThrow(/NOPE/);
  });

  test("a long loop is walked on real edges", async () => {
    const model: MachineModel = {
      machine: createMachine({
        id: "ring",
        context: { n: 0 },
        initial: "idle",
        states: {
          idle: {
            on: {
              INC: { actions: assign({ n: ({ context }) => (context.n + 1) % 5 }) },
              OUT: { guard: ({ context }) => context.n === 3, target: "out" },
            },
          },
          out: {},
        },
      }),
      events: [{ type: "INC" }, { type: "OUT" }],
      variables: { n: { int: [0, 4] } },
    };
    const outcome = await check(model, ltl("out", "F at(out)", { fair: ["events"] }));
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.trace.states.map((state) => state["n"])).toEqual([
      0, 1, 2, 3, 4, 0,
    ]);
    const strong = await check(
      model,
      ltl("out", "F at(out)", { fair: ["strong event OUT", "events"] }),
    );
    expect(strong.verdict).toBe("proved");
  });

  test("of two ways to fail for ever the nearer one is shown", async () => {
    const model = plain(
      {
        idle: { on: { FAR: "f1", NEAR: "n1" } },
        f1: { on: { T: "f2" } },
        f2: { on: { T: "f3" } },
        f3: { on: { T: "f4" } },
        f4: { on: { T: "f3" } },
        n1: { on: { T: "n2" } },
        n2: { on: { T: "n1" } },
      },
      ["FAR", "NEAR", "T"],
    );
    const outcome = await check(model, ltl("goal", "G F at(idle)", { fair: ["events"] }));
    expect(outcome.counterexample?.trace.states.map((state) => state["state"])).toEqual([
      "idle",
      "n1",
      "n2",
      "n1",
    ]);
  });
});

describe("branching time", () => {
  const trap = plain(
    {
      idle: { on: { GO: "out" } },
      out: { on: { GO: "far", BACK: "idle" } },
      far: { on: { GO: "farther" } },
      farther: { on: { GO: "far" } },
    },
    ["GO", "BACK"],
  );

  test("AG EF: its violation is the closed set that never gets back", async () => {
    const property = ctl("comes back", "AG EF at(idle)");
    const outcome = await check(trap, property);
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toEqual({ state: "far" });
    expect(outcome.evidence).toContain("closed set of 2 states");
    expect(outcome.exhibits[0]).toMatchObject({ rows: [["far"], ["farther"]] });
    expect((await replayOn(trap, trap, property)).kind).toBe("reproduced");
    const repaired = plain(
      {
        idle: { on: { GO: "out" } },
        out: { on: { GO: "far", BACK: "idle" } },
        far: { on: { GO: "farther" } },
        farther: { on: { GO: "far", BACK: "idle" } },
      },
      ["GO", "BACK"],
    );
    expect((await replayOn(trap, repaired, property)).kind).toBe("passes");
    expect((await check(repaired, property)).verdict).toBe("proved");
  });

  test("nested claims, by text and by functions", async () => {
    const holds = ctl("from out", "AG (at(out) -> EX at(idle))");
    expect((await check(trap, holds)).verdict).toBe("proved");
    const fn = ctl("from out", c.AG(c.implies((s) => s.matches("out"), c.EX("at(idle)"))));
    expect((await check(trap, fn)).verdict).toBe("proved");
    const fails = ctl("everywhere", "AG (at(out) -> AX at(idle))");
    expect((await check(trap, fails)).verdict).toBe("violated");
    expect((await check(trap, ctl("u", "E[at(idle) U at(out)]"))).verdict).toBe("proved");
    expect((await check(trap, ctl("a", "AF at(out)"))).verdict).toBe("violated");
    expect((await check(trap, ctl("a", "AF at(out)", { fair: ["events"] }))).verdict).toBe(
      "proved",
    );
  });

  test("two timers in either order are not taken for a way", async () => {
    const model = plain(
      {
        idle: { after: { 10: "early", 20: "late" } },
        early: { on: { GO: "idle" } },
        late: { on: { GO: "idle" } },
      },
      ["GO"],
    );
    const property = ctl("late", "EF at(late)");
    expect((await check(model, property)).verdict).toBe("inconclusive");
    expect((await check({ ...model, time: "discrete" }, property)).verdict).toBe("violated");
  });

  test("vacuous, and refused where it makes no sense", async () => {
    const model = plain({ idle: { on: { GO: "out" } }, out: {}, lost: {} }, ["GO"]);
    expect((await check(model, ctl("v", "AG (at(lost) -> EF at(idle))"))).verdict).toBe("vacuous");
    expect(() => engine.plan(subjectOf(model, [ctl("s", "AG event(GO)")]))).toThrow(/not of steps/);
  });
});
