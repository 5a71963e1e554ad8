/** An explored state space as plain lists of names and numbers: what every export format is written from. */

import type { Scalar } from "../../../core/trace.ts";
import { plural, stateText } from "../finding.ts";
import { forEachEdge, type ReachableGraph } from "../graph.ts";

export interface ExplicitState {
  readonly text: string;
  /** Dotted paths of the active leaves, joined by `+`. */
  readonly control: string;
  readonly active: readonly string[];
  readonly variables: Readonly<Record<string, Scalar>>;
  readonly done: boolean;
}

export interface ExplicitEdge {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly by: "event" | "timer" | "time" | "channel";
}

export interface Explicit {
  readonly title: string;
  readonly states: readonly ExplicitState[];
  readonly edges: readonly ExplicitEdge[];
  readonly variables: readonly string[];
}

export function explicitOf(graph: ReachableGraph, title: string): Explicit {
  const { system } = graph;
  const states = Array.from({ length: graph.expanded }, (_, state): ExplicitState => {
    const described = system.describe(state);
    const { state: control, ...variables } = described;
    return {
      text: stateText(described),
      control: String(control),
      active: system.active(state),
      variables,
      done: system.isDone(state),
    };
  });
  const edges: ExplicitEdge[] = [];
  for (let from = 0; from < graph.expanded; from++) {
    forEachEdge(graph, from, (action, to) => edges.push({ from, to, ...labelOf(graph, action) }));
  }
  return { title, states, edges, variables: Object.keys(states[0]?.variables ?? {}) };
}

function labelOf(graph: ReachableGraph, id: number): Pick<ExplicitEdge, "label" | "by"> {
  const action = graph.system.action(id);
  const of = "machine" in action && action.machine !== undefined ? `${action.machine}: ` : "";
  switch (action.kind) {
    case "tick":
      return { label: `time passes (${action.ms} ms)`, by: "time" };
    case "timer":
      return { label: of + action.timer.label, by: "timer" };
    case "fault":
      return {
        label: `${action.channel} ${action.fault.kind} ${action.fault.event.type}`,
        by: "channel",
      };
    case "event":
    case "delivery": {
      const { type, ...payload } = action.event;
      const values = Object.entries(payload).map(
        ([name, value]) => `${name}=${JSON.stringify(value)}`,
      );
      const by = action.kind === "event" ? "event" : "channel";
      return { label: of + [type, ...values].join(" "), by };
    }
  }
}

/** What a reader of an exported file should know. */
export const remark = ({ title, states, edges }: Explicit): string =>
  `${title}: ${plural(states.length, "state")}, ${plural(edges.length, "transition")}`;

/** An identifier for a name that may hold dots, spaces or other marks. */
export const identifier = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(\d)/, "_$1");
