/** Limits end in `inconclusive`, faults of the model in `error` with the path; neither is a pass. */

import { assign, createMachine, enqueueActions, raise } from "xstate";
import { describe, expect, test } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { always, deadlockFree, leadsTo, reachable } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { extend, startGraph } from "../../checkers/explore/graph.ts";
import { compileMachine } from "../../semantics/system.ts";
import { check, contextWith, obligationOf, subjectOf } from "./support.ts";

const endless: MachineModel = {
  machine: createMachine({
    id: "endless",
    context: { n: 0 },
    on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
  }),
  events: [{ type: "INC" }],
  variables: { n: { int: [0, null] } },
};

describe("budget", () => {
  test("a limit on states is inconclusive and says what was covered", async () => {
    const outcome = await check(endless, always("non-negative", "n >= 0"), { maxStates: 50 });
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("limit of 50 states");
    expect(outcome.stats["states"]).toBe(50);
  });

  test("a violation found within the limit still counts", async () => {
    const outcome = await check(endless, always("small", "n < 20"), { maxStates: 50 });
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at).toMatchObject({ n: 20 });
  });

  test("a witness too; absence does not", async () => {
    const small = { maxStates: 50 };
    expect((await check(endless, reachable("20", "n == 20"), small)).verdict).toBe("proved");
    expect((await check(endless, reachable("90", "n == 90"), small)).verdict).toBe("inconclusive");
  });

  test("nothing is said about infinite runs of a space that was not seen to its end", async () => {
    const property = leadsTo("grows", "n == 0", "n == 7", { fair: ["events"] });
    expect((await check(endless, property, { maxStates: 50 })).verdict).toBe("inconclusive");
  });

  test("a limit on memory is reached by more than it allows, not by as much", async () => {
    const graph = startGraph(compileMachine(endless));
    const { system } = graph;
    const maxMemoryMiB = system.bytes() / 2 ** 20;
    expect(await extend(graph, contextWith({ maxMemoryMiB }))).toBe("memory");
    expect(graph.expanded).toBe(1); // that one took a word more
    expect(await extend(graph, contextWith({ maxMemoryMiB }))).toBe("memory");
    expect(graph.expanded).toBe(1);
  });

  test("time and interruption", async () => {
    const property = always("non-negative", "n >= 0");
    expect((await check(endless, property, { timeMs: 0 })).verdict).toBe("inconclusive");
    const aborted = new AbortController();
    aborted.abort();
    const subject = subjectOf(endless, [property]);
    const outcome = await engine.check(
      obligationOf(subject, property.id),
      subject,
      contextWith({}, aborted.signal),
    );
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("interrupted");
  });

  test("a second obligation goes on where the first one stopped", async () => {
    const subject = subjectOf(endless, [always("a", "n >= 0"), reachable("b", "n == 80")]);
    const first = obligationOf(subject, "a");
    await engine.check(first, subject, contextWith({ maxStates: 50 }));
    const second = await engine.check(
      obligationOf(subject, "b"),
      subject,
      contextWith({ maxStates: 100 }),
    );
    expect(second.verdict).toBe("proved");
  });
});

