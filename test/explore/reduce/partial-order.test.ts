/**
 * Partial order reduction changes no verdict: random systems, each claim decided with and without it.
 * And it would, if any of its conditions were dropped: small systems show that.
 *
 * VERIFY_REDUCE_RUNS=5000 asks for more systems; VERIFY_SEED for others.
 */

import * as fc from "fast-check";
import { assign, createMachine, emit } from "xstate";
import { expect, test } from "vitest";

import { conclude } from "../../../core/verdict.ts";
import { engine } from "../../../checkers/explore/engine.ts";
import { soundConditions, type Conditions } from "../../../checkers/explore/reduce/ample.ts";
import {
  always,
  alwaysReachable,
  alwaysStep,
  ctl,
  deadlockFree,
  f,
  ltl,
  never,
  type ChannelDeclaration,
  type Property,
  type SystemModel,
} from "../../../index.ts";
import { clients } from "../../fixtures/explore/clients.ts";
import { philosophers } from "../../fixtures/explore/philosophers.ts";
import { contextWith, obligationOf, subjectOf as machineSubject } from "../support.ts";
import { decide, outcomeOf, subjectOf } from "./decide.ts";
import { claimsOn, systemOf, systems } from "./systems.ts";

const runs = Number(process.env["VERIFY_REDUCE_RUNS"] ?? 1_000);
const seed = Number(process.env["VERIFY_SEED"] ?? 20_261_124);

const samples = fc.sample(
  systems.chain((sketch) =>
    fc.record({
      sketch: fc.constant(sketch),
      claims: fc.array(claimsOn(sketch), { minLength: 3, maxLength: 3 }),
    }),
  ),
  { numRuns: runs, seed },
);

interface Comparison {
  readonly different: readonly string[];
  readonly compared: number;
  /** Claims for which something was left out. */
  readonly reduced: number;
  readonly verdicts: Readonly<Record<string, number>>;
}

async function compare(): Promise<Comparison> {
  const different: string[] = [];
  const verdicts: Record<string, number> = {};
  let compared = 0;
  let reduced = 0;
  for (const { sketch, claims } of samples) {
    const model = systemOf(sketch);
    for (const claim of claims) {
      const plain = await decide(model, claim, "none");
      const less = await decide(model, claim, "por");
      compared += 1;
      verdicts[plain.kind] = (verdicts[plain.kind] ?? 0) + 1;
      if (less.states < plain.states || less.transitions < plain.transitions) reduced += 1;
      if (less.kind !== plain.kind) different.push(JSON.stringify({ sketch, claim, plain, less }));
    }
  }
  return { different, compared, reduced, verdicts };
}

test("verdicts are the same with partial order reduction and without", async () => {
  const { different, compared, reduced, verdicts } = await compare();
  expect(different).toEqual([]);
  expect(compared).toBe(3 * runs);
  expect(reduced).toBeGreaterThan(runs / 4);
  expect(Object.values(verdicts).filter((count) => count > runs / 50).length).toBeGreaterThan(2);
  if (process.env["VERIFY_REDUCE_RUNS"] === undefined) return;
  process.stdout.write(`${JSON.stringify({ compared, reduced, verdicts })}\n`);
});

// --- each condition is needed ------------------------------------------------------------------

const arrow = (from: string, to: string, event: object): object => ({
  initial: from,
  states: { [from]: { on: { A: { target: to, ...event } } }, [to]: {} },
});

const take = {
  guard: ({ context }: { context: { x: number } }) => context.x === 0,
  actions: assign({ x: 1 }),
};
const taker = createMachine({
  id: "taker",
  context: { x: 0 },
  ...arrow("s0", "s1", take),
} as never);
const late = createMachine({
  id: "late",
  context: { x: 0 },
  initial: "s0",
  states: { s0: { after: { 10: { target: "s1", ...take } } }, s1: {} },
} as never);
const told = createMachine({
  id: "told",
  context: { x: 0 },
  initial: "s0",
  states: { s0: { on: { M: { target: "s1", ...take } } }, s1: {} },
} as never);
const toggle = createMachine({
  id: "toggle",
  initial: "s0",
  states: { s0: { on: { A: "s1" } }, s1: { on: { A: "s0" } } },
});
const mover = createMachine({ id: "mover", ...arrow("s0", "s1", {}) } as never);

