/** States of a claim with and without each reduction, and the time. The verdicts must agree. */

import { engine } from "../checkers/explore/engine.ts";
import { always, deadlockFree, defineSubject, type Property, type SystemModel } from "../index.ts";
import { clients } from "../test/fixtures/explore/clients.ts";
import { philosophers } from "../test/fixtures/explore/philosophers.ts";
import { consistent, twoPhaseCommit } from "../test/fixtures/explore/two-phase-commit.ts";
import { alone, beside, type BenchArea } from "./case.ts";

const context = {
  seed: 1,
  budget: { timeMs: 300_000, maxStates: 10_000_000 },
  signal: new AbortController().signal,
  progress: () => {},
};

/** Neighbours never eat at the same time. */
const neighbours = (count: number): Property =>
  always(
    "claim",
    Array.from(
      { length: count },
      (_, seat) => `not (at(p${seat}.eating) and at(p${(seat + 1) % count}.eating))`,
    ).join(" and "),
  );

const cases: readonly (readonly [name: string, model: () => SystemModel, claim: Property])[] = [
  [
    "ten clients, two in the claim",
    () => clients(10),
    always("claim", "not (at(c0.offline) and at(c0.known) and at(c1.offline))"),
  ],
  ["ten philosophers, no deadlock", () => philosophers(10, true), deadlockFree()],
  ["six philosophers, all alike, eating neighbours", () => philosophers(6, false), neighbours(6)],
  ["2PC of five, no deadlock", () => twoPhaseCommit(5), deadlockFree()],
  ["2PC of five, consistent", () => twoPhaseCommit(5), always("claim", consistent(5))],
];

const reductions = ["por", "symmetry", "all"] as const;

async function search(
  model: SystemModel,
  claim: Property,
  reduce: string,
): Promise<{ verdict: string; states: number; seconds: number }> {
  const subject = defineSubject({ id: "system", model, properties: [claim] });
  const begin = performance.now();
  const [obligation] = engine.plan(subject);
  const outcome = await engine.check(obligation!, subject, { ...context, options: { reduce } });
  const seconds = (performance.now() - begin) / 1_000;
  return { verdict: outcome.verdict, states: outcome.stats["states"]!, seconds };
}

const bench: BenchArea = {
  async run(report) {
    for (const [name, model, claim] of cases) {
      const plain = await search(model(), claim, "none");
      for (const reduce of reductions) {
        const less = await search(model(), claim, reduce);
        if (less.verdict !== plain.verdict) {
          throw new Error(`${name}: ${plain.verdict}, but ${less.verdict} with ${reduce}`);
        }
        const peer = { peer: "unreduced", samples: 1 };
        report(
          beside({
            case: `${name}, ${reduce}`,
            metric: "states",
            value: less.states,
            unit: "states",
            peerValue: plain.states,
            ...peer,
          }),
        );
        report(alone(`${name}, ${reduce}`, "time", less.seconds / plain.seconds, "of unreduced"));
      }
    }
  },
};
export default bench;
