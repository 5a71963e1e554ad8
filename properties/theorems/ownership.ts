/**
 * Ownership: every live value has exactly one owner, through move, borrow and drop, for any number
 * of bindings and steps. The axioms speak of all bindings; the theorems use them for the bindings
 * that matter (two arbitrary ones, and the source and target of a move). A proof from such instances
 * is a proof from the axioms. `own_b` says whether binding `b` owns the value before the step,
 * `own_b1` after it; bindings are
 * numbers. models/ownership.ts shows the
 * same rules as a machine, with runs.
 */

import type { Theorem, TheoremSubject } from "../../core/subject.ts";

const bindings = ["x", "y", "source", "target"] as const;

const pairs = bindings.flatMap((a, index) => bindings.slice(index + 1).map((b) => [a, b] as const));

const atMostOne = pairs
  .map(([a, b]) => `implies(own_${a} and own_${b}, ${a} == ${b})`)
  .join(" and ");

/** What a step makes of the ownership of each binding in `of`. */
const effect = (step: string, of: readonly string[], formula: (b: string) => string): string =>
  of.map((b) => `implies(${step}, iff(own_${b}1, ${formula(b)}))`).join(" and ");

const moved = (b: string): string => `${b} == target or (${b} != source and own_${b})`;

const steps = (of: readonly string[]): Readonly<Record<string, string>> => ({
  "a step is a move, a borrow or a drop": "move or borrow or drop",
  "a move gives the value to the target and takes it from the source": effect("move", of, moved),
  "a borrow leaves the owner": effect("borrow", of, (b) => `own_${b}`),
});

const dropped = (of: readonly string[]): Readonly<Record<string, string>> => ({
  "a drop leaves no owner": effect("drop", of, () => "false"),
});

const theorems: readonly Theorem[] = [
  {
    id: "new-value-has-one-owner",
    title: "A new value is owned by its creator and by nobody else",
    variables: { x: "Int", y: "Int", creator: "Int", own_x: "Bool", own_y: "Bool" },
    premises: {
      "the creator owns it, no other binding does":
        "iff(own_x, x == creator) and iff(own_y, y == creator)",
      "two different bindings": "x != y",
    },
    conclusion: "not (own_x and own_y)",
  },
  {
    id: "never-two-owners",
    title: "No step gives a value a second owner",
    variables: {
      ...Object.fromEntries(bindings.map((b) => [b, "Int" as const])),
      ...Object.fromEntries(bindings.map((b) => [`own_${b}`, "Bool" as const])),
      own_x1: "Bool",
      own_y1: "Bool",
      move: "Bool",
      borrow: "Bool",
      drop: "Bool",
    },
    premises: {
      "before the step no two bindings own it": atMostOne,
      "only the owner can move it": "implies(move, own_source)",
      ...steps(["x", "y"]),
      ...dropped(["x", "y"]),
      "two different bindings": "x != y",
    },
    conclusion: "not (own_x1 and own_y1)",
  },
  {
    id: "live-value-has-an-owner",
    title: "A value that lives after a step has an owner after it",
    variables: {
      source: "Int",
      target: "Int",
      y: "Int",
      own_y: "Bool",
      own_source: "Bool",
      own_target: "Bool",
      own_y1: "Bool",
      own_target1: "Bool",
      alive: "Bool",
      alive1: "Bool",
      move: "Bool",
      borrow: "Bool",
      drop: "Bool",
    },
    premises: {
      "before the step y owns it, if it lives": "implies(alive, own_y)",
      "only a living value lives on": "implies(alive1, alive)",
      "a dropped value does not live on": "implies(drop, not alive1)",
      ...steps(["y", "target"]),
    },
    conclusion: "implies(alive1, own_y1 or own_target1)",
  },
  {
    id: "moved-from-owns-nothing",
    title: "After a move the source owns nothing: it cannot move or drop the value again",
    variables: {
      source: "Int",
      target: "Int",
      own_source: "Bool",
      own_target: "Bool",
      own_source1: "Bool",
      move: "Bool",
    },
    premises: {
      "the step is a move": "move",
      "to another binding": "source != target",
      "a move gives the value to the target and takes it from the source": effect(
        "move",
        ["source"],
        moved,
      ),
    },
    conclusion: "not own_source1",
  },
];

export const ownership: TheoremSubject = {
  kind: "theorem",
  id: "ownership",
  title: "Ownership: every live value has exactly one owner",
  source: "The Rust Reference, Destructors and Variables; The Rust Programming Language, ch. 4",
  theorems,
};
