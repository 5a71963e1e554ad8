/** One probe per requirement on a receiver: requests, and what their replies say. */

import type { OtlpProtocol, OtlpSignal } from "../../../core/subject.ts";
import { decodeJson, decodeProtobuf, type Plain } from "./decode.ts";
import { unframe } from "./grpc.ts";
import { deviates, holds, type Judgement, unknown } from "./judgement.ts";
import { contentTypeOf, type Encoding, encodingOf } from "./otlp.ts";
import { payload, type Variation } from "./payload.ts";
import { ProtobufWriter } from "./protobuf.ts";
import { grpcCodeName } from "./scenario.ts";
import { permanentCodes } from "./scenarios.ts";
import {
  NO_ANSWER,
  type Reply,
  type Sent,
  sendGrpc,
  sendHttp,
  sendRaw,
  type Target,
} from "./send.ts";
import { signals } from "./signals.ts";

/** One request and its reply, as it goes into a counterexample. */
export interface Exchange {
  readonly atMs: number;
  readonly what: string;
  readonly reply: string;
  readonly ms: number;
}

export type Probe = (session: Session) => Promise<Judgement>;

/** The receiver under test, and a record of what was said. */
export class Session {
  readonly exchanges: Exchange[] = [];
  readonly target: Target;
  readonly signal: OtlpSignal;
  readonly protocol: OtlpProtocol;
  readonly #started = performance.now();

  constructor(target: Target, signal: OtlpSignal, protocol: OtlpProtocol) {
    this.target = target;
    this.signal = signal;
    this.protocol = protocol;
  }

  get encoding(): Encoding {
    return this.protocol === "http/json" ? "json" : "protobuf";
  }

  get overGrpc(): boolean {
    return this.protocol === "grpc";
  }

  /** A well-formed request, varied. */
  request(what: string, variation: Variation, more: Partial<Sent> = {}): Promise<Reply> {
    const encoding = encodingOf(more.contentType ?? contentTypeOf(this.encoding)) ?? this.encoding;
    return this.send(what, { body: payload(this.signal, encoding, variation), ...more });
  }

  async send(what: string, sent: Partial<Sent> & { readonly body: Uint8Array }): Promise<Reply> {
    const { httpPath, grpcPath } = signals[this.signal];
    const atMs = performance.now() - this.#started;
    const reply = this.overGrpc
      ? await sendGrpc(this.target, { path: grpcPath, contentType: "application/grpc", ...sent })
      : await sendHttp(this.target, {
          path: httpPath,
          contentType: contentTypeOf(this.encoding),
          ...sent,
        });
    this.exchanges.push({ atMs, what, reply: sayReply(reply), ms: reply.ms });
    return reply;
  }
}

const sayReply = ({ status, grpcStatus, failure }: Reply): string =>
  failure ?? (grpcStatus === null ? String(status) : grpcCodeName(grpcStatus));

const succeeded = (session: Session, reply: Reply): boolean =>
  session.overGrpc ? reply.grpcStatus === 0 : reply.status === 200;

function expectSuccess(session: Session, what: string, reply: Reply): Judgement {
  return succeeded(session, reply)
    ? holds(`${what}: ${sayReply(reply)}`)
    : deviates(`${what} was answered ${sayReply(reply)}`, { accepted: false });
}

export const acceptsPlain: Probe = async (session) =>
  expectSuccess(session, "a plain request", await session.request("plain", {}));

export const acceptsGzip: Probe = async (session) =>
  expectSuccess(
    session,
    "a gzipped request",
    await session.request("gzip", {}, { coding: "gzip" }),
  );

const TOO_LARGE = 100 * 1024 * 1024;

const capsWith =
  (coding: "gzip" | undefined): Probe =>
  async (session) => {
    const before = await session.request("plain", {});
    if (!succeeded(session, before)) return unknown("not even a small request is accepted");
    const reply = await session.request(
      `100 MiB${coding === undefined ? "" : ", gzipped"}`,
      { fillerBytes: TOO_LARGE },
      coding === undefined ? {} : { coding },
    );
    if (succeeded(session, reply)) {
      return deviates("a request of 100 MiB was accepted (default limit 64 MiB)", {
        answer: "success",
      });
    }
    // neither refused nor read: a busy machine may need longer for so much
    if (reply.failure?.startsWith(NO_ANSWER) === true) return unknown(reply.failure);
    const after = await session.request("plain again", {});
    if (!succeeded(session, after)) {
      return deviates(`after it a small request is answered ${sayReply(after)}`, {
        answer: "stopped",
      });
    }
    if (session.overGrpc) {
      return reply.grpcStatus === 8 || reply.grpcStatus === null
        ? holds(`refused with ${sayReply(reply)}`)
        : deviates(`refused with ${sayReply(reply)}, not RESOURCE_EXHAUSTED`, {
            answer: sayReply(reply),
          });
    }
    return reply.status === 413 || reply.status === 0
      ? holds(
          reply.status === 413
            ? "refused with 413"
            : `the connection was closed (${reply.failure}) before an answer could be read`,
        )
      : deviates(`refused with ${reply.status}, not 413`, { answer: reply.status });
  };

