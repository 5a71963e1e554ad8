/**
 * Symmetry reduction changes no verdict: random systems with machines that are alike, each claim decided
 * with and without it, alone and together with partial order reduction. And it would, if claims or
 * machines that tell them apart were accepted.
 *
 * VERIFY_REDUCE_RUNS=5000 asks for more systems; VERIFY_SEED for others.
 */

import * as fc from "fast-check";
import { assign, cancel, createMachine, raise } from "xstate";
import { expect, test } from "vitest";

import {
  always,
  deadlockFree,
  leadsTo,
  never,
  reachable,
  type ComponentDeclaration,
  type Property,
  type SystemModel,
} from "../../../index.ts";
import { clients } from "../../fixtures/explore/clients.ts";
import { philosophers } from "../../fixtures/explore/philosophers.ts";
import { consistent, twoPhaseCommit } from "../../fixtures/explore/two-phase-commit.ts";
import { search, sound, type Searched } from "../../../checkers/explore/reduce/search.ts";
import { contextWith } from "../support.ts";
import { decide, outcomeOf, subjectOf } from "./decide.ts";
import { alikeClaims, alikeSystemOf, alikeSystems } from "./systems.ts";

const runs = Number(process.env["VERIFY_REDUCE_RUNS"] ?? 100);
const seed = Number(process.env["VERIFY_SEED"] ?? 20_261_124);

test("verdicts are the same with symmetry reduction and without", async () => {
  const samples = fc.sample(
    fc.tuple(alikeSystems, fc.array(alikeClaims, { minLength: 3, maxLength: 3 })),
    { numRuns: runs, seed },
  );
  const different: string[] = [];
  const verdicts: Record<string, number> = {};
  let reduced = 0;
  let replayed = 0;
  for (const [sketch, claims] of samples) {
    const model = alikeSystemOf(sketch);
    for (const claim of claims) {
      const plain = await decide(model, claim, "none");
      verdicts[plain.kind] = (verdicts[plain.kind] ?? 0) + 1;
      for (const reduce of ["symmetry", "all"]) {
        const less = await decide(model, claim, reduce);
        if (less.states < plain.states) reduced += 1;
        if (less.kind !== plain.kind) {
          different.push(JSON.stringify({ sketch, claim, plain, less, reduce }));
        }
      }
      if (plain.kind !== "fails" && plain.kind !== "witnessed") continue;
      // The run that is found among exchanged states is a run of the system.
      const { verdict } = await outcomeOf(model, claim, { reduce: "symmetry" });
      replayed += 1;
      if (verdict !== (plain.kind === "fails" ? "violated" : "proved")) {
        different.push(JSON.stringify({ sketch, claim, verdict }));
      }
    }
  }
  expect(different).toEqual([]);
  expect(reduced).toBeGreaterThan(runs);
  expect(replayed).toBeGreaterThan(runs / 2);
  if (process.env["VERIFY_REDUCE_RUNS"] === undefined) return;
  process.stdout.write(`${JSON.stringify({ claims: 3 * runs, reduced, replayed, verdicts })}\n`);
});

/** A state with the members 0, 1 and 2 under other numbers, as a text. */
function renumbered(state: Readonly<Record<string, unknown>>, order: readonly number[]): string {
  const places = String(state["state"])
    .split("+")
    .map((place) => place.split("."));
  const all = { ...state, state: "", ...Object.fromEntries(places) };
  return Object.entries(all)
    .map(([name, value]) => {
      const renamed = name.replaceAll(/[0-2]/g, (member) => String(order[Number(member)]));
      return `${renamed}=${String(value)}`;
    })
    .toSorted()
    .join();
}

test("of all states that differ by an exchange one is left", async () => {
  const orders = [0, 1, 2].flatMap((a) =>
    [0, 1, 2].flatMap((b) => (a === b ? [] : [[a, b, 3 - a - b]])),
  );
  const claim = deadlockFree();
  const met: Record<string, number> = {};
  for (const sketch of fc.sample(alikeSystems, { numRuns: 60, seed })) {
    const subject = subjectOf(alikeSystemOf(sketch), claim);
    const searched = (reduce: string): Promise<Searched> =>
      search(subject, claim, { ...contextWith(), options: { reduce } }, sound(claim));
    const { graph: reduced, report } = await searched("symmetry");
    if (!report!.used.some((used) => used.includes("m0, m1, m2"))) continue;
    const { graph } = await searched("none");
    const orbits = new Set(
      Array.from({ length: graph.expanded }, (_, state) => {
        const { faults } = graph.system.apart(state);
        const described = { ...graph.system.describe(state), faults };
        return orders.map((order) => renumbered(described, order)).toSorted()[0];
      }),
    );
    expect(reduced.expanded, JSON.stringify(sketch)).toBe(orbits.size);
    met[sketch.bond] = Math.max(met[sketch.bond] ?? 0, graph.expanded / orbits.size);
  }
  // At most 3!, and of systems with few states less.
  for (const bond of ["variable", "hub", "to hub", "one channel", "each other"]) {
    expect(met[bond], bond).toBeGreaterThan(1.9);
  }
});

