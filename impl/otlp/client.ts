/**
 * An OTLP/HTTP client: sends batches, tries again what is worth it, and says of every batch what
 * became of it.
 *
 * - 2xx ends an export, also with a partial success; 429, 502, 503, 504 and broken connections are
 *   tried again; everything else fails for good (OTLP specification, "OTLP/HTTP Response").
 * - Between requests: as long as a legal Retry-After says, else exponential backoff with jitter.
 * - One time limit holds for all requests and waits of an export, its turn in the queue included.
 * - At most `concurrency` exports are in flight; `maxWaiting` further ones wait for their turn.
 * - Requests and answers beyond their size limits are failures and are not tried again.
 */

import { gzipSync } from "node:zlib";

import { maxDelayMs, systemClock, type Clock, type Timer } from "../platform/clock.ts";
import { partialSuccess } from "./partial-success.ts";
import { retryAfterMs } from "./retry-after.ts";
import { ResponseTooLargeError, type OtlpResponse, type Transport } from "./transport.ts";

export type ExportState =
  "ready" | "inFlight" | "waiting" | "delivered" | "partlyDelivered" | "failed";

/** One step in the life of an export. */
export interface ExportTransition {
  /** Numbers the exports of a client, from 1. */
  readonly export: number;
  readonly event:
    | "begin"
    | "send"
    | "accepted"
    | "partial"
    | "rejected"
    | "unavailable"
    | "broken"
    | "after wait"
    | "after exportTimeout";
  readonly state: ExportState;
  /** Requests sent so far. */
  readonly requests: number;
  /** Milliseconds that the receiver asked to wait; only with `unavailable`. */
  readonly retryAfter?: number;
}

export interface ExportResult {
  readonly outcome: "delivered" | "partlyDelivered" | "failed";
  readonly requests: number;
  /** Why it failed, or what the receiver said of a partial success. */
  readonly reason: string;
  /** Items that the receiver refused in a partial success. */
  readonly rejected: number;
}

export interface OtlpClientOptions {
  readonly transport: Transport;
  /** `application/json` or `application/x-protobuf`: what the batches are. */
  readonly contentType: "application/json" | "application/x-protobuf";
  readonly headers?: Readonly<Record<string, string>>;
  readonly compression?: "none" | "gzip";
  /** Milliseconds that one export may take; default 10,000 (specification). */
  readonly timeoutMs?: number;
  /** Requests that one export may take; default 6. */
  readonly maxRequests?: number;
  /** Exports in flight at a time; default 8. */
  readonly concurrency?: number;
  /** Exports that may wait for their turn; default 64. */
  readonly maxWaiting?: number;
  /** Bytes of a request at most, before compression too; default 64 MiB (specification). */
  readonly maxRequestBytes?: number;
  /** Backoff: the first wait, its factor, its limit in milliseconds, and the share of jitter. */
  readonly backoff?: {
    readonly firstMs: number;
    readonly factor: number;
    readonly longestMs: number;
    readonly jitter: number;
  };
  readonly clock?: Clock;
  /** Uniform numbers in [0, 1). */
  readonly random?: () => number;
  readonly onTransition?: (transition: ExportTransition) => void;
}

const defaultBackoff = { firstMs: 1_000, factor: 1.5, longestMs: 5_000, jitter: 0.2 };
const userAgent = "OTel-OTLP-Exporter-verify/0.1.0";
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class OtlpClient {
  readonly #options: OtlpClientOptions;
  readonly #clock: Clock;
  readonly #live = new Set<Promise<ExportResult>>();
  readonly #queue: Export[] = [];
  #inFlight = 0;
  #count = 0;
  #closed = false;

  /** @throws {RangeError} when an option is out of range */
  constructor(options: OtlpClientOptions) {
    for (const name of ["timeoutMs", "maxRequests", "concurrency", "maxRequestBytes"] as const) {
      const value = options[name];
      if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
        throw new RangeError(`${name} must be an integer of at least 1, got ${value}`);
      }
    }
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Sends one batch, encoded; never rejects. */
  export(body: Uint8Array): Promise<ExportResult> {
    if (this.#closed) return Promise.resolve(refused("the client is shut down"));
    const { maxRequestBytes = 67_108_864, maxWaiting = 64, concurrency = 8 } = this.#options;
    if (body.byteLength > maxRequestBytes) {
      return Promise.resolve(refused(`the batch has more than ${maxRequestBytes} bytes`));
    }
    if (this.#inFlight >= concurrency && this.#queue.length >= maxWaiting) {
      return Promise.resolve(refused(`${maxWaiting} exports are waiting already`));
    }
    this.#count += 1;
    const one = new Export(this.#count, this.#request(body), this.#options, this.#clock);
    this.#queue.push(one);
    this.#live.add(one.result);
    void this.#leave(one);
    this.#next();
    return one.result;
  }

  /** Makes room when the export has ended, in flight or in the queue. */
  async #leave(one: Export): Promise<void> {
    await one.result;
    this.#live.delete(one.result);
    const waiting = this.#queue.indexOf(one);
    if (waiting === -1) this.#inFlight -= 1;
    else this.#queue.splice(waiting, 1);
    this.#next();
  }

  /** Resolves when every export that has begun has ended. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#live);
  }

  /** Takes no further export, waits for those under way, closes the connections. */
  async shutdown(): Promise<void> {
    this.#closed = true;
    await this.forceFlush();
    this.#options.transport.close();
  }

  #next(): void {
    const { concurrency = 8 } = this.#options;
    while (this.#inFlight < concurrency && this.#queue.length > 0) {
      this.#inFlight += 1;
      this.#queue.shift()!.start();
    }
  }

  #request(body: Uint8Array): { headers: Record<string, string>; body: Uint8Array } {
    const gzip = this.#options.compression === "gzip";
    return {
      headers: {
        "user-agent": userAgent,
        ...this.#options.headers,
        "content-type": this.#options.contentType,
        ...(gzip ? { "content-encoding": "gzip" } : {}),
      },
      body: gzip ? gzipSync(body) : body,
    };
  }
}

