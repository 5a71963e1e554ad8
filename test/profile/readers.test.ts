import { describe, expect, test } from "vitest";

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { parseSample } from "../../sim/profile/bpftrace.ts";
import { kernelNames } from "../../sim/profile/kallsyms.ts";
import { parsePerfData } from "../../sim/profile/perf-data.ts";
import { readCpuProfiles } from "../../sim/profile/v8.ts";

describe("a sample line of bpftrace", () => {
  test("with user and kernel frames", () => {
    const text =
      "S 123456 70 77\n        0x7f0010\n        401000\n|\n        tcp_sendmsg+12\n        do_syscall_64+0x3f\n\n";
    expect(parseSample(text)).toEqual({
      timeNs: 123_456,
      process: 70,
      thread: 77,
      user: [0x7f0010, 0x401000],
      kernel: ["tcp_sendmsg", "do_syscall_64"],
    });
  });

  test("with empty stacks, and cut off", () => {
    expect(parseSample("S 1 2 2\n|\n")).toMatchObject({ user: [], kernel: [] });
    expect(parseSample("S 1 2 2\n    0x7f")).toBeNull();
    expect(parseSample("READY 1")).toBeNull();
  });
});

describe("a perf.data file", () => {
  const u64 = (value: bigint | number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const record = (type: number, ...body: Buffer[]): Buffer => {
    const content = Buffer.concat(body);
    const header = Buffer.alloc(8);
    header.writeUInt32LE(type, 0);
    header.writeUInt16LE(content.length + 8, 6);
    return Buffer.concat([header, content]);
  };
  // sample_type: IP | TID | TIME | CALLCHAIN | PERIOD
  const type = 1 | 2 | 4 | 32 | 256;
  const inKernel = 0xffffffffffffff80n;
  const inUser = 0xfffffffffffffe00n;
  const chain = [inKernel, 0xffffffff81000010n, inUser, 0x401000n, 0x402000n];
  const ids = Buffer.alloc(8);
  ids.writeUInt32LE(100, 0);
  ids.writeUInt32LE(101, 4);
  const sampleRecord = record(
    9,
    u64(0x401000),
    ids,
    u64(5_000_000_001),
    u64(10_000_000),
    u64(chain.length),
    ...chain.map(u64),
  );
  const file = (sampleType: number, ...records: Buffer[]): Buffer =>
    flagged(0, sampleType, ...records);
  const flagged = (flags: number, sampleType: number, ...records: Buffer[]): Buffer => {
    const data = Buffer.concat(records);
    const attribute = Buffer.concat([
      Buffer.alloc(24),
      u64(sampleType),
      Buffer.alloc(8),
      u64(flags),
      Buffer.alloc(96),
    ]);
    const header = Buffer.concat([
      Buffer.from("PERFILE2"),
      u64(104),
      u64(attribute.length),
      u64(104),
      u64(attribute.length),
      u64(104 + attribute.length),
      u64(data.length),
      Buffer.alloc(48),
    ]);
    return Buffer.concat([header, attribute, data]);
  };

  test("gives process, thread, time and both parts of the chain", () => {
    const lost = record(2, u64(1), u64(7));
    const { samples, lost: lostCount } = parsePerfData(
      file(type, record(3, Buffer.alloc(16)), sampleRecord, lost, sampleRecord),
    );
    expect(lostCount).toBe(7);
    expect(samples).toHaveLength(2);
    expect(samples[0]).toEqual({
      timeNs: 5_000_000_001,
      pid: 100,
      tid: 101,
      user: [0x401000, 0x402000],
      kernel: [0xffffffff81000010n],
    });
  });

  test("tells when perf left kernel mode out by itself", () => {
    expect(parsePerfData(file(type, sampleRecord)).userOnly).toBe(false);
    expect(parsePerfData(flagged(0b100011, type, sampleRecord)).userOnly).toBe(true);
    expect(parsePerfData(flagged(0b000011, type, sampleRecord)).userOnly).toBe(false);
  });

  test("a record cut off at the end is left out, other files are refused", () => {
    const whole = file(type, sampleRecord, sampleRecord);
    expect(parsePerfData(whole.subarray(0, whole.length - 4)).samples).toHaveLength(1);
    expect(() => parsePerfData(Buffer.alloc(200))).toThrow(/not a perf.data file/);
    expect(() => parsePerfData(file(1 | 2 | 4, sampleRecord))).toThrow(/no callchain/);
  });
});

test("kernel addresses are named by the function that begins before them", () => {
  const table = "ffffffff81000000 T first\nffffffff81000100 t second\nffffffff81000180 d data\n";
  const names = kernelNames(() => table);
  expect(names(0xffffffff81000050n)).toBe("first");
  expect(names(0xffffffff810001ffn)).toBe("second");
  expect(names(0xffffffff80000000n)).toBe("[kernel]");
  // Without privileges every address reads as 0.
  expect(kernelNames(() => "0000000000000000 T first\n")(0xffffffff81000050n)).toBe("[kernel]");
});

test("profiles of V8: idle samples are counted apart, broken files left out", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "verify-v8-test-"));
  try {
    const call = (functionName: string, url = "", lineNumber = -1) => ({
      functionName,
      url,
      lineNumber,
    });
    const profile = {
      startTime: 1_000_000,
      endTime: 1_050_000,
      nodes: [
        { id: 1, callFrame: call("(root)"), children: [2, 3, 4] },
        { id: 2, callFrame: call("(idle)") },
        { id: 3, callFrame: call("outer", "file:///srv/x.js", 4), children: [5] },
        { id: 4, callFrame: call("(garbage collector)") },
        { id: 5, callFrame: call("", "file:///srv/x.js", 9) },
      ],
      samples: [2, 5, 4, 2],
      timeDeltas: [10_000, 10_000, 10_000, 10_000],
    };
    writeFileSync(
      path.join(folder, "CPU.20261123.101010.42.0.001.cpuprofile"),
      JSON.stringify(profile),
    );
    writeFileSync(path.join(folder, "CPU.20261123.101010.42.1.002.cpuprofile"), "{ cut off");
    writeFileSync(path.join(folder, "other.txt"), "");
    const [read, ...rest] = readCpuProfiles(folder);
    expect(rest).toEqual([]);
    expect(read).toMatchObject({ pid: 42, thread: 0, idle: 2, fromNs: 1e9, toNs: 1.05e9 });
    expect(read!.samples.map((one) => [one.timeNs, one.frames.map((frame) => frame.name)])).toEqual(
      [
        [1_020_000_000, ["(anonymous) x.js:10", "outer x.js:5"]],
        [1_030_000_000, ["(garbage collector)"]],
      ],
    );
    expect(read!.samples[1]!.frames[0]!.type).toBe("gc");
    // each lasts until the next sample, idle or not
    expect(read!.samples.map(({ lastsNs }) => lastsNs)).toEqual([10_000_000, 10_000_000]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
