/**
 * One judge per requirement. A judge looks at one run and says what it saw; it never guesses: what
 * did not happen, or may have another cause, is `unknown` with its reason. Limits in time are
 * one-sided and carry slack.
 */

import type { Scalar } from "../../../core/trace.ts";
import { ledgerOf, type Reference, traceRequests } from "./ledger.ts";
import type { ScenarioRun } from "./play.ts";
import type { RequestRecord } from "./receiver.ts";
import { QUEUE, RETRIES_SLACK_MS, TIMEOUT_SLACK_MS } from "./scenarios.ts";

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
  | { readonly kind: "unknown"; readonly reason: string };

export type Judge = (run: ScenarioRun, reference: Reference) => Judgement;

const holds = (evidence: string): Judgement => ({ kind: "holds", evidence });
const unknown = (reason: string): Judgement => ({ kind: "unknown", reason });
const deviates = (
  message: string,
  at: Readonly<Record<string, Scalar>>,
  ...records: readonly RequestRecord[]
): Judgement => ({ kind: "deviates", message, at, requests: records.map(({ n }) => n) });

const lateBy = (marginMs: number, judgement: Judgement): Judgement => ({
  ...judgement,
  ...(judgement.kind === "deviates" ? { marginMs } : {}),
});

const DEFAULT_TIMEOUT_MS = 10_000;
/** Timers may fire a little early, and clocks are read twice. */
const CLOCK_TOLERANCE_MS = 50;
const IMMEDIATE_MS = 100;

const ms = (value: number) => `${Math.round(value)} ms`;
const s = (value: number) => `${(value / 1000).toFixed(1)} s`;

/** The attempts of each export, in order. */
function exportsOf(run: ScenarioRun): readonly (readonly RequestRecord[])[] {
  const byExport = Map.groupBy(
    run.requests.filter((record) => record.attempt > 0),
    (record) => record.exportNumber,
  );
  return [...byExport.values()].map((attempts) => [...attempts].sort((a, b) => a.n - b.n));
}

/** Pairs (attempt, next attempt or undefined) whose first part got an answer like this. */
function after(
  run: ScenarioRun,
  matches: (record: RequestRecord) => boolean,
): readonly (readonly [RequestRecord, RequestRecord | undefined])[] {
  return exportsOf(run).flatMap((attempts) =>
    attempts.flatMap((record, index) =>
      matches(record) ? [[record, attempts[index + 1]] as const] : [],
    ),
  );
}

const nothingArrived = unknown("no export arrived in this scenario");

// --- what a request looks like ----------------------------------------------------------------

export const postsToTraces: Judge = (run) => {
  const requests = traceRequests(run);
  if (requests.length === 0) return nothingArrived;
  const path = `${run.scenario.basePath.replace(/\/$/, "")}/v1/traces`;
  const wrong = requests.find((record) => record.method !== "POST" || record.path !== path);
  if (wrong !== undefined) {
    return deviates(
      `request ${wrong.n} is ${wrong.method} ${wrong.path}, expected POST ${path}`,
      { method: wrong.method, path: wrong.path },
      wrong,
    );
  }
  return holds(`${requests.length} requests, all POST ${path}`);
};

export const declaresContentType: Judge = (run) => {
  const requests = traceRequests(run);
  if (requests.length === 0) return nothingArrived;
  const wrong = requests.find((record) => record.encoding === null);
  if (wrong === undefined) return holds(`${requests.length} requests with a known Content-Type`);
  const contentType = wrong.headers["content-type"] ?? null;
  return deviates(
    `request ${wrong.n} has ${contentType === null ? "no Content-Type" : `Content-Type ${contentType}`}`,
    { contentType },
    wrong,
  );
};

export const bodyIsExportRequest: Judge = (run) => {
  const requests = traceRequests(run).filter((record) => record.encoding !== null);
  if (requests.length === 0) return unknown("no request with a known Content-Type arrived");
  const wrong = requests.find((record) => record.problem !== null);
  return wrong === undefined
    ? holds(`${requests.length} bodies decoded`)
    : deviates(`request ${wrong.n}: ${wrong.problem}`, { decodes: false }, wrong);
};

