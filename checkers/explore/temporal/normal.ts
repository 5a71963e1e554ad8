/**
 * Linear-time formulas in negation normal form, each distinct one stored once and named by a number.
 * Only literals, and, or, X, U and R remain; F p is true U p, G p is false R p, p W q is q R (p or q).
 */

import type { Atom, Formula } from "../../../core/temporal.ts";

export type Normal =
  | { readonly op: "true" | "false" }
  | { readonly op: "literal"; readonly atom: number; readonly positive: boolean }
  | { readonly op: "X"; readonly arg: number }
  | { readonly op: "and" | "or" | "U" | "R"; readonly left: number; readonly right: number };

/** Propositional letters of one claim; a valuation is a set of bits, so there are at most this many. */
export const maximalAtoms = 30;

/** The atoms of a formula, numbered; equal texts and equal functions are one atom. */
export class Atoms {
  readonly list: Atom[] = [];
  readonly #byPredicate = new Map<unknown, number>();

  numberOf(atom: Atom): number {
    const predicate = "state" in atom ? atom.state : atom.step;
    let number = this.#byPredicate.get(predicate);
    if (number === undefined) {
      number = this.list.length;
      this.#byPredicate.set(predicate, number);
      this.list.push(atom);
    }
    return number;
  }
}

export class NormalForms {
  readonly nodes: Normal[] = [];
  readonly #ids = new Map<string, number>();
  readonly yes = this.#intern({ op: "true" });
  readonly no = this.#intern({ op: "false" });

  /** The number of a formula, or of its negation. */
  of(formula: Formula, atoms: Atoms, positive = true): number {
    const both = (op: "and" | "or", left: number, right: number): number =>
      this.#connect(op, left, right);
    const sub = (part: Formula, sign = positive): number => this.of(part, atoms, sign);
    switch (formula.op) {
      case "constant":
        return formula.value === positive ? this.yes : this.no;
      case "atom":
        return this.#intern({ op: "literal", atom: atoms.numberOf(formula), positive });
      case "not":
        return sub(formula.arg, !positive);
      case "and":
      case "or":
        return both(
          (formula.op === "and") === positive ? "and" : "or",
          sub(formula.left),
          sub(formula.right),
        );
      case "implies":
        return both(positive ? "or" : "and", sub(formula.left, !positive), sub(formula.right));
      case "iff":
        return both(
          "or",
          both("and", sub(formula.left, true), sub(formula.right, positive)),
          both("and", sub(formula.left, false), sub(formula.right, !positive)),
        );
      case "X":
        return this.#next(sub(formula.arg));
      case "F":
        return positive
          ? this.#until(this.yes, sub(formula.arg))
          : this.#release(this.no, sub(formula.arg));
      case "G":
        return positive
          ? this.#release(this.no, sub(formula.arg))
          : this.#until(this.yes, sub(formula.arg));
      case "U":
        return positive
          ? this.#until(sub(formula.left), sub(formula.right))
          : this.#release(sub(formula.left), sub(formula.right));
      case "R":
        return positive
          ? this.#release(sub(formula.left), sub(formula.right))
          : this.#until(sub(formula.left), sub(formula.right));
      case "W": {
        const left = sub(formula.left);
        const right = sub(formula.right);
        // not (p W q) is (not q) U (not p and not q)
        return positive
          ? this.#release(right, both("or", left, right))
          : this.#until(right, both("and", left, right));
      }
    }
  }

  #connect(op: "and" | "or", left: number, right: number): number {
    const unit = op === "and" ? this.yes : this.no;
    const zero = op === "and" ? this.no : this.yes;
    if (left === zero || right === zero) return zero;
    if (left === unit || left === right) return right;
    if (right === unit) return left;
    return this.#intern({ op, left: Math.min(left, right), right: Math.max(left, right) });
  }

  #next(arg: number): number {
    return arg === this.yes || arg === this.no ? arg : this.#intern({ op: "X", arg });
  }

  #until(left: number, right: number): number {
    if (right === this.yes || right === this.no || left === this.no || left === right) return right;
    const inner = this.nodes[right]!;
    if (inner.op === "U" && inner.left === left) return right; // p U (p U q) = p U q
    return this.#intern({ op: "U", left, right });
  }

  #release(left: number, right: number): number {
    if (right === this.yes || right === this.no || left === this.yes || left === right)
      return right;
    const inner = this.nodes[right]!;
    if (inner.op === "R" && inner.left === left) return right; // p R (p R q) = p R q
    return this.#intern({ op: "R", left, right });
  }

  #intern(node: Normal): number {
    const key = JSON.stringify(node);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.nodes.length;
      this.#ids.set(key, id);
      this.nodes.push(node);
    }
    return id;
  }
}
