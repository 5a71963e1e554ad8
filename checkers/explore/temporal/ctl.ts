/**
 * Branching time by labelling (Clarke, Emerson and Sistla 1986), with fairness (Emerson and Lei 1987),
 * between two bounds. Untimed exploration knows ways that a clock may not, so "there is a run" has a
 * cautious reading (`lower`: only along edges that are sure, only on runs that a clock allows) and a
 * generous one (`upper`: along all edges). Where both readings agree the answer is exact.
 */

import type { Atom, CtlFormula } from "../../../core/temporal.ts";
import { fairComponents } from "./fair.ts";
import { mayStay, type Requirement, type TemporalGraph } from "./kripke.ts";

/** One reading of "there is a run". */
export interface Reading {
  readonly rows: TemporalGraph;
  /** The edge that a requirement knows, per edge of the rows; the same number when left out. */
  readonly origin?: Uint32Array;
  readonly requirements: readonly Requirement[];
}

export type Which = "lower" | "upper";

type Set01 = Uint8Array;

export class Labelling {
  readonly #readings: Readonly<Record<Which, Reading>>;
  readonly #holds: (atom: Atom) => Set01;
  readonly #incoming = new Map<TemporalGraph, Incoming>();
  readonly #fair = new Map<Which, Set01>();
  readonly #size: number;

  /** @param holds the states in which an atom is true */
  constructor(readings: Readonly<Record<Which, Reading>>, holds: (atom: Atom) => Set01) {
    this.#readings = readings;
    this.#holds = holds;
    this.#size = readings.upper.rows.size;
  }

