/**
 * The bodies that the receiver reads and the sender writes, by signal and encoding. Of a request
 * only identities and keyed digests are taken: values are decoded and dropped at once, so they
 * cannot leak. Source: opentelemetry-proto, the collector services, and docs/specification.md.
 */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import type { OtlpSignal } from "../../../core/subject.ts";
import {
  decodeJson,
  decodeProtobuf,
  type Item,
  itemsOf,
  type JsonReading,
  OtlpDecodeError,
} from "./decode.ts";
import { ProtobufWriter } from "./protobuf.ts";
import { signals } from "./signals.ts";

export { OtlpDecodeError } from "./decode.ts";

export type Encoding = "protobuf" | "json";

// --- requests ---------------------------------------------------------------------------------

const utf8 = new TextDecoder("utf-8", { fatal: true });

const gunzipAsync = promisify(gunzip);

/** Default limit of the decoded body; the specification recommends 64 MiB to receivers. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** What a body was found to be. */
export interface DecodedBody {
  readonly encoding: Encoding;
  readonly items: readonly Item[];
  readonly decodedBytes: number;
  /** For JSON: how the text was written. */
  readonly json: JsonReading | null;
  /** JSON that could be read but has no usable ids: why. */
  readonly problem?: string;
}

/**
 * Decodes a body according to its headers.
 * @throws {OtlpDecodeError | ProtobufError} with a message that never quotes the body.
 */
export async function decodeBody(
  body: Uint8Array,
  contentType: string | undefined,
  contentEncoding: string | undefined,
  signal: OtlpSignal = "traces",
  detail = false,
): Promise<DecodedBody> {
  const plain = await decompress(body, contentEncoding);
  const encoding = encodingOf(contentType);
  if (encoding === null) {
    throw new OtlpDecodeError(
      "Content-Type is neither application/x-protobuf nor application/json",
    );
  }
  return decodeRequest(signal, encoding, plain, detail);
}

/** The same for a body that is already plain. */
export function decodeRequest(
  signal: OtlpSignal,
  encoding: Encoding,
  plain: Uint8Array,
  detail = false,
): DecodedBody {
  const { request } = signals[signal];
  const common = { encoding, decodedBytes: plain.length };
  if (encoding === "protobuf") {
    return {
      ...common,
      items: itemsOf(signal, decodeProtobuf(request, plain), detail),
      json: null,
    };
  }
  let text: string;
  try {
    text = utf8.decode(plain);
  } catch {
    throw new OtlpDecodeError("the body is not valid UTF-8");
  }
  const { value, lints, used } = decodeJson(request, text);
  const reading = { lints, used };
  try {
    return { ...common, items: itemsOf(signal, value, detail), json: reading };
  } catch (error) {
    if (!(error instanceof OtlpDecodeError)) throw error;
    return { ...common, items: [], json: reading, problem: error.message };
  }
}

/** The encoding that a Content-Type announces, or null. */
export function encodingOf(contentType: string | undefined): Encoding | null {
  const media = (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (media === "application/x-protobuf") return "protobuf";
  return media === "application/json" ? "json" : null;
}

export async function decompress(
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

export interface ExportResponse {
  readonly partialSuccess?: { readonly rejected: number; readonly errorMessage: string };
  /** Adds a field that no version of the protocol knows. */
  readonly unknownField?: boolean;
}

/** A field number that no OTLP response uses. */
const UNKNOWN_FIELD = 1999;

/** An `Export<Signal>ServiceResponse`; `partial_success` stays unset on full success. */
export function encodeResponse(
  response: ExportResponse,
  encoding: Encoding,
  signal: OtlpSignal = "traces",
): Uint8Array {
  const { partialSuccess, unknownField = false } = response;
  if (encoding === "json") {
    return json({
      ...(partialSuccess === undefined
        ? {}
        : {
            partialSuccess: {
              [signals[signal].rejected]: String(partialSuccess.rejected), // int64 is a string in JSON
              errorMessage: partialSuccess.errorMessage,
            },
          }),
      ...(unknownField ? { fieldFromTheFuture: { since: 2 } } : {}),
    });
  }
  const writer = new ProtobufWriter();
  if (partialSuccess !== undefined) {
    const partial = new ProtobufWriter();
    if (partialSuccess.rejected !== 0) partial.varint(1, partialSuccess.rejected);
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

/** A `google.rpc.Status` with a `RetryInfo`, as gRPC carries it in `grpc-status-details-bin`. */
export function encodeStatusDetails(
  code: number,
  message: string,
  retryDelayMs: number,
): Uint8Array {
  const duration = new ProtobufWriter();
  const seconds = Math.floor(retryDelayMs / 1000);
  if (seconds > 0) duration.varint(1, seconds);
  if (retryDelayMs % 1000 > 0) duration.varint(2, (retryDelayMs % 1000) * 1_000_000);
  const retryInfo = new ProtobufWriter().bytes(1, duration.finish()).finish();
  const any = new ProtobufWriter()
    .string(1, "type.googleapis.com/google.rpc.RetryInfo")
    .bytes(2, retryInfo)
    .finish();
  return new ProtobufWriter().varint(1, code).string(2, message).bytes(3, any).finish();
}

export const contentTypeOf = (encoding: Encoding): string =>
  encoding === "json" ? "application/json" : "application/x-protobuf";

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
