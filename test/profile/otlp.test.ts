import { afterEach, describe, expect, test } from "vitest";

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import * as fc from "fast-check";
import protobuf from "protobufjs";

import { profilesGateway, readProfiles, type Received } from "../../impl/profiling/gateway.ts";
import type { Capture, Frame, FrameType, StackSample } from "../../sim/profile/capture.ts";
import { importPprof } from "../../sim/profile/import.ts";
import { toOtlpProfiles } from "../../sim/profile/otlp.ts";
import { toPprof } from "../../sim/profile/pprof.ts";
import { profilesUrl, sendProfile } from "../../sim/profile/send.ts";

const frame = (name: string, type: FrameType = "js", address = 0x1000): Frame => ({
  name,
  systemName: `JS:*${name}`,
  type,
  file: type === "js" ? "a.js" : "",
  line: type === "js" ? 3 : 0,
  module: type === "kernel" ? "[kernel]" : "[jit]",
  address,
  known: type === "unknown" ? "none" : "symbol",
});

const captureOf = (samples: readonly StackSample[]): Capture => ({
  profiler: "bpftrace",
  version: "v0",
  hz: 100,
  effectiveHz: 100,
  lost: 0,
  attachMs: 1,
  fromNs: 1e9,
  toNs: 3e9,
  problem: null,
  ticksKept: true,
  followsChildren: true,
  samples,
});

const sampleAt = (timeNs: number, thread: number, ...names: (string | Frame)[]): StackSample => ({
  timeNs,
  process: 7,
  thread,
  complete: true,
  frames: names.map((one) => (typeof one === "string" ? frame(one) : one)).toReversed(),
});

const timeNanos = 1_700_000_000_123_456_789n;
const span = { traceId: "0123456789abcdef0123456789abcdef", spanId: "fedcba9876543210" };
const make = (capture: Capture): Uint8Array =>
  toOtlpProfiles(capture, {
    timeNanos,
    resource: { "service.name": "exporter", "process.pid": 7 },
    scope: { name: "test", version: "1" },
    profileId: Uint8Array.from({ length: 16 }, (_, index) => index + 1),
    spans: [
      { thread: 7, fromNs: 1.2e9, toNs: 1.6e9, ...span },
      { thread: 7, fromNs: 0, toNs: 9e9, ...span, spanId: "1111111111111111" },
    ],
  });

const capture = captureOf([
  sampleAt(1.3e9, 7, "main", "hot"),
  sampleAt(1.4e9, 7, "main", "hot"),
  sampleAt(2e9, 7, "main", "hot"),
  sampleAt(2.1e9, 8, "main", frame("write", "kernel", 0)),
  sampleAt(2.2e9, 8, frame("?", "unknown", 0x99)),
  sampleAt(2.3e9, 8),
]);

// The messages by their published names and numbers (opentelemetry-proto 1.11.0), for protobufjs.
const schema = `syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; } }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message Scope { string name = 1; string version = 2; }
  message Request { repeated ResourceProfiles resource_profiles = 1; Dictionary dictionary = 2; }
  message ResourceProfiles { Resource resource = 1; repeated ScopeProfiles scope_profiles = 2; }
  message ScopeProfiles { Scope scope = 1; repeated Profile profiles = 2; }
  message Dictionary {
    repeated Mapping mapping_table = 1; repeated Location location_table = 2;
    repeated Function function_table = 3; repeated Link link_table = 4; repeated string string_table = 5;
    repeated KeyValueAndUnit attribute_table = 6; repeated Stack stack_table = 7;
  }
  message Mapping { uint64 memory_start = 1; uint64 memory_limit = 2; uint64 file_offset = 3; int32 filename_strindex = 4; repeated int32 attribute_indices = 5; }
  message Location { int32 mapping_index = 1; uint64 address = 2; repeated Line lines = 3; repeated int32 attribute_indices = 4; }
  message Line { int32 function_index = 1; int64 line = 2; int64 column = 3; }
  message Function { int32 name_strindex = 1; int32 system_name_strindex = 2; int32 filename_strindex = 3; int64 start_line = 4; }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message KeyValueAndUnit { int32 key_strindex = 1; AnyValue value = 2; int32 unit_strindex = 3; }
  message Stack { repeated int32 location_indices = 1; }
  message ValueType { int32 type_strindex = 1; int32 unit_strindex = 2; }
  message Sample { int32 stack_index = 1; repeated int32 attribute_indices = 2; int32 link_index = 3; repeated int64 values = 4; repeated fixed64 timestamps_unix_nano = 5; }
  message Profile {
    ValueType sample_type = 1; repeated Sample samples = 2; fixed64 time_unix_nano = 3; uint64 duration_nano = 4;
    ValueType period_type = 5; int64 period = 6; bytes profile_id = 7;
  }`;

