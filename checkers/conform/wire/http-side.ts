/** OTLP over HTTP/1.1: carries out the answers of the book on real sockets. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { delayMs, drained, httpDate, paddedResponse, pause, readBody } from "./answering.ts";
import {
  contentTypeOf,
  decodeBody,
  type DecodedBody,
  encodeResponse,
  encodeStatus,
  encodingOf,
  largeResponseHead,
  MAX_REQUEST_BYTES,
} from "./otlp.ts";
import type { Book, RequestRecord } from "./record.ts";
import { type Answer, describeAnswer, SUCCESS } from "./scenario.ts";
import type { Side, SideOptions } from "./side.ts";

export function httpSide(book: Book, options: SideOptions): Side {
  const connections = new Map<Socket, number>();
  const busy = new Set<Socket>();
  let connectionCount = 0;

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    busy.add(socket);
    response.on("close", () => busy.delete(socket));
    handle(book, request, response, connections.get(socket) ?? 0).catch(() => socket.destroy());
  };
  const { tls } = options;
  const server: Server =
    tls === null
      ? createServer(onRequest)
      : createSecureServer(
          {
            cert: tls.certificates.server.cert,
            key: tls.certificates.server.key,
            ca: tls.certificates.ca,
            requestCert: tls.clientCertificate,
            rejectUnauthorized: tls.clientCertificate,
          },
          onRequest,
        );
  server.keepAliveTimeout = 60_000; // a server that drops idle connections is a fault of its own
  server.headersTimeout = 60_000;
  server.requestTimeout = 0;
  server.on("clientError", (_, socket) => socket.destroy()); // whatever is sent is no error of ours
  server.on("tlsClientError", () => {});
  server.on(tls === null ? "connection" : "secureConnection", (socket: Socket) => {
    connections.set(socket, ++connectionCount);
    socket.on("error", () => {}); // a client that resets is data, not an error of ours
    socket.on("close", () => connections.delete(socket));
  });
  return {
    server,
    cutAll: () => {
      server.closeAllConnections();
      for (const socket of connections.keys()) socket.destroy();
    },
    closeIdle() {
      for (const socket of connections.keys()) if (!busy.has(socket)) socket.end();
    },
  };
}

async function handle(
  book: Book,
  request: IncomingMessage,
  response: ServerResponse,
  connection: number,
): Promise<void> {
  const socket = request.socket as TLSSocket;
  const record = book.open({
    connection,
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    secure: socket.encrypted,
    clientCertificate: socket.encrypted && socket.authorized,
  });
  response.on("error", () => {});
  response.on("close", () =>
    book.end(record, response.writableFinished ? "answered" : "client-gave-up"),
  );
  let answer = await accept(book, record, request);
  if (answer === null) return;
  if (record.problem !== null && answer === SUCCESS) answer = { kind: "status", status: 400 };
  record.answer = answer;
  record.answered = describeAnswer(answer);
  await play(book, record, answer, request, response);
}

/** Reads and decodes the body; null when the client went away while sending. */
async function accept(
  book: Book,
  record: RequestRecord,
  request: IncomingMessage,
): Promise<Answer | null> {
  const cut = record.armed ? book.takeCut(record) : null;
  const body = await readBody(request, MAX_REQUEST_BYTES, (size) => {
    if (cut === null || size < cut || record.answer !== null) return;
    record.answer = { kind: "cut-request", afterBytes: cut };
    record.answered = describeAnswer(record.answer);
    record.answeredAtMs = book.now();
    record.ending = "cut";
    request.socket.resetAndDestroy();
  });
  if (body === null || record.answer !== null) return null;
  record.bytes = body.length;
  record.encoding = encodingOf(record.headers["content-type"]);
  if (body.length > MAX_REQUEST_BYTES) {
    record.problem = "the body is larger than 64 MiB";
    return { kind: "status", status: 413 };
  }
  if (record.method !== "POST") return { kind: "status", status: 405 };
  if (book.isForeign(record)) return SUCCESS;
  const coding = record.headers["content-encoding"];
  let decoded: DecodedBody | Error;
  try {
    decoded = await decodeBody(
      body,
      record.headers["content-type"],
      coding,
      book.signal,
      book.detail,
    );
    record.compressed = coding === "gzip";
  } catch (error) {
    decoded = error instanceof Error ? error : new Error("the body cannot be decoded");
  }
  return book.read(record, decoded);
}

