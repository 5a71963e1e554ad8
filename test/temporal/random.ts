/** Random graphs, formulas and requirements, small enough that every lasso can be looked at. */

import * as fc from "fast-check";

import { Atoms } from "../../checkers/explore/temporal/normal.ts";
import type { Labels, Requirement, TemporalGraph } from "../../checkers/explore/temporal/kripke.ts";
import type { Formula } from "../../core/temporal.ts";

export interface Sketch {
  /** Successors per state; the n-th edge of a state has action n. */
  readonly edges: readonly (readonly number[])[];
  /** Truth of p, q, r per state. */
  readonly truth: readonly (readonly boolean[])[];
  /** Truth of the condition on steps: per state and edge, and where a run stands still. */
  readonly steps?: {
    readonly edge: readonly (readonly boolean[])[];
    readonly stay: readonly boolean[];
  };
}

export const letters = ["p", "q", "r"] as const;

export const sketches = (maxSize: number): fc.Arbitrary<Sketch> =>
  fc.integer({ min: 1, max: maxSize }).chain((size) =>
    fc.record({
      edges: fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), {
        minLength: size,
        maxLength: size,
      }),
      truth: fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), {
        minLength: size,
        maxLength: size,
      }),
    }),
  );

/** Sketches in which steps have a truth as well. */
export const sketchesWithSteps = (maxSize: number): fc.Arbitrary<Sketch> =>
  sketches(maxSize).chain((of) =>
    fc
      .tuple(
        fc.tuple(...of.edges.map((targets) => fc.tuple(...targets.map(() => fc.boolean())))),
        fc.tuple(...of.edges.map(() => fc.boolean())),
      )
      .map(([edge, stay]) => ({ ...of, steps: { edge, stay } })),
  );

/** The formula with a condition on steps in the place of r. */
export function aboutSteps(formula: Formula): Formula {
  switch (formula.op) {
    case "constant":
      return formula;
    case "atom":
      return "state" in formula && formula.state === "r" ? { op: "atom", step: "s" } : formula;
    case "not":
    case "X":
    case "F":
    case "G":
      return { ...formula, arg: aboutSteps(formula.arg) };
    default:
      return { ...formula, left: aboutSteps(formula.left), right: aboutSteps(formula.right) };
  }
}

const atoms: readonly Formula[] = letters.map((state) => ({ op: "atom", state }));

export const formulas = (depth: number, next = true): fc.Arbitrary<Formula> => {
  const leaf = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...atoms) },
    { weight: 1, arbitrary: fc.boolean().map((value): Formula => ({ op: "constant", value })) },
  );
  if (depth === 0) return leaf;
  const part = formulas(depth - 1, next);
  const unary = fc
    .tuple(fc.constantFrom("not", "F", "G", ...(next ? (["X"] as const) : [])), part)
    .map(([op, arg]) => ({ op, arg }));
  const binary = fc
    .tuple(fc.constantFrom("and", "or", "implies", "iff", "U", "R", "W"), part, part)
    .map(([op, left, right]) => ({ op, left, right }));
  return fc.oneof(
    { weight: 1, arbitrary: leaf },
    { weight: 4, arbitrary: unary },
    { weight: 5, arbitrary: binary },
  );
};

export function graphOf({ edges }: Sketch): TemporalGraph {
  const offset = [0];
  for (const targets of edges) offset.push(offset.at(-1)! + targets.length);
  return {
    size: edges.length,
    initial: 0,
    offset: Uint32Array.from(offset),
    target: Uint32Array.from(edges.flat()),
    action: Uint32Array.from(edges.flatMap((targets) => targets.map((_, index) => index))),
  };
}

/** The labels of the atoms that the formula has, in its own numbering. */
export function labelsOf({ truth, steps }: Sketch, numbered: Atoms): Labels {
  const columns = numbered.list.map((atom) =>
    letters.indexOf(("state" in atom ? atom.state : "") as (typeof letters)[number]),
  );
  const state = Uint32Array.from(truth, (row) =>
    columns.reduce((bits, column, bit) => bits | (row[column] === true ? 1 << bit : 0), 0),
  );
  const bit = numbered.list.findIndex((atom) => "step" in atom);
  if (steps === undefined || bit < 0) return { state };
  const bits = (truths: readonly boolean[]): Uint32Array =>
    Uint32Array.from(truths, (yes) => Number(yes) << bit);
  return { state, stepAtoms: 1 << bit, edge: bits(steps.edge.flat()), stay: bits(steps.stay) };
}

/** "Action n must be taken", weakly or strongly; possible where a state has that edge. */
export const requirements = (
  of: Sketch,
  asked: readonly { readonly action: number; readonly strong: boolean }[],
): readonly Requirement[] =>
  asked.map(({ action, strong }) => ({
    name: `action ${action}`,
    strong,
    enabled: (state) => of.edges[state]!.length > action,
    taken: (state, edge) => action === edge - graphOf(of).offset[state]!,
  }));

/** Every lasso of at most `limit` edges, standing still included. */
export function* allLassos(
  { edges }: Sketch,
  limit: number,
  start = 0,
): Generator<{
  readonly states: readonly number[];
  readonly actions: readonly number[];
  readonly loop: number;
}> {
  const states = [start];
  const actions: number[] = [];
  function* extend(): Generator<{ states: number[]; actions: number[]; loop: number }> {
    const at = states.at(-1)!;
    yield { states: [...states], actions: [...actions], loop: states.length - 1 }; // stays
    if (actions.length === limit) return;
    for (const [action, target] of edges[at]!.entries()) {
      for (const [index, state] of states.entries()) {
        if (state === target)
          yield { states: [...states], actions: [...actions, action], loop: index };
      }
      states.push(target);
      actions.push(action);
      yield* extend();
      states.pop();
      actions.pop();
    }
  }
  yield* extend();
}