describe("faults while exploring", () => {
  const counter = (guard: (n: number) => boolean, high = 10): MachineModel => ({
    machine: createMachine({
      id: "faulty",
      context: { n: 0 },
      on: {
        INC: {
          guard: ({ context }) => guard(context.n),
          actions: assign({ n: ({ context }) => context.n + 1 }),
        },
      },
    }),
    events: [{ type: "INC" }],
    variables: { n: { int: [0, high] } },
  });

  test("a guard that throws: VRF104 with the path", async () => {
    const model = counter((n) => {
      if (n === 2) throw new Error("no such backend");
      return true;
    });
    const outcome = await check(model, always("x", "n >= 0"));
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]?.code).toBe("VRF104");
    expect(outcome.diagnostics[0]?.message).toContain("no such backend");
    expect(outcome.diagnostics[0]?.message).toContain("after the steps INC, INC, INC");
  });

  test("a value outside its declared range: VRF103 with the path", async () => {
    const outcome = await check(
      counter(() => true, 2),
      always("x", "n >= 0"),
    );
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]?.code).toBe("VRF103");
    expect(outcome.diagnostics[0]?.message).toContain('"n" became 3');
  });

  test("a guard that changes its mind: VRF105", async () => {
    let calls = 0;
    const outcome = await check(
      counter(() => calls++ % 2 === 0),
      always("x", "n >= 0"),
    );
    expect(outcome.diagnostics[0]?.code).toBe("VRF105");
  });

  type Fickle = (flip: () => boolean) => object;
  test.each<[string, Fickle]>([
    ["a value", (flip) => ({ actions: assign({ n: () => Number(flip()) }) })],
    [
      "a timer",
      (flip) => ({ actions: raise({ type: "LATE" }, { delay: () => (flip() ? 1 : 2) }) }),
    ],
    ["a target", (flip) => [{ guard: flip, target: ".a" }, { target: ".b" }]],
    ["a fault", (flip) => ({ actions: assign({ n: () => (flip() ? 1 : 9) }) })],
  ])("%s that changes its mind: VRF105", async (_, transition) => {
    let calls = 0;
    const model = {
      machine: createMachine({
        id: "fickle",
        context: { n: 0 },
        initial: "here",
        states: { here: {}, a: {}, b: {} },
        on: { GO: transition(() => calls++ % 2 === 0), LATE: {} },
      } as never),
      events: [{ type: "GO" }, { type: "LATE" }],
      variables: { n: { int: [0, 1] } },
    } as const;
    const outcome = await check(model, always("x", "n >= 0"));
    expect(outcome.diagnostics[0]?.code).toBe("VRF105");
  });

  test("a payload field that is read only in some states: VRF101 when it is", async () => {
    const model: MachineModel = {
      machine: createMachine({
        id: "late-reader",
        context: { n: 0 },
        on: {
          GO: {
            guard: ({ context, event }) => context.n === 0 || event["code"] === 1,
            actions: assign({ n: 1 }),
          },
        },
      }),
      events: [{ type: "GO" }],
      variables: { n: { int: [0, 1] } },
    };
    const outcome = await check(model, always("x", "n >= 0"));
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]?.code).toBe("VRF101");
    const declared = { ...model, events: [{ type: "GO", code: [1, 2] }] };
    expect((await check(declared, always("x", "n >= 0"))).verdict).toBe("proved");
  });

  test("a context field that appears on the way: VRF102", async () => {
    const model: MachineModel = {
      machine: createMachine({
        id: "grows",
        context: { n: 0 } as Record<string, number>,
        on: { GO: { actions: assign({ extra: 1 }) } },
      }),
      events: [{ type: "GO" }],
      variables: { n: { int: [0, 1] } },
    };
    expect((await check(model, always("x", "n >= 0"))).diagnostics[0]?.code).toBe("VRF102");
  });

  test("writing into the context in place is an error, not a hidden state", async () => {
    const model: MachineModel = {
      machine: createMachine({
        id: "in-place",
        context: { n: 0 },
        on: {
          GO: {
            actions: assign(({ context }) => {
              context.n += 1;
              return {};
            }),
          },
        },
      }),
      events: [{ type: "GO" }],
      variables: { n: { int: [0, 1] } },
    };
    expect((await check(model, always("x", "n >= 0"))).diagnostics[0]?.code).toBe("VRF104");
  });

  test("eventless transitions in a circle: VRF107", async () => {
    const model: MachineModel = {
      machine: createMachine({
        id: "circle",
        initial: "rest",
        states: { rest: { on: { GO: "a" } }, a: { always: "b" }, b: { always: "a" } },
      }),
      events: [{ type: "GO" }],
      variables: {},
    };
    const outcome = await check(model, deadlockFree());
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]?.code).toBe("VRF107");
  });

  test("a predicate that throws is an error, not a violation", async () => {
    const outcome = await check(
      counter((n) => n < 3),
      always("x", (state) => state.context.missing.field > 0),
    );
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics[0]?.code).toBe("VRF104");
  });

  test("a machine that throws when it starts is an error", async () => {
    const model: MachineModel = {
      machine: createMachine({
        id: "stillborn",
        context: () => {
          throw new Error("no configuration");
        },
      }),
      events: [],
      variables: {},
    };
    const outcome = await check(model, deadlockFree());
    expect(outcome.verdict).toBe("error");
    expect(outcome.reason).toContain("when the machine starts");
  });
});

