import { describe, expect, test } from "vitest";
import { and, createActor, createMachine, setup } from "xstate";

import type { Diagnostic } from "../../core/diagnostic.ts";
import type { MachineModel } from "../../core/subject.ts";
import {
  assignmentsOf,
  checkExpression,
  checkMachineExpressions,
  compileState,
  compileStep,
  expressionOf,
  expressionTextOf,
  guard,
  print,
  scopeOfModel,
  scopeOfTransition,
  update,
} from "../../expr/index.ts";

interface Types {
  context: { n: number; limit: number; mode: "slow" | "fast"; armed: boolean };
  events: { type: "ADD"; size: number } | { type: "MODE" };
}
const types: Partial<Types> = {};

const counter = setup({
  types,
  guards: { fits: guard("n + event.size <= limit") },
  actions: { add: update({ n: "n + event.size", armed: "n + event.size == limit" }) },
}).createMachine({
  context: { n: 0, limit: 3, mode: "slow", armed: false },
  initial: "on",
  states: {
    on: {
      on: {
        ADD: [{ guard: "fits", actions: "add" }, { target: "off.hard" }],
        MODE: {
          guard: guard("mode == slow"),
          actions: update({ mode: "fast", n: "mode == slow ? n : 0" }),
        },
      },
    },
    off: { initial: "soft", states: { soft: {}, hard: {} } },
  },
});

const model: MachineModel = {
  machine: counter,
  events: [{ type: "ADD", size: [1, 2] }, { type: "MODE" }],
  variables: {
    n: { int: [0, 3] },
    limit: { int: [0, 3] },
    mode: { enum: ["slow", "fast"] },
    armed: "bool",
  },
};

describe("guards and updates inside a real machine", () => {
  test("run as written; an update reads the context as it was", () => {
    const actor = createActor(counter).start();
    actor.send({ type: "ADD", size: 2 });
    expect(actor.getSnapshot().context).toMatchObject({ n: 2, armed: false });
    actor.send({ type: "MODE" });
    expect(actor.getSnapshot().context).toMatchObject({ n: 2, mode: "fast" });
    actor.send({ type: "MODE" });
    expect(actor.getSnapshot().context.n).toBe(2); // the guard refused
    actor.send({ type: "ADD", size: 1 });
    expect(actor.getSnapshot().context).toMatchObject({ n: 3, armed: true });
    actor.send({ type: "ADD", size: 1 });
    expect(actor.getSnapshot().value).toEqual({ off: "hard" });
  });

  test("XState keeps the very objects, so their trees can be read back from the machine", () => {
    const transition = counter.root.states.on!.transitions.get("MODE")![0]!;
    expect(expressionTextOf(transition.guard)).toBe("mode == slow");
    const fields = assignmentsOf(transition.actions[0])!;
    expect(print(expressionOf(fields.n)!)).toBe("mode == slow ? n : 0");
    expect(expressionOf(counter.implementations.guards.fits)).not.toBeNull();
    expect(expressionOf(() => true)).toBeNull();
    expect(assignmentsOf(() => true)).toBeNull();
  });

  test("an unknown name is an error when it is evaluated, not a false guard", () => {
    const machine = createMachine({
      context: { n: 0 },
      on: { GO: { guard: guard("m > 0") } },
    });
    const actor = createActor(machine);
    let seen: unknown;
    actor.subscribe({ error: (error) => (seen = error) });
    actor.start();
    actor.send({ type: "GO" });
    expect(String(seen)).toContain("unknown name `m`");
  });

  test.each([
    ["n + 1", { n: 2 ** 53 - 1 }, "VRF103"],
    ["n", { n: 0.5 }, "VRF103"],
    ["n", { n: "1" }, "VRF204"],
    ["n + true", { n: 1 }, "VRF204"],
  ])("%s of %o does not give a rounded or coerced value", (text, context, code) => {
    const run = guard(`(${text}) > 0`);
    expect(() => run({ context, event: { type: "E" } })).toThrowError(
      expect.objectContaining({ code }),
    );
  });

  test("no result is a negative zero", () => {
    const fields = assignmentsOf(update({ a: "n * -1", b: "-n", c: "(0 - 4) mod 2" }))!;
    for (const run of Object.values(fields)) {
      if (typeof run !== "function") throw new TypeError("an update is a function per field");
      expect(Object.is(run({ context: { n: 0 }, event: { type: "E" } }), 0)).toBe(true);
    }
  });
});

