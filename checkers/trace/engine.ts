/**
 * The engine `trace`: is a recorded run explained by the model, and if not, where does the longest
 * explainable prefix end?
 */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { CheckContext, Engine, Obligation, ReplayObservation } from "../../core/engine.ts";
import { makeOutcome } from "../../core/outcome.ts";
import type { Outcome } from "../../core/result.ts";
import type { MachineModel, RecordingSubject, Subject } from "../../core/subject.ts";
import { isJsonRecord, type Counterexample } from "../../core/trace.ts";
import type { Observation } from "../../core/verdict.ts";
import { compileMachine, type System } from "../../semantics/system.ts";
import { counterexampleOf } from "./counterexample.ts";
import { explain, type ExplainOptions, type Explanation } from "./explain.ts";
import { readRecording } from "./read.ts";
import type { Instance } from "./recording.ts";
import { walks } from "./recheck.ts";

/** Search nodes per instance at most. */
const maxNodes = 500_000;

export const engine: Engine = {
  name: "trace",
  version: "1",
  plan(subject) {
    if (subject.kind !== "recording") return [];
    const { instances } = readRecording(subject.file);
    const machines = [...new Set(instances.map(({ machine }) => machine))];
    // A recording without steps is an obligation too: silence must not read as agreement.
    return (machines.length === 0 ? ["steps"] : machines).map((machine): Obligation => ({
      id: `${subject.id}/${machine}`,
      subject: subject.id,
      property: machine,
      title:
        machines.length === 0
          ? "the recording has steps of a machine"
          : `the recorded run is one of ${machine}`,
      source: null,
      engine: "trace",
      claim: "universal",
      implementation: null,
      expect: subject.expectFor?.[machine] ?? null,
    }));
  },
  check: (obligation, subject, context) =>
    Promise.resolve(check(obligation, recordingOf(subject), context)),
  replay: (obligation, subject, counterexample, context) =>
    Promise.resolve(replay(obligation, recordingOf(subject), counterexample, context)),
};

function recordingOf(subject: Subject): RecordingSubject {
  if (subject.kind === "recording") return subject;
  throw new DiagnosticError("VRF004", `${subject.id}: the engine "trace" takes recordings only`);
}

interface Finding {
  readonly instance: Instance;
  readonly system: System;
  readonly model: MachineModel;
  readonly explanation: Explanation;
}

function check(obligation: Obligation, subject: RecordingSubject, context: CheckContext): Outcome {
  const { instances, remarks } = readRecording(subject.file);
  const own = instances.filter(({ machine }) => machine === obligation.property);
  const model = subject.models[obligation.property];
  const conclude = (
    observation: Observation,
    details: Parameters<typeof makeOutcome>[1] = {},
    bound: Record<string, number> | null = null,
  ): Outcome =>
    makeOutcome(
      { claim: "universal", method: "recorded-run", observation, bound, time: "untimed" },
      details,
    );
  if (own.length === 0) {
    return conclude({
      kind: "unknown",
      reason:
        "the recording has no event state_machine.transition: nothing was held against a model",
    });
  }
  if (model === undefined) {
    const known = Object.keys(subject.models).join(", ") || "none";
    return conclude({
      kind: "skipped",
      reason: `no machine subject has the id "${obligation.property}" (there are: ${known})`,
    });
  }

  const findings: Finding[] = [];
  const options = optionsOf(subject, context);
  for (const [index, instance] of own.entries()) {
    if (index % 20 === 0) context.progress(`${index} of ${own.length} recorded instances`);
    const ofInstance = withParameters(model, instance);
    const system = compileMachine(ofInstance);
    const explanation = explain(system, instance, options);
    findings.push({ instance, system, model: ofInstance, explanation });
  }
  const steps = own.reduce((sum, { lanes }) => sum + countSteps(lanes), 0);
  const refused = findings.find(({ explanation }) => explanation.kind === "refused");
  const undecided = findings.find(({ explanation }) => explanation.kind === "unknown");
  const details = {
    assumptions: assumptionsOf(subject, remarks),
    stats: { instances: own.length, steps, hidden: sum(findings, hiddenSteps) },
    exhibits: [tableOf(obligation.property, findings)],
  };
  if (refused?.explanation.kind === "refused") {
    const { instance, system, model: ofInstance, explanation } = refused;
    const counterexample = counterexampleOf(subject, instance, system, explanation);
    const replayed = walks(ofInstance, system, explanation.run);
    return conclude(
      { kind: "refuted", replayed },
      { ...details, counterexample, evidence: counterexample.message },
    );
  }
  if (undecided?.explanation.kind === "unknown") {
    const { instance, explanation } = undecided;
    return conclude(
      { kind: "unknown", reason: `instance ${instance.name}: ${explanation.reason}` },
      details,
    );
  }
  // A witness is as good as its steps: each explaining run is walked once more by XState alone.
  const unsound = findings.find(
    ({ model: ofInstance, system, explanation }) =>
      explanation.kind === "explained" && !walks(ofInstance, system, explanation.run),
  );
  if (unsound !== undefined) {
    return conclude({
      kind: "error",
      reason: `the run that explains instance ${unsound.instance.name} cannot be walked again`,
    });
  }
  return conclude(
    { kind: "holds" },
    {
      ...details,
      evidence: `for each of ${own.length} instances there is a run of the model with the ${steps} recorded steps`,
    },
    { instances: own.length, steps },
  );
}

