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
import { judgeCalmly, obeysCalmly } from "./calm.ts";
import {
  brisk,
  counterexampleOf,
  exhibitsOf,
  type Recipe,
  onlyRound,
  requestTable,
  traceOf,
} from "./counterexample.ts";
import { isDisturbed, type Pause } from "./disturbance.ts";
import { findingOf, obligationOf, requirementObligation } from "./identity.ts";
import { observedAgain } from "./judgement.ts";
import { accountCloses } from "./judges.ts";
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
      const busy = error instanceof OutOfTime && runs.wasDisturbed ? `${tooBusy}: ` : "";
      return conclude({ kind: "unknown", reason: `${busy}${error.message}` });
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
  const calmly = (scenario: Scenario, first: number) =>
    judgeCalmly(
      (number) => (number === 0 ? runs.scenario(scenario.name) : runs.again(scenario, number)),
      (run) => (requirement?.judge ?? accountCloses)(run, reference),
      first,
    );
  const judged = await Promise.all(played.map(({ scenario }) => calmly(scenario, 0)));
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
    const { judgement: again, run: second } = await calmly(bad.run.scenario, bad.number + 1);
    const counterexample = counterexampleOf(requirement, bad.run, reference, bad.judgement);
    if (again.kind === "deviates") {
      return conclude({ kind: "refuted", replayed: true }, "deviates", {
        counterexample,
        exhibits: [requestTable(bad.run)],
        evidence: `${bad.judgement.message}; seen again in a second run: ${again.message}`,
      });
    }
    const evidence = `${bad.judgement.message}; not seen again in a second run`;
    const isOpen = again.kind === "unknown" && again.busy === true;
    return isOpen || isDisturbed(bad.run) || isDisturbed(second)
      ? conclude(
          { kind: "unknown", reason: `${tooBusy} to see it twice: ${bad.judgement.message}` },
          "not-tested",
          { evidence },
        )
      : conclude({ kind: "refuted", replayed: false }, "ambiguous", { counterexample, evidence });
  }
  const open = judged.find(({ judgement }) => judgement.kind === "unknown");
  if (open?.judgement.kind === "unknown") {
    const busy = runs.referenceSpoilt && open.judgement.busy !== true ? `${tooBusy}: ` : "";
    const reason = `scenario "${open.run.scenario.title}": ${busy}${open.judgement.reason}`;
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
  const longest = (pauses: (run: ScenarioRun) => readonly Pause[]) =>
    Math.round(Math.max(0, ...played.flatMap(pauses).map(({ ms }) => ms)));
  const [only] = played;
  const ledger = played.length === 1 && only !== undefined ? ledgerOf(only, reference) : null;
  return {
    scenarios: played.length,
    requests: sum((run) => run.requests.length),
    lagMs: longest((run) => run.lags),
    starvedMs: longest((run) => run.starved ?? []),
    ...(ledger === null ? {} : { delivered: ledger.delivered, duplicated: ledger.duplicated }),
    ...(ledger?.ended === null || ledger === null ? {} : { ended: ledger.ended }),
    ...(ledger?.lost === null || ledger === null ? {} : { lost: ledger.lost }),
  };
}

function assumptionsOf(played: readonly ScenarioRun[], reference: Reference): string[] {
  const assumptions = ["the process reads OTEL_EXPORTER_OTLP_* from its environment"];
  const [first] = played;
  if (played.some(({ starved }) => starved === null)) {
    assumptions.push(
      "the process never waited for a CPU for long (this system does not say whether it did)",
    );
  }
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
  const play = (scenario: Scenario) => playScenario(subject, scenario, context.signal);
  let { reference } = recipe;
  try {
    // Whether the timeout is obeyed is a fact about today's process, not about the recorded one.
    const hang = needsTimeout(recipe.scenario.name)
      ? scenariosOf(subject).find(({ name }) => name === "hang")
      : undefined;
    let early: Promise<ScenarioRun> | null = null;
    if (hang !== undefined) {
      const isFree = canPlaySideBySide(subject);
      const first = brisk(onlyRound(hang, 0), "timeout-bounds-a-hang");
      const looked = obeysCalmly(() => play(first));
      if (isFree) early = play(recipe.scenario);
      early?.catch(() => {}); // reported below
      reference = { ...reference, timeoutObeyed: (await looked).fact };
    }
    const { judgement, run } = await judgeCalmly(
      (number) => (number === 0 ? early : null) ?? play(recipe.scenario),
      (one) => requirement.judge(one, reference),
    );
    return observedAgain(judgement, (deviation) =>
      counterexampleOf(requirement, run, reference, deviation),
    );
  } catch (error) {
    if (error instanceof StartError) return { kind: "infeasible", message: error.message };
    throw error;
  }
}
