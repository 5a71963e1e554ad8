/** What a judge may say, and the helpers that all judges use. */

import type { ReplayObservation } from "../../../core/engine.ts";
import { tooBusy } from "../../../core/outcome.ts";
import type { Counterexample, Scalar } from "../../../core/trace.ts";
import { type Disturbed, disturbedMs, isDisturbed } from "./disturbance.ts";
import type { Reference } from "./ledger.ts";
import type { ScenarioRun } from "./play.ts";
import type { RequestRecord } from "./record.ts";

/**
 * A time in which a busy machine may have made what was seen, and how much it may take from that time
 * before nothing can be said: a finding in time is believed only within its gates, whichever it is.
 */
export interface Gate {
  readonly fromMs: number;
  readonly toMs: number;
  readonly toleratesMs: number;
}

export type Judgement =
  | { readonly kind: "holds"; readonly evidence: string; readonly gates?: readonly Gate[] }
  | {
      readonly kind: "deviates";
      readonly message: string;
      /** Stable facts about the deviation; no times, no counts that vary. */
      readonly at: Readonly<Record<string, Scalar>>;
      /** Numbers of the requests that show it. */
      readonly requests: readonly number[];
      readonly gates?: readonly Gate[];
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

/** The judgement, believed only if the machine took no more than that from each of these times. */
export const gated = (judgement: Judgement, ...gates: readonly Gate[]): Judgement =>
  judgement.kind === "unknown"
    ? judgement
    : { ...judgement, gates: [...(judgement.gates ?? []), ...gates] };

export const gate = (fromMs: number, toMs: number, toleratesMs: number): Gate => ({
  fromMs,
  toMs,
  toleratesMs,
});

/** What did not come in all this time: half of it must have been the process's own. */
export const waited = (fromMs: number, toMs: number): Gate =>
  gate(fromMs, toMs, (toMs - fromMs) / 2);

/** A longer delay than this is looked for in the whole wait, a shorter one only at its end. */
const LAST_PART_MS = 1_000;

/**
 * What waited long enough may have been ready earlier and held up since. Only what was taken at the end
 * of the wait can have done so, or very much: whoever waits anyway does not mind. For waits whose end
 * within the tolerance before the right moment cannot be told from the right moment.
 */
export const heldUpUntil = (fromMs: number, toMs: number, toleratesMs: number): readonly Gate[] => {
  const last = Math.max(LAST_PART_MS, toleratesMs);
  return [gate(Math.max(fromMs, toMs - last), toMs, toleratesMs), gate(fromMs, toMs, last)];
};

/** What a calmer machine could have told. */
export const busy = (reason: string): Judgement => ({ kind: "unknown", reason, busy: true });

/**
 * What a judgement is worth on the machine as it was: beyond its gates nothing, and what was not seen
 * on a disturbed machine is worth another run.
 */
export function settle(judgement: Judgement, run: Disturbed): Judgement {
  if (judgement.kind === "unknown") {
    return isDisturbed(run) ? busy(`${tooBusy} to tell: ${judgement.reason}`) : judgement;
  }
  for (const { fromMs, toMs, toleratesMs } of judgement.gates ?? []) {
    const taken = disturbedMs(run, fromMs, toMs);
    if (taken <= toleratesMs) continue;
    const seen = judgement.kind === "holds" ? judgement.evidence : judgement.message;
    return busy(
      `${tooBusy} to tell: in ${s(toMs - fromMs)} it held up the harness or the process for ${ms(taken)}, and at most ${ms(Math.max(0, toleratesMs))} would do: ${seen}`,
    );
  }
  return judgement;
}

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

/**
 * What is answered like this is not sent again before `until`. It is watched longest after the first such
 * answer; what is answered after `until` shows nothing.
 */
export function sendsOnce(
  run: ScenarioRun,
  wanted: readonly string[],
  matches: (record: RequestRecord) => string | null,
  until: number,
): Judgement {
  const firstEnded = new Map<string, number>();
  for (const attempts of exportsOf(run)) {
    for (const [index, record] of attempts.entries()) {
      const label = matches(record);
      if (label === null || record.endedAtMs === null || record.endedAtMs >= until) continue;
      firstEnded.set(label, Math.min(record.endedAtMs, firstEnded.get(label) ?? Infinity));
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
  const missing = wanted.filter((label) => !firstEnded.has(label));
  if (missing.length > 0) return unknown(`no export was answered ${missing.join(", ")}`);
  const end = Math.min(until, run.durationMs);
  return gated(
    holds(`no resend after ${[...firstEnded.keys()].join(", ")} within ${s(run.durationMs)}`),
    ...[...firstEnded.values()].map((from) => waited(from, end)),
  );
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