const sender = createMachine({
  id: "sender",
  ...arrow("s0", "s1", { actions: emit({ type: "M" }) }),
} as never);
const either = createMachine({
  id: "either",
  initial: "s0",
  states: { s0: { on: { A: "s1", B: "s1" } }, s1: {} },
});
const hearer = createMachine({ id: "hearer", on: { M: {} } });

const events = [{ type: "A" }];
const bit = { int: [0, 1] } as const;
const rivals: SystemModel = {
  shared: { x: bit },
  machines: {
    m0: { machine: taker, events, shares: { x: "x" } },
    m1: { machine: taker, events, shares: { x: "x" } },
  },
};
const together: Conditions["together"] = (_access, alone) =>
  Uint8Array.from([0, 1, 2], (index) => Number(index === alone));
const wrong: readonly {
  readonly without: string;
  readonly model: SystemModel;
  readonly never: string;
  readonly change: (sound: Conditions) => Conditions;
}[] = [
  {
    without: "the others wait for ever while one goes round in circles",
    model: { machines: { m0: { machine: toggle, events }, m1: { machine: mover, events } } },
    never: "at(m1.s1)",
    change: (sound) => ({ ...sound, proceeds: () => true }),
  },
  {
    without: "a step that the claim sees comes first, and what was before it is not seen",
    model: { machines: { m0: { machine: mover, events }, m1: { machine: mover, events } } },
    never: "at(m0.s0) and at(m1.s1)",
    change: (sound) => ({ ...sound, hidesVisible: true }),
  },
  {
    without: "a variable that the claim reads has changed before anybody looks",
    model: {
      machines: {
        m0: { machine: taker, events, variables: { x: bit } },
        m1: { machine: mover, events },
      },
    },
    never: "m0_x == 0 and at(m1.s1)",
    change: (sound) => ({ ...sound, hidesVisible: true }),
  },
  {
    without: "a message has come and gone before anybody looks",
    model: {
      machines: {
        m0: { machine: sender, events },
        m1: { machine: hearer, events: [] },
        m2: { machine: either, events: [...events, { type: "B" }] },
      },
      channels: { wire: { from: "m0", to: "m1", carries: ["M"], capacity: 1 } },
    },
    never: "wire_length == 1 and at(m2.s1)",
    change: (sound) => ({ ...sound, hidesVisible: true }),
  },
  {
    without: "one machine takes what another could have taken",
    model: rivals,
    never: "at(m1.s1)",
    change: (sound) => ({ ...sound, together }),
  },
  {
    without: "a timer takes what another could have taken",
    model: {
      ...rivals,
      machines: { ...rivals.machines, m0: { machine: late, events: [], shares: { x: "x" } } },
    },
    never: "at(m1.s1)",
    change: (sound) => ({ ...sound, together }),
  },
  {
    without: "a message makes its receiver take what another could have taken",
    model: {
      ...rivals,
      machines: {
        m0: { machine: sender, events },
        m1: { machine: taker, events, shares: { x: "x" } },
        m2: { machine: told, events: [], shares: { x: "x" } },
      },
      channels: { wire: { from: "m0", to: "m2", carries: ["M"], capacity: 1 } },
    },
    never: "at(m1.s1)",
    change: (sound) => ({ ...sound, together }),
  },
];

test.for(wrong)("without its conditions: $without", async ({ model, never: bad, change }) => {
  const claim = never("claim", bad);
  expect((await decide(model, claim, "none")).kind).toBe("fails");
  expect((await decide(model, claim, "por")).kind).toBe("fails");
  expect((await decide(model, claim, "por", { ample: change(soundConditions(false)) })).kind).toBe(
    "holds",
  );
});

test("infinite runs need the stronger condition against waiting", async () => {
  // m0 can go round or on; the loop in which m1 never moves is not fair, but it is a run.
  const model: SystemModel = {
    machines: { m0: { machine: toggle, events }, m1: { machine: mover, events } },
  };
  const claim = ltl("claim", f.F("at(m1.s1)"));
  expect((await decide(model, claim, "none")).kind).toBe("fails");
  expect((await decide(model, claim, "por")).kind).toBe("fails");
});

// --- what is switched off, and why --------------------------------------------------------------

const pair = (time?: "discrete"): SystemModel => ({
  machines: { m0: { machine: mover, events }, m1: { machine: mover, events } },
  ...(time === undefined ? {} : { time }),
});

