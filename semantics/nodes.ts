/** What the workbench needs to know about the state nodes of a machine. */

import type { AnyMachineSnapshot, AnyStateMachine } from "xstate";

/** The part of an XState state node that is used here. */
export interface Node {
  readonly id: string;
  readonly key: string;
  readonly path: readonly string[];
  readonly order: number;
  readonly type: "atomic" | "compound" | "parallel" | "final" | "history";
  readonly parent: Node | undefined;
  readonly states: Readonly<Record<string, Node>>;
  readonly always?: readonly TransitionLike[];
  readonly after: readonly (TransitionLike & { readonly delay: string | number })[];
  readonly invoke: readonly { readonly id: string; readonly src: unknown }[];
  readonly transitions: ReadonlyMap<string, readonly TransitionLike[]>;
  readonly initial?: { readonly target?: readonly Node[]; readonly actions: readonly unknown[] };
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
}

export interface TransitionLike {
  readonly eventType: string;
  readonly source: Node;
  readonly target?: readonly Node[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
}

/** All state nodes in document order, the root first. */
export function allNodes(machine: AnyStateMachine): readonly Node[] {
  const nodes: Node[] = [];
  const visit = (node: Node): void => {
    nodes.push(node);
    for (const child of Object.values(node.states)) visit(child);
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- XState types its nodes as any
  visit(machine.root as unknown as Node);
  return nodes;
}

export function nodesOf(snapshot: AnyMachineSnapshot): readonly Node[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, no-underscore-dangle -- internal, but the only complete record of the configuration
  return (snapshot as unknown as { _nodes: readonly Node[] })._nodes;
}

/** `connected.idle`; the root is called by the machine's id. */
export const pathOf = (node: Node): string =>
  node.path.length === 0 ? node.id : node.path.join(".");

/** Paths of the active leaves in document order. */
export function activePaths(snapshot: AnyMachineSnapshot): readonly string[] {
  return nodesOf(snapshot)
    .filter((node) => node.type === "atomic" || node.type === "final")
    .toSorted((a, b) => a.order - b.order)
    .map(pathOf);
}

/**
 * Does the order in which states were entered influence behaviour? XState keeps the configuration
 * in insertion order and selects eventless transitions in that order, so it does when two regions
 * that can be active together both have some; otherwise nothing reads it.
 */
export function entryOrderMatters(machine: AnyStateMachine): boolean {
  const hasAlways = (node: Node): boolean =>
    (node.always?.length ?? 0) > 0 || Object.values(node.states).some(hasAlways);
  return allNodes(machine).some(
    (node) => node.type === "parallel" && Object.values(node.states).filter(hasAlways).length > 1,
  );
}

/** Every action written at a state node: entry, exit, initial and of its transitions. */
export function actionsOf(node: Node): readonly unknown[] {
  const transitions = [...node.transitions.values()].flat().concat(node.always ?? []);
  return [
    ...node.entry,
    ...node.exit,
    ...(node.type === "compound" ? (node.initial?.actions ?? []) : []),
    ...transitions.flatMap((transition) => transition.actions),
  ];
}
