/** One HTTP request and its answer, over node:http or node:https. */

import * as http from "node:http";
import * as https from "node:https";
import { createGunzip } from "node:zlib";
import type { Readable } from "node:stream";

export interface OtlpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface OtlpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface Transport {
  /**
   * Sends the request once. Rejects with `ResponseTooLargeError` when the answer is over the limit,
   * and with any other error when no whole answer came.
   */
  send(request: OtlpRequest, signal: AbortSignal): Promise<OtlpResponse>;
  /** Closes idle connections. */
  close(): void;
}

/** The answer is longer than allowed, as sent or unpacked; it is not worth another request. */
export class ResponseTooLargeError extends Error {
  constructor(limit: number) {
    super(`the answer has more than ${limit} bytes`);
    this.name = "ResponseTooLargeError";
  }
}

export interface HttpTransportOptions {
  readonly url: URL;
  /** Bytes of an answer at most, also when unpacked. */
  readonly maxResponseBytes: number;
  /** Passed to node:https, e.g. `ca`, `cert`, `key`. */
  readonly tls?: https.AgentOptions;
}

/** A transport that keeps its connections open between requests. */
export function httpTransport({ url, maxResponseBytes, tls }: HttpTransportOptions): Transport {
  const secure = url.protocol === "https:";
  const agent = secure
    ? new https.Agent({ ...tls, keepAlive: true })
    : new http.Agent({ keepAlive: true });
  const request = secure ? https.request : http.request;
  return {
    send: ({ headers, body }, signal) =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          url,
          {
            method: "POST",
            agent,
            signal,
            headers: { ...headers, "content-length": String(body.byteLength) },
          },
          (incoming) => {
            readBody(incoming, maxResponseBytes).then(
              (answer) =>
                resolve({
                  status: incoming.statusCode ?? 0,
                  headers: singleHeaders(incoming.headers),
                  body: answer,
                }),
              (error: unknown) => {
                outgoing.destroy();
                reject(error);
              },
            );
          },
        );
        outgoing.on("error", reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

async function readBody(incoming: http.IncomingMessage, limit: number): Promise<Uint8Array> {
  const raw = capped(incoming, limit);
  if (incoming.headers["content-encoding"]?.toLowerCase() !== "gzip") return collect(raw);
  const unzip = createGunzip();
  const feed = (async () => {
    for await (const chunk of raw) {
      if (!unzip.write(chunk)) await new Promise((resolve) => unzip.once("drain", resolve));
    }
    unzip.end();
  })();
  feed.catch((error: unknown) => unzip.destroy(error as Error));
  return collect(capped(unzip, limit));
}

async function* capped(stream: Readable, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > limit) throw new ResponseTooLargeError(limit);
    yield chunk;
  }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function singleHeaders(headers: http.IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
}
