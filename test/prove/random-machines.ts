/** Random small machines with one parameter, and random claims about them. */

import * as fc from "fast-check";
import { createMachine, type AnyStateMachine } from "xstate";

import { always, alwaysStep, type Property } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { guard, update } from "../../expr/index.ts";

const places = ["a", "b", "c"] as const;
export const parameterRange = [1, 3] as const;

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

export const machines = fc.tuple(node(0), node(1), node(2)).map(([a, b, c]): AnyStateMachine =>
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

export const claims: fc.Arbitrary<Property> = fc.oneof(
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
      "x < 2",
      "y < 2",
      "x == 0 or y > 0",
      "x + y < 3",
      "not f",
      "not (at(b) and y == 2)",
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

export const modelOf = (machine: AnyStateMachine): MachineModel => ({
  machine,
  events: [
    { type: "GO", size: [1, 2] },
    { type: "ADD", size: [1, 2] },
  ],
  variables: { x: { int: [0, null] }, y: { int: [0, null] }, f: "bool" },
  parameters: { p: { int: [...parameterRange], explore: 2 } },
});
