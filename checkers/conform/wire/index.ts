/**
 * Conformance of a process on the wire: the process runs unmodified, a fault-injecting receiver on
 * loopback plays the other side, and the requests that arrive are judged against the specification.
 */

import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { CheckContext, Obligation, ReplayObservation } from "../../../core/engine.ts";
import { makeOutcome, tooBusy, type OutcomeDetails } from "../../../core/outcome.ts";
import type { Outcome, RequirementFinding } from "../../../core/result.ts";
import type { ExporterSubject } from "../../../core/subject.ts";
import type { Counterexample } from "../../../core/trace.ts";
import type { Observation } from "../../../core/verdict.ts";
import {
  counterexampleOf,
  exhibitsOf,
  type Recipe,
  requestTable,
  traceOf,
} from "./counterexample.ts";
import { findingOf, obligationOf, requirementObligation } from "./identity.ts";
import { type Judgement, observedAgain } from "./judgement.ts";
import { accountCloses, obeysTimeout } from "./judges.ts";
import { ledgerOf, type Reference } from "./ledger.ts";
import { canPlaySideBySide, playScenario, type ScenarioRun, StartError } from "./play.ts";
import {
  type Requirement,
  requirements,
  requirementsFor,
  specVersion,
  untested,
  type UntestedRequirement,
  untestedFor,
} from "./requirements.ts";
import { SilentError, SubjectRuns } from "./runs.ts";
import type { Scenario } from "./scenario.ts";
import { defaultPace, scenarios } from "./scenarios.ts";

const SCENARIO_PREFIX = "scenario-";

/** One obligation per requirement and one account per scenario. Fast and without side effects. */
export function planExporter(subject: ExporterSubject): Obligation[] {
  const played = scenariosOf(subject);
  const known = new Set(played.map(({ name }) => name));
  // The same point is collected again and again: there is no sum that could close.
  const accountable = subject.signal === "metrics" ? [] : played;
  const accounts = accountable.map(({ name, title }) =>
    obligationOf(subject, `${SCENARIO_PREFIX}${name}`, {
      title: `${title}: everything that ended is accounted for`,
      source: null,
    }),
  );
  const judged = [...requirementsFor(subject, known), ...untestedFor(subject)].map((requirement) =>
    requirementObligation(subject, requirement),
  );
  return [...accounts, ...judged];
}

const runsOf = new WeakMap<ExporterSubject, SubjectRuns>();

const scenariosOf = (subject: ExporterSubject) =>
  scenarios({ ...defaultPace, ...subject.pace }, subject);

/** All obligations of a subject share one set of runs, which goes on while they are asked for. */
function sharedRuns(subject: ExporterSubject): SubjectRuns {
  let runs = runsOf.get(subject);
  if (runs === undefined) {
    runs = new SubjectRuns(subject);
    runsOf.set(subject, runs);
  }
  return runs;
}

/** Judges one requirement, or closes the account of one scenario. */
export async function checkExporter(
  obligation: Obligation,
  subject: ExporterSubject,
  context: CheckContext,
): Promise<Outcome> {
  const requirement = requirementOf(obligation.property, subject);
  const details: OutcomeDetails =
    requirement === null ? {} : { requirement: finding(requirement, subject, "not-tested") };
  const conclude = (observation: Observation) =>
    makeOutcome({ claim: obligation.claim, method: "wire", observation, bound: null }, details);
  const skipped =
    subject.missing ??
    subject.notApplicable?.[obligation.property] ??
    (requirement !== null && "why" in requirement ? `not tested: ${requirement.why}` : undefined);
  if (skipped !== undefined) return conclude({ kind: "skipped", reason: skipped });
  const runs = sharedRuns(subject);
  runs.listen((message) => context.progress(message));
  try {
    return await aborted(
      context.signal,
      judge(obligation, subject, runs, requirement as Requirement | null),
    );
  } catch (error) {
    if (isInterruption(context.signal)) runs.stop(new Error("the run was interrupted"));
    if (error instanceof SilentError || error instanceof OutOfTime) {
      return conclude({ kind: "unknown", reason: error.message });
    }
    if (error instanceof StartError) {
      if (runs.toldThatItDidNotStart) {
        return conclude({ kind: "skipped", reason: "the process under test did not start" });
      }
      runs.toldThatItDidNotStart = true;
    }
    if (error instanceof DiagnosticError) throw error;
    return conclude({ kind: "error", reason: `the wire harness failed: ${String(error)}` });
  }
}

class OutOfTime extends Error {}

const isInterruption = (signal: AbortSignal): boolean =>
  signal.aborted && !/time/.test(String(signal.reason));