interface Decoded {
  resourceProfiles: {
    resource: { attributes: { key: string; value: { stringValue?: string; intValue?: string } }[] };
    scopeProfiles: { scope: { name: string }; profiles: DecodedProfile[] }[];
  }[];
  dictionary: {
    mappingTable: { filenameStrindex: number }[];
    locationTable: {
      address: string;
      lines: { functionIndex: number }[];
      attributeIndices: number[];
    }[];
    functionTable: { nameStrindex: number }[];
    linkTable: { traceId: string; spanId: string }[];
    stringTable: string[];
    attributeTable: { keyStrindex: number; value: { stringValue?: string; intValue?: string } }[];
    stackTable: { locationIndices: number[] }[];
  };
}
interface DecodedProfile {
  sampleType: { typeStrindex: number; unitStrindex: number };
  samples: {
    stackIndex: number;
    attributeIndices: number[];
    linkIndex: number;
    values: string[];
    timestampsUnixNano: string[];
  }[];
  timeUnixNano: string;
  durationNano: string;
  period: string;
}

function decode(bytes: Uint8Array): Decoded {
  const type = protobuf.parse(schema).root.lookupType("Request");
  const options = { longs: String, bytes: String, defaults: true, arrays: true };
  return type.toObject(type.decode(bytes), options) as unknown as Decoded;
}

