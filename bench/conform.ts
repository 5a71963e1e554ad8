/**
 * Conformance: command steps per second on our breaker in virtual time, beside fast-check's own command
 * loop (`commands` with `asyncModelRun`) with commands whose `async run()` only counts. Ours is the whole
 * check: the model's graph, the tests of every transition, 2000 random sequences, and every observable
 * compared after every step. Theirs generates and runs 2000 sequences of the same greatest length. Both
 * take turns in one process, after the same number of rounds that warm up.
 */

import {
  assert,
  asyncModelRun,
  asyncProperty,
  commands,
  constant,
  type AsyncCommand,
} from "fast-check";

import { breakerOurs } from "../adapters/breaker-ours.ts";
import { engine } from "../checkers/conform/engine.ts";
import type { CheckContext } from "../core/engine.ts";
import { conforms } from "../core/property.ts";
import { circuitBreaker, resetTimeout } from "../models/circuit-breaker.ts";
import { beside, median, type BenchArea } from "./case.ts";

const warmUp = 4;
const rounds = 15;

async function ours(seed: number): Promise<number> {
  const subject = {
    kind: "machine",
    id: "circuit-breaker",
    title: "Circuit breaker",
    model: circuitBreaker,
    properties: [conforms("behaves as the model", { id: "conforms" })],
    implementations: [breakerOurs({ resetTimeoutMs: resetTimeout })],
  } as const;
  const [obligation] = engine.plan(subject);
  const context: CheckContext = {
    seed,
    budget: { timeMs: 60_000, maxStates: 1_000_000 },
    signal: new AbortController().signal,
    progress: () => {},
    options: { sequences: 2_000 },
  };
  const start = performance.now();
  const { verdict, stats } = await engine.check(obligation!, subject, context);
  if (verdict !== "holds-bounded") throw new Error(`our breaker is ${verdict}`);
  return stats["steps"]! / ((performance.now() - start) / 1000);
}

async function emptyLoop(seed: number): Promise<number> {
  let steps = 0;
  class Nothing implements AsyncCommand<object, object> {
    check(): boolean {
      return true;
    }
    async run(): Promise<void> {
      steps += 1;
    }
  }
  const start = performance.now();
  await assert(
    asyncProperty(
      commands([constant(new Nothing())], { maxCommands: 40, size: "max" }),
      (sequence) => asyncModelRun(() => ({ model: {}, real: {} }), sequence),
    ),
    { seed, numRuns: 2_000 },
  );
  return steps / ((performance.now() - start) / 1000);
}

const area: BenchArea = {
  async run(report) {
    const mine: number[] = [];
    const theirs: number[] = [];
    for (let round = -warmUp; round < rounds; round++) {
      const [own, peer] = [await ours(round), await emptyLoop(round)];
      if (round < 0) continue;
      mine.push(own);
      theirs.push(peer);
    }
    report(
      beside({
        case: "breaker in virtual time",
        metric: "command steps",
        value: median(mine),
        unit: "1/s",
        peer: "fast-check's empty command loop (asyncModelRun)",
        peerValue: median(theirs),
        samples: rounds,
      }),
    );
  },
};

export default area;