function replay(
  obligation: Obligation,
  subject: RecordingSubject,
  { recipe }: Counterexample,
  context: CheckContext,
): ReplayObservation {
  const name = isJsonRecord(recipe) ? recipe["instance"] : null;
  const { instances } = readRecording(subject.file);
  const instance = instances.find(
    (candidate) => candidate.machine === obligation.property && candidate.name === name,
  );
  const model = subject.models[obligation.property];
  if (instance === undefined || model === undefined) {
    return {
      kind: "infeasible",
      message: `the recording has no instance ${JSON.stringify(name)} of ${obligation.property} any more`,
    };
  }
  const system = compileMachine(withParameters(model, instance));
  const explanation = explain(system, instance, optionsOf(subject, context));
  if (explanation.kind === "unknown") return { kind: "infeasible", message: explanation.reason };
  if (explanation.kind === "explained") {
    return { kind: "passes", message: `instance ${instance.name} is explained by the model` };
  }
  const counterexample = counterexampleOf(subject, instance, system, explanation);
  return { kind: "reproduced", message: counterexample.message, counterexample };
}

function optionsOf(subject: RecordingSubject, context: CheckContext): ExplainOptions {
  const endMs = performance.now() + context.budget.timeMs;
  return {
    unrecorded: new Set(subject.unrecorded ?? []),
    fromMiddle: subject.fromMiddle === true,
    maxNodes: Math.min(maxNodes, context.budget.maxStates),
    stopped() {
      if (context.signal.aborted) return "interrupted";
      return performance.now() > endMs ? "the time budget ended" : null;
    },
  };
}

/** The model with the parameter values that the instance was recorded with. */
function withParameters(model: MachineModel, instance: Instance): MachineModel {
  const parameters = Object.fromEntries(
    Object.entries(model.parameters ?? {}).map(([name, declared]) => [
      name,
      { ...declared, explore: instance.parameters[name] ?? declared.explore },
    ]),
  );
  // Any pending timer may fire: the recorded moments are not held against the model's delays.
  return { ...model, parameters, time: "untimed" };
}

function assumptionsOf(subject: RecordingSubject, remarks: readonly string[]): string[] {
  const unrecorded = subject.unrecorded ?? [];
  return [
    "the times of the steps are not compared with the model's delays",
    ...(unrecorded.length === 0 ? [] : [`not recorded: ${unrecorded.join(", ")}`]),
    ...(subject.fromMiddle === true ? ["the recording may begin in the middle of a run"] : []),
    ...remarks,
  ];
}

const countSteps = (lanes: Instance["lanes"]): number =>
  lanes.reduce((count, { steps }) => count + steps.length, 0);

const hiddenSteps = ({ explanation }: Finding): number =>
  explanation.kind === "explained" ? explanation.hidden : 0;

const sum = (findings: readonly Finding[], of: (finding: Finding) => number): number =>
  findings.reduce((total, finding) => total + of(finding), 0);

const maxRows = 40;

function tableOf(machine: string, findings: readonly Finding[]): Outcome["exhibits"][number] {
  const order = { refused: 0, unknown: 1, explained: 2 };
  const rows = findings
    .toSorted((a, b) => order[a.explanation.kind] - order[b.explanation.kind])
    .slice(0, maxRows)
    .map(({ instance, explanation }) => [
      instance.name,
      countSteps(instance.lanes),
      explanation.kind === "explained"
        ? countSteps(instance.lanes)
        : explanation.kind === "refused"
          ? explanation.explained
          : null,
      explanation.kind === "unknown" ? `not decided: ${explanation.reason}` : explanation.kind,
    ]);
  const left = findings.length - rows.length;
  return {
    kind: "table",
    title: `Recorded instances of ${machine}`,
    columns: ["instance", "recorded steps", "explained", "result"],
    rows,
    ...(left === 0 ? {} : { note: `${left} further instances, all explained or listed by kind` }),
  };
}
