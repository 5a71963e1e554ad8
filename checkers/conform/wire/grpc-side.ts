/**
 * OTLP over gRPC, unary calls only, on node:http2: the judge shares no code with a gRPC library.
 * Source: gRPC over HTTP/2 (PROTOCOL-HTTP2.md), RFC 9113.
 */

import {
  constants,
  createSecureServer,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";

import { delayMs, drained, paddedResponse, pause, readBody } from "./answering.ts";
import { OtlpDecodeError } from "./decode.ts";
import { frame, unframe } from "./grpc.ts";
import {
  decodeRequest,
  type DecodedBody,
  decompress,
  encodeResponse,
  encodeStatusDetails,
  largeResponseHead,
  MAX_REQUEST_BYTES,
} from "./otlp.ts";
import type { Book, RequestRecord } from "./record.ts";
import { type Answer, describeAnswer, grpcCodeName, SUCCESS } from "./scenario.ts";
import type { Side, SideOptions } from "./side.ts";

const INVALID_ARGUMENT = 3;
const UNIMPLEMENTED = 12;

export function grpcSide(book: Book, options: SideOptions): Side {
  const sessions = new Map<Http2Session, { readonly number: number; streams: number }>();
  let sessionCount = 0;
  const { tls } = options;
  const server =
    tls === null
      ? createServer()
      : createSecureServer({
          cert: tls.certificates.server.cert,
          key: tls.certificates.server.key,
          ca: tls.certificates.ca,
          requestCert: tls.clientCertificate,
          rejectUnauthorized: tls.clientCertificate,
        });
  server.on("session", (session: ServerHttp2Session) => {
    sessions.set(session, { number: ++sessionCount, streams: 0 });
    session.on("error", () => {}); // a client that resets is data, not an error of ours
    session.on("close", () => sessions.delete(session));
  });
  server.on("sessionError", () => {});
  server.on("tlsClientError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const { session } = stream;
    const known = session === undefined ? undefined : sessions.get(session);
    if (known !== undefined) known.streams++;
    stream.on("error", () => {});
    stream.on("close", () => {
      if (known !== undefined) known.streams--;
    });
    handle(book, stream, headers, known?.number ?? 0).catch(() =>
      stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    );
  });
  return {
    server,
    cutAll() {
      for (const session of sessions.keys()) session.destroy();
    },
    closeIdle() {
      for (const [session, { streams }] of sessions) if (streams === 0) session.close();
    },
  };
}

async function handle(
  book: Book,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  connection: number,
): Promise<void> {
  const socket = stream.session?.socket as TLSSocket | undefined;
  const plain = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(":")),
  );
  const record = book.open({
    connection,
    method: headers[":method"] ?? "",
    path: headers[":path"] ?? "",
    headers: plain,
    secure: socket?.encrypted === true,
    clientCertificate: socket?.encrypted === true && socket.authorized,
  });
  const state = { done: false };
  stream.on("close", () => {
    const gaveUp = stream.rstCode === constants.NGHTTP2_CANCEL || stream.aborted || !state.done;
    book.end(record, gaveUp ? "client-gave-up" : "answered");
  });
  const body = await readBody(stream, MAX_REQUEST_BYTES + 5);
  if (body === null) return;
  let answer = await accept(book, record, body);
  if (record.problem !== null && answer === SUCCESS) {
    answer = { kind: "grpc", code: INVALID_ARGUMENT };
  }
  if (answer.kind === "status" && answer.status === 404) {
    answer = { kind: "grpc", code: UNIMPLEMENTED };
  }
  record.answer = answer;
  record.answered = describeAnswer(answer);
  if (stream.destroyed) return;
  await play(book, record, answer, stream, state);
}

async function accept(book: Book, record: RequestRecord, body: Uint8Array): Promise<Answer> {
  record.bytes = body.length;
  record.encoding = /^application\/grpc(\+proto)?(;|$)/.test(record.headers["content-type"] ?? "")
    ? "protobuf"
    : null;
  if (body.length > MAX_REQUEST_BYTES) {
    record.problem = "the message is larger than 64 MiB";
    return { kind: "grpc", code: 8 };
  }
  if (book.isForeign(record)) return SUCCESS;
  let decoded: DecodedBody | Error;
  try {
    const message = unframe(body);
    const coding = record.headers["grpc-encoding"];
    if (message.compressed && coding !== "gzip") {
      throw new OtlpDecodeError("a compressed message without grpc-encoding: gzip");
    }
    const bytes = message.compressed ? await decompress(message.bytes, coding) : message.bytes;
    decoded = decodeRequest(book.signal, "protobuf", bytes, book.detail);
    record.compressed = message.compressed;
  } catch (error) {
    decoded = error instanceof Error ? error : new Error("the message cannot be decoded");
  }
  return book.read(record, decoded);
}

