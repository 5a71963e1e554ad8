import { afterEach, describe, expect, test, vi } from "vitest";

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Exhibit, FlameNode } from "../../core/exhibit.ts";
import type { OperatingPoint } from "../../core/subject.ts";
import { detectProfiler } from "../../sim/profile/detect.ts";
import { engine } from "../../sim/profile/engine.ts";
import { fakePath, type FakePath } from "./fixtures/fakes.ts";
import { busySubject, makeContext, obligationOf } from "./fixtures/subject.ts";

const subject = busySubject();
const check = (options: Record<string, string>, signal?: AbortSignal) =>
  engine.check(obligationOf(subject), subject, makeContext(options, signal));

function claimPoint(): OperatingPoint {
  const [claim] = subject.claims;
  if (claim?.kind !== "profile") throw new TypeError("the fixture has one profile claim");
  return claim.point;
}

const flameOf = (exhibits: readonly Exhibit[]): FlameNode | null => {
  const found = exhibits.find((one) => one.kind === "flamegraph");
  return found?.kind === "flamegraph" ? found.root : null;
};

/** Samples with a frame of this function on the stack. */
function totalOf(node: FlameNode, name: RegExp): number {
  if (name.test(node.name)) return node.total;
  return node.children.reduce((sum, child) => sum + totalOf(child, name), 0);
}

describe("planning", () => {
  test("takes profile claims of queues, exclusively", () => {
    const [obligation, ...rest] = engine.plan(subject);
    expect(rest).toEqual([]);
    expect(obligation).toMatchObject({ id: "busy/cpu", engine: "profile", exclusive: true });
  });

  test("leaves every other claim alone", () => {
    expect(engine.plan({ kind: "theorem", id: "t", title: "t", theorems: [] })).toEqual([]);
    expect(engine.plan({ ...subject, claims: [] })).toEqual([]);
  });
});

test("switched off: skipped with its reason, never a pass", async () => {
  expect(await check({ profile: "off" })).toMatchObject({
    verdict: "skipped",
    reason: expect.stringContaining("--profile=off"),
  });
});

describe("input that cannot be profiled", () => {
  test("an unknown profiler, a missing system, an impossible rate", async () => {
    await expect(check({ profile: "magic" })).rejects.toMatchObject({ code: "VRF006" });
    const { system: _system, ...without } = subject;
    await expect(engine.check(obligationOf(without), without, makeContext())).rejects.toMatchObject(
      { code: "VRF501" },
    );
    const tooFast = busySubject({ hz: 5000 });
    await expect(engine.check(obligationOf(tooFast), tooFast, makeContext())).rejects.toMatchObject(
      { code: "VRF501" },
    );
  });
});