describe("refused when planned", () => {
  const plan = (model: MachineModel, predicate = "true"): string => {
    try {
      engine.plan(subjectOf(model, [always("x", predicate)]));
    } catch (thrown) {
      if (thrown instanceof DiagnosticError) return `${thrown.code} ${thrown.message}`;
      throw thrown;
    }
    return "accepted";
  };
  const door = (config: object, rest: Partial<MachineModel> = {}): MachineModel => ({
    machine: createMachine({ id: "door", initial: "shut", states: { shut: {} }, ...config }),
    events: [],
    variables: {},
    ...rest,
  });

  test("an event that is handled but not declared: VRF101", () => {
    expect(plan(door({ on: { OPEN: {} } }))).toMatch(/^VRF101 .*OPEN/u);
    expect(plan(door({ on: { OPEN: {} } }, { events: [{ type: "OPEN" }] }))).toBe("accepted");
  });

  test("an event that the machine raises itself need not be declared", () => {
    const raised = raise({ type: "OPEN" });
    expect(plan(door({ entry: raised, on: { OPEN: {} } }))).toBe("accepted");
    const queued = enqueueActions(({ enqueue }) => enqueue.raise({ type: "OPEN" }));
    expect(plan(door({ entry: queued, on: { OPEN: {} } }))).toBe("accepted");
    expect(plan(door({ entry: raise({ type: "SHUT" }), on: { OPEN: {} } }))).toMatch(/^VRF101/u);
  });

  test("a payload field that is read but not declared: VRF101", () => {
    const config = {
      on: { PIN: { guard: ({ event }: { event: { digits: string } }) => event.digits === "1234" } },
    };
    expect(plan(door(config, { events: [{ type: "PIN" }] }))).toMatch(/^VRF101 .*"digits"/u);
    expect(plan(door(config, { events: [{ type: "PIN", digits: ["1234", "0000"] }] }))).toBe(
      "accepted",
    );
  });

  test("a context field that is not declared, or declared and missing: VRF102", () => {
    expect(plan(door({ context: { tries: 0 } }))).toMatch(/^VRF102 .*"tries"/u);
    expect(plan(door({}, { variables: { tries: { int: [0, 3] } } }))).toMatch(/^VRF102 .*"tries"/u);
    expect(plan(door({ context: { tries: 0 } }, { variables: { tries: { int: [0, 3] } } }))).toBe(
      "accepted",
    );
  });

  test("everything that is missing is named at once", () => {
    const context = { tries: 0, low: -2, on: false, name: "a", last: null };
    expect(plan(door({ context }))).toMatch(
      /^VRF102 .*"tries", "low", "on", "name", "last".* are not declared/u,
    );
    const bare = {
      initial: "a",
      states: { a: { on: { GO: "b", STAY: {} } }, b: { on: { BACK: "a" } } },
    };
    expect(plan(door(bare, { events: [] }))).toMatch(/^VRF101 .*GO, STAY, BACK, which are not/u);
  });

  test("a parameter explored outside its range: VRF103", () => {
    const model = door(
      { context: ({ input }: { input: object }) => input },
      {
        parameters: { limit: { int: [1, 5], explore: 9 } },
      },
    );
    expect(plan(model)).toMatch(/^VRF103 .*"limit"/u);
  });

  test("invoked actors: VRF106 with the way out", () => {
    const child = createMachine({});
    expect(plan(door({ invoke: { src: child } }))).toMatch(/^VRF106/u);
  });

  test("a bad expression, with its place", () => {
    expect(plan(door({}), "at(shut) implies at(open)")).toMatch(/^VRF20\d/u);
    expect(plan(door({}), "at(ajar)")).toMatch(/^VRF203/u);
  });
});