async function play(
  book: Book,
  record: RequestRecord,
  answer: Answer,
  stream: ServerHttp2Stream,
  state: { done: boolean },
): Promise<void> {
  const { signal } = book;
  const session = stream.session;
  switch (answer.kind) {
    case "success": {
      const wait = delayMs(answer.delay, record.n);
      if (wait > 0) await pause(wait);
      const { partial, unknownField } = answer;
      succeed(
        frame(
          encodeResponse(
            {
              ...(partial === undefined ? {} : { partialSuccess: partial }),
              ...(unknownField === undefined ? {} : { unknownField }),
            },
            "protobuf",
            signal,
          ),
        ),
      );
      return;
    }
    case "grpc": {
      const message = record.problem ?? `${grpcCodeName(answer.code)}, as scripted`;
      record.grpcStatus = answer.code;
      record.status = 200;
      record.answeredAtMs = book.now();
      if (answer.retryInfoMs !== undefined) {
        record.notBeforeMs = record.answeredAtMs + answer.retryInfoMs;
      }
      state.done = true;
      if (stream.destroyed) return;
      stream.respond(
        {
          ":status": 200,
          "content-type": "application/grpc",
          "grpc-status": String(answer.code),
          "grpc-message": message.replaceAll(/[^ -$&-~]/g, " "),
          ...(answer.retryInfoMs === undefined
            ? {}
            : {
                "grpc-status-details-bin": Buffer.from(
                  encodeStatusDetails(answer.code, message, answer.retryInfoMs),
                )
                  .toString("base64")
                  .replace(/=+$/, ""),
              }),
        },
        { endStream: true },
      );
      return;
    }
    case "status": // an HTTP proxy answers in place of the server
      record.status = answer.status;
      record.answeredAtMs = book.now();
      state.done = true;
      stream.respond({ ":status": answer.status, "content-type": "text/plain" });
      stream.end("as scripted");
      return;
    case "hang":
      record.answeredAtMs = book.now();
      if (answer.when === "after-headers") {
        stream.respond({ ":status": 200, "content-type": "application/grpc" });
        record.status = 200;
      }
      return;
    case "drip": {
      const body = frame(paddedResponse(answer.count, "protobuf"));
      begin();
      for (const [index, byte] of body.entries()) {
        if (index > 0) await pause(answer.everyMs);
        if (stream.destroyed) return;
        record.sentBytes++;
        stream.write(Uint8Array.of(byte));
      }
      state.done = true;
      stream.end();
      return;
    }
    case "flood": {
      const [head] = largeResponseHead(answer.bytes, "protobuf");
      begin();
      stream.write(frame(head, answer.bytes));
      const chunk = Buffer.alloc(65_536);
      for (let left = answer.bytes; left > 0; left -= chunk.length) {
        if (stream.destroyed) return;
        const more = stream.write(chunk.subarray(0, Math.min(chunk.length, left)));
        record.sentBytes += Math.min(chunk.length, left);
        if (!more && !(await drained(stream))) return;
      }
      if (stream.destroyed) return;
      state.done = true;
      stream.end();
      return;
    }
    case "malformed":
      malformed(answer.what);
      return;
    case "close":
    case "cut-request": // HTTP only
      cut();
      session?.destroy();
      return;
    case "reset":
      cut();
      if (answer.afterBytes !== undefined) {
        stream.respond({ ":status": 200, "content-type": "application/grpc" });
        stream.write(Buffer.alloc(answer.afterBytes));
        await pause(20); // so that the bytes leave before the reset
      }
      // The socket behind an HTTP/2 session cannot be reset from outside: this ends it at once.
      session?.destroy();
      return;
    case "goaway":
      cut();
      session?.goaway(constants.NGHTTP2_NO_ERROR, Math.max(0, (stream.id ?? 1) - 2));
      setTimeout(() => session?.destroy(), 20);
      return;
    case "rst-stream":
      cut();
      stream.close(answer.code);
  }

  function malformed(what: Extract<Answer, { kind: "malformed" }>["what"]): void {
    record.answeredAtMs = book.now();
    switch (what) {
      case "body":
        succeed(frame(Buffer.from([0x0a, 0xff, 0xff, 0xff])));
        return;
      case "html":
        state.done = true;
        record.status = 200;
        stream.respond({ ":status": 200, "content-type": "text/html" });
        stream.end("<html><body>Please log in.</body></html>");
        return;
      case "truncated":
      case "no-protocol":
        succeed(frame(Buffer.from([0]), 1000));
        return;
      case "no-status":
        state.done = true;
        record.status = 200;
        stream.respond({ ":status": 200, "content-type": "application/grpc" });
        stream.end(frame(new Uint8Array()));
    }
  }
  function cut(): void {
    record.answeredAtMs = book.now();
    record.ending = "cut";
  }
  function begin(): void {
    record.status = 200;
    record.answeredAtMs = book.now();
    if (stream.destroyed) return;
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => {
      record.grpcStatus = 0;
      stream.sendTrailers({ "grpc-status": "0" });
    });
  }
  function succeed(body: Uint8Array): void {
    if (stream.destroyed) return;
    begin();
    record.grpcStatus = 0;
    record.sentBytes = body.length;
    state.done = true;
    stream.end(body);
  }
}
