/**
 * One judge per requirement. A judge looks at one run and says what it saw; it never guesses: what
 * did not happen, or may have another cause, is `unknown` with its reason. Limits in time are
 * one-sided and carry slack.
 */

import { disturbedMs } from "./disturbance.ts";
import {
  after,
  busy,
  CLOCK_TOLERANCE_MS,
  deviates,
  exportsOf,
  gate,
  gated,
  heldUpUntil,
  holds,
  IMMEDIATE_MS,
  type Judge,
  type Judgement,
  ms,
  nothingArrived,
  openFor,
  s,
  sendsOnce,
  unknown,
  waited,
} from "./judgement.ts";
import { ledgerOf, signalRequests } from "./ledger.ts";
import type { ScenarioRun } from "./play.ts";
import type { RequestRecord } from "./record.ts";
import { grpcCodeName } from "./scenario.ts";
import {
  DEFAULT_TIMEOUT_MS,
  permanentCodes,
  permanentStatuses,
  QUEUE,
  RETRIES_SLACK_MS,
  retryableCodes,
  retryableStatuses,
  TIMEOUT_SLACK_MS,
} from "./scenarios.ts";
import { isGrpc, signals } from "./signals.ts";

// --- what a request looks like ----------------------------------------------------------------

/** The path that requests of this run must have. */
export function expectedPath({ scenario, signal, protocol }: ScenarioRun): string {
  if (isGrpc(protocol)) return signals[signal].grpcPath;
  return scenario.path ?? `${scenario.basePath.replace(/\/$/, "")}${signals[signal].httpPath}`;
}

export const postsToPath: Judge = (run) => {
  const requests = signalRequests(run);
  if (requests.length === 0) return nothingArrived;
  const path = expectedPath(run);
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
  const requests = signalRequests(run);
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
  const requests = signalRequests(run).filter((record) => record.encoding !== null);
  if (requests.length === 0) return unknown("no request with a known Content-Type arrived");
  const wrong = requests.find((record) => record.problem !== null);
  return wrong === undefined
    ? holds(`${requests.length} bodies decoded`)
    : deviates(`request ${wrong.n}: ${wrong.problem}`, { decodes: false }, wrong);
};

export const gzipBodyGunzips: Judge = (run) => {
  const requests = signalRequests(run);
  if (requests.length === 0) return nothingArrived;
  const gzipped = requests.filter(
    (record) =>
      record.headers["content-encoding"] !== undefined ||
      record.headers["grpc-encoding"] === "gzip",
  );
  const wrong = gzipped.find((record) => record.problem !== null);
  if (wrong !== undefined) {
    return deviates(`request ${wrong.n}: ${wrong.problem}`, { decodes: false }, wrong);
  }
  return gzipped.length === 0
    ? unknown(
        "nothing was compressed, although OTEL_EXPORTER_OTLP_COMPRESSION=gzip was set; the process may configure its exporter in code",
      )
    : gzipped.some((record) => record.compressed)
      ? holds(`${gzipped.length} gzipped bodies decoded`)
      : unknown("gzip was announced, yet no message was compressed");
};

export const sendsNoEmptyRequest: Judge = (run) => {
  const requests = signalRequests(run).filter((record) => record.problem === null);
  if (requests.length === 0) return nothingArrived;
  const empty = requests.find((record) => record.spans.length === 0);
  return empty === undefined
    ? holds(`${requests.length} requests, each with at least one item`)
    : deviates(`request ${empty.n} carries nothing`, { spans: 0 }, empty);
};

export const namesItself: Judge = (run) => {
  const requests = signalRequests(run);
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
  const requests = signalRequests(run);
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
    : gated(
        deviates(
          `every one of ${requests.length} requests opened a connection of its own`,
          { reused: false },
          first,
          second,
        ),
        gate(first.atMs, second.atMs, 1_000), // clients close what has been idle for some seconds
      );
};

// --- retries that should happen ---------------------------------------------------------------

/** The name of a failure that is worth another attempt; null for everything else. */
function retryableName({ answer }: RequestRecord): string | null {
  if (answer?.kind === "status") {
    return retryableStatuses.some((status) => status === answer.status)
      ? String(answer.status)
      : null;
  }
  if (answer?.kind !== "grpc") return null;
  const worthIt =
    retryableCodes.some((code) => code === answer.code) ||
    (answer.code === 8 && answer.retryInfoMs !== undefined);
  return worthIt ? grpcCodeName(answer.code) : null;
}
const isRetryable = (record: RequestRecord): boolean => retryableName(record) !== null;