describe.skipIf(process.platform !== "linux")("a bpftrace that misbehaves", () => {
  let fake: FakePath | undefined;
  const behave = (mode: string | null): void => {
    fake = fakePath({ bpftrace: mode !== null });
    // Only the fake is found: no perf, no real bpftrace.
    vi.stubEnv("PATH", `${fake.folder}:/nowhere`);
    if (mode !== null) vi.stubEnv("FAKE_BPFTRACE", mode);
  };
  afterEach(() => {
    vi.unstubAllEnvs();
    fake?.dispose();
  });

  test("positive control: an honest stand-in passes, with an eBPF label", async () => {
    behave("honest");
    const outcome = await check({ profile: "ebpf" });
    expect(outcome).toMatchObject({ verdict: "holds-bounded", method: "measurement" });
    expect(outcome.bound).toMatchObject({ hz: 199, profiler: "bpftrace" });
  });

  test("too few samples: taken again, faster, unless the claim fixes the rate", async () => {
    behave("honest");
    const point = { ...claimPoint(), servers: 4 }; // a quarter of the CPU time
    const little = busySubject({ point });
    const outcome = await engine.check(
      obligationOf(little),
      little,
      makeContext({ profile: "ebpf" }),
    );
    expect(outcome.verdict).toBe("holds-bounded");
    expect(outcome.bound!["hz"]).toBeGreaterThan(199);
    const fixed = busySubject({ point, hz: 199 });
    const refused = await engine.check(
      obligationOf(fixed),
      fixed,
      makeContext({ profile: "ebpf" }),
    );
    expect(refused.verdict).toBe("inconclusive");
    expect(refused.reason).toMatch(/samples are too few/);
  });

  test.each([
    ["half", /the samples account for/],
    ["fast", /the samples account for/],
    ["dies", /ended before the load did \(exit code 3\)/],
    ["deaf", /had to be killed/],
  ])("%s: the profile fails its self-check", async (mode, reason) => {
    behave(mode);
    const outcome = await check({ profile: "ebpf" });
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toMatch(reason);
    expect(flameOf(outcome.exhibits)).toBeNull();
  });

  test.each([
    ["refuses", /ended before it sampled \(exit code 1\): ERROR: bpftrace currently only/],
    ["silent", /did not deliver a tick/],
    [null, /not installed/],
  ])("%s: --profile=ebpf fails for lack of its environment", async (mode, reason) => {
    behave(mode);
    const outcome = await check({ profile: "ebpf" });
    expect(outcome.verdict).toBe("error");
    expect(outcome.reason).toMatch(reason);
    expect(outcome.diagnostics.map(({ code }) => code)).toEqual(["VRF601"]);
  });

  test("auto falls back to V8 and says so everywhere", async () => {
    behave("refuses");
    const outcome = await check({ profile: "auto" });
    expect(outcome.verdict).toBe("holds-bounded");
    expect(outcome.bound).toMatchObject({ profiler: "V8 CPU profiler" });
    expect(outcome.assumptions.join("\n")).toMatch(/fallback, because bpftrace is unavailable/);
    expect(outcome.evidence).toMatch(/a fallback/);
    expect(outcome.exhibits[0]).toMatchObject({
      kind: "flamegraph",
      title: expect.stringContaining("fallback: V8"),
      provenance: expect.stringContaining("wall time"),
    });
  });

  test("stopped from outside in the middle: no result", async () => {
    behave("honest");
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1500);
    const outcome = await check({ profile: "ebpf" }, controller.signal);
    expect(outcome).toMatchObject({ verdict: "inconclusive" });
    expect(outcome.reason).toMatch(/stopped before/);
  });
});

describe("the V8 profiler", () => {
  test("finds the planted function and accounts for the time", async () => {
    const outcome = await check({ profile: "v8" });
    expect(outcome.verdict).toBe("holds-bounded");
    const root = flameOf(outcome.exhibits)!;
    const share = totalOf(root, /^plantedHot\b/) / root.total;
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.75);
  });
});

describe("profilers that attach here", () => {
  test.for([
    ["ebpf", "bpftrace"],
    ["perf", "perf"],
  ] as const)(
    "%s finds the planted function and accounts for the CPU time",
    async ([mode, name], context) => {
      const status = await detectProfiler(name);
      if (status.state === "unavailable") return context.skip(`${name}: ${status.reason}`);
      const outDir = mkdtempSync(path.join(tmpdir(), "verify-profile-test-"));
      try {
        const outcome = await check({ profile: mode, outDir });
        expect(outcome.reason).toBe("");
        expect(outcome.verdict).toBe("holds-bounded");
        const root = flameOf(outcome.exhibits)!;
        const share = totalOf(root, /^plantedHot\b/) / root.total;
        expect(share).toBeGreaterThan(0.45);
        expect(share).toBeLessThan(0.75);
        const files = readdirSync(path.join(outDir, "profile", "busy-cpu")).sort();
        expect(files.filter((file) => file !== "off-cpu.folded")).toEqual([
          "profile.folded",
          "profile.otlp.pb",
          "profile.pb.gz",
        ]);
        const folded = readFileSync(path.join(outDir, "profile/busy-cpu/profile.folded"), "utf8");
        expect(folded).toMatch(/;plantedHot[^;]* \d+$/m);
      } finally {
        rmSync(outDir, { recursive: true, force: true });
      }
    },
  );
});

describe("replay", () => {
  test("takes the profile again", async () => {
    const counterexample = {
      message: "",
      at: {},
      trace: { "#meta": {}, vars: [], states: [] } as never,
      recipe: null,
    };
    const replayed = await engine.replay(
      obligationOf(subject),
      subject,
      counterexample,
      makeContext({ profile: "v8" }),
    );
    expect(replayed.kind).toBe("passes");
  });
});
