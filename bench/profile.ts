/**
 * Profiles: how true they are, and what they cost. Rounds of the cost are interleaved and paired, with
 * an A/A control in the same run; the interval is the one for equivalence: 95 %, of the ratio.
 * PROFILE_ROUNDS sets the number of rounds (default 10, about 13 s each).
 */

import { fileURLToPath } from "node:url";

import { otelExporterQueue } from "../adapters/otel-exporter-queue.ts";
import type { MeasuredSystem, OperatingPoint } from "../core/subject.ts";
import type { LoadResult } from "../sim/load/result.ts";
import { runLoad } from "../sim/load/run.ts";
import { accountFor } from "../sim/profile/account.ts";
import { startBpftrace } from "../sim/profile/bpftrace.ts";
import { detectProfiler } from "../sim/profile/detect.ts";
import type { StackSample } from "../sim/profile/capture.ts";
import { takeProfile, type Taken } from "../sim/profile/take.ts";
import { studentQuantile } from "../sim/queue/student.ts";
import { alone, median, type BenchArea, type BenchCase } from "./case.ts";

const signal = new AbortController().signal;
const service = { law: "exponential", mean: 0.005 } as const;
const hz = 99;
type Report = (result: BenchCase) => void;

async function profiled(
  system: MeasuredSystem,
  point: OperatingPoint,
  rate: number,
): Promise<{ taken: Taken; result: LoadResult }> {
  let result: LoadResult | null = null;
  const taken = await takeProfile({
    profiler: "bpftrace",
    hz: rate,
    seconds: point.duration,
    signal,
    run: async (options) => {
      result = await runLoad(system, point, { seed: 7, pacing: "timer", ...options });
    },
  });
  return { taken, result: result! };
}

/** The exporter at its limit: samples against CPU time, and names. */
async function fidelity(report: Report): Promise<void> {
  const point = { name: "busy", arrivalRate: 6000, service, servers: 100, duration: 10 };
  const { taken } = await profiled(otelExporterQueue, point, hz);
  const account = accountFor(taken.capture, taken.readings);
  const cpu = account.measured[0];
  const name = `exporter at ${point.arrivalRate}/s, ${hz} Hz`;
  const add = (metric: string, value: number, unit: string): void =>
    report(alone(name, metric, value, unit, account.samples));
  add("samples / rate by CPU time", account.sampledSeconds / cpu, "ratio");
  add(
    "the same with the ticks left out",
    (account.sampledSeconds + (account.missedSeconds ?? 0)) / cpu,
    "ratio",
  );
  add("frames without a name", account.unknownFrames, "%");
  add("frames with only a library name", account.namelessFrames, "%");
  add("stacks cut off", account.truncatedStacks, "%");
  add("self-check holds", account.state === "ok" ? 1 : 0, "");
}

const has = (sample: StackSample, name: RegExp): boolean =>
  sample.frames.some((frame) => name.test(frame.name));

/** A planted function with 30 % of the time and a wait with 20 %, against the program's own clocks. */
async function planted(report: Report): Promise<void> {
  const program = fileURLToPath(
    new URL("../test/profile/fixtures/planted-load.ts", import.meta.url),
  );
  const system = { name: "planted", version: "1", program };
  const point = { name: "planted", arrivalRate: 10, service, servers: 1, duration: 2 };
  const { taken, result } = await profiled(system, point, 199);
  const truth = JSON.parse(String(result.failures["truth"])) as Record<
    "hot" | "other" | "waited",
    number
  >;
  const whole = truth.hot + truth.other + truth.waited;
  const main = taken.capture.samples.filter(
    (one) => one.thread === taken.target && has(one, /^main\b/),
  );
  const onCpu = (truth.hot + truth.other) / whole;
  const hot = (main.filter((one) => has(one, /^plantedHot\b/)).length / main.length) * onCpu;
  const waited = (taken.capture.signals?.blocked ?? [])
    .filter(
      (one) =>
        one.thread === taken.target && has(one, /FutexEmulation|ConditionVariable|^plantedWait/),
    )
    .reduce((sum, one) => sum + (one.lastsNs ?? 0) / 1e9, 0);
  const points = (share: number): number => 100 * share;
  report(alone("planted function", "share of the time, true", points(truth.hot / whole), "%"));
  report(alone("planted function", "share of the time, sampled", points(hot), "%", main.length));
  report(alone("planted wait", "share of the time, true", points(truth.waited / whole), "%"));
  report(alone("planted wait", "share of the time, off-CPU view", points(waited / whole), "%"));
}

const conditions = ["base", "base again", "samples", "samples and tracepoints"] as const;

/** CPU time per request of one run, in microseconds. */
async function cost(condition: (typeof conditions)[number], seed: number): Promise<number> {
  const point = { name: "cost", arrivalRate: 2000, service, servers: 100, duration: 2.5 };
  const isProfiled = condition.startsWith("samples");
  let stop: (() => Promise<unknown>) | null = null;
  const result = await runLoad(otelExporterQueue, point, {
    seed,
    pacing: "timer",
    nodeArgs: isProfiled
      ? ["--perf-basic-prof", "--interpreted-frames-native-stack", "--logfile=/dev/null"]
      : [],
    async onSpawn(pid) {
      if (!isProfiled) return;
      const tracepoints = condition !== "samples";
      const sampler = await startBpftrace({ pid, hz, maxSeconds: 5, tracepoints });
      stop = () => sampler.stop();
    },
  });
  await (stop as (() => Promise<unknown>) | null)?.();
  return ((result.record.cpu.user + result.record.cpu.system) / result.completed) * 1e6;
}

async function overhead(report: Report): Promise<void> {
  const rounds = Number(process.env["PROFILE_ROUNDS"] ?? 10);
  const costs: Record<(typeof conditions)[number], number[]> = {
    base: [],
    "base again": [],
    samples: [],
    "samples and tracepoints": [],
  };
  for (let round = 0; round < rounds; round++) {
    // Another order in every round: what follows what must not matter.
    for (let index = 0; index < conditions.length; index++) {
      const condition = conditions[(index + round) % conditions.length]!;
      costs[condition].push(await cost(condition, round + 1));
    }
  }
  for (const condition of conditions) {
    report(alone(condition, "CPU per request, median", median(costs[condition]), "µs", rounds));
  }
  for (const condition of conditions.slice(1)) {
    const logs = costs[condition].map((value, round) => Math.log(value / costs.base[round]!));
    const mean = logs.reduce((sum, value) => sum + value, 0) / rounds;
    const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (rounds - 1);
    const radius = studentQuantile(0.975, rounds - 1) * Math.sqrt(variance / rounds);
    const change = (log: number): number => 100 * (Math.exp(log) - 1);
    const name = condition === "base again" ? "A/A control" : `${condition} at ${hz} Hz`;
    report(alone(name, "change of CPU per request", change(mean), "%", rounds));
    report(alone(name, "95 % interval, lower end", change(mean - radius), "%", rounds));
    report(alone(name, "95 % interval, upper end", change(mean + radius), "%", rounds));
  }
}

const area: BenchArea = {
  async run(report) {
    const status = await detectProfiler("bpftrace");
    if (status.state !== "available") {
      console.log(`bpftrace is ${status.state} here: ${status.reason}`);
      return;
    }
    const only = process.env["PROFILE_BENCH"]?.split(",");
    const wanted = (name: string): boolean => only === undefined || only.includes(name);
    if (wanted("fidelity")) await fidelity(report);
    if (wanted("planted")) await planted(report);
    if (wanted("overhead")) await overhead(report);
  },
};

export default area;
