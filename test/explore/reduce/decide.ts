/** A claim about a system, searched with and without reductions, up to the finding and the verdict. */

import { engine } from "../../../checkers/explore/engine.ts";
import { decide as decideOn } from "../../../checkers/explore/engine.ts";
import { search, sound, type Soundness } from "../../../checkers/explore/reduce/search.ts";
import { contextWith } from "../support.ts";
import {
  defineSubject,
  type Outcome,
  type Property,
  type SystemModel,
  type SystemSubject,
} from "../../../index.ts";

export const subjectOf = (model: SystemModel, property: Property): SystemSubject =>
  defineSubject({ id: "system", title: "system", model, properties: [property] });

export interface Decided {
  readonly kind: string;
  readonly states: number;
  readonly transitions: number;
}

/** What the search finds, before any replay. */
export async function decide(
  model: SystemModel,
  property: Property,
  reduce: string,
  change: Partial<Soundness> = {},
): Promise<Decided> {
  const subject = subjectOf(model, property);
  const { graph } = await search(
    subject,
    property,
    { ...contextWith(), options: { reduce } },
    { ...sound(property), ...change },
  );
  const { expanded: states, transitions } = graph;
  if (graph.fault !== null) return { kind: "fault", states, transitions };
  const { kind } = decideOn(graph, property, subject);
  return { kind, states, transitions };
}

/** The outcome as the runner would see it. */
export async function outcomeOf(
  model: SystemModel,
  property: Property,
  options: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const subject = subjectOf(model, property);
  const [obligation] = engine.plan(subject);
  return engine.check(obligation!, subject, { ...contextWith(), options });
}
