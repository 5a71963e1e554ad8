/** A client for receivers under test: one request, one reply, nothing hidden. HTTP and gRPC. */

import { connect as connectHttp2, constants, type IncomingHttpHeaders } from "node:http2";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";

import type { Certificates } from "./certificates.ts";
import { frame } from "./grpc.ts";

export interface Target {
  readonly url: URL;
  readonly certificates: Certificates | null;
}

export interface Sent {
  readonly path: string;
  readonly method?: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Compresses the body; `false-gzip` only says so. */
  readonly coding?: "gzip" | "false-gzip";
  readonly acceptGzip?: boolean;
}

export interface Reply {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly grpcStatus: number | null;
  /** Why there was no answer. */
  readonly failure: string | null;
  readonly ms: number;
}

const PATIENCE_MS = 20_000;
/** How a failure begins when the server just did not answer. */
export const NO_ANSWER = "no answer in";
const MAX_REPLY = 8 * 1024 * 1024;

const tlsOptions = ({ certificates }: Target) =>
  certificates === null
    ? { rejectUnauthorized: false } // a server on this machine that somebody else configured
    : {
        ca: certificates.ca,
        cert: certificates.client.cert,
        key: certificates.client.key,
      };

export function sendHttp(target: Target, sent: Sent): Promise<Reply> {
  const { url } = target;
  const started = performance.now();
  const make = url.protocol === "https:" ? httpsRequest : httpRequest;
  const body = sent.coding === "gzip" ? gzipSync(sent.body) : sent.body;
  return new Promise((resolve) => {
    let settled = false;
    const finish = (part: Partial<Reply>) => {
      if (settled) return;
      settled = true;
      resolve({
        status: 0,
        headers: {},
        body: new Uint8Array(),
        grpcStatus: null,
        failure: null,
        ms: performance.now() - started,
        ...part,
      });
    };
    const asked = make(
      {
        hostname: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port,
        path: `${url.pathname.replace(/\/$/, "")}${sent.path}`,
        method: sent.method ?? "POST",
        agent: false,
        ...tlsOptions(target),
        headers: {
          "Content-Type": sent.contentType,
          "Content-Length": body.length,
          ...(sent.coding === undefined ? {} : { "Content-Encoding": "gzip" }),
          ...(sent.acceptGzip === true ? { "Accept-Encoding": "gzip" } : {}),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const done = () =>
          finish({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          });
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_REPLY) chunks.push(chunk);
        });
        response.on("end", done);
        response.on("error", done);
      },
    );
    asked.setTimeout(PATIENCE_MS, () => {
      finish({ failure: `${NO_ANSWER} ${PATIENCE_MS / 1000} s` });
      asked.destroy();
    });
    asked.on("error", (error: NodeJS.ErrnoException) =>
      finish({ failure: error.code ?? "the connection failed" }),
    );
    asked.end(body);
  });
}

export function sendGrpc(target: Target, sent: Sent): Promise<Reply> {
  const { url } = target;
  const started = performance.now();
  return new Promise((resolve) => {
    let settled = false;
    const session = connectHttp2(url.origin, url.protocol === "https:" ? tlsOptions(target) : {});
    const chunks: Buffer[] = [];
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const finish = (failure: string | null) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      session.destroy();
      const code = trailers["grpc-status"] ?? headers["grpc-status"];
      resolve({
        status: Number(headers[":status"] ?? 0),
        headers: { ...headers, ...trailers },
        body: Buffer.concat(chunks),
        grpcStatus: code === undefined ? null : Number(code),
        failure,
        ms: performance.now() - started,
      });
    };
    const timer = setTimeout(finish, PATIENCE_MS, `${NO_ANSWER} ${PATIENCE_MS / 1000} s`);
    session.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? "session failed"));
    session.on("goaway", () => {});
    const stream = session.request({
      ":method": "POST",
      ":path": sent.path,
      "content-type": "application/grpc",
      te: "trailers",
      ...(sent.coding === undefined ? {} : { "grpc-encoding": "gzip" }),
    });
    stream.on("response", (received) => (headers = received));
    stream.on("trailers", (received) => (trailers = received));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => {});
    stream.on("end", () => finish(null));
    stream.on("close", () =>
      finish(stream.rstCode === constants.NGHTTP2_NO_ERROR ? null : `RST_STREAM ${stream.rstCode}`),
    );
    const message = sent.coding === "gzip" ? gzipSync(sent.body) : sent.body;
    stream.end(frame(message, 0, sent.coding !== undefined));
  });
}

/** Raw bytes, then nothing: what a broken client does. */
export function sendRaw({ url }: Target, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTcp(Number(url.port), url.hostname.replace(/^\[|\]$/g, ""), () =>
      socket.write(bytes, () => setTimeout(() => socket.destroy(), 100)),
    );
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}
