/** What the answer to an accepted batch says about the part that was refused. */

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

/** ExportXServiceResponse: field 1 is partial_success {1: rejected, 2: error_message} for every signal. */
function protobufPartialSuccess(body: Uint8Array): { rejected: number; message: string } | null {
  const partial = fields(body)?.find(({ number, bytes }) => number === 1 && bytes !== undefined);
  const inner = partial?.bytes === undefined ? undefined : fields(partial.bytes);
  if (inner === undefined || inner === null) return null;
  const rejected = Number(inner.find(({ number }) => number === 1)?.value ?? 0n);
  const text = inner.find(({ number }) => number === 2)?.bytes;
  const message = text === undefined ? "" : new TextDecoder().decode(text);
  return rejected === 0 && message === "" ? null : { rejected, message };
}

interface WireField {
  readonly number: number;
  readonly value?: bigint;
  readonly bytes?: Uint8Array;
}

/** The fields of a protobuf message; null when it is cut or malformed. */
function fields(bytes: Uint8Array): WireField[] | null {
  const found: WireField[] = [];
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (at < bytes.length) {
    const key = varint();
    if (key === null) return null;
    const number = Number(key >> 3n);
    switch (Number(key & 7n)) {
      case 0: {
        const value = varint();
        if (value === null) return null;
        found.push({ number, value });
        break;
      }
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (length === null || at + Number(length) > bytes.length) return null;
        found.push({ number, bytes: bytes.subarray(at, at + Number(length)) });
        at += Number(length);
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return null;
    }
  }
  return at === bytes.length ? found : null;
}
