/**
 * Linear-time claims on an explored machine. The search runs twice: first among the runs that a clock
 * allows, where a pending timer fires whether fairness was asked for or not, so that what is found
 * can be replayed; then among all runs that the property counts, because only their absence proves
 * anything.
 */

import type { Fairness, LeadsToProperty, LtlProperty } from "../../../core/property.ts";
import type { AnyModel } from "../../../core/system.ts";
import { formulaText, type Atom, type Formula } from "../../../core/temporal.ts";
import { parseLtl } from "../../../expr/index.ts";
import { candidateOf, plural, type Candidate, type Finding } from "../finding.ts";
import type { ReachableGraph } from "../graph.ts";
import { incomplete } from "../safety.ts";
import { automatonOf, FormulaTooLarge } from "./buchi.ts";
import type { Labels, Lasso, Requirement, TemporalGraph } from "./kripke.ts";
import { leavesOf } from "./leaves.ts";
import { Atoms } from "./normal.ts";
import { ProductTooLarge } from "./product.ts";
import { acceptedRuns, type Accepted } from "./search.ts";
import { labelsOf, requirementsOf, stepsOf, temporalGraphOf } from "./space.ts";
import { earliestEntry } from "./stem.ts";
import { trueOn } from "./word.ts";

/** Nodes of a product, beyond which the search gives up. */
const maxNodes = 50_000_000;

export const formulaOf = (property: LtlProperty | LeadsToProperty): Formula => {
  if (property.kind === "ltl") {
    return typeof property.formula === "string" ? parseLtl(property.formula) : property.formula;
  }
  const atom = (state: Atom & { state: unknown }): Formula => state;
  return {
    op: "G",
    arg: {
      op: "implies",
      left: atom({ op: "atom", state: property.from }),
      right: { op: "F", arg: atom({ op: "atom", state: property.to }) },
    },
  };
};

/** Timers fire on every clock, and the machine does its own steps. */
const real = (fair: readonly Fairness[]): readonly Fairness[] => [...fair, "timers", "internal"];

export function checkLinear(
  graph: ReachableGraph,
  property: LtlProperty | LeadsToProperty,
  model: AnyModel,
): Finding {
  if (!graph.complete) return incomplete(graph); // a bound on the depth says nothing about infinite runs
  const rows = temporalGraphOf(graph);
  const formula = formulaOf(property);
  const { search, refutes } = searcher(graph, rows, model);
  try {
    const possible = requirementsOf(graph, rows, real(property.fair));
    const onClocks = search(formula, possible);
    if (onClocks.places > 0) {
      return {
        kind: "fails",
        candidates: candidates(graph, rows, onClocks, (lasso) => refutes(formula, lasso)),
        evidence: `${plural(onClocks.places, "part")} of the state space in which a fair run against it can stay for ever`,
      };
    }
    const counted = requirementsOf(graph, rows, property.fair);
    if (search(formula, counted).places > 0) {
      return {
        kind: "unknown",
        reason:
          'it fails only on runs in which a running timer never fires, and no clock shows such a run; if timers do fire, say so with fair: ["timers"]',
        evidence: `${plural(graph.expanded, "state")} searched`,
      };
    }
    const fairOnes = search({ op: "constant", value: false }, counted);
    if (fairOnes.places === 0) {
      return {
        kind: "vacuous",
        reason: "no fair run exists",
        evidence: `${plural(graph.expanded, "reachable state")} examined`,
      };
    }
    return vacuity(formula, property, (mutant) => search(mutant, counted).places === 0, {
      kind: "holds",
      evidence: `no fair run is against it: ${plural(onClocks.nodes, "node")} in the product of ${plural(graph.expanded, "state")} with the automaton of its negation`,
    });
  } catch (thrown) {
    if (thrown instanceof FormulaTooLarge) return tooLarge(thrown.message);
    if (thrown instanceof ProductTooLarge) {
      return tooLarge(`the product of states and formula has more than ${maxNodes} nodes`);
    }
    throw thrown;
  }
}

const tooLarge = (reason: string): Finding => ({ kind: "unknown", reason, evidence: "" });

interface Searcher {
  readonly search: (formula: Formula, requirements: readonly Requirement[]) => Accepted;
  /** Is the formula false on this run? */
  readonly refutes: (formula: Formula, lasso: Lasso) => boolean;
}

/** Searches for runs against a formula; labels of a condition are computed once. */
function searcher(graph: ReachableGraph, rows: TemporalGraph, model: AnyModel): Searcher {
  const known = new Atoms();
  const labelled = new Map<string, Labels>();
  const labelsFor = (atoms: Atoms): Labels => {
    const key = atoms.list.map((atom) => known.numberOf(atom)).join();
    let labels = labelled.get(key);
    if (labels === undefined) {
      labels = labelsOf(graph, rows, atoms.list, model);
      labelled.set(key, labels);
    }
    return labels;
  };
  return {
    search: (formula, requirements) => {
      const atoms = new Atoms();
      const automaton = automatonOf(formula, atoms, false);
      return acceptedRuns(rows, labelsFor(atoms), automaton, requirements, { maxNodes });
    },
    refutes: (formula, lasso) => {
      const atoms = new Atoms();
      automatonOf(formula, atoms, false); // numbers the atoms
      return !trueOn(rows, labelsFor(atoms), atoms, formula, lasso);
    },
  };
}

function* candidates(
  graph: ReachableGraph,
  rows: TemporalGraph,
  { lassos }: Accepted,
  refutes: (lasso: Lasso) => boolean,
): Generator<Candidate> {
  for (const found of lassos) {
    const { stem, loop } = earliestEntry(rows, found, refutes);
    yield candidateOf(graph.system, stepsOf(rows, [...stem, ...loop]), stem.length);
  }
}

/** Does the claim still hold with a condition at its worst? Then that condition says nothing. */
export function vacuity<F extends Formula>(
  formula: F,
  property: LtlProperty | LeadsToProperty,
  stillHolds: (mutant: F) => boolean,
  holds: Extract<Finding, { kind: "holds" }>,
): Finding {
  const idle: string[] = [];
  for (const { atom, positive, worst } of leavesOf(formula)) {
    if (!stillHolds(worst)) continue;
    const name = formulaText(atom);
    if (positive) {
      return {
        kind: "vacuous",
        reason:
          property.kind === "leads-to"
            ? "no reachable state satisfies its `from`"
            : `it would be true even if \`${name}\` never were`,
        evidence: holds.evidence,
      };
    }
    idle.push(name);
  }
  if (idle.length === 0 || property.kind === "leads-to") return holds;
  return {
    ...holds,
    evidence: `${holds.evidence}; more is true: it holds without the premise \`${idle.join("`, `")}\``,
  };
}
