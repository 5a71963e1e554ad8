import { describe, expect, test } from "vitest";

import { accountFor, leastSamples } from "../../sim/profile/account.ts";
import type { Capture, Frame, StackSample } from "../../sim/profile/capture.ts";
import type { CpuReading } from "../../sim/profile/proc.ts";

const second = 1e9;
const frame = (known: Frame["known"]): Frame => ({
  name: known,
  systemName: known,
  type: known === "none" ? "unknown" : "native",
  file: "",
  line: 0,
  module: "m",
  address: 1,
  known,
});

/** `count` samples spread evenly over 4 s. */
const samplesOf = (count: number, frames: Frame[] = [frame("symbol")]): StackSample[] =>
  Array.from({ length: count }, (_, index) => ({
    timeNs: ((index + 0.5) * 4 * second) / count,
    process: 1,
    thread: 1,
    frames,
    complete: true,
  }));

const capture = (parts: Partial<Capture>): Capture => ({
  profiler: "bpftrace",
  version: "v0",
  hz: 100,
  effectiveHz: 100,
  lost: 0,
  attachMs: 1,
  fromNs: 0,
  toNs: 4 * second,
  problem: null,
  ticksKept: false,
  followsChildren: false,
  samples: samplesOf(300),
  ...parts,
});

/** 3 s of CPU time in 4 s: 300 samples at 100 Hz would be exactly right. */
const readings: CpuReading[] = [0, 1, 2, 3, 4].map((time) => ({
  timeNs: time * second,
  user: 10 + 0.5 * time,
  system: 5 + 0.25 * time,
  main: { onCpu: 0.6 * time, kernel: 0.1 * time, waiting: 0.2 * time },
}));

describe("the self-check of a profile", () => {
  test("positive control: the right number of samples", () => {
    const account = accountFor(capture({}), readings);
    expect(account).toMatchObject({ state: "ok", reasons: [], samples: 300, sampledSeconds: 3 });
    expect(account.measured[0]).toBeCloseTo(3, 6);
  });

  test("within 15 % and 4 binomial deviations is accepted, beyond is not", () => {
    // 4 deviations of 300 samples in 3/4 of the time: 4 * sqrt(300 / 4) = 35 samples
    const state = (count: number, ticksKept = false) =>
      accountFor(capture({ samples: samplesOf(count), ticksKept }), readings).state;
    expect(state(375)).toBe("ok");
    expect(state(225)).toBe("ok");
    expect(state(400)).toBe("unusable");
    expect(state(200)).toBe("unusable");
    // Where idle CPUs kept ticking, 5 % and the deviations are left.
    expect(state(345, true)).toBe("ok");
    expect(state(375, true)).toBe("unusable");
    expect(state(225, true)).toBe("unusable");
  });

  test("half of the samples dropped is found out", () => {
    const account = accountFor(capture({ samples: samplesOf(150) }), readings);
    expect(account.state).toBe("unusable");
    expect(account.reasons.join()).toMatch(/account for 1\.50 s, but the CPU time .* was 3\.00 s/);
  });

  test("even with few samples: half of 200", () => {
    const slow = readings.map((one) => ({
      ...one,
      user: one.user / 1.5,
      system: one.system / 1.5,
    }));
    expect(accountFor(capture({ samples: samplesOf(200) }), slow).state).toBe("ok");
    expect(accountFor(capture({ samples: samplesOf(100) }), slow).state).toBe("unusable");
  });

  test("a sampler that runs at another rate than it says is found out", () => {
    expect(accountFor(capture({ hz: 200, effectiveHz: null }), readings).state).toBe("unusable");
    expect(accountFor(capture({ hz: 49, effectiveHz: null }), readings).state).toBe("unusable");
    expect(accountFor(capture({ effectiveHz: 20 }), readings).reasons.join()).toMatch(/ticked at/);
  });

  test("no sample of a busy process is a broken sampler, few samples are no profile", () => {
    expect(accountFor(capture({ samples: [] }), readings).state).toBe("broken");
    const idle = readings.map((one) => ({ ...one, user: 1 + one.timeNs / 20e9, system: 0 }));
    const few = accountFor(capture({ samples: samplesOf(20) }), idle);
    expect(few.state).toBe("unusable");
    expect(few.reasons.join()).toContain(`at least ${leastSamples}`);
    const still = readings.map((one) => ({ ...one, user: 1, system: 1 }));
    expect(accountFor(capture({ samples: [] }), still).state).toBe("unusable");
  });

  test("without a measure of the CPU time there is nothing to accept", () => {
    expect(accountFor(capture({}), []).state).toBe("unusable");
    expect(accountFor(capture({}), readings.slice(0, 1)).state).toBe("unusable");
    const bare = readings.map((one) => ({ ...one, main: null }));
    expect(accountFor(capture({ profiler: "v8" }), bare).state).toBe("unusable");
  });

  test("only the time between the readings counts", () => {
    const inner = readings.slice(1, 4);
    expect(accountFor(capture({}), inner)).toMatchObject({ state: "ok", samples: 150, seconds: 2 });
    const late = accountFor(capture({ fromNs: 2 * second }), readings);
    expect(late).toMatchObject({ samples: 150, seconds: 2 });
  });

  test("frames without a name, samples without a stack, a sampler with a problem", () => {
    const nameless = [frame("none"), ...Array.from({ length: 9 }, () => frame("symbol"))];
    expect(accountFor(capture({ samples: samplesOf(300, nameless) }), readings)).toMatchObject({
      state: "unusable",
      unknownFrames: 10,
    });
    const modules = [frame("module")];
    expect(accountFor(capture({ samples: samplesOf(300, modules) }), readings)).toMatchObject({
      state: "ok",
      namelessFrames: 100,
    });
    expect(accountFor(capture({ samples: samplesOf(300, []) }), readings)).toMatchObject({
      state: "unusable",
      emptyStacks: 100,
    });
    expect(accountFor(capture({ problem: "it died" }), readings)).toMatchObject({
      state: "unusable",
      reasons: ["it died"],
    });
  });

  test("in user mode only user time is expected; V8 samples lie between busy and ready", () => {
    const user = capture({ profiler: "perf", version: "cpu-clock:u", samples: samplesOf(200) });
    expect(accountFor(user, readings).state).toBe("ok");
    expect(accountFor({ ...user, samples: samplesOf(300) }, readings).state).toBe("unusable");
    const v8 = (count: number) =>
      accountFor(capture({ profiler: "v8", samples: samplesOf(count) }), readings);
    expect(v8(200).state).toBe("ok"); // 2.4 s on a CPU, of these 0.4 s in the kernel
    expect(v8(320).state).toBe("ok"); // and 0.8 s waiting for one
    expect(v8(120).state).toBe("unusable");
    expect(v8(420).state).toBe("unusable");
  });

  test("a sample counts for as long as the profiler says that it lasted", () => {
    const late = samplesOf(120).map((sample) => ({ ...sample, lastsNs: 2e7 }));
    const account = accountFor(capture({ profiler: "v8", samples: late }), readings);
    expect(account.sampledSeconds).toBeCloseTo(2.4, 6);
    expect(account.state).toBe("ok");
  });
});
