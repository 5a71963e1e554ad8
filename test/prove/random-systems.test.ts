/**
 * Random small machines: what is proved for all parameter values is never refuted by brute force
 * over some of them, and what is called violated is violated. The brute force uses nothing of the
 * workbench but the machine: XState's own transition function.
 */

import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  createMachine,
  initialTransition,
  transition,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from "xstate";

import type { CheckContext } from "../../core/engine.ts";
import { always, alwaysStep, type Property } from "../../core/property.ts";
import { defineSubject, type MachineModel } from "../../core/subject.ts";
import { engine } from "../../checkers/prove/engine.ts";
import { closeSolver } from "../../solver/solver.ts";
import { compileState, compileStep, guard, scopeOfModel, update } from "../../expr/index.ts";

afterAll(closeSolver);

const places = ["a", "b", "c"] as const;
const parameterRange = [1, 3] as const;

const atom = fc.constantFrom("x", "y", "p", "0", "1", "2");
const condition = fc.oneof(
  fc
    .tuple(atom, fc.constantFrom("<", "<=", "==", "!=", ">="), atom)
    .map(([left, relation, right]) => `${left} ${relation} ${right}`),
  fc.constantFrom(
    "f",
    "not f",
    "x < p and f",
    "x + y < p",
    "event.size == 2",
    "x + event.size <= p",
  ),
);
/** Every update keeps the values small, so that brute force ends. */
const value = fc.oneof(
  fc.constantFrom("0", "1", "p", "x", "y", "min(x + 1, p)", "max(y - 1, 0)", "(x + y) mod 4"),
  fc.constantFrom("x < p ? x + 1 : 0", "(y + event.size) mod 3", "min(x + event.size, p)"),
);
const flag = fc.constantFrom("f", "not f", "true", "x > y");
const assignment = fc
  .record({ x: value, y: value, f: flag }, { requiredKeys: [] })
  .map((fields) => update(fields));

interface Parts {
  target?: string;
  guard?: ReturnType<typeof guard>;
  actions?: ReturnType<typeof update>[];
}
const reaction = (target: fc.Arbitrary<string | undefined>): fc.Arbitrary<Parts> =>
  fc
    .tuple(target, fc.option(condition, { nil: undefined }), fc.array(assignment, { maxLength: 2 }))
    .map(([to, text, actions]) => ({
      ...(to === undefined ? {} : { target: `#m.${to}` }),
      ...(text === undefined ? {} : { guard: guard(text) }),
      actions,
    }));
const somewhere = fc.option(fc.constantFrom(...places), { nil: undefined });

/** The payload is only there in events from outside, so elsewhere it may not be read. */
const readsEvent = (part: Parts): boolean =>
  [
    part.guard,
    ...(part.actions ?? []).flatMap((action) => Object.values(Reflect.get(action, "assignment"))),
  ].some(
    (fn) =>
      fn !== undefined &&
      String(Reflect.get(fn as object, Symbol.for("verify-workbench.expression"))).includes(
        "event.",
      ),
  );
const silent = (target: fc.Arbitrary<string | undefined>): fc.Arbitrary<Parts> =>
  reaction(target).filter((part) => !readsEvent(part));

const node = (index: number) =>
  fc.record(
    {
      on: fc.record(
        {
          GO: fc.array(reaction(somewhere), { minLength: 1, maxLength: 2 }),
          ADD: fc.array(reaction(somewhere), { minLength: 1, maxLength: 2 }),
        },
        { requiredKeys: ["GO"] },
      ),
      after: silent(fc.constantFrom(...places)).map((part) => ({ 10: part })),
      entry: assignment.filter((action) => !readsEvent({ actions: [action] })),
      // Eventless transitions only lead forward, so that every macrostep ends.
      ...(index < 2 ? { always: silent(fc.constant(places[index + 1])) } : {}),
    },
    { requiredKeys: ["on"] },
  );

const machines = fc.tuple(node(0), node(1), node(2)).map(([a, b, c]): AnyStateMachine =>
  createMachine({
    id: "m",
    context: ({ input }: { input: unknown }) => ({
      x: 0,
      y: 1,
      f: false,
      p: (input as { p: number }).p,
    }),
    initial: "a",
    states: { a, b, c },
  } as never),
);