export const capsLarge: Probe = capsWith(undefined);
export const capsBomb: Probe = capsWith("gzip");

/** The response message; a text says why there is none. */
function responseOf(session: Session, reply: Reply, message: string): Plain | string {
  try {
    if (session.overGrpc) return decodeProtobuf(message, unframe(reply.body).bytes);
    const encoding = encodingOf(String(reply.headers["content-type"] ?? ""));
    if (encoding === null) return `Content-Type ${String(reply.headers["content-type"])}`;
    return encoding === "json"
      ? decodeJson(message, Buffer.from(reply.body).toString()).value
      : decodeProtobuf(message, reply.body);
  } catch (error) {
    return error instanceof Error ? error.message : "it cannot be decoded";
  }
}

export const fullSuccess: Probe = async (session) => {
  const reply = await session.request("plain", {});
  if (!succeeded(session, reply)) return unknown(`a plain request was answered ${sayReply(reply)}`);
  const response = responseOf(session, reply, signals[session.signal].response);
  if (typeof response === "string") {
    return deviates(`the answer is no ${signals[session.signal].response}: ${response}`, {
      decodes: false,
    });
  }
  const partial = (response as { partialSuccess?: Plain }).partialSuccess;
  return partial === undefined
    ? holds("partial_success is not set")
    : deviates("partial_success is set, though everything was accepted", { partialSuccess: true });
};

export const acceptsEmpty: Probe = async (session) =>
  expectSuccess(session, "an empty request", await session.request("empty", { empty: true }));

/** A message whose first field promises more than there is; JSON that ends too early. */
const undecodable = (session: Session): Uint8Array =>
  session.encoding === "json"
    ? Buffer.from('{"resourceSpans":[{"scopeSpans":')
    : Uint8Array.of(0x0a, 0x7f, 0x01);

export const answersInKind: Probe = async (session) => {
  const wanted = contentTypeOf(session.encoding);
  const replies = [
    await session.request("plain", {}),
    await session.send("undecodable", { body: undecodable(session) }),
  ];
  for (const reply of replies) {
    const type = String(reply.headers["content-type"] ?? "none").split(";", 1)[0]!;
    if (type !== wanted) {
      return deviates(`${reply.status} came as ${type}, the request was ${wanted}`, {
        status: reply.status,
        contentType: type,
      });
    }
  }
  return holds(`${replies.map(({ status }) => status).join(" and ")} came as ${wanted}`);
};

export const errorsAreStatus: Probe = async (session) => {
  const reply = await session.send("undecodable", { body: undecodable(session) });
  if (reply.status < 400) return unknown(`undecodable data was answered ${sayReply(reply)}`);
  const status = responseOf(session, reply, "RpcStatus");
  if (typeof status === "string") {
    return deviates(`the body of ${reply.status} is no google.rpc.Status: ${status}`, {
      decodes: false,
    });
  }
  const message = (status as { message?: string }).message ?? "";
  return message === ""
    ? deviates(`the Status of ${reply.status} has no message`, { message: false })
    : holds(`${reply.status} with a Status`);
};

export const refusesBadData: Probe = async (session) => {
  const reply = await session.send("undecodable", { body: undecodable(session) });
  if (session.overGrpc) {
    return permanentCodes.some((code) => code === reply.grpcStatus)
      ? holds(`answered ${sayReply(reply)}`)
      : deviates(`undecodable data was answered ${sayReply(reply)}, which clients retry`, {
          answer: sayReply(reply),
        });
  }
  return reply.status === 400
    ? holds("answered 400")
    : deviates(`undecodable data was answered ${sayReply(reply)}`, { answer: reply.status });
};

