/** The scenarios: five faults that every exporter meets, and the probes that single requirements need. */

import type { Answer, Scenario, Step } from "./scenario.ts";

/** How long to wait for things that should not happen, and for things that should. */
export interface Pace {
  /** A resend is looked for this long after the last answer. */
  readonly quietMs: number;
  /** A process that has sent nothing for this long is silent. */
  readonly silenceMs: number;
}

export const defaultPace: Pace = { quietMs: 6_000, silenceMs: 12_000 };

const DEFAULT_TIMEOUT_MS = 10_000; // the specification's default
const DELAY_MS = 200; // of the batch processor, shortened from 5 s
const GRACE_MS = 10_000;
/** Default OTEL_BSP_MAX_QUEUE_SIZE: with more than this a queue may drop. */
export const QUEUE = 2_048;
/** Calls of the stimulus when it is not known how many spans one ends. */
const UNSIZED_BURST = 40;

const drive: Step = { do: "drive" };
const terminate: Step = { do: "terminate", graceMs: GRACE_MS };
const status = (code: number): Answer => ({ kind: "status", status: code });

/** Length of the short timeout used where the exporter has to give up. */
export const SHORT_TIMEOUT_MS = 1_500;
/** What an exporter may need beyond a timeout before the receiver sees the connection close. */
export const TIMEOUT_SLACK_MS = 1_500;
/** The same where the length of the script leaves less room. */
export const RETRIES_SLACK_MS = 1_000;