const claims: fc.Arbitrary<Property> = fc.oneof(
  fc
    .constantFrom(
      "x <= p",
      "x <= 3",
      "y <= 3",
      "x >= 0 and y >= 0",
      "implies(at(b), x <= p)",
      "implies(at(c), f)",
      "x + y <= p + 3",
      "not at(c)",
      "implies(f, x > 0)",
      "x != 2",
    )
    .map((text) => always("claim", text)),
  fc
    .constantFrom(
      "next(x) <= x + 2 or next(x) <= p",
      "implies(event(GO), next(y) <= 3)",
      "implies(at(a) and next(at(c)), event(ADD))",
      "implies(at(c), next(at(c)) or next(f))",
      "implies(event(ADD) and event.size == 1, next(x) <= x + 1)",
    )
    .map((text) => alwaysStep("claim", text)),
);

const modelOf = (machine: AnyStateMachine): MachineModel => ({
  machine,
  events: [
    { type: "GO", size: [1, 2] },
    { type: "ADD", size: [1, 2] },
  ],
  variables: { x: { int: [0, null] }, y: { int: [0, null] }, f: "bool" },
  parameters: { p: { int: [...parameterRange], explore: 2 } },
});

const sent = ["GO", "ADD"].flatMap((type) => [1, 2].map((size) => ({ type, size })));

/** The first violation by breadth-first search, as text; null when there is none. */
function bruteForce(model: MachineModel, property: Property, p: number): string | null {
  const { machine } = model;
  const text = String(Reflect.get(property, "predicate"));
  const step = property.kind === "step";
  const scope = scopeOfModel(model, { step });
  const stateHolds = step ? () => true : compileState(text, scope);
  const stepHolds = step ? compileStep(text, scope) : () => true;
  const [first] = initialTransition(machine, { p });
  const key = (snapshot: AnyMachineSnapshot) => JSON.stringify([snapshot.value, snapshot.context]);
  const queue: AnyMachineSnapshot[] = [first as AnyMachineSnapshot];
  const seen = new Set(queue.map(key));
  for (const before of queue) {
    if (!stateHolds(before)) return key(before);
    const timers = Object.values(machine.root.states)
      .filter((state) => before.matches(state.key))
      .flatMap((state) => state.after.map(({ eventType }) => ({ type: eventType })));
    for (const event of [...sent, ...timers]) {
      const [next] = transition(machine, before, event);
      const after = next as AnyMachineSnapshot;
      if (!stepHolds({ before, event, after })) return `${key(before)} ${event.type}`;
      if (seen.has(key(after))) continue;
      seen.add(key(after));
      queue.push(after);
    }
    if (queue.length > 3000) throw new Error("a random machine is larger than it should be");
  }
  return null;
}

const context: CheckContext = {
  seed: 1,
  budget: { timeMs: 3000, maxStates: 1 },
  signal: new AbortController().signal,
  progress: () => undefined,
  options: {},
};

describe("random machines", () => {
  test("the solver and brute force never contradict each other", { timeout: 600_000 }, async () => {
    const verdicts: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(machines, claims, async (machine, property) => {
        const model = modelOf(machine);
        const subject = defineSubject({ id: "m", model, properties: [property] });
        const outcome = await engine.check(engine.plan(subject)[0]!, subject, context);
        const label =
          outcome.verdict === "proved" ? `proved by ${outcome.method}` : outcome.verdict;
        verdicts[label] = (verdicts[label] ?? 0) + 1;
        const refuted = [1, 2, 3].map((p) => bruteForce(model, property, p));
        if (outcome.verdict === "violated") {
          expect(refuted[Number(outcome.counterexample?.at["p"]) - 1]).not.toBeNull();
        } else if (outcome.verdict === "proved" || outcome.verdict === "vacuous") {
          expect(refuted).toEqual([null, null, null]);
        } else if (outcome.verdict === "holds-bounded") {
          // No violation within the depth; a longer one may exist.
          expect(outcome.bound).not.toBeNull();
        } else if (!outcome.reason.includes("timeout")) {
          throw new Error(`${outcome.verdict}: ${outcome.reason} ${outcome.evidence}`);
        }
      }),
      {
        seed: 20_261_123,
        numRuns: Number(process.env["RANDOM_SYSTEMS"] ?? 60),
        endOnFailure: true,
      },
    );
    expect(verdicts["violated"]).toBeGreaterThan(5);
    expect(verdicts["proved by k-induction"]).toBeGreaterThan(5);
  });
});
