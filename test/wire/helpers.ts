import { fileURLToPath } from "node:url";

import type { ExporterSubject } from "../../core/subject.ts";
import type { CheckContext } from "../../core/engine.ts";
import type { Judgement } from "../../checkers/conform/wire/judgement.ts";
import { obeysTimeout } from "../../checkers/conform/wire/judges.ts";
import { learn, type Reference } from "../../checkers/conform/wire/ledger.ts";
import { playScenario, type ScenarioRun } from "../../checkers/conform/wire/play.ts";
import { requirementsFor } from "../../checkers/conform/wire/requirements.ts";
import type { Scenario, Step } from "../../checkers/conform/wire/scenario.ts";
import { scenarios } from "../../checkers/conform/wire/scenarios.ts";

export const pace = { quietMs: 1_200, silenceMs: 5_000, jobs: 5 };

const program = fileURLToPath(new URL("../fixtures/wire/exporter.ts", import.meta.url));

/** The fixture exporter with some sins. */
export function fixture(sins = "", changes: Partial<ExporterSubject> = {}): ExporterSubject {
  return {
    kind: "process",
    id: "fixture",
    title: "fixture",
    role: "otlp-exporter",
    command: [process.execPath, program, sins],
    ready: "http://127.0.0.1:{port}/",
    drive: "http://127.0.0.1:{port}/work",
    implementation: { name: "fixture", version: "1" },
    pace,
    ...changes,
  };
}

/** A target for which every scenario exists. */
const everything = { driveLarge: "x", batchProcessor: true, simpleProcessor: true };

const never = new AbortController().signal;

export function play(
  subject: ExporterSubject,
  name: string,
  change: (scenario: Scenario) => Scenario = (scenario) => scenario,
): Promise<ScenarioRun> {
  const scenario = scenarios(pace, subject).find((one) => one.name === name)!;
  return playScenario(subject, change(scenario), never);
}

/** The first round alone, watched for `ms`, and little time to end. */
export const firstRound =
  (ms: number) =>
  (scenario: Scenario): Scenario => ({
    ...scenario,
    steps: [{ do: "drive" }, { do: "wait", ms }, { do: "terminate", graceMs: 300 }],
  });

/** The same steps with little time to end. */
export const impatient = (scenario: Scenario): Scenario => ({
  ...scenario,
  steps: scenario.steps.map((step) => (step.do === "terminate" ? { ...step, graceMs: 500 } : step)),
});

/** Little patience for what will not come, and time at the end to be sure of it. */
export function hurried(scenario: Scenario): Scenario {
  const last = scenario.steps.findLastIndex((step) => step.do === "await-attempt");
  const steps = scenario.steps.map((step, index): Step => {
    if (step.do !== "await-attempt") return step;
    return { ...step, maxMs: Math.min(step.maxMs, index === last ? 4_500 : 1_500) };
  });
  return { ...scenario, steps };
}

export const scenariosOf = (subject: ExporterSubject) => scenarios(pace, subject);

/** What an exporter without faults would have taught. */
export const reference: Reference = {
  perDrive: 3,
  atStart: 0,
  perRun: null,
  arrivalMs: 220,
  endsByItself: null,
  timeoutObeyed: true,
};

export function judge(slug: string, run: ScenarioRun, known: Reference = reference): Judgement {
  const { protocol } = run;
  const all = new Set(scenarios(pace, { ...everything, protocol }).map(({ name }) => name));
  const wire = { protocol: run.protocol, profile: "opentelemetry-js" };
  return requirementsFor(wire, all)
    .find((requirement) => requirement.slug === slug)!
    .judge(run, known);
}

export { learn, obeysTimeout };

export const context = (signal: AbortSignal = never): CheckContext => ({
  seed: 1,
  budget: { timeMs: 60_000, maxStates: 1 },
  signal,
  progress() {},
  options: {},
});
