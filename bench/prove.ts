/**
 * The prover: start-up, bounded search to depth 40, Spacer's proof, a hard query at its limit, and
 * the memory of many obligations in one process (OBLIGATIONS, default 1000). The peer is the same
 * question to an installed z3.
 */

import { readdirSync, readFileSync } from "node:fs";

import { bitEncoding, shortestViolation } from "../checkers/prove/bmc.ts";
import { type Claim, Encoding } from "../checkers/prove/encode.ts";
import { engine } from "../checkers/prove/engine.ts";
import { extract } from "../checkers/prove/extract.ts";
import { trySpacer } from "../checkers/prove/spacer.ts";
import { boolType, elaborate, scopeOfModel } from "../expr/index.ts";
import { circuitBreaker } from "../models/circuit-breaker.ts";
import { ownership } from "../properties/theorems/ownership.ts";
import { nativeVersion } from "../solver/native.ts";
import { closeSolver, Session, type SolverName } from "../solver/solver.ts";
import { alone, type BenchArea, beside, median } from "./case.ts";

const claim: Claim = {
  kind: "state",
  expression: elaborate(
    "implies(at(closed), failures >= 0 and failures < threshold)",
    scopeOfModel(circuitBreaker),
    boolType,
  ).expression,
};

const trivial = { text: "(declare-const x Int)\n(assert (> x 2))" };
const hard = {
  text: "(declare-const x Int)(declare-const y Int)(declare-const z Int)(assert (and (> x 2) (> y 2) (> z 2) (= (+ (* x x x) (* y y y)) (* z z z))))",
};

const session = (solver: SolverName = "built-in", timeMs = 120_000): Session =>
  new Session({ timeMs, solver });

async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

async function medianOf(runs: number, action: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await timed(action));
  return median(times);
}

/** Bytes that this process and its children hold; children cannot be seen everywhere. */
function memory(): number {
  let bytes = process.memoryUsage.rss();
  try {
    for (const task of readdirSync("/proc/self/task")) {
      const children = readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ");
      for (const pid of children.filter((text) => text !== "")) {
        const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        bytes += 1024 * Number(kibibytes ?? 0);
      }
    }
  } catch {
    // no /proc, or a child that just ended
  }
  return bytes;
}

async function manyObligations(count: number): Promise<{ peak: number; decided: number }> {
  const planned = engine.plan(ownership);
  let peak = 0;
  let decided = 0;
  for (let index = 0; index < count; index++) {
    const obligation = planned[index % planned.length]!;
    const outcome = await engine.check(obligation, ownership, {
      seed: 1,
      budget: { timeMs: 30_000, maxStates: 1 },
      signal: new AbortController().signal,
      progress: () => undefined,
      options: {},
    });
    if (outcome.verdict === "proved") decided++;
    peak = Math.max(peak, memory());
  }
  return { peak, decided };
}

const bench: BenchArea = {
  async run(report) {
    const peer = nativeVersion("z3");
    const samples = 5;
    const start = async (): Promise<void> => {
      await closeSolver();
      await session().ask(trivial);
    };
    report(
      beside({
        case: "solver start-up and first answer",
        metric: "time",
        value: await medianOf(samples, start),
        unit: "s",
        peer: peer ?? "z3",
        peerValue: peer === null ? null : await medianOf(samples, () => session("z3").ask(trivial)),
        samples,
      }),
    );

    const system = extract(circuitBreaker);
    const bits = bitEncoding(system, claim);
    if (bits === null) throw new TypeError("the breaker needs no large numbers");
    const search = (solver: SolverName) => async (): Promise<void> => {
      const answer = await shortestViolation(bits, claim, 0, 40, session(solver));
      if (answer.kind !== "none") throw new TypeError(`the search ended with ${answer.kind}`);
    };
    report(
      beside({
        case: "circuit breaker, bounded search to depth 40",
        metric: "time",
        value: await medianOf(samples, search("built-in")),
        unit: "s",
        peer: peer ?? "z3",
        peerValue: peer === null ? null : await medianOf(samples, search("z3")),
        samples,
      }),
    );

    const encoding = new Encoding(system);
    const prove = async (): Promise<void> => {
      const answer = await trySpacer(encoding, claim, session(), 60_000);
      if (answer.kind !== "proved") throw new TypeError(`Spacer ended with ${answer.kind}`);
    };
    report(
      alone(
        "circuit breaker, Spacer's proof with its three queries",
        "time",
        await medianOf(samples, prove),
        "s",
        samples,
      ),
    );

    const limit = 1;
    const stopped = await medianOf(3, async () => {
      const answer = await session("built-in", limit * 1000).ask(hard);
      if (answer.status !== "unknown") throw new TypeError("the hard query was answered");
    });
    report(alone("hard query, beyond its limit of 1 s", "time", stopped - limit, "s", 3));
    if ((await session().ask(trivial)).status !== "sat") {
      throw new TypeError("after the hard query nothing is answered");
    }

    const count = Number(process.env["OBLIGATIONS"] ?? 1000);
    const { peak, decided } = await manyObligations(count);
    report(alone(`${count} obligations in one process`, "proved", decided, "obligations"));
    report(
      alone(
        `${count} obligations in one process`,
        "peak memory, solver included",
        peak / 1e6,
        "MB",
      ),
    );
    await closeSolver();
  },
};

export default bench;
