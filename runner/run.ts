/** A whole run: load, plan, schedule, judge, report. */

import type { Coverage } from "../core/coverage.ts";
import type { Engine, Obligation } from "../core/engine.ts";
import { makeOutcome } from "../core/outcome.ts";
import { engineNames, type EngineName, type Report, type Result } from "../core/result.ts";
import type { Subject } from "../core/subject.ts";
import { verdicts, type Verdict } from "../core/verdict.ts";
import { describeEnvironment, toolVersion } from "./environment.ts";
import type { RunEvent } from "./events.ts";
import type { Checked } from "./executor.ts";
import { counts, exitCodeOf, type ExitOptions } from "./exit-code.ts";
import { judge } from "./expectation.ts";
import { keyOf, plan, type Selection } from "./plan.ts";
import type { EngineOptions, SubjectSource } from "./protocol.ts";
import { redact, redactResult, secretsOf } from "./redact.ts";
import { loadEngines } from "./registry.ts";
import { schedule } from "./schedule.ts";
import { loadSubjects } from "./source.ts";

export interface RunOptions extends Pick<ExitOptions, "failOn" | "known"> {
  readonly source: SubjectSource;
  readonly selection: Selection;
  readonly seed: number;
  readonly jobs: number;
  readonly maxTimeMs: number;
  readonly maxStates: number;
  /** Memory for the states of an exploration in MiB. */
  readonly maxMemoryMiB?: number;
  /** Stop after this many results that count against the run; 0 for never. */
  readonly bail: number;
  readonly engineOptions: EngineOptions;
  /** The command line, for the report. */
  readonly command: readonly string[];
  /** How a reader repeats a result. */
  readonly again: {
    /** What the command is called here: `verify` or `npx verify`. */
    readonly program: string;
    /** Options that every repetition needs, e.g. ` -c other.config.ts`. */
    readonly suffix: string;
    /** Further options that an engine needs to come to the same result, by its name. */
    readonly perEngine?: Readonly<Record<string, string>>;
    /** Repeats a result without a counterexample, where `verify run ID` would not find it. */
    readonly rerun?: string;
  };
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

export const runDefaults = {
  seed: 42,
  maxTimeMs: 60_000,
  maxStates: 2_000_000,
} as const;

/** What a configuration holds, with the obligations that the selected engines take from it. */
export async function planRun(
  source: SubjectSource,
  selection: Selection,
): Promise<{
  subjects: readonly Subject[];
  engines: readonly Engine[];
  obligations: readonly Obligation[];
}> {
  const names: readonly EngineName[] = selection.engines ?? engineNames;
  const [subjects, engines] = await Promise.all([loadSubjects(source), loadEngines(names)]);
  return { subjects, engines, obligations: plan(subjects, engines, selection) };
}

export async function run(options: RunOptions): Promise<Report> {
  const startedAt = new Date();
  const started = performance.now();
  const { subjects, engines, obligations } = await planRun(options.source, options.selection);
  options.onEvent({ type: "planned", obligations: obligations.length });

  const secrets = secretsOf(process.env);
  const results = new Map<string, Result>();
  const coverages = new Map<string, Coverage>();
  let failures = 0;
  const record = (obligation: Obligation, checked: Checked): boolean => {
    const result = redactResult(toResult(obligation, checked, options), secrets);
    results.set(keyOf(obligation), result);
    // Claims of one subject share a search, or have one each: the longest has met the most.
    const { coverage } = checked.outcome;
    if (coverage !== undefined && statesOf(coverage) >= statesOf(coverages.get(obligation.subject)))
      coverages.set(obligation.subject, redact(coverage, secrets));
    if (counts(result, options)) failures++;
    options.onEvent({ type: "finished", result });
    return options.bail === 0 || failures < options.bail;
  };
  await schedule(obligations, {
    source: options.source,
    jobs: options.jobs,
    signal: options.signal,
    task: (obligation) => ({
      obligation,
      seed: options.seed,
      budget: {
        timeMs: options.maxTimeMs,
        maxStates: options.maxStates,
        ...(options.maxMemoryMiB === undefined ? {} : { maxMemoryMiB: options.maxMemoryMiB }),
      },
      options: options.engineOptions,
    }),
    onStart: ({ id, engine }) => options.onEvent({ type: "started", id, engine }),
    onProgress: ({ id, engine }, message) =>
      options.onEvent({ type: "progress", id, engine, message }),
    onDone: record,
  });
  const interrupted = options.signal.aborted;
  const reason = interrupted ? "the run was interrupted before it was done" : "stopped by --bail";
  for (const obligation of obligations) {
    if (!results.has(keyOf(obligation))) record(obligation, notRun(obligation, reason));
  }
  const inOrder = obligations.map((obligation) => results.get(keyOf(obligation))!);
  const report: Report = {
    schemaVersion: 1,
    tool: { name: "verify", version: toolVersion() },
    seed: options.seed,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - started),
    environment: describeEnvironment(),
    command: redact(options.command, secrets),
    summary: summarise(inOrder),
    exitCode: exitCodeOf(inOrder, {
      ...options,
      ...(interrupted ? { interruptedBy: signalOf(options.signal) } : {}),
    }),
    interrupted,
    subjects: subjects
      .filter(({ id }) => obligations.some(({ subject }) => subject === id))
      .map((subject) => ({
        id: subject.id,
        title: subject.title,
        kind: subject.kind,
        source: subject.source ?? null,
        graph: engines.map((engine) => engine.graph?.(subject) ?? null).find(Boolean) ?? null,
        ...(coverages.has(subject.id) ? { coverage: coverages.get(subject.id)! } : {}),
      })),
    results: inOrder,
  };
  options.onEvent({ type: "reported", report });
  return report;
}

