/**
 * An OTLP/HTTP receiver on loopback that misbehaves on command and records what arrives. It keeps
 * names of headers and identities of spans; values of headers (but four harmless ones) and of
 * attributes are never stored.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import {
  contentTypeOf,
  decodeBody,
  encodeStatus,
  encodeTraceResponse,
  type Encoding,
  encodingOf,
  largeResponseHead,
  MAX_REQUEST_BYTES,
} from "./otlp.ts";
import { type Answer, describeAnswer, scripted, type Script, SUCCESS } from "./scenario.ts";

/** Headers whose values are needed to judge and cannot hold a secret. */
const KEPT_VALUES = ["content-type", "content-encoding", "user-agent", "content-length"];

/** How a request ended. */
export type Ending =
  /** The whole answer was handed to the client. */
  | "answered"
  /** The client closed the connection before the answer was complete. */
  | "client-gave-up"
  /** The receiver cut the connection, as scripted or at the end of the scenario. */
  | "cut"
  | "open";

export interface RequestRecord {
  /** Number of the request in this run, from 1. */
  readonly n: number;
  /** Number of the connection that carried it, from 1. */
  readonly connection: number;
  /** Milliseconds since the faults were armed; negative before that. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly headerNames: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** False for warm-up traffic before the faults were armed. */
  readonly armed: boolean;
  /** The drive call after which this export first arrived, from 0. */
  round: number;
  /** Requests with a span in common are attempts of one export; both count from 1. */
  exportNumber: number;
  attempt: number;
  bytes: number;
  /** `traceId:spanId` of every span, without repetition. */
  spans: readonly string[];
  encoding: Encoding | null;
  /** Why the body is not an export request; null when it is one. */
  problem: string | null;
  answer: Answer | null;
  answered: string;
  /** The status line that was sent, if any. */
  status: number | null;
  /** When the decision was carried out: for a status, when the answer was sent. */
  answeredAtMs: number | null;
  /** When a Retry-After allows the next attempt. */
  notBeforeMs: number | null;
  ending: Ending;
  endedAtMs: number | null;
  /** Bytes of the answer's body handed to the socket. */
  sentBytes: number;
}

