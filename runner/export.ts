/** What `verify export` writes: engines make the text, this finds what is meant. */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { Budget, ExportFormat } from "../core/engine.ts";
import type { StateGraph } from "../core/exhibit.ts";
import { checkSafely, makeContext } from "./check.ts";
import type { SubjectSource, Task } from "./protocol.ts";
import { loadEngine } from "./registry.ts";
import { planRun, runDefaults } from "./run.ts";

export interface ExportOptions {
  readonly source: SubjectSource;
  /** A subject; for `itf` a property, whose counterexample or witness is written. */
  readonly name: string;
  readonly format: ExportFormat;
  /** The statechart as it was written, instead of the states that it can be in. */
  readonly chart: boolean;
  readonly budget: Budget;
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

export async function exportText(options: ExportOptions): Promise<string> {
  const { name, format } = options;
  const engine = await loadEngine("explore");
  const { subjects, obligations } = await planRun(options.source, {
    only: [name],
    engines: ["explore"],
  });
  const obligation = obligations.find(({ id }) => id === name) ?? obligations[0]!;
  const subject = subjects.find(({ id }) => id === obligation.subject)!;
  const task: Task = { obligation, seed: runDefaults.seed, budget: options.budget, options: {} };
  const context = makeContext(task, options.signal, options.progress);
  if (format === "itf") {
    if (obligation.id !== name) {
      throw new DiagnosticError("VRF110", "an ITF file holds one run: name a property", {
        place: name,
        help: `verify export ${obligation.id} --format itf writes its counterexample or witness`,
      });
    }
    const outcome = await checkSafely(engine, subject, task, context);
    const trace = outcome.counterexample?.trace ?? outcome.witness;
    if (trace === undefined) {
      throw new DiagnosticError(
        "VRF110",
        `${name} is ${outcome.verdict}: there is no run to show`,
        {
          place: name,
        },
      );
    }
    return `${JSON.stringify(trace, null, 2)}\n`;
  }
  if (options.chart) {
    const chart = engine.graph?.(subject) ?? null;
    if (chart !== null && format === "dot") return chartDot(chart);
    if (chart !== null && format === "mermaid") return chartMermaid(chart);
    throw new DiagnosticError("VRF110", `a statechart cannot be written as ${format}`, {
      place: name,
      help: "--chart goes with --format dot or mermaid; leave it out for the reachable states",
    });
  }
  if (engine.export === undefined) throw new TypeError("the explore engine exports nothing");
  return engine.export(subject, format, context);
}

const quoted = (text: string): string => JSON.stringify(text);

function chartDot({ nodes, edges }: StateGraph): string {
  const inside = (parent: string | undefined, indent: string): string[] =>
    nodes
      .filter((node) => node.parent === parent)
      .flatMap((node) => {
        const children = inside(node.id, `${indent}  `);
        const look =
          node.final === true ? ", peripheries=2" : node.initial === true ? ", penwidth=2" : "";
        return children.length === 0
          ? [`${indent}${quoted(node.id)} [label=${quoted(node.label)}${look}];`]
          : [
              `${indent}subgraph ${quoted(`cluster_${node.id}`)} {`,
              `${indent}  label=${quoted(node.label)};`,
              `${indent}  ${quoted(node.id)} [shape=point];`,
              ...children,
              `${indent}}`,
            ];
      });
  return [
    "digraph statechart {",
    "  node [shape=box, style=rounded];",
    ...inside(undefined, "  "),
    ...edges.map(
      ({ from, to, label }) => `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}];`,
    ),
    "}",
    "",
  ].join("\n");
}

function chartMermaid({ nodes, edges }: StateGraph): string {
  const name = (id: string): string => id.replaceAll(/[^A-Za-z0-9]/g, "_");
  const inside = (parent: string | undefined, indent: string): string[] =>
    nodes
      .filter((node) => node.parent === parent)
      .flatMap((node) => {
        const children = inside(node.id, `${indent}  `);
        const start = node.initial === true ? [`${indent}[*] --> ${name(node.id)}`] : [];
        return children.length === 0
          ? [`${indent}${name(node.id)} : ${node.label}`, ...start]
          : [
              `${indent}state ${quoted(node.label)} as ${name(node.id)} {`,
              ...children,
              `${indent}}`,
              ...start,
            ];
      });
  return [
    "stateDiagram-v2",
    ...inside(undefined, "  "),
    ...edges.map(
      ({ from, to, label }) =>
        `  ${name(from)} --> ${name(to)} : ${label.replaceAll(/[:;]/g, " ")}`,
    ),
    "",
  ].join("\n");
}