const statesOf = (coverage: Coverage | undefined): number =>
  coverage?.growth.reduce((sum, states) => sum + states, 0) ?? 0;

function notRun(obligation: Obligation, reason: string): Checked {
  const observation = { kind: "skipped", reason } as const;
  return {
    outcome: makeOutcome({ claim: obligation.claim, method: null, observation }),
    durationMs: 0,
  };
}

function signalOf(signal: AbortSignal): "SIGINT" | "SIGTERM" {
  const reason: unknown = signal.reason;
  return reason instanceof Error && reason.message === "SIGTERM" ? "SIGTERM" : "SIGINT";
}

function toResult(
  obligation: Obligation,
  checked: Checked,
  options: Pick<RunOptions, "seed" | "again">,
): Result {
  const { id, engine } = obligation;
  const { coverage: _ofTheSubject, ...outcome } = checked.outcome;
  const { program, suffix, perEngine, rerun } = options.again;
  const same = `--engine ${engine} --seed ${options.seed}${perEngine?.[engine] ?? ""}`;
  const again =
    checked.outcome.counterexample === null
      ? (rerun ?? `${program} run ${id} ${same}${suffix}`)
      : `${program} replay ${id} --engine ${engine}${suffix}`;
  return {
    id,
    subject: obligation.subject,
    property: obligation.property,
    title: obligation.title,
    source: obligation.source,
    implementation: obligation.implementation,
    engine,
    ...(obligation.group === undefined ? {} : { group: obligation.group }),
    ...(obligation.location === undefined ? {} : { location: obligation.location }),
    ...outcome,
    ...judge(checked.outcome, obligation.expect),
    replay: again,
    durationMs: Math.round(checked.durationMs),
  };
}

export function summarise(results: readonly Result[]): Report["summary"] {
  const count = (test: (result: Result) => boolean): number => results.filter(test).length;
  const perVerdict = Object.fromEntries(
    verdicts.map((verdict) => [verdict, count((result) => result.verdict === verdict)]),
  ) as Record<Verdict, number>;
  return { ...perVerdict, unexpected: count((result) => !result.asExpected) };
}
