/**
 * The scenarios: faults that every exporter meets, and the probes that single requirements need.
 * Which scenarios there are depends on the transport and on what the subject offers, never on the
 * habits of one exporter.
 */

import type { ExporterSubject } from "../../../core/subject.ts";
import type { Answer, Delay, Pace, Scenario, Step } from "./scenario.ts";
import { environmentScenarios } from "./scenarios-environment.ts";
import { isGrpc } from "./signals.ts";

export const defaultPace: Pace = { quietMs: 6_000, silenceMs: 12_000 };

/** What decides which scenarios there are. */
export type Target = Pick<
  ExporterSubject,
  | "protocol"
  | "driveLarge"
  | "batchProcessor"
  | "simpleProcessor"
  | "room"
  | "profile"
  | "scenarios"
>;

export const DEFAULT_TIMEOUT_MS = 10_000; // the specification's default
const DELAY_MS = 200; // of the batch processor, shortened from 5 s
const GRACE_MS = 10_000;
/** Default OTEL_BSP_MAX_QUEUE_SIZE: with more than this a queue may drop. */
export const QUEUE = 2_048;
/** Calls of the stimulus when it is not known how many spans one ends. */
const UNSIZED_BURST = 40;
/** Limits used where the batch processor's own settings are judged. */
export const SMALL_BATCH = 20;
export const SMALL_QUEUE = 100;

const drive: Step = { do: "drive" };
const terminate: Step = { do: "terminate", graceMs: GRACE_MS };

/** Length of the short timeout used where the exporter has to give up. */
export const SHORT_TIMEOUT_MS = 1_500;
/** What an exporter may need beyond a timeout before the receiver sees the connection close. */
export const TIMEOUT_SLACK_MS = 1_500;
/** The same where the length of the script leaves less room. */
export const RETRIES_SLACK_MS = 1_000;
/** Retries in a long outage that are waited for, and for how long. */
export const BACKOFF_ATTEMPTS = 6;
const BACKOFF_MAX_MS = 45_000;

const taking = (law: Delay["law"], meanMs: number): Answer => ({
  kind: "success",
  delay: { law, meanMs },
});
const exponential = taking("exponential", 400);
const uniform = taking("uniform", 600);
const slowly: Answer = { kind: "success", delay: { law: "constant", meanMs: 1_000 } };
const http = (status: number): Answer => ({ kind: "status", status });
const grpc = (code: number): Answer => ({ kind: "grpc", code });

/** HTTP statuses and gRPC codes by what the specification says of them. */
export const retryableStatuses = [429, 502, 503, 504] as const;
export const permanentStatuses = [400, 403, 404, 408, 413, 500, 501, 505] as const;
export const retryableCodes = [1, 4, 10, 11, 14, 15] as const;
export const permanentCodes = [2, 3, 5, 6, 7, 9, 12, 13] as const;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** Of the body: less than any request that carries something. */
const CUT_AFTER_BYTES = 64;

/** Retry-After values that are no delta-seconds and no HTTP-date. */
export const unusableRetryAfter = ["-1", "1.5", "soon", "", "2 s"] as const;

