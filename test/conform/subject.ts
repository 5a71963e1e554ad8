/** The circuit breaker as the tests of this room use it. */

import type { CheckContext, Obligation } from "../../core/engine.ts";
import { conforms, type ConformsProperty } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { Implementation, MachineSubject } from "../../core/subject.ts";
import { engine } from "../../checkers/conform/engine.ts";
import { circuitBreaker, resetTimeout } from "../../models/circuit-breaker.ts";

/** No restriction: every step, every observable. */
export const whole = conforms("behaves as the model", { id: "conforms" });

export const adapterOptions = { resetTimeoutMs: resetTimeout };

export const subjectWith = (
  implementations: readonly Implementation[],
  properties: readonly ConformsProperty[] = [whole],
): MachineSubject => ({
  kind: "machine",
  id: "circuit-breaker",
  title: "Circuit breaker",
  model: circuitBreaker,
  properties,
  implementations,
});

export function makeContext(
  options: CheckContext["options"] = {},
  more: Partial<CheckContext> = {},
): CheckContext {
  return {
    seed: 7,
    budget: { timeMs: 60_000, maxStates: 1_000_000 },
    signal: new AbortController().signal,
    progress: () => {},
    options,
    ...more,
  };
}

/** The only obligation of a subject with one property and one implementation, checked. */
export async function checkOne(
  subject: MachineSubject,
  context: CheckContext = makeContext(),
): Promise<{ readonly obligation: Obligation; readonly outcome: Outcome }> {
  const [obligation, ...others] = engine.plan(subject);
  if (obligation === undefined || others.length > 0) throw new Error("not exactly one obligation");
  return { obligation, outcome: await engine.check(obligation, subject, context) };
}
