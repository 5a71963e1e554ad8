/** `verify export`: an explored state space, or a run, for other tools. */

import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { CheckContext, ExportFormat } from "../../../core/engine.ts";
import type { ExploredSubject } from "../../../core/subject.ts";
import { plural } from "../finding.ts";
import { extend, graphOf } from "../graph.ts";
import { explicitOf } from "./explicit.ts";
import { dotOf, mermaidOf } from "./pictures.ts";
import { promelaOf } from "./promela.ts";
import { tlaOf } from "./tla.ts";

const writers = { dot: dotOf, mermaid: mermaidOf, promela: promelaOf, tla: tlaOf } as const;

/**
 * The reachable states as text.
 * @throws {DiagnosticError} VRF110 when they could not all be visited: part of a state space is
 *   another state space
 */
export async function exportStates(
  subject: ExploredSubject,
  format: Exclude<ExportFormat, "itf">,
  context: CheckContext,
): Promise<string> {
  const graph = graphOf(subject);
  const stop = await extend(graph, context);
  if (graph.fault !== null) {
    throw new DiagnosticError(graph.fault.fault.code, graph.fault.fault.message, {
      place: subject.id,
    });
  }
  if (!graph.complete) {
    throw new DiagnosticError(
      "VRF110",
      `only ${plural(graph.expanded, "state")} could be visited (limit: ${stop})`,
      { place: subject.id, help: "raise --max-states or --max-time, or narrow the declarations" },
    );
  }
  return writers[format](explicitOf(graph, subject.id));
}
