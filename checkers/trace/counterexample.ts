/** A refused recording: the run that explains the longest prefix, and what cannot follow it. */

import type { RecordingSubject } from "../../core/subject.ts";
import {
  makeTrace,
  traceState,
  type Counterexample,
  type Json,
  type TraceAction,
} from "../../core/trace.ts";
import type { System } from "../../semantics/system.ts";
import { nameOf, type Explanation, type RunStep } from "./explain.ts";
import type { Instance, RecordedStep } from "./recording.ts";

export function counterexampleOf(
  subject: RecordingSubject,
  instance: Instance,
  system: System,
  refused: Extract<Explanation, { kind: "refused" }>,
): Counterexample {
  const { run, explained, refusals } = refused;
  const last = run.at(-1)!;
  const first = refusals[0]!;
  const states = run.map((step, index) =>
    traceState(
      {
        index,
        ...causeOf(system, step),
        active: system.active(step.state),
        ...(index > 0 && step.recorded === null ? { note: "not recorded" } : {}),
      },
      system.describe(step.state),
    ),
  );
  const described = system.describe(last.state);
  const refusal = traceState(
    {
      index: run.length,
      action: actionOf(first.step),
      by: first.step.event.startsWith("after ") ? "timer" : "event",
      active: system.active(last.state),
      predicted: described,
      observed: { state: first.step.state, ...first.step.variables },
      note: refusals.map(({ why }) => why).join("; "),
    },
    described,
  );
  const message =
    `instance ${instance.name}: after ${explained} explained ` +
    `${explained === 1 ? "step" : "steps"} no run of ${instance.machine} goes on as recorded: ` +
    `${refusals.map(({ why }) => why).join("; or ")} (${first.step.place})`;
  return {
    message,
    at: {
      instance: instance.name,
      step: explained + 1,
      event: first.step.event,
      state: String(described["state"]),
      recorded: first.step.state,
    },
    trace: makeTrace(message, [...states, refusal]),
    recipe: { file: subject.file, machine: instance.machine, instance: instance.name },
  };
}

function causeOf(
  system: System,
  { action, recorded }: RunStep,
): { readonly action?: TraceAction; readonly by?: "event" | "timer" } {
  if (recorded !== null) {
    return { action: actionOf(recorded), by: isTimer(system, action) ? "timer" : "event" };
  }
  if (action === null) return {};
  const what = system.action(action);
  if (what.kind === "event") return { action: what.event, by: "event" };
  return { action: { type: nameOf(system, action) }, by: "timer" };
}

const isTimer = (system: System, action: number | null): boolean =>
  action !== null && system.action(action).kind === "timer";

const actionOf = (step: RecordedStep): TraceAction => ({
  ...(step.payload as Readonly<Record<string, Json>>),
  type: step.event,
});