describe("predicates on snapshots", () => {
  const scope = scopeOfModel(model);
  const state = (value: unknown, context: object) => ({
    value,
    context,
    status: "active",
    matches: () => false,
    hasTag: () => false,
  });

  test("variables, states and enum values", () => {
    const holds = compileState("implies(at(off.hard), n == limit and mode == fast)", scope);
    expect(holds(state({ off: "hard" }, { n: 3, limit: 3, mode: "fast" }))).toBe(true);
    expect(holds(state({ off: "hard" }, { n: 3, limit: 3, mode: "slow" }))).toBe(false);
    expect(holds(state({ off: "soft" }, { n: 3, limit: 3, mode: "slow" }))).toBe(true);
    const within = compileState("at(off)", scope);
    expect(within(state({ off: "soft" }, {}))).toBe(true);
    expect(within(state("on", {}))).toBe(false);
  });

  test("steps see the event and both states", () => {
    const holds = compileStep(
      "implies(event(ADD) and next(at(on)), next(n) == n + event.size)",
      scope,
    );
    const before = state("on", { n: 1 });
    const event = { type: "ADD", size: 2 };
    expect(holds({ before, event, after: state("on", { n: 3 }) })).toBe(true);
    expect(holds({ before, event, after: state("on", { n: 2 }) })).toBe(false);
    expect(holds({ before, event: { type: "MODE" }, after: state("on", { n: 2 }) })).toBe(true);
  });
});

describe("names and types are checked against the model", () => {
  const scope = scopeOfModel(model);
  const step = scopeOfModel(model, { step: true });
  const first = (found: readonly Diagnostic[]) => [found[0]?.code, found[0]?.help ?? ""];

  test.each([
    ["n <= limit", scope, undefined],
    ["mode == fast", scope, undefined],
    ["fast == mode", scope, undefined],
    ["(armed ? slow : fast) == mode", scope, undefined],
    ["event(ADD) and next(n) > n", step, undefined],
    ["n <= limti", scope, "VRF203"],
    ["mode == fats", scope, "VRF203"],
    ['mode == "fats"', scope, "VRF203"],
    ["at(of)", scope, "VRF203"],
    ["event(AD)", step, "VRF203"],
    ["event.sise > 1", step, "VRF203"],
    ["on", scope, "VRF203"],
    ["n and armed", scope, "VRF204"],
    ["n", scope, "VRF204"],
    ["n == armed", scope, "VRF204"],
    ["mode < fast", scope, "VRF203"],
    ["mode < mode", scope, "VRF204"],
    ["armed ? n : mode", scope, "VRF204"],
    ["n / 2 == 1", scope, "VRF202"],
    ["next(n) > n", scope, "VRF202"],
    ["event(ADD)", scope, "VRF202"],
    ["next(next(n) > n)", step, "VRF202"],
    ["next(event.size > 1)", step, "VRF202"],
  ])("%s", (text, where, code) => {
    expect(first(checkExpression(text, where))[0]).toBe(code);
  });

  test("guards see neither states nor fields of other events", () => {
    expect(first(checkExpression("at(on)", scopeOfTransition(model)))[0]).toBe("VRF202");
    expect(first(checkExpression("event.size > 1", scopeOfTransition(model, "MODE")))[0]).toBe(
      "VRF203",
    );
    expect(checkExpression("event.size > 1", scopeOfTransition(model, "ADD"))).toEqual([]);
  });

  test("the help names what could be meant", () => {
    expect(first(checkExpression("n <= limti", scope))[1]).toContain("did you mean `limit`?");
    expect(first(checkExpression("on and armed", scope))[1]).toContain("at(on)");
  });
});

describe("all expressions of a machine are checked before anything runs", () => {
  const faults = (machine: MachineModel["machine"]) =>
    checkMachineExpressions({ ...model, machine }).map(({ code, place }) => [code, place]);

  test("a correct machine has none", () => {
    expect(checkMachineExpressions(model)).toEqual([]);
  });

  test("each mistake is named with its state and event", () => {
    const machine = createMachine(
      {
        id: "faulty",
        context: { n: 0, limit: 3, mode: "slow", armed: false },
        initial: "on",
        states: {
          on: {
            entry: update({ n: "n + armed" }),
            on: {
              ADD: [{ guard: "wrong" }, { guard: and([guard("event.sise > 1"), "wrong"]) }],
              MODE: { guard: guard("event.size > 1"), actions: update({ mode: "fats", m: "1" }) },
            },
            always: { guard: guard("n implies armed") },
          },
        },
      },
      { guards: { wrong: guard("n") } },
    );
    expect(faults(machine)).toEqual([
      ["VRF204", "state on, update of n"],
      ["VRF204", "state on, event ADD, guard"],
      ["VRF203", "state on, event ADD, guard"],
      ["VRF204", "state on, event ADD, guard"],
      ["VRF203", "state on, event MODE, guard"],
      ["VRF203", "state on, event MODE, update of mode"],
      ["VRF102", "state on, event MODE"],
      ["VRF202", "state on, always, guard"],
    ]);
  });
});