function refused(reason: string): ExportResult {
  return { outcome: "failed", requests: 0, reason, rejected: 0 };
}

/** One export from its turn in the queue to its end. */
class Export {
  readonly result: Promise<ExportResult>;
  readonly #number: number;
  readonly #request: { readonly headers: Record<string, string>; readonly body: Uint8Array };
  readonly #options: OtlpClientOptions;
  readonly #clock: Clock;
  readonly #resolve: (result: ExportResult) => void;
  readonly #abort = new AbortController();
  readonly #limit: Timer;
  #wait: Timer | null = null;
  #state: ExportState = "ready";
  #requests = 0;

  constructor(
    number: number,
    request: { readonly headers: Record<string, string>; readonly body: Uint8Array },
    options: OtlpClientOptions,
    clock: Clock,
  ) {
    this.#number = number;
    this.#request = request;
    this.#options = options;
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<ExportResult>();
    this.result = promise;
    this.#resolve = resolve;
    const { timeoutMs = 10_000 } = options;
    this.#limit = clock.setTimeout(() => {
      this.#end("after exportTimeout", "failed", `not delivered within ${timeoutMs} ms`);
    }, timeoutMs);
    this.#report("begin");
  }

  start(): void {
    this.#send("send");
  }

  #send(event: "send" | "after wait"): void {
    this.#requests += 1;
    this.#state = "inFlight";
    this.#report(event);
    void this.#exchange();
  }

  async #exchange(): Promise<void> {
    const request = this.#requests;
    // An answer that comes after the export has ended, or to an earlier request, says nothing.
    const current = (): boolean => this.#state === "inFlight" && this.#requests === request;
    try {
      const response = await this.#options.transport.send(this.#request, this.#abort.signal);
      if (current()) this.#answered(response);
    } catch (error) {
      if (!current()) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof ResponseTooLargeError) this.#end("rejected", "failed", reason);
      else this.#again("broken", null, reason);
    }
  }

  #answered(response: OtlpResponse): void {
    const { status } = response;
    if (status >= 200 && status < 300) {
      const partial = partialSuccess(response, this.#options.contentType);
      if (partial === null) this.#end("accepted", "delivered", "");
      else this.#end("partial", "partlyDelivered", partial.message, partial.rejected);
    } else if (retryable.has(status)) {
      const header = response.headers["retry-after"];
      const waitMs = header === undefined ? null : retryAfterMs(header, this.#clock.now());
      this.#again("unavailable", waitMs, `the receiver answered ${status}`);
    } else {
      this.#end("rejected", "failed", `the receiver answered ${status}`);
    }
  }

  #again(event: "unavailable" | "broken", askedMs: number | null, reason: string): void {
    const { maxRequests = 6 } = this.#options;
    if (this.#requests >= maxRequests) {
      this.#end(
        event,
        "failed",
        `${reason}; that was request ${maxRequests}, the last`,
        0,
        askedMs,
      );
      return;
    }
    this.#state = "waiting";
    this.#report(event, askedMs);
    // A wait beyond the time limit ends with it: the timer of the limit is set already.
    const waitMs = Math.min(askedMs ?? this.#backoffMs(), maxDelayMs);
    this.#wait = this.#clock.setTimeout(() => this.#send("after wait"), waitMs);
  }

  #backoffMs(): number {
    const { backoff = defaultBackoff, random = Math.random } = this.#options;
    const plain = Math.min(
      backoff.longestMs,
      backoff.firstMs * backoff.factor ** (this.#requests - 1),
    );
    return plain * (1 - backoff.jitter + 2 * backoff.jitter * random());
  }

  #end(
    event: ExportTransition["event"],
    outcome: ExportResult["outcome"],
    reason: string,
    rejected = 0,
    askedMs: number | null = null,
  ): void {
    this.#state = outcome;
    this.#clock.clearTimeout(this.#limit);
    if (this.#wait !== null) this.#clock.clearTimeout(this.#wait);
    this.#report(event, askedMs);
    this.#resolve({ outcome, requests: this.#requests, reason, rejected });
    this.#abort.abort();
  }

  #report(event: ExportTransition["event"], askedMs: number | null = null): void {
    this.#options.onTransition?.({
      export: this.#number,
      event,
      state: this.#state,
      requests: this.#requests,
      ...(event === "unavailable" ? { retryAfter: askedMs ?? 0 } : {}),
    });
  }
}
