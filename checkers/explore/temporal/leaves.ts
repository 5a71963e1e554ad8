/**
 * The conditions of a formula, one by one, and the formula with one of them at its worst constant: if
 * the claim is still true then, that condition says nothing (vacuity by mutation, Beer et al. 1997,
 * Kupferman and Vardi 1999).
 */

import type { Atom, CtlFormula, Formula } from "../../../core/temporal.ts";

type Tree = Formula | CtlFormula;

export interface Leaf<F> {
  readonly atom: Atom;
  /** Positive: the claim gets stronger when the condition is false. */
  readonly positive: boolean;
  /** The claim with the condition at its worst constant. */
  readonly worst: F;
}

/** Occurrences with one polarity; what stands under `iff` has both and is left out. */
export const leavesOf = <F extends Tree>(formula: F): readonly Leaf<F>[] =>
  collect(formula, true) as unknown as readonly Leaf<F>[];

function collect(formula: Tree, positive: boolean): readonly Leaf<Tree>[] {
  const under = (key: "arg" | "left" | "right", part: Tree, sign: boolean): Leaf<Tree>[] =>
    collect(part, sign).map((leaf) => ({
      ...leaf,
      worst: { ...formula, [key]: leaf.worst } as Tree,
    }));
  switch (formula.op) {
    case "constant":
    case "iff":
      return [];
    case "atom":
      return [{ atom: formula, positive, worst: { op: "constant", value: !positive } }];
    case "not":
      return under("arg", formula.arg, !positive);
    case "implies":
      return [
        ...under("left", formula.left, !positive),
        ...under("right", formula.right, positive),
      ];
    default:
      if ("arg" in formula) return under("arg", formula.arg, positive);
      return [...under("left", formula.left, positive), ...under("right", formula.right, positive)];
  }
}

/** Does the formula speak of the next position? */
export function mentionsNext(formula: Tree): boolean {
  if (formula.op === "X") return true;
  if ("arg" in formula) return mentionsNext(formula.arg);
  return "left" in formula && (mentionsNext(formula.left) || mentionsNext(formula.right));
}

/** Every atom, in source order. */
export function atomsOf(formula: Tree): readonly Atom[] {
  if (formula.op === "atom") return [formula];
  if ("arg" in formula) return atomsOf(formula.arg);
  return "left" in formula ? [...atomsOf(formula.left), ...atomsOf(formula.right)] : [];
}
