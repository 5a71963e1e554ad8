/** Runs as things to look at: a trace of requests and answers, and tables. */

import type { Exhibit } from "../../../core/exhibit.ts";
import {
  type Counterexample,
  type Json,
  makeTrace,
  type Trace,
  traceState,
} from "../../../core/trace.ts";
import type { Deviation } from "./judgement.ts";
import { isAccepted, type Ledger, ledgerOf, type Reference } from "./ledger.ts";
import type { RunEvent, ScenarioRun } from "./play.ts";
import type { RequestRecord } from "./receiver.ts";
import type { Requirement } from "./requirements.ts";
import type { Scenario, Step } from "./scenario.ts";

/** What `replay` needs: which requirement, which script, and what was known about the process. */
export interface Recipe {
  readonly kind: "wire";
  readonly slug: string;
  readonly scenario: Scenario;
  readonly reference: Reference;
}

export function counterexampleOf(
  requirement: Requirement,
  run: ScenarioRun,
  reference: Reference,
  judgement: Deviation,
): Counterexample {
  const recipe: Recipe = {
    kind: "wire",
    slug: requirement.slug,
    scenario: brisk(focus(run, judgement.requests), requirement.slug),
    reference,
  };
  return {
    message: `Scenario "${run.scenario.title}": ${judgement.message}.`,
    at: { requirement: requirement.id, scenario: run.scenario.name, ...judgement.at },
    trace: traceOf(run, judgement.requests),
    recipe: recipe as unknown as Json,
  };
}

/** Scenarios whose rounds have nothing to do with each other: one round shows what it shows alone. */
const INDEPENDENT_ROUNDS = new Set([
  "retryable",
  "throttled",
  "retry-after-forms",
  "retry-after-dates",
  "hang",
]);

/**
 * The scenario of a run, cut down to the one round in which all of these requests belong: what has to
 * be played to see them again. The whole scenario where they belong to several.
 */
export function focus(run: ScenarioRun, accused: readonly number[]): Scenario {
  const { scenario } = run;
  const rounds = new Set(
    run.requests.filter(({ n }) => accused.includes(n)).map((record) => record.round),
  );
  const [round = -1] = rounds;
  const isThere = scenario.script.rounds[round] !== undefined;
  if (!INDEPENDENT_ROUNDS.has(scenario.name) || rounds.size !== 1 || !isThere) {
    return scenario;
  }
  return onlyRound(scenario, round);
}

/** The scenario with this one of its rounds alone. */
export function onlyRound(scenario: Scenario, round: number): Scenario {
  let current = -1;
  const steps = scenario.steps.filter((step) => {
    if (step.do === "drive") current++;
    return (step.do !== "drive" && step.do !== "await-attempt") || current === round;
  });
  return { ...scenario, script: { rounds: scenario.script.rounds.slice(round, round + 1) }, steps };
}

/**
 * What is shown long before the process has ended: resends, and that a limit in time has passed. The
 * default limit of 10 s must have passed as well, with its slack, before a limit counts as ignored.
 */
const SHOWN_EARLY =
  /^(timeout-|signal-timeout-|negative-timeout-|no-retry-(after-oversized-response|on-resource-exhausted)$)/;
const LONGEST_MS = { await: 11_500, quiet: 2_000, grace: 2_000 };

/** The scenario without the time in which nothing is waited for that the finding is about. */
export function brisk(scenario: Scenario, slug: string): Scenario {
  const isShutdown = slug === "shutdown-ends";
  if (!isShutdown && !SHOWN_EARLY.test(slug)) return scenario;
  const steps = scenario.steps.map((step): Step => {
    switch (step.do) {
      case "await-attempt":
        return { ...step, maxMs: Math.min(step.maxMs, isShutdown ? 2_000 : LONGEST_MS.await) };
      case "quiet":
        return { ...step, maxMs: Math.min(step.maxMs, LONGEST_MS.quiet) };
      case "terminate":
        return isShutdown ? step : { ...step, graceMs: Math.min(step.graceMs, LONGEST_MS.grace) };
      default:
        return step;
    }
  });
  return { ...scenario, steps };
}

