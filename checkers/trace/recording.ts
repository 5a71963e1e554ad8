/** A recording: what instances of machines did, as far as their spans tell. */

import type { Scalar } from "../../core/trace.ts";

/** One step as it was recorded. */
export interface RecordedStep {
  readonly event: string;
  readonly payload: Readonly<Record<string, Scalar>>;
  /** The state after the step; null when it was not recorded. */
  readonly state: string | null;
  readonly variables: Readonly<Record<string, Scalar>>;
  /** Position among all steps of the instance; null when it was not recorded. */
  readonly sequence: number | null;
  /** Whether steps may be missing right before this one. */
  readonly afterGap: boolean;
  /** `file:line` and the span. */
  readonly place: string;
}

/** Steps whose order is recorded: those of one span. */
export interface Lane {
  readonly span: string;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly steps: readonly RecordedStep[];
}

/** One instance of a machine. */
export interface Instance {
  readonly machine: string;
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  /**
   * Order is known within a lane. A lane that ended before another began comes before it; two that
   * overlap are concurrent: their steps may have happened in any order.
   */
  readonly lanes: readonly Lane[];
}

export interface Recording {
  readonly instances: readonly Instance[];
  /** What was left out, in words. */
  readonly remarks: readonly string[];
}

/** Lanes of which `lanes[i]` is wholly before `lanes[j]`. */
export const isBefore = (first: Lane, second: Lane): boolean =>
  first !== second && first.end <= second.start && first.start < second.end;

/** Steps with a position in the whole instance have one order, whatever spans they are in. */
export function ordered(lanes: readonly Lane[]): readonly Lane[] {
  const steps = lanes.flatMap((lane) => lane.steps);
  if (lanes.length === 0 || steps.some(({ sequence }) => sequence === null)) return lanes;
  const sorted = steps.toSorted((a, b) => a.sequence! - b.sequence!);
  const starts = lanes.map(({ start }) => start);
  const ends = lanes.map(({ end }) => end);
  return [
    {
      span: lanes.map(({ span }) => span).join(", "),
      start: starts.reduce((a, b) => (a < b ? a : b)),
      end: ends.reduce((a, b) => (a > b ? a : b)),
      steps: sorted.map((step, index) => {
        const previous = sorted[index - 1];
        // a jump in the numbers is a declared gap; so is a first number above the first
        const expected = previous === undefined ? null : previous.sequence! + 1;
        const jumped = expected !== null && step.sequence! > expected;
        return jumped ? { ...step, afterGap: true } : step;
      }),
    },
  ];
}
