/** The vocabulary of fault scenarios. Plain JSON: a scenario is the recipe of a counterexample. */

/** What the receiver does with one request. */
export type Answer =
  /** 200 with an `ExportTraceServiceResponse`, complete or partial. */
  | {
      readonly kind: "success";
      readonly partial?: { readonly rejectedSpans: number; readonly errorMessage: string };
      readonly unknownField?: boolean;
      readonly delayMs?: number;
    }
  /** Any other status, with a `google.rpc.Status` as body. */
  | {
      readonly kind: "status";
      readonly status: number;
      /** Retry-After as delta-seconds. */
      readonly retryAfterS?: number;
      /** Retry-After as an HTTP-date, this far in the future, rounded up to a whole second. */
      readonly retryAtMs?: number;
    }
  /** Never answers; after the headers: sends the status line, then nothing. */
  | { readonly kind: "hang"; readonly when: "before-headers" | "after-headers" }
  /** 200, then one byte of a valid body every `everyMs`, `count` bytes in all. */
  | { readonly kind: "drip"; readonly everyMs: number; readonly count: number }
  /** 200 with a valid body of this size. */
  | { readonly kind: "flood"; readonly bytes: number }
  /** Closes the connection without an answer; `reset` sends RST instead of FIN. */
  | { readonly kind: "close" }
  | { readonly kind: "reset" };

/**
 * Which answer an export gets: by the round in which it first arrived and by its attempt. Beyond
 * the last listed attempt the last one is repeated when `repeat` is set, otherwise it is success.
 */
export interface Script {
  readonly rounds: readonly { readonly attempts: readonly Answer[]; readonly repeat?: boolean }[];
}

export type Step =
  /** Stimulates the process (once, or a number of times without a pause) and opens a new round. */
  | { readonly do: "drive"; readonly times?: number; readonly maxMs?: number }
  | { readonly do: "wait"; readonly ms: number }
  /** Waits until an export of this round has reached this attempt and it is done with. */
  | { readonly do: "await-attempt"; readonly attempt: number; readonly maxMs: number }
  /** Waits until nothing has arrived and nothing was open for `ms`. */
  | { readonly do: "quiet"; readonly ms: number; readonly maxMs: number }
  /** Closes the listening socket and every connection, or opens it again on the same port. */
  | { readonly do: "refuse" }
  | { readonly do: "listen" }
  /** Faults are over: from now on every request is accepted. */
  | { readonly do: "heal" }
  /** SIGTERM; SIGKILL after `graceMs`. The last step of every scenario. */
  | { readonly do: "terminate"; readonly graceMs: number };

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What is played, in one sentence, scaling included. */
  readonly says: string;
  /** OTEL_EXPORTER_OTLP_TIMEOUT in ms. */
  readonly timeoutMs: number;
  /** OTEL_BSP_SCHEDULE_DELAY in ms. */
  readonly scheduleDelayMs: number;
  readonly gzip?: boolean;
  /** Path of the base endpoint, e.g. `/tenant`; empty for none. */
  readonly basePath: string;
  readonly script: Script;
  readonly steps: readonly Step[];
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
        return `200, partial success (${answer.partial.rejectedSpans} rejected)`;
      }
      return answer.unknownField === true ? "200, body with an unknown field" : "200";
    case "status":
      if (answer.retryAfterS !== undefined) {
        return `${answer.status}, Retry-After: ${answer.retryAfterS}`;
      }
      return answer.retryAtMs === undefined
        ? String(answer.status)
        : `${answer.status}, Retry-After as a date`;
    case "hang":
      return answer.when === "before-headers" ? "no answer" : "200, then no body";
    case "drip":
      return `200, one byte every ${answer.everyMs} ms`;
    case "flood":
      return `200 with ${Math.round(answer.bytes / 1048576)} MiB`;
    case "close":
      return "connection closed without an answer";
    case "reset":
      return "connection reset";
  }
}
