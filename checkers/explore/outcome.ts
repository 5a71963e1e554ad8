/** From what was found to an outcome: replay first, then the verdict constructor. */

import type { Certificate, SystemEvidenceStep } from "../../core/certificate.ts";
import type { CheckContext, Obligation } from "../../core/engine.ts";
import { makeOutcome, type OutcomeDetails } from "../../core/outcome.ts";
import type { Fairness, Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { ExploredSubject } from "../../core/subject.ts";
import type { Counterexample } from "../../core/trace.ts";
import type { Bound, Claim, ReductionName, TimeMode } from "../../core/verdict.ts";
import type { ModelFault } from "../../semantics/fault.ts";
import type { RecipeStep } from "../../semantics/run.ts";
import { absence } from "./absence.ts";
import { closedSet } from "./decode.ts";
import {
  actionLabel,
  candidateOf,
  stepLabel,
  stepsText,
  type Candidate,
  type Finding,
} from "./finding.ts";
import { follow } from "./follow.ts";
import { depthOf, pathTo, type ReachableGraph } from "./graph.ts";
import { writeRecipe } from "./recipe.ts";
import { logicOf } from "./reduce/plan.ts";
import { limitCapacity, limitFaults } from "../../semantics/packed/expand.ts";
import { parseFairness } from "./temporal/space.ts";

/** For results whose evidence is not all that can happen. */
export const unaudited = (message: string): Pick<Outcome, "audit"> => ({
  audit: { says: "not-audited", message },
});

export const claimOf = (property: Property): Claim =>
  property.kind === "reachable" ? "existential" : "universal";

const fairnessWords = {
  timers: "a running timer fires",
  internal: "the machine's own steps happen",
  deliveries: "a message in a channel arrives",
  events: "every event that stays possible is sent",
} as const;

function fairnessText(fairness: Fairness): string {
  const { strong, of } = parseFairness(fairness);
  const what =
    of in fairnessWords ? fairnessWords[of as keyof typeof fairnessWords] : `${of} is sent`;
  return `fairness: ${what} at last${strong ? ", even if it is possible only now and then" : ""}`;
}

export function conclude(
  finding: Finding,
  property: Property,
  graph: ReachableGraph,
  subject: ExploredSubject,
  context: CheckContext,
  reductions: readonly ReductionName[] = [],
): Outcome {
  const claim = claimOf(property);
  const { time } = graph.system;
  const details: OutcomeDetails = {
    evidence: finding.evidence,
    assumptions: assumptionsOf(graph, property),
    stats: statsOf(graph),
  };
  const base = {
    claim,
    method: "exhaustive",
    time,
    reductions,
    logic: logicOf(property),
  } as const;
  const bound = graph.complete
    ? scheduleBound(time, environmentBound(graph, subject))
    : { states: graph.expanded };

  switch (finding.kind) {
    case "holds":
      return makeOutcome(
        { ...base, bound, observation: { kind: "holds" } },
        {
          ...details,
          ...("fair" in property || reductions.length > 0 ? {} : closedSet(graph, subject)),
        },
      );
    case "vacuous":
      return makeOutcome(
        { ...base, observation: { kind: "vacuous", reason: finding.reason } },
        details,
      );
    case "unknown":
      return makeOutcome(
        { ...base, observation: { kind: "unknown", reason: finding.reason } },
        details,
      );
    case "absent": {
      const counterexample = absence(property, graph, finding.evidence);
      return makeOutcome(
        { ...base, bound, observation: { kind: "absent" } },
        {
          ...details,
          counterexample,
          exhibits: finding.exhibits,
          ...(reductions.length > 0 ? {} : closedSet(graph, subject)),
        },
      );
    }
    case "fails":
    case "witnessed":
  }

  let whyNot = "";
  for (const candidate of finding.candidates) {
    const followed = follow(candidate, property, subject, context.budget.maxStates);
    if (followed.kind === "stopped") {
      whyNot = followed.message;
      continue;
    }
    const evidence = certificateOf(candidate, subject);
    const { judgement, trace } = followed;
    if (judgement.kind === "not-shown") {
      whyNot = judgement.message;
      continue;
    }
    if (finding.kind === "witnessed") {
      return makeOutcome(
        { ...base, bound, observation: { kind: "witnessed", replayed: true } },
        {
          ...details,
          witness: trace,
          evidence: `${finding.evidence}; ${judgement.message}`,
          ...evidence,
        },
      );
    }
    const counterexample: Counterexample = {
      message: judgement.message,
      at: judgement.at,
      trace,
      recipe: writeRecipe({ kind: "run", ...candidate }),
    };
    return makeOutcome(
      { ...base, bound, observation: { kind: "refuted", replayed: true } },
      { ...details, counterexample, exhibits: finding.exhibits ?? [], ...evidence },
    );
  }
  const what = finding.kind === "fails" ? "counterexample" : "witness";
  return makeOutcome(
    {
      ...base,
      observation: {
        kind: "unknown",
        reason: `a ${what} was found when timers may fire at any moment, but no clock shows it: ${whyNot}; explore with time: "discrete"`,
      },
    },
    details,
  );
}

/** Ordered time covers some schedules only, which is a bound of its own. */
const scheduleBound = (time: TimeMode, bound: Bound | null): Bound | null =>
  time === "ordered" ? { ...bound, schedules: "events at deadlines only" } : bound;

/** Limits of the environment are a bound where the search ran into them. */
function environmentBound(
  { system }: ReachableGraph,
  subject: ExploredSubject,
): Readonly<Record<string, number>> | null {
  if (subject.kind === "machine") return null;
  const met = system.limits();
  const bound: Record<string, number> = {};
  if ((met & limitFaults) !== 0) bound["faults"] = subject.model.faults ?? 0;
  if ((met & limitCapacity) !== 0) {
    for (const [name, { capacity }] of Object.entries(subject.model.channels ?? {})) {
      bound[`capacity of ${name}`] = capacity;
    }
  }
  return Object.keys(bound).length === 0 ? null : bound;
}

export function certificateOf(
  { steps, loop }: Candidate,
  subject: ExploredSubject,
): { readonly certificate: Certificate } {
  if (subject.kind === "system") {
    return { certificate: { kind: "system-run", steps: steps as SystemEvidenceStep[], loop } };
  }
  return {
    certificate: {
      kind: "run",
      steps: steps.filter((step): step is RecipeStep => !("fault" in step)),
      loop,
    },
  };
}

export function faultOutcome(
  claim: Claim,
  graph: ReachableGraph,
  subject: ExploredSubject,
): Outcome {
  const { fault, state, action } = graph.fault!;
  const { system } = graph;
  const path = state === null ? [] : candidateOf(system, pathTo(graph, state)).steps;
  const labels = path.map(stepLabel);
  if (action !== null) {
    labels.push(actionLabel(system.action(action)));
  }
  const where =
    labels.length === 0 ? "when the machine starts" : `after the steps ${labels.join(", ")}`;
  const message = `${fault.message} (${where})`;
  const help = fault.help === undefined ? "" : `; ${fault.help}`;
  return makeOutcome(
    { claim, method: null, observation: { kind: "error", reason: `${fault.code}: ${message}` } },
    {
      stats: statsOf(graph),
      evidence: `the model fails ${where}; shortest such run: ${stepsText(path)}`,
      diagnostics: [{ code: fault.code, message: `${subject.id}: ${message}${help}` }],
    },
  );
}

/** A predicate that throws: the model ran, but the claim about it has no meaning everywhere. */
export function predicateFault(
  obligation: Obligation,
  graph: ReachableGraph,
  fault: ModelFault,
): Outcome {
  const help = fault.help === undefined ? "" : `; ${fault.help}`;
  return makeOutcome(
    {
      claim: obligation.claim,
      method: null,
      observation: { kind: "error", reason: `${fault.code}: ${fault.message}` },
    },
    {
      stats: statsOf(graph),
      diagnostics: [{ code: fault.code, message: `${obligation.id}: ${fault.message}${help}` }],
    },
  );
}

function statsOf(graph: ReachableGraph): Record<string, number> {
  return {
    states: graph.expanded,
    transitions: graph.transitions,
    depth: depthOf(graph, Math.max(0, graph.expanded - 1)),
    ...(graph.threads > 1 ? { threads: graph.threads } : {}),
  };
}

const timeWords: Readonly<Record<TimeMode, string>> = {
  none: "no time passes",
  untimed: "time: untimed, a running timer may fire at any moment",
  discrete: "time: discrete, an event may come at every tick",
  ordered: "time: ordered, events come only when a timer is due or has just fired",
};

function assumptionsOf(graph: ReachableGraph, property: Property): readonly string[] {
  const { system } = graph;
  const assumptions = Object.entries(system.parameters).map(
    ([name, value]) => `${name} = ${value}`,
  );
  if (system.hasTimers()) {
    assumptions.push(timeWords[system.time]);
  }
  if ("fair" in property) {
    assumptions.push(
      ...(property.fair.length === 0 ? ["fairness: none"] : property.fair.map(fairnessText)),
    );
  }
  return assumptions;
}
