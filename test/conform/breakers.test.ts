import { describe, expect, it } from "vitest";

import { breakerCockatiel, predictCockatiel } from "../../adapters/breaker-cockatiel.ts";
import { predictBreaker } from "../../adapters/breaker-driver.ts";
import { breakerOpossum, closestPercentage } from "../../adapters/breaker-opossum.ts";
import { breakerOurs } from "../../adapters/breaker-ours.ts";
import { engine } from "../../checkers/conform/engine.ts";
import type { Implementation } from "../../core/subject.ts";
import type { ConformsProperty } from "../../core/property.ts";
import { circuitBreakerConformance } from "../../properties/circuit-breaker-conformance.ts";
import type { Fault } from "../../tools/mutation/load.ts";
import { load, mutants } from "./mutants.ts";
import { adapterOptions, checkOne, makeContext, subjectWith, whole } from "./subject.ts";

const implementations = [
  breakerOurs(adapterOptions),
  breakerOpossum(adapterOptions),
  breakerCockatiel(adapterOptions),
];

describe("circuit breakers against their model", () => {
  const subject = subjectWith(implementations, [whole, ...circuitBreakerConformance]);
  const planned = engine.plan(subject).filter(
    // The first difference of a published package from the whole model is any of its deviations.
    ({ property, implementation }) => property !== whole.id || implementation?.name === "ours",
  );

  it("plans one obligation per property and implementation", () => {
    expect(engine.plan(subject).map(({ id }) => id)).toContain(
      "circuit-breaker/conforms@cockatiel",
    );
    expect(planned).toHaveLength(3 * circuitBreakerConformance.length + 1);
  });

  it.for(planned)("$id is as pinned", async (obligation) => {
    // A deviation must be found from any seed; agreement is the same work every time.
    for (const seed of obligation.expect === null ? [1] : [1, 2026, 0xffff_ffff]) {
      const outcome = await engine.check(obligation, subject, makeContext({}, { seed }));
      const { expect: pinned } = obligation;
      expect(outcome.verdict, outcome.evidence).toBe(pinned?.verdict ?? "holds-bounded");
      expect(outcome.method).toBe("commands");
      expect(outcome.stats.compared).toBeGreaterThan(0);
      if (pinned === null) {
        expect(outcome.counterexample).toBeNull();
        expect(outcome.bound).toMatchObject({ maxLength: 40 });
        expect(outcome.stats).toMatchObject({ states: 3 });
      } else {
        expect(outcome.counterexample?.at).toMatchObject(pinned.at!);
        const replayed = await engine.replay(
          obligation,
          subject,
          outcome.counterexample!,
          makeContext(),
        );
        expect(replayed.kind).toBe("reproduced");
      }
    }
  });

  it("is deterministic for one seed", async () => {
    const [first, second] = await Promise.all([
      checkOne(subjectWith([breakerOpossum(adapterOptions)])),
      checkOne(subjectWith([breakerOpossum(adapterOptions)])),
    ]);
    expect(first).toEqual(second);
  });

  it("opossum's closest percentage lies between too early and too late", () => {
    // 3 failures, 2 in flight: 2 of 3 must not open (66.7 %), 3 of 4 must (75 %).
    const percentage = closestPercentage(3, 2);
    expect(percentage).toBeGreaterThan((2 / 3) * 100);
    expect(percentage).toBeLessThan((3 / 4) * 100);
  });
});

