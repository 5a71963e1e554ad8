/**
 * The OTLP messages that the receiver reads and writes, in both encodings. Of a request only the
 * identity of its spans is taken: attribute values are never decoded, so they cannot leak.
 * Source: opentelemetry-proto, collector/trace/v1/trace_service.proto and docs/specification.md.
 */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { type Field, ProtobufReader, ProtobufWriter, WireType } from "./protobuf.ts";

/** The identity of one span. Hex in lower case, whatever the sender used. */
export interface SpanIdentity {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
}

export type Encoding = "protobuf" | "json";

/** The body is not what its headers and the protocol promise. */
export class OtlpDecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OtlpDecodeError";
  }
}

// --- requests ---------------------------------------------------------------------------------

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Calls `visit` for each length-delimited field with this number and skips all others. */
function eachMessage(bytes: Uint8Array, number: number, visit: (value: Uint8Array) => void): void {
  const reader = new ProtobufReader(bytes);
  for (let field = reader.next(); field !== null; field = reader.next()) {
    if (field.number === number) visit(delimited(reader, field));
    else reader.skip(field);
  }
}

function delimited(reader: ProtobufReader, field: Field): Uint8Array {
  if (field.wireType !== WireType.bytes) {
    throw new OtlpDecodeError(`field ${field.number} has wire type ${field.wireType}, not bytes`);
  }
  return reader.bytes();
}

/**
 * The spans of an `ExportTraceServiceRequest`.
 * @throws {OtlpDecodeError | ProtobufError} when the bytes are not such a message.
 */
export function decodeTraceRequest(bytes: Uint8Array): SpanIdentity[] {
  const spans: SpanIdentity[] = [];
  eachMessage(bytes, 1, (resourceSpans) => {
    eachMessage(resourceSpans, 2, (scopeSpans) => {
      eachMessage(scopeSpans, 2, (span) => spans.push(decodeSpan(span)));
    });
  });
  return spans;
}

function decodeSpan(bytes: Uint8Array): SpanIdentity {
  let traceId: Uint8Array = new Uint8Array();
  let spanId: Uint8Array = new Uint8Array();
  let name: Uint8Array = new Uint8Array();
  const reader = new ProtobufReader(bytes);
  for (let field = reader.next(); field !== null; field = reader.next()) {
    if (field.number === 1) traceId = delimited(reader, field);
    else if (field.number === 2) spanId = delimited(reader, field);
    else if (field.number === 5) name = delimited(reader, field);
    else reader.skip(field);
  }
  const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");
  let text: string;
  try {
    text = utf8.decode(name);
  } catch {
    throw new OtlpDecodeError("a span name is not valid UTF-8");
  }
  return identity(hex(traceId), hex(spanId), text);
}

function identity(traceId: string, spanId: string, name: string): SpanIdentity {
  for (const [what, id, digits] of [
    ["trace id", traceId, 32],
    ["span id", spanId, 16],
  ] as const) {
    if (!/^[0-9a-f]*$/.test(id) || id.length !== digits || /^0*$/.test(id)) {
      throw new OtlpDecodeError(
        `a ${what} is not ${digits} hexadecimal digits, at least one not zero (${id.length} given)`,
      );
    }
  }
  return { traceId, spanId, name };
}

/**
 * The same from OTLP/JSON: lowerCamelCase keys, hexadecimal ids, unknown keys ignored.
 * @throws {OtlpDecodeError} when the text is not such a message.
 */
export function decodeTraceRequestJson(text: string): SpanIdentity[] {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw new OtlpDecodeError("the body is not JSON"); // the parser's message quotes the body
  }
  const spans: SpanIdentity[] = [];
  for (const resourceSpans of list(request, "resourceSpans")) {
    for (const scopeSpans of list(resourceSpans, "scopeSpans")) {
      for (const span of list(scopeSpans, "spans")) {
        const string = (key: string) => {
          const value = member(span, key) ?? "";
          if (typeof value !== "string") throw new OtlpDecodeError(`${key} is not a string`);
          return value;
        };
        const [traceId, spanId] = [string("traceId").toLowerCase(), string("spanId").toLowerCase()];
        spans.push(identity(traceId, spanId, string("name")));
      }
    }
  }
  return spans;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OtlpDecodeError(`expected an object with "${key}"`);
  }
  return (value as Record<string, unknown>)[key];
}

