/** What of a subject's machines a search has met, and how the search grew. */

/** A transition by its source and event; the guard tells several of one event apart. */
export interface TransitionName {
  /** Dotted path of the source; in a system without the machine's name. */
  readonly source: string;
  /** Event type, `after DELAY`, `always`, or `done`. */
  readonly event: string;
  /** Text or name of the guard; null without one. */
  readonly guard: string | null;
  /** Dotted paths; empty for a transition without a target. */
  readonly targets: readonly string[];
}

export interface MachineCoverage {
  /** Names of the machines; several when they are copies of one, and are counted as one. */
  readonly machines: readonly string[];
  /** States at every depth, history states excepted. `entered` counts those left at once, too. */
  readonly states: {
    readonly total: number;
    readonly entered: number;
    readonly never: readonly string[];
  };
  readonly transitions: {
    readonly total: number;
    readonly taken: number;
    readonly never: readonly TransitionName[];
  };
  /** Guards by transition. `both`: was true at one time and false at another. */
  readonly guards: {
    readonly total: number;
    readonly both: number;
    readonly neverTrue: readonly TransitionName[];
    readonly neverFalse: readonly TransitionName[];
  };
  /** Declared event types. `accepted`: some transition was taken for it, in some state. */
  readonly events: {
    readonly total: number;
    readonly accepted: number;
    readonly never: readonly string[];
  };
}

export interface Coverage {
  /** Everything that can be reached was explored: what was never met never happens. */
  readonly complete: boolean;
  /** New states by depth: how many have a shortest run of 0, 1, 2 … steps. */
  readonly growth: readonly number[];
  readonly machines: readonly MachineCoverage[];
}
