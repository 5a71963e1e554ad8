import { assign, createMachine, setup } from "xstate";
import { describe, expect, it } from "vitest";

import { predictBreaker } from "../../adapters/breaker-driver.ts";
import { breakerOurs } from "../../adapters/breaker-ours.ts";
import { engine } from "../../checkers/conform/engine.ts";
import { observedIn } from "../../checkers/conform/lockstep.ts";
import type { CheckContext } from "../../core/engine.ts";
import { conforms } from "../../core/property.ts";
import type {
  Implementation,
  ImplementationDriver,
  MachineSubject,
  TheoremSubject,
} from "../../core/subject.ts";
import { load, mutants } from "./mutants.ts";
import { adapterOptions, checkOne, makeContext, subjectWith, whole } from "./subject.ts";

const ours = breakerOurs(adapterOptions);

/** Ours, with some methods of its driver replaced. */
const spoiled = (
  spoil: (driver: ImplementationDriver) => Partial<ImplementationDriver>,
): Implementation => ({
  ...ours,
  name: "spoiled",
  async start(parameters) {
    const driver = await ours.start(parameters);
    return { ...driver, ...spoil(driver) };
  },
});

describe("what is never a pass", () => {
  const faults: Record<string, Implementation> = {
    "start throws": {
      ...ours,
      start: () => Promise.reject(new Error("no such package")),
    },
    "send throws": spoiled(() => ({
      send: () => {
        throw new Error("lost");
      },
    })),
    "send never answers": spoiled(() => ({ send: () => new Promise(() => {}) })),
    "advance rejects": spoiled(() => ({ advance: () => Promise.reject(new Error("stuck")) })),
    "dispose throws": spoiled(() => ({
      dispose: () => {
        throw new Error("still in use");
      },
    })),
    "an observable is missing": spoiled(() => ({
      send: () => ({ call: "none", results: "intact" }),
    })),
    "predict throws": {
      ...ours,
      predict: () => {
        throw new Error("unknown state");
      },
    },
  };

  it.for(Object.entries(faults))("an adapter whose %s is an error", async ([, implementation]) => {
    const { outcome } = await checkOne(
      subjectWith([implementation]),
      makeContext({ answerMs: 50 }),
    );
    expect(outcome.verdict).toBe("error");
    expect(outcome.diagnostics).toMatchObject([{ code: "VRF401" }]);
    expect(outcome.reason).toContain(implementation.name);
    expect(outcome.counterexample).toBeNull();
  });

  it("an observable that is not predicted is an error", async () => {
    const property = conforms("colour", { observables: ["colour"] });
    const { outcome } = await checkOne(subjectWith([ours], [property]));
    expect(outcome).toMatchObject({ verdict: "error", diagnostics: [{ code: "VRF401" }] });
    expect(outcome.reason).toContain('"colour"');
  });

  it("a clause about a step that the model never takes is vacuous", async () => {
    const property = conforms("seven failures", { when: "at(closed) and failures == 7" });
    const { outcome } = await checkOne(subjectWith([ours], [property]));
    expect(outcome.verdict).toBe("vacuous");
    expect(outcome.stats.compared).toBe(0);
  });

  it("a clause that the implementation never lives to see is inconclusive", async () => {
    const { create } = await load(mutants.neverHalfOpen);
    const stuck = breakerOurs({ ...adapterOptions, name: "stuck", create });
    const property = conforms("trials", { when: "at(halfOpen)" });
    const { outcome } = await checkOne(subjectWith([stuck], [property]));
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("differed from the model in another way");
  });

  it.for<[string, Partial<CheckContext>, string]>([
    ["interrupted", { signal: AbortSignal.abort() }, "interrupted"],
    ["out of time", { budget: { timeMs: 0, maxStates: 1 } }, "time budget"],
  ])("a check that is %s is inconclusive", async ([, more, reason]) => {
    const { outcome } = await checkOne(subjectWith([ours]), makeContext({}, more));
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain(reason);
  });

  it("an implementation that does not behave twice the same is not accused", async () => {
    let instances = 0;
    const moody = spoiled((driver) => {
      const bad = (instances += 1) === 4;
      return {
        send: async (event) => ({
          ...(await observedIn(driver.send(event))),
          ...(bad ? { state: "open" } : {}),
        }),
      };
    });
    const { outcome } = await checkOne(subjectWith([moody]));
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toContain("did not replay");
  });
});