/** For a retry to come. */
const TIME_TO_RETRY_MS = 3_000;

/** Since when a retry of this request could have come. */
const mayRetryFrom = (record: RequestRecord): number =>
  record.notBeforeMs ?? record.answeredAtMs ?? record.atMs;

/** Whether the run left enough time after `record` for the next attempt. */
const hadTime = (run: ScenarioRun, record: RequestRecord): boolean =>
  run.terminatedAtMs - mayRetryFrom(record) >= TIME_TO_RETRY_MS && !run.endedEarly;

/** That a retry did not come, believed only if the process had that much time for it. */
const neverCame = (run: ScenarioRun, fromMs: number, judgement: Judgement): Judgement =>
  gated(
    judgement,
    gate(fromMs, run.terminatedAtMs, run.terminatedAtMs - fromMs - TIME_TO_RETRY_MS),
  );

/** One status or code of scenario `retryable`. */
export const retriesOne =
  (wanted: number): Judge =>
  (run) =>
    retriesAfter(
      run,
      ({ answer }) =>
        (answer?.kind === "status" && answer.status === wanted) ||
        (answer?.kind === "grpc" && answer.code === wanted && answer.retryInfoMs === undefined),
      `answered ${wanted}`,
    );

export const retriesResourceExhausted: Judge = (run) =>
  retriesAfter(
    run,
    ({ answer }) =>
      answer?.kind === "grpc" && answer.code === 8 && answer.retryInfoMs !== undefined,
    "answered RESOURCE_EXHAUSTED with RetryInfo",
  );

export const retriesUnanswered: Judge = (run) =>
  retriesAfter(run, (record) => record.answer?.kind === "close", "cut without an answer");

export const retriesReset: Judge = (run) =>
  retriesAfter(
    run,
    ({ answer }) => answer?.kind === "reset" && answer.afterBytes === undefined,
    "reset without an answer",
  );

/** The body never arrived whole, so the round tells what the next attempt is. */
export const retriesInterrupted: Judge = (run) => {
  const cut = run.requests.find(({ answer }) => answer?.kind === "cut-request");
  if (cut === undefined) return unknown("no request was cut while it arrived");
  const next = run.requests.find(
    ({ n, round, spans }) => n > cut.n && round === cut.round && spans.length > 0,
  );
  if (next !== undefined) {
    return holds(`sent again ${s(next.atMs - cut.atMs)} later, this time to its end`);
  }
  return hadTime(run, cut)
    ? neverCame(
        run,
        mayRetryFrom(cut),
        deviates(
          `request ${cut.n} was reset while it arrived and never sent again within ${s(run.terminatedAtMs - cut.atMs)}`,
          { retried: false },
          cut,
        ),
      )
    : unknown(`the process ended before a retry of request ${cut.n} could be seen`);
};

/** A Retry-After that is no number and no date counts as none. */
export const retriesDespiteUnusable: Judge = (run) =>
  retriesAfter(
    run,
    ({ answer }) => answer?.kind === "status" && answer.retryAfter !== undefined,
    "answered with an unusable Retry-After",
  );

/** Between closing an idle connection and the next stimulus. */
const NOTICE_MS = 100;

export const survivesIdleClose: Judge = (run, reference) => {
  const second = run.requests.find((record) => record.round === 1);
  if (run.drives.length < 2) return unknown("without a stimulus there is no second round");
  const { ended, delivered, lost } = ledgerOf(run, reference);
  if (second === undefined) {
    return gated(
      deviates("after the idle connection was closed nothing arrived any more", {
        delivered: false,
      }),
      waited(run.events.find(({ what }) => what === "idle-close")?.atMs ?? 0, run.terminatedAtMs),
    );
  }
  if (ended === null || lost === null) return unknown("it is not known how much ended");
  return lost === 0
    ? holds(`${delivered} of ${ended} delivered across the closed connections`)
    : gated(
        deviates(
          `${lost} of ${ended} were lost around the closed connections`,
          { lost: true },
          second,
        ),
        // who was held up may not have seen yet that the connection is closed
        gate(
          run.events.find(({ what }) => what === "idle-close")?.atMs ?? 0,
          second.atMs,
          NOTICE_MS / 2,
        ),
      );
};

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
  return neverCame(
    run,
    mayRetryFrom(abandoned),
    deviates(
      `request ${abandoned.n} was ${what} (${abandoned.answered}) and never sent again within ${s(run.terminatedAtMs - abandoned.atMs)}`,
      { answered: abandoned.answered, retried: false },
      abandoned,
    ),
  );
}