/** Waits for the runs no longer than the obligation may take; the runs themselves go on. */
function aborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const gone = () =>
    new OutOfTime(
      isInterruption(signal)
        ? "interrupted before the scenario was over"
        : "the time budget ended before the scenario was over",
    );
  if (signal.aborted) return Promise.reject(gone());
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(gone());
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** The same slug may stand for HTTP and for gRPC: the subject says which is meant. */
function requirementOf(
  property: string,
  subject: ExporterSubject,
): Requirement | UntestedRequirement | null {
  const known = new Set(scenariosOf(subject).map(({ name }) => name));
  const named = ({ slug }: { readonly slug: string }) => slug === property;
  return (
    requirementsFor(subject, known).find(named) ??
    untestedFor(subject).find(named) ??
    requirements.find(named) ??
    untested.find(named) ??
    null
  );
}

const finding = (
  requirement: Requirement | UntestedRequirement,
  { spec }: ExporterSubject,
  found: RequirementFinding["finding"],
): RequirementFinding =>
  findingOf(requirement, specVersion(spec), found, "why" in requirement ? requirement : null);

/** One judgement, and whether the machine was calm enough to believe it. */
function judgeRun(requirement: Requirement, run: ScenarioRun, reference: Reference): Judgement {
  const judgement = requirement.judge(run, reference);
  if (judgement.kind === "deviates" && run.lagMs > (judgement.marginMs ?? Infinity)) {
    const reason = `${tooBusy} to measure time: the harness itself was ${Math.round(run.lagMs)} ms late`;
    return { kind: "unknown", reason, busy: true };
  }
  return judgement;
}

/** Further runs that a busy machine is worth. */
const MOST_RUNS = 4;
/** With longer pauses of the harness than this, what is unknown may be the machine's fault. */
const CALM_LAG_MS = 250;

/** What the first run from `number` on shows in which the machine was calm enough to tell. */
async function judgeCalmly(
  requirement: Requirement | null,
  scenario: Scenario,
  runs: SubjectRuns,
  reference: Reference,
  number: number,
): Promise<{ readonly run: ScenarioRun; readonly judgement: Judgement; readonly number: number }> {
  for (let next = number; ; next++) {
    const run = await (next === 0 ? runs.scenario(scenario.name) : runs.again(scenario, next));
    const judgement =
      requirement === null ? accountCloses(run, reference) : judgeRun(requirement, run, reference);
    const isBusy =
      judgement.kind === "unknown" && (judgement.busy === true || run.lagMs > CALM_LAG_MS);
    if (!isBusy || next >= MOST_RUNS) return { run, judgement, number: next };
  }
}

async function judge(
  obligation: Obligation,
  subject: ExporterSubject,
  runs: SubjectRuns,
  requirement: Requirement | null,
): Promise<Outcome> {
  const names = requirement?.scenarios ?? [obligation.property.slice(SCENARIO_PREFIX.length)];
  const played: ScenarioRun[] = [];
  for (const name of names) played.push(await runs.scenario(name));
  const reference = await runs.reference();
  const judged = await Promise.all(
    played.map(({ scenario }) => judgeCalmly(requirement, scenario, runs, reference, 0)),
  );
  const shown = judged.map(({ run }) => run);
  const common = {
    stats: statsOf(shown, reference),
    assumptions: assumptionsOf(shown, reference),
    // The accounts show every run; a finding shows its own again.
    exhibits: requirement === null ? shown.flatMap((run) => exhibitsOf(run, reference)) : [],
  };
  const bound = {
    scenarios: names.join(", "),
    requests: shown.reduce((sum, run) => sum + run.requests.length, 0),
    observedMs: Math.round(Math.max(...shown.map((run) => run.durationMs))),
  };
  const conclude = (
    observation: Observation,
    found: RequirementFinding["finding"],
    details: OutcomeDetails,
  ): Outcome =>
    makeOutcome(
      { claim: obligation.claim, method: "wire", observation, bound },
      {
        ...common,
        ...details,
        ...(requirement === null ? {} : { requirement: finding(requirement, subject, found) }),
      },
    );

  const bad = judged.find(({ judgement }) => judgement.kind === "deviates");
  if (bad?.judgement.kind === "deviates" && requirement !== null) {
    const second = bad.number + 1;
    const { judgement: again, run: secondRun } = await judgeCalmly(
      requirement,
      bad.run.scenario,
      runs,
      reference,
      second,
    );
    if (again.kind === "holds" && bad.run.lagMs > CALM_LAG_MS && secondRun.lagMs < bad.run.lagMs) {
      const late = Math.round(bad.run.lagMs);
      return conclude({ kind: "holds" }, "conforms", {
        evidence: `${again.evidence} (in a second run; the first, in which the harness was ${late} ms late, differed: ${bad.judgement.message})`,
      });
    }
    const counterexample = counterexampleOf(requirement, bad.run, reference, bad.judgement);
    return again.kind === "deviates"
      ? conclude({ kind: "refuted", replayed: true }, "deviates", {
          counterexample,
          exhibits: [requestTable(bad.run)],
          evidence: `${bad.judgement.message}; seen again in a second run: ${again.message}`,
        })
      : conclude({ kind: "refuted", replayed: false }, "ambiguous", {
          counterexample,
          evidence: `${bad.judgement.message}; not seen again in a second run`,
        });
  }
  const open = judged.find(({ judgement }) => judgement.kind === "unknown");
  if (open?.judgement.kind === "unknown") {
    const reason = `scenario "${open.run.scenario.title}": ${open.judgement.reason}`;
    return conclude({ kind: "unknown", reason }, "not-tested", { evidence: reason });
  }
  const evidence = judged
    .map(({ run, judgement }) =>
      judgement.kind === "holds" ? `${run.scenario.title}: ${judgement.evidence}` : "",
    )
    .join("; ");
  return conclude({ kind: "holds" }, "conforms", {
    evidence,
    ...(requirement === null && shown[0] !== undefined ? { witness: traceOf(shown[0]) } : {}),
  });
}

