import { describe, expect, test } from "vitest";

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";

import protobuf from "protobufjs";

import type { FlameNode } from "../../core/exhibit.ts";
import type { Capture, Frame, FrameType, StackSample } from "../../sim/profile/capture.ts";
import { flameTree, foldedStacks, functionCounts, shareByType } from "../../sim/profile/flame.ts";
import { toPprof } from "../../sim/profile/pprof.ts";

const frame = (name: string, type: FrameType = "js", address = 0x1000): Frame => ({
  name,
  systemName: `JS:*${name}`,
  type,
  file: "a.js",
  line: 3,
  module: "[jit]",
  address,
  known: type === "unknown" ? "none" : "symbol",
});

/** Stacks are written root first, as people read them. */
const sample = (names: readonly (string | Frame)[], complete = true, thread = 7): StackSample => ({
  timeNs: 0,
  process: thread,
  thread,
  complete,
  frames: names.map((one) => (typeof one === "string" ? frame(one) : one)).toReversed(),
});

const times = (count: number, one: StackSample): StackSample[] =>
  Array.from({ length: count }, () => one);

const samples: StackSample[] = [
  ...times(6, sample(["main", "work", "hot"])),
  ...times(3, sample(["main", "work", "work"])), // recursion
  ...times(1, sample(["main", frame("do_syscall_64", "kernel", 0)])),
];

describe("the flame graph", () => {
  const find = (node: FlameNode, ...names: string[]): FlameNode | undefined => {
    let at: FlameNode | undefined = node;
    for (const name of names) at = at?.children.find((child) => child.name === name);
    return at;
  };

  test("counts what is in a frame and below, and in the frame itself", () => {
    const root = flameTree(samples, "process");
    expect(root).toMatchObject({ name: "process", total: 10, self: 0 });
    expect(find(root, "main")).toMatchObject({ total: 10, self: 0 });
    expect(find(root, "main", "work")).toMatchObject({ total: 9, self: 0 });
    expect(find(root, "main", "work", "hot")).toMatchObject({ total: 6, self: 6, type: "js" });
    expect(find(root, "main", "work", "work")).toMatchObject({ total: 3, self: 3 });
    expect(find(root, "main", "do_syscall_64")).toMatchObject({ type: "kernel", self: 1 });
  });

  test("branches below 0.1 % are left out, their samples stay in the totals", () => {
    const many = [...times(2000, sample(["main", "often"])), sample(["main", "once"])];
    const root = flameTree(many, "process");
    expect(root.total).toBe(2001);
    expect(root.children[0]!.children.map((child) => child.name)).toEqual(["often"]);
    const fewer = flameTree([...times(900, sample(["often"])), sample(["once"])], "process");
    expect(fewer.children.map((child) => child.name)).toEqual(["often", "once"]);
  });

  test("stacks that were cut off, or not walked at all, say so at the root", () => {
    const root = flameTree([sample(["leaf"], false), sample([], false)], "process");
    expect(root.children.map((child) => child.name).sort()).toEqual(["[no stack]", "[truncated]"]);
    expect(find(root, "[truncated]", "leaf")).toMatchObject({ self: 1 });
  });
});

test("folded stacks are root first, with counts, and can be read line by line", () => {
  const text = foldedStacks([...samples, sample(["a;b\nc"])], "process");
  expect(text.split("\n").filter((line) => line !== "")).toEqual([
    "process;a b c 1",
    "process;main;do_syscall_64 1",
    "process;main;work;hot 6",
    "process;main;work;work 3",
  ]);
});

test("a recursive function counts once per sample", () => {
  const counts = functionCounts(samples);
  expect(counts.find((one) => one.name === "work")).toMatchObject({ self: 3, total: 9 });
  expect(counts.find((one) => one.name === "main")).toMatchObject({ self: 0, total: 10 });
  expect(counts[0]).toMatchObject({ name: "hot", self: 6 });
});

test("shares by type add up; the collector wins over what it calls", () => {
  const collecting = sample(["main", frame("Scavenge", "gc"), frame("memcpy", "native")]);
  const shares = shareByType([...samples, ...times(10, collecting)]);
  expect(shares).toEqual({ js: 45, kernel: 5, gc: 50, native: 0, unknown: 0 });
});