const events = [{ type: "A" }];
const mover = createMachine({
  id: "mover",
  initial: "s0",
  states: { s0: { on: { A: "s1" } }, s1: {} },
});
const two: SystemModel = {
  machines: { m0: { machine: mover, events }, m1: { machine: mover, events } },
};

test("a claim that tells machines apart, taken for one that does not, gets a wrong answer", async () => {
  const claim = never("claim", "at(m0.s1) and at(m1.s0)");
  const other = never("claim", "at(m0.s0) and at(m1.s1)");
  const kinds: string[] = [];
  for (const each of [claim, other]) {
    expect((await decide(two, each, "none")).kind).toBe("fails");
    expect((await decide(two, each, "symmetry")).kind).toBe("fails");
    kinds.push((await decide(two, each, "symmetry", { sameClaim: () => true })).kind);
  }
  expect(kinds).toContain("holds");
});

const reader = (wanted: readonly string[]) =>
  createMachine({
    types: {} as { context: Record<string, boolean> },
    id: "reader",
    context: { y0: false, y1: false },
    initial: "s0",
    states: {
      s0: { on: { A: { guard: ({ context }) => wanted.some((y) => context[y]), target: "s1" } } },
      s1: {},
    },
  });
const sayer = createMachine({
  types: {} as { context: { y: boolean } },
  id: "sayer",
  context: { y: false },
  initial: "s0",
  states: { s0: { on: { A: { target: "s1", actions: assign({ y: true }) } } }, s1: {} },
});
/** Two that say something, and one that looks at both. */
const withHub = (hub: ComponentDeclaration): SystemModel => ({
  shared: { a0: "bool", a1: "bool" },
  machines: {
    m0: { machine: sayer, events, shares: { y: "a0" } },
    m1: { machine: sayer, events, shares: { y: "a1" } },
    hub: { shares: { y0: "a0", y1: "a1" }, ...hub },
  },
});
const withReader = (wanted: readonly string[]): SystemModel =>
  withHub({ machine: reader(wanted), events });

test("a machine that looks at one of them only is found out", async () => {
  const claim = deadlockFree();
  const fair = await outcomeOf(withReader(["y0", "y1"]), claim, { reduce: "symmetry" });
  expect(fair.reduction?.used).toEqual(["symmetry: m0, m1 are interchangeable"]);
  const biased = await outcomeOf(withReader(["y0"]), claim, { reduce: "symmetry" });
  expect(biased.reduction).toEqual({
    used: [],
    off: [{ code: "VRF111", reduction: "symmetry", reason: "hub does not treat them alike" }],
  });
  expect(biased.stats).toEqual((await outcomeOf(withReader(["y0"]), claim, {})).stats);
});

/** It stays where it is: all that tells the two apart is what it writes. */
const noter = (noted: readonly number[]) =>
  createMachine({
    types: {} as {
      context: Record<string, boolean>;
      events: { type: "LOOK"; of: number };
    },
    id: "noter",
    context: { y0: false, y1: false, seen0: false, seen1: false },
    on: {
      LOOK: {
        guard: ({ context, event }) => context[`y${event.of}`]!,
        actions: assign(({ event }) => ({ [`seen${event.of}`]: noted.includes(event.of) })),
      },
    },
  });
const looks = [{ type: "LOOK", of: [0, 1] }];
const withNoter = (noted: readonly number[]): SystemModel =>
  withHub({
    machine: noter(noted),
    events: looks,
    variables: { seen0: "bool", seen1: "bool" },
  });

test("a machine that takes note of one of them only is found out", async () => {
  const claim = deadlockFree();
  const fair = await outcomeOf(withNoter([0, 1]), claim, { reduce: "symmetry" });
  expect(fair.reduction?.used).toEqual(["symmetry: m0, m1 are interchangeable"]);
  const biased = await outcomeOf(withNoter([0]), claim, { reduce: "symmetry" });
  expect(biased.reduction?.off[0]?.reason).toBe("hub does not treat them alike");
});