export interface Receiver {
  readonly port: number;
  readonly requests: readonly RequestRecord[];
  /** Milliseconds since the faults were armed. */
  now(): number;
  /** From now on the script decides; what is sent later is part of the account. */
  arm(script: Script): void;
  /** From now on every request is accepted. */
  heal(): void;
  /** Opens a round: exports that first arrive from now on belong to it. */
  beginRound(): number;
  refuse(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Rounds are export numbers when nothing drives the process. */
export interface ReceiverOptions {
  readonly roundsAre: "drives" | "exports";
}

const HOST = "127.0.0.1";

export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const requests: RequestRecord[] = [];
  const connections = new Map<Socket, number>();
  let connectionCount = 0;
  let epoch = performance.now();
  let script: Script | null = null;
  let round = -1;
  let exports = 0;

  const now = () => performance.now() - epoch;

  const server: Server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 60_000; // a server that drops idle connections is a fault of its own
  server.on("connection", (socket) => {
    connections.set(socket, ++connectionCount);
    socket.on("error", () => {}); // a client that resets is data, not an error of ours
    socket.on("close", () => connections.delete(socket));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record: RequestRecord = {
      n: requests.length + 1,
      connection: connections.get(request.socket) ?? 0,
      atMs: now(),
      method: request.method ?? "",
      path: (request.url ?? "").split("?", 1)[0]!,
      headerNames: Object.keys(request.headers).sort(),
      headers: keptHeaders(request),
      armed: script !== null,
      round: -1,
      exportNumber: 0,
      attempt: 0,
      bytes: 0,
      spans: [],
      encoding: null,
      problem: null,
      answer: null,
      answered: "",
      status: null,
      answeredAtMs: null,
      notBeforeMs: null,
      ending: "open",
      endedAtMs: null,
      sentBytes: 0,
    };
    requests.push(record);
    response.on("error", () => {});
    response.on("close", () => {
      if (record.ending === "open") {
        record.ending = response.writableFinished ? "answered" : "client-gave-up";
      }
      record.endedAtMs = now();
    });
    let answer = await accept(record, request);
    if (answer === null) return;
    if (record.problem !== null && answer === SUCCESS) answer = { kind: "status", status: 400 };
    record.answer = answer;
    record.answered = describeAnswer(answer);
    await play(record, answer, request, response);
  }

  /** Reads and decodes the body, finds the export it belongs to and the answer it gets. */
  async function accept(record: RequestRecord, request: IncomingMessage): Promise<Answer | null> {
    const body = await readBody(request);
    if (body === null) return null; // the client went away while sending
    record.bytes = body.length;
    record.encoding = encodingOf(record.headers["content-type"]);
    if (body.length > MAX_REQUEST_BYTES) {
      record.problem = "the body is larger than 64 MiB";
      return { kind: "status", status: 413 };
    }
    if (record.method !== "POST") return { kind: "status", status: 405 };
    if (/\/v1\/(metrics|logs)$/.test(record.path)) return SUCCESS; // other signals are let through
    try {
      const decoded = await decodeBody(
        body,
        record.headers["content-type"],
        record.headers["content-encoding"],
      );
      record.spans = [...new Set(decoded.spans.map((span) => `${span.traceId}:${span.spanId}`))];
    } catch (error) {
      record.problem = error instanceof Error ? error.message : "the body cannot be decoded";
    }
    if (!record.path.endsWith("/v1/traces")) return { kind: "status", status: 404 };
    if (!record.armed || script === null) return SUCCESS;
    if (record.problem === null && record.spans.length > 0) assignExport(record);
    return scripted(script, record.round, record.attempt);
  }

  function assignExport(record: RequestRecord): void {
    const known = new Set(record.spans);
    const earlier = requests.filter(
      (other) => other !== record && other.attempt > 0 && other.spans.some((id) => known.has(id)),
    );
    const first = earlier[0];
    if (first === undefined) {
      exports++;
      record.exportNumber = exports;
      record.round = options.roundsAre === "drives" ? round : exports - 1;
      record.attempt = 1;
      return;
    }
    record.exportNumber = first.exportNumber;
    record.round = first.round;
    record.attempt = Math.max(...earlier.map((other) => other.attempt)) + 1;
  }

  async function play(
    record: RequestRecord,
    answer: Answer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const encoding = record.encoding ?? "protobuf";
    response.setHeader("Content-Type", contentTypeOf(encoding));
    switch (answer.kind) {
      case "success":
        if (answer.delayMs !== undefined) await pause(answer.delayMs);
        send(200, [
          encodeTraceResponse(
            {
              ...(answer.partial === undefined ? {} : { partialSuccess: answer.partial }),
              ...(answer.unknownField === undefined ? {} : { unknownField: answer.unknownField }),
            },
            encoding,
          ),
        ]);
        return;
      case "status": {
        if (answer.retryAfterS !== undefined) {
          response.setHeader("Retry-After", String(answer.retryAfterS));
          record.notBeforeMs = now() + answer.retryAfterS * 1000;
        } else if (answer.retryAtMs !== undefined) {
          const seconds = Math.ceil((Date.now() + answer.retryAtMs) / 1000);
          response.setHeader("Retry-After", new Date(seconds * 1000).toUTCString());
          record.notBeforeMs = now() + seconds * 1000 - Date.now();
        }
        const said = record.problem ?? `status ${answer.status}, as scripted`;
        send(answer.status, [encodeStatus(said, encoding)]);
        return;
      }
      case "hang":
        record.answeredAtMs = now();
        if (answer.when === "after-headers") {
          response.writeHead(200, { "Content-Length": 2 });
          response.flushHeaders();
          record.status = 200;
        }
        return;
      case "drip": {
        const [head] = largeResponseHead(answer.count, encoding);
        const body = encoding === "json" ? jsonOfLength(answer.count) : fill(head, answer.count);
        begin(200, body.length);
        for (const [index, byte] of body.entries()) {
          if (index > 0) await pause(answer.everyMs);
          if (!write(Uint8Array.of(byte))) return;
        }
        response.end();
        return;
      }
      case "flood": {
        const [head, tail] = largeResponseHead(answer.bytes, encoding);
        begin(200, head.length + answer.bytes + tail.length);
        write(head);
        const chunk = Buffer.alloc(65_536, encoding === "json" ? " " : 0);
        for (let left = answer.bytes; left > 0; left -= chunk.length) {
          const more = response.write(chunk.subarray(0, Math.min(chunk.length, left)));
          record.sentBytes += Math.min(chunk.length, left);
          if (!more && !(await drained(response))) return;
          if (response.destroyed) return;
        }
        response.end(tail);
        return;
      }
      case "close":
      case "reset":
        record.answeredAtMs = now();
        record.ending = "cut";
        if (answer.kind === "reset") request.socket.resetAndDestroy();
        else request.socket.destroy();
    }

    function begin(status: number, length: number): void {
      record.status = status;
      record.answeredAtMs = now();
      response.writeHead(status, { "Content-Length": length });
    }
    function write(bytes: Uint8Array): boolean {
      if (response.destroyed) return false;
      record.sentBytes += bytes.length;
      response.write(bytes);
      return true;
    }
    function send(status: number, [body]: [Uint8Array]): void {
      begin(status, body.length);
      record.sentBytes = body.length;
      response.end(body);
    }
  }

  const open = async (port: number) => {
    server.listen(port, HOST);
    await once(server, "listening");
  };
  await open(0);
  const { port } = server.address() as AddressInfo;

  const cutAll = () => {
    for (const record of requests) if (record.ending === "open") record.ending = "cut";
    server.closeAllConnections();
  };
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    cutAll();
    await closed;
  };

  return {
    port,
    requests,
    now,
    arm(newScript) {
      script = newScript;
      epoch = performance.now();
    },
    heal() {
      script = { rounds: [] };
    },
    beginRound: () => ++round,
    refuse: stop,
    async listen() {
      if (!server.listening) await open(port);
    },
    async close() {
      await stop();
    },
  };
}

function keptHeaders(request: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_VALUES) {
    const value = request.headers[name];
    if (typeof value === "string") kept[name] = value;
  }
  return kept;
}

/** The whole body, cut off above the limit; null when the client goes away first. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MAX_REQUEST_BYTES + 1) chunks.push(chunk);
      else chunks.splice(1); // keep reading, so that the client gets its 413
    }
  } catch {
    return null;
  }
  return size > MAX_REQUEST_BYTES ? new Uint8Array(MAX_REQUEST_BYTES + 1) : Buffer.concat(chunks);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function drained(response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const onDrain = () => finish(true);
    const onClose = () => finish(false);
    const finish = (value: boolean) => {
      response.off("drain", onDrain);
      response.off("close", onClose);
      resolve(value);
    };
    response.on("drain", onDrain);
    response.on("close", onClose);
    if (response.destroyed) finish(false);
  });
}

/** Valid JSON of a given length: an empty object padded with spaces. */
const jsonOfLength = (length: number): Uint8Array => Buffer.from(`{${" ".repeat(length - 2)}}`);

const fill = (head: Uint8Array, size: number): Uint8Array =>
  Buffer.concat([head, new Uint8Array(size)]);
