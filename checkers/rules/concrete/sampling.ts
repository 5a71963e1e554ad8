/**
 * Records near the guards, run through the interpreter once for all questions about a program: what
 * fires or fails on a record needs no solver, and every proof is attacked with them.
 */

import { sample as sampleOf } from "fast-check";

import { makeRandom } from "../../../core/random.ts";
import type { Program } from "../symbolic/program.ts";
import { aimAt } from "./aim.ts";
import { recordsNear } from "./pools.ts";
import type { PlainRecord } from "./record.ts";
import type { AnyRule, ConcreteRun, Replayer } from "./replay.ts";

export interface Sample {
  readonly record: PlainRecord;
  readonly run: ConcreteRun;
}

/** Records kept per rule and event: more would show nothing new. */
const keptPerRule = 12;
/** Records made for each rule. */
const triesPerRule = 6;

export class Sampling {
  readonly samples: readonly Sample[];
  readonly #fired = new Map<AnyRule, Sample[]>();
  readonly #failed = new Map<AnyRule, Sample[]>();

  /** @param only these records, and no others */
  constructor(
    program: Program,
    replayer: Replayer,
    seed: number,
    count: number,
    only?: readonly PlainRecord[],
  ) {
    const near = only ?? sampleOf(recordsNear(program), { seed, numRuns: count });
    const aimed = only === undefined ? aimedRecords(program, near, seed) : [];
    const run = (record: PlainRecord): Sample => ({ record, run: replayer.run(program, record) });
    const made = aimed.map(({ record, rule }) => ({ sample: run(record), rule }));
    // What was made for a rule shows most about it, so it is kept first.
    for (const { sample, rule } of made) {
      const own = sample.run.observed.find((seen) => seen.rule === rule);
      if (own?.fired === true) keep(this.#fired, rule, sample);
    }
    this.samples = [...near.map(run), ...made.map(({ sample }) => sample)];
    for (const sample of this.samples) {
      for (const { rule, fired, error } of sample.run.observed) {
        if (fired) keep(this.#fired, rule, sample);
        if (error !== null) keep(this.#failed, rule, sample);
      }
    }
  }

  /** Records on which the rule was reached and its condition held. */
  fired(rule: AnyRule): readonly Sample[] {
    return this.#fired.get(rule) ?? [];
  }

  /** Records on which the rule raised an error. */
  failed(rule: AnyRule): readonly Sample[] {
    return this.#failed.get(rule) ?? [];
  }
}

/**
 * Other records near the guards and literals, some made for a rule: the attack on a proof. Long rule
 * sets get fewer, as each record runs through all rules.
 */
export function attackersOf(program: Program, seed: number): readonly PlainRecord[] {
  const rules = program.steps.flatMap((step): readonly AnyRule[] =>
    step.kind === "group" ? [...step.conditions, ...step.statements] : step.conditions,
  );
  const count = Math.min(200, Math.max(20, Math.round(4_000 / Math.max(1, rules.length))));
  const own = seed + 7_919;
  const near = sampleOf(recordsNear(program), { seed: own, numRuns: count });
  const random = makeRandom(own);
  const pick = (below: number): number => random.below(Math.max(1, below));
  return near.map((base, index) =>
    index % 2 === 0 || rules.length === 0
      ? base
      : aimAt(program, rules[pick(rules.length)]!, base, pick),
  );
}

/** Records made for each rule, from records near the guards. */
function aimedRecords(
  program: Program,
  bases: readonly PlainRecord[],
  seed: number,
): readonly { readonly record: PlainRecord; readonly rule: AnyRule }[] {
  const random = makeRandom(seed);
  const pick = (below: number): number => random.below(Math.max(1, below));
  const empty: PlainRecord = new Map();
  return program.steps.flatMap((step) => {
    const rules: readonly AnyRule[] =
      step.kind === "group" ? [...step.conditions, ...step.statements] : step.conditions;
    return rules.flatMap((rule) =>
      Array.from({ length: triesPerRule }, (_, index) => ({
        rule,
        record: aimAt(program, rule, index === 0 ? empty : bases[pick(bases.length)]!, pick),
      })),
    );
  });
}

function keep(into: Map<AnyRule, Sample[]>, rule: AnyRule, sample: Sample): void {
  const kept = into.get(rule);
  if (kept === undefined) into.set(rule, [sample]);
  else if (kept.length < keptPerRule) kept.push(sample);
}