export function scenarios(pace: Pace, target: Target = {}): readonly Scenario[] {
  const { quietMs, silenceMs } = pace;
  const overGrpc = isGrpc(target.protocol ?? "http/protobuf");
  const base = { timeoutMs: DEFAULT_TIMEOUT_MS, scheduleDelayMs: DELAY_MS, basePath: "" };
  const attempt = (number: number, maxMs = silenceMs): Step => ({
    do: "await-attempt",
    attempt: number,
    maxMs,
  });
  const quiet = (ms: number, maxMs = ms * 4): Step => ({ do: "quiet", ms, maxMs });
  const short = Math.min(quietMs, 1_000);
  const busy = overGrpc ? grpc(UNAVAILABLE) : http(503);
  const busyFor = (seconds: number): Answer =>
    overGrpc
      ? { kind: "grpc", code: UNAVAILABLE, retryInfoMs: seconds * 1000 }
      : { kind: "status", status: 503, retryAfterS: seconds };
  const busyName = overGrpc ? "UNAVAILABLE" : "503";
  const hint = overGrpc ? "RetryInfo" : "Retry-After";
  const refused = overGrpc ? grpc(UNAUTHENTICATED) : http(401);
  const refusedName = overGrpc ? "UNAUTHENTICATED" : "401";
  /** One round per answer: the first attempt gets it, the next ones succeed. */
  const once = (answers: readonly Answer[]) => ({
    rounds: answers.map((answer) => ({ attempts: [answer] })),
  });
  const always = (answers: readonly Answer[]) => ({
    rounds: answers.map((answer) => ({ attempts: [answer], repeat: true })),
  });
  const each = (answers: readonly Answer[], number: number, maxMs = silenceMs): Step[] =>
    answers.flatMap(() => [drive, attempt(number, maxMs)]);

  const passing: Answer[] = overGrpc
    ? [
        ...retryableCodes.map(grpc),
        { kind: "grpc", code: RESOURCE_EXHAUSTED, retryInfoMs: 500 },
        { kind: "close" },
      ]
    : [
        ...retryableStatuses.map(http),
        { kind: "close" },
        { kind: "reset" },
        http(503),
        http(503),
        http(503),
        http(503),
      ];
  const final = finalAnswers(overGrpc);
  const malformed = malformedAnswers(overGrpc);

  const all: Scenario[] = [
    {
      ...base,
      name: "baseline",
      title: "No fault",
      says: "The receiver accepts everything; two rounds of the stimulus show what it produces.",
      script: { rounds: [] },
      steps: [drive, attempt(1), quiet(short), drive, attempt(1), quiet(short), terminate],
    },
    {
      ...base,
      name: "throttled",
      title: `${busyName} with ${hint}`,
      says: overGrpc
        ? "Every export is answered UNAVAILABLE with RetryInfo of 2 s once; in a second round of 1 s twice."
        : "Every export is answered 503 with Retry-After: 2 once; in a second round 429 with a date about 3 s ahead.",
      script: overGrpc
        ? { rounds: [{ attempts: [busyFor(2)] }, { attempts: [busyFor(1), busyFor(1)] }] }
        : {
            rounds: [
              { attempts: [busyFor(2)] },
              { attempts: [{ kind: "status", status: 429, retryAtMs: 3_000 }] },
            ],
          },
      steps: [drive, attempt(2), drive, attempt(overGrpc ? 3 : 2), quiet(short), terminate],
    },
    {
      ...base,
      name: "outage",
      title: "Outage of 30 s, shortened to 3 s",
      says: `1:10 in time: connections are refused for 2 s, then ${busyName} for 1 s; the export timeout is 1 s instead of 10 s and the schedule delay 500 ms instead of 5 s. The exporter's own back-off cannot be scaled.`,
      timeoutMs: DEFAULT_TIMEOUT_MS / 10,
      scheduleDelayMs: 500,
      script: always([busy, busy, busy]), // exports of the last round are accepted
      steps: [
        { do: "refuse" },
        drive,
        { do: "wait", ms: 1_000 },
        drive,
        { do: "wait", ms: 1_000 },
        { do: "listen" },
        drive,
        { do: "wait", ms: 1_000 },
        { do: "heal" },
        drive,
        attempt(1),
        quiet(short),
        terminate,
      ],
    },
    {
      ...base,
      name: "hang",
      title: "No answer",
      says: `The first round gets no answer at all; the export timeout is ${SHORT_TIMEOUT_MS} ms. The second round is accepted.`,
      timeoutMs: SHORT_TIMEOUT_MS,
      script: {
        rounds: [{ attempts: [{ kind: "hang", when: "before-headers" }], repeat: true }],
      },
      steps: [drive, attempt(1), drive, attempt(1), quiet(short), terminate],
    },
    {
      ...base,
      name: "late-headers",
      title: "Headers, then no body",
      says: `The status line and headers arrive, the body never does; the export timeout is ${SHORT_TIMEOUT_MS} ms.`,
      timeoutMs: SHORT_TIMEOUT_MS,
      script: {
        rounds: [{ attempts: [{ kind: "hang", when: "after-headers" }], repeat: true }],
      },
      steps: [drive, attempt(1), quiet(200), terminate],
    },
    {
      ...base,
      name: "unauthorized",
      title: `${refusedName} for everything`,
      says: `Every request is answered ${refusedName}.`,
      script: always([refused, refused]),
      steps: [drive, attempt(1), quiet(quietMs), drive, attempt(1), terminate],
    },
    {
      ...base,
      name: "sigterm",
      title: "SIGTERM with a full queue",
      says: `A burst of up to ${QUEUE} items, then SIGTERM at once, while the batch processor would still wait 30 s; the receiver accepts everything, but takes 1 s each time.`,
      scheduleDelayMs: 30_000,
      script: {
        rounds: [
          {
            attempts: [slowly],
            repeat: true,
          },
        ],
      },
      steps: [{ do: "drive", times: UNSIZED_BURST, maxMs: 3_000 }, terminate],
    },
    {
      ...base,
      name: "disconnect",
      title: `Connections fail, then ${busyName} without ${hint}`,
      says: `Connections are refused for 1.2 s; the first attempt that arrives is cut without an answer, the second gets ${busyName} without ${hint}, the third is accepted.`,
      script: { rounds: [{ attempts: [{ kind: "close" }, busy] }] },
      steps: [
        { do: "refuse" },
        drive,
        { do: "wait", ms: 1_200 },
        { do: "listen" },
        attempt(3),
        quiet(short),
        terminate,
      ],
    },
    {
      ...base,
      name: "slow",
      title: "Answers that take their time",
      says: "Everything is accepted; answers take a time that is exponential with mean 400 ms in the first two rounds, uniform up to 1.2 s in the next, the same in every run.",
      script: {
        rounds: [exponential, exponential, uniform, uniform].map((answer) => ({
          attempts: [answer],
          repeat: true,
        })),
      },
      steps: [...each([exponential, exponential, uniform, uniform], 1), quiet(short), terminate],
    },
    {
      ...base,
      name: "retryable",
      title: "Each failure that is worth another attempt",
      says: `One round each, first attempt only: ${passing.map(nameOf).join(", ")}.`,
      script: once(passing),
      steps: [...each(passing, 2), quiet(short), terminate],
    },
    {
      ...base,
      name: "answers",
      title: "Answers after which nothing may be sent again",
      says: `One round each: ${final.map(nameOf).join(", ")}; gzip${overGrpc ? " is" : " and a base path are"} configured.`,
      gzip: true,
      basePath: overGrpc ? "" : "/tenant-a/",
      script: always(final),
      steps: [...each(final, 1), quiet(quietMs), terminate],
    },
    {
      ...base,
      name: "malformed",
      title: "Answers that no server should give",
      says: `One round each, first attempt only: ${malformed.map(nameOf).join(", ")}; the last round is accepted.`,
      timeoutMs: 3_000,
      script: once(malformed),
      steps: [
        ...malformed.flatMap((): Step[] => [drive, attempt(1), { do: "wait", ms: 300 }]),
        drive,
        attempt(1),
        quiet(short),
        terminate,
      ],
    },
    {
      ...base,
      name: "drip",
      title: "An answer that drips",
      says: `Success, then one byte of the body every 250 ms for 8 s; the export timeout is ${SHORT_TIMEOUT_MS} ms.`,
      timeoutMs: SHORT_TIMEOUT_MS,
      script: {
        rounds: [{ attempts: [{ kind: "drip", everyMs: 250, count: 32 }], repeat: true }],
      },
      steps: [drive, attempt(1), quiet(200), terminate],
    },
    {
      ...base,
      name: "late-hang",
      title: `${busyName} with ${hint}, then no answer`,
      says: `The first attempt is answered ${busyName} with ${hint} of 2 s, the next ones never; the export timeout is 3 s.`,
      timeoutMs: 3_000,
      script: {
        rounds: [
          { attempts: [busyFor(2), { kind: "hang", when: "before-headers" }], repeat: true },
        ],
      },
      steps: [drive, attempt(2), quiet(200), terminate],
    },
    {
      ...base,
      name: "backoff",
      title: "An outage that shows the back-off",
      says: `Every attempt is answered ${busyName} without ${hint}; the export timeout is 60 s, so that the waits between ${BACKOFF_ATTEMPTS} attempts can be seen (at most ${BACKOFF_MAX_MS / 1000} s).`,
      timeoutMs: 60_000,
      env: processorTimeout(60_000),
      script: { rounds: [{ attempts: [busy], repeat: true }] },
      steps: [
        drive,
        attempt(2),
        attempt(BACKOFF_ATTEMPTS, BACKOFF_MAX_MS),
        // a seventh attempt would have come within 5 s
        ...(target.profile === "opentelemetry-js" ? [{ do: "wait", ms: 5_500 } as const] : []),
        { do: "heal" },
        terminate,
      ],
    },
    {
      ...base,
      name: "blackhole",
      title: "Connections that are never accepted",
      says: "For 3 s a SYN gets no answer, with an export timeout of 1.5 s; then up to three more rounds are accepted.",
      timeoutMs: SHORT_TIMEOUT_MS,
      script: { rounds: [] },
      steps: [
        { do: "blackhole" },
        drive,
        { do: "wait", ms: 3_000 },
        { do: "listen" },
        // the kernel repeats a SYN after 1, 2 and 4 s: a connection may need until then
        ...[5_000, 5_000, silenceMs].flatMap((maxMs): Step[] => [drive, attempt(1, maxMs)]),
        quiet(short),
        terminate,
      ],
    },
    {
      ...base,
      name: "idle-close",
      title: overGrpc
        ? "GOAWAY to an idle connection, then to a busy one"
        : "A balancer closes an idle connection",
      says: overGrpc
        ? "Between two rounds the idle connection gets GOAWAY; in a third the request itself does."
        : "Between two rounds every idle connection is closed.",
      script: { rounds: [{ attempts: [] }, { attempts: [] }, { attempts: [{ kind: "goaway" }] }] },
      steps: [
        drive,
        attempt(1),
        quiet(300),
        { do: "idle-close" },
        { do: "wait", ms: 100 },
        drive,
        attempt(1),
        ...(overGrpc ? [drive, attempt(2)] : []),
        quiet(short),
        terminate,
      ],
    },
    ...tlsScenarios(
      base,
      [drive, attempt(1), quiet(300), terminate],
      [drive, { do: "wait", ms: 3_000 }, terminate],
    ),
    ...environmentScenarios(pace, { drive, attempt, quiet, terminate, overGrpc }),
  ];
  if (overGrpc) {
    all.push({
      ...base,
      name: "exhausted",
      title: "RESOURCE_EXHAUSTED without RetryInfo",
      says: "Every attempt is answered RESOURCE_EXHAUSTED without RetryInfo.",
      script: always([grpc(RESOURCE_EXHAUSTED)]),
      steps: [drive, attempt(1), quiet(quietMs), terminate],
    });
  }
  if (!overGrpc) {
    all.push({
      ...base,
      name: "interrupted",
      title: "A connection that is reset while the request arrives",
      says: `The first request is reset when ${CUT_AFTER_BYTES} bytes of its body have arrived; what comes then is accepted.`,
      script: { rounds: [] },
      steps: [
        { do: "cut-requests", afterBytes: CUT_AFTER_BYTES, times: 1 },
        drive,
        attempt(1),
        quiet(short),
        terminate,
      ],
    });
  }
  if (!overGrpc) all.push(retryAfterForms(base, [...each(unusable, 2), quiet(short), terminate]));
  if (!overGrpc)
    all.push(datesScenario(base, [...each(dates, 2, 14_000), quiet(short), terminate]));
  if (target.batchProcessor === true) all.push(...batchScenarios(base, quiet));
  if (target.simpleProcessor === true) {
    all.push({
      ...base,
      name: "simple",
      title: "Several items end while an export is under way",
      says: "The receiver takes 1 s for each request, while one stimulus ends several items.",
      needs: "simple-processor",
      script: { rounds: [{ attempts: [slowly], repeat: true }] },
      steps: [drive, attempt(1), quiet(1_500), terminate],
    });
  }
  if (target.driveLarge !== undefined) {
    all.push({
      ...base,
      name: "large",
      title: "A batch of more than 64 MiB",
      says: "The stimulus ends spans whose encoding is larger than 64 MiB in one batch; then an ordinary round.",
      needs: "large-stimulus",
      script: { rounds: [] },
      steps: [
        { do: "drive", large: true },
        { do: "wait", ms: 4_000 },
        drive,
        attempt(1),
        quiet(short),
        terminate,
      ],
    });
  }
  const wanted = target.scenarios;
  return wanted === undefined
    ? all
    : all.filter(({ name }) => ALWAYS.has(name) || wanted.includes(name));
}