function statsOf(played: readonly ScenarioRun[], reference: Reference): Record<string, number> {
  const sum = (count: (run: ScenarioRun) => number) =>
    played.reduce((total, run) => total + count(run), 0);
  const [only] = played;
  const ledger = played.length === 1 && only !== undefined ? ledgerOf(only, reference) : null;
  return {
    scenarios: played.length,
    requests: sum((run) => run.requests.length),
    lagMs: Math.round(Math.max(...played.map((run) => run.lagMs))),
    ...(ledger === null ? {} : { delivered: ledger.delivered, duplicated: ledger.duplicated }),
    ...(ledger?.ended === null || ledger === null ? {} : { ended: ledger.ended }),
    ...(ledger?.lost === null || ledger === null ? {} : { lost: ledger.lost }),
  };
}

function assumptionsOf(played: readonly ScenarioRun[], reference: Reference): string[] {
  const assumptions = ["the process reads OTEL_EXPORTER_OTLP_* from its environment"];
  const [first] = played;
  if (first !== undefined) {
    const { ended, endedFrom } = ledgerOf(first, reference);
    if (ended !== null) assumptions.push(`items ended according to ${endedFrom}`);
  }
  return assumptions;
}

/** Scenarios that are judged against a timeout which the scenario `hang` must have shown. */
const needsTimeout = (name: string): boolean => name === "drip" || name === "late-hang";

/** Plays the scenario of a counterexample again and judges it again. */
export async function replayExporter(
  obligation: Obligation,
  subject: ExporterSubject,
  counterexample: Counterexample,
  context: CheckContext,
): Promise<ReplayObservation> {
  const recipe = counterexample.recipe as unknown as Recipe;
  const requirement = requirementOf(obligation.property, subject);
  if (
    requirement === null ||
    "why" in requirement ||
    recipe.kind !== "wire" ||
    recipe.slug !== requirement.slug
  ) {
    return {
      kind: "infeasible",
      message: `${obligation.id}: the recorded run belongs to another requirement`,
    };
  }
  let run: ScenarioRun;
  let { reference } = recipe;
  try {
    // Whether the timeout is obeyed is a fact about today's process, not about the recorded one.
    const hang = needsTimeout(recipe.scenario.name)
      ? scenariosOf(subject).find(({ name }) => name === "hang")
      : undefined;
    const alone = hang === undefined || !canPlaySideBySide(subject);
    const obeyed = async () =>
      hang === undefined ? null : obeysTimeout(await playScenario(subject, hang, context.signal));
    const again = () => playScenario(subject, recipe.scenario, context.signal);
    let timeoutObeyed: boolean | null;
    if (alone) [timeoutObeyed, run] = [await obeyed(), await again()];
    else [timeoutObeyed, run] = await Promise.all([obeyed(), again()]);
    if (hang !== undefined) reference = { ...reference, timeoutObeyed };
  } catch (error) {
    if (error instanceof StartError) return { kind: "infeasible", message: error.message };
    throw error;
  }
  const judgement = judgeRun(requirement, run, reference);
  return observedAgain(judgement, (deviation) =>
    counterexampleOf(requirement, run, reference, deviation),
  );
}
