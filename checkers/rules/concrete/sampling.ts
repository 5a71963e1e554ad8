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

  constructor(program: Program, replayer: Replayer, seed: number, count: number) {
    const arbitrary = recordsNear(program);
    const near = sampleOf(arbitrary, { seed, numRuns: count });
    const aimed = aimedRecords(program, near, seed);
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
