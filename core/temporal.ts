/**
 * Temporal formulas: linear time (LTL: about single runs) and branching time (CTL: about the tree of
 * all runs). Either is written as text over the expression language, `G (at(open) -> F at(closed))`,
 * or built from functions where a predicate is a plain function.
 */

import type { StatePredicate, StepPredicate } from "./predicate.ts";

/** What can be said of a state, or (LTL only) of a state and the step that leaves it. */
export type Atom =
  | { readonly op: "atom"; readonly state: StatePredicate }
  /** May use `event(TYPE)` and `next(e)`; standing still has no event and changes nothing. */
  | { readonly op: "atom"; readonly step: StepPredicate };

interface Unary<O extends string, F> {
  readonly op: O;
  readonly arg: F;
}
interface Binary<O extends string, F> {
  readonly op: O;
  readonly left: F;
  readonly right: F;
}
interface Constant {
  readonly op: "constant";
  readonly value: boolean;
}

/**
 * Linear time, in the usual letters (Pnueli 1977): X next, F eventually, G always, U until,
 * R release, W weak until.
 */
export type Formula =
  | Atom
  | Constant
  | Unary<"not" | "X" | "F" | "G", Formula>
  | Binary<"and" | "or" | "implies" | "iff" | "U" | "R" | "W", Formula>;

/** Branching time (Clarke and Emerson 1981): A on all runs, E on some run. */
export type CtlFormula =
  | Atom
  | Constant
  | Unary<"not" | "AX" | "EX" | "AF" | "EF" | "AG" | "EG", CtlFormula>
  | Binary<"and" | "or" | "implies" | "iff" | CtlBinary, CtlFormula>;
type CtlBinary = "AU" | "EU" | "AR" | "ER" | "AW" | "EW";

/** A state predicate, where a formula is expected. */
type Operand<F> = F | StatePredicate;

const lift = <F>(operand: Operand<F>): F =>
  (typeof operand === "string" || typeof operand === "function"
    ? { op: "atom", state: operand }
    : operand) as F;

const unary =
  <F, O extends string>(op: O) =>
  (arg: Operand<F>) =>
    ({ op, arg: lift(arg) }) as const;

const binary =
  <F, O extends string>(op: O) =>
  (left: Operand<F>, right: Operand<F>) =>
    ({ op, left: lift(left), right: lift(right) }) as const;

/**
 * Builds linear-time formulas: `f.G(f.implies((s) => s.matches("open"), f.F("at(closed)")))`.
 * Operands are formulas, expressions without temporal operators, or functions of the snapshot.
 */
export const f = {
  /** A predicate of a step: the state, the event that comes, the state after it. */
  step: (predicate: StepPredicate): Formula => ({ op: "atom", step: predicate }),
  not: unary<Formula, "not">("not"),
  and: binary<Formula, "and">("and"),
  or: binary<Formula, "or">("or"),
  implies: binary<Formula, "implies">("implies"),
  iff: binary<Formula, "iff">("iff"),
  X: unary<Formula, "X">("X"),
  F: unary<Formula, "F">("F"),
  G: unary<Formula, "G">("G"),
  U: binary<Formula, "U">("U"),
  R: binary<Formula, "R">("R"),
  W: binary<Formula, "W">("W"),
} as const;

/** Builds branching-time formulas: `c.AG(c.EF("at(Connected)"))`. */
export const c = {
  not: unary<CtlFormula, "not">("not"),
  and: binary<CtlFormula, "and">("and"),
  or: binary<CtlFormula, "or">("or"),
  implies: binary<CtlFormula, "implies">("implies"),
  iff: binary<CtlFormula, "iff">("iff"),
  AX: unary<CtlFormula, "AX">("AX"),
  EX: unary<CtlFormula, "EX">("EX"),
  AF: unary<CtlFormula, "AF">("AF"),
  EF: unary<CtlFormula, "EF">("EF"),
  AG: unary<CtlFormula, "AG">("AG"),
  EG: unary<CtlFormula, "EG">("EG"),
  AU: binary<CtlFormula, "AU">("AU"),
  EU: binary<CtlFormula, "EU">("EU"),
  AR: binary<CtlFormula, "AR">("AR"),
  ER: binary<CtlFormula, "ER">("ER"),
  AW: binary<CtlFormula, "AW">("AW"),
  EW: binary<CtlFormula, "EW">("EW"),
} as const;

/** The formula as text; functions appear as `ƒ`. */
export function formulaText(formula: Formula | CtlFormula): string {
  switch (formula.op) {
    case "atom": {
      const predicate = "state" in formula ? formula.state : formula.step;
      if (typeof predicate !== "string") return predicate.name === "" ? "ƒ" : `ƒ ${predicate.name}`;
      return /\b(?:and|or|not)\b|[<>=?]/.test(predicate) ? `(${predicate})` : predicate;
    }
    case "constant":
      return String(formula.value);
    case "not":
      return `not ${formulaText(formula.arg)}`;
    case "and":
    case "or":
      return `(${formulaText(formula.left)} ${formula.op} ${formulaText(formula.right)})`;
    case "implies":
      return `(${formulaText(formula.left)} -> ${formulaText(formula.right)})`;
    case "iff":
      return `(${formulaText(formula.left)} <-> ${formulaText(formula.right)})`;
    case "U":
    case "R":
    case "W":
      return `(${formulaText(formula.left)} ${formula.op} ${formulaText(formula.right)})`;
    case "AU":
    case "EU":
    case "AR":
    case "ER":
    case "AW":
    case "EW":
      return `${formula.op[0]}[${formulaText(formula.left)} ${formula.op[1]} ${formulaText(formula.right)}]`;
    default:
      return `${formula.op} ${formulaText(formula.arg)}`;
  }
}