describe("a capture as an OTLP profile", () => {
  const decoded = decode(make(capture));
  const { dictionary } = decoded;
  const text = (index: number): string => dictionary.stringTable[index]!;
  const [{ resource, scopeProfiles }] = decoded.resourceProfiles as [
    Decoded["resourceProfiles"][0],
  ];
  const profiles = scopeProfiles[0]!.profiles;

  test("an independent decoder finds both sample types, their totals and their time", () => {
    expect(
      profiles.map(({ sampleType, samples }) => [
        text(sampleType.typeStrindex),
        text(sampleType.unitStrindex),
        samples.flatMap(({ values }) => values).reduce((sum, value) => sum + Number(value), 0),
      ]),
    ).toEqual([
      ["samples", "count", 6],
      ["cpu", "nanoseconds", 60_000_000],
    ]);
    for (const profile of profiles) {
      expect(profile).toMatchObject({
        timeUnixNano: String(timeNanos),
        durationNano: "2000000000",
        period: "10000000",
      });
    }
    expect(
      resource.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]),
    ).toEqual([
      ["service.name", "exporter"],
      ["process.pid", "7"],
    ]);
  });

  test("stacks, frame types, threads and moments are those of the samples", () => {
    const functions = (stack: number): string =>
      dictionary.stackTable[stack]!.locationIndices.map((index) => {
        const location = dictionary.locationTable[index]!;
        const line = location.lines[0];
        return line === undefined
          ? `0x${Number(location.address).toString(16)}`
          : text(dictionary.functionTable[line.functionIndex]!.nameStrindex);
      }).join(" < ");
    const attribute = (index: number): string => {
      const { keyStrindex, value } = dictionary.attributeTable[index]!;
      return `${text(keyStrindex)}=${value.stringValue ?? value.intValue}`;
    };
    const rows = profiles[0]!.samples.map((one) => [
      functions(one.stackIndex),
      one.attributeIndices.map(attribute).join(" "),
      one.values.length,
      one.timestampsUnixNano.map((time) => Number(BigInt(time) - timeNanos) / 1e9),
    ]);
    expect(rows).toEqual([
      ["hot < main", "process.pid=7 thread.id=7", 2, [0.3, 0.4]],
      ["hot < main", "process.pid=7 thread.id=7", 1, [1]],
      ["write < main", "process.pid=7 thread.id=8", 1, [1.1]],
      ["0x99", "process.pid=7 thread.id=8", 1, [1.2]],
      ["", "process.pid=7 thread.id=8", 1, [1.3]],
    ]);
    const types = dictionary.locationTable
      .slice(1)
      .map((one) => one.attributeIndices.map(attribute));
    expect(types.flat()).toContain("profile.frame.type=v8js");
    expect(types.flat()).toContain("profile.frame.type=kernel");
  });

  test("a sample points to the innermost span of its thread and moment", () => {
    const links = profiles[0]!.samples.map(({ linkIndex }) => {
      const { spanId } = dictionary.linkTable[linkIndex]!;
      return Buffer.from(spanId, "base64").toString("hex");
    });
    const none = "0000000000000000";
    expect(links).toEqual([span.spanId, "1111111111111111", none, none, none]);
    expect(Buffer.from(dictionary.linkTable[1]!.traceId, "base64").toString("hex")).toBe(
      span.traceId,
    );
  });

  test("holds every rule of the protocol, for any capture", () => {
    const name = fc.constantFrom("a", "b", "c", "");
    const frames = fc.array(
      fc.record({
        name,
        type: fc.constantFrom<FrameType>("js", "kernel", "native", "gc", "unknown"),
      }),
      { maxLength: 4 },
    );
    const samples = fc.array(
      fc.record({
        time: fc.integer({ min: -1, max: 4 }),
        thread: fc.integer({ min: 1, max: 3 }),
        frames,
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(samples, (list) => {
        const made = captureOf(
          list.map(({ time, thread, frames: some }) =>
            sampleAt(time * 1e9, thread, ...some.map((one) => frame(one.name, one.type))),
          ),
        );
        const received = readProfiles(make(made));
        expect(received.faults).toEqual([]);
        expect(received.profiles.map(({ total }) => Number(total))).toEqual([
          list.length,
          list.length * 10_000_000,
        ]);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

describe("the gateway", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  const open = async (): Promise<{ url: string; received: Received[] }> => {
    const received: Received[] = [];
    server = profilesGateway((one) => received.push(one));
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
  };

  test("accepts what was sent, over the wire, with identical totals", async () => {
    const { url, received } = await open();
    const result = await sendProfile(profilesUrl(url), make(capture));
    expect(result).toEqual({ accepted: true, message: "HTTP 200" });
    expect(received).toHaveLength(1);
    expect(received[0]!.resource.get("service.name")).toBe("exporter");
    expect(received[0]!.profiles).toMatchObject([
      { sampleType: "samples", unit: "count", total: 6n, linked: 2 },
      { sampleType: "cpu", unit: "nanoseconds", total: 60_000_000n },
    ]);
  });

  test("refuses broken requests and says why", async () => {
    const { url, received } = await open();
    const broken = [
      Buffer.from("nonsense"),
      new Uint8Array(), // no dictionary
      make(capture).slice(0, -5),
    ];
    for (const bytes of broken) {
      const result = await sendProfile(profilesUrl(url), bytes);
      expect(result).toEqual({ accepted: false, message: "HTTP 400" });
    }
    expect(received).toEqual([]);
    const refusal = await fetch(`${url}/v1/traces`, { method: "POST" });
    expect(refusal.status).toBe(404);
  });

  test("nobody there: a message, no exception; a foreign address is kept", async () => {
    const { url } = await open();
    server!.close();
    expect((await sendProfile(profilesUrl(url), make(capture))).accepted).toBe(false);
    expect(profilesUrl("http://h:1/custom").pathname).toBe("/custom");
    expect(profilesUrl("http://h:1").pathname).toBe("/v1development/profiles");
    expect(() => profilesUrl("nothing")).toThrow(/not the address/);
  });
});

describe("an imported pprof", () => {
  test("has the stacks, counts and time of the capture that it was written from", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "verify-import-"));
    try {
      const file = path.join(folder, "p.pb.gz");
      writeFileSync(
        file,
        await toPprof(capture, { timeNanos, durationNanos: 2e9, comments: ["a remark"] }),
      );
      const read = await importPprof(file);
      expect(read).toMatchObject({ seconds: 0.06, clock: "cpu", periodNs: 1e7, durationNs: 2e9 });
      expect(read.comments).toEqual(["a remark"]);
      const names = (list: readonly StackSample[]): string[] =>
        list.map((one) => one.frames.map(({ name, type }) => `${type} ${name}`).join(" < ")).sort();
      const unnamed = capture.samples.map((one) => ({
        ...one,
        frames: one.frames.map((f) =>
          f.known === "none" ? { ...f, type: "native" as const, name: "[[jit]]" } : f,
        ),
      }));
      expect(names(read.samples)).toEqual(names(unnamed));
      writeFileSync(file, "not a profile");
      await expect(importPprof(file)).rejects.toMatchObject({ code: "VRF603" });
      await expect(importPprof(path.join(folder, "none"))).rejects.toMatchObject({
        code: "VRF603",
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