/** What these teach is part of every judgement. */
const ALWAYS: ReadonlySet<string> = new Set(["baseline", "hang"]);

/** The processor's own limit for an export. */
const processorTimeout = (ms: number) => ({
  OTEL_BSP_EXPORT_TIMEOUT: String(ms),
  OTEL_BLRP_EXPORT_TIMEOUT: String(ms),
});

type Base = Pick<Scenario, "timeoutMs" | "scheduleDelayMs" | "basePath">;

function tlsScenarios(base: Base, steps: readonly Step[], refusing: readonly Step[]): Scenario[] {
  return [
    {
      ...base,
      name: "tls",
      title: "TLS with a private CA",
      says: "The endpoint is https; its CA is given by OTEL_EXPORTER_OTLP_CERTIFICATE.",
      tls: "tls",
      script: { rounds: [] },
      steps,
    },
    {
      ...base,
      name: "mtls",
      title: "TLS with a client certificate",
      says: "The receiver insists on a client certificate; OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY name one.",
      tls: "mtls",
      script: { rounds: [] },
      steps,
    },
    {
      ...base,
      name: "untrusted",
      title: "TLS with a certificate that nobody vouches for",
      says: "The endpoint is https and its CA is not known to the process.",
      tls: "untrusted",
      script: { rounds: [] },
      steps: refusing,
    },
  ];
}

