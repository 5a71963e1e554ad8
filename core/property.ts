/**
 * What is claimed about a machine, and the sentence-like builders for it.
 *
 * A predicate is either an expression (explored and provable) or a plain function of the snapshot
 * (explored only). Expressions know the model's variables, `at(path)`, `implies(p, q)`, and in step
 * predicates `event(type)` and `next(expr)`.
 */

import type { StatePredicate, StepPredicate } from "./predicate.ts";
export type {
  ModelEvent,
  ModelState,
  ModelStep,
  StatePredicate,
  StepPredicate,
} from "./predicate.ts";

import type { CtlFormula, Formula } from "./temporal.ts";
import type { Scalar } from "./trace.ts";
import type { Verdict } from "./verdict.ts";

/**
 * What happens again and again, if it can. `timers`: a pending timer fires. `internal`: the machine's
 * own steps. `deliveries`: a message in a channel arrives. `events`: every declared event type is
 * sent; `event ACK`: this one is. Faults are never fair.
 */
export type FairnessClass = "timers" | "internal" | "deliveries" | "events" | `event ${string}`;

/**
 * Fairness is named, never implied. Weak: what stays possible without interruption happens at last.
 * `strong …`: what is possible again and again happens at last.
 */
export type Fairness = FairnessClass | `strong ${FairnessClass}`;

/**
 * A known outcome that is not a plain "holds": a published design that is wrong, a deviation of a
 * published package, a negative control. It pins *what* is violated: every entry of `at` must equal
 * the same entry of the counterexample's `at`, so another violation of the same property is
 * unexpected.
 */
export interface Expectation {
  readonly verdict: Verdict;
  readonly at?: Readonly<Record<string, Scalar>>;
  readonly because: string;
}

export interface PropertyOptions {
  /** Short stable name, used in ids; made from the title when left out. */
  readonly id?: string;
  /** Where the claim comes from: a spec section, a paper, an issue. */
  readonly source?: string;
  readonly expect?: Expectation;
}

export interface FairOptions extends PropertyOptions {
  readonly fair?: readonly Fairness[];
}

interface PropertyBase {
  readonly id: string;
  readonly title: string;
  readonly source?: string;
  readonly expect?: Expectation;
}

/** `predicate` holds in every reachable state. */
export interface AlwaysProperty extends PropertyBase {
  readonly kind: "always";
  readonly predicate: StatePredicate;
}
/** `predicate` holds in no reachable state. */
export interface NeverProperty extends PropertyBase {
  readonly kind: "never";
  readonly predicate: StatePredicate;
}
/**
 * `predicate` holds of every reachable step: a declared event or a timer in a reachable state, and
 * the state after it. An event that the machine ignores is a step too, one that changes nothing.
 */
export interface StepProperty extends PropertyBase {
  readonly kind: "step";
  readonly predicate: StepPredicate;
}
/** Some reachable state satisfies `predicate`. */
export interface ReachableProperty extends PropertyBase {
  readonly kind: "reachable";
  readonly predicate: StatePredicate;
}
/** From every reachable state (that satisfies `from`) some path leads to `predicate`: AG EF. */
export interface AlwaysReachableProperty extends PropertyBase {
  readonly kind: "always-reachable";
  readonly predicate: StatePredicate;
  readonly from?: StatePredicate;
}
/** No reachable state is stuck: active, yet neither event nor timer changes it. */
export interface DeadlockFreeProperty extends PropertyBase {
  readonly kind: "deadlock-free";
}
/** On every fair run, each state with `from` is followed by one with `to`. */
export interface LeadsToProperty extends PropertyBase {
  readonly kind: "leads-to";
  readonly from: StatePredicate;
  readonly to: StatePredicate;
  readonly fair: readonly Fairness[];
}
/** The linear-time formula is true on every fair run. */
export interface LtlProperty extends PropertyBase {
  readonly kind: "ltl";
  readonly formula: string | Formula;
  readonly fair: readonly Fairness[];
}
/** The branching-time formula is true in the initial state, its runs being the fair ones. */
export interface CtlProperty extends PropertyBase {
  readonly kind: "ctl";
  readonly formula: string | CtlFormula;
  readonly fair: readonly Fairness[];
}
/**
 * The real implementations behave as the model: after every command of every tested sequence, the
 * listed observables agree. Restricted by `when` (on the model state before the command) it becomes
 * one clause of conformance with an id of its own.
 */