export function scenarios(pace: Pace): readonly Scenario[] {
  const { quietMs, silenceMs } = pace;
  const base = { timeoutMs: DEFAULT_TIMEOUT_MS, scheduleDelayMs: DELAY_MS, basePath: "" };
  const attempt = (number: number, maxMs: number): Step => ({
    do: "await-attempt",
    attempt: number,
    maxMs,
  });
  const quiet = (ms: number, maxMs = ms * 4): Step => ({ do: "quiet", ms, maxMs });
  const short = Math.min(quietMs, 1_000);

  return [
    {
      ...base,
      name: "baseline",
      title: "No fault",
      says: "The receiver accepts everything; two rounds of the stimulus show what it produces.",
      script: { rounds: [] },
      steps: [
        drive,
        attempt(1, silenceMs),
        quiet(short),
        drive,
        attempt(1, silenceMs),
        quiet(short),
        terminate,
      ],
    },
    {
      ...base,
      name: "throttled",
      title: "503 with Retry-After",
      says: "Every export is answered 503 with Retry-After: 2 once; in a second round 429 with a date about 3 s ahead.",
      script: {
        rounds: [
          { attempts: [{ kind: "status", status: 503, retryAfterS: 2 }] },
          { attempts: [{ kind: "status", status: 429, retryAtMs: 3_000 }] },
        ],
      },
      steps: [drive, attempt(2, silenceMs), drive, attempt(2, silenceMs), quiet(short), terminate],
    },
    {
      ...base,
      name: "outage",
      title: "Outage of 30 s, shortened to 3 s",
      says: "1:10 in time: connections are refused for 2 s, then 503 for 1 s; the export timeout is 1 s instead of 10 s and the schedule delay 500 ms instead of 5 s. The exporter's own back-off cannot be scaled.",
      timeoutMs: DEFAULT_TIMEOUT_MS / 10,
      scheduleDelayMs: 500,
      script: { rounds: outageRounds() },
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
        attempt(1, silenceMs),
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
      steps: [drive, attempt(1, silenceMs), drive, attempt(1, silenceMs), quiet(short), terminate],
    },
    {
      ...base,
      name: "unauthorized",
      title: "401 for everything",
      says: "Every request is answered 401.",
      script: { rounds: [0, 1].map(() => ({ attempts: [status(401)], repeat: true })) },
      steps: [
        drive,
        attempt(1, silenceMs),
        quiet(quietMs),
        drive,
        attempt(1, silenceMs),
        terminate,
      ],
    },
    {
      ...base,
      name: "sigterm",
      title: "SIGTERM with a full queue",
      says: `A burst of up to ${QUEUE} spans, then SIGTERM at once, while the batch processor would still wait 30 s; the receiver accepts everything, but takes 300 ms each time.`,
      scheduleDelayMs: 30_000,
      script: { rounds: [{ attempts: [{ kind: "success", delayMs: 300 }], repeat: true }] },
      steps: [{ do: "drive", times: UNSIZED_BURST, maxMs: 3_000 }, terminate],
    },
    {
      ...base,
      name: "disconnect",
      title: "Connections fail, then 503 without Retry-After",
      says: "Connections are refused for 1.2 s; the first attempt that arrives is cut without an answer, the second gets 503 without Retry-After, the third is accepted.",
      script: { rounds: [{ attempts: [{ kind: "close" }, status(503)] }] },
      steps: [
        { do: "refuse" },
        drive,
        { do: "wait", ms: 1_200 },
        { do: "listen" },
        attempt(3, silenceMs),
        quiet(short),
        terminate,
      ],
    },
    {
      ...base,
      name: "answers",
      title: "Answers after which nothing may be sent again",
      says: "One round each: 400, 404, 413, 500, partial success, a warning, a body with an unknown field, a body of 32 MiB; gzip and a base path are configured.",
      gzip: true,
      basePath: "/tenant-a/",
      script: { rounds: finalAnswers.map((answer) => ({ attempts: [answer], repeat: true })) },
      steps: [
        ...finalAnswers.flatMap((): Step[] => [drive, attempt(1, silenceMs)]),
        quiet(quietMs),
        terminate,
      ],
    },
    {
      ...base,
      name: "drip",
      title: "An answer that drips",
      says: `200, then one byte of the body every 250 ms for 4.5 s; the export timeout is ${SHORT_TIMEOUT_MS} ms.`,
      timeoutMs: SHORT_TIMEOUT_MS,
      script: {
        rounds: [{ attempts: [{ kind: "drip", everyMs: 250, count: 16 }], repeat: true }],
      },
      steps: [drive, attempt(1, silenceMs), quiet(200), terminate],
    },
    {
      ...base,
      name: "late-hang",
      title: "503 with Retry-After, then no answer",
      says: "The first attempt is answered 503 with Retry-After: 2, the next ones never; the export timeout is 3 s.",
      timeoutMs: 3_000,
      script: {
        rounds: [
          {
            attempts: [
              { kind: "status", status: 503, retryAfterS: 2 },
              { kind: "hang", when: "before-headers" },
            ],
            repeat: true,
          },
        ],
      },
      steps: [drive, attempt(2, silenceMs), quiet(200), terminate],
    },
  ];
}

/** A burst that fills the queue but does not overflow it, once the size of a stimulus is known. */
export function sizeBurst(
  scenario: Scenario,
  { perDrive, atStart }: { readonly perDrive: number | null; readonly atStart: number },
): Scenario {
  if (perDrive === null) return scenario;
  const fitting = Math.max(1, Math.floor((QUEUE - atStart) / perDrive));
  const steps = scenario.steps.map((step) =>
    step.do === "drive" && step.times !== undefined ? { ...step, times: fitting } : step,
  );
  return { ...scenario, steps };
}

/** Answers that end an export, in the order of the rounds of scenario `answers`. */
export const finalAnswers: readonly Answer[] = [
  status(400),
  status(404),
  status(413),
  status(500),
  { kind: "success", partial: { rejectedSpans: 1, errorMessage: "one span was refused" } },
  { kind: "success", partial: { rejectedSpans: 0, errorMessage: "a warning, nothing refused" } },
  { kind: "success", unknownField: true },
  { kind: "flood", bytes: 32 * 1024 * 1024 },
];

/** During the outage whatever arrives is answered 503; exports of the last round are accepted. */
function outageRounds(): { attempts: Answer[]; repeat: boolean }[] {
  return [0, 1, 2].map(() => ({ attempts: [status(503)], repeat: true }));
}
