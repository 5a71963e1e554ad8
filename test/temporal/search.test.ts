/**
 * The automaton search against the meaning of the formula: every lasso of a small graph is looked at,
 * and every lasso that the search reports is judged on its own.
 */

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { automatonOf } from "../../checkers/explore/temporal/buchi.ts";
import {
  sourceOf,
  type Lasso,
  type TemporalGraph,
} from "../../checkers/explore/temporal/kripke.ts";
import { Atoms } from "../../checkers/explore/temporal/normal.ts";
import { acceptedRuns } from "../../checkers/explore/temporal/search.ts";
import { evaluate, trueOn } from "../../checkers/explore/temporal/word.ts";
import { formulaText, type Atom, type Formula } from "../../core/temporal.ts";
import {
  aboutSteps,
  allLassos,
  formulas,
  graphOf,
  labelsOf,
  letters,
  requirements,
  sketches,
  sketchesWithSteps,
  type Sketch,
} from "./random.ts";

interface Asked {
  readonly action: number;
  readonly strong: boolean;
}

const holdsIn =
  (of: Sketch, { states, actions }: Word) =>
  (atom: Atom, position: number): boolean => {
    const state = states[position]!;
    if ("state" in atom) return of.truth[state]![letters.indexOf(atom.state as "p")]!;
    const action = actions[position]!;
    return action === null ? of.steps!.stay[state]! : of.steps!.edge[state]![action]!;
  };

/** A word as states with the action taken in each; `null` where the run stands still. */
interface Word {
  readonly states: readonly number[];
  readonly actions: readonly (number | null)[];
  readonly loop: number;
}

const wordOf = ({
  states,
  actions,
  loop,
}: {
  states: readonly number[];
  actions: readonly number[];
  loop: number;
}): Word =>
  actions.length === states.length
    ? { states, actions, loop }
    : { states, actions: [...actions, null], loop };

function isFair(of: Sketch, { states, actions, loop }: Word, asked: readonly Asked[]): boolean {
  return asked.every(({ action, strong }) => {
    const possible = new Set(states.slice(loop).map((state) => of.edges[state]!.length > action));
    const taken = actions.slice(loop).includes(action);
    return taken || (strong ? !possible.has(true) : possible.has(false));
  });
}

function lassoWord(graph: TemporalGraph, { stem, loop }: Lasso): Word {
  const edges = [...stem, ...loop];
  let at = graph.initial;
  const states: number[] = [];
  const actions: (number | null)[] = [];
  for (const edge of edges) {
    expect(sourceOf(graph, edge)).toBe(at); // a lasso walks on real edges
    states.push(at);
    actions.push(graph.action[edge]!);
    at = graph.target[edge]!;
  }
  if (loop.length === 0) {
    states.push(at);
    actions.push(null);
  } else {
    expect(at).toBe(states[stem.length]); // and closes
  }
  return { states, actions, loop: stem.length };
}

const asks = fc.array(fc.record({ action: fc.nat(2), strong: fc.boolean() }), { maxLength: 2 });
const runs = Number(process.env["VERIFY_TEMPORAL_RUNS"] ?? 1500);

function check(
  of: Sketch,
  formula: Formula,
  asked: readonly Asked[],
): { violated: boolean; loop: number } {
  const atoms = new Atoms();
  const automaton = automatonOf(formula, atoms, false);
  const graph = graphOf(of);
  const accepted = acceptedRuns(graph, labelsOf(of, atoms), automaton, requirements(of, asked), {
    maxNodes: 100_000,
  });
  let loop = 0;
  for (const lasso of accepted.lassos) {
    const word = lassoWord(graph, lasso);
    loop = Math.max(loop, lasso.loop.length);
    const [first] = evaluate(formula, word.states.length, word.loop, holdsIn(of, word));
    expect(first, `${formulaText(formula)} on ${JSON.stringify({ of, word })}`).toBe(false);
    expect(trueOn(graph, labelsOf(of, atoms), atoms, formula, lasso)).toBe(false);
    expect(isFair(of, word, asked), JSON.stringify({ of, word, asked })).toBe(true);
  }
  return { violated: accepted.places > 0, loop };
}

test.for([
  ["conditions on states", sketches(4), formulas(3)],
  ["conditions on steps too", sketchesWithSteps(4), formulas(3).map(aboutSteps)],
] as const)(
  "%s: what is found is a fair counterexample, and none is missed",
  ([, drawn, claims]) => {
    const count = { violated: 0, holds: 0, long: 0 };
    fc.assert(
      fc.property(drawn, claims, asks, (of, formula, asked) => {
        const { violated, loop } = check(of, formula, asked);
        count[violated ? "violated" : "holds"] += 1;
        if (loop > 1) count.long += 1;
        if (violated) return;
        for (const lasso of allLassos(of, 6)) {
          const word = wordOf(lasso);
          const [first] = evaluate(formula, word.states.length, word.loop, holdsIn(of, word));
          if (first === true || !isFair(of, word, asked)) continue;
          throw new Error(`missed: ${formulaText(formula)} fails on ${JSON.stringify(word)}`);
        }
      }),
      { seed: 20261124, numRuns: runs },
    );
    expect(count.violated).toBeGreaterThan(runs * 0.3);
    expect(count.holds).toBeGreaterThan(runs * 0.2);
    expect(count.long).toBeGreaterThan(runs * 0.05);
  },
);
