/** State graphs as pictures: Graphviz DOT and Mermaid. */

import { remark, type Explicit } from "./explicit.ts";

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

export function dotOf(explicit: Explicit): string {
  const lines = [
    `// ${remark(explicit)}`,
    `digraph ${quoted(explicit.title)} {`,
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    "  start [shape=point];",
    "  start -> 0;",
  ];
  for (const [index, { text, done }] of explicit.states.entries()) {
    lines.push(`  ${index} [label=${quoted(text)}${done ? ", peripheries=2" : ""}];`);
  }
  for (const { from, to, label, by } of explicit.edges) {
    lines.push(
      `  ${from} -> ${to} [label=${quoted(label)}${by === "event" ? "" : ", style=dashed"}];`,
    );
  }
  return [...lines, "}", ""].join("\n");
}

export function mermaidOf(explicit: Explicit): string {
  const plain = (text: string): string =>
    text.replaceAll(/["#;<>{}]/g, (mark) => `#${mark.charCodeAt(0)};`).replaceAll(":", "#58;");
  const lines = [`%% ${remark(explicit)}`, "stateDiagram-v2", "  [*] --> s0"];
  for (const [index, { text, done }] of explicit.states.entries()) {
    lines.push(`  s${index} : ${plain(text)}`);
    if (done) lines.push(`  s${index} --> [*]`);
  }
  for (const { from, to, label } of explicit.edges) {
    lines.push(`  s${from} --> s${to} : ${plain(label)}`);
  }
  return [...lines, ""].join("\n");
}