export const retriesRefused: Judge = (run, reference) => {
  const refusedMs = run.events.find((event) => event.what === "listen")?.atMs ?? 0;
  const driven = run.events.find(({ what }) => what === "drive")?.atMs ?? 0;
  const { arrivalMs } = reference;
  if (run.drives.length === 0 || arrivalMs === null) {
    return unknown("without a stimulus it is not known when the process would have sent");
  }
  if (arrivalMs + 200 > refusedMs) {
    return busy(
      `in the fault-free run the first request came ${ms(arrivalMs)} after the stimulus: connections were refused for too short a time`,
    );
  }
  // metrics are collected once more at shutdown: that is no second attempt
  const arrived = run.requests.find(
    ({ round, atMs }) => round === 0 && (run.signal !== "metrics" || atMs < run.terminatedAtMs),
  );
  return arrived === undefined
    ? neverCame(
        run,
        refusedMs,
        deviates(
          `the batch that met a refused connection never arrived, though connections were accepted again for ${s(run.terminatedAtMs - refusedMs)}`,
          { retried: false },
        ),
      )
    : gated(
        holds(
          `the batch that met a refused connection arrived ${s(arrived.atMs)} after the stimulus`,
        ),
        // held up for longer, its first attempt would have met an open port
        gate(driven, refusedMs, refusedMs - driven - arrivalMs),
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
    ({ answer }) =>
      answer?.kind === "status" && answer.retryAtMs !== undefined && answer.dateForm === undefined,
    "date",
  );

export const honoursObsoleteDates: Judge = (run) =>
  honoursRetryAfter(
    run,
    ({ answer }) => answer?.kind === "status" && answer.dateForm !== undefined,
    "obsolete date",
  );

export const honoursRetryInfo: Judge = (run) =>
  honoursRetryAfter(
    run,
    ({ answer }) => answer?.kind === "grpc" && answer.retryInfoMs !== undefined,
    "RetryInfo",
  );

/** A wait of its own that ends within this time before the hint would look like obedience. */
const HINT_TOLERANCE_MS = 250;

function honoursRetryAfter(
  run: ScenarioRun,
  matches: (record: RequestRecord) => boolean,
  form: "seconds" | "date" | "obsolete date" | "RetryInfo",
): Judgement {
  const pairs = after(run, matches).flatMap(([record, next]) =>
    next === undefined ? [] : [[record, next] as const],
  );
  if (pairs.length === 0) return unknown(`no retry after ${hintName(form)} was seen`);
  const early = pairs.find(
    ([record, next]) => next.atMs < record.notBeforeMs! - CLOCK_TOLERANCE_MS,
  );
  if (early === undefined) {
    const waits = pairs.map(([record, next]) => s(next.atMs - record.answeredAtMs!));
    return gated(
      holds(`waited ${waits.join(", ")}`),
      // what holds up a process that waits anyway changes nothing
      ...pairs.flatMap(([record, next]) =>
        heldUpUntil(record.answeredAtMs!, next.atMs, HINT_TOLERANCE_MS),
      ),
    );
  }
  const [record, next] = early;
  return deviates(
    `request ${record.n} was answered ${record.answered}; it was sent again after ${s(next.atMs - record.answeredAtMs!)}, ${s(record.notBeforeMs! - next.atMs)} too early`,
    { retryAfter: form, waited: false },
    record,
    next,
  );
}

const hintName = (form: string): string =>
  form === "RetryInfo" ? form : `a Retry-After in the form ${form}`;

export const backsOff: Judge = (run) => {
  const pairs = after(
    run,
    (record) =>
      record.notBeforeMs === null &&
      (isRetryable(record) || record.answer?.kind === "close" || record.answer?.kind === "reset"),
  ).flatMap(([record, next]) => (next === undefined ? [] : [[record, next] as const]));
  if (pairs.length === 0) return unknown("no retry without Retry-After was seen");
  const gap = ([record, next]: readonly [RequestRecord, RequestRecord]) =>
    next.atMs - record.answeredAtMs!;
  const hasty = pairs.find((pair) => gap(pair) < IMMEDIATE_MS);
  return hasty === undefined
    ? gated(
        holds(`waits before retries: ${pairs.map((pair) => s(gap(pair))).join(", ")}`),
        // at once, and held up, would look like a wait
        ...pairs.map(([record, next]) =>
          gate(record.answeredAtMs!, next.atMs, gap([record, next]) - IMMEDIATE_MS / 2),
        ),
      )
    : deviates(
        `request ${hasty[0].n} (${hasty[0].answered}) was sent again after ${ms(gap(hasty))}`,
        { answered: hasty[0].answered, waited: false },
        ...hasty,
      );
};

// --- retries that must not happen -------------------------------------------------------------

/** Names of the answers that end an export for good. */
function permanentName({ answer }: RequestRecord): string | null {
  if (answer?.kind === "status") {
    return permanentStatuses.some((status) => status === answer.status) || answer.status === 401
      ? String(answer.status)
      : null;
  }
  if (answer?.kind !== "grpc") return null;
  const isFinal = permanentCodes.some((code) => code === answer.code) || answer.code === 16;
  return isFinal ? grpcCodeName(answer.code) : null;
}

const isUnauthorized = (record: RequestRecord): boolean =>
  ["401", "UNAUTHENTICATED"].includes(permanentName(record) ?? "");

const permanentNames = (run: ScenarioRun): readonly string[] =>
  isGrpc(run.protocol) ? permanentCodes.map(grpcCodeName) : permanentStatuses.map(String);

export const noRetryOn401: Judge = (run) =>
  sendsOnce(
    run,
    [isGrpc(run.protocol) ? "UNAUTHENTICATED" : "401"],
    (record) => (isUnauthorized(record) ? permanentName(record) : null),
    run.terminatedAtMs,
  );

export const noRetryOnPermanent: Judge = (run) =>
  sendsOnce(run, permanentNames(run), permanentName, run.terminatedAtMs);

/** 400 alone: the specification names it once more. */
export const noRetryOn400: Judge = (run) =>
  sendsOnce(
    run,
    ["400"],
    (record) => (permanentName(record) === "400" ? "400" : null),
    Number.POSITIVE_INFINITY,
  );

export const noRetryOnResourceExhausted: Judge = (run) =>
  sendsOnce(
    run,
    ["RESOURCE_EXHAUSTED"],
    ({ answer }) =>
      answer?.kind === "grpc" && answer.code === 8 && answer.retryInfoMs === undefined
        ? "RESOURCE_EXHAUSTED"
        : null,
    run.terminatedAtMs,
  );

/** As above, but to the very end: nothing is kept for the flush at shutdown either. */
export const dropsRefused: Judge = (run) =>
  sendsOnce(
    run,
    run.scenario.name === "unauthorized"
      ? [isGrpc(run.protocol) ? "UNAUTHENTICATED" : "401"]
      : permanentNames(run).slice(0, 2),
    permanentName,
    Number.POSITIVE_INFINITY,
  );

export const noRetryOnPartialSuccess: Judge = (run) =>
  sendsOnce(
    run,
    ["partial success", "a warning"],
    ({ answer }) => {
      if (answer?.kind !== "success" || answer.partial === undefined) return null;
      return answer.partial.rejected > 0 ? "partial success" : "a warning";
    },
    Number.POSITIVE_INFINITY,
  );

/** A response beyond the limit is a failure for good. */
export const noRetryOnFlood: Judge = (run) =>
  sendsOnce(
    run,
    ["a body of 32 MiB"],
    ({ answer }) => (answer?.kind === "flood" ? "a body of 32 MiB" : null),
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
  const { ms: open } = openFor(run, record);
  if (open > run.scenario.timeoutMs / 2) {
    return busy(`the client gave up after ${s(open)}: that may be its timeout, not its limit`);
  }
  return holds(
    `the client closed the connection when at most ${(record.sentBytes / 1048576).toFixed(1)} MiB had been handed to the socket`,
  );
};

// --- time limits ------------------------------------------------------------------------------

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
      const late = `request ${record.n} was given up after ${s(open)}, not ${s(timeoutMs)}`;
      return disturbedMs(run, record.atMs, record.atMs + open) >= open - limit
        ? busy(late)
        : unknown(`${late}: the process may set its timeout in code`);
    } else if (!byClient && open <= DEFAULT_TIMEOUT_MS + TIMEOUT_SLACK_MS) {
      return unknown(`request ${record.n} was still open after ${s(open)} when the process ended`);
    } else {
      return gated(
        deviates(
          `request ${record.n} got no answer and was still waited for after ${s(open)}; the timeout is ${s(timeoutMs)}`,
          { configuredTimeoutMs: timeoutMs, gaveUpInTime: false },
          record,
        ),
        gate(record.atMs, record.atMs + open, open - limit),
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
  const whileOpen = (toleratesMs: number) => gate(record.atMs, record.atMs + open, toleratesMs);
  if (open <= limit) {
    // a limit of the silence between two bytes is none of the export, unless somebody was held up
    return byClient
      ? gated(
          holds(`given up after ${s(open)}; the timeout is ${s(timeoutMs)}`),
          whileOpen(timeoutMs / 2),
        )
      : unknown(`request ${record.n} was cut after ${s(open)}, before the limit`);
  }
  return gated(
    deviates(
      `request ${record.n} was ${byClient ? "given up only after" : "still waited for after"} ${s(open)} while its answer dripped in; the timeout is ${s(timeoutMs)}`,
      { configuredTimeoutMs: timeoutMs, gaveUpInTime: false },
      record,
    ),
    whileOpen(open - limit),
  );
};

export const timeoutCoversRetries: Judge = (run, reference) => {
  const attempts = exportsOf(run)[0] ?? [];
  const first = attempts[0];
  if (first?.answer?.kind !== "status" && first?.answer?.kind !== "grpc") {
    return unknown("no export was answered with a retryable failure");
  }
  if (attempts.length < 2) return unknown("nothing was retried, so there is no sum to bound");
  if (reference.timeoutObeyed !== true) return NOT_OBEYED;
  const last = attempts.at(-1)!;
  const { timeoutMs } = run.scenario;
  const total = (last.endedAtMs ?? run.durationMs) - first.atMs;
  const limit = timeoutMs + RETRIES_SLACK_MS;
  if (total <= limit) {
    return last.ending === "cut"
      ? unknown(`request ${last.n} was cut before the limit`)
      : holds(
          `the export took ${s(total)} in ${attempts.length} attempts; the timeout is ${s(timeoutMs)}`,
        );
  }
  return gated(
    deviates(
      `one export took ${s(total)} in ${attempts.length} attempts; the timeout is ${s(timeoutMs)}`,
      { configuredTimeoutMs: timeoutMs, withinTimeout: false },
      ...attempts,
    ),
    gate(first.atMs, first.atMs + total, total - limit),
  );
};

// --- shutdown ---------------------------------------------------------------------------------

/** Of the time that a process has for its shutdown. */
const SHUTDOWN_TOLERANCE_MS = 2_500;

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
  return gated(
    deviates(
      `${ended} spans had ended at SIGTERM, ${delivered} were delivered, ${lost} were lost${handler}`,
      { delivered: delivered === 0 ? "none" : "some", exit: run.exit.how },
    ),
    // who is killed in the midst of it had too little time, not the wrong order
    gate(run.terminatedAtMs, run.durationMs, SHUTDOWN_TOLERANCE_MS),
  );
};