test("machines that can be exchanged by themselves are not exchanged in step with others", async () => {
  const sayers = withReader(["y0", "y1"]).machines;
  const model: SystemModel = {
    ...withReader([]),
    machines: {
      a: two.machines["m0"]!,
      b: two.machines["m1"]!,
      c: sayers["m0"]!,
      d: sayers["m1"]!,
    },
  };
  const outcome = await outcomeOf(model, deadlockFree(), { reduce: "symmetry" });
  expect(outcome.reduction?.used).toEqual([
    "symmetry: a, b are interchangeable",
    "symmetry: c, d are interchangeable",
  ]);
  expect(outcome.stats["states"]).toBe(3 * 3);
});

test("what belongs together is found by the end of its name, a number or none", async () => {
  const machine = createMachine({
    types: {} as { context: Record<string, boolean>; events: { type: "LOOK"; at: string } },
    id: "plain",
    context: { y: false, y1: false, seen: false, seen1: false },
    on: {
      LOOK: {
        guard: ({ context, event }) => context[`y${event.at}`]!,
        actions: assign(({ event }) => ({ [`seen${event.at}`]: true })),
      },
    },
  });
  const model = withHub({
    machine,
    events: [{ type: "LOOK", at: ["", "1"] }],
    variables: { seen: "bool", seen1: "bool" },
    shares: { y: "a0", y1: "a1" },
  });
  const outcome = await outcomeOf(model, deadlockFree(), { reduce: "symmetry" });
  expect(outcome.reduction?.used).toEqual(["symmetry: m0, m1 are interchangeable"]);
});

test("two things that would turn into one are found out", async () => {
  const member = createMachine({
    types: {} as { context: { x: boolean; y: boolean } },
    id: "member",
    context: { x: false, y: false },
    on: { A: { actions: assign({ x: true }) } },
  });
  // p and q say that 0 and 1 change places, s and t that 1 and 2 do.
  const own = { seen0: false, seen1: false, seen2: false };
  const machine = createMachine({
    id: "hub",
    context: { p0: false, q1: false, s1: false, t2: false, ...own },
    on: { LOOK: { actions: assign({ seen1: true }) } },
  });
  const model: SystemModel = {
    shared: { a: "bool", b: "bool", c: "bool", d: "bool" },
    machines: {
      m0: { machine: member, events, shares: { x: "a", y: "c" } },
      m1: { machine: member, events, shares: { x: "b", y: "d" } },
      hub: {
        machine,
        events: [{ type: "LOOK" }],
        variables: { seen0: "bool", seen1: "bool", seen2: "bool" },
        shares: { p0: "a", q1: "b", s1: "c", t2: "d" },
      },
    },
  };
  const outcome = await outcomeOf(model, deadlockFree(), { reduce: "symmetry" });
  expect(outcome.reduction?.off[0]?.reason).toBe("two machines see them differently");
});

test("a machine that sets a timer for one of them only is found out", async () => {
  for (const late of [0, 1]) {
    const machine = createMachine({
      types: {} as {
        context: Record<string, boolean>;
        events: { type: "LOOK"; of: number } | { type: "LATE" };
      },
      id: "late",
      context: { y0: false, y1: false },
      on: {
        LOOK: [
          {
            guard: ({ context, event }) => event.of === late && context[`y${event.of}`]!,
            actions: raise({ type: "LATE" }, { delay: 10, id: "late" }),
          },
          { guard: ({ context, event }) => context[`y${event.of}`]!, actions: cancel("late") },
        ],
        LATE: {},
      },
    });
    const model = withHub({ machine, events: looks });
    const outcome = await outcomeOf(model, deadlockFree(), { reduce: "symmetry" });
    expect(outcome.reduction?.off[0]?.reason).toMatch(/^hub /);
  }
});

test("a fault that one of them leads to is met, whichever is left", async () => {
  for (const bad of [0, 1]) {
    const machine = createMachine({
      types: {} as { context: Record<string, unknown>; events: { type: "LOOK"; of: number } },
      id: "faulty",
      context: { y0: false, y1: false, seen: false },
      on: {
        LOOK: {
          guard: ({ context, event }) =>
            event.of === bad && context[`y${bad}`] === true && context[`y${1 - bad}`] === false,
          actions: assign({ seen: "neither true nor false" }),
        },
      },
    });
    const model = withHub({ machine, events: looks, variables: { seen: "bool" } });
    const outcome = await outcomeOf(model, deadlockFree(), { reduce: "symmetry" });
    expect(outcome.diagnostics[0]?.code).toBe("VRF103");
  }
});

