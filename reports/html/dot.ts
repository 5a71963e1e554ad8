/** A state graph as DOT text, and Graphviz' answer as SVG that a page can style. */

import type { StateGraph } from "../../core/index.ts";
import { arrowLabel, arrows, edgeElement, nodeElement, wrapLabel } from "../view/diagram.ts";
import { escapeHtml } from "./escape.ts";

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll(/\r?\n/g, "\\n")}"`;

/** DOT text; compound states become clusters. Ids come from the order in the graph. */
export function toDot(graph: StateGraph, prefix: string): string {
  const index = new Map(graph.nodes.map((node, position) => [node.id, position]));
  const children = new Map<string, string[]>();
  for (const node of graph.nodes) {
    const parent = node.parent !== undefined && index.has(node.parent) ? node.parent : "";
    children.set(parent, [...(children.get(parent) ?? []), node.id]);
  }
  const isCompound = (id: string): boolean => (children.get(id)?.length ?? 0) > 0;
  /** Edges cannot end at a cluster: they end at a state inside and are clipped at its border. */
  const anchor = (id: string): string => {
    const inner = children.get(id);
    if (inner === undefined || inner.length === 0) return id;
    const initial = inner.find((child) => graph.nodes[index.get(child) ?? -1]?.initial === true);
    return anchor(initial ?? inner[0] ?? id);
  };

  const lines: string[] = [
    "digraph states {",
    // "Helvetica" only tells Graphviz how wide letters are; the page sets its own font.
    '  graph [compound=true, rankdir=TB, bgcolor=transparent, nodesep=0.45, ranksep=0.55, fontname="Helvetica", fontsize=12, pad=0.15];',
    '  node [shape=box, style="rounded", fontname="Helvetica", fontsize=13, margin="0.16,0.09", height=0.4];',
    '  edge [fontname="Helvetica", fontsize=11, arrowsize=0.7];',
  ];

  const emit = (id: string, indent: string): void => {
    const position = index.get(id) ?? -1;
    const node = graph.nodes[position];
    if (node === undefined) return;
    const element = nodeElement(prefix, position);
    const label = quote(wrapLabel(node.label).join("\n"));
    if (!isCompound(id)) {
      const double = node.final === true ? ", peripheries=2" : "";
      lines.push(
        `${indent}${quote(id)} [id=${quote(element)}, class="state", label=${label}${double}];`,
      );
      return;
    }
    lines.push(`${indent}subgraph ${quote(`cluster_${id}`)} {`);
    lines.push(
      `${indent}  graph [id=${quote(element)}, class="compound", label=${label}, labeljust=l, style=rounded, margin=14];`,
    );
    for (const child of children.get(id) ?? []) emit(child, `${indent}  `);
    lines.push(`${indent}}`);
  };
  for (const id of children.get("") ?? []) emit(id, "  ");

  const initials = graph.nodes.filter((node) => node.initial === true);
  for (const node of initials) {
    const dot = `·initial ${node.id}`;
    const target = anchor(node.id);
    const clip = isCompound(node.id) ? `, lhead=${quote(`cluster_${node.id}`)}` : "";
    const parent = node.parent !== undefined && index.has(node.parent) ? node.parent : "";
    // The dot belongs inside the compound state whose initial state it marks.
    const inside = parent === "" ? ["", ""] : [`subgraph ${quote(`cluster_${parent}`)} { `, " }"];
    lines.push(
      `  ${inside[0]}${quote(dot)} [shape=circle, label="", width=0.12, height=0.12, fixedsize=true, style=filled, class="initial"];${inside[1]}`,
      `  ${quote(dot)} -> ${quote(target)} [class="initial"${clip}];`,
    );
  }

  for (const [first, members] of arrows(graph)) {
    const edge = graph.edges[first];
    if (edge === undefined || !index.has(edge.from) || !index.has(edge.to)) continue;
    const clip =
      (isCompound(edge.from) ? `, ltail=${quote(`cluster_${edge.from}`)}` : "") +
      (isCompound(edge.to) ? `, lhead=${quote(`cluster_${edge.to}`)}` : "");
    const label = arrowLabel(graph, members)
      // Spaces that count keep the text off the line it belongs to.
      .map(({ text }) => `\u00a0${text}\u00a0`)
      .join("\n");
    lines.push(
      `  ${quote(anchor(edge.from))} -> ${quote(anchor(edge.to))} [id=${quote(edgeElement(prefix, first))}, class="transition", label=${quote(label)}${clip}];`,
    );
  }
  lines.push("}");
  return lines.join("\n");
}

/** Pixels per point of Graphviz: a little larger than the text around, since labels are small. */
const scale = 1.2;

/**
 * Graphviz' SVG reduced to shapes and text: no prologue, colours or fonts, so that the page's own
 * style applies in light and dark; titles (shown when pointed at) are the full, uncut labels.
 */
export function cleanSvg(svg: string, graph: StateGraph, prefix: string): string {
  const titles = new Map<string, string>();
  for (const [position, node] of graph.nodes.entries()) {
    const full = node.label === node.id ? node.id : `${node.label} (${node.id})`;
    titles.set(nodeElement(prefix, position), full);
  }
  for (const [first, members] of arrows(graph)) {
    const edge = graph.edges[first];
    if (edge === undefined) continue;
    const labels = members.map((member) => graph.edges[member]?.label ?? "");
    titles.set(edgeElement(prefix, first), `${edge.from} → ${edge.to}:\n${labels.join("\n")}`);
  }
  const start = svg.indexOf("<svg");
  if (start < 0) return "";
  return svg
    .slice(start)
    .replaceAll(/<!--[\s\S]*?-->\s*/g, "")
    .replaceAll(/ (?:fill|stroke|font-family|font-size|xml:space|xmlns:xlink)="[^"]*"/g, "")
    .replaceAll(
      /<g id="(?<id>[^"]*)" class="(?<kind>[^"]*)"(?<rest>[^>]*)>\s*<title>[^<]*<\/title>/g,
      (_all, id: string, kind: string, rest: string) => {
        const title = titles.get(id);
        return title === undefined
          ? `<g class="${kind}"${rest}>`
          : `<g id="${id}" class="${kind}"${rest}><title>${escapeHtml(title)}</title>`;
      },
    )
    .replace(
      /<svg width="(?<width>[\d.]+)pt" height="(?<height>[\d.]+)pt"/,
      (_all, width: string, height: string) => {
        const pixels = (points: string): number => Math.round(Number(points) * scale);
        return `<svg width="${pixels(width)}" height="${pixels(height)}"`;
      },
    )
    .replaceAll(/>\n+</g, "><")
    .trim();
}