export const describesBadData: Probe = async (session) => {
  const reply = await session.send("undecodable", { body: undecodable(session) });
  if (reply.status !== 400) return unknown(`undecodable data was answered ${sayReply(reply)}`);
  const status = responseOf(session, reply, "RpcStatus");
  if (typeof status === "string") return unknown(`its body is no Status: ${status}`);
  const { details = [] } = status as { details?: readonly { typeUrl?: string }[] };
  return details.some(({ typeUrl }) => typeUrl?.endsWith("google.rpc.BadRequest") === true)
    ? holds("with a BadRequest")
    : deviates("the Status of bad data has no BadRequest in its details", { details: false });
};

export const ignoresUnknown: Probe = async (session) =>
  expectSuccess(
    session,
    "a request with unknown fields",
    await session.request("unknown fields", { unknownFields: true }),
  );

export const acceptsBothIntegers: Probe = async (session) => {
  for (const [form, numbers] of [
    ["strings", false],
    ["numbers", true],
  ] as const) {
    const reply = await session.request(`int64 as ${form}`, { numbers });
    if (!succeeded(session, reply)) {
      return deviates(`64-bit integers as ${form}: ${sayReply(reply)}`, { form });
    }
  }
  return holds("both accepted");
};

export const acceptsUpperCase: Probe = async (session) =>
  expectSuccess(
    session,
    "a request with ids in upper case",
    await session.request("ids in upper case", { upperCase: true }),
  );

export const bothEncodings: Probe = async (session) => {
  for (const encoding of ["protobuf", "json"] as const) {
    const reply = await session.request(encoding, {}, { contentType: contentTypeOf(encoding) });
    if (!succeeded(session, reply)) {
      return deviates(`${encoding} on this port was answered ${sayReply(reply)}`, { encoding });
    }
  }
  return holds("both accepted");
};

export const noUninvitedGzip: Probe = async (session) => {
  const reply = await session.request("without Accept-Encoding", {});
  const coding = reply.headers["content-encoding"];
  return coding === undefined || coding === "identity"
    ? holds("the answer is plain")
    : deviates(`the answer is ${String(coding)}, though nobody asked`, { coding: String(coding) });
};

/** A span whose name is no UTF-8. */
function invalidUtf8(session: Session): Uint8Array {
  if (session.encoding === "json") return Buffer.from('{"resourceSpans":"\xff\xfe"}', "latin1");
  const item = new ProtobufWriter().bytes(5, Uint8Array.of(0xff, 0xfe)).finish();
  const scope = new ProtobufWriter().bytes(2, item).finish();
  return new ProtobufWriter().bytes(1, new ProtobufWriter().bytes(2, scope).finish()).finish();
}

export const survivesMalformed: Probe = async (session) => {
  const before = await session.request("plain", {});
  if (!succeeded(session, before)) return unknown("not even a well-formed request is accepted");
  const whole = payload(session.signal, session.encoding, {});
  const bodies: [string, Uint8Array, Partial<Sent>][] = [
    ["truncated", whole.subarray(0, whole.length - 3), {}],
    ["invalid UTF-8", invalidUtf8(session), {}],
    ["random bytes", Buffer.alloc(4096, 0xa7), {}],
    ["gzip that is none", whole, { coding: "false-gzip" }],
    ["nested too deep", nested(session), {}],
    ["unknown content type", whole, { contentType: "text/plain" }],
  ];
  for (const [what, body, more] of bodies) await session.send(what, { body, ...more });
  await sendRaw(session.target, Buffer.from("not HTTP at all\r\n\r\n"));
  await sendRaw(
    session.target,
    Buffer.from("POST /v1/traces HTTP/1.1\r\nContent-Length: 1000\r\n\r\nx"),
  );
  await sendRaw(
    session.target,
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\xff\xff", "latin1"),
  );
  const after = await session.request("plain again", {});
  return succeeded(session, after)
    ? holds(`still accepts after ${bodies.length + 3} kinds of malformed input`)
    : deviates(`after malformed input a plain request is answered ${sayReply(after)}`, {
        accepts: false,
      });
};

function nested(session: Session): Uint8Array {
  const depth = 5_000;
  if (session.encoding === "json") {
    return Buffer.from(`{"resourceSpans":${"[".repeat(depth)}${"]".repeat(depth)}}`);
  }
  let value: Uint8Array = new ProtobufWriter().string(1, "deep").finish();
  for (let level = 0; level < 500; level++) {
    const array = new ProtobufWriter().bytes(1, value).finish();
    value = new ProtobufWriter().bytes(5, array).finish();
  }
  const attribute = new ProtobufWriter().string(1, "k").bytes(2, value).finish();
  const resource = new ProtobufWriter().bytes(1, attribute).finish();
  return new ProtobufWriter().bytes(1, new ProtobufWriter().bytes(1, resource).finish()).finish();
}
