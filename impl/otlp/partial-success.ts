/** What the answer to an accepted batch says about the part that was refused. */

import { type Field, fields } from "../platform/wire-reader.ts";
import type { OtlpResponse } from "./transport.ts";

/**
 * What the receiver refused of an accepted batch; null when it took all of it. An answer that cannot
 * be read counts as a plain success: the status decides (OTLP specification, "Full Success").
 */
export function partialSuccess(
  { body, headers }: OtlpResponse,
  contentType: string,
): { readonly rejected: number; readonly message: string } | null {
  const type = headers["content-type"]?.split(";")[0]?.trim() ?? contentType;
  if (type !== "application/json") return protobufPartialSuccess(body);
  let partial: Record<string, unknown> | undefined;
  try {
    const message = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown> | null;
    partial = message?.["partialSuccess"] as Record<string, unknown> | undefined;
  } catch {
    return null;
  }
  if (typeof partial !== "object" || partial === null) return null;
  const rejected = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"]
    .map((name) => Number(partial[name] ?? 0))
    .find((count) => count > 0);
  const text = partial["errorMessage"];
  const message = typeof text === "string" ? text : "";
  return rejected === undefined && message === "" ? null : { rejected: rejected ?? 0, message };
}

/**
 * ExportXServiceResponse: field 1 is partial_success {1: rejected, 2: error_message} for every signal.
 * A message that comes several times is merged and of a scalar the last one counts (protobuf.dev,
 * encoding, "Last One Wins"): the occurrences one after the other are that merged message.
 */
function protobufPartialSuccess(body: Uint8Array): { rejected: number; message: string } | null {
  let inner: Field[];
  try {
    const occurrences = fields(body).filter(
      ({ number, wireType }) => number === 1 && wireType === LENGTH_DELIMITED,
    );
    inner = fields(Buffer.concat(occurrences.map(({ bytes }) => bytes)));
  } catch {
    return null;
  }
  const last = (wanted: number, type: number) =>
    inner.findLast(({ number, wireType }) => number === wanted && wireType === type);
  const rejected = Math.max(0, Number(BigInt.asIntN(64, last(1, VARINT)?.value ?? 0n)));
  const message = new TextDecoder().decode(last(2, LENGTH_DELIMITED)?.bytes);
  return rejected === 0 && message === "" ? null : { rejected, message };
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
