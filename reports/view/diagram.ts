/** Which parts of a state diagram a run touches. No DOM, no Node. */

import type { StateGraph } from "../../core/index.ts";
import type { Step } from "./steps.ts";

/** Element ids in the SVG; the writer (reports/html) and the page agree through these. */
export const nodeElement = (prefix: string, index: number): string => `${prefix}n${index}`;
export const edgeElement = (prefix: string, index: number): string => `${prefix}e${index}`;

/**
 * Transitions between the same two states share one arrow. The key, and the index in the element
 * id, is the first of its transitions.
 */
export function arrows(graph: StateGraph): Map<number, number[]> {
  const firstOf = new Map<string, number>();
  const out = new Map<number, number[]>();
  for (const [index, edge] of graph.edges.entries()) {
    const key = JSON.stringify([edge.from, edge.to]);
    const first = firstOf.get(key) ?? index;
    firstOf.set(key, first);
    out.set(first, [...(out.get(first) ?? []), index]);
  }
  return out;
}

/** Longer lines make the drawing unreadable; the full text is shown when pointed at. */
const labelWidth = 30;
const labelLines = 4;

/** Lines of a label: broken before guards and actions and at spaces, cut when still too long. */
export function wrapLabel(label: string): string[] {
  const lines: string[] = [];
  for (const part of label.split(/\s+(?=[[/])|\n/)) {
    let line = "";
    for (const word of part.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > labelWidth) {
        lines.push(line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  const shown = lines.slice(0, labelLines);
  if (lines.length > labelLines) shown[labelLines - 1] = `${shown[labelLines - 1] ?? ""} …`;
  return shown.map((line) =>
    line.length > labelWidth + 6 ? `${line.slice(0, labelWidth + 5)}…` : line,
  );
}

/** The lines beside an arrow, each with the transition it belongs to. */
export const arrowLabel = (
  graph: StateGraph,
  members: readonly number[],
): { readonly text: string; readonly edge: number }[] =>
  members.flatMap((edge) =>
    wrapLabel(graph.edges[edge]?.label ?? "").map((text) => ({ text, edge })),
  );

/** Above this the drawing helps nobody; the page says so instead. */
export const maxDiagramNodes = 150;
export const maxDiagramEdges = 400;

export const drawable = (graph: StateGraph): boolean =>
  graph.nodes.length > 0 &&
  graph.nodes.length <= maxDiagramNodes &&
  graph.edges.length <= maxDiagramEdges;

/** The active states with all states around them: `a.b` is also in `a`. */
export function activeSet(active: readonly string[]): Set<string> {
  const out = new Set<string>();
  for (const path of active) {
    const parts = path.split(".");
    for (let length = 1; length <= parts.length; length += 1) {
      out.add(parts.slice(0, length).join("."));
    }
  }
  return out;
}

/** Indexes of the innermost nodes that are active in a step. */
export function activeNodes(graph: StateGraph, active: readonly string[]): number[] {
  const all = activeSet(active);
  const parents = new Set(
    graph.nodes.filter((node) => all.has(node.id)).map((node) => node.parent ?? ""),
  );
  return graph.nodes.flatMap((node, index) =>
    all.has(node.id) && !parents.has(node.id) ? [index] : [],
  );
}

const depth = (id: string): number => id.split(".").length;

/**
 * The edge a step took: same event, source active before, target active after. Where several fit
 * (guards), the innermost wins; null where the diagram has none. A step in which time passed may
 * have taken any timer's edge.
 */
export function takenEdge(graph: StateGraph, before: Step, after: Step): number | null {
  const from = activeSet(before.active);
  const to = activeSet(after.active);
  const innermost = (fits: (event: string) => boolean): number | null => {
    let best: number | null = null;
    let bestDepth = -1;
    for (const [index, edge] of graph.edges.entries()) {
      if (!fits(edge.event) || !from.has(edge.from) || !to.has(edge.to)) continue;
      const rank = depth(edge.from) * 100 + depth(edge.to);
      if (rank > bestDepth) {
        best = index;
        bestDepth = rank;
      }
    }
    return best;
  };
  const exact = innermost((event) => event === after.eventType);
  const moved = before.state !== after.state;
  return exact === null && after.by === "timer" && moved
    ? innermost((event) => event.startsWith("after "))
    : exact;
}

/** For each edge on the run: the numbers of the steps that took it. */
export function pathEdges(graph: StateGraph, steps: readonly Step[]): Map<number, number[]> {
  const out = new Map<number, number[]>();
  for (let index = 1; index < steps.length; index += 1) {
    const before = steps[index - 1];
    const after = steps[index];
    if (before === undefined || after === undefined) continue;
    const edge = takenEdge(graph, before, after);
    if (edge === null) continue;
    const numbers = out.get(edge) ?? [];
    numbers.push(index);
    out.set(edge, numbers);
  }
  return out;
}

/** `4`, `4,5`, `1,4,7…` for the badge on an edge. */
export function badge(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 3).join(",");
  return numbers.length > 3 ? `${shown}…` : shown;
}