describe("negative controls", () => {
  // Only what every breaker shows; ours shows its counts as well, which give some mutants away earlier.
  const shown = (implementation: Implementation): Implementation => ({
    ...implementation,
    predict: predictBreaker,
  });
  // Model state, event and the observable that gives each mutant away.
  const shapes: Record<keyof typeof mutants, Readonly<Record<string, unknown>>> = {
    thresholdOffByOne: { state: "closed", event: "FAILURE", expected: "open", observed: "closed" },
    twoTrials: { state: "halfOpen", event: "CALL", expected: "rejected", observed: "admitted" },
    lateFailureCounts: { event: "LATE_FAILURE", observable: "state" },
    lateSuccessCounts: { state: "halfOpen", event: "LATE_SUCCESS", observed: "closed" },
    successDoesNotReset: {
      state: "closed",
      event: "FAILURE",
      expected: "closed",
      observed: "open",
    },
    opensLater: { state: "closed", event: "FAILURE", expected: "open", observed: "closed" },
    neverHalfOpen: { state: "open", event: "time passes", expected: "halfOpen", observed: "open" },
    halfOpensLate: { state: "open", event: "time passes", expected: "halfOpen", observed: "open" },
    halfOpensEarly: { state: "open", event: "time passes", expected: "open", observed: "halfOpen" },
    trialFailureIgnored: { state: "halfOpen", event: "FAILURE", expected: "open" },
    forgottenCalls: {
      state: "halfOpen",
      event: "CALL",
      expected: "admitted",
      observed: "rejected",
    },
    closesInALaterTask: { state: "open", expected: "open", observed: "closed" },
    changedResult: { event: "SUCCESS", observable: "results", observed: "changed" },
  };

  it.for(Object.entries(mutants) as [keyof typeof mutants, Fault][])(
    "refutes our breaker when %s",
    async ([key, mutant]) => {
      const { create } = await load(mutant);
      const subject = subjectWith([shown(breakerOurs({ ...adapterOptions, create }))]);
      const { obligation, outcome } = await checkOne(subject);
      expect(outcome.verdict).toBe("violated");
      expect(outcome.counterexample?.at).toMatchObject(shapes[key]);
      // Opening takes three calls and three failures; then wait, trial, and what shows the fault.
      expect(outcome.counterexample?.trace.states.length).toBeLessThanOrEqual(1 + 6 + 4);

      // The unchanged breaker passes where the mutant fails: the replay tells them apart.
      const repaired = subjectWith([shown(breakerOurs(adapterOptions))]);
      const { counterexample } = outcome;
      expect(
        await engine.replay(obligation, subject, counterexample!, makeContext()),
      ).toMatchObject({ kind: "reproduced" });
      expect(
        await engine.replay(obligation, repaired, counterexample!, makeContext()),
      ).toMatchObject({ kind: "passes" });
    },
  );

  const ours = breakerOurs(adapterOptions);
  const opossum = breakerOpossum(adapterOptions);
  /** What opossum agrees with, as long as it is mapped rightly. */
  const agreed = circuitBreakerConformance.filter(
    ({ expectFor }) => expectFor?.["opossum"] === undefined,
  );
  interface WrongMap {
    readonly base: Implementation;
    readonly predict: Implementation["predict"];
    readonly clauses?: readonly ConformsProperty[];
  }
  const wrongMaps: Record<string, WrongMap> = {
    "every call is admitted": {
      base: ours,
      predict: (step) => {
        const observables = predictBreaker(step);
        return observables.call === "rejected" ? { ...observables, call: "admitted" } : observables;
      },
    },
    "the state before the step is the state observed": {
      base: ours,
      predict: (step) => ({ ...predictBreaker(step), state: String(step.before.value) }),
    },
    "ours shows half-open as late as cockatiel": { base: ours, predict: predictCockatiel },
    "cockatiel shows half-open as early as ours": {
      base: breakerCockatiel(adapterOptions),
      predict: predictBreaker,
    },
    "opossum shows half-open as late as cockatiel": {
      base: opossum,
      predict: predictCockatiel,
      clauses: agreed.filter(({ id }) => id === "open-rejects"),
    },
    "opossum admits every call": {
      base: opossum,
      predict: (step) => {
        const observables = predictBreaker(step);
        return observables.call === "rejected" ? { ...observables, call: "admitted" } : observables;
      },
      clauses: agreed.filter(({ id }) => id === "trial-limit"),
    },
    "opossum stays half-open after a trial": {
      base: opossum,
      predict: (step) => ({
        ...predictBreaker(step),
        ...(step.before.matches("halfOpen") ? { state: "halfOpen" } : {}),
      }),
      clauses: agreed.filter(({ id }) => id === "trial-decides"),
    },
    "opossum changes what callers get": {
      base: opossum,
      predict: (step) => ({ ...predictBreaker(step), results: "changed" }),
      clauses: agreed.filter(({ id }) => id === "closed-admits"),
    },
  };

  it.for(Object.entries(wrongMaps))(
    "refutes a wrong abstraction map: %s",
    async ([, { base, predict, clauses }]) => {
      const { outcome } = await checkOne(subjectWith([{ ...base, predict }], clauses));
      expect(outcome.verdict).toBe("violated");
    },
  );
});
