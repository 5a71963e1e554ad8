import { afterAll, describe, expect, test } from "vitest";
import { assign, createMachine, enqueueActions, raise, setup } from "xstate";

import type { CheckContext, ReplayObservation } from "../../core/engine.ts";
import { always, alwaysStep, never, type Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import { defineSubject, type MachineModel } from "../../core/subject.ts";
import { engine } from "../../checkers/prove/engine.ts";
import { closeSolver } from "../../solver/solver.ts";
import { guard, update } from "../../expr/index.ts";
import { circuitBreaker, circuitBreakerMachine } from "../../models/circuit-breaker.ts";
import { publishedCircuitBreaker } from "../../models/published/circuit-breaker.ts";
import { circuitBreakerProperties } from "../../properties/circuit-breaker.ts";
import { publishedCircuitBreakerProperties } from "../../properties/published/circuit-breaker.ts";

afterAll(closeSolver);

function contextOf(): CheckContext {
  return {
    seed: 1,
    budget: { timeMs: 40_000, maxStates: 1000 },
    signal: new AbortController().signal,
    progress: () => undefined,
    options: {},
  };
}

const subjectOf = (model: MachineModel, ...properties: readonly Property[]) =>
  defineSubject({ id: "m", model, properties });

function check(model: MachineModel, property: Property): Promise<Outcome> {
  const subject = subjectOf(model, property);
  return engine.check(engine.plan(subject)[0]!, subject, contextOf());
}

function replay(
  model: MachineModel,
  property: Property,
  outcome: Outcome,
): Promise<ReplayObservation> {
  const subject = subjectOf(model, property);
  return engine.replay(engine.plan(subject)[0]!, subject, outcome.counterexample!, contextOf());
}

describe("the circuit breaker, for any threshold, trial limit and concurrency", () => {
  const planned = engine.plan(subjectOf(circuitBreaker, ...circuitBreakerProperties));

  test("every universal claim that is an expression is planned, the others are not", () => {
    const universal = circuitBreakerProperties.filter(
      ({ kind }) => kind === "always" || kind === "step",
    );
    expect(planned.map(({ property }) => property)).toEqual(universal.map(({ id }) => id));
    expect(planned.length).toBeGreaterThanOrEqual(9);
  });

  test.each(planned)("$property", async (obligation) => {
    const subject = subjectOf(circuitBreaker, ...circuitBreakerProperties);
    const outcome = await engine.check(obligation, subject, contextOf());
    expect([outcome.verdict, outcome.bound]).toEqual(["proved", null]);
    expect(outcome.assumptions).toContain("for all threshold >= 1");
    expect(outcome.exhibits.length).toBeGreaterThan(0);
  });
});

/** The breaker with one text of its guards or updates changed. */
function mutant(from: string, to: string): MachineModel {
  let changed = 0;
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    if (typeof value === "function") {
      const text: unknown = Reflect.get(value, Symbol.for("verify-workbench.expression"));
      if (text === from) {
        changed++;
        return guard(to);
      }
      const assignment: unknown = Reflect.get(value, "assignment");
      if (typeof assignment !== "object" || assignment === null) return value;
      const fields: Record<string, string> = {};
      for (const [name, fn] of Object.entries(assignment)) {
        const own = String(Reflect.get(fn as object, Symbol.for("verify-workbench.expression")));
        if (`${name}: ${own}` === from) changed++;
        fields[name] = `${name}: ${own}` === from ? to : own;
      }
      return update(fields);
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
  };
  const { context, ...rest } = circuitBreakerMachine.config;
  const config = { ...(change(rest) as object), context };
  expect(changed).toBeGreaterThan(0);
  return {
    ...circuitBreaker,
    machine: createMachine(config as never, circuitBreakerMachine.implementations as never),
  };
}

describe("negative controls: one mutated guard or update, refuted by a run that replays", () => {
  const property = (id: string) =>
    circuitBreakerProperties.find((candidate) => candidate.id === id)!;

  test.each([
    [
      "threshold off by one",
      "active > 0 and failures + 1 >= threshold",
      "active > 0 and failures >= threshold",
      "failures-below-threshold",
    ],
    [
      "half-open admits one more",
      "active < trialLimit",
      "active <= trialLimit",
      "half-open-trial-limit",
    ],
    ["a success keeps the count", "failures: 0", "failures", "success-resets-count"],
    ["calls of an earlier period stay", "active: 0", "active", "open-is-idle"],
    [
      "closed admits one more",
      "active < concurrency",
      "active <= concurrency",
      "active-within-limits",
    ],
  ])("%s", async (_name, from, to, id) => {
    const broken = mutant(from, to);
    const outcome = await check(broken, property(id));
    expect([outcome.verdict, outcome.reason]).toEqual(["violated", ""]);
    expect((await replay(broken, property(id), outcome)).kind).toBe("reproduced");
    // The repaired machine passes the recorded run; another event name makes it infeasible.
    expect((await replay(circuitBreaker, property(id), outcome)).kind).not.toBe("reproduced");
    const events = broken.events.map((event) => ({ ...event, type: `${event.type}2` }));
    expect((await replay({ ...broken, events }, property(id), outcome)).kind).toBe("infeasible");
  });
});

describe("the published breaker: defects as pinned, for any threshold", () => {
  const subject = subjectOf(publishedCircuitBreaker, ...publishedCircuitBreakerProperties);
  test.each(engine.plan(subject))("$property", async (obligation) => {
    const outcome = await engine.check(obligation, subject, contextOf());
    expect([outcome.verdict, outcome.reason]).toEqual([obligation.expect?.verdict ?? "proved", ""]);
    expect(outcome.counterexample?.at ?? {}).toMatchObject(obligation.expect?.at ?? {});
  });
});

/** Two counters whose sum is the limit; that they stay within it needs the sum. */
const transfer: MachineModel = {
  machine: createMachine({
    context: ({ input }: { input: unknown }) => ({
      x: 0,
      y: (input as { limit: number }).limit,
      limit: (input as { limit: number }).limit,
    }),
    initial: "on",
    states: {
      on: {
        on: {
          MOVE: { guard: guard("y > 0"), actions: update({ x: "x + 1", y: "y - 1" }) },
          BACK: { guard: guard("x > 0"), actions: update({ x: "x - 1", y: "y + 1" }) },
        },
      },
    },
  }),
  events: [{ type: "MOVE" }, { type: "BACK" }],
  variables: { x: { int: [0, null] }, y: { int: [0, null] } },
  parameters: { limit: { int: [1, null], explore: 2 } },
};

describe("where induction with simple facts is not enough", () => {
  test("Spacer finds an invariant, prints it in the model's words, and it is checked again", async () => {
    const outcome = await check(transfer, always("x stays within the limit", "x <= limit"));
    expect([outcome.verdict, outcome.method]).toEqual(["proved", "spacer"]);
    expect(outcome.evidence).toMatch(/on: .*x.*limit/);
    expect(outcome.evidence).not.toContain("x!");
  });

  test("and a false claim about the same machine is refuted", async () => {
    const outcome = await check(transfer, always("x stays below the limit", "x < limit"));
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.at["x"]).toBe(outcome.counterexample?.at["limit"]);
  });

  test("a violation deeper than the first searches is still found", async () => {
    const outcome = await check(
      { ...transfer, parameters: { limit: { int: [11, null], explore: 12 } } },
      never("eleven", "x >= 11"),
    );
    expect(outcome.verdict).toBe("violated");
    expect(outcome.counterexample?.trace.states.length).toBe(12);
  });
});

