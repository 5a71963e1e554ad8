/**
 * What of a machine has been met. Every step that a search takes was asked from XState once, so what
 * XState reports while it is asked is all that happens in the states that were explored: which states
 * were entered, on the way too, which transitions were taken, what guards answered, which events were
 * heard. It costs nothing per explored state.
 */

import type { AnyMachineSnapshot, AnyStateMachine } from "xstate";

import type { MachineCoverage, TransitionName } from "../../core/coverage.ts";
import { expressionTextOf } from "../../expr/index.ts";
import { allNodes, nodesOf, pathOf, type Node, type TransitionLike } from "../nodes.ts";

export class Met {
  readonly #nodes = new Set<string>();
  readonly #transitions = new Set<TransitionLike>();
  readonly #guards = new Map<unknown, { yes: boolean; no: boolean }>();
  readonly #events = new Set<string>();
  /** The event whose first microstep has not been seen yet. */
  #asked: string | null = null;

  /** A step begins. @param event its type; null when the machine starts */
  begin(event: string | null): void {
    this.#asked = event;
  }

  /** XState's inspection reports it. */
  microstep(snapshot: AnyMachineSnapshot, transitions: readonly TransitionLike[]): void {
    for (const transition of transitions) {
      this.#transitions.add(transition);
      for (let node: Node | undefined = transition.source; node; node = node.parent) {
        this.#nodes.add(node.id);
      }
    }
    if (this.#asked !== null && transitions.length > 0) this.#events.add(this.#asked);
    this.#asked = null; // further microsteps answer raised events, or none
    this.rests(snapshot);
  }

  /** The machine is in this configuration. */
  rests(snapshot: AnyMachineSnapshot): void {
    for (const { id } of nodesOf(snapshot)) this.#nodes.add(id);
  }

  /** @param guard as it stands in the transition */
  answered(guard: unknown, yes: boolean): void {
    let answers = this.#guards.get(guard);
    if (answers === undefined) this.#guards.set(guard, (answers = { yes: false, no: false }));
    answers[yes ? "yes" : "no"] = true;
  }

  /**
   * @param machine the instrumented copy, whose steps were watched
   * @param original the user's machine: its guards have names and texts
   * @param events declared event types, and those that channels carry here
   */
  summary(
    machine: AnyStateMachine,
    original: AnyStateMachine,
    machines: readonly string[],
    events: readonly string[],
  ): MachineCoverage {
    const [root, ...inner] = allNodes(machine).filter(({ type }) => type !== "history");
    const nodes = inner.length === 0 ? [root!] : inner; // a machine is no state of itself
    const own = transitionsOf(machine);
    const named = transitionsOf(original).map(nameOf);
    const where = (test: (transition: TransitionLike) => boolean): readonly TransitionName[] =>
      named.filter((_, index) => test(own[index]!));
    const guarded = own.filter(({ guard }) => guard !== undefined);
    const said = ({ guard }: TransitionLike, answer: "yes" | "no"): boolean =>
      this.#guards.get(guard)?.[answer] ?? false;
    const neverEntered = nodes.filter(({ id }) => !this.#nodes.has(id)).map(pathOf);
    const neverTaken = where((transition) => !this.#transitions.has(transition));
    const neverHeard = [...new Set(events)].filter((type) => !this.#events.has(type));
    return {
      machines,
      states: {
        total: nodes.length,
        entered: nodes.length - neverEntered.length,
        never: neverEntered,
      },
      transitions: {
        total: own.length,
        taken: own.length - neverTaken.length,
        never: neverTaken,
      },
      guards: {
        total: guarded.length,
        both: guarded.filter((one) => said(one, "yes") && said(one, "no")).length,
        neverTrue: where((one) => one.guard !== undefined && !said(one, "yes")),
        neverFalse: where((one) => one.guard !== undefined && !said(one, "no")),
      },
      events: {
        total: new Set(events).size,
        accepted: new Set(events).size - neverHeard.length,
        never: neverHeard,
      },
    };
  }
}

function transitionsOf(machine: AnyStateMachine): readonly TransitionLike[] {
  return allNodes(machine).flatMap((node) => [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
  ]);
}

function nameOf({ source, eventType, guard, target }: TransitionLike): TransitionName {
  const delay = source.after.find((after) => after.eventType === eventType)?.delay;
  return {
    source: pathOf(source),
    event:
      delay !== undefined
        ? `after ${delay}`
        : eventType === ""
          ? "always"
          : eventType.replace(/^xstate\.(done|error)\.(?:state|actor)\..*$/u, "$1"),
    guard: guard === undefined ? null : guardText(guard),
    targets: (target ?? []).map(pathOf),
  };
}

/** Longest piece of source code that stands for a guard without a name. */
const longest = 60;

function guardText(guard: unknown): string {
  if (typeof guard === "string") return guard;
  if (typeof guard === "object" && guard !== null) {
    const { type } = guard as { readonly type?: unknown };
    return typeof type === "string" ? type : "guard";
  }
  if (typeof guard !== "function") return "guard";
  const expression = expressionTextOf(guard);
  if (expression !== null) return expression;
  const { guards, stateValue } = guard as unknown as {
    readonly guards?: readonly unknown[];
    readonly stateValue?: unknown;
  };
  if (guards !== undefined) return `${guard.name}(${guards.map(guardText).join(", ")})`;
  if (stateValue !== undefined) return `stateIn(${JSON.stringify(stateValue)})`;
  if (guard.name !== "" && guard.name !== "guard") return guard.name;
  const code = String(guard).replaceAll(/\s+/gu, " ");
  return code.length <= longest ? code : `${code.slice(0, longest - 1)}…`;
}