export const gzipBodyGunzips: Judge = (run) => {
  const requests = traceRequests(run);
  if (requests.length === 0) return nothingArrived;
  const gzipped = requests.filter((record) => record.headers["content-encoding"] !== undefined);
  const wrong = gzipped.find((record) => record.problem !== null);
  if (wrong !== undefined) {
    return deviates(`request ${wrong.n}: ${wrong.problem}`, { decodes: false }, wrong);
  }
  return gzipped.length === 0
    ? unknown(
        "nothing was compressed, although OTEL_EXPORTER_OTLP_COMPRESSION=gzip was set; the process may configure its exporter in code",
      )
    : holds(`${gzipped.length} gzipped bodies decoded`);
};

export const sendsNoEmptyRequest: Judge = (run) => {
  const requests = traceRequests(run).filter((record) => record.problem === null);
  if (requests.length === 0) return nothingArrived;
  const empty = requests.find((record) => record.spans.length === 0);
  return empty === undefined
    ? holds(`${requests.length} requests, each with at least one span`)
    : deviates(`request ${empty.n} carries no span`, { spans: 0 }, empty);
};

export const namesItself: Judge = (run) => {
  const requests = traceRequests(run);
  if (requests.length === 0) return nothingArrived;
  const wanted = /(^|\s)OTel-OTLP-Exporter-[^\s/]+\/\S+/i;
  const wrong = requests.find((record) => !wanted.test(record.headers["user-agent"] ?? ""));
  return wrong === undefined
    ? holds(`User-Agent: ${requests[0]!.headers["user-agent"]}`)
    : deviates(
        `request ${wrong.n} does not say OTel-OTLP-Exporter-<language>/<version> in User-Agent`,
        { userAgentNamesExporter: false },
        wrong,
      );
};

export const keepsConnectionAlive: Judge = (run) => {
  const requests = traceRequests(run);
  const [first, second] = exportsOf(run)
    .map((attempts) => attempts[0]!)
    .filter((record) => record.ending === "answered");
  if (first === undefined || second === undefined) {
    return unknown("fewer than two answered exports, so no connection could be used again");
  }
  const reused = requests.some(
    (record, index) =>
      index > 0 && requests.slice(0, index).some((other) => other.connection === record.connection),
  );
  return reused
    ? holds(
        `${requests.length} requests on ${new Set(requests.map((r) => r.connection)).size} connections`,
      )
    : deviates(
        `every one of ${requests.length} requests opened a connection of its own`,
        { reused: false },
        first,
        second,
      );
};

// --- retries that should happen ---------------------------------------------------------------

const isRetryable = (record: RequestRecord) =>
  record.answer?.kind === "status" && [429, 502, 503, 504].includes(record.answer.status);

/** Whether the run left enough time after `record` for the next attempt. */
function hadTime(run: ScenarioRun, record: RequestRecord): boolean {
  const from = record.notBeforeMs ?? record.answeredAtMs ?? record.atMs;
  return run.terminatedAtMs - from >= 3_000 && !run.endedEarly;
}

export const retriesRetryable: Judge = (run) =>
  retriesAfter(run, isRetryable, "answered with a retryable status");

export const retriesUnanswered: Judge = (run) =>
  retriesAfter(run, (record) => record.answer?.kind === "close", "cut without an answer");

function retriesAfter(
  run: ScenarioRun,
  matches: (record: RequestRecord) => boolean,
  what: string,
): Judgement {
  const pairs = after(run, matches);
  if (pairs.length === 0) return unknown(`no export was ${what}`);
  const abandoned = pairs.find(([, next]) => next === undefined)?.[0];
  if (abandoned === undefined) return holds(`sent again ${pairs.length} of ${pairs.length} times`);
  if (!hadTime(run, abandoned)) {
    return unknown(`the process ended before a retry of request ${abandoned.n} could be seen`);
  }
  return deviates(
    `request ${abandoned.n} was ${what} (${abandoned.answered}) and never sent again within ${s(run.terminatedAtMs - abandoned.atMs)}`,
    { answered: abandoned.answered, retried: false },
    abandoned,
  );
}

