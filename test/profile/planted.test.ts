import { describe, expect, test } from "vitest";

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { accountFor } from "../../sim/profile/account.ts";
import type { StackSample } from "../../sim/profile/capture.ts";
import { detectProfiler } from "../../sim/profile/detect.ts";
import { perfMapPath } from "../../sim/profile/perf-map.ts";
import { loadOf, takeProfile, takeWaiting, type LoadRunner } from "../../sim/profile/take.ts";

const program = fileURLToPath(new URL("./fixtures/planted-load.ts", import.meta.url));
const service = { law: "exponential", mean: 0.001 } as const;
const load = loadOf(
  { name: "planted-load", version: "1.0.0", program },
  { name: "test", arrivalRate: 10, service, servers: 1, duration: 2 },
  1,
);

/** What the program says about itself, in seconds: `hot` and `other` used, `waited` asked for. */
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
    let truth: Truth = { hot: 0, other: 0, waited: 0 };
    const run: LoadRunner = async (options) => {
      const result = (await load(options)) as { failures: { truth: string } };
      truth = JSON.parse(result.failures.truth) as Truth;
    };
    const { signal } = new AbortController();
    const { capture, readings, target } = await takeProfile({
      profiler: "bpftrace",
      hz: 499,
      seconds: 5,
      signal,
      run,
    });
    const account = accountFor(capture, readings);
    expect(account).toMatchObject({ state: "ok", reasons: [] });
    expect(account.unknownFrames).toBeLessThanOrEqual(0.5);

    // On the CPU: the main thread's share against its own CPU clock, within three points.
    const main = capture.samples.filter((one) => one.thread === target && has(one, /^main\b/));
    const hotShare = main.filter((one) => isHot(one)).length / main.length;
    expect(Math.abs(hotShare - truth.hot / (truth.hot + truth.other))).toBeLessThan(0.03);

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

    if (status.state === "degraded") return context.skip(`bpftrace: ${status.reason}`);

    // Off the CPU, in a run of its own. libc hides the caller of its waiting: V8's frames name it then.
    const waiting = await takeWaiting({ seconds: 5, signal, run });
    if ("problem" in waiting) throw new Error(waiting.problem);
    const { signals } = waiting;
    const waits = signals.blocked.filter(
      (one) =>
        one.thread === waiting.target && has(one, /FutexEmulation|ConditionVariable|^plantedWait/),
    );
    const waited = waits.reduce((sum, one) => sum + (one.lastsNs ?? 0), 0) / 1e9;
    const whole = truth.hot + truth.other + truth.waited;
    expect(Math.abs(waited / whole - truth.waited / whole)).toBeLessThan(0.03);
    expect(signals.runQueue.reduce((sum, one) => sum + one.count, 0)).toBeGreaterThan(10);
    expect(signals.syscalls.length).toBeGreaterThan(3);
  });
});
