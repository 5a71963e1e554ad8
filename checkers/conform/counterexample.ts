/** A violating run as a trace for readers and a recipe for replay. */

import type { ConformsProperty, ModelState } from "../../core/property.ts";
import type { Implementation, MachineSubject } from "../../core/subject.ts";
import {
  makeTrace,
  traceState,
  type Counterexample,
  type Json,
  type Scalar,
  type TraceState,
} from "../../core/trace.ts";
import { timePasses } from "./commands.ts";
import type { Run, Step } from "./lockstep.ts";
import { activeStates, stateName, variables } from "./model-run.ts";

/** @throws {TypeError} when the run does not end in a violation. */
export function counterexampleOf(
  subject: MachineSubject,
  implementation: Implementation,
  property: ConformsProperty,
  run: Run,
): Counterexample {
  const last = run.steps.at(-1);
  const { difference } = run;
  if (run.end !== "violated" || last === undefined || difference === null) {
    throw new TypeError("a counterexample needs a run that ends in a violation");
  }
  const name = `${implementation.name} ${implementation.version}`;
  const { observable, expected, observed } = difference;
  const state = stateName(last.before);
  const message =
    `step ${run.steps.length}, ${eventText(last)} in state ${state}: the model expects ` +
    `${observable} = ${show(expected)}, ${name} shows ${observable} = ${show(observed)}`;

  const stateOf = (model: ModelState): Record<string, Json> => ({
    state: stateName(model),
    ...variables(subject.model, model),
  });
  const states: TraceState[] = [
    traceState(
      { index: 0, active: activeStates(run.initial.value), timeMs: 0 },
      stateOf(run.initial),
    ),
    ...run.steps.map((step, index) =>
      traceState(
        {
          index: index + 1,
          action: step.event,
          by: step.event.type === timePasses ? "timer" : "event",
          active: activeStates(step.after.value),
          observed: { ...step.observed },
          predicted: { ...step.predicted },
          timeMs: step.timeMs,
          ...(step === last
            ? { note: `expected ${observable} = ${show(expected)}, observed ${show(observed)}` }
            : {}),
        },
        stateOf(step.after),
      ),
    ),
  ];
  return {
    message,
    at: { state, event: last.event.type, observable, expected, observed },
    trace: makeTrace(`${property.title}: ${name} against ${subject.title}. ${message}`, states),
    recipe: { steps: run.executed as unknown as Json },
  };
}

function eventText({ event }: Step): string {
  if (event.type === timePasses) return `${JSON.stringify(event.ms)} ms passing`;
  const payload = Object.entries(event).filter(([field]) => field !== "type");
  return payload.length === 0
    ? event.type
    : `${event.type} (${payload.map(([field, value]) => `${field}: ${JSON.stringify(value)}`).join(", ")})`;
}

const show = (value: Scalar): string => (typeof value === "string" ? value : JSON.stringify(value));
