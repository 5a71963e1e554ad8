/** The circuit breaker and its clauses of conformance, as the tests of this room use them. */

import type { CheckContext } from "../../core/engine.ts";
import { conforms, type ConformsProperty, type ModelState } from "../../core/property.ts";
import type { Implementation, MachineSubject } from "../../core/subject.ts";
import { circuitBreaker, resetTimeout } from "../../models/circuit-breaker.ts";

const failures = (state: ModelState): number =>
  (state.context as { readonly failures: number }).failures;

export const whole = conforms("behaves as the model", { id: "conforms" });

export const clauses = {
  opensAtThreshold: conforms("opens at the threshold", {
    when: (state) => state.matches("closed") && failures(state) === 2,
  }),
  staysClosed: conforms("stays closed below the threshold", {
    when: (state) => state.matches("closed") && failures(state) < 2,
  }),
  rejects: conforms("rejects while open", { when: "at(open)" }),
  trials: conforms("one trial while half-open", { when: "at(halfOpen)", observables: ["call"] }),
  decides: conforms("only trials decide", { when: "at(halfOpen)", observables: ["state"] }),
} satisfies Record<string, ConformsProperty>;

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

export const adapterOptions = { resetTimeoutMs: resetTimeout };

export const context = (options: CheckContext["options"] = {}, seed = 7): CheckContext => ({
  seed,
  budget: { timeMs: 60_000, maxStates: 1_000_000 },
  signal: new AbortController().signal,
  progress: () => {},
  options,
});
