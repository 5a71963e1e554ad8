/**
 * Verdicts and the one place where they are made.
 *
 * An engine never picks a verdict. It states what it saw (`Observation`), how (`Method`), for which
 * kind of claim and within which `Bound`; `conclude` turns that into a verdict and refuses
 * combinations that would promise more than the method can give. The table is in docs/semantics.md.
 */

/** What a result promises; see docs/semantics.md for the exact meaning of each word. */
export type Verdict =
  "proved" | "holds-bounded" | "violated" | "vacuous" | "inconclusive" | "skipped" | "error";

export const verdicts: readonly Verdict[] = [
  "proved",
  "holds-bounded",
  "violated",
  "vacuous",
  "inconclusive",
  "skipped",
  "error",
];

/**
 * How a conclusion was reached.
 * `complete` methods cover every execution within the stated assumptions; the others cover a sample
 * or a prefix and therefore must state a bound.
 */
export const methods = {
  exhaustive: { complete: true, says: "every reachable state was visited" },
  fingerprints: {
    complete: false,
    says: "states were visited and told apart by their hashes only",
  },
  "k-induction": { complete: true, says: "base case and inductive step discharged by the solver" },
  spacer: { complete: true, says: "an inductive invariant was found by Spacer (IC3/PDR)" },
  "smt-valid": { complete: true, says: "the negation is unsatisfiable" },
  witness: { complete: true, says: "something that shows it was found and replayed" },
  bmc: { complete: false, says: "all executions up to a depth were checked by the solver" },
  commands: { complete: false, says: "random command sequences were run on the implementation" },
  wire: { complete: false, says: "scenarios were played against a real process over a socket" },
  "recorded-run": { complete: false, says: "a recorded run was explained step by step" },
  sampling: { complete: false, says: "random samples were drawn and compared" },
  simulation: { complete: false, says: "independent replications of a simulation were compared" },
  measurement: { complete: false, says: "a real run was measured" },
} as const satisfies Record<string, { complete: boolean; says: string }>;

export type Method = keyof typeof methods;

/** `universal`: holds in all executions. `existential`: some execution shows it. */
export type Claim = "universal" | "existential";

/**
 * How the passage of time was treated. `untimed`: any pending timer may fire at any moment.
 * `discrete`: ticks of the greatest common divisor of the delays. `ordered`: earliest deadline first
 * with no event in between (debugging only). `none`: the subject has no clock.
 */
export type TimeMode = "none" | "untimed" | "discrete" | "ordered";

/** The limit within which a bounded verdict holds, e.g. `{ depth: 20 }` or `{ samples: 1000 }`. */
export type Bound = Readonly<Record<string, number | string>>;

/** What an engine saw; the only input about the outcome that `conclude` accepts. */
export type Observation =
  /** universal claim: no violation in anything the method covered */
  | { readonly kind: "holds" }
  /** universal claim: a violation; `replayed` on the machine or implementation that it accuses */
  | { readonly kind: "refuted"; readonly replayed: boolean }
  /** existential claim: a witness; `replayed` likewise */
  | { readonly kind: "witnessed"; readonly replayed: boolean }
  /** existential claim: no witness in anything the method covered */
  | { readonly kind: "absent" }
  /** true only because it says nothing: the premise is unreachable, or no fair run exists */
  | { readonly kind: "vacuous"; readonly reason: string }
  /** timeout, memory, opaque guard, unsupported feature, no stimulus … */
  | { readonly kind: "unknown"; readonly reason: string }
  /** not run */
  | { readonly kind: "skipped"; readonly reason: string }
  /** the tool or the adapter failed */
  | { readonly kind: "error"; readonly reason: string };

/** What a search may leave out because something equal to it was seen. */
export type ReductionName = "partial order" | "symmetry";

/** What a claim looks at: states, single runs, or the runs that branch off from states. */
export type ClaimLogic = "states" | "linear" | "branching";

export interface ConcludeInput {
  readonly claim: Claim;
  readonly method: Method | null;
  readonly observation: Observation;
  readonly bound?: Bound | null;
  readonly time?: TimeMode;
  /** What the search left out. */
  readonly reductions?: readonly ReductionName[];
  /** Needed where something was left out: not every claim survives it. */
  readonly logic?: ClaimLogic;
}

export interface Conclusion {
  readonly verdict: Verdict;
  readonly method: Method | null;
  readonly bound: Bound | null;
  /** Why the verdict is not a plain yes or no; empty for proved, holds-bounded and violated. */
  readonly reason: string;
}

/**
 * The verdict constructor: the only code that creates a `Verdict`.
 * @throws {TypeError} when the combination is illegal, e.g. a bounded method without a bound, or a
 *   witness for a universal claim. That is a fault of the engine, never of the user.
 */
export function conclude(input: ConcludeInput): Conclusion {
  const { claim, method, observation, time = "none" } = input;
  const bound = input.bound ?? null;
  const make = (verdict: Verdict, reason = ""): Conclusion => ({ verdict, method, bound, reason });

  switch (observation.kind) {
    case "skipped":
    case "error":
    case "vacuous":
      return make(observation.kind, needReason(observation));
    case "unknown":
      return make("inconclusive", needReason(observation));
    default:
  }
  if (method === null) {
    throw new TypeError(`an engine observed "${observation.kind}" without naming its method`);
  }
  const isUniversal = observation.kind === "holds" || observation.kind === "refuted";
  if (isUniversal !== (claim === "universal")) {
    throw new TypeError(`"${observation.kind}" is not an observation about a ${claim} claim`);
  }
  refuseUnsoundReduction(input);
  const complete = methods[method].complete && time !== "ordered";
  if (!complete && bound === null && observation.kind !== "refuted") {
    throw new TypeError(
      `method ${method}${time === "ordered" ? " in ordered time" : ""} is bounded: state its bound`,
    );
  }
  switch (observation.kind) {
    case "holds":
      return make(complete && bound === null ? "proved" : "holds-bounded");
    case "refuted":
      return observation.replayed
        ? make("violated")
        : make("inconclusive", "a counterexample was found, but it did not replay");
    case "witnessed":
      return observation.replayed
        ? make("proved")
        : make("inconclusive", "a witness was found, but it did not replay");
    case "absent":
      return complete && bound === null
        ? make("violated")
        : make("inconclusive", "no witness within the bound");
  }
}

/** Partial order reduction keeps states and runs without clocks, symmetry keeps states. */
function refuseUnsoundReduction({ reductions = [], logic, time = "none" }: ConcludeInput): void {
  for (const reduction of reductions) {
    const keeps =
      reduction === "symmetry"
        ? logic === "states"
        : (logic === "states" || logic === "linear") && (time === "none" || time === "untimed");
    if (keeps) continue;
    throw new TypeError(
      `${reduction} reduction does not keep ${logic ?? "unknown"} claims in ${time} time`,
    );
  }
}

function needReason(observation: { kind: string; reason: string }): string {
  if (observation.reason.trim() === "") {
    throw new TypeError(`an observation of kind "${observation.kind}" must name its reason`);
  }
  return observation.reason;
}
