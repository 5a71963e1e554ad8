/** The auditor accepts runs that the engine found, and refuses them with any one field corrupted. */

import { createMachine } from "xstate";
import { describe, expect, test } from "vitest";

import { audit, auditRun } from "../../checkers/audit/index.ts";
import type { Certificate, EvidenceStep } from "../../core/certificate.ts";
import {
  always,
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  ltl,
  reachable,
  type Property,
} from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { checkSafely, makeContext } from "../../runner/check.ts";
import type { Engine } from "../../core/engine.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { contextWith, obligationOf, subjectOf } from "../explore/support.ts";

const model: MachineModel = {
  machine: createMachine({
    id: "m",
    initial: "idle",
    states: {
      idle: { on: { ASK: "one", QUIT: "stuck" } },
      one: { on: { PING: "two", ANSWER: "idle" }, after: { 100: "idle" } },
      two: { on: { PING: "one" }, after: { 100: "idle" } },
      stuck: {},
    },
  }),
  events: [{ type: "ASK" }, { type: "PING" }, { type: "ANSWER" }, { type: "QUIT" }],
  variables: {},
};

async function certificateOf(property: Property): Promise<Certificate> {
  const subject = subjectOf(model, [property]);
  const outcome = await engine.check(obligationOf(subject, property.id), subject, contextWith());
  if (outcome.certificate === undefined) throw new Error(`no certificate: ${outcome.verdict}`);
  return outcome.certificate;
}

const says = (property: Property, certificate: Certificate) =>
  audit(subjectOf(model, [property]), property.id, certificate).says;

const answered = leadsTo("answered", "at(one)", "at(idle)", { fair: ["timers", "event ANSWER"] });
const written = ltl("written", "G (at(one) -> F at(idle))", { fair: ["timers", "event ANSWER"] });
const refuted: readonly Property[] = [
  always("never two", "not at(two)"),
  alwaysStep("ping stays", "implies(event(PING), next(at(one)))"),
  deadlockFree(),
  alwaysReachable("back", "at(idle)"),
  answered,
  written,
  ltl("rests", "G F at(idle)", { fair: ["timers"] }),
];

describe.each(refuted.map((property) => [property.title, property] as const))(
  "%s",
  (_, property) => {
    test("the run is accepted, and refused without its steps or for the opposite claim", async () => {
      const certificate = await certificateOf(property);
      expect(says(property, certificate)).toBe("accepted");
      if (certificate.kind !== "run") throw new Error("no run");
      const { steps, loop } = certificate;
      const variants: Certificate[] = [
        { ...certificate, steps: [] },
        ...steps.map((_step, index) => ({ ...certificate, steps: steps.toSpliced(index, 1) })),
        ...steps.map((_step, index) => ({
          ...certificate,
          steps: steps.with(index, { event: { type: "NOPE" } }),
        })),
        ...steps.map((_step, index) => ({
          ...certificate,
          steps: steps.with(index, { timer: "after 100", state: "stuck" }),
        })),
        ...steps.map((_step, index) => ({
          ...certificate,
          steps: steps.with(index, { event: { type: "ANSWER", extra: 1 } }),
        })),
      ];
      if (loop === null) variants.push({ ...certificate, loop: 0 });
      else {
        variants.push({ ...certificate, loop: null }, { ...certificate, loop: steps.length + 1 });
        variants.push(
          { ...certificate, loop: loop === 0 ? 1 : loop - 1 },
          { ...certificate, loop: -1 },
        );
      }
      for (const variant of variants) {
        if (variant.kind === "run" && stillShows(property, variant)) continue;
        expect(says(property, variant), JSON.stringify(variant)).toBe("refused");
      }
    });
  },
);

/** A shorter run may still be a counterexample: then it is one for the engine's own judge as well. */
function stillShows(
  property: Property,
  { steps, loop }: { steps: readonly EvidenceStep[]; loop: number | null },
): boolean {
  // leaving out the stem's last step of a lasso can leave another true lasso: only walkable ones count
  return (
    loop !== null && loop < steps.length && auditRun(model, property, { steps, loop }).accepted
  );
}

