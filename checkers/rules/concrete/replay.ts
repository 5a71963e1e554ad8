/** What the interpreter shows of one record on its way through a program. */

import type { Json } from "../../../core/trace.ts";
import type { Signal } from "../collector/sections.ts";
import type { ConditionRule, Program, StatementRule } from "../symbolic/program.ts";
import type { PlainRecord } from "./record.ts";

export type AnyRule = StatementRule | ConditionRule;

export interface Observed {
  readonly rule: AnyRule;
  /** The condition held (a rule without one always fires). */
  readonly fired: boolean;
  /** The error that was raised by condition or editor. */
  readonly error: string | null;
  /** The payload after the rule, when it changed something. */
  readonly after: Json | null;
}

export interface ConcreteRun {
  /** Rules that the record reached, in order. */
  readonly observed: readonly Observed[];
  readonly input: Json;
  readonly output: Json;
  /** Neither dropped nor lost with its batch. */
  readonly delivered: boolean;
}

export interface ReplayOptions {
  readonly disabled?: ReadonlySet<AnyRule>;
  /** Keep the payload after each rule that changed something: for showing, not for counting. */
  readonly trace?: boolean;
  /** Values for references to the environment, by their text, e.g. `env:TENANT`. */
  readonly references?: ReadonlyMap<string, string>;
}

/** The real interpreter behind the analysis. */
export interface Replayer {
  /** Whether an OTTL condition holds on a record; an error counts as no. */
  condition(text: string, signal: Signal, record: PlainRecord): boolean;
  /** The value of an OTTL expression on a record, as canonical JSON; an error as text. */
  value(text: string, signal: Signal, record: PlainRecord): string;
  run(program: Program, record: PlainRecord, options?: ReplayOptions): ConcreteRun;
}
