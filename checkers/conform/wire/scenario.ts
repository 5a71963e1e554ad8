/** The vocabulary of fault scenarios. Plain JSON: a scenario is the recipe of a counterexample. */

/** How long the receiver takes before it answers; seeded, the same in every run. */
export interface Delay {
  readonly law: "constant" | "uniform" | "exponential";
  readonly meanMs: number;
}

/** What the receiver does with one request. */
export type Answer =
  /** Success with a response message, complete or partial. */
  | {
      readonly kind: "success";
      readonly partial?: { readonly rejected: number; readonly errorMessage: string };
      readonly unknownField?: boolean;
      readonly delay?: Delay;
    }
  /** Any other HTTP status, with a `google.rpc.Status` as body. */
  | {
      readonly kind: "status";
      readonly status: number;
      /** Retry-After as delta-seconds. */
      readonly retryAfterS?: number;
      /** Retry-After as an HTTP-date, this far in the future, rounded up to a whole second. */
      readonly retryAtMs?: number;
      /** The form of that date; RFC 9110 asks recipients to read all three. */
      readonly dateForm?: DateForm;
      /** Retry-After as it stands, legal or not. */
      readonly retryAfter?: string;
      readonly location?: string;
    }
  /** A gRPC status; with `retryInfoMs` a RetryInfo in grpc-status-details-bin. */
  | { readonly kind: "grpc"; readonly code: number; readonly retryInfoMs?: number }
  /** Never answers; after the headers: sends the status line, then nothing. */
  | { readonly kind: "hang"; readonly when: "before-headers" | "after-headers" }
  /** Success, then one byte of a valid body every `everyMs`, `count` bytes in all. */
  | { readonly kind: "drip"; readonly everyMs: number; readonly count: number }
  /** Success with a valid body of this size. */
  | { readonly kind: "flood"; readonly bytes: number }
  /** What no server should send. */
  | { readonly kind: "malformed"; readonly what: Malformation }
  /** Closes the connection without an answer; `reset` sends RST instead of FIN. */
  | { readonly kind: "close" }
  | { readonly kind: "reset"; readonly afterBytes?: number }
  /** The same while the request still arrives; comes from the step `cut-requests`. */
  | { readonly kind: "cut-request"; readonly afterBytes: number }
  /** HTTP/2 only: GOAWAY that does not cover this stream, or RST_STREAM with a code. */
  | { readonly kind: "goaway" }
  | { readonly kind: "rst-stream"; readonly code: number };

export type DateForm = "imf-fixdate" | "rfc850" | "asctime";

export type Malformation =
  /** 200 with bytes that are no response message. */
  | "body"
  /** 200 with a page of HTML, as a captive portal sends it. */
  | "html"
  /** 200 that promises more bytes than it sends. */
  | "truncated"
  /** Bytes that are no HTTP at all (gRPC: a message frame that promises more than it has). */
  | "no-protocol"
  /** gRPC: success without a grpc-status. */
  | "no-status";

/**
 * Which answer an export gets: by the round in which it first arrived and by its attempt. Beyond
 * the last listed attempt the last one is repeated when `repeat` is set, otherwise it is success.
 */
export interface Script {
  readonly rounds: readonly { readonly attempts: readonly Answer[]; readonly repeat?: boolean }[];
}