describe("planning", () => {
  it("refuses a property that does not fit the model, before anything runs", () => {
    const unknownEvent = conforms("typo", { events: ["CALLS"] });
    expect(() => engine.plan(subjectWith([ours], [unknownEvent]))).toThrow(
      expect.objectContaining({ code: "VRF003", message: expect.stringContaining('"CALLS"') }),
    );
    const wrongWord = conforms("typo", { when: "at(closed) implies true" });
    expect(() => engine.plan(subjectWith([ours], [wrongWord]))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^VRF20/) }),
    );
  });

  it("takes nothing from subjects without implementations or of other kinds", () => {
    expect(engine.plan(subjectWith([]))).toEqual([]);
    const theorem: TheoremSubject = { kind: "theorem", id: "t", title: "t", theorems: [] };
    expect(engine.plan(theorem)).toEqual([]);
  });
});

describe("replay", () => {
  const refuted = async () => {
    const { create } = await load(mutants.twoTrials);
    const subject = subjectWith([breakerOurs({ ...adapterOptions, create })]);
    const { obligation, outcome } = await checkOne(subject);
    return { subject, obligation, counterexample: outcome.counterexample! };
  };
  const replay = async (
    change: (subject: MachineSubject) => MachineSubject,
    recipe?: unknown,
  ): Promise<Awaited<ReturnType<typeof engine.replay>>> => {
    const { subject, obligation, counterexample } = await refuted();
    return engine.replay(
      obligation,
      change(subject),
      recipe === undefined ? counterexample : { ...counterexample, recipe: recipe as null },
      makeContext(),
    );
  };

  it("says infeasible when an event, the property or the implementation is gone", async () => {
    const gone: ((subject: MachineSubject) => MachineSubject)[] = [
      (subject) => ({
        ...subject,
        model: { ...subject.model, events: subject.model.events.filter((e) => e.type !== "CALL") },
      }),
      (subject) => ({ ...subject, properties: [] }),
      (subject) => ({ ...subject, implementations: [] }),
    ];
    for (const change of gone) expect((await replay(change)).kind).toBe("infeasible");
  });

  it("says infeasible when the recipe cannot be read", async () => {
    for (const recipe of [null, { steps: 3 }, { steps: [{ waitMs: -1 }] }, { steps: [{}] }]) {
      expect((await replay((subject) => subject, recipe)).kind).toBe("infeasible");
    }
  });

  it("says infeasible when the implementation now differs earlier, in another way", async () => {
    const { create } = await load(mutants.neverHalfOpen);
    const other = breakerOurs({ ...adapterOptions, create });
    const property = conforms(whole.title, { id: whole.id, when: "at(halfOpen)" });
    const observation = await replay((subject) => ({
      ...subject,
      properties: [property],
      implementations: [other],
    }));
    expect(observation.kind).toBe("infeasible");
  });
});

describe("counterexamples", () => {
  it("show every step with time, model state and what was observed", async () => {
    const { create } = await load(mutants.thresholdOffByOne);
    const { outcome } = await checkOne(
      subjectWith([
        { ...breakerOurs({ ...adapterOptions, name: "mutant", create }), predict: predictBreaker },
      ]),
    );
    const { trace, message } = outcome.counterexample!;
    expect(trace.vars).toEqual(["state", "failures", "active"]);
    expect(trace.states.map((state) => state["#meta"].index)).toEqual(
      trace.states.map((_, index) => index),
    );
    const last = trace.states.at(-1)!;
    expect(last).toMatchObject({
      state: "open",
      "#meta": { action: { type: "FAILURE" }, active: ["open"], observed: { state: "closed" } },
    });
    expect(last["#meta"].note).toBe("expected state = open, observed closed");
    expect(message).toBe(
      `step ${trace.states.length - 1}, FAILURE in state closed: the model expects state = open, ` +
        "mutant 0.1.0 shows state = closed",
    );
  });
});

