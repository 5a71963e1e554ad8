/**
 * Claims about states, decided with fingerprints instead of states. A violation is followed and real;
 * what holds is bounded by the probability that a state was overlooked.
 */

import type { CheckContext } from "../../../core/engine.ts";
import { makeOutcome } from "../../../core/outcome.ts";
import type { Property } from "../../../core/property.ts";
import type { Outcome, ReductionReport } from "../../../core/result.ts";
import type { ExploredSubject } from "../../../core/subject.ts";
import type { Observation } from "../../../core/verdict.ts";
import { Selection } from "../../../semantics/packed/selection.ts";
import { statePredicate } from "../../../semantics/predicate.ts";
import { compileModel } from "../../../semantics/system.ts";
import { candidateOf, plural } from "../finding.ts";
import { follow } from "../follow.ts";
import { certificateOf, claimOf, unaudited } from "../outcome.ts";
import { writeRecipe } from "../recipe.ts";
import { askedReductions, off } from "../reduce/plan.ts";
import { Walk, type Watcher, type WalkEnd } from "./walk.ts";

/** Claims that are decided state by state. */
type StateProperty = Extract<
  Property,
  { kind: "always" | "never" | "reachable" | "deadlock-free" }
>;

const countsStates = (property: Property): property is StateProperty =>
  ["always", "never", "reachable", "deadlock-free"].includes(property.kind);

/** What comes of the option, and why it could not be followed; nothing of both where it is not set. */
export async function byFingerprints(
  subject: ExploredSubject,
  property: Property,
  context: CheckContext,
): Promise<{ readonly outcome: Outcome | null; readonly off: ReductionReport["off"] }> {
  if (context.options["fingerprints"] !== true) return { outcome: null, off: [] };
  const exact = (reason: string) => ({
    outcome: null,
    off: [off("fingerprints", `${reason}; the states themselves were kept`)],
  });
  if (!countsStates(property)) return exact("the claim needs the steps between the states");
  const outcome = await checkByFingerprints(subject, property, context);
  if (outcome === null) return exact("the model fails, and the way there is to be shown");
  const together = "hashes and reductions are not used together";
  const others = askedReductions(subject, context.options).map((name) => off(name, together));
  const bits = "fingerprints: 64-bit hashes instead of states";
  return { outcome: { ...outcome, reduction: { used: [bits], off: others } }, off: [] };
}

/** How many runs are tried until one can be followed. */
const attempts = 20;

/**
 * @param bits of a fingerprint; fewer than 64 only to see what goes wrong then
 * @returns null where the model fails on the way: that is told better with all states at hand
 */
export async function checkByFingerprints(
  subject: ExploredSubject,
  property: StateProperty,
  context: CheckContext,
  bits = 64,
): Promise<Outcome | null> {
  const { model } = subject;
  const system = compileModel(model);
  const { product } = system;
  const lone = subject.kind === "machine";
  const asks = (holds: ((state: never) => boolean) | null) => {
    if (holds === null) return null;
    const selection = new Selection(product, lone, holds as never);
    return (words: Uint32Array): boolean =>
      selection.test(words, 0, product.layout) ??
      selection.ask(words, 0, product.layout, system.snapshotOf(words));
  };
  const predicate = "predicate" in property ? statePredicate(property.predicate, model) : null;
  const holds = asks(predicate?.holds ?? null);
  const premise = asks(predicate?.premise?.holds ?? null);
  let premises = 0;
  const found: number[] = [];
  const watcher: Watcher = {
    see(number, words, leadsOn) {
      if (premise?.(words) ?? false) premises += 1;
      const wanted = property.kind !== "always";
      const shows = holds === null ? !leadsOn && !system.isDoneIn(words) : holds(words) === wanted;
      if (shows) found.push(number);
      return found.length >= attempts;
    },
  };
  const walk = new Walk(system, bits);
  const end = await walk.run(context, watcher);
  if (end === "fault") return null;

  const claim = claimOf(property);
  const states = walk.set.size();
  const chance = omission(states, bits);
  const make = (observation: Observation, details: Parameters<typeof makeOutcome>[1] = {}) =>
    makeOutcome(
      {
        claim,
        method: "fingerprints",
        time: system.time,
        bound: { states: walk.expanded, "omission probability": chance },
        observation,
      },
      {
        stats: {
          states: walk.expanded,
          transitions: walk.transitions,
          depth: walk.depth,
          bytes: walk.set.bytes(),
        },
        assumptions: Object.entries(system.parameters).map(([name, value]) => `${name} = ${value}`),
        evidence: `${plural(walk.expanded, "state")} told apart by ${bits}-bit fingerprints; a state was overlooked with probability ${chance}`,
        ...details,
      },
    );

  let whyNot = "";
  for (const number of found) {
    const candidate = candidateOf(system, walk.pathTo(number));
    const followed = follow(candidate, property, subject, context.budget.maxStates);
    if (followed.kind === "stopped" || followed.judgement.kind === "not-shown") {
      whyNot = followed.kind === "stopped" ? followed.message : followed.judgement.message;
      continue;
    }
    const { judgement, trace } = followed;
    if (claim === "existential") {
      const shown = { witness: trace, ...certificateOf(candidate, subject) };
      return make({ kind: "witnessed", replayed: true }, shown);
    }
    return make(
      { kind: "refuted", replayed: true },
      {
        counterexample: {
          message: judgement.message,
          at: judgement.at,
          trace,
          recipe: writeRecipe({ kind: "run", ...candidate }),
        },
        ...certificateOf(candidate, subject),
      },
    );
  }
  if (found.length > 0) {
    return make({ kind: "unknown", reason: `a run was found that no clock shows: ${whyNot}` });
  }
  if (end !== "complete") return make({ kind: "unknown", reason: endText(end, walk, context) });
  if (claim === "existential") return make({ kind: "absent" });
  if (premise !== null && premises === 0) {
    const reason = `its premise \`${predicate!.premise!.text}\` is true in no state that was seen`;
    return make({ kind: "vacuous", reason });
  }
  return {
    ...make({ kind: "holds" }),
    ...unaudited("hashes of states are no set that could be closed"),
  };
}

/** At most so likely have two of so many states one fingerprint: the number of pairs / 2^bits. */
const omission = (states: number, bits: number): string => {
  const chance = Math.min(1, ((states / 2) * (states - 1)) / 2 ** bits);
  return `at most ${chance === 0 ? "0" : chance.toExponential(1)}`;
};

function endText(end: WalkEnd, walk: Walk, { budget }: CheckContext): string {
  const seen = `nothing was found in ${plural(walk.expanded, "state")}`;
  if (end === "states") return `limit of ${plural(budget.maxStates, "state")} reached; ${seen}`;
  return end === "time" ? `limit of ${budget.timeMs} ms reached; ${seen}` : `interrupted; ${seen}`;
}
