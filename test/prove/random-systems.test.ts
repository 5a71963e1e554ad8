/**
 * Random small machines: every way of the solver, exhaustive search and brute force on the same claim.
 * They may not know the answer, but they must not contradict each other. The brute force uses nothing
 * of the workbench but the expressions: XState's own transition function.
 *
 * RANDOM_SYSTEMS=2000 runs the full campaign; its account is printed.
 */

import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { initialTransition, transition, type AnyMachineSnapshot } from "xstate";

import { engine } from "../../checkers/prove/engine.ts";
import type { Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import { defineSubject, type MachineModel } from "../../core/subject.ts";
import { compileState, compileStep, scopeOfModel } from "../../expr/index.ts";
import { closeSolver } from "../../solver/solver.ts";
import { check as explore } from "../explore/support.ts";
import { claims, machines, modelOf, parameterRange } from "./random-machines.ts";

afterAll(closeSolver);

const sent = ["GO", "ADD"].flatMap((type) => [1, 2].map((size) => ({ type, size })));

/** A snapshot, and the timers that were set and neither fired nor were stopped, by their events. */
interface Place {
  readonly snapshot: AnyMachineSnapshot;
  readonly pending: readonly string[];
}

/** Where XState's own step leads; its actions set timers (a delayed raise) and stop them. */
function placeAfter(
  pending: readonly string[],
  [snapshot, actions]: ReturnType<typeof transition>,
): Place {
  const left = new Set(pending);
  for (const { type, params } of actions) {
    const told = params as { event?: { type: string }; delay?: number; sendId?: string };
    if (type === "xstate.cancel") left.delete(told.sendId!);
    if (type === "xstate.raise" && told.delay !== undefined) left.add(told.event!.type);
  }
  return { snapshot: snapshot as AnyMachineSnapshot, pending: [...left].toSorted() };
}

/** The first violation by breadth-first search, as text; null when there is none. */
function bruteForce(model: MachineModel, property: Property, p: number): string | null {
  const { machine } = model;
  const text = String(Reflect.get(property, "predicate"));
  const step = property.kind === "step";
  const scope = scopeOfModel(model, { step });
  const stateHolds = step ? () => true : compileState(text, scope);
  const stepHolds = step ? compileStep(text, scope) : () => true;
  const key = ({ snapshot, pending }: Place) =>
    JSON.stringify([snapshot.value, snapshot.context, pending]);
  const queue: Place[] = [placeAfter([], initialTransition(machine, { p }))];
  const seen = new Set(queue.map(key));
  for (const place of queue) {
    const before = place.snapshot;
    if (!stateHolds(before)) return key(place);
    for (const event of [...sent, ...place.pending.map((type) => ({ type }))]) {
      const pending = place.pending.filter((type) => type !== event.type);
      const next = placeAfter(pending, transition(machine, before, event));
      if (!stepHolds({ before, event, after: next.snapshot })) return `${key(place)} ${event.type}`;
      if (seen.has(key(next))) continue;
      seen.add(key(next));
      queue.push(next);
    }
    if (queue.length > 3000) throw new Error("a random machine is larger than it should be");
  }
  return null;
}

/** RANDOM_SOLVER=z3 asks an installed Z3, which is quicker on two cores. */
const native = process.env["RANDOM_SOLVER"] === "z3";

const ways = ["bmc", "k-induction", "spacer"] as const;
type Way = (typeof ways)[number];

function prove(model: MachineModel, property: Property, way: Way): Promise<Outcome> {
  const subject = defineSubject({ id: "m", model, properties: [property] });
  return engine.check(engine.plan(subject)[0]!, subject, {
    seed: 1,
    budget: { timeMs: 10_000, maxStates: 1 },
    signal: new AbortController().signal,
    progress: () => undefined,
    options: { depth: 6, ways: way, ...(native ? { solver: "z3" } : {}) },
  });
}

const at = (model: MachineModel, p: number): MachineModel => ({
  ...model,
  parameters: { p: { int: parameterRange, explore: p } },
});

/** The steps of the shortest violation that exploration found; null when it found none. */
const lengthOf = (outcome: Outcome): number | null =>
  outcome.counterexample === null ? null : outcome.counterexample.trace.states.length - 1;

/** What two answers to the same question say against each other; null when nothing. */
function contradiction(
  proof: Outcome,
  explored: readonly Outcome[],
  brute: readonly (string | null)[],
): string | null {
  const violated = explored.flatMap(({ verdict }, index) =>
    verdict === "violated" ? [index + 1] : [],
  );
  // Both let a pending timer fire at any moment: what is proved of one holds in the other as well.
  const some = violated.length > 0 || brute.some((found) => found !== null);
  switch (proof.verdict) {
    case "proved":
    case "vacuous":
      return some ? `${proof.verdict}, but refuted at p = ${violated.join()}` : null;
    case "violated": {
      const p = Number(proof.counterexample?.at["p"]);
      // Exploration is inconclusive where the run that it found has no clock; this one has.
      if (brute[p - 1] === null) return `violated at p = ${p}, where brute force finds nothing`;
      const other = explored[p - 1]?.verdict;
      return other === "violated" || other === "inconclusive"
        ? null
        : `violated at p = ${p}, where exploration says ${other}`;
    }
    case "holds-bounded": {
      const depth = Number(proof.bound?.["depth"]);
      const shorter = explored.map(lengthOf).some((length) => length !== null && length <= depth);
      return shorter ? `no violation up to depth ${depth}, but exploration has one` : null;
    }
    case "inconclusive":
      return null;
    default:
      return `${proof.verdict}: ${proof.reason}`;
  }
}

describe("random machines", () => {
  test("no two methods contradict each other", { timeout: 3_000_000 }, async () => {
    const runs = Number(process.env["RANDOM_SYSTEMS"] ?? 40);
    const account: Record<string, Record<string, number>> = {};
    const count = (who: string, verdict: string): void => {
      const row = (account[who] ??= {});
      row[verdict] = (row[verdict] ?? 0) + 1;
    };
    await fc.assert(
      fc.asyncProperty(machines, claims, async (machine, property) => {
        const model = modelOf(machine);
        const values = [1, 2, 3];
        const brute = values.map((p) => bruteForce(model, property, p));
        const explored: Outcome[] = [];
        for (const p of values) explored.push(await explore(at(model, p), property));
        for (const [index, outcome] of explored.entries()) {
          count("explore", outcome.verdict);
          // Brute force fires pending timers in any order, so it may find more than a clock allows.
          if (outcome.verdict === "violated") expect(brute[index]).not.toBeNull();
        }
        count("systems", brute.some((found) => found !== null) ? "violated" : "hold");
        const verdicts = new Set<string>();
        for (const way of ways) {
          const proof = await prove(model, property, way);
          verdicts.add(proof.verdict);
          count(`prove, ${way}`, proof.verdict);
          expect([way, contradiction(proof, explored, brute)]).toEqual([way, null]);
        }
        const decided = ["violated", "proved", "vacuous"].find((word) => verdicts.has(word));
        count("prove", decided ?? "inconclusive");
      }),
      {
        seed: Number(process.env["RANDOM_SEED"] ?? 20_261_123),
        numRuns: runs,
        endOnFailure: true,
      },
    );
    if (process.env["RANDOM_SYSTEMS"] !== undefined)
      process.stdout.write(`${JSON.stringify(account, null, 2)}\n`);
    expect(account["systems"]?.["violated"]).toBeGreaterThanOrEqual(0.25 * runs);
    expect(account["systems"]?.["hold"]).toBeGreaterThanOrEqual(0.3 * runs);
    expect(account["prove"]?.["inconclusive"] ?? 0).toBeLessThanOrEqual(0.1 * runs);
    expect(account["explore"]?.["inconclusive"] ?? 0).toBeLessThanOrEqual(0.1 * 3 * runs);
    expect(account["prove, k-induction"]?.["proved"]).toBeGreaterThan(0.1 * runs);
    expect(account["prove, spacer"]?.["proved"]).toBeGreaterThan(0.1 * runs);
  });
});
