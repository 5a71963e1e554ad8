/** Hashes instead of states: the same findings, and never a proof. */

import { assign, createMachine } from "xstate";
import { expect, test } from "vitest";

import { conclude } from "../../core/verdict.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { checkByFingerprints } from "../../checkers/explore/fingerprints/check.ts";
import {
  always,
  deadlockFree,
  leadsTo,
  never,
  reachable,
  type Property,
  type SystemModel,
} from "../../index.ts";
import { alternatingBit } from "../fixtures/explore/alternating-bit.ts";
import { philosophers } from "../fixtures/explore/philosophers.ts";
import { consistent, twoPhaseCommit } from "../fixtures/explore/two-phase-commit.ts";
import { outcomeOf, subjectOf } from "./reduce/decide.ts";
import { contextWith, obligationOf, subjectOf as machineSubject } from "./support.ts";

async function both(model: SystemModel, claim: Property) {
  const subject = subjectOf(model, claim);
  const [obligation] = engine.plan(subject);
  const exact = await engine.check(obligation!, subject, contextWith());
  const context = { ...contextWith(), options: { fingerprints: true } };
  return { exact, hashed: await engine.check(obligation!, subject, context) };
}

test.for<[string, SystemModel, Property, string, string]>([
  ["2PC", twoPhaseCommit(4), always("claim", consistent(4)), "proved", "holds-bounded"],
  ["2PC, hasty", twoPhaseCommit(3, true), always("claim", consistent(3)), "violated", "violated"],
  ["philosophers", philosophers(5, true), deadlockFree(), "proved", "holds-bounded"],
  ["philosophers, alike", philosophers(5, false), deadlockFree(), "violated", "violated"],
  ["a witness", philosophers(3, true), reachable("claim", "at(p0.eating)"), "proved", "proved"],
  [
    "no witness",
    philosophers(3, true),
    reachable("claim", "at(p0.eating) and at(p1.eating)"),
    "violated",
    "inconclusive",
  ],
  [
    "an idle premise",
    philosophers(3, true),
    always("claim", "implies(at(p0.eating) and at(p1.eating), at(p2.eating))"),
    "vacuous",
    "vacuous",
  ],
])("%s: as many states and steps as with the states themselves", async (row) => {
  const [, model, claim, whole, printed] = row;
  const { exact, hashed } = await both(model, claim);
  expect([exact.verdict, hashed.verdict]).toEqual([whole, printed]);
  if (hashed.verdict !== "violated" && hashed.verdict !== "proved") {
    expect(hashed.stats).toMatchObject({
      states: exact.stats["states"],
      transitions: exact.stats["transitions"],
      depth: exact.stats["depth"],
    });
  }
  if (exact.counterexample !== null && hashed.counterexample !== null) {
    expect(hashed.counterexample.trace.states.length).toBe(
      exact.counterexample.trace.states.length,
    );
  }
  expect(hashed.method).toBe("fingerprints");
  expect(hashed.reduction?.used).toEqual(["fingerprints: 64-bit hashes instead of states"]);
  if (hashed.verdict === "holds-bounded") {
    expect(hashed.bound?.["omission probability"]).toMatch(/^at most \d\.\de-\d+$/u);
    expect(hashed.certificate).toBeUndefined();
    expect(hashed.audit).toMatchObject({ says: "not-audited" });
  }
});

test("short hashes overlook states: a violation is missed, and nothing is called proved", async () => {
  const model = philosophers(5, false);
  const claim = deadlockFree();
  const subject = subjectOf(model, claim);
  const context = contextWith();
  const kind = "deadlock-free";
  const verdicts = new Set<string>();
  for (const bits of [3, 5, 64]) {
    const outcome = await checkByFingerprints(subject, { ...claim, kind }, context, bits);
    verdicts.add(`${bits}: ${outcome!.verdict}`);
  }
  expect(verdicts).toContain("3: holds-bounded");
  expect(verdicts).toContain("64: violated");
});

test("the verdict constructor gives no proof for hashes", () => {
  const base = {
    method: "fingerprints",
    claim: "universal",
    observation: { kind: "holds" },
  } as const;
  expect(() => conclude(base)).toThrow("state its bound");
  expect(conclude({ ...base, bound: { states: 1 } }).verdict).toBe("holds-bounded");
  const absent = { ...base, claim: "existential", observation: { kind: "absent" } } as const;
  expect(conclude({ ...absent, bound: { states: 1 } }).verdict).toBe("inconclusive");
});

test("channels, faults and fields that grow", async () => {
  const { exact, hashed } = await both(alternatingBit(), deadlockFree());
  expect(hashed.stats["states"]).toBe(exact.stats["states"]);
});

const counter = createMachine({
  types: {} as { context: { n: number } },
  id: "counter",
  context: { n: 0 },
  on: { UP: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
});

test("what cannot be done with hashes is done with states, and said", async () => {
  const claim = leadsTo("claim", "at(p0.hungry)", "at(p0.eating)");
  const { exact, hashed } = await both(philosophers(3, true), claim);
  expect(hashed.verdict).toBe(exact.verdict);
  expect(hashed.reduction?.off[0]).toMatchObject({ reduction: "fingerprints" });
  expect(hashed.reduction?.off[0]?.reason).toContain("needs the steps");

  const subject = machineSubject(
    { machine: counter, events: [{ type: "UP" }], variables: { n: { int: [0, 3] } } },
    [never("claim", "n == 7")],
  );
  const outcome = await engine.check(obligationOf(subject, "claim"), subject, {
    ...contextWith(),
    options: { fingerprints: true },
  });
  expect(outcome.verdict).toBe("error");
  expect(outcome.diagnostics[0]?.code).toBe("VRF103");
  expect(outcome.reduction?.off[0]?.reason).toContain("the model fails");
});

test("a budget ends in inconclusive, with what was seen", async () => {
  const wide = machineSubject(
    { machine: counter, events: [{ type: "UP" }], variables: { n: { int: [0, 1_000_000] } } },
    [never("claim", "n == 999999")],
  );
  const obligation = obligationOf(wide, "claim");
  const options = { fingerprints: true };
  const few = await engine.check(obligation, wide, {
    ...contextWith({ maxStates: 5000 }),
    options,
  });
  expect(few).toMatchObject({ verdict: "inconclusive", stats: { states: 5000 } });
  expect(few.reason).toContain("limit of 5000 states");
  const late = await engine.check(obligation, wide, { ...contextWith({ timeMs: 0 }), options });
  expect(late.reason).toContain("limit of 0 ms");
  const stopped = await engine.check(obligation, wide, {
    ...contextWith({}, AbortSignal.abort()),
    options,
  });
  expect(stopped.reason).toContain("interrupted");
});

test("with reductions asked for as well, they stay off", async () => {
  const claim = always("claim", consistent(3));
  const subject = subjectOf(twoPhaseCommit(3), claim);
  const [obligation] = engine.plan(subject);
  const options = { fingerprints: true, reduce: "all" };
  const outcome = await engine.check(obligation!, subject, { ...contextWith(), options });
  expect(outcome.reduction?.off.map(({ reduction }) => reduction)).toEqual([
    "partial order",
    "symmetry",
  ]);
  expect((await outcomeOf(twoPhaseCommit(3), claim, {})).verdict).toBe("proved");
});