describe("other machines", () => {
  /** A lamp that goes out by itself, with a payload, parallel states and a nested delay. */
  const machine = setup({
    types: {
      context: {} as { level: number },
      events: {} as { type: "PRESS"; strength: number } | { type: "LOCK" },
    },
  }).createMachine({
    id: "lamp",
    context: { level: 0 },
    type: "parallel",
    states: {
      light: {
        initial: "off",
        states: {
          off: {
            on: {
              PRESS: { target: "on", actions: assign({ level: ({ event }) => event.strength }) },
            },
          },
          on: { after: { 100: "dim" } },
          dim: { after: { 50: { target: "off", actions: assign({ level: 0 }) } } },
        },
      },
      lock: { initial: "free", states: { free: { on: { LOCK: "locked" } }, locked: {} } },
    },
  });

  const lamp = (dimMs: number, brightness: (strength: number) => number): Implementation => ({
    name: "lamp",
    version: "1",
    predict: ({ after }) => ({ level: (after.context as { level: number }).level }),
    async start() {
      let level = 0;
      let now = 0;
      let off = Number.POSITIVE_INFINITY;
      return {
        send(event) {
          if (event.type === "PRESS" && off === Number.POSITIVE_INFINITY) {
            level = brightness(Number(event.strength));
            off = now + dimMs;
          }
          return { level };
        },
        advance(ms) {
          now += ms;
          if (now >= off) {
            level = 0;
            off = Number.POSITIVE_INFINITY;
          }
          return { level };
        },
        dispose: () => {},
      };
    },
  });
  const subject = (implementation: Implementation): MachineSubject => ({
    ...subjectWith([implementation]),
    model: { machine, events: [{ type: "PRESS", strength: [1, 2] }, { type: "LOCK" }] },
  });

  it("drives payloads, parallel states and one delay after the other", async () => {
    const { outcome } = await checkOne(subject(lamp(150, (strength) => strength)));
    expect(outcome).toMatchObject({ verdict: "holds-bounded", stats: { states: 6 } });
  });

  it("tells a wrong payload and a wrong total delay apart", async () => {
    const weak = await checkOne(subject(lamp(150, () => 1)));
    expect(weak.outcome.counterexample?.recipe).toEqual({
      steps: [{ event: { type: "PRESS", strength: 2 } }],
    });
    const late = await checkOne(subject(lamp(151, (strength) => strength)));
    expect(late.outcome.counterexample?.at).toMatchObject({
      state: "light.dim + lock.free",
      event: "time passes",
    });
    expect(late.outcome.counterexample?.trace.states.at(-1)?.["#meta"].timeMs).toBe(150);
  });

  it("reports a model whose guard throws, and timers that never let time pass", async () => {
    const broken = createMachine({
      on: {
        PRESS: {
          guard: () => {
            throw new Error("no such field");
          },
        },
      },
    });
    const endless = createMachine({
      initial: "a",
      states: { a: { after: { 0: "b" } }, b: { after: { 0: "a" } } },
    });
    const implementation = lamp(1, () => 1);
    for (const [model, code] of [
      [broken, "VRF104"],
      [endless, "VRF107"],
    ] as const) {
      const bad = {
        ...subject(implementation),
        model: { machine: model, events: [{ type: "PRESS" }] },
      };
      await expect(checkOne(bad)).rejects.toMatchObject({ code });
    }
  });
});