export interface ConformsProperty extends PropertyBase {
  readonly kind: "conforms";
  readonly when?: StatePredicate;
  /**
   * Only commands of these event types; `"time passes"` is the type of letting time pass. All when
   * left out.
   */
  readonly events?: readonly string[];
  /** Names of observables to compare; all when left out. */
  readonly observables?: readonly string[];
  /** Known deviations by implementation name. */
  readonly expectFor?: Readonly<Record<string, Expectation>>;
}

export type Property =
  | AlwaysProperty
  | NeverProperty
  | StepProperty
  | ReachableProperty
  | AlwaysReachableProperty
  | DeadlockFreeProperty
  | LeadsToProperty
  | LtlProperty
  | CtlProperty
  | ConformsProperty;

/** Makes a stable id from a title: lower case, words joined by hyphens. */
export function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

function base(title: string, options: PropertyOptions): PropertyBase {
  return {
    id: options.id ?? slug(title),
    title,
    ...(options.source === undefined ? {} : { source: options.source }),
    ...(options.expect === undefined ? {} : { expect: options.expect }),
  };
}

export const always = (
  title: string,
  predicate: StatePredicate,
  options: PropertyOptions = {},
): AlwaysProperty => ({ ...base(title, options), kind: "always", predicate });

export const never = (
  title: string,
  predicate: StatePredicate,
  options: PropertyOptions = {},
): NeverProperty => ({ ...base(title, options), kind: "never", predicate });

export const alwaysStep = (
  title: string,
  predicate: StepPredicate,
  options: PropertyOptions = {},
): StepProperty => ({ ...base(title, options), kind: "step", predicate });

export const reachable = (
  title: string,
  predicate: StatePredicate,
  options: PropertyOptions = {},
): ReachableProperty => ({ ...base(title, options), kind: "reachable", predicate });

export const alwaysReachable = (
  title: string,
  predicate: StatePredicate,
  options: PropertyOptions & { from?: StatePredicate } = {},
): AlwaysReachableProperty => ({
  ...base(title, options),
  kind: "always-reachable",
  predicate,
  ...(options.from === undefined ? {} : { from: options.from }),
});

export const deadlockFree = (
  title = "no deadlock",
  options: PropertyOptions = {},
): DeadlockFreeProperty => ({ ...base(title, options), kind: "deadlock-free" });

export const leadsTo = (
  title: string,
  from: StatePredicate,
  to: StatePredicate,
  options: FairOptions = {},
): LeadsToProperty => ({
  ...base(title, options),
  kind: "leads-to",
  from,
  to,
  fair: options.fair ?? [],
});

/** On every fair run `predicate` holds sooner or later. */
export const eventually = (
  title: string,
  predicate: StatePredicate,
  options: FairOptions = {},
): LeadsToProperty => leadsTo(title, () => true, predicate, options);

/** On every fair run `hold` is true until `goal` is, and `goal` comes. */
export const until = (
  title: string,
  hold: StatePredicate,
  goal: StatePredicate,
  options: FairOptions = {},
): LtlProperty => ltl(title, { op: "U", left: atom(hold), right: atom(goal) }, options);

const atom = (state: StatePredicate): Formula => ({ op: "atom", state });

/**
 * Linear time: `ltl("each request is answered", "G (at(waiting) -> F at(idle))", { fair: ["timers"] })`.
 * The formula is text, or built with `f` where a predicate is a plain function.
 */
export const ltl = (
  title: string,
  formula: string | Formula,
  options: FairOptions = {},
): LtlProperty => ({ ...base(title, options), kind: "ltl", formula, fair: options.fair ?? [] });

/**
 * Branching time: `ctl("can always come back", "AG (at(Error) -> EF at(Connected))")`. The formula
 * is text, or built with `c`.
 */
export const ctl = (
  title: string,
  formula: string | CtlFormula,
  options: FairOptions = {},
): CtlProperty => ({ ...base(title, options), kind: "ctl", formula, fair: options.fair ?? [] });

export const conforms = (
  title: string,
  options: PropertyOptions &
    Pick<ConformsProperty, "when" | "events" | "observables" | "expectFor"> = {},
): ConformsProperty => ({
  ...base(title, options),
  kind: "conforms",
  ...(options.when === undefined ? {} : { when: options.when }),
  ...(options.events === undefined ? {} : { events: options.events }),
  ...(options.observables === undefined ? {} : { observables: options.observables }),
  ...(options.expectFor === undefined ? {} : { expectFor: options.expectFor }),
});

/** The expectation of a known defect: `expect: violated("why", { state: "error" })`. */
export const violated = (because: string, at?: Readonly<Record<string, Scalar>>): Expectation => ({
  verdict: "violated",
  because,
  ...(at === undefined ? {} : { at }),
});
