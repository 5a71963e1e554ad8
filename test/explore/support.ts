/** Runs the explore engine as the runner would, without the runner. */

import type { CheckContext, Obligation, ReplayObservation } from "../../core/engine.ts";
import type { Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { MachineModel, MachineSubject } from "../../core/subject.ts";
import { engine } from "../../checkers/explore/engine.ts";

export function contextWith(
  budget: Partial<CheckContext["budget"]> = {},
  signal: AbortSignal = new AbortController().signal,
): CheckContext {
  return {
    seed: 1,
    budget: { timeMs: 30_000, maxStates: 20_000, ...budget },
    signal,
    progress: () => {},
    options: {},
  };
}

export const subjectOf = (
  model: MachineModel,
  properties: readonly Property[],
  id = "subject",
): MachineSubject => ({ kind: "machine", id, title: id, model, properties });

export function obligationOf(subject: MachineSubject, property: string): Obligation {
  const found = engine.plan(subject).find((obligation) => obligation.property === property);
  if (found === undefined) throw new Error(`no obligation for ${property}`);
  return found;
}

/** The outcome of one property on a model. */
export function check(
  model: MachineModel,
  property: Property,
  budget: Partial<CheckContext["budget"]> = {},
): Promise<Outcome> {
  const subject = subjectOf(model, [property]);
  return engine.check(obligationOf(subject, property.id), subject, contextWith(budget));
}

/** Finds a counterexample on one model and replays it on another. */
export async function replayOn(
  found: MachineModel,
  now: MachineModel,
  property: Property,
): Promise<ReplayObservation> {
  const outcome = await check(found, property);
  if (outcome.counterexample === null) throw new Error(`no counterexample: ${outcome.verdict}`);
  const subject = subjectOf(now, [property]);
  return engine.replay(
    obligationOf(subject, property.id),
    subject,
    outcome.counterexample,
    contextWith(),
  );
}