const SHOWN_STEPS = 60;

/** Requests and events in the order in which they happened; `accused` requests carry a note. */
export function traceOf(run: ScenarioRun, accused: readonly number[] = []): Trace {
  const entries: (RunEvent | RequestRecord)[] = [...run.events, ...run.requests];
  entries.sort((a, b) => a.atMs - b.atMs);
  const seen = new Set<string>();
  let accepted = 0;
  // Every state has every variable: an event repeats those of the last request.
  let last: Record<string, Json> = { request: 0, attempt: 0, spans: 0, answered: "" };
  const states = entries.slice(0, SHOWN_STEPS).map((entry, index) => {
    const timeMs = Math.round(entry.atMs);
    if ("what" in entry) {
      return traceState(
        { index, timeMs, action: { type: entry.what }, by: "event", note: entry.note },
        { state: entry.what, ...last, delivered: seen.size, duplicated: accepted - seen.size },
      );
    }
    if (isAccepted(entry)) {
      accepted += entry.spans.length;
      for (const id of entry.spans) seen.add(id);
    }
    last = {
      request: entry.n,
      attempt: entry.attempt,
      spans: entry.spans.length,
      answered: entry.answered,
    };
    return traceState(
      {
        index,
        timeMs,
        by: "event",
        action: { type: `${entry.method} ${entry.path}`, attempt: entry.attempt },
        observed: {
          answered: entry.answered,
          openMs: Math.round((entry.endedAtMs ?? run.durationMs) - entry.atMs),
          ended: entry.ending,
        },
        ...(accused.includes(entry.n) ? { note: "the requirement fails here" } : {}),
      },
      { state: "request", ...last, delivered: seen.size, duplicated: accepted - seen.size },
    );
  });
  const more = entries.length - states.length;
  return makeTrace(
    `${run.scenario.title}: ${run.scenario.says}${more > 0 ? ` (${more} more steps left out)` : ""}`,
    states,
  );
}

const unknownAsText = (value: number | null) => value ?? "unknown";

/** One line per scenario: ended, delivered, duplicated, lost. */
export function ledgerTable(
  rows: readonly { readonly run: ScenarioRun; readonly ledger: Ledger }[],
): Exhibit {
  return {
    kind: "table",
    title: "Spans: ended, delivered, duplicated, lost",
    joined: true,
    columns: ["scenario", "ended", "delivered", "duplicated", "lost", "requests"],
    rows: rows.map(({ run, ledger }) => [
      run.scenario.title,
      unknownAsText(ledger.ended),
      ledger.delivered,
      ledger.duplicated,
      unknownAsText(ledger.lost),
      ledger.requests,
    ]),
    ...(rows[0] === undefined ? {} : { note: `Ended according to ${rows[0].ledger.endedFrom}.` }),
  };
}

const SHOWN_REQUESTS = 40;

export function requestTable(run: ScenarioRun): Exhibit {
  const shown = run.requests.slice(0, SHOWN_REQUESTS);
  const more = run.requests.length - shown.length;
  return {
    kind: "table",
    title: `Requests in scenario "${run.scenario.title}"`,
    columns: [
      "request",
      "at ms",
      "export",
      "attempt",
      "spans",
      "bytes",
      "answer",
      "open ms",
      "end",
    ],
    rows: shown.map((record) => [
      record.n,
      Math.round(record.atMs),
      record.exportNumber,
      record.attempt,
      record.spans.length,
      record.bytes,
      record.answered,
      record.endedAtMs === null ? "open" : Math.round(record.endedAtMs - record.atMs),
      record.ending,
    ]),
    note: `${run.scenario.says}${more > 0 ? ` ${more} more requests left out.` : ""}`,
  };
}

export function exhibitsOf(run: ScenarioRun, reference: Reference): Exhibit[] {
  return [ledgerTable([{ run, ledger: ledgerOf(run, reference) }]), requestTable(run)];
}
