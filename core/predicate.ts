/** What a predicate may look at: a state of a machine, or one of its steps. */

/** The part of an XState snapshot that predicates may rely on. */
export interface ModelState {
  readonly value: unknown;
  // oxlint-disable-next-line typescript/no-explicit-any -- the user's own context type
  readonly context: any;
  readonly status: string;
  matches(value: unknown): boolean;
  hasTag(tag: string): boolean;
}

export interface ModelEvent {
  readonly type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the user's own payload types
  readonly [field: string]: any;
}

export interface ModelStep {
  readonly before: ModelState;
  readonly event: ModelEvent;
  readonly after: ModelState;
}

export type StatePredicate = string | ((state: ModelState) => boolean);
export type StepPredicate = string | ((step: ModelStep) => boolean);