function list(value: unknown, key: string): readonly unknown[] {
  const items = member(value, key) ?? [];
  if (!Array.isArray(items)) throw new OtlpDecodeError(`"${key}" is not a list`);
  return items;
}

const gunzipAsync = promisify(gunzip);

/** Default limit of the decoded body; the specification recommends 64 MiB to receivers. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** What a body was found to be. */
export interface DecodedBody {
  readonly encoding: Encoding;
  readonly spans: readonly SpanIdentity[];
  readonly decodedBytes: number;
}

/**
 * Decodes a body according to its headers.
 * @throws {OtlpDecodeError | ProtobufError} with a message that never quotes the body.
 */
export async function decodeBody(
  body: Uint8Array,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): Promise<DecodedBody> {
  const plain = await decompress(body, contentEncoding);
  const encoding = encodingOf(contentType);
  if (encoding === null) {
    throw new OtlpDecodeError(
      "Content-Type is neither application/x-protobuf nor application/json",
    );
  }
  const spans =
    encoding === "protobuf"
      ? decodeTraceRequest(plain)
      : decodeTraceRequestJson(Buffer.from(plain).toString("utf8"));
  return { encoding, spans, decodedBytes: plain.length };
}

/** The encoding that a Content-Type announces, or null. */
export function encodingOf(contentType: string | undefined): Encoding | null {
  const media = (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (media === "application/x-protobuf") return "protobuf";
  return media === "application/json" ? "json" : null;
}

async function decompress(
  body: Uint8Array,
  contentEncoding: string | undefined,
): Promise<Uint8Array> {
  const coding = (contentEncoding ?? "identity").trim().toLowerCase();
  if (coding === "identity" || coding === "") return body;
  if (coding !== "gzip") throw new OtlpDecodeError("Content-Encoding is not gzip");
  try {
    return await gunzipAsync(body, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch {
    throw new OtlpDecodeError("the body does not gunzip, or is too large once it has been");
  }
}

// --- responses --------------------------------------------------------------------------------

export interface TraceResponse {
  readonly partialSuccess?: { readonly rejectedSpans: number; readonly errorMessage: string };
  /** Adds a field that no version of the protocol knows. */
  readonly unknownField?: boolean;
}

/** A field number that trace_service.proto does not use. */
const UNKNOWN_FIELD = 1999;

/** An `ExportTraceServiceResponse`; `partial_success` stays unset on full success. */
export function encodeTraceResponse(response: TraceResponse, encoding: Encoding): Uint8Array {
  const { partialSuccess, unknownField = false } = response;
  if (encoding === "json") {
    return json({
      ...(partialSuccess === undefined
        ? {}
        : {
            partialSuccess: {
              rejectedSpans: String(partialSuccess.rejectedSpans), // int64 is a string in JSON
              errorMessage: partialSuccess.errorMessage,
            },
          }),
      ...(unknownField ? { fieldFromTheFuture: { since: 2 } } : {}),
    });
  }
  const writer = new ProtobufWriter();
  if (partialSuccess !== undefined) {
    const partial = new ProtobufWriter();
    if (partialSuccess.rejectedSpans !== 0) partial.varint(1, partialSuccess.rejectedSpans);
    if (partialSuccess.errorMessage !== "") partial.string(2, partialSuccess.errorMessage);
    writer.bytes(1, partial.finish());
  }
  if (unknownField) writer.string(UNKNOWN_FIELD, "from the future");
  return writer.finish();
}

/** A response with one unknown field of `size` bytes: valid, and larger than anyone needs. */
export function largeResponseHead(size: number, encoding: Encoding): [Uint8Array, Uint8Array] {
  if (encoding === "json") return [Buffer.from('{"filler":"'), Buffer.from('"}')];
  const whole = new ProtobufWriter().bytes(UNKNOWN_FIELD, new Uint8Array(size)).finish();
  return [whole.subarray(0, whole.length - size), new Uint8Array()];
}

/** A `google.rpc.Status`; `code` may be left out (OTLP does not use it). */
export function encodeStatus(message: string, encoding: Encoding): Uint8Array {
  return encoding === "json" ? json({ message }) : new ProtobufWriter().string(2, message).finish();
}

export const contentTypeOf = (encoding: Encoding): string =>
  encoding === "json" ? "application/json" : "application/x-protobuf";

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