describe("without enough time", () => {
  test.each([1, 60])("%d ms: inconclusive, although nothing was found so far", async (timeMs) => {
    await closeSolver(); // a cold solver needs longer than this to start
    const subject = subjectOf(transfer, always("x stays within the limit", "x <= limit"));
    const context = { ...contextOf(), budget: { timeMs, maxStates: 1 } };
    const outcome = await engine.check(engine.plan(subject)[0]!, subject, context);
    expect([outcome.verdict, outcome.method, outcome.bound]).toEqual(["inconclusive", null, null]);
    expect(outcome.reason).toContain("timeout");
  });
});

describe("what a claim rests on", () => {
  test("an implication whose premise is never true is vacuous", async () => {
    const outcome = await check(transfer, always("nothing is said", "implies(x > limit, y == 77)"));
    expect([outcome.verdict, outcome.reason.includes("x > limit")]).toEqual(["vacuous", true]);
    const closed = await check(
      circuitBreaker,
      always("nothing is said", "implies(at(open) and active > 0, failures == 77)"),
    );
    expect([closed.verdict, closed.reason.includes("active > 0")]).toEqual(["vacuous", true]);
  });

  test("payload values are assumptions, and a value outside of them is not invented", async () => {
    const model: MachineModel = {
      machine: setup({
        types: {
          context: {} as { n: number; cap: number; last: "low" | "high" },
          events: {} as { type: "ADD"; size: number; urgent: boolean },
          input: {} as { cap: number },
        },
      }).createMachine({
        context: ({ input }) => ({ n: 0, cap: input.cap, last: "low" }),
        on: {
          ADD: [
            { guard: guard("event.urgent"), actions: update({ n: "0", last: "low" }) },
            {
              actions: update({
                n: "min(n + event.size, cap)",
                last: "event.size > 2 ? high : low",
              }),
            },
          ],
        },
      }),
      events: [{ type: "ADD", size: [1, 3], urgent: [true, false] }],
      variables: { n: { int: [0, null] }, last: { enum: ["low", "high"] } },
      parameters: { cap: { int: [3, null], explore: 5 } },
    };
    const bounded = await check(model, always("bounded", "n <= cap"));
    expect(bounded.verdict).toBe("proved");
    expect(bounded.assumptions).toContain("ADD.size is one of 1, 3");
    const steps = alwaysStep(
      "by size",
      "implies(event(ADD) and next(n) > n, next(n) <= n + event.size)",
    );
    expect((await check(model, steps)).verdict).toBe("proved");
    const never2 = alwaysStep("never by two below the cap", "next(n) != n + 2 or next(n) == cap");
    expect((await check(model, never2)).verdict).toBe("proved");
    const high = await check(model, never("never high", "last == high"));
    expect([high.verdict, high.counterexample?.at["last"]]).toEqual(["violated", "high"]);
  });

  test("a violation that needs an impossible order of timers is not called one", async () => {
    const model: MachineModel = {
      machine: createMachine({
        context: ({ input }: { input: unknown }) => ({ limit: (input as { limit: number }).limit }),
        type: "parallel",
        states: {
          fast: { initial: "wait", states: { wait: { after: { 100: "done" } }, done: {} } },
          slow: { initial: "wait", states: { wait: { after: { 200: "done" } }, done: {} } },
        },
      }),
      events: [{ type: "NOTHING" }],
      variables: {},
      parameters: { limit: { int: [1, null], explore: 1 } },
    };
    const order = always("the fast one is first", "implies(at(slow.done), at(fast.done))");
    const outcome = await check(model, order);
    expect([outcome.verdict, outcome.counterexample]).toEqual(["inconclusive", null]);
    expect(outcome.evidence).toContain("clock");
    // With another way to the end of the slow one, that way is found and replayed.
    const config = model.machine.config as { states: Record<string, object> };
    const slow = {
      initial: "wait",
      states: { wait: { after: { 200: "done" }, on: { NOTHING: "done" } }, done: {} },
    };
    const machine = createMachine({ ...config, states: { ...config.states, slow } } as never);
    const skipped = await check({ ...model, machine }, order);
    expect(skipped.verdict).toBe("violated");
    expect(skipped.counterexample?.trace.states[1]?.["#meta"].action?.type).toBe("NOTHING");
  });
});

