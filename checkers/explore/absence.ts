/** Failed claims of reachability: there is no run to show, but a closed set of states without the goal. */

import type { CheckContext, ReplayObservation } from "../../core/engine.ts";
import type { Property } from "../../core/property.ts";
import type { ExploredSubject } from "../../core/subject.ts";
import { makeTrace, traceState, type Counterexample } from "../../core/trace.ts";
import { compileModel } from "../../semantics/system.ts";
import { extend, startGraph, type ReachableGraph } from "./graph.ts";
import { predicateName } from "./judge.ts";
import { writeRecipe } from "./recipe.ts";
import { checkReachable } from "./safety.ts";

export function absence(
  property: Property,
  graph: ReachableGraph,
  evidence: string,
): Counterexample {
  const { system } = graph;
  const name =
    property.kind === "reachable" && typeof property.predicate === "string"
      ? predicateName(property.predicate)
      : "the predicate";
  const message = `${name} can never be reached: ${evidence}`;
  return {
    message,
    at: { states: graph.expanded },
    trace: makeTrace(property.title, [
      traceState(
        { index: 0, active: system.active(0), note: "no run from here gets there" },
        system.describe(0),
      ),
    ]),
    recipe: writeRecipe({ kind: "absent" }),
  };
}

/** Explores the model as it is now: a closed set cannot be followed like a run. */
export async function replayAbsence(
  property: Property,
  subject: ExploredSubject,
  counterexample: Counterexample,
  context: CheckContext,
): Promise<ReplayObservation> {
  const graph = startGraph(compileModel(subject.model));
  await extend(graph, context);
  if (graph.fault !== null) {
    return { kind: "infeasible", message: `the machine fails: ${graph.fault.fault.message}` };
  }
  if (property.kind !== "reachable") {
    return { kind: "infeasible", message: "the property is no longer a claim of reachability" };
  }
  const finding = checkReachable(graph, property, subject.model);
  switch (finding.kind) {
    case "absent":
      return {
        kind: "reproduced",
        message: finding.evidence,
        counterexample: absence(property, graph, finding.evidence),
      };
    case "witnessed":
      return { kind: "passes", message: `it is reachable now: ${finding.evidence}` };
    default:
      return {
        kind: "infeasible",
        message: `not decided again: ${"reason" in finding ? finding.reason : counterexample.message}`,
      };
  }
}