test.for<[Property, SystemModel, string]>([
  [leadsTo("claim", "at(m0.s0)", "at(m0.s1)"), two, "claims about runs"],
  [never("claim", (state) => state.matches({ m0: "s1" })), two, "is a function"],
  [never("claim", "at(m0.s1)"), two, "the claim tells m0, m1 apart"],
  [deadlockFree(), philosophers(5, true), "stand differently"],
  [
    deadlockFree(),
    {
      machines: {
        m0: two.machines["m0"]!,
        m1: { machine: sayer, events, variables: { y: "bool" } },
      },
    },
    "no two machines",
  ],
])("it says why it is off: %#", async ([claim, model, why]) => {
  const outcome = await outcomeOf(model, claim, { reduce: "symmetry" });
  expect(outcome.reduction?.used).toEqual([]);
  expect(outcome.reduction?.off[0]?.reason).toContain(why);
  expect(outcome.verdict).toBe((await outcomeOf(model, claim, { reduce: "none" })).verdict);
});

const raiser = createMachine({
  types: {} as { context: { n: number } },
  id: "raiser",
  context: { n: 0 },
  on: {
    A: {
      guard: ({ context }) => context.n < 2,
      actions: assign({ n: ({ context }) => context.n + 1 }),
    },
  },
});
const raised = { machine: raiser, events, variables: { n: { int: [0, 2] } } } as const;

test.for<[string, boolean]>([
  ["min(m0_n, m1_n) <= 2", true],
  ["max(m1_n, m0_n) * 2 >= -m0_n - m1_n + m0_n - m0_n", false],
  ["not (m1_n + 1 + m0_n > 5)", true],
  ["iff(m0_n == 1, m1_n == 1) or true", true],
  ["m0_n <= m1_n + 2", false],
  ["implies(m0_n == m1_n, m1_n == m0_n)", true],
])("a claim is the same or not: %s", async ([text, same]) => {
  const model: SystemModel = { machines: { m0: raised, m1: raised } };
  const claim = always("claim", text);
  const outcome = await outcomeOf(model, claim, { reduce: "symmetry" });
  expect(outcome.reduction?.used.length).toBe(same ? 1 : 0);
  expect(outcome.stats["states"]).toBe(same ? 6 : 9);
  expect(outcome.verdict).toBe((await outcomeOf(model, claim, {})).verdict);
});

test("known numbers: clients in any order, 2PC, a ring", async () => {
  const states = async (
    model: SystemModel,
    claim: Property,
  ): Promise<readonly [number, number]> => {
    const plain = await outcomeOf(model, claim, { reduce: "none" });
    const less = await outcomeOf(model, claim, { reduce: "symmetry" });
    expect(less.verdict).toBe(plain.verdict);
    return [plain.stats["states"]!, less.stats["states"]!];
  };
  // Six clients in four places each: multisets, C(6 + 3, 3).
  expect(await states(clients(6), deadlockFree())).toEqual([4096, 84]);
  // So many that their orders cannot be tried one by one: C(7 + 3, 3).
  expect(await states(clients(7), deadlockFree())).toEqual([4 ** 7, 120]);
  // Two that the claim names, and four in any order: 16 times C(4 + 3, 3).
  const named = never("claim", "at(c0.known) and at(c1.offline)");
  expect(await states(clients(6), named)).toEqual([4096, 16 * 35]);
  const [all, orders] = await states(twoPhaseCommit(3), always("claim", consistent(3)));
  expect(all).toBe(288);
  expect(orders).toBeLessThan(all / 3); // nearly 3!
  const [ring, turned] = await states(philosophers(5, false), deadlockFree());
  expect(turned).toBeLessThan(ring / 4); // nearly 5
});

test("a broken protocol is refuted by a real run", async () => {
  const model = twoPhaseCommit(3, true);
  // The manager that does not wait for the first is not alike to all; the others remain.
  const outcome = await outcomeOf(model, always("claim", consistent(3)), { reduce: "symmetry" });
  expect(outcome.verdict).toBe("violated");
  const found = await outcomeOf(two, reachable("claim", "at(m0.s1) and at(m1.s1)"), {
    reduce: "all",
  });
  expect(found).toMatchObject({ verdict: "proved" });
  expect(found.witness?.states.length).toBe(3);
});
