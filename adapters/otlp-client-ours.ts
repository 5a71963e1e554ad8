/** Drives impl/otlp/client.ts, in virtual time and with a receiver that answers on command. */

import type { Implementation, ImplementationDriver, Observables } from "../core/subject.ts";
import { OtlpClient, type ExportState, type OtlpClientOptions } from "../impl/otlp/client.ts";
import {
  ResponseTooLargeError,
  type OtlpResponse,
  type Transport,
} from "../impl/otlp/transport.ts";
import { maxDelayMs, microtasksDone, VirtualClock, type Clock } from "../impl/platform/clock.ts";

/** As much of the client as the adapter uses, so that a changed copy of it can be driven as well. */
export interface OurOtlpClient {
  export(body: Uint8Array): Promise<{ readonly outcome: string; readonly rejected: number }>;
}

export interface OtlpClientAdapterOptions {
  readonly exportTimeoutMs: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly name?: string;
  /** Waits with jitter that is not at its middle, and all limits given; default: the client's own. */
  readonly skewed?: boolean;
  /** Default: the client itself. */
  readonly create?: (options: OtlpClientOptions) => OurOtlpClient;
}

const answer = (status: number, headers: OtlpResponse["headers"], body: unknown): OtlpResponse => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: new TextEncoder().encode(JSON.stringify(body)),
});

/** One answer of each kind per turn: what is claimed of 503 is claimed of 429, 502 and 504. */
const unavailable = [503, 429, 502, 504];
/** 0 stands for an answer that is too large to be read. */
const rejected = [400, 300, 0, 401, 404, 413, 500, 501];
const accepted = [200, 299];

interface Request {
  readonly signal: AbortSignal;
  readonly resolve: (response: OtlpResponse) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Observed: `state`, `requests` sent, `result` and `refused` items: what the caller was told so far;
 * `request`: whether one is pending, not given up; `asked`: the wait that the client read in this step's
 * answer. `send` gives the export its turn, the answers answer the request in flight.
 */
export function otlpClientOurs(settings: OtlpClientAdapterOptions): Implementation {
  const create = settings.create ?? ((options) => new OtlpClient(options));
  return {
    name: settings.name ?? "ours",
    version: "0.1.0",
    start: (parameters) => Promise.resolve(drive(settings, create, parameters["maxRequests"]!)),
    predict({ before, event, after }) {
      const state = leaf(after.value);
      const ended = after.status === "done";
      const answered = leaf(before.value) === "inFlight";
      return {
        state,
        requests: (after.context as { requests: number }).requests,
        result: ended ? state : "none",
        refused: state === "partlyDelivered" ? 1 : 0,
        request: state === "inFlight" ? "pending" : "none",
        asked: answered && event.type === "unavailable" ? Number(event["retryAfter"]) : "none",
      };
    },
    sideBySide: true,
    assumptions: [
      "virtual time; jitter fixed at its middle, so that waits are those of the model",
      "503, 429, 502 and 504 stand for `unavailable` in turn; 400, 401, 404, 413, 500 and 501 for `rejected`",
    ],
  };
}

/** The options under which the client's waits are those of the model. */
function limitsOf(
  { exportTimeoutMs, firstWaitMs, longestWaitMs, skewed }: OtlpClientAdapterOptions,
  maxRequests: number,
): Partial<OtlpClientOptions> {
  const given = { maxRequests, random: () => 0.5 };
  if (skewed !== true) return maxRequests === 6 ? { random: given.random } : given;
  // 1 - 0.5 + 2 × 0.5 × 0.75 = 1.25 times four fifths
  return {
    maxRequests,
    random: () => 0.75,
    timeoutMs: exportTimeoutMs,
    backoff: {
      firstMs: firstWaitMs * 0.8,
      factor: 1.5,
      longestMs: longestWaitMs * 0.8,
      jitter: 0.5,
    },
  };
}

const leaf = (value: unknown): string =>
  typeof value === "string" ? value : String((value as { active: unknown }).active);

function drive(
  settings: OtlpClientAdapterOptions,
  create: (options: OtlpClientOptions) => OurOtlpClient,
  maxRequests: number,
): ImplementationDriver {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  let flying: Request | null = null;
  let occupying: Request | null = null;
  let requests = 0;
  let turns = 0;
  let state: ExportState | "unknown" = "unknown"; // until it is reported
  let result = "none";
  let refused = 0;
  let asked: number | "none" = "none";
  const transport: Transport = {
    send: ({ body }, signal) =>
      new Promise((resolve, reject) => {
        const request = { resolve, reject, signal };
        if (body.byteLength === 0) occupying = request;
        else {
          flying = request;
          requests += 1;
        }
      }),
    close: () => {},
  };
  let timers = 0;
  // The export that holds the place must outlive the one under test: its own time limit is put off.
  const patient: Clock = {
    now: () => clock.now(),
    setTimeout: (callback, ms) => clock.setTimeout(callback, timers++ === 0 ? maxDelayMs : ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  };
  const client = create({
    transport,
    contentType: "application/json",
    clock: patient,
    concurrency: 1,
    ...limitsOf(settings, maxRequests),
    onTransition: (transition) => {
      if (transition.export !== 2) return;
      ({ state } = transition);
      asked = transition.retryAfter ?? "none";
    },
  });
  // The first export, an empty one, holds the only place until `send`.
  void client.export(new Uint8Array(0));
  const told = async (): Promise<void> => {
    ({ outcome: result, rejected: refused } = await client.export(new Uint8Array(1)));
  };
  void told();

  const observe = async (): Promise<Observables> => {
    await microtasksDone();
    const request = flying === null || flying.signal.aborted ? "none" : "pending";
    const seen = { state, requests, result, refused, request, asked };
    asked = "none";
    return seen;
  };
  const settle = (how: (request: Request) => void): Promise<Observables> => {
    const request = flying;
    flying = null;
    if (request !== null) how(request);
    turns += 1;
    return observe();
  };
  return {
    send(event) {
      switch (event.type) {
        case "send":
          occupying?.resolve(answer(200, {}, {}));
          occupying = null;
          return observe();
        case "accepted":
          return settle(({ resolve }) => resolve(answer(accepted[turns % 2]!, {}, {})));
        case "partial":
          return settle(({ resolve }) =>
            resolve(answer(200, {}, { partialSuccess: { rejectedSpans: "1", errorMessage: "x" } })),
          );
        case "rejected":
          return settle(({ resolve, reject }) => {
            const status = rejected[turns % rejected.length]!;
            if (status === 0) reject(new ResponseTooLargeError(4));
            else resolve(answer(status, {}, { code: 3 }));
          });
        case "broken":
          return settle(({ reject }) => reject(new Error("socket hang up")));
        case "unavailable": {
          const seconds = Number(event["retryAfter"]) / 1000;
          // in turn as seconds and as a date, where a date can say it: dates are whole seconds
          const untilMs = clock.now() + seconds * 1000;
          const asDate = turns % 2 === 1 && untilMs % 1000 === 0;
          const value = asDate ? new Date(untilMs).toUTCString() : String(seconds);
          const headers = seconds === 0 ? {} : { "retry-after": value };
          return settle(({ resolve }) =>
            resolve(answer(unavailable[turns % unavailable.length]!, headers, {})),
          );
        }
        default:
          throw new Error(`an export cannot be sent the event "${event.type}"`);
      }
    },
    async advance(ms) {
      await clock.advance(ms);
      return observe();
    },
    dispose: () => {},
  };
}
