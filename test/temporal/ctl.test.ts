/**
 * Labelling against the meaning of the quantifiers: "some fair run" is a look at every lasso from a
 * state, so nothing is shared with the fixpoints of the engine.
 */

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { Labelling } from "../../checkers/explore/temporal/ctl.ts";
import { evaluate } from "../../checkers/explore/temporal/word.ts";
import { formulaText, type CtlFormula, type Formula } from "../../core/temporal.ts";
import { allLassos, graphOf, letters, requirements, sketches, type Sketch } from "./random.ts";

const unary = ["not", "AX", "EX", "AF", "EF", "AG", "EG"] as const;
const binary = ["and", "or", "implies", "iff", "AU", "EU", "AR", "ER", "AW", "EW"] as const;

const formulas = (depth: number): fc.Arbitrary<CtlFormula> => {
  const leaf = fc.constantFrom(...letters).map((state): CtlFormula => ({ op: "atom", state }));
  if (depth === 0) return leaf;
  const part = formulas(depth - 1);
  return fc.oneof(
    { weight: 1, arbitrary: leaf },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...unary), part)
        .map(([op, arg]): CtlFormula => ({ op, arg })),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...binary), part, part)
        .map(([op, left, right]): CtlFormula => ({ op, left, right })),
    },
  );
};

interface Asked {
  readonly action: number;
  readonly strong: boolean;
}

interface Word {
  readonly states: readonly number[];
  readonly actions: readonly number[];
  readonly loop: number;
}

function isFair(of: Sketch, { states, actions, loop }: Word, asked: readonly Asked[]): boolean {
  const rests = actions.length < states.length;
  return asked.every(({ action, strong }) => {
    const possible = new Set(states.slice(loop).map((state) => of.edges[state]!.length > action));
    const taken = !rests && actions.slice(loop).includes(action);
    return taken || (strong ? !possible.has(true) : possible.has(false));
  });
}

/** The states that satisfy a formula, by looking at all fair lassos from each. */
function meaning(of: Sketch, formula: CtlFormula, asked: readonly Asked[]): readonly boolean[] {
  const sub = (part: CtlFormula): readonly boolean[] => meaning(of, part, asked);
  const states = of.truth.map((_, state) => state);
  switch (formula.op) {
    case "constant":
      return states.map(() => formula.value);
    case "atom":
      return of.truth.map(
        (row) => row[letters.indexOf(("state" in formula ? formula.state : "") as "p")]!,
      );
    case "not":
      return sub(formula.arg).map((value) => !value);
    case "and":
    case "or":
    case "implies":
    case "iff": {
      const [left, right] = [sub(formula.left), sub(formula.right)];
      return states.map((state) => {
        const [a, b] = [left[state]!, right[state]!];
        if (formula.op === "and") return a && b;
        if (formula.op === "or") return a || b;
        return formula.op === "implies" ? !a || b : a === b;
      });
    }
    default: {
      const parts = "arg" in formula ? [sub(formula.arg)] : [sub(formula.left), sub(formula.right)];
      const [left, right] = ["left", "right"].map((state): Formula => ({ op: "atom", state }));
      const path = (
        "arg" in formula ? { op: formula.op[1], arg: left } : { op: formula.op[1], left, right }
      ) as Formula;
      const onPath = (word: Word): boolean =>
        evaluate(
          path,
          word.states.length,
          word.loop,
          (atom, position) =>
            parts["state" in atom && atom.state === "left" ? 0 : 1]![word.states[position]!]!,
        )[0]!;
      return states.map((state) => {
        const runs = [...allLassos(of, 6, state)].filter((word) => isFair(of, word, asked));
        return formula.op.startsWith("E") ? runs.some(onPath) : runs.every(onPath);
      });
    }
  }
}

test("labelling agrees with the meaning of the quantifiers, fairness included", () => {
  const seen = { true: 0, false: 0 };
  fc.assert(
    fc.property(
      sketches(3),
      formulas(2),
      fc.array(fc.record({ action: fc.nat(1), strong: fc.boolean() }), { maxLength: 1 }),
      (of, formula, asked) => {
        const rows = graphOf(of);
        const reading = { rows, requirements: requirements(of, asked) };
        const labelling = new Labelling({ lower: reading, upper: reading }, (atom) =>
          Uint8Array.from(of.truth, (row) =>
            row[letters.indexOf(("state" in atom ? atom.state : "") as "p")]! ? 1 : 0,
          ),
        );
        const expected = meaning(of, formula, asked);
        const found = [...labelling.states(formula, "lower")].map((bit) => bit === 1);
        expect(found, `${formulaText(formula)} on ${JSON.stringify({ of, asked })}`).toEqual(
          expected,
        );
        for (const value of expected) seen[`${value}`] += 1;
      },
    ),
    { seed: 20261124, numRuns: Number(process.env["VERIFY_TEMPORAL_RUNS"] ?? 400) },
  );
  expect(Math.min(seen.true, seen.false)).toBeGreaterThan(100);
});