export type Step =
  /** Stimulates the process (once, or a number of times without a pause) and opens a new round. */
  | {
      readonly do: "drive";
      readonly times?: number;
      readonly maxMs?: number;
      /** The stimulus for one batch larger than 64 MiB. */
      readonly large?: boolean;
    }
  | { readonly do: "wait"; readonly ms: number }
  /** Waits until an export of this round has reached this attempt and it is done with. */
  | { readonly do: "await-attempt"; readonly attempt: number; readonly maxMs: number }
  /** Waits until nothing has arrived and nothing was open for `ms`. */
  | { readonly do: "quiet"; readonly ms: number; readonly maxMs: number }
  /** Closes the listening socket and every connection, or opens it again on the same port. */
  | { readonly do: "refuse" }
  | { readonly do: "listen" }
  /** Connections are neither accepted nor refused: the SYN gets no answer. `listen` ends it. */
  | { readonly do: "blackhole" }
  /** Resets the connections of the next `times` requests when so much of their body has arrived. */
  | { readonly do: "cut-requests"; readonly afterBytes: number; readonly times: number }
  /** Closes every connection that carries no request, as a load balancer does (HTTP/2: GOAWAY). */
  | { readonly do: "idle-close" }
  /** Faults are over: from now on every request is accepted. */
  | { readonly do: "heal" }
  /** SIGTERM; SIGKILL after `graceMs`. The last step of every scenario. */
  | { readonly do: "terminate"; readonly graceMs: number };

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What is played, in one sentence, scaling included. */
  readonly says: string;
  /** OTEL_EXPORTER_OTLP_TIMEOUT in ms; as text when it is not a legal value. */
  readonly timeoutMs: number;
  /** OTEL_BSP_SCHEDULE_DELAY in ms. */
  readonly scheduleDelayMs: number;
  readonly gzip?: boolean;
  /** Path of the base endpoint, e.g. `/tenant`; empty for none. */
  readonly basePath: string;
  /** The path that requests must have, when it is not the base path and the signal's own. */
  readonly path?: string;
  /**
   * Environment besides the usual; `{signal}` stands for TRACES, METRICS or LOGS and `{endpoint}`
   * for the receiver without a path. An empty value is set, not left out.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Overrides the subject's: `untrusted` is a certificate of a CA that the process does not know. */
  readonly tls?: "tls" | "mtls" | "untrusted";
  /** Only for these. */
  readonly protocol?: "http" | "grpc";
  /** Needs a subject with this. */
  readonly needs?: "large-stimulus" | "batch-processor" | "simple-processor";
  readonly script: Script;
  readonly steps: readonly Step[];
}

/** How long to wait for things that should not happen, and for things that should. */
export interface Pace {
  /** A resend is looked for this long after the last answer. */
  readonly quietMs: number;
  /** A process that has sent nothing for this long is silent. */
  readonly silenceMs: number;
}

export const SUCCESS: Answer = { kind: "success" };

/** The answer that a script holds for an attempt of an export of a round. */
export function scripted(script: Script, round: number, attempt: number): Answer {
  const plan = script.rounds[round];
  if (plan === undefined) return SUCCESS;
  const answer = plan.attempts[attempt - 1];
  if (answer !== undefined) return answer;
  return (plan.repeat === true ? plan.attempts.at(-1) : undefined) ?? SUCCESS;
}

/** The answer in a few words, for tables and traces. */
export function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case "success":
      if (answer.partial !== undefined) {
        return `success, partial (${answer.partial.rejected} rejected)`;
      }
      return answer.unknownField === true ? "success, body with an unknown field" : "success";
    case "status":
      if (answer.retryAfterS !== undefined) {
        return `${answer.status}, Retry-After: ${answer.retryAfterS}`;
      }
      if (answer.retryAfter !== undefined) {
        return `${answer.status}, Retry-After: "${answer.retryAfter}"`;
      }
      if (answer.retryAtMs === undefined) return String(answer.status);
      return `${answer.status}, Retry-After as a date${answer.dateForm === undefined || answer.dateForm === "imf-fixdate" ? "" : ` (${answer.dateForm})`}`;
    case "grpc":
      return `${grpcCodeName(answer.code)}${answer.retryInfoMs === undefined ? "" : `, RetryInfo ${answer.retryInfoMs} ms`}`;
    case "hang":
      return answer.when === "before-headers" ? "no answer" : "headers, then no body";
    case "drip":
      return `success, one byte every ${answer.everyMs} ms`;
    case "flood":
      return `success with ${Math.round(answer.bytes / 1048576)} MiB`;
    case "malformed":
      return `malformed answer (${answer.what})`;
    case "close":
      return "connection closed without an answer";
    case "reset":
      return `connection reset${answer.afterBytes === undefined ? "" : ` after ${answer.afterBytes} bytes`}`;
    case "cut-request":
      return `connection reset after ${answer.afterBytes} bytes of the request`;
    case "goaway":
      return "GOAWAY";
    case "rst-stream":
      return `RST_STREAM ${answer.code}`;
  }
}

const GRPC_CODES =
  "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED".split(
    " ",
  );

export const grpcCodeName = (code: number): string => GRPC_CODES[code] ?? `code ${code}`;