test("a lasso is refused for stronger fairness, and with a timer that never fires", async () => {
  const certificate = await certificateOf(answered);
  const asked = (fair: Parameters<typeof leadsTo>[3]) =>
    says(leadsTo("answered", "at(one)", "at(idle)", fair), certificate);
  expect(asked({ fair: ["timers"] })).toBe("accepted");
  expect(asked({ fair: ["strong event ANSWER"] })).toBe("refused");
  expect(asked({ fair: ["strong timers"] })).toBe("refused");
  const quiet: Certificate = { kind: "run", steps: [{ event: { type: "ASK" } }], loop: 1 };
  expect(says(answered, quiet)).toBe("refused");
});

test("a lasso of a timer that runs on unnoticed is refused", () => {
  const ticking: MachineModel = {
    machine: createMachine({
      id: "t",
      initial: "a",
      after: { 50: ".b" },
      states: { a: { on: { GO: "a" } }, b: {} },
    }),
    events: [{ type: "GO" }],
    variables: {},
  };
  const property = ltl("b", "F at(b)");
  const run = { steps: [{ event: { type: "GO" } }], loop: 0 };
  expect(auditRun(ticking, property, run)).toMatchObject({ accepted: false });
});

test("a witness is walked again", async () => {
  const property = reachable("two", "at(two)");
  const certificate = await certificateOf(property);
  expect(says(property, certificate)).toBe("accepted");
  expect(says(reachable("two", "at(stuck)"), certificate)).toBe("refused");
});

test("a closed set is refused for a claim that is false in it", async () => {
  const certificate = await certificateOf(
    always("ok", "at(idle) or at(one) or at(two) or at(stuck)"),
  );
  expect(says(always("ok", "at(idle) or at(one) or at(two)"), certificate)).toBe("refused");
  expect(says(reachable("none", "at(one)"), certificate)).toBe("refused");
  expect(says(deadlockFree(), certificate)).toBe("refused");
  expect(says(alwaysReachable("back", "at(idle)"), certificate)).toBe("refused");
  expect(says(alwaysStep("s", "implies(event(ASK), next(at(one)))"), certificate)).toBe("refused");
  expect(says(answered, certificate)).toBe("refused");
});

test("a run into a trap must end where the claim begins, and out of reach of the goal", async () => {
  const certificate = await certificateOf(alwaysReachable("back", "at(idle)"));
  const objection = (property: Property) =>
    audit(subjectOf(model, [property]), property.id, certificate).message;
  expect(says(alwaysReachable("b", "at(idle)", { from: "at(stuck)" }), certificate)).toBe(
    "accepted",
  );
  expect(objection(alwaysReachable("b", "at(idle)", { from: "at(one)" }))).toContain(
    "does not end where the claim begins",
  );
  expect(objection(alwaysReachable("b", "at(stuck)"))).toContain("can be reached");
});

test("in a run, a verdict whose evidence is refused becomes an error", async () => {
  const property = always("never two", "not at(two)");
  const subject = subjectOf(model, [property]);
  const obligation = obligationOf(subject, property.id);
  const task = { obligation, seed: 1, budget: { timeMs: 5000, maxStates: 1000 }, options: {} };
  const context = makeContext(task, new AbortController().signal, () => {});
  const honest = await checkSafely(engine, subject, task, context);
  expect(honest.verdict).toBe("violated");
  expect(honest.audit?.says).toBe("accepted");
  expect(honest.certificate).toBeUndefined();
  const lying: Engine = {
    ...engine,
    check: async (...args) => ({
      ...(await engine.check(...args)),
      certificate: { kind: "run", steps: [{ event: { type: "QUIT" } }], loop: null },
    }),
  };
  const refused = await checkSafely(lying, subject, task, context);
  expect(refused.verdict).toBe("error");
  expect(refused.reason).toContain("did not pass the audit");
});
