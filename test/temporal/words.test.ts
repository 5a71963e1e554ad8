/**
 * Every small formula on every short run: the automaton of a formula against its meaning, where parts
 * of the formula are equal too, which random formulas rarely have.
 */

import { describe, expect, test } from "vitest";

import { automatonOf, FormulaTooLarge } from "../../checkers/explore/temporal/buchi.ts";
import { Atoms, maximalAtoms } from "../../checkers/explore/temporal/normal.ts";
import {
  productOf,
  ProductTooLarge,
  type ProductLimits,
} from "../../checkers/explore/temporal/product.ts";
import { acceptedRuns, shortened } from "../../checkers/explore/temporal/search.ts";
import { evaluate } from "../../checkers/explore/temporal/word.ts";
import type { Formula } from "../../core/temporal.ts";
import { graphOf, labelsOf, requirements, type Sketch } from "./random.ts";

const atom = (state: string): Formula => ({ op: "atom", state });
const leaves: readonly Formula[] = [atom("p"), atom("q")];
const binary = ["and", "or", "implies", "iff", "U", "R", "W"] as const;
const unary = ["not", "X", "F", "G"] as const;

function* pairs(left: readonly Formula[], right: readonly Formula[]): Generator<Formula> {
  for (const op of binary) {
    for (const a of left) for (const b of right) yield { op, left: a, right: b };
  }
}

function* formulas(): Generator<Formula> {
  const small = [
    ...pairs(leaves, leaves),
    ...unary.flatMap((op) => leaves.map((arg): Formula => ({ op, arg }))),
    { op: "constant", value: true } as const,
    { op: "constant", value: false } as const,
  ];
  yield* small;
  yield* pairs(leaves, small);
  yield* pairs(small, leaves);
  for (const op of unary) for (const arg of small) yield { op, arg };
}

/** Runs without end: letters by position, and where the last one leads back to. */
function words(): readonly Sketch[] {
  const found: Sketch[] = [];
  const grow = (truth: Sketch["truth"]): void => {
    for (let loop = 0; loop < truth.length; loop++) {
      const edges = truth.map((_, at) => [at + 1 < truth.length ? at + 1 : loop]);
      found.push({ edges, truth });
    }
    if (truth.length === 3) return;
    for (const p of [true, false]) for (const q of [true, false]) grow([...truth, [p, q, false]]);
  };
  grow([]);
  // All of length 1 and 2, and every fifth of length 3.
  return found.filter(({ truth }, index) => truth.length < 3 || index % 5 === 0);
}

test("the automaton of a formula accepts the runs on which it is false", () => {
  const runs = words();
  const count = { false: 0, true: 0 };
  for (const formula of formulas()) {
    const atoms = new Atoms();
    const automaton = automatonOf(formula, atoms, false);
    for (const [state, positive] of automaton.positive.entries()) {
      expect(positive & automaton.negative[state]!, "a state that no letter fits").toBe(0);
    }
    const wrong: unknown[] = [];
    for (const run of runs) {
      // The only way on must be taken, so that this run is the only one.
      const { places } = acceptedRuns(
        graphOf(run),
        labelsOf(run, atoms),
        automaton,
        requirements(run, [{ action: 0, strong: false }]),
        { maxNodes: 1_000 },
      );
      const loop = run.edges.at(-1)![0]!;
      const [holds] = evaluate(formula, run.truth.length, loop, (of, position) =>
        "state" in of ? run.truth[position]![of.state === "p" ? 0 : 1]! : false,
      );
      count[String(holds) as "true"] += 1;
      if (places > 0 === holds) wrong.push({ formula, truth: run.truth, loop });
    }
    expect(wrong).toEqual([]);
  }
  expect(count.true).toBeGreaterThan(10_000);
  expect(count.false).toBeGreaterThan(10_000);
});

describe("the same infinite run with less text", () => {
  test.each([
    [
      { stem: [], loop: [1, 2, 1, 2] },
      { stem: [], loop: [1, 2] },
    ],
    [
      { stem: [], loop: [1, 2, 1, 2, 1] },
      { stem: [], loop: [1, 2, 1, 2, 1] },
    ],
    [
      { stem: [], loop: [5, 5, 5] },
      { stem: [], loop: [5] },
    ],
    [
      { stem: [9, 1, 2], loop: [1, 2] },
      { stem: [9], loop: [1, 2] },
    ],
    [
      { stem: [9, 2], loop: [1, 2] },
      { stem: [9], loop: [2, 1] },
    ],
    [
      { stem: [2, 1, 2], loop: [1, 2] },
      { stem: [], loop: [2, 1] },
    ],
    [
      { stem: [1, 2, 3], loop: [4] },
      { stem: [1, 2, 3], loop: [4] },
    ],
  ])("%j is %j", (lasso, short) => {
    expect(shortened(lasso)).toEqual(short);
  });
});

describe("limits", () => {
  const atoms = Array.from({ length: maximalAtoms }, (_, index) => atom(`a${index}`));
  const joined = (op: "and" | "or", parts: readonly Formula[]): Formula =>
    parts.reduce((left, right) => ({ op, left, right }));
  const eventually = atoms.map((arg): Formula => ({ op: "F", arg }));
  const states = (formula: Formula): number => automatonOf(formula, new Atoms()).successors.length;

  test("as many conditions as bits, and not one more", () => {
    expect(states(joined("and", atoms))).toBeGreaterThan(0);
    expect(() => states(joined("and", [...atoms, atom("one more")]))).toThrow(FormulaTooLarge);
  });

  test("as many untils as bits, and not one more", () => {
    expect(states(joined("or", eventually))).toBeGreaterThan(0);
    const one: Formula = { op: "U", left: atoms[0]!, right: atoms[1]! };
    expect(() => states(joined("or", [...eventually, one]))).toThrow(FormulaTooLarge);
  });

  test("as many nodes and pairs as allowed, and not one more", () => {
    const run: Sketch = { edges: [[1], [2], [2]], truth: [1, 2, 3].map(() => [true, true, true]) };
    const numbered = new Atoms();
    const automaton = automatonOf({ op: "not", arg: { op: "G", arg: atom("p") } }, numbered);
    const within = (limits: ProductLimits): number =>
      productOf(graphOf(run), labelsOf(run, numbered), automaton, limits).size;
    const maxPairs = 3 * automaton.successors.length;
    const size = within({ maxNodes: 1_000, maxPairs });
    const { target } = productOf(graphOf(run), labelsOf(run, numbered), automaton, {
      maxNodes: size,
    });
    expect(target.length).toBeGreaterThan(0);
    expect(target.every((node) => node < size)).toBe(true); // what does not fit is no edge
    expect(within({ maxNodes: size })).toBe(size);
    expect(() => within({ maxNodes: size - 1 })).toThrow(ProductTooLarge);
    expect(() => within({ maxNodes: size, maxPairs: maxPairs - 1 })).toThrow(ProductTooLarge);
  });

  test("the search gives up when it is told to", () => {
    const run: Sketch = { edges: [[0]], truth: [[true, true, true]] };
    const numbered = new Atoms();
    const automaton = automatonOf(atom("p"), numbered);
    const enough = () => {
      throw new Error("enough");
    };
    expect(() =>
      acceptedRuns(graphOf(run), labelsOf(run, numbered), automaton, [], {
        maxNodes: 10,
        breathe: enough,
      }),
    ).toThrow("enough");
  });
});
