/** Invariants and steps: what the evidence says of them, counted by a second method. */

import { assign, createMachine } from "xstate";
import { expect, test } from "vitest";

import { auditClosedSet } from "../../checkers/audit/index.ts";
import { always, alwaysStep, never } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { circuitBreaker } from "../../models/circuit-breaker.ts";
import { check } from "./support.ts";

test("the number of steps that a step property is true of is the auditor's", async () => {
  const outcome = await check(circuitBreaker, alwaysStep("p", "true"));
  const { certificate } = outcome;
  if (certificate?.kind !== "closed-set") throw new Error(outcome.verdict);
  const audited = auditClosedSet(circuitBreaker, certificate.states);
  if (!audited.accepted) throw new Error(audited.reason);
  expect(outcome.evidence).toBe(`true of all ${audited.steps} steps, ignored events included`);
});

const lights: MachineModel = {
  machine: createMachine({
    id: "lights",
    context: { red: true, green: false },
    initial: "on",
    states: {
      on: {
        on: {
          NEXT: {
            actions: assign({
              red: ({ context }) => context.green,
              green: ({ context }) => context.red,
            }),
          },
          SHRUG: { actions: assign(() => undefined as never) },
        },
      },
    },
  }),
  events: [{ type: "NEXT" }, { type: "SHRUG" }],
  variables: { red: "bool", green: "bool" },
};

test("parts of a conjunction that hold in turns: never both, but not always each", async () => {
  const outcome = await check(lights, never("both", "red and green"));
  expect(outcome.verdict).toBe("proved");
  expect(outcome.assumptions).toEqual([]); // nothing about time where no timer runs
  const both = await check(lights, always("both", "red and green"));
  expect(both.verdict).toBe("violated");
  expect(both.counterexample?.trace.states).toHaveLength(1); // it is false at once: not only where red is
  expect(both.evidence).toContain("2 states against it");
  expect((await check(lights, always("one", "red or green"))).verdict).toBe("proved");
});

test("an assignment of nothing changes nothing", async () => {
  const same = "implies(event(SHRUG), next(red) == red and next(green) == green)";
  expect((await check(lights, alwaysStep("same", same))).verdict).toBe("proved");
});