export const shutdownEnds: Judge = (run) => {
  if (run.endedEarly) return unknown("the process ended before SIGTERM was sent");
  return run.exit.byItself
    ? holds(`ended ${s(run.exit.ms)} after SIGTERM (${run.exit.how})`)
    : gated(
        deviates(`still running ${s(run.exit.ms)} after SIGTERM; it was killed`, { killed: true }),
        waited(run.terminatedAtMs, run.terminatedAtMs + run.exit.ms),
      );
};

/** Whatever was answered, the next round goes out. */
export const goesOn: Judge = (run) => {
  if (run.drives.length === 0)
    return unknown("without a stimulus it is not known what should come");
  if (run.endedEarly) return unknown("the process ended before the last round");
  const last = run.drives.length - 1;
  const arrived = run.requests.find((record) => record.round === last);
  return arrived === undefined
    ? gated(
        deviates(`the last stimulus produced no export any more`, { goesOn: false }),
        waited(run.events.findLast(({ what }) => what === "drive")?.atMs ?? 0, run.terminatedAtMs),
      )
    : holds(`the last round arrived ${s(arrived.atMs)} after the faults began`);
};

/** Once connections are accepted again, exports arrive. */
export const resumes: Judge = (run) => {
  if (run.drives.length < 2) return unknown("without a stimulus it is not known what should come");
  if (run.endedEarly) return unknown("the process ended before the last round");
  const from = run.events.find(({ what }) => what === "listen")?.atMs ?? 0;
  const arrived = run.requests.find((record) => record.atMs >= from);
  return arrived === undefined
    ? gated(
        deviates(
          `nothing arrived in ${s(run.terminatedAtMs - from)}, though connections were accepted again`,
          { goesOn: false },
        ),
        waited(from, run.terminatedAtMs),
      )
    : holds(`exports arrive again after ${s(arrived.atMs - from)}`);
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
