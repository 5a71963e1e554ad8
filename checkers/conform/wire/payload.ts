/** Export requests as a correct client writes them, with one item each, and variations of them. */

import { randomBytes } from "node:crypto";

import type { OtlpSignal } from "../../../core/subject.ts";
import type { Encoding } from "./otlp.ts";
import { ProtobufWriter } from "./protobuf.ts";
import { signals } from "./signals.ts";

export interface Variation {
  /** Fields that no version of the protocol knows. */
  readonly unknownFields?: boolean;
  /** JSON: 64-bit integers as numbers instead of strings. */
  readonly numbers?: boolean;
  /** JSON: ids in upper case. */
  readonly upperCase?: boolean;
  /** An attribute value of this many bytes. */
  readonly fillerBytes?: number;
  /** No item at all. */
  readonly empty?: boolean;
}

const UNKNOWN = 1999;
const START = 1_700_000_000_000_000_000n;

export function payload(signal: OtlpSignal, encoding: Encoding, variation: Variation): Uint8Array {
  return encoding === "json"
    ? Buffer.from(JSON.stringify(jsonRequest(signal, variation)))
    : protobufRequest(signal, variation);
}

// --- protobuf ---------------------------------------------------------------------------------

function protobufRequest(signal: OtlpSignal, variation: Variation): Uint8Array {
  if (variation.empty === true) return new Uint8Array();
  const scope = new ProtobufWriter().bytes(2, protobufItem(signal, variation)).finish();
  const resource = new ProtobufWriter().bytes(2, scope);
  if (variation.unknownFields === true) resource.string(UNKNOWN, "from the future");
  const request = new ProtobufWriter().bytes(1, resource.finish());
  if (variation.unknownFields === true) request.varint(UNKNOWN, 7);
  return request.finish();
}

function attribute(key: string, fillerBytes: number): Uint8Array {
  const value = new ProtobufWriter().bytes(1, Buffer.alloc(fillerBytes, "x")).finish();
  return new ProtobufWriter().string(1, key).bytes(2, value).finish();
}

function protobufItem(signal: OtlpSignal, variation: Variation): Uint8Array {
  const { fillerBytes = 0 } = variation;
  const item = new ProtobufWriter();
  switch (signal) {
    case "traces":
      item.bytes(1, randomBytes(16)).bytes(2, randomBytes(8)).string(5, "verify").varint(6, 1);
      item.fixed64(7, START).fixed64(8, START + 1n);
      if (fillerBytes > 0) item.bytes(9, attribute("filler", fillerBytes));
      break;
    case "logs":
      item.fixed64(1, START).varint(2, 9);
      item.bytes(5, new ProtobufWriter().string(1, "verify").finish());
      if (fillerBytes > 0) item.bytes(6, attribute("filler", fillerBytes));
      break;
    case "metrics": {
      const point = new ProtobufWriter().fixed64(3, START).fixed64(6, 5n);
      if (fillerBytes > 0) point.bytes(7, attribute("filler", fillerBytes));
      item.string(1, "verify").bytes(5, new ProtobufWriter().bytes(1, point.finish()).finish());
    }
  }
  if (variation.unknownFields === true) item.string(UNKNOWN, "from the future");
  return item.finish();
}

// --- JSON -------------------------------------------------------------------------------------

function jsonRequest(signal: OtlpSignal, variation: Variation): object {
  if (variation.empty === true) return {};
  const [outer, middle, inner] = signals[signal].path;
  const future = variation.unknownFields === true ? { fieldFromTheFuture: { a: [1] } } : {};
  const item = { ...jsonItem(signal, variation), ...future };
  return {
    [outer]: [{ resource: {}, [middle]: [{ scope: {}, [inner]: [item] }], ...future }],
    ...future,
  };
}

function jsonItem(signal: OtlpSignal, { numbers, upperCase, fillerBytes = 0 }: Variation): object {
  // Beyond 2^53 a number would lose digits, so the number form uses one that does not.
  const time = numbers === true ? 1_000_000_000 : String(START);
  const hex = (length: number) => {
    const text = randomBytes(length).toString("hex");
    return upperCase === true ? text.toUpperCase() : text;
  };
  const int = { key: "count", value: { intValue: numbers === true ? 42 : "42" } };
  const filler = { key: "filler", value: { stringValue: "x".repeat(fillerBytes) } };
  const attributes = fillerBytes > 0 ? [int, filler] : [int];
  switch (signal) {
    case "traces":
      return {
        traceId: hex(16),
        spanId: hex(8),
        name: "verify",
        kind: 1,
        startTimeUnixNano: time,
        endTimeUnixNano: time,
        attributes,
      };
    case "logs":
      return {
        timeUnixNano: time,
        severityNumber: 9,
        body: { stringValue: "verify" },
        traceId: hex(16),
        spanId: hex(8),
        attributes,
      };
    case "metrics": {
      const asInt = numbers === true ? 5 : "5";
      return { name: "verify", gauge: { dataPoints: [{ timeUnixNano: time, asInt, attributes }] } };
    }
  }
}