describe("what cannot be expressed is inconclusive, with the reason", () => {
  const base = {
    context: ({ input }: { input: unknown }) => ({ n: 0, p: (input as { p: number }).p }),
    initial: "a",
  };
  const modelOf = (machine: MachineModel["machine"]): MachineModel => ({
    machine,
    events: [{ type: "GO" }],
    variables: { n: { int: [0, null] } },
    parameters: { p: { int: [0, null], explore: 1 } },
  });
  const states = (go: object) => ({ ...base, states: { a: { on: { GO: go } }, b: {} } }) as never;

  test.each<[string, MachineModel["machine"], RegExp]>([
    [
      "a guard in JavaScript",
      createMachine(
        states({
          guard: ({ context }: { context: { n: number } }) => context.n % 2 === 0,
          target: "b",
        }),
      ),
      /guard .* at test\/prove\/machine\.test\.ts:\d+ is an opaque function: it uses `%`/,
    ],
    [
      "a named guard in JavaScript",
      createMachine(states({ guard: "small", target: "b" }), {
        guards: { small: () => Number.isInteger(3) },
      }),
      /guard `small` at .* is an opaque function: it calls a function/,
    ],
    [
      "an assignment in JavaScript",
      createMachine(states({ actions: assign({ n: ({ context }) => Math.abs(context.n) }) })),
      /assignment of `n` at .* is an opaque function: it calls a function/,
    ],
    [
      "an assignment by one function",
      createMachine(states({ actions: assign(({ context }) => ({ n: context.n + 1 })) })),
      /assignment .* is an opaque function/,
    ],
    [
      "enqueueActions",
      createMachine(states({ actions: enqueueActions(() => undefined) })),
      /enqueueActions/,
    ],
    [
      "a delayed raise",
      createMachine(states({ actions: raise({ type: "GO" }, { delay: 10 }) })),
      /raise with a delay/,
    ],
    [
      "a parameter that is assigned",
      createMachine(states({ actions: update({ p: "p + 1" }) })),
      /changes the parameter `p`/,
    ],
    [
      "an initial value that is computed",
      createMachine({
        context: ({ input }: { input: unknown }) => ({
          n: (input as { p: number }).p + 1,
          p: (input as { p: number }).p,
        }),
      }),
      /`p` is used in a computation/,
    ],
  ])("%s", async (_name, machine, reason) => {
    const outcome = await check(modelOf(machine), always("p", "n >= 0"));
    expect([outcome.verdict, outcome.method]).toEqual(["inconclusive", null]);
    expect(outcome.reason).toMatch(reason);
    expect(outcome.diagnostics).toMatchObject([{ code: "VRF301" }]);
  });

  test("constants in assignments, raised events, nested guards and stateIn are expressible", async () => {
    const model = modelOf(
      createMachine(
        states([
          { guard: { type: "few" }, actions: [update({ n: "n + 1" }), raise({ type: "MORE" })] },
          { target: "b", actions: assign({ n: 0 }) },
        ]),
        { guards: { few: guard("n < p") } },
      ),
    );
    expect((await check(model, always("within", "n <= p"))).verdict).toBe("proved");
    const outcome = await check(model, always("b is empty", "implies(at(b), n == 0)"));
    expect(outcome.verdict).toBe("proved");
    expect((await check(model, never("never b", "at(b)"))).verdict).toBe("violated");
  });
});

interface Ticks {
  count: number;
  limit: number;
}

describe("timers", () => {
  /** A machine whose timer ends in an action, not in another state; `again` sets it anew. */
  const ticking = (reenter: boolean): MachineModel => ({
    machine: setup({ types: { context: {} as Ticks, input: {} as Ticks } }).createMachine({
      context: ({ input }) => ({ count: 0, limit: input.limit }),
      initial: "on",
      states: {
        on: {
          after: {
            100: { guard: guard("count < limit"), actions: update({ count: "count + 1" }) },
          },
          on: { again: { target: "on", reenter } },
        },
      },
    }),
    events: [{ type: "again" }],
    variables: { count: { int: [0, null] } },
    parameters: { limit: { int: [1, null], explore: 5 } },
  });
  const once = always("once", "count <= 1");

  test("fire once for each time that they are set", async () => {
    expect((await check(ticking(false), once)).verdict).toBe("proved");
    const refuted = await check(ticking(true), once);
    expect([refuted.verdict, refuted.reason]).toEqual(["violated", ""]);
    expect((await replay(ticking(true), once, refuted)).kind).toBe("reproduced");
  });
});
