import { describe, expect, test } from "vitest";

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { accountFor } from "../../sim/profile/account.ts";
import type { StackSample } from "../../sim/profile/capture.ts";
import { detectProfiler } from "../../sim/profile/detect.ts";
import { perfMapPath } from "../../sim/profile/perf-map.ts";
import { tracefs } from "../../sim/profile/tracefs.ts";
import { loadOf, takeProfile, type Taken } from "../../sim/profile/take.ts";

const program = fileURLToPath(new URL("./fixtures/planted-load.ts", import.meta.url));
const service = { law: "exponential", mean: 0.001 } as const;
const load = loadOf(
  { name: "planted-load", version: "1.0.0", program },
  { name: "test", arrivalRate: 10, service, servers: 1, duration: 2 },
  1,
);

/** What the program says about itself, in seconds: `hot` and `other` of CPU time, `waited` of wall time. */
interface Truth {
  readonly hot: number;
  readonly other: number;
  readonly waited: number;
}

const has = (sample: StackSample, name: RegExp): boolean =>
  sample.frames.some((frame) => name.test(frame.name));
const isHot = (sample: StackSample): boolean => has(sample, /^plantedHot\b/);

describe("a planted workload: 30 % in one function, 20 % waiting, a worker and a child", () => {
  test("is recovered by on-CPU and off-CPU views", async (context) => {
    const status = await detectProfiler("bpftrace");
    if (status.state === "unavailable") return context.skip(`bpftrace: ${status.reason}`);
    let result: unknown;
    const taken: Taken = await takeProfile({
      profiler: "bpftrace",
      hz: 499,
      seconds: 5,
      signal: new AbortController().signal,
      run: async (options) => {
        result = await load(options);
      },
    });
    const { capture, readings, target } = taken;
    if ((await tracefs()).state === "unavailable") return context.skip(status.reason);
    if (capture.signals === null) throw new Error("no signals, although tracefs is there");
    const { failures } = result as { failures: { truth: string } };
    const truth = JSON.parse(failures.truth) as Truth;
    expect(accountFor(capture, readings)).toMatchObject({ state: "ok", reasons: [] });

    // On the CPU: the main thread's share against its own CPU clock, within three points.
    const main = capture.samples.filter((one) => one.thread === target && has(one, /^main\b/));
    const hotShare = main.filter((one) => isHot(one)).length / main.length;
    expect(Math.abs(hotShare - truth.hot / (truth.hot + truth.other))).toBeLessThan(0.03);

    // Off the CPU: the wait has no frame for its JavaScript function only if V8's caller is hidden.
    const waits = capture.signals.blocked.filter(
      (one) => one.thread === target && has(one, /FutexEmulation|ConditionVariable|^plantedWait/),
    );
    const waited = waits.reduce((sum, one) => sum + (one.lastsNs ?? 0), 0) / 1e9;
    const whole = truth.hot + truth.other + truth.waited;
    expect(Math.abs(waited / whole - truth.waited / whole)).toBeLessThan(0.03);

    // Every thread and process is there, by name.
    const worker = capture.samples.filter((one) => has(one, /^inWorker\b/));
    expect(worker.some((one) => one.process === target && one.thread !== target)).toBe(true);
    const child = capture.samples.filter((one) => has(one, /^inChild\b/));
    expect(child.some((one) => one.process !== target)).toBe(true);
    for (const kind of ["js", "native", "kernel"] as const) {
      expect(capture.samples.some((one) => one.frames.some(({ type }) => type === kind))).toBe(
        true,
      );
    }
    // All processes were gone before their frames were named.
    const pids = new Set(capture.samples.map((one) => one.process));
    expect(pids.size).toBeGreaterThanOrEqual(2);
    for (const pid of pids) {
      expect(existsSync(`/proc/${pid}`)).toBe(false);
      expect(existsSync(perfMapPath(pid))).toBe(false);
    }
    expect(capture.signals.runQueue.reduce((sum, one) => sum + one.count, 0)).toBeGreaterThan(10);
    expect(capture.signals.syscalls.length).toBeGreaterThan(3);
  });
});
