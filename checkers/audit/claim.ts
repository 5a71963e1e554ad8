/** Claims in the auditor's own terms. */

import type { AnyMachineSnapshot } from "xstate";

import type { ModelState, Property, StatePredicate, StepPredicate } from "../../core/property.ts";
import type { Formula } from "../../core/temporal.ts";
import { read, valueIn, type Moment, type Node } from "./language.ts";

/** A moment with the snapshots that plain functions look at. */
export interface Seen extends Moment {
  readonly state: AnyMachineSnapshot;
  readonly after?: AnyMachineSnapshot;
}

/** A moment of a run; with what follows, when something does. */
export function seen(
  state: AnyMachineSnapshot,
  step?: { readonly event: { readonly type: string }; readonly after: AnyMachineSnapshot },
): Seen {
  const parts = (snapshot: AnyMachineSnapshot): Pick<Moment, "context" | "value"> => ({
    context: snapshot.context as Record<string, unknown>,
    value: snapshot.value,
  });
  return {
    ...parts(state),
    state,
    ...(step === undefined
      ? {}
      : { event: step.event, next: parts(step.after), after: step.after }),
  };
}

export type Test = (moment: Seen) => boolean;

const cache = new Map<string, Node>();

function nodeOf(text: string): Node {
  let node = cache.get(text);
  if (node === undefined) {
    node = read(text, false);
    cache.set(text, node);
  }
  return node;
}

export function stateTest(predicate: StatePredicate): Test {
  if (typeof predicate === "function") return ({ state }) => predicate(state as ModelState);
  const node = nodeOf(predicate);
  return (moment) => valueIn(node, moment) === true;
}

export function stepTest(predicate: StepPredicate): Test {
  if (typeof predicate === "function") {
    return ({ state, event, after }) =>
      predicate({ before: state as ModelState, event: event!, after: after! as ModelState });
  }
  const node = nodeOf(predicate);
  return (moment) => valueIn(node, moment) === true;
}

/** The linear-time formula of a claim about infinite runs; null for any other claim. */
export function formulaOf(property: Property): Node | null {
  if (property.kind === "leads-to") {
    const state = (predicate: StatePredicate): Formula => ({ op: "atom", state: predicate });
    return fromTree({
      op: "G",
      arg: {
        op: "implies",
        left: state(property.from),
        right: { op: "F", arg: state(property.to) },
      },
    });
  }
  if (property.kind !== "ltl") return null;
  const { formula } = property;
  return typeof formula === "string" ? read(formula, true) : fromTree(formula);
}

function fromTree(formula: Formula): Node {
  switch (formula.op) {
    case "constant":
      return { kind: "constant", value: formula.value };
    case "atom": {
      const test = "state" in formula ? stateTest(formula.state) : stepTest(formula.step);
      return { kind: "test", holds: (moment) => test(moment as Seen) };
    }
    case "implies":
    case "iff":
      return {
        kind: "call",
        op: formula.op === "implies" ? "->" : "<->",
        args: [fromTree(formula.left), fromTree(formula.right)],
      };
    default:
      return {
        kind: "call",
        op: formula.op,
        args:
          "arg" in formula
            ? [fromTree(formula.arg)]
            : [fromTree(formula.left), fromTree(formula.right)],
      };
  }
}