  /** States that satisfy the formula for sure (`lower`), or perhaps (`upper`). */
  states(formula: CtlFormula, which: Which): Set01 {
    const other: Which = which === "lower" ? "upper" : "lower";
    const at = (part: CtlFormula): Set01 => this.states(part, which);
    const against = (part: CtlFormula): Set01 => complement(this.states(part, other));
    switch (formula.op) {
      case "constant":
        return new Uint8Array(this.#size).fill(formula.value ? 1 : 0);
      case "atom":
        return this.#holds(formula);
      case "not":
        return against(formula.arg);
      case "and":
        return meet(at(formula.left), at(formula.right));
      case "or":
        return join(at(formula.left), at(formula.right));
      case "implies":
        return join(against(formula.left), at(formula.right));
      case "iff":
        return join(
          meet(at(formula.left), at(formula.right)),
          meet(against(formula.left), against(formula.right)),
        );
      case "EX":
        return this.#next(at(formula.arg), which);
      case "EF":
        return this.#until(this.#all(), at(formula.arg), which);
      case "EG":
        return this.#globally(at(formula.arg), which);
      case "EU":
        return this.#until(at(formula.left), at(formula.right), which);
      case "ER":
        return this.#release(at(formula.left), at(formula.right), which);
      case "EW":
        return this.#weakUntil(at(formula.left), at(formula.right), which);
      // On all runs: on no run the opposite, read the other way.
      case "AX":
        return complement(this.#next(complement(at(formula.arg)), other));
      case "AF":
        return complement(this.#globally(complement(at(formula.arg)), other));
      case "AG":
        return complement(this.#until(this.#all(), complement(at(formula.arg)), other));
      case "AU": // not (not p R not q)
        return complement(
          this.#release(complement(at(formula.left)), complement(at(formula.right)), other),
        );
      case "AR":
        return complement(
          this.#until(complement(at(formula.left)), complement(at(formula.right)), other),
        );
      case "AW": {
        // not (p W q) is (not q) U (not p and not q)
        const notRight = complement(at(formula.right));
        return complement(
          this.#until(notRight, meet(complement(at(formula.left)), notRight), other),
        );
      }
    }
  }

  #all(): Set01 {
    return new Uint8Array(this.#size).fill(1);
  }

  /** States in which a fair run of this reading begins. */
  #fairStates(which: Which): Set01 {
    let states = this.#fair.get(which);
    if (states === undefined) {
      states = this.#globally(this.#all(), which);
      this.#fair.set(which, states);
    }
    return states;
  }

  #next(goal: Set01, which: Which): Set01 {
    const { rows, requirements } = this.#readings[which];
    const fair = this.#fairStates(which);
    return Uint8Array.from({ length: this.#size }, (_, state) => {
      if (goal[state] === 1 && mayStay(requirements, state)) return 1;
      for (let edge = rows.offset[state]!; edge < rows.offset[state + 1]!; edge++) {
        const next = rows.target[edge]!;
        if (goal[next] === 1 && fair[next] === 1) return 1;
      }
      return 0;
    });
  }

  #until(hold: Set01, goal: Set01, which: Which): Set01 {
    return this.#backward(hold, meet(goal, this.#fairStates(which)), which);
  }

  #backward(hold: Set01, goal: Set01, which: Which): Set01 {
    const { offset, source } = this.#incomingOf(this.#readings[which].rows);
    const reached = Uint8Array.from(goal);
    const queue: number[] = [];
    for (const [state, bit] of goal.entries()) if (bit === 1) queue.push(state);
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      for (let edge = offset[state]!; edge < offset[state + 1]!; edge++) {
        const before = source[edge]!;
        if (reached[before] === 1 || hold[before] === 0) continue;
        reached[before] = 1;
        queue.push(before);
      }
    }
    return reached;
  }

  #globally(hold: Set01, which: Which): Set01 {
    const { rows, origin, requirements } = this.#readings[which];
    const goal = new Uint8Array(this.#size);
    const roots: number[] = [];
    for (let state = 0; state < this.#size; state++) {
      if (hold[state] === 0) continue;
      roots.push(state);
      if (mayStay(requirements, state)) goal[state] = 1;
    }
    const arena = {
      offset: rows.offset,
      target: rows.target,
      stateOf: (node: number) => node,
      edgeOf: (edge: number) => (origin === undefined ? edge : origin[edge]!),
      dutyOf: () => 0,
      sets: 0,
    };
    const fair = fairComponents(arena, roots, requirements, (state) => hold[state] === 1);
    for (const { members } of fair) for (const state of members) goal[state] = 1;
    return this.#backward(hold, goal, which);
  }

  #release(left: Set01, right: Set01, which: Which): Set01 {
    return join(this.#until(right, meet(left, right), which), this.#globally(right, which));
  }

  #weakUntil(left: Set01, right: Set01, which: Which): Set01 {
    return join(this.#until(left, right, which), this.#globally(left, which));
  }

  #incomingOf(rows: TemporalGraph): Incoming {
    let incoming = this.#incoming.get(rows);
    if (incoming === undefined) {
      incoming = reverse(rows);
      this.#incoming.set(rows, incoming);
    }
    return incoming;
  }
}

interface Incoming {
  readonly offset: Uint32Array;
  readonly source: Uint32Array;
}

function reverse({ size, offset, target }: TemporalGraph): Incoming {
  const starts = new Uint32Array(size + 1);
  for (const state of target) starts[state + 1]! += 1;
  for (const [state, count] of starts.entries()) starts[state] = count + (starts[state - 1] ?? 0);
  const source = new Uint32Array(target.length);
  const cursor = starts.slice();
  for (let state = 0; state < size; state++) {
    for (let edge = offset[state]!; edge < offset[state + 1]!; edge++) {
      source[cursor[target[edge]!]!++] = state;
    }
  }
  return { offset: starts, source };
}

const complement = (set: Set01): Set01 => set.map((bit) => 1 - bit);
const meet = (a: Set01, b: Set01): Set01 => a.map((bit, index) => bit & b[index]!);
const join = (a: Set01, b: Set01): Set01 => a.map((bit, index) => bit | b[index]!);