async function play(
  book: Book,
  record: RequestRecord,
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const encoding = record.encoding ?? "protobuf";
  const { signal } = book;
  response.setHeader("Content-Type", contentTypeOf(encoding));
  switch (answer.kind) {
    case "success": {
      const wait = delayMs(answer.delay, record.n);
      if (wait > 0) await pause(wait);
      const { partial, unknownField } = answer;
      send(
        200,
        encodeResponse(
          {
            ...(partial === undefined ? {} : { partialSuccess: partial }),
            ...(unknownField === undefined ? {} : { unknownField }),
          },
          encoding,
          signal,
        ),
      );
      return;
    }
    case "status": {
      if (answer.location !== undefined) response.setHeader("Location", answer.location);
      if (answer.retryAfter !== undefined) response.setHeader("Retry-After", answer.retryAfter);
      if (answer.retryAfterS !== undefined) {
        response.setHeader("Retry-After", String(answer.retryAfterS));
        record.notBeforeMs = book.now() + answer.retryAfterS * 1000;
      } else if (answer.retryAtMs !== undefined) {
        const seconds = Math.ceil((Date.now() + answer.retryAtMs) / 1000);
        const date = new Date(seconds * 1000);
        response.setHeader("Retry-After", httpDate(date, answer.dateForm));
        record.notBeforeMs = book.now() + seconds * 1000 - Date.now();
      }
      const said = record.problem ?? `status ${answer.status}, as scripted`;
      send(answer.status, encodeStatus(said, encoding));
      return;
    }
    case "grpc": // a script for the other transport
      send(500, encodeStatus(`gRPC status ${answer.code}`, encoding));
      return;
    case "hang":
      record.answeredAtMs = book.now();
      if (answer.when === "after-headers") {
        response.writeHead(200, { "Content-Length": 2 });
        response.flushHeaders();
        record.status = 200;
      }
      return;
    case "drip": {
      const body = paddedResponse(answer.count, encoding);
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
    case "malformed":
      malformed(answer.what);
      return;
    case "close":
    case "cut-request": // carried out while the request arrived
    case "goaway":
    case "rst-stream":
      record.answeredAtMs = book.now();
      record.ending = "cut";
      request.socket.destroy();
      return;
    case "reset":
      record.answeredAtMs = book.now();
      record.ending = "cut";
      if (answer.afterBytes !== undefined) {
        response.writeHead(200, { "Content-Length": answer.afterBytes + 1 });
        record.status = 200;
        await new Promise<void>((resolve) =>
          response.write(Buffer.alloc(answer.afterBytes!), () => resolve()),
        );
      }
      request.socket.resetAndDestroy();
  }

  function malformed(what: Extract<Answer, { kind: "malformed" }>["what"]): void {
    record.answeredAtMs = book.now();
    switch (what) {
      case "body":
        send(200, Buffer.from(encoding === "json" ? '{"partialSuccess":' : "\x0a\xff\xff\xff"));
        return;
      case "html":
        response.setHeader("Content-Type", "text/html");
        send(200, Buffer.from("<html><body>Please log in.</body></html>"));
        return;
      case "truncated":
        record.status = 200;
        record.ending = "cut";
        response.writeHead(200, { "Content-Length": 1000 });
        response.write("x", () => request.socket.destroy());
        return;
      case "no-protocol":
      case "no-status":
        record.ending = "cut";
        request.socket.end("this is not HTTP\r\n\r\n");
    }
  }
  function begin(status: number, length: number): void {
    record.status = status;
    record.answeredAtMs = book.now();
    response.writeHead(status, { "Content-Length": length });
  }
  function write(bytes: Uint8Array): boolean {
    if (response.destroyed) return false;
    record.sentBytes += bytes.length;
    response.write(bytes);
    return true;
  }
  function send(status: number, body: Uint8Array): void {
    begin(status, body.length);
    record.sentBytes = body.length;
    response.end(body);
  }
}
