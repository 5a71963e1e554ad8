/** The auditor's reading of predicates and formulas against the workbench's own, on random input. */

import * as fc from "fast-check";
import { createMachine } from "xstate";
import { expect, test } from "vitest";

import { read, truthAlong, valueIn } from "../../checkers/audit/language.ts";
import { evaluate } from "../../checkers/explore/temporal/word.ts";
import { formulaText, type Formula } from "../../core/temporal.ts";
import type { ModelState } from "../../core/property.ts";
import { compileState, parseLtl, scopeOfModel } from "../../expr/index.ts";
import { formulas, letters } from "../temporal/random.ts";

const model = {
  machine: createMachine({
    id: "m",
    initial: "a",
    context: { n: 0, m: 0, on: false, mode: "slow" },
    states: { a: { initial: "x", states: { x: {}, y: {} } }, b: {} },
  }),
  events: [],
  variables: {
    n: { int: [-5, 5] },
    m: { int: [-5, 5] },
    on: "bool",
    mode: { enum: ["slow", "fast"] },
  },
} as const;

const numbers = (depth: number): fc.Arbitrary<string> =>
  depth === 0
    ? fc.constantFrom("n", "m", "0", "2", "3")
    : fc.oneof(
        numbers(0),
        fc
          .tuple(numbers(depth - 1), fc.constantFrom("+", "-", "*"), numbers(depth - 1))
          .map(([a, op, b]) => `${a} ${op} ${b}`),
        fc.tuple(numbers(depth - 1), fc.constantFrom("3", "4")).map(([a, b]) => `(${a}) mod ${b}`),
        numbers(depth - 1).map((a) => `-(${a})`),
        fc
          .tuple(fc.constantFrom("min", "max"), numbers(depth - 1), numbers(depth - 1))
          .map(([f, a, b]) => `${f}(${a}, ${b})`),
      );

const predicates = (depth: number): fc.Arbitrary<string> => {
  const leaf = fc.oneof(
    fc.constantFrom("on", "at(a)", "at(a.x)", 'at("b")', "mode == fast", "true", "mode != slow"),
    fc
      .tuple(numbers(1), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), numbers(1))
      .map(([a, op, b]) => `${a} ${op} ${b}`),
  );
  if (depth === 0) return leaf;
  const part = predicates(depth - 1);
  return fc.oneof(
    leaf,
    fc.tuple(part, fc.constantFrom("and", "or"), part).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(fc.constantFrom("implies", "iff"), part, part).map(([f, a, b]) => `${f}(${a}, ${b})`),
    part.map((a) => `not (${a})`),
    fc.tuple(part, part, part).map(([a, b, c]) => `((${a}) ? (${b}) : (${c}))`),
  );
};

test("predicates", () => {
  const scope = scopeOfModel(model);
  fc.assert(
    fc.property(
      predicates(2),
      fc.record({
        n: fc.integer({ min: -5, max: 5 }),
        m: fc.integer({ min: -5, max: 5 }),
        on: fc.boolean(),
        mode: fc.constantFrom("slow", "fast"),
      }),
      fc.constantFrom({ a: "x" }, { a: "y" }, "b"),
      (text, context, value) => {
        const state = { context, value } as unknown as ModelState;
        expect(valueIn(read(text, false), { context, value }), text).toBe(
          compileState(text, scope)(state),
        );
      },
    ),
    { seed: 20261124, numRuns: 1500 },
  );
});

const letterScope = {
  variables: new Map(letters.map((letter) => [letter, { kind: "bool" } as const])),
};

test("formulas on random lassos, written as text", () => {
  fc.assert(
    fc.property(
      formulas(3),
      fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 6 }),
      fc.nat(5),
      (formula: Formula, word, place) => {
        const loop = place % word.length;
        const text = formulaText(formula);
        const moments = word.map(([p, q, r]) => ({ context: { p, q, r }, value: "s" }));
        const ours = evaluate(parseLtl(text), word.length, loop, (atom, position) => {
          const [p, q, r] = word[position]!;
          const state = { context: { p, q, r }, value: "s" } as unknown as ModelState;
          return compileState("state" in atom ? String(atom.state) : "", letterScope)(state);
        });
        expect(truthAlong(read(text, true), moments, loop), text).toEqual(ours);
      },
    ),
    { seed: 20261124, numRuns: 1500 },
  );
});
