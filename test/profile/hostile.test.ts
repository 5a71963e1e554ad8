/** What becomes of a profile when the tool is killed or hangs, and when there are no privileges. */

import { describe, expect, test } from "vitest";

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { otelExporterQueue } from "../../adapters/otel-exporter-queue.ts";
import { accountFor } from "../../sim/profile/account.ts";
import { faultsOf } from "../../sim/profile/account-check.ts";
import { detectProfiler, type ProfilerStatus } from "../../sim/profile/detect.ts";
import { takeAccount } from "../../sim/profile/take-account.ts";
import { loadOf, takeProfile } from "../../sim/profile/take.ts";
import { tracefs } from "../../sim/profile/tracefs.ts";
import { busySubject } from "./fixtures/subject.ts";

const service = { law: "exponential", mean: 0.005 } as const;
const { signal } = new AbortController();

let found: Promise<ProfilerStatus> | undefined;
/** Tried once: it takes seconds. */
const status = (): Promise<ProfilerStatus> => (found ??= detectProfiler("bpftrace"));

/** The bpftrace that this process has started. */
function ownBpftrace(): number {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, "utf8");
    } catch {
      continue; // gone
    }
    const [, comm, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (comm === "bpftrace" && Number(parent) === process.pid) return Number(name);
  }
  throw new Error("no bpftrace of ours");
}

describe("bpftrace in the middle of a run", () => {
  test.for([
    ["killed", "SIGKILL", /bpftrace ended before the load did \(signal SIGKILL\)/],
    ["hung", "SIGSTOP", /had to be killed/],
  ] as const)("%s: the run ends, and the profile says so", async ([, kill, reason], context) => {
    const { state, reason: why } = await status();
    if (state === "unavailable") return context.skip(`bpftrace: ${why}`);
    const subject = busySubject();
    const [claim] = subject.claims;
    if (claim?.kind !== "profile") throw new TypeError("the fixture has one profile claim");
    const load = loadOf(subject.system!, claim.point, 1);
    const { capture, readings } = await takeProfile({
      profiler: "bpftrace",
      hz: 199,
      seconds: 2,
      signal,
      run: (options) =>
        load({
          ...options,
          async onSpawn(pid) {
            await options.onSpawn(pid);
            process.kill(ownBpftrace(), kill);
          },
        }),
    });
    expect(capture.problem).toMatch(reason);
    expect(accountFor(capture, readings).state).not.toBe("ok");
  });

  test("an account says so too", async (context) => {
    if ((await tracefs()).state === "unavailable") return context.skip("no tracepoints");
    const { state, reason } = await status();
    if (state !== "available") return context.skip(`bpftrace: ${reason}`);
    const point = { name: "p", arrivalRate: 200, service, servers: 1, duration: 1 };
    const run = await takeAccount(otelExporterQueue, point, {
      seed: 1,
      signal,
      onSpawn: () => void process.kill(ownBpftrace(), "SIGKILL"),
    });
    expect(faultsOf(run).join()).toMatch(/bpftrace ended before the load did/);
  });
});

describe("without privileges", () => {
  const script = fileURLToPath(new URL("./fixtures/check-busy.ts", import.meta.url));
  const asNobody = (mode: string) =>
    spawnSync(
      "setpriv",
      ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, script, mode],
      { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "" } },
    );

  test("the run completes with less, says what and why; by name it refuses", (context) => {
    if (process.getuid?.() !== 0) return context.skip("not root: every other test shows it");
    const auto = asNobody("auto");
    if (auto.error !== undefined) return context.skip("setpriv is not installed");
    if (/EACCES|ERR_MODULE_NOT_FOUND|Cannot find module/.test(auto.stderr)) {
      return context.skip("nobody may not read this checkout");
    }
    expect(auto.stderr).toBe("");
    const outcome = JSON.parse(auto.stdout);
    expect(["holds-bounded", "inconclusive"]).toContain(outcome.verdict);
    const assumed = outcome.assumptions.join("\n");
    expect(assumed).toMatch(/fallback, because bpftrace is unavailable: .*(root|not installed)/);
    expect(outcome.evidence).toMatch(/Trial of bpftrace: unavailable; /);
    // perf leaves the kernel out by itself there, without a word.
    if (/Taken with perf/.test(outcome.evidence)) {
      const paranoid = Number(readFileSync("/proc/sys/kernel/perf_event_paranoid", "utf8"));
      expect(/perf is degraded: no kernel frames/.test(assumed)).toBe(paranoid >= 2);
    }
    const ebpf = JSON.parse(asNobody("ebpf").stdout);
    expect(ebpf).toMatchObject({ verdict: "error", diagnostics: [{ code: "VRF601" }] });
  });
});