export const retriesRefused: Judge = (run, reference) => {
  const refusedMs = run.events.find((event) => event.what === "listen")?.atMs ?? 0;
  const { arrivalMs } = reference;
  if (run.drives.length === 0 || arrivalMs === null) {
    return unknown("without a stimulus it is not known when the process would have sent");
  }
  if (arrivalMs + 200 > refusedMs) {
    return unknown(
      `in the fault-free run the first request came ${ms(arrivalMs)} after the stimulus: connections were refused for too short a time`,
    );
  }
  const arrived = run.requests.find((record) => record.round === 0);
  return arrived === undefined
    ? deviates(
        `the batch that met a refused connection never arrived, though connections were accepted again for ${s(run.terminatedAtMs - refusedMs)}`,
        { retried: false },
      )
    : holds(
        `the batch that met a refused connection arrived ${s(arrived.atMs)} after the stimulus`,
      );
};

export const honoursRetryAfterSeconds: Judge = (run) =>
  honoursRetryAfter(
    run,
    (record) => record.answer?.kind === "status" && record.answer.retryAfterS !== undefined,
    "seconds",
  );

export const honoursRetryAfterDate: Judge = (run) =>
  honoursRetryAfter(
    run,
    (record) => record.answer?.kind === "status" && record.answer.retryAtMs !== undefined,
    "date",
  );

function honoursRetryAfter(
  run: ScenarioRun,
  matches: (record: RequestRecord) => boolean,
  form: "seconds" | "date",
): Judgement {
  const pairs = after(run, matches).flatMap(([record, next]) =>
    next === undefined ? [] : [[record, next] as const],
  );
  if (pairs.length === 0) return unknown(`no retry after a Retry-After in ${form} was seen`);
  const early = pairs.find(
    ([record, next]) => next.atMs < record.notBeforeMs! - CLOCK_TOLERANCE_MS,
  );
  if (early === undefined) {
    const waits = pairs.map(([record, next]) => s(next.atMs - record.answeredAtMs!));
    return holds(`waited ${waits.join(", ")}`);
  }
  const [record, next] = early;
  return deviates(
    `request ${record.n} was answered ${record.answered}; it was sent again after ${s(next.atMs - record.answeredAtMs!)}, ${s(record.notBeforeMs! - next.atMs)} too early`,
    { retryAfter: form, waited: false },
    record,
    next,
  );
}

export const backsOff: Judge = (run) => {
  const pairs = after(
    run,
    (record) =>
      record.notBeforeMs === null && (isRetryable(record) || record.answer?.kind === "close"),
  ).flatMap(([record, next]) => (next === undefined ? [] : [[record, next] as const]));
  if (pairs.length === 0) return unknown("no retry without Retry-After was seen");
  const gap = ([record, next]: readonly [RequestRecord, RequestRecord]) =>
    next.atMs - record.answeredAtMs!;
  const hasty = pairs.find((pair) => gap(pair) < IMMEDIATE_MS);
  return hasty === undefined
    ? holds(`waits before retries: ${pairs.map((pair) => s(gap(pair))).join(", ")}`)
    : deviates(
        `request ${hasty[0].n} (${hasty[0].answered}) was sent again after ${ms(gap(hasty))}`,
        { answered: hasty[0].answered, waited: false },
        ...hasty,
      );
};

// --- retries that must not happen -------------------------------------------------------------

