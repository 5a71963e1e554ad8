/** Our OTLP client with one described fault at a time: copies of its source with one place changed. */

import { loadFaulty, type Fault } from "../../tools/mutation/load.ts";

const fault = (name: string, replace: string, by: string): Fault => ({
  name,
  replace,
  by,
});

export const clientFaults: readonly Fault[] = [
  fault("retries a 400", "[429, 502, 503, 504]", "[400, 429, 502, 503, 504]"),
  fault("does not retry a 429", "[429, 502, 503, 504]", "[502, 503, 504]"),
  fault("ignores Retry-After", "header === undefined ? null :", "header !== undefined ? null :"),
  fault(
    "reads Retry-After as milliseconds",
    "header === undefined ? null : retryAfterMs(header, this.#clock.now());",
    "header === undefined ? null : retryAfterMs(header, this.#clock.now())! / 1000;",
  ),
  fault(
    "resends after success",
    'this.#end("accepted", "delivered", "");',
    'this.#again("broken", null, "");',
  ),
  fault(
    "resends after partial success",
    'this.#end("partial", "partlyDelivered", partial.message, partial.rejected);',
    'this.#again("broken", null, "");',
  ),
  fault(
    "takes a partial success for a failure",
    '"partial", "partlyDelivered"',
    '"partial", "failed"',
  ),
  fault(
    "gives up when a connection breaks",
    'else this.#again("broken", null, reason);',
    'else this.#end("rejected", "failed", reason);',
  ),
  fault("leaks a place", "this.#inFlight -= 1;", "this.#inFlight -= 0;"),
  fault(
    "has one place too many",
    "this.#inFlight < concurrency &&",
    "this.#inFlight <= concurrency &&",
  ),
  fault("lets the last one in go first", "this.#queue.shift()!", "this.#queue.pop()!"),
  fault("lets any number wait", "this.#queue.length >= maxWaiting", "false"),
  fault("forgets who waits when one gives up", "this.#queue.splice(waiting, 1);", ""),
  fault("drops what is under way on shutdown", "await this.forceFlush();", ""),
  fault("takes exports after shutdown", "this.#closed = true;", ""),
  fault("leaves connections open", "this.#options.transport.close();", ""),
  fault("does not wait when flushing", "await Promise.all(this.#live);", ""),
  fault(
    "has no time limit",
    "this.#limit = clock.setTimeout(() => {",
    "this.#limit = (() => ({}))(() => {",
  ),
  fault(
    "measures its time limit from the last answer",
    'this.#state = "waiting";',
    'this.#state = "waiting"; this.#clock.clearTimeout(this.#limit);',
  ),
  fault(
    "waits longer by a constant, not by a factor",
    "** (this.#requests - 1)",
    "* this.#requests",
  ),
  fault("only ever lengthens a wait", "(1 - backoff.jitter +", "(1 +"),
  fault(
    "makes one request too many",
    "this.#requests >= maxRequests",
    "this.#requests > maxRequests",
  ),
  fault("listens to late answers", "if (current()) this.#answered", "this.#answered"),
  fault("leaves a request running after its time", "this.#abort.abort();", ""),
  fault("says gzip but sends plain", "gzip ? gzipSync(body) : body", "body"),
  fault("sends what is too large", "body.byteLength > maxRequestBytes", "false"),
];

const original = new URL("../../impl/otlp/client.ts", import.meta.url);

/** Loads the client with the fault. */
export const loadClient = (described: Fault): Promise<typeof import("../../impl/otlp/client.ts")> =>
  loadFaulty(original, described);
