/** The interface through which the runner talks to every engine. */

import type { StateGraph } from "./exhibit.ts";
import type { Expectation } from "./property.ts";
import type { EngineName, Location, Outcome } from "./result.ts";
import type { Subject } from "./subject.ts";
import type { Counterexample } from "./trace.ts";
import type { Claim } from "./verdict.ts";

/** One thing to be decided by one engine. Plain data: it travels to worker threads. */
export interface Obligation {
  /** `subject/property` or `subject/property@implementation`. */
  readonly id: string;
  readonly subject: string;
  readonly property: string;
  readonly title: string;
  readonly source: string | null;
  readonly engine: EngineName;
  readonly claim: Claim;
  readonly implementation: { readonly name: string; readonly version: string } | null;
  readonly expect: Expectation | null;
  /** The question asked, where many obligations ask the same one: reports fold their answers. */
  readonly group?: string;
  /** What the obligation is about, in a file of the user. */
  readonly location?: Location;
  /** Measurements must not share the machine with other obligations. */
  readonly exclusive?: boolean;
}

/** Limits of the work on one obligation; reaching one ends in `inconclusive`, never in a pass. */
export interface Budget {
  readonly timeMs: number;
  readonly maxStates: number;
  /** Memory of the stored states in MiB; no limit when it is left out. */
  readonly maxMemoryMiB?: number;
}

export interface CheckContext {
  /** Derived from the run's seed and the obligation's id: the same on every machine. */
  readonly seed: number;
  readonly budget: Budget;
  /** Aborted on interruption or when the budget's time is over. */
  readonly signal: AbortSignal;
  /** A short line on what is going on; shown as progress, not recorded. */
  progress(message: string): void;
  /** Engine options from the command line, e.g. `profile: "ebpf"`. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

export type ReplayObservation =
  /** The recorded run was followed and the claim fails on it. */
  | {
      readonly kind: "reproduced";
      readonly message: string;
      readonly counterexample: Counterexample;
    }
  /** The recorded run was followed to its end and the claim does not fail on it. */
  | { readonly kind: "passes"; readonly message: string }
  /** The recorded run cannot be followed: an event, a variable or a state no longer exists. */
  | { readonly kind: "infeasible"; readonly message: string };

/** Languages of other tools. `itf` holds one run, the others a state space. */
export const exportFormats = ["dot", "mermaid", "promela", "tla", "itf"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface Engine {
  readonly name: EngineName;
  /** Part of the cache key: raise it when the same input may give another answer. */
  readonly version: string;
  /** The obligations that this engine takes from a subject. Fast and without side effects. */
  plan(subject: Subject): readonly Obligation[];
  check(obligation: Obligation, subject: Subject, context: CheckContext): Promise<Outcome>;
  /** Follows a recorded counterexample again, without searching. */
  replay(
    obligation: Obligation,
    subject: Subject,
    counterexample: Counterexample,
    context: CheckContext,
  ): Promise<ReplayObservation>;
  /**
   * The reachable states of a subject in the language of another tool.
   * @throws {DiagnosticError} VRF110 when it cannot be written
   */
  export?(
    subject: Subject,
    format: Exclude<ExportFormat, "itf">,
    context: CheckContext,
  ): Promise<string>;
  /** The state diagram of a subject, when the engine can draw one. */
  graph?(subject: Subject): StateGraph | null;
}