function sendsOnce(
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

const statusLabel =
  (...codes: readonly number[]) =>
  (record: RequestRecord): string | null =>
    record.answer?.kind === "status" && codes.includes(record.answer.status)
      ? String(record.answer.status)
      : null;

export const noRetryOn401: Judge = (run) =>
  sendsOnce(run, ["401"], statusLabel(401), run.terminatedAtMs);

export const noRetryOnPermanent: Judge = (run) =>
  sendsOnce(run, ["400", "404", "413", "500"], statusLabel(400, 404, 413, 500), run.terminatedAtMs);

/** As above, but to the very end: nothing is kept for the flush at shutdown either. */
export const dropsRefused: Judge = (run) =>
  sendsOnce(
    run,
    run.scenario.name === "unauthorized" ? ["401"] : ["400", "500"],
    statusLabel(400, 401, 404, 413, 500),
    Number.POSITIVE_INFINITY,
  );

export const noRetryOnPartialSuccess: Judge = (run) =>
  sendsOnce(
    run,
    ["partial success", "a warning"],
    ({ answer }) => {
      if (answer?.kind !== "success" || answer.partial === undefined) return null;
      return answer.partial.rejectedSpans > 0 ? "partial success" : "a warning";
    },
    Number.POSITIVE_INFINITY,
  );

export const noResendAfterSuccess: Judge = (run) =>
  sendsOnce(
    run,
    ["200"],
    (record) => (record.answer?.kind === "success" && record.ending === "answered" ? "200" : null),
    Number.POSITIVE_INFINITY,
  );

export const toleratesUnknownFields: Judge = (run) =>
  sendsOnce(
    run,
    ["200 with an unknown field"],
    ({ answer }) =>
      answer?.kind === "success" && answer.unknownField === true
        ? "200 with an unknown field"
        : null,
    Number.POSITIVE_INFINITY,
  );

export const capsResponse: Judge = (run) => {
  const record = run.requests.find(({ answer }) => answer?.kind === "flood");
  if (record?.answer?.kind !== "flood") return unknown("no export was answered with a large body");
  if (record.ending === "answered") {
    return deviates(
      `the client read the whole body of ${Math.round(record.answer.bytes / 1048576)} MiB (default limit 4 MiB)`,
      { readMiB: Math.round(record.answer.bytes / 1048576) },
      record,
    );
  }
  if (record.ending !== "client-gave-up") return unknown("the large body was never read to an end");
  return holds(
    `the client closed the connection when at most ${(record.sentBytes / 1048576).toFixed(1)} MiB had been handed to the socket`,
  );
};

// --- time limits ------------------------------------------------------------------------------

/** How long a request stayed open, and whether it was the client that ended it. */
function openFor(run: ScenarioRun, record: RequestRecord): { ms: number; byClient: boolean } {
  return {
    ms: (record.endedAtMs ?? run.durationMs) - record.atMs,
    byClient: record.ending === "client-gave-up",
  };
}

export const givesUpHang: Judge = (run) => {
  const records = run.requests.filter(({ answer }) => answer?.kind === "hang");
  if (records.length === 0) return unknown("no request was left without an answer");
  const { timeoutMs } = run.scenario;
  const limit = timeoutMs + TIMEOUT_SLACK_MS;
  for (const record of records) {
    const { ms: open, byClient } = openFor(run, record);
    if (open <= limit) {
      if (!byClient)
        return unknown(`request ${record.n} was cut after ${s(open)}, before the limit`);
    } else if (byClient && open <= DEFAULT_TIMEOUT_MS + TIMEOUT_SLACK_MS) {
      return unknown(
        `request ${record.n} was given up after ${s(open)}, not ${s(timeoutMs)}: the process may set its timeout in code`,
      );
    } else if (!byClient && open <= DEFAULT_TIMEOUT_MS + TIMEOUT_SLACK_MS) {
      return unknown(`request ${record.n} was still open after ${s(open)} when the process ended`);
    } else {
      return lateBy(
        open - limit,
        deviates(
          `request ${record.n} got no answer and was still waited for after ${s(open)}; the timeout is ${s(timeoutMs)}`,
          { configuredTimeoutMs: timeoutMs, gaveUpInTime: false },
          record,
        ),
      );
    }
  }
  const longest = Math.max(...records.map((record) => openFor(run, record).ms));
  return holds(`given up after at most ${s(longest)}; the timeout is ${s(timeoutMs)}`);
};

/** Whether the `hang` scenario shows that OTEL_EXPORTER_OTLP_TIMEOUT is obeyed. */
export function obeysTimeout(run: ScenarioRun): boolean | null {
  const record = run.requests.find(({ answer }) => answer?.kind === "hang");
  if (record === undefined) return null;
  const { ms: open, byClient } = openFor(run, record);
  return byClient && open <= run.scenario.timeoutMs + TIMEOUT_SLACK_MS;
}

const NOT_OBEYED = unknown(
  "the scenario without an answer did not show that OTEL_EXPORTER_OTLP_TIMEOUT is obeyed, so a limit cannot be judged",
);

export const givesUpDrip: Judge = (run, reference) => {
  const record = run.requests.find(({ answer }) => answer?.kind === "drip");
  if (record === undefined) return unknown("no request was answered byte by byte");
  if (reference.timeoutObeyed !== true) return NOT_OBEYED;
  const { timeoutMs } = run.scenario;
  const { ms: open, byClient } = openFor(run, record);
  const limit = timeoutMs + TIMEOUT_SLACK_MS;
  if (open <= limit) {
    return byClient
      ? holds(`given up after ${s(open)}; the timeout is ${s(timeoutMs)}`)
      : unknown(`request ${record.n} was cut after ${s(open)}, before the limit`);
  }
  return lateBy(
    open - limit,
    deviates(
      `request ${record.n} was ${byClient ? "given up only after" : "still waited for after"} ${s(open)} while its answer dripped in; the timeout is ${s(timeoutMs)}`,
      { configuredTimeoutMs: timeoutMs, gaveUpInTime: false },
      record,
    ),
  );
};

export const timeoutCoversRetries: Judge = (run, reference) => {
  const attempts = exportsOf(run)[0] ?? [];
  if (attempts[0]?.answer?.kind !== "status") return unknown("no export was answered 503");
  if (reference.timeoutObeyed !== true) return NOT_OBEYED;
  const last = attempts.at(-1)!;
  const { timeoutMs } = run.scenario;
  const total = (last.endedAtMs ?? run.durationMs) - attempts[0].atMs;
  const limit = timeoutMs + RETRIES_SLACK_MS;
  if (total <= limit) {
    return last.ending === "cut"
      ? unknown(`request ${last.n} was cut before the limit`)
      : holds(
          `the export took ${s(total)} in ${attempts.length} attempts; the timeout is ${s(timeoutMs)}`,
        );
  }
  return lateBy(
    total - limit,
    deviates(
      `one export took ${s(total)} in ${attempts.length} attempts; the timeout is ${s(timeoutMs)}`,
      { configuredTimeoutMs: timeoutMs, withinTimeout: false },
      ...attempts,
    ),
  );
};

// --- shutdown ---------------------------------------------------------------------------------

export const shutdownFlushes: Judge = (run, reference) => {
  const { ended, endedFrom, delivered, lost } = ledgerOf(run, reference);
  if (run.endedEarly) return unknown("the process ended before SIGTERM was sent");
  if (ended === null) return unknown(`it is not known how many spans ended: ${endedFrom}`);
  if (ended === 0) return unknown("no span had ended when SIGTERM came");
  if (lost === 0) {
    return holds(`${ended} spans had ended, all were delivered by the end of the process`);
  }
  // Dropping what does not fit is allowed: such a loss says nothing about the flush.
  if (ended > QUEUE) return unknown(`${ended} spans may be more than the queue holds (${QUEUE})`);
  const handler =
    run.exit.how === "signal SIGTERM" ? "; nothing in the process handles SIGTERM" : "";
  return deviates(
    `${ended} spans had ended at SIGTERM, ${delivered} were delivered, ${lost} were lost${handler}`,
    { delivered: delivered === 0 ? "none" : "some", exit: run.exit.how },
  );
};

export const shutdownEnds: Judge = (run) => {
  if (run.endedEarly) return unknown("the process ended before SIGTERM was sent");
  return run.exit.byItself
    ? holds(`ended ${s(run.exit.ms)} after SIGTERM (${run.exit.how})`)
    : lateBy(
        run.exit.ms / 2,
        deviates(`still running ${s(run.exit.ms)} after SIGTERM; it was killed`, { killed: true }),
      );
};

export const survivesFaults: Judge = (run, reference) => {
  if (!run.endedEarly) return holds("the process ran until SIGTERM");
  if (reference.endsByItself === run.exit.how) {
    return holds(`the process ended as it does without faults: ${run.exit.how}`);
  }
  return deviates(
    `the process ended while the fault was played: ${run.exit.how}; without faults it ${reference.endsByItself === null ? "runs until SIGTERM" : `ends with ${reference.endsByItself}`}`,
    { exit: run.exit.how },
    ...run.requests.slice(-1),
  );
};

// --- the account ------------------------------------------------------------------------------

export const accountCloses: Judge = (run, reference) => {
  const { ended, endedFrom, delivered, duplicated, lost, requests } = ledgerOf(run, reference);
  const sentence = `ended ${ended ?? "unknown"}, delivered ${delivered}, duplicated ${duplicated}, lost ${lost ?? "unknown"} in ${requests} requests`;
  return ended === null
    ? unknown(`${sentence}; ended is unknown: ${endedFrom}`)
    : holds(`${sentence} (ended according to ${endedFrom})`);
};
