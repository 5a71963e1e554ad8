/**
 * Does a property fail (or, for `reachable`, is it shown) on a run that was followed on a real
 * actor? The same question is asked when a counterexample is found and when it is replayed later.
 */

import type { ModelState, Property } from "../../core/property.ts";
import type { AnyModel } from "../../core/system.ts";
import type { Scalar } from "../../core/trace.ts";
import { statePredicate, stepPredicate } from "../../semantics/predicate.ts";
import { sameState, type RunState } from "../../semantics/run.ts";
import { declaredEvents, makeStepper } from "../../semantics/stepper.ts";
import { describeSnapshot, startAt } from "../../semantics/system.ts";
import type { Judgement, Lasso } from "./judgement.ts";
import { actionLabel, eventLabel, plural, stateText } from "./finding.ts";
import { judgeBranching } from "./temporal/branching.ts";
import { judgeLinear } from "./temporal/judge.ts";

/** Does the run show that the property fails, or for `reachable` that it holds? */
export function judge(
  property: Property,
  states: readonly RunState[],
  lasso: Lasso | null,
  model: AnyModel,
  maxStates: number,
): Judgement {
  const describe = (index: number) => describeSnapshot(states[index]!.snapshot, model);
  const shown = (
    index: number,
    message: string,
    at: Readonly<Record<string, Scalar>> = describe(index),
  ): Judgement => ({ kind: "shown", index, message, at });
  const last = states.length - 1;

  switch (property.kind) {
    case "always":
    case "never":
    case "reachable": {
      const predicate = statePredicate(property.predicate, model);
      const wanted = property.kind !== "always";
      const index = states.findIndex(({ snapshot }) => predicate.holds(snapshot) === wanted);
      const name = predicateName(predicate.text);
      if (index < 0) {
        return {
          kind: "not-shown",
          message: `${name} is ${wanted ? "false" : "true"} in every state of the run`,
        };
      }
      return shown(index, `${name} is ${String(wanted)} in ${stateText(describe(index))}`);
    }
    case "step": {
      const predicate = stepPredicate(property.predicate, model);
      const name = predicateName(predicate.text);
      for (let index = 1; index < states.length; index++) {
        const [before, after] = [states[index - 1]!, states[index]!];
        const event = after.event!;
        if (predicate.holds({ before: before.snapshot, event, after: after.snapshot })) continue;
        const label = after.fired === null ? eventLabel(event) : after.fired.label;
        return shown(
          index,
          `${name} is false of the step ${label}: from ${stateText(describe(index - 1))} to ${stateText(describe(index))}`,
          { ...describe(index - 1), event: after.fired === null ? event.type : label },
        );
      }
      return { kind: "not-shown", message: `${name} is true of every step of the run` };
    }
    case "deadlock-free": {
      const way = wayOut(states[last]!, model);
      return way === null
        ? shown(
            last,
            `stuck in ${stateText(describe(last))}: no event changes it and no timer runs`,
          )
        : { kind: "not-shown", message: `the run does not end stuck: ${way}` };
    }
    case "always-reachable": {
      const from = property.from === undefined ? null : statePredicate(property.from, model);
      if (from !== null && !from.holds(states[last]!.snapshot)) {
        return { kind: "not-shown", message: "the run no longer ends in a state of `from`" };
      }
      const predicate = statePredicate(property.predicate, model);
      const closed = closureWithout(states[last]!, predicate.holds, model, maxStates);
      const name = predicateName(predicate.text);
      if (closed === "too many") {
        return {
          kind: "undecided",
          message: `more than ${maxStates} states can be reached from the end of the run`,
        };
      }
      if (closed === null) {
        return {
          kind: "not-shown",
          message: `from the end of the run, ${stateText(describe(last))}, ${name} can be reached`,
        };
      }
      return shown(
        last,
        `from ${stateText(describe(last))} no event and no timer ever leads to ${name}: the run is caught in ${plural(closed, "state")}`,
      );
    }
    case "leads-to":
    case "ltl":
      return judgeLinear(property, states, lasso, model);
    case "ctl":
      return judgeBranching(property, states, model, maxStates);
    case "conforms":
      return { kind: "not-shown", message: "conformance is not decided by exploration" };
  }
}

export const predicateName = (text: string | null): string =>
  text === null ? "the predicate" : `\`${text}\``;

/** Something that changes the state, in words; null when nothing does. */
function wayOut(state: RunState, model: AnyModel): string | null {
  if (state.snapshot.status !== "active") return "the machine is done";
  const timer = state.pending[0];
  if (timer !== undefined) return `the timer "${timer.timer.label}" is running`;
  if ("machines" in model) {
    const system = startAt(state, model);
    const pairs = system.successors(0);
    const way = pairs.findIndex((target, index) => index % 2 === 1 && target !== 0);
    return way < 0 ? null : `${actionLabel(system.action(pairs[way - 1]!))} leads on`;
  }
  const stepper = makeStepper(model, { actors: true });
  for (const event of declaredEvents(model)) {
    const step = stepper.send(state.snapshot, event);
    if (step === null) continue;
    if (!sameState(step.snapshot, state.snapshot) || step.effects.length > 0) {
      return `${eventLabel(event)} leads on`;
    }
  }
  return null;
}

/**
 * The number of states that can be reached from the end of a run if none satisfies the goal; null
 * when one does. Searched anew, so that the answer is about the model as it is now.
 */
function closureWithout(
  end: RunState,
  goal: (state: ModelState) => boolean,
  model: AnyModel,
  maxStates: number,
): number | "too many" | null {
  const system = startAt(end, model);
  const seen = new Set([0]);
  for (const state of seen) {
    if (goal(system.snapshot(state))) return null;
    if (seen.size > maxStates) return "too many";
    const pairs = system.successors(state);
    for (let index = 1; index < pairs.length; index += 2) seen.add(pairs[index]!);
  }
  return seen.size;
}
