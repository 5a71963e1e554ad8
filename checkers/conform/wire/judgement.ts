/** What a judge may say, and the helpers that all judges use. */

import type { ReplayObservation } from "../../../core/engine.ts";
import type { Counterexample, Scalar } from "../../../core/trace.ts";
import type { Reference } from "./ledger.ts";
import type { ScenarioRun } from "./play.ts";
import type { RequestRecord } from "./record.ts";

export type Judgement =
  | { readonly kind: "holds"; readonly evidence: string }
  | {
      readonly kind: "deviates";
      readonly message: string;
      /** Stable facts about the deviation; no times, no counts that vary. */
      readonly at: Readonly<Record<string, Scalar>>;
      /** Numbers of the requests that show it. */
      readonly requests: readonly number[];
      /** For limits in time: how far beyond the limit, slack included. */
      readonly marginMs?: number;
    }
  | {
      readonly kind: "unknown";
      readonly reason: string;
      /** A calmer machine could have told: worth another run. */
      readonly busy?: boolean;
    };

export type Deviation = Extract<Judgement, { kind: "deviates" }>;

/** What a judgement says about a counterexample that was played again. */
export function observedAgain(
  judgement: Judgement,
  counterexampleOf: (deviation: Deviation) => Counterexample,
): ReplayObservation {
  switch (judgement.kind) {
    case "deviates":
      return {
        kind: "reproduced",
        message: judgement.message,
        counterexample: counterexampleOf(judgement),
      };
    case "holds":
      return { kind: "passes", message: judgement.evidence };
    case "unknown":
      return { kind: "infeasible", message: judgement.reason };
  }
}

export type Judge = (run: ScenarioRun, reference: Reference) => Judgement;

export const holds = (evidence: string): Judgement => ({ kind: "holds", evidence });
export const unknown = (reason: string): Judgement => ({ kind: "unknown", reason });
export const deviates = (
  message: string,
  at: Readonly<Record<string, Scalar>>,
  ...records: readonly RequestRecord[]
): Judgement => ({ kind: "deviates", message, at, requests: records.map(({ n }) => n) });

export const lateBy = (marginMs: number, judgement: Judgement): Judgement => ({
  ...judgement,
  ...(judgement.kind === "deviates" ? { marginMs } : {}),
});

/** Timers may fire a little early, and clocks are read twice. */
export const CLOCK_TOLERANCE_MS = 50;
export const IMMEDIATE_MS = 100;

export const ms = (value: number) => `${Math.round(value)} ms`;
export const s = (value: number) => `${(value / 1000).toFixed(1)} s`;

/** The attempts of each export, in order. */
export function exportsOf(run: ScenarioRun): readonly (readonly RequestRecord[])[] {
  const byExport = Map.groupBy(
    run.requests.filter((record) => record.attempt > 0),
    (record) => record.exportNumber,
  );
  return [...byExport.values()].map((attempts) => [...attempts].sort((a, b) => a.n - b.n));
}

/** Pairs (attempt, next attempt or undefined) whose first part got an answer like this. */
export function after(
  run: ScenarioRun,
  matches: (record: RequestRecord) => boolean,
): readonly (readonly [RequestRecord, RequestRecord | undefined])[] {
  return exportsOf(run).flatMap((attempts) =>
    attempts.flatMap((record, index) =>
      matches(record) ? [[record, attempts[index + 1]] as const] : [],
    ),
  );
}

export const nothingArrived = unknown("no export arrived in this scenario");

export function sendsOnce(
  run: ScenarioRun,
  wanted: readonly string[],
  matches: (record: RequestRecord) => string | null,
  until: number,
): Judgement {
  const seen = new Set<string>();
  for (const attempts of exportsOf(run)) {
    for (const [index, record] of attempts.entries()) {
      const label = matches(record);
      if (label === null || record.endedAtMs === null) continue;
      seen.add(label);
      const next = attempts.slice(index + 1).find((other) => other.atMs <= until);
      if (next !== undefined) {
        return deviates(
          `request ${record.n} was answered ${record.answered}; its spans were sent again ${s(next.atMs - record.atMs)} later (request ${next.n})`,
          { answered: record.answered, resent: true },
          record,
          next,
        );
      }
    }
  }
  const missing = wanted.filter((label) => !seen.has(label));
  if (missing.length > 0) return unknown(`no export was answered ${missing.join(", ")}`);
  return holds(`no resend after ${[...seen].join(", ")} within ${s(run.durationMs)}`);
}

/** How long a request stayed open, and whether it was the client that ended it. */
export function openFor(
  run: ScenarioRun,
  record: RequestRecord,
): { ms: number; byClient: boolean } {
  return {
    ms: (record.endedAtMs ?? run.durationMs) - record.atMs,
    byClient: record.ending === "client-gave-up",
  };
}
