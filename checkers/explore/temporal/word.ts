/**
 * The truth of a linear-time formula on one lasso, by its meaning: no automaton is involved. Used to
 * judge a run that was followed on a real actor.
 */

import type { Atom, Formula } from "../../../core/temporal.ts";
import { sourceOf, type Labels, type Lasso, type TemporalGraph } from "./kripke.ts";
import type { Atoms } from "./normal.ts";

/** The truth of a formula on a lasso of a labelled graph. */
export function trueOn(
  rows: TemporalGraph,
  labels: Labels,
  atoms: Atoms,
  formula: Formula,
  { stem, loop }: Lasso,
): boolean {
  const edges = [...stem, ...loop];
  const states = edges.map((edge) => sourceOf(rows, edge));
  const rests = loop.length === 0;
  if (rests) states.push(edges.length === 0 ? rows.initial : rows.target[edges.at(-1)!]!);
  const stepAtoms = labels.stepAtoms ?? 0;
  const [first] = evaluate(formula, states.length, stem.length, (atom, position) => {
    const mask = 1 << atoms.numberOf(atom);
    const state = states[position]!;
    if ((mask & stepAtoms) === 0) return (labels.state[state]! & mask) !== 0;
    const edge = edges[position];
    return ((edge === undefined ? labels.stay![state]! : labels.edge![edge]!) & mask) !== 0;
  });
  return first === true;
}

/**
 * Truth at every position of the word 0 … length - 1 whose last position leads back to `loop`.
 * @param holds is the atom true at the position? For atoms about steps: of the step that leaves it.
 */
export function evaluate(
  formula: Formula,
  length: number,
  loop: number,
  holds: (atom: Atom, position: number) => boolean,
): readonly boolean[] {
  const next = (position: number): number => (position + 1 < length ? position + 1 : loop);
  const positions = Array.from({ length }, (_, position) => position);
  const at = (part: Formula): readonly boolean[] => {
    switch (part.op) {
      case "constant":
        return positions.map(() => part.value);
      case "atom":
        return positions.map((position) => holds(part, position));
      case "not":
        return at(part.arg).map((value) => !value);
      case "and":
        return both(part, (left, right) => left && right);
      case "or":
        return both(part, (left, right) => left || right);
      case "implies":
        return both(part, (left, right) => !left || right);
      case "iff":
        return both(part, (left, right) => left === right);
      case "X": {
        const inner = at(part.arg);
        return positions.map((position) => inner[next(position)]!);
      }
      case "F":
        return least(
          positions.map(() => true),
          at(part.arg),
        );
      case "G":
        return least(
          positions.map(() => true),
          at(part.arg).map((value) => !value),
        ).map((value) => !value);
      case "U":
        return least(at(part.left), at(part.right));
      case "R": // p R q = not (not p U not q)
        return least(
          at(part.left).map((value) => !value),
          at(part.right).map((value) => !value),
        ).map((value) => !value);
      case "W": {
        const [left, right] = [at(part.left), at(part.right)];
        const fails = least(
          right.map((value) => !value),
          left.map((value, position) => !value && !right[position]!),
        );
        return fails.map((value) => !value);
      }
    }
  };
  const both = (
    { left, right }: { readonly left: Formula; readonly right: Formula },
    join: (left: boolean, right: boolean) => boolean,
  ): readonly boolean[] => {
    const [lefts, rights] = [at(left), at(right)];
    return positions.map((position) => join(lefts[position]!, rights[position]!));
  };
  /** Left until right, as the least fixpoint; two sweeps backwards settle a lasso. */
  const least = (left: readonly boolean[], right: readonly boolean[]): readonly boolean[] => {
    const value = positions.map(() => false);
    const backwards = positions.toReversed();
    for (const position of [...backwards, ...backwards]) {
      value[position] = right[position]! || (left[position]! && value[next(position)]!);
    }
    return value;
  };
  return at(formula);
}