describe("pprof", () => {
  const capture: Capture = {
    profiler: "bpftrace",
    version: "v0",
    hz: 100,
    effectiveHz: 100,
    lost: 0,
    attachMs: 1,
    fromNs: 0,
    toNs: 1e9,
    problem: null,
    ticksKept: true,
    followsChildren: false,
    samples: [...samples, sample(["main", frame("?", "unknown", 0x9999)], false, 8)],
  };
  const make = () =>
    toPprof(capture, {
      timeNanos: 1_700_000_000_123_456_789n,
      durationNanos: 1e9,
      comments: ["a remark"],
    });

  // The fields used here of the message Profile, by their published numbers.
  const schema = `syntax = "proto3";
    message ValueType { int64 type = 1; int64 unit = 2; }
    message Label { int64 key = 1; int64 str = 2; int64 num = 3; }
    message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; repeated Label label = 3; }
    message Mapping { uint64 id = 1; int64 filename = 5; }
    message Line { uint64 function_id = 1; int64 line = 2; }
    message Location { uint64 id = 1; uint64 mapping_id = 2; uint64 address = 3; repeated Line line = 4; }
    message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; int64 filename = 4; int64 start_line = 5; }
    message Profile {
      repeated ValueType sample_type = 1; repeated Sample sample = 2; repeated Mapping mapping = 3;
      repeated Location location = 4; repeated Function function = 5; repeated string string_table = 6;
      int64 time_nanos = 9; int64 duration_nanos = 10; ValueType period_type = 11; int64 period = 12;
      repeated int64 comment = 13; int64 default_sample_type = 14;
    }`;

  interface Decoded {
    sampleType: { type: string; unit: string }[];
    sample: { locationId: string[]; value: string[]; label: { key: string; num: string }[] }[];
    mapping: { id: string; filename: string }[];
    location: { id: string; mappingId: string; address: string; line?: { functionId: string }[] }[];
    function: { id: string; name: string; systemName: string; startLine: string }[];
    stringTable: string[];
    timeNanos: string;
    durationNanos: string;
    period: string;
    comment: string[];
  }

  /** Read back with another library than the one that wrote it. */
  function decode(gzipped: Uint8Array): Decoded {
    const type = protobuf.parse(schema).root.lookupType("Profile");
    const message = type.decode(gunzipSync(gzipped));
    return type.toObject(message, { longs: String, arrays: true }) as unknown as Decoded;
  }

  test("an independent reader finds the same stacks, counts and times", async () => {
    const profile = decode(await make());
    const text = (index: string): string => profile.stringTable[Number(index)]!;
    expect(profile.stringTable[0]).toBe("");
    expect(profile.sampleType.map((one) => [text(one.type), text(one.unit)])).toEqual([
      ["samples", "count"],
      ["cpu", "nanoseconds"],
    ]);
    expect(profile.period).toBe("10000000"); // 100 Hz
    expect(profile.timeNanos).toBe("1700000000123456789");
    expect(profile.durationNanos).toBe("1000000000");
    expect(profile.comment.map(text)).toEqual(["a remark"]);

    const functions = new Map(profile.function.map((one) => [one.id, text(one.name)]));
    const locations = new Map(
      profile.location.map((one) => [
        one.id,
        one.line?.length
          ? functions.get(one.line[0]!.functionId)!
          : `0x${Number(one.address).toString(16)}`,
      ]),
    );
    const stacks = profile.sample.map((one) => [
      one.locationId.map((id) => locations.get(id)).join(" < "),
      ...one.value.map(Number),
      Number(one.label[0]!.num),
    ]);
    expect(stacks).toEqual([
      ["hot < work < main", 6, 60_000_000, 7],
      ["work < work < main", 3, 30_000_000, 7],
      ["do_syscall_64 < main", 1, 10_000_000, 7],
      ["0x9999 < main", 1, 10_000_000, 8],
    ]);
    for (const table of [profile.mapping, profile.location, profile.function]) {
      expect(new Set(table.map((one) => one.id)).size).toBe(table.length);
      expect(table.some((one) => one.id === "0")).toBe(false);
    }
  });

  test("the V8 profiler's values are wall time", async () => {
    const profile = decode(
      await toPprof(
        { ...capture, profiler: "v8" },
        { timeNanos: 1n, durationNanos: 1, comments: [] },
      ),
    );
    expect(profile.stringTable[Number(profile.sampleType[1]!.type)]).toBe("wall");
  });

  // Go builds its pprof on first use, which takes a minute of both processors: only on request.
  test("go tool pprof reads it", async (context) => {
    if (process.env["VERIFY_GO_PPROF"] !== "1") return context.skip("VERIFY_GO_PPROF is not 1");
    const folder = mkdtempSync(path.join(tmpdir(), "verify-pprof-"));
    try {
      const file = path.join(folder, "profile.pb.gz");
      writeFileSync(file, await make());
      const go = spawnSync("go", ["tool", "pprof", "-top", "-nodecount=3", file], {
        encoding: "utf8",
        env: { ...process.env, PPROF_TMPDIR: folder },
      });
      if (go.error !== undefined) return context.skip("go is not installed");
      expect(go.status, go.stderr).toBe(0);
      expect(go.stdout).toMatch(/Total samples = 110ms/);
      expect(go.stdout).toMatch(/60ms\s+54\.55%.*hot/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
