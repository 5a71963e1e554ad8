/**
 * Explicit-state search: visits every reachable state of a machine and decides its properties on the
 * graph. `proved` here means exhaustive: for the explored parameter values, the declared events and
 * payloads, and the stated treatment of time. It says nothing about other parameter values (that is
 * for the prove engine) and nothing about an implementation (that is for conform).
 */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { CheckContext, Engine, Obligation, ReplayObservation } from "../../core/engine.ts";
import type { Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { ExploredSubject, Subject } from "../../core/subject.ts";
import { ModelFault } from "../../semantics/fault.ts";
import { statePredicate, stepPredicate } from "../../semantics/predicate.ts";
import { FaultInStep } from "../../semantics/system.ts";
import { validateModel } from "../../semantics/validate.ts";
import { validateSystem } from "../../semantics/validate-system.ts";
import { replayAbsence } from "./absence.ts";
import { coverageOf } from "./coverage.ts";
import { diagramOf } from "./diagram.ts";
import { exportStates } from "./export/index.ts";
import { plural, type Finding } from "./finding.ts";
import { byFingerprints } from "./fingerprints/check.ts";
import { follow, type Followed } from "./follow.ts";
import type { ReachableGraph } from "./graph.ts";
import { claimOf, conclude, faultOutcome, predicateFault, unaudited } from "./outcome.ts";
import { readRecipe } from "./recipe.ts";
import { checkAlwaysReachable } from "./recurrence.ts";
import { search } from "./reduce/search.ts";
import { checkDeadlock, checkInvariant, checkReachable, checkSteps } from "./safety.ts";
import { checkBranching, ctlOf } from "./temporal/branching.ts";
import { atomsOf } from "./temporal/leaves.ts";
import { checkLinear, formulaOf } from "./temporal/linear.ts";
import { refuseOrdered, refuseUnsound } from "./temporal/sound.ts";

export const engine: Engine = {
  name: "explore",
  version: "1",

  plan(subject: Subject): readonly Obligation[] {
    if (subject.kind !== "machine" && subject.kind !== "system") return [];
    const planned = subject.properties.filter((property) => property.kind !== "conforms");
    if (planned.length === 0) return [];
    if (subject.kind === "system") validateSystem(subject.model, subject.id);
    else validateModel(subject.model, subject.id);
    return planned.map((property) => {
      compilePredicates(property, subject);
      return {
        id: `${subject.id}/${property.id}`,
        subject: subject.id,
        property: property.id,
        title: property.title,
        source: property.source ?? subject.source ?? null,
        engine: "explore",
        claim: claimOf(property),
        implementation: null,
        expect: property.expect ?? null,
      };
    });
  },

  async check(obligation, subject, context): Promise<Outcome> {
    const machine = exploredOf(subject);
    const property = propertyOf(machine, obligation);
    const printed = await byFingerprints(machine, property, context);
    if (printed.outcome !== null) return printed.outcome;
    const { graph, stop, reductions, report } = await search(machine, property, context);
    const remark = {
      ...(report === null && printed.off.length === 0
        ? {}
        : {
            reduction: { used: report?.used ?? [], off: [...printed.off, ...(report?.off ?? [])] },
          }),
      // A reduced search leaves out what other states show: it says nothing about the machines.
      ...(reductions.length === 0 ? { coverage: coverageOf(graph) } : {}),
    };
    if (graph.fault !== null)
      return { ...faultOutcome(obligation.claim, graph, machine), ...remark };
    let outcome: Outcome;
    try {
      const finding = decide(graph, property, machine);
      outcome = { ...conclude(finding, property, graph, machine, context, reductions), ...remark };
    } catch (thrown) {
      if (!(thrown instanceof ModelFault)) throw thrown;
      return { ...predicateFault(obligation, graph, thrown), ...remark };
    }
    if (reductions.length > 0 && outcome.certificate === undefined && graph.complete) {
      const nothing = "the states of a reduced search are no closed set";
      outcome = { ...outcome, ...unaudited(nothing) };
    }
    if (outcome.verdict !== "inconclusive" || graph.complete) return outcome;
    return { ...outcome, reason: `${stopText(stop, context)}; ${outcome.reason}` };
  },

  async replay(obligation, subject, counterexample, context): Promise<ReplayObservation> {
    const machine = exploredOf(subject);
    const property = propertyOf(machine, obligation);
    const recipe = readRecipe(counterexample.recipe);
    if (recipe === null) {
      return { kind: "infeasible", message: "the counterexample was not written by this engine" };
    }
    if (recipe.kind === "absent") return replayAbsence(property, machine, counterexample, context);
    let followed: Followed;
    try {
      followed = follow(recipe, property, machine, context.budget.maxStates);
    } catch (thrown) {
      if (!(thrown instanceof ModelFault || thrown instanceof FaultInStep)) throw thrown;
      return { kind: "infeasible", message: `the model fails on the way: ${thrown.message}` };
    }
    if (followed.kind === "stopped") return { kind: "infeasible", message: followed.message };
    const { judgement, trace } = followed;
    if (judgement.kind === "not-shown") return { kind: "passes", message: judgement.message };
    return {
      kind: "reproduced",
      message: judgement.message,
      counterexample: { ...counterexample, message: judgement.message, at: judgement.at, trace },
    };
  },

  async export(subject, format, context) {
    return exportStates(exploredOf(subject), format, context);
  },

  graph: (subject) => (subject.kind === "machine" ? diagramOf(subject.model) : null),
};

function exploredOf(subject: Subject): ExploredSubject {
  if (subject.kind === "machine" || subject.kind === "system") return subject;
  throw new TypeError(`explore was given the ${subject.kind} "${subject.id}"`);
}

function propertyOf(subject: ExploredSubject, obligation: Obligation): Property {
  const property = subject.properties.find(({ id }) => id === obligation.property);
  if (property !== undefined) return property;
  throw new DiagnosticError(
    "VRF004",
    `the subject "${subject.id}" has no property "${obligation.property}"`,
    { place: subject.id },
  );
}

/** @throws {DiagnosticError} when an expression of the property is not one */
function compilePredicates(property: Property, { model, id }: ExploredSubject): void {
  try {
    switch (property.kind) {
      case "always":
      case "never":
      case "reachable":
        statePredicate(property.predicate, model);
        return;
      case "always-reachable":
        refuseOrdered(property, model);
        statePredicate(property.predicate, model);
        if (property.from !== undefined) statePredicate(property.from, model);
        return;
      case "step":
        stepPredicate(property.predicate, model);
        return;
      case "leads-to":
        refuseOrdered(property, model);
        statePredicate(property.from, model);
        statePredicate(property.to, model);
        return;
      case "ltl":
      case "ctl": {
        const formula = property.kind === "ltl" ? formulaOf(property) : ctlOf(property);
        for (const atom of atomsOf(formula)) {
          if ("state" in atom) statePredicate(atom.state, model);
          else stepPredicate(atom.step, model);
        }
        refuseOrdered(property, model);
        refuseUnsound(property, formula, model);
        return;
      }
      case "deadlock-free":
      case "conforms":
    }
  } catch (thrown) {
    if (!(thrown instanceof DiagnosticError)) throw thrown;
    throw new DiagnosticError(thrown.code, thrown.message, {
      place: `${id}/${property.id}${thrown.place === undefined ? "" : ` ${thrown.place}`}`,
      cause: thrown,
      ...(thrown.help === undefined ? {} : { help: thrown.help }),
      ...(thrown.excerpt === undefined ? {} : { excerpt: thrown.excerpt }),
    });
  }
}

/** What the explored graph says about a claim. */
export function decide(
  graph: ReachableGraph,
  property: Property,
  subject: ExploredSubject,
): Finding {
  const { model } = subject;
  switch (property.kind) {
    case "always":
    case "never":
      return checkInvariant(graph, property, model);
    case "step":
      return checkSteps(graph, property, model);
    case "reachable":
      return checkReachable(graph, property, model);
    case "always-reachable":
      return checkAlwaysReachable(graph, property, model);
    case "deadlock-free":
      return checkDeadlock(graph);
    case "leads-to":
    case "ltl":
      return checkLinear(graph, property, model);
    case "ctl":
      return checkBranching(graph, property, model);
    case "conforms":
      return {
        kind: "unknown",
        reason: "conformance is decided by the conform engine",
        evidence: "",
      };
  }
}

function stopText(stop: string, { budget }: CheckContext): string {
  switch (stop) {
    case "states":
      return `limit of ${plural(budget.maxStates, "state")} reached`;
    case "memory":
      return `limit of ${budget.maxMemoryMiB} MiB for states reached`;
    case "time":
      return `limit of ${budget.timeMs} ms reached`;
    default:
      return "interrupted";
  }
}
