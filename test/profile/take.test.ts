import { describe, expect, test } from "vitest";

import { existsSync, readdirSync } from "node:fs";

import { accountFor } from "../../sim/profile/account.ts";
import { profilerNames } from "../../sim/profile/capture.ts";
import { detectProfiler, detectProfilers } from "../../sim/profile/detect.ts";
import { readMode, chooseProfiler } from "../../sim/profile/ladder.ts";
import { perfMapPath } from "../../sim/profile/perf-map.ts";
import { loadOf, takeProfile, type LoadRunner } from "../../sim/profile/take.ts";
import { busySubject } from "./fixtures/subject.ts";

const subject = busySubject();
const claim = subject.claims[0]!;
if (claim.kind !== "profile") throw new TypeError("the fixture has one profile claim");
const load = loadOf(subject.system!, claim.point, 1);
const { signal } = new AbortController();

/** Logs of V8 in the working directory. */
const logsOf = (pid: number): string[] =>
  readdirSync(".").filter((name) => name.startsWith("isolate-") && name.includes(`-${pid}-`));

describe.for(profilerNames)("a profile taken with %s", (name) => {
  test("is right, is wrong with half of its samples, and leaves nothing behind", async (context) => {
    const status = await detectProfiler(name);
    if (status.state === "unavailable") return context.skip(`${name}: ${status.reason}`);
    let pid = 0;
    const run: LoadRunner = (options) =>
      load({
        ...options,
        onSpawn(spawned) {
          pid = spawned;
          return options.onSpawn(spawned);
        },
      });
    const { capture, readings } = await takeProfile({
      profiler: name,
      hz: 199,
      seconds: 2,
      signal,
      run,
    });
    expect(accountFor(capture, readings)).toMatchObject({ state: "ok", reasons: [] });
    // Wall time has no limits as sharp as that: on a crowded machine half of it may be waiting.
    if (name !== "v8") {
      const half = capture.samples.filter((_, index) => index % 2 === 0);
      expect(accountFor({ ...capture, samples: half }, readings).state).toBe("unusable");
      expect(accountFor({ ...capture, hz: 99 }, readings).state).toBe("unusable");
    }
    expect(accountFor({ ...capture, samples: [] }, readings).state).toBe("broken");
    expect(pid).toBeGreaterThan(0);
    expect(existsSync(perfMapPath(pid))).toBe(false);
    expect(logsOf(pid)).toEqual([]);
  });

  test("a load that fails is not profiled, and leaves nothing behind", async (context) => {
    const status = await detectProfiler(name);
    if (status.state === "unavailable") return context.skip(`${name}: ${status.reason}`);
    let pid = 0;
    const failing: LoadRunner = (options) =>
      load({
        ...options,
        async onSpawn(spawned) {
          pid = spawned;
          await options.onSpawn(spawned);
          throw new Error("the load broke");
        },
      });
    const taking = takeProfile({ profiler: name, hz: 199, seconds: 2, signal, run: failing });
    await expect(taking).rejects.toThrow("the load broke");
    expect(existsSync(perfMapPath(pid))).toBe(false);
  });
});

describe("detection", () => {
  test("gives every profiler a state with its evidence", async () => {
    const found = await detectProfilers();
    expect(found.map((one) => one.name)).toEqual(profilerNames);
    for (const one of found) {
      expect(one.reason === "").toBe(one.state === "available");
      // What is said to work was seen to deliver samples.
      if (one.state !== "unavailable") expect(one.evidence.join()).toMatch(/[1-9]\d* samples/);
    }
  });

  test("the ladder takes the first that works and remembers what it passed over", async () => {
    const status = (name: (typeof profilerNames)[number], state: "degraded" | "unavailable") => ({
      name,
      title: name,
      state,
      reason: "because",
      help: "",
      evidence: [],
    });
    const auto = await chooseProfiler(readMode(undefined), (name) =>
      Promise.resolve(status(name, name === "v8" ? "degraded" : "unavailable")),
    );
    expect(auto.chosen?.name).toBe("v8");
    expect(auto.passedOver.map((one) => one.name)).toEqual(["bpftrace", "perf"]);
    const only = await chooseProfiler(readMode("ebpf"), (name) =>
      Promise.resolve(status(name, "unavailable")),
    );
    expect(only.chosen).toBeNull();
    expect(only.tried.map((one) => one.name)).toEqual(["bpftrace"]);
  });
});
