/** The statechart of a machine as a graph for reports. */

import type { StateGraph } from "../../core/exhibit.ts";
import type { MachineModel } from "../../core/subject.ts";
import { expressionTextOf } from "../../expr/index.ts";
import { allNodes, pathOf, type Node, type TransitionLike } from "../../semantics/nodes.ts";

type DiagramNode = StateGraph["nodes"][number];
type Edge = StateGraph["edges"][number];

/** Nodes by dotted path; edges carry the same event names as the actions in traces. */
export function diagramOf(model: MachineModel): StateGraph {
  const nodes = allNodes(model.machine).filter((node) => node.type !== "history");
  const states = nodes.filter((node) => node.parent !== undefined);
  const [root] = nodes;
  const drawn = states.length === 0 ? nodes : states; // a machine without states is one node

  const edges: Edge[] = [];
  for (const node of nodes) {
    // What the root handles is handled in every top state.
    const sources = node === root && states.length > 0 ? Object.values(node.states) : [node];
    for (const source of sources) {
      if (source.type === "history" || source.type === "final") continue;
      for (const edge of edgesOf(node)) {
        for (const target of edge.targets ?? [source]) {
          edges.push({
            from: pathOf(source),
            to: pathOf(visible(target)),
            label: edge.label,
            event: edge.event,
          });
        }
      }
    }
  }
  return { nodes: drawn.map((node) => nodeOf(node)), edges };
}

function nodeOf(node: Node): DiagramNode {
  const { parent } = node;
  const isTop = parent === undefined || parent.parent === undefined;
  const isInitial =
    parent === undefined ||
    parent.type === "parallel" ||
    (parent.initial?.target?.includes(node) ?? false);
  return {
    id: pathOf(node),
    label: node.key,
    ...(isTop ? {} : { parent: pathOf(parent) }),
    ...(isInitial ? { initial: true } : {}),
    ...(node.type === "final" ? { final: true } : {}),
  };
}

interface Outgoing {
  readonly event: string;
  readonly label: string;
  /** null: the transition stays where it is. */
  readonly targets: readonly Node[] | null;
}

function edgesOf(node: Node): readonly Outgoing[] {
  const delays = new Map(node.after.map((after) => [after.eventType, `after ${after.delay}`]));
  const outgoing: Outgoing[] = [];
  const add = (event: string, transition: TransitionLike): void => {
    const text = expressionTextOf(transition.guard);
    outgoing.push({
      event,
      label: text === null ? event : `${event} [${text}]`,
      targets:
        transition.target === undefined || transition.target.length === 0
          ? null
          : transition.target,
    });
  };
  for (const [type, transitions] of node.transitions) {
    const event = delays.get(type) ?? (type.startsWith("xstate.done.state.") ? "done" : type);
    for (const transition of transitions) add(event, transition);
  }
  for (const transition of node.always ?? []) add("always", transition);
  return outgoing;
}

/** A history state is drawn as the state whose history it is; so is the root as its first state. */
function visible(node: Node): Node {
  if (node.type === "history" && node.parent !== undefined) return visible(node.parent);
  if (node.parent === undefined) return Object.values(node.states)[0] ?? node;
  return node;
}