const unusable: readonly Answer[] = [
  ...unusableRetryAfter.map((retryAfter): Answer => ({ kind: "status", status: 503, retryAfter })),
  { kind: "status", status: 503, retryAfterS: 0 },
  { kind: "status", status: 503, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT" },
];

const retryAfterForms = (base: Base, steps: readonly Step[]): Scenario => ({
  ...base,
  name: "retry-after-forms",
  title: "Retry-After that cannot be used",
  says: `503 once each, with Retry-After ${unusableRetryAfter.map((text) => `"${text}"`).join(", ")}, then 0 and a date in the past.`,
  script: { rounds: unusable.map((answer) => ({ attempts: [answer] })) },
  steps,
});

const dates: readonly Answer[] = [
  { kind: "status", status: 503, retryAtMs: 8_000, dateForm: "rfc850" },
  { kind: "status", status: 503, retryAtMs: 8_000, dateForm: "asctime" },
];

const datesScenario = (base: Base, steps: readonly Step[]): Scenario => ({
  ...base,
  timeoutMs: 20_000,
  name: "retry-after-dates",
  title: "Retry-After as a date in the two obsolete forms",
  says: "503 once each, with Retry-After about 8 s ahead as RFC 850 and as asctime write it; the export timeout is 20 s. No back-off that begins within a few seconds can be taken for the wait.",
  script: { rounds: dates.map((answer) => ({ attempts: [answer] })) },
  steps,
});

function batchScenarios(base: Base, quiet: (ms: number, maxMs?: number) => Step): Scenario[] {
  const limits = (batch: number, queue: number) =>
    Object.fromEntries(
      ["BSP", "BLRP"].flatMap((processor) => [
        [`OTEL_${processor}_MAX_EXPORT_BATCH_SIZE`, String(batch)],
        [`OTEL_${processor}_MAX_QUEUE_SIZE`, String(queue)],
      ]),
    );
  return [
    {
      ...base,
      name: "batches",
      title: "Small batches and a long schedule delay",
      says: `The batch limit is ${SMALL_BATCH}, the schedule delay 30 s: full batches must not wait for it.`,
      scheduleDelayMs: 30_000,
      needs: "batch-processor",
      env: limits(SMALL_BATCH, QUEUE),
      script: { rounds: [] },
      steps: [drive, { do: "await-attempt", attempt: 1, maxMs: 5_000 }, quiet(500), terminate],
    },
    {
      ...base,
      name: "batches-at-sigterm",
      title: "Small batches that wait at SIGTERM",
      says: `The batch limit is ${SMALL_BATCH}; two stimuli fill several batches, then SIGTERM at once; the receiver takes 1 s for each request.`,
      scheduleDelayMs: 30_000,
      needs: "batch-processor",
      env: limits(SMALL_BATCH, QUEUE),
      script: { rounds: [{ attempts: [slowly], repeat: true }] },
      steps: [{ do: "drive", times: 2 }, terminate],
    },
    {
      ...base,
      name: "processor-timeout",
      title: "A processor with a short time limit",
      says: `The processor's own limit for an export is ${SHORT_TIMEOUT_MS} ms, the exporter's is 60 s; no answer.`,
      timeoutMs: 60_000,
      needs: "batch-processor",
      env: processorTimeout(SHORT_TIMEOUT_MS),
      script: {
        rounds: [{ attempts: [{ kind: "hang", when: "before-headers" }], repeat: true }],
      },
      steps: [
        drive,
        { do: "await-attempt", attempt: 1, maxMs: SHORT_TIMEOUT_MS + 2 * TIMEOUT_SLACK_MS },
        quiet(200),
        { do: "terminate", graceMs: 2_000 }, // the request that hangs would hold it up
      ],
    },
    {
      ...base,
      name: "queue",
      title: "More than the queue holds",
      says: `The queue holds ${SMALL_QUEUE}, the batch limit is ${SMALL_BATCH}; the first answer takes 3 s while a burst of 10 stimuli arrives.`,
      needs: "batch-processor",
      env: limits(SMALL_BATCH, SMALL_QUEUE),
      script: {
        rounds: [
          { attempts: [{ kind: "success", delay: { law: "constant", meanMs: 3_000 } }] },
          { attempts: [] },
        ],
      },
      steps: [
        drive,
        { do: "wait", ms: 1_000 },
        { do: "drive", times: 10 },
        { do: "wait", ms: 3_000 },
        quiet(700),
        terminate,
      ],
    },
  ];
}

/** A burst that fills the queue but does not overflow it, once the size of a stimulus is known. */
export function sizeBurst(
  scenario: Scenario,
  { perDrive, atStart }: { readonly perDrive: number | null; readonly atStart: number },
  room: number = QUEUE,
): Scenario {
  if (perDrive === null) return scenario;
  const fitting = Math.max(1, Math.floor((room - atStart) / perDrive));
  const steps = scenario.steps.map((step) =>
    step.do === "drive" && step.times !== undefined ? { ...step, times: fitting } : step,
  );
  return { ...scenario, steps };
}

const nameOf = (answer: Answer): string => {
  switch (answer.kind) {
    case "status":
      return String(answer.status);
    case "grpc":
      return `gRPC ${answer.code}${answer.retryInfoMs === undefined ? "" : " with RetryInfo"}`;
    case "success":
      if (answer.unknownField === true) return "an unknown field";
      return answer.partial?.rejected === 0 ? "a warning" : "partial success";
    case "flood":
      return `a body of ${Math.round(answer.bytes / 1048576)} MiB`;
    case "malformed":
      return `malformed (${answer.what})`;
    case "close":
      return "cut without an answer";
    case "reset":
      return answer.afterBytes === undefined
        ? "reset"
        : `reset after ${answer.afterBytes} bytes of the body`;
    case "rst-stream":
      return `RST_STREAM ${answer.code}`;
    default:
      return answer.kind;
  }
};

/** Answers that end an export, in the order of the rounds of scenario `answers`. */
export const finalAnswers = (overGrpc: boolean): readonly Answer[] => [
  ...(overGrpc ? permanentCodes.map(grpc) : permanentStatuses.map(http)),
  { kind: "success", partial: { rejected: 1, errorMessage: "one item was refused" } },
  { kind: "success", partial: { rejected: 0, errorMessage: "a warning, nothing refused" } },
  { kind: "success", unknownField: true },
  { kind: "flood", bytes: 32 * 1024 * 1024 },
];

const malformedAnswers = (overGrpc: boolean): readonly Answer[] => [
  { kind: "malformed", what: "body" },
  { kind: "malformed", what: "html" },
  { kind: "malformed", what: "truncated" },
  { kind: "malformed", what: overGrpc ? "no-status" : "no-protocol" },
  { kind: "reset", afterBytes: 10 },
  ...(overGrpc
    ? [http(503), http(404), { kind: "rst-stream", code: 2 } as const]
    : [{ kind: "status", status: 307, location: "/elsewhere" } as const]),
];
