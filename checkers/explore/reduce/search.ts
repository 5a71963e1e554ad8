/** The reduced state space of a claim, beside the complete one that the claims of a subject share. */

import type { CheckContext } from "../../../core/engine.ts";
import type { Property } from "../../../core/property.ts";
import type { ReductionReport } from "../../../core/result.ts";
import type { ExploredSubject } from "../../../core/subject.ts";
import type { ReductionName } from "../../../core/verdict.ts";
import { compileModel, type System } from "../../../semantics/system.ts";
import { extend, graphOf, startGraph, type ReachableGraph, type Stop } from "../graph.ts";
import { sameClaim } from "./alike.ts";
import { AmpleSets, soundConditions, type Conditions } from "./ample.ts";
import type { Exchange } from "./exchange.ts";
import { askedReductions, logicOf, off, whyNoPartialOrder, whyNoSymmetry } from "./plan.ts";
import { fieldsRead, predicatesOf } from "./reads.ts";
import { Reducer } from "./reducer.ts";
import { orbitsOf, Symmetry, type Orbit } from "./symmetry.ts";
import { NotAlike } from "./views.ts";

export interface Searched {
  readonly graph: ReachableGraph;
  readonly stop: Stop;
  /** What took effect; empty when the graph is the complete one. */
  readonly reductions: readonly ReductionName[];
  /** null where nothing was asked for. */
  readonly report: ReductionReport | null;
}

/** The conditions of soundness, so that tests can show what goes wrong without each. */
export interface Soundness {
  readonly ample: Conditions;
  readonly sameClaim: typeof sameClaim;
}

export const sound = (property: Property): Soundness => ({
  ample: soundConditions(logicOf(property) === "linear"),
  sameClaim,
});

/** Explores what a claim needs, as far as the budget allows. */
export async function search(
  subject: ExploredSubject,
  property: Property,
  context: CheckContext,
  soundness: Soundness = sound(property),
): Promise<Searched> {
  const asked = askedReductions(subject, context.options);
  return searchWith(asked, [], subject, property, context, soundness);
}

type Off = ReductionReport["off"];

async function searchWith(
  asked: readonly ReductionName[],
  offBefore: Off,
  subject: ExploredSubject,
  property: Property,
  context: CheckContext,
  soundness: Soundness,
): Promise<Searched> {
  const refused: Off[number][] = [...offBefore];
  const wants = (name: ReductionName, why: string | null): boolean => {
    if (!asked.includes(name)) return false;
    if (why !== null) refused.push(off(name, why));
    return why === null;
  };
  const system = compileModel(subject.model);
  let orbits: readonly Orbit[] = [];
  const started = startGraph(system, { realRun: (path) => symmetry?.realRun(path) ?? path });
  const texts = (predicatesOf(property) ?? []).map(String);
  if (wants("symmetry", whyNoSymmetry(subject, property)) && started.fault === null) {
    const found = orbitsOf(system.product, (exchange) =>
      whyTold(exchange, texts, system, soundness),
    );
    ({ orbits } = found);
    if (orbits.length === 0) refused.push(off("symmetry", found.why));
  }
  const partialOrder = wants("partial order", whyNoPartialOrder(subject, property));
  const symmetry = orbits.length === 0 ? null : new Symmetry(system, orbits);
  if (!partialOrder && symmetry === null) {
    const graph = graphOf(subject);
    const report = asked.length + refused.length === 0 ? null : { used: [], off: refused };
    return { graph, stop: await extend(graph, context), reductions: [], report };
  }

  const visible = [...new Set(texts.flatMap((text) => fieldsRead(text, system.product)))];
  const ample = partialOrder ? new AmpleSets(system.product, visible, soundness.ample) : null;
  const reducer = new Reducer(system, ample, symmetry);
  system.reduceBy(reducer);
  const again = (name: ReductionName, reason: string): Promise<Searched> => {
    const others = asked.filter((other) => other !== name);
    const offNow = [...offBefore, off(name, reason)];
    return searchWith(others, offNow, subject, property, context, soundness);
  };
  let stop: Stop;
  try {
    stop = await extend(started, context);
  } catch (thrown) {
    if (thrown instanceof NotAlike) return again("symmetry", thrown.message);
    throw thrown;
  }
  if (partialOrder && logicOf(property) === "linear" && system.hasTimers()) {
    return again("partial order", "timers must fire at last, and that is fairness");
  }
  const used: string[] = [];
  if (partialOrder) {
    used.push(
      `partial order: in ${reducer.partly} of ${started.expanded} states only some machines go first`,
    );
  }
  for (const { names } of orbits) used.push(`symmetry: ${names} are interchangeable`);
  return {
    graph: started,
    stop,
    reductions: [
      ...(partialOrder ? (["partial order"] as const) : []),
      ...(symmetry === null ? [] : (["symmetry"] as const)),
    ],
    report: { used, off: refused },
  };
}

/** Do the claim or the first state tell exchanged machines apart? */
function whyTold(
  exchange: Exchange,
  texts: readonly string[],
  { product, store }: System,
  soundness: Soundness,
): string | null {
  const names = exchange.machines.flatMap((target, machine) =>
    target === machine ? [] : [product.components[machine]!.name],
  );
  const who = names.join(", ");
  if (texts.some((text) => !soundness.sameClaim(text, exchange, product))) {
    return `the claim tells ${who} apart`;
  }
  const first = new Uint32Array(product.layout.words);
  store.read(0, first);
  const exchanged = new Uint32Array(product.layout.words);
  exchange.apply(first, 0, exchanged);
  return first.every((word, index) => word === exchanged[index])
    ? null
    : `${who} do not start in the same state`;
}