test.for<[Property, SystemModel, string]>([
  [never("claim", "at(m0.s1)"), pair("discrete"), "competes with the clock"],
  [ctl("claim", "EF at(m0.s1)"), pair(), "branch off"],
  [alwaysReachable("claim", "at(m0.s1)"), pair(), "branch off"],
  [ltl("claim", "X at(m0.s0)"), pair(), "X counts steps"],
  [ltl("claim", "F at(m0.s1)", { fair: ["events"] }), pair(), "fairness"],
  [alwaysStep("claim", "implies(event(A), next(at(m0.s1)))"), pair(), "single steps"],
  [never("claim", (state) => state.matches({ m0: "s1" })), pair(), "is a function"],
])("it says why it is off: %#", async ([claim, model, why]) => {
  const outcome = await outcomeOf(model, claim, { reduce: "por" });
  expect(outcome.reduction?.used).toEqual([]);
  expect(outcome.reduction?.off[0]?.reason).toContain(why);
  expect(outcome.verdict).toBe((await outcomeOf(model, claim, { reduce: "none" })).verdict);
});

test("claims about infinite runs are decided with less as well", async () => {
  const steady = ltl("claim", "F at(c0.known)");
  const plain = await outcomeOf(clients(4), steady, { reduce: "none" });
  const less = await outcomeOf(clients(4), steady, { reduce: "por" });
  expect(less.verdict).toBe(plain.verdict);
  expect(less.reduction?.used[0]).toMatch(/^partial order/);
  expect(less.stats["states"]).toBeLessThan(plain.stats["states"]!);
});

test("timers make a temporal claim one with fairness", async () => {
  const waits = createMachine({
    id: "waits",
    initial: "s0",
    states: { s0: { after: { 10: "s1" } }, s1: {} },
  });
  const model: SystemModel = {
    machines: { m0: { machine: waits, events: [] }, m1: { machine: mover, events } },
  };
  const outcome = await outcomeOf(model, ltl("claim", "G at(m1.s0)"), { reduce: "por" });
  expect(outcome.reduction?.off[0]?.reason).toContain("timers");
  expect(outcome.verdict).toBe("violated");
});

test("one machine has nobody to wait for", async () => {
  const claim = never("claim", "at(s1)");
  const subject = machineSubject({ machine: mover, events }, [claim]);
  const outcome = await engine.check(obligationOf(subject, "claim"), subject, {
    ...contextWith(),
    options: { reduce: "por" },
  });
  expect(outcome.reduction?.off[0]?.reason).toContain("single machine");
});

test("the verdict constructor refuses a reduction that the claim cannot stand", () => {
  const base = {
    claim: "universal",
    method: "exhaustive",
    observation: { kind: "holds" },
  } as const;
  const por = { ...base, reductions: ["partial order"] } as const;
  const symmetry = { ...base, reductions: ["symmetry"] } as const;
  expect(conclude({ ...por, logic: "states" }).verdict).toBe("proved");
  expect(conclude({ ...por, logic: "linear", time: "untimed" }).verdict).toBe("proved");
  expect(() => conclude({ ...por, logic: "branching" })).toThrow("branching");
  expect(() => conclude({ ...por, logic: "states", time: "discrete" })).toThrow("discrete");
  expect(() => conclude(por)).toThrow("unknown claims");
  expect(conclude({ ...symmetry, logic: "states", time: "discrete" }).verdict).toBe("proved");
  expect(() => conclude({ ...symmetry, logic: "linear" })).toThrow("linear");
});

test("a subject asks for reductions, and the command line has the last word", async () => {
  const claim = never("claim", "at(m0.s1) and at(m1.s1)");
  const subject = { ...subjectOf(pair(), claim), reduce: ["partial order"] as const };
  const [obligation] = engine.plan(subject);
  const used = async (options: Readonly<Record<string, string>>): Promise<unknown> =>
    (await engine.check(obligation!, subject, { ...contextWith(), options })).reduction?.used
      .length;
  expect(await used({})).toBe(1);
  expect(await used({ reduce: "none" })).toBeUndefined();
});

test("a reduction that does not exist is refused", async () => {
  const claim = never("claim", "at(m0.s1)");
  await expect(outcomeOf(pair(), claim, { reduce: "magic" })).rejects.toMatchObject({
    code: "VRF006",
  });
});

// --- what it saves ------------------------------------------------------------------------------

