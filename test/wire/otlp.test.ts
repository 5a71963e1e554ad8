/** The hand-written decoder against protobufjs, an independent implementation of the format. */

import { gzipSync } from "node:zlib";

import * as fc from "fast-check";
import * as protobuf from "protobufjs";
import { describe, expect, it } from "vitest";

import {
  decodeBody,
  decodeRequest,
  encodeResponse,
  encodeStatus,
  largeResponseHead,
  OtlpDecodeError,
} from "../../checkers/conform/wire/otlp.ts";
import {
  ProtobufError,
  ProtobufReader,
  ProtobufWriter,
} from "../../checkers/conform/wire/protobuf.ts";

// Field numbers from opentelemetry-proto; messages reduced to what the tests need, and `Later`
// fields that no version has.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; string later = 900; }
  message Resource { repeated KeyValue attributes = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message Scope { string name = 1; string version = 2; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4;
    string name = 5; int32 kind = 6; fixed64 start = 7; fixed64 end = 8;
    repeated KeyValue attributes = 9; double later_double = 901; fixed32 later_fixed = 902;
    sint64 later_sint = 903;
  }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { string string_value = 1; int64 int_value = 3; double double_value = 4; }
  message Partial { int64 rejected_spans = 1; string error_message = 2; }
  message Response { Partial partial_success = 1; }
  message Status { int32 code = 1; string message = 2; }
`);
const Request = root.lookupType("Request");

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const notZero = (value: Uint8Array) => value.some((byte) => byte !== 0);
const span = fc.record({
  traceId: bytes(16).filter(notZero),
  spanId: bytes(8).filter(notZero),
  traceState: fc.string(),
  name: fc.string({ unit: "binary" }),
  kind: fc.integer({ min: 0, max: 5 }),
  start: fc.nat(),
  end: fc.nat(),
  laterDouble: fc.double(),
  laterFixed: fc.nat(),
  laterSint: fc.integer(),
  attributes: fc.array(
    fc.record({ key: fc.string(), value: fc.record({ stringValue: fc.string() }) }),
    { maxLength: 3 },
  ),
});
const requests = fc.record({
  later: fc.string(),
  resourceSpans: fc.array(
    fc.record({
      resource: fc.record({
        attributes: fc.array(
          fc.record({ key: fc.string(), value: fc.record({ intValue: fc.integer() }) }),
          { maxLength: 2 },
        ),
      }),
      schemaUrl: fc.string(),
      scopeSpans: fc.array(
        fc.record({
          scope: fc.record({ name: fc.string() }),
          spans: fc.array(span, { maxLength: 3 }),
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
});

type Spans = { traceId: Uint8Array; spanId: Uint8Array; name: string }[];
interface Decoded {
  resourceSpans?: { scopeSpans?: { spans?: Spans }[] }[];
}

const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");
const peer = (encoded: Uint8Array) =>
  ((Request.decode(encoded) as unknown as Decoded).resourceSpans ?? []).flatMap((resource) =>
    (resource.scopeSpans ?? []).flatMap((scope) =>
      (scope.spans ?? []).map(({ traceId, spanId, name }) => ({
        id: `${hex(traceId)}:${hex(spanId)}`,
        name,
      })),
    ),
  );
const idsOf = (encoded: Uint8Array) =>
  decodeRequest("traces", "protobuf", encoded).items.map(({ id }) => id);
const idsOfJson = (text: string) => {
  const { items, problem } = decodeRequest("traces", "json", Buffer.from(text));
  if (problem !== undefined) throw new OtlpDecodeError(problem);
  return items.map(({ id }) => id);
};
const encode = (message: object) => Request.encode(Request.fromObject(message)).finish();
const seed = { seed: 20_260_101, numRuns: 200 };

describe("decoding requests", () => {
  it("agrees with protobufjs on random messages, unknown fields included", () => {
    fc.assert(
      fc.property(requests, (message) => {
        const encoded = encode(message);
        expect(idsOf(encoded)).toEqual(peer(encoded).map(({ id }) => id));
      }),
      seed,
    );
  });

  it("refuses or agrees on every truncated message, and never does anything else", () => {
    fc.assert(
      fc.property(requests, fc.nat(), (message, at) => {
        const whole = encode(message);
        const part = whole.subarray(0, whole.length === 0 ? 0 : at % whole.length);
        let ours;
        try {
          ours = idsOf(part);
        } catch (error) {
          expect(error instanceof ProtobufError || error instanceof OtlpDecodeError).toBe(true);
          return;
        }
        expect(ours).toEqual(peer(part).map(({ id }) => id));
      }),
      seed,
    );
  });

  it("survives random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        try {
          idsOf(noise);
        } catch (error) {
          expect(error instanceof ProtobufError || error instanceof OtlpDecodeError).toBe(true);
        }
      }),
      seed,
    );
  });

  it("steps over groups, and refuses those that do not close", () => {
    const inGroup = Uint8Array.of(0x53, 0x08, 0x01, 0x54); // group 10 { 1: 1 }
    expect(idsOf(inGroup)).toEqual([]);
    expect(() => idsOf(inGroup.subarray(0, 3))).toThrow(ProtobufError);
    expect(() => idsOf(Uint8Array.of(0x54))).toThrow(ProtobufError);
    const bomb = new Uint8Array(100_000).fill(0x53);
    expect(() => idsOf(bomb)).toThrow(ProtobufError);
  });

  it.each([
    ["short trace id", { traceId: new Uint8Array(15).fill(1), spanId: new Uint8Array(8).fill(1) }],
    ["no span id", { traceId: new Uint8Array(16).fill(1) }],
    ["zero trace id", { traceId: new Uint8Array(16), spanId: new Uint8Array(8).fill(1) }],
  ])("refuses a span with %s", (_, spanFields) => {
    const encoded = encode({ resourceSpans: [{ scopeSpans: [{ spans: [spanFields] }] }] });
    expect(() => idsOf(encoded)).toThrow(OtlpDecodeError);
  });
});

describe("decoding OTLP/JSON", () => {
  const json = (spanFields: object, more: object = {}) =>
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [spanFields] }], ...more }] });

  it("takes hexadecimal ids in either case and ignores unknown keys", () => {
    const traceId = "5B8EFFF798038103D269B633813FC60C";
    const text = json(
      { traceId, spanId: "eee19b7ec3c1b174", name: "a", later: { x: 1 } },
      { resource: { later: 5 } },
    );
    expect(idsOfJson(text)).toEqual([`${traceId.toLowerCase()}:eee19b7ec3c1b174`]);
  });

  it.each([
    ["not JSON", "{"],
    ["a list", "[]"],
    ["spans that are no list", '{"resourceSpans":[{"scopeSpans":[{"spans":{}}]}]}'],
    ["base64 ids", json({ traceId: "W47/95gDgQPSabYzgT/GDA==", spanId: "7uGbfsPBsXQ=" })],
    ["numbers as ids", json({ traceId: 1, spanId: 2 })],
    ["null", "null"],
  ])("refuses %s", (_, text) => {
    expect(() => idsOfJson(text)).toThrow(OtlpDecodeError);
  });

  it("never quotes the body in its messages", () => {
    for (const text of ["hunter2", json({ traceId: "hunter2", spanId: "hunter2" })]) {
      expect(() => idsOfJson(text)).not.toThrow(/hunter2/);
    }
  });
});

describe("bodies", () => {
  const body = encode({
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [{ traceId: new Uint8Array(16).fill(7), spanId: new Uint8Array(8).fill(9) }] },
        ],
      },
    ],
  });

  it("are gunzipped when they say so", async () => {
    const decoded = await decodeBody(gzipSync(body), "application/x-protobuf; x=y", "gzip");
    expect(decoded.items).toHaveLength(1);
    expect(decoded.decodedBytes).toBe(body.length);
  });

  it("are refused when they are not what they say", async () => {
    const refused = async (...[data, type, coding]: Parameters<typeof decodeBody>) =>
      await expect(decodeBody(data, type, coding)).rejects.toBeInstanceOf(OtlpDecodeError);
    await refused(body, "application/x-protobuf", "gzip");
    await refused(body, "application/x-protobuf", "br");
    await refused(body, "text/plain", undefined);
    await refused(body, undefined, undefined);
    // 65 MiB of zeros in 64 KiB: a decompression bomb
    await refused(gzipSync(Buffer.alloc(65 * 1024 * 1024)), "application/x-protobuf", "gzip");
  });
});

describe("encoding responses", () => {
  it("agrees with protobufjs", () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), (rejected, errorMessage) => {
        const encoded = encodeResponse(
          { partialSuccess: { rejected, errorMessage }, unknownField: true },
          "protobuf",
        );
        const decoded = root.lookupType("Response").decode(encoded).toJSON();
        expect(decoded["partialSuccess"]).toEqual({
          ...(rejected === 0 ? {} : { rejectedSpans: String(rejected) }),
          ...(errorMessage === "" ? {} : { errorMessage }),
        });
      }),
      seed,
    );
    expect(encodeResponse({}, "protobuf")).toHaveLength(0);
    const status = root.lookupType("Status").decode(encodeStatus("no ünicode", "protobuf"));
    expect(status.toJSON()).toEqual({ message: "no ünicode" });
  });

  it("writes int64 as a string in JSON and leaves partialSuccess unset on success", () => {
    const text = (value: Uint8Array) => JSON.parse(Buffer.from(value).toString()) as unknown;
    const partialSuccess = { rejected: 3, errorMessage: "m" };
    expect(text(encodeResponse({ partialSuccess }, "json"))).toEqual({
      partialSuccess: { rejectedSpans: "3", errorMessage: "m" },
    });
    expect(text(encodeResponse({}, "json"))).toEqual({});
    expect(text(encodeStatus("m", "json"))).toEqual({ message: "m" });
  });

  it("makes large bodies that are valid messages", () => {
    const size = 70_000;
    const [head, tail] = largeResponseHead(size, "protobuf");
    const reader = new ProtobufReader(Buffer.concat([head, new Uint8Array(size), tail]));
    const field = reader.next()!;
    expect(reader.bytes()).toHaveLength(size);
    expect(field.number).toBeGreaterThan(1);
    expect(reader.next()).toBeNull();
    const json = largeResponseHead(size, "json").map((part) => Buffer.from(part).toString());
    expect(() => JSON.parse(json.join(" ".repeat(size)))).not.toThrow();
  });

  it("round-trips varints up to 64 bits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const reader = new ProtobufReader(new ProtobufWriter().varint(5, value).finish());
        reader.next();
        expect(reader.varint()).toBe(value);
      }),
      seed,
    );
  });
});
