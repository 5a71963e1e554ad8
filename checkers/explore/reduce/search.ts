/** The reduced state space of a claim, beside the complete one that the claims of a subject share. */

import type { CheckContext } from "../../../core/engine.ts";
import type { Property } from "../../../core/property.ts";
import type { ReductionReport } from "../../../core/result.ts";
import type { ExploredSubject } from "../../../core/subject.ts";
import type { ReductionName } from "../../../core/verdict.ts";
import { compileModel } from "../../../semantics/system.ts";
import { extend, graphOf, startGraph, type ReachableGraph, type Stop } from "../graph.ts";
import { AmpleSets, soundConditions, type Conditions } from "./ample.ts";
import { askedReductions, logicOf, off, whyNoPartialOrder } from "./plan.ts";
import { fieldsRead, predicatesOf } from "./reads.ts";
import { Reducer } from "./reducer.ts";

export interface Searched {
  readonly graph: ReachableGraph;
  readonly stop: Stop;
  /** What took effect; empty when the graph is the complete one. */
  readonly reductions: readonly ReductionName[];
  /** null where nothing was asked for. */
  readonly report: ReductionReport | null;
}

/** Explores what a claim needs, as far as the budget allows. */
export async function search(
  subject: ExploredSubject,
  property: Property,
  context: CheckContext,
  conditions: Conditions = soundConditions(logicOf(property) === "linear"),
): Promise<Searched> {
  const asked = askedReductions(subject, context.options);
  const complete = async (report: ReductionReport | null): Promise<Searched> => {
    const graph = graphOf(subject);
    return { graph, stop: await extend(graph, context), reductions: [], report };
  };
  if (asked.length === 0) return complete(null);
  const refused = whyNoPartialOrder(subject, property);
  if (refused !== null) return complete({ used: [], off: [off("partial order", refused)] });

  const system = compileModel(subject.model);
  const graph = startGraph(system, { realRun: (path) => path });
  const texts = (predicatesOf(property) ?? []).map(String);
  const visible = [...new Set(texts.flatMap((text) => fieldsRead(text, system.product)))];
  const reducer = new Reducer(system, new AmpleSets(system.product, visible, conditions));
  system.reduceBy(reducer);
  const stop = await extend(graph, context);
  if (logicOf(property) === "linear" && system.hasTimers()) {
    const reason = "timers must fire at last, and that is fairness";
    return complete({ used: [], off: [off("partial order", reason)] });
  }
  const used = `partial order: in ${reducer.partly} of ${graph.expanded} states only some machines go first`;
  return { graph, stop, reductions: ["partial order"], report: { used: [used], off: [] } };
}