test("independent clients: one after the other instead of all at once", async () => {
  const claim = never("claim", "at(c0.subscribed) and at(c1.subscribed)");
  const plain = await outcomeOf(clients(6), claim, { reduce: "none" });
  const less = await outcomeOf(clients(6), claim, { reduce: "por" });
  expect(plain.stats["states"]).toBe(4 ** 6);
  // Four clients nobody asks about, 3 steps each; then the two of the claim, side by side.
  expect(less.stats["states"]).toBe(4 * 3 + 4 * 4);
  expect([plain.verdict, less.verdict]).toEqual(["violated", "violated"]);
  expect(less.reduction?.used[0]).toContain("in 12 of 28 states");
  expect(plain.reduction).toBeUndefined();
  const stays = always("claim", "not at(c0.offline) or not at(c0.known)");
  const proved = await outcomeOf(clients(6), stays, { reduce: "por" });
  expect(proved).toMatchObject({ verdict: "proved", method: "exhaustive" });
  expect(proved.evidence).toContain("states of the reduced search");
  expect(proved.certificate).toBeUndefined();
  expect(proved.audit).toMatchObject({ says: "not-audited" });
  expect(less.certificate).toBeDefined(); // runs are audited as ever
});

test.for<[string, Partial<ChannelDeclaration>, Partial<ChannelDeclaration>, boolean]>([
  ["none fails", {}, {}, true],
  ["one loses", {}, { loses: true }, true],
  ["one duplicates", { duplicates: true }, {}, true],
  ["both lose", { loses: true }, { loses: true }, false],
  ["both duplicate", { duplicates: true }, { duplicates: true }, false],
  ["one loses, one duplicates", { loses: true }, { duplicates: true }, false],
])("channels that share the faults left are no strangers: %s", async ([, one, other, apart]) => {
  const wire = { carries: ["M"], capacity: 2 };
  const model: SystemModel = {
    machines: {
      m0: { machine: sender, events },
      m1: { machine: hearer, events: [] },
      m2: { machine: sender, events },
      m3: { machine: hearer, events: [] },
    },
    channels: {
      wire0: { ...wire, from: "m0", to: "m1", ...one },
      wire1: { ...wire, from: "m2", to: "m3", ...other },
    },
    faults: 1,
  };
  const plain = await decide(model, deadlockFree(), "none");
  const less = await decide(model, deadlockFree(), "por");
  expect(less.kind).toBe(plain.kind);
  expect(less.transitions < plain.transitions).toBe(apart);
});

test("a step that cannot be taken ends the search where it would end without a reduction", async () => {
  const counter = createMachine({
    types: {} as { context: { x: number } },
    id: "counter",
    context: { x: 0 },
    on: { A: { actions: assign({ x: ({ context }) => context.x + 1 }) } },
  });
  const one = { machine: counter, events, shares: { x: "x" } };
  const model: SystemModel = {
    shared: { x: { int: [0, 3] } },
    machines: { m0: one, m1: one, m2: { machine: mover, events, shares: {} } },
  };
  for (const claim of [never("claim", "at(m2.s1) and x == 5"), never("claim", "at(m2.s1)")]) {
    const plain = await decide(model, claim, "none");
    expect(plain.kind).toBe("fault");
    expect(await decide(model, claim, "symmetry")).toMatchObject({ kind: "fault" });
    expect((await decide(model, claim, "por")).kind).toBe("fault");
    const outcome = await outcomeOf(model, claim, { reduce: "por" });
    expect(outcome.diagnostics[0]?.code).toBe("VRF103");
  }
  const rivalsOnly: SystemModel = { ...model, machines: { m0: one, m1: one } };
  const claim = never("claim", "x == 5");
  expect(await decide(rivalsOnly, claim, "por")).toEqual(await decide(rivalsOnly, claim, "none"));
});

test("where all go together, nothing was left out", async () => {
  const outcome = await outcomeOf(rivals, deadlockFree(), { reduce: "por" });
  expect(outcome.reduction?.used[0]).toContain("in 0 of 3 states");
});

test("philosophers: deadlocks are found, and fewer states do", async () => {
  for (const lefty of [true, false]) {
    const model = philosophers(6, lefty);
    const plain = await outcomeOf(model, deadlockFree(), { reduce: "none" });
    const less = await outcomeOf(model, deadlockFree(), { reduce: "por" });
    expect(less.verdict).toBe(plain.verdict);
    expect(less.verdict).toBe(lefty ? "proved" : "violated");
    expect(less.stats["states"]).toBeLessThan(plain.stats["states"]!);
  }
});
