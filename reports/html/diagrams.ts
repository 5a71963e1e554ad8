/** The state diagrams of a report, drawn once when the page is written. */

import type { Report, StateGraph } from "../../core/index.ts";
import { drawable } from "../view/diagram.ts";
import { cleanSvg, toDot } from "./dot.ts";

/** A drawing per subject, and the prefix of the element ids in it. */
export type Diagrams = Readonly<Record<string, { readonly prefix: string; readonly svg: string }>>;

/**
 * Lays out every graph with Graphviz (WebAssembly, no browser needed). A graph that is too large
 * or that Graphviz refuses has no drawing; the page says so and shows the rest.
 */
export async function drawDiagrams(report: Report): Promise<Diagrams> {
  const subjects = report.subjects
    .map(({ id, graph }, index) => ({ id, graph, prefix: `d${index}` }))
    .filter((entry): entry is typeof entry & { graph: StateGraph } => {
      return entry.graph !== null && drawable(entry.graph);
    });
  if (subjects.length === 0) return {};
  const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
  const graphviz = await Graphviz.load();
  const out: Record<string, { prefix: string; svg: string }> = {};
  for (const { id, graph, prefix } of subjects) {
    try {
      const svg = cleanSvg(graphviz.layout(toDot(graph, prefix), "svg", "dot"), graph, prefix);
      if (svg !== "") out[id] = { prefix, svg };
    } catch {
      // Without a drawing the page lists the states instead.
    }
  }
  return out;
}
