/**
 * Profiles: how true they are, and what they cost. PROFILE_BENCH picks from fidelity, planted, overhead
 * (and waiting: overhead of its tracepoints, too). PROFILE_RUNS sets the number of fidelity runs
 * (default 3, 20 s each), PROFILE_BLOCKS the number of blocks of the overhead (default 4, about 9 s
 * each), PROFILE_MINUTES how long it may go on with new ones.
 */

import { fileURLToPath } from "node:url";

import { otelExporterQueue } from "../adapters/otel-exporter-queue.ts";
import type { MeasuredSystem, OperatingPoint } from "../core/subject.ts";
import { accountFor } from "../sim/profile/account.ts";
import type { StackSample } from "../sim/profile/capture.ts";
import { detectProfiler } from "../sim/profile/detect.ts";
import { loadOf, takeProfile, takeWaiting, type LoadRunner } from "../sim/profile/take.ts";
import { alone, type BenchArea, type BenchCase } from "./case.ts";
import { overhead } from "./parts/profile-cost.ts";

const signal = new AbortController().signal;
const service = { law: "exponential", mean: 0.005 } as const;
type Report = (result: BenchCase) => void;

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../test/profile/fixtures/${name}.ts`, import.meta.url));

const share = (samples: readonly StackSample[], test: (one: StackSample) => boolean): number =>
  (100 * samples.filter((one) => test(one)).length) / samples.length;

/**
 * The exporter under load, with a worker thread and a child process, at 99 Hz: samples against CPU
 * time in every single run. 1,500 samples and more, so that chance is well below the 5 % asked for.
 */
async function fidelity(report: Report): Promise<void> {
  const hz = 99;
  const runs = Number(process.env["PROFILE_RUNS"] ?? 3);
  const system: MeasuredSystem = { ...otelExporterQueue, program: fixture("family-load") };
  const ratios: number[] = [];
  for (let run = 1; run <= runs; run++) {
    const point = { name: "busy", arrivalRate: 4000, service, servers: 500, duration: 18 };
    const { capture, readings, target } = await takeProfile({
      profiler: "bpftrace",
      hz,
      seconds: point.duration,
      signal,
      run: loadOf(system, point, run),
    });
    const account = accountFor(capture, readings);
    const ratio = account.sampledSeconds / account.measured[0];
    ratios.push(ratio);
    const name = `exporter, worker and child, ${hz} Hz, run ${run}`;
    const add = (metric: string, value: number, unit: string): void =>
      report(alone(name, metric, value, unit, account.samples));
    add("samples / rate by CPU time", ratio, "ratio");
    add("CPU time", account.measured[0], "s");
    add("frames without a name", account.unknownFrames, "%");
    add("frames with only a library name", account.namelessFrames, "%");
    add("stacks cut off", account.truncatedStacks, "%");
    for (const type of ["js", "native", "kernel"] as const) {
      const typed = (one: StackSample): boolean => one.frames.some((frame) => frame.type === type);
      add(`samples with a frame that is ${type}`, share(capture.samples, typed), "%");
    }
    const inWorker = (one: StackSample): boolean =>
      one.process === target && has(one, /^workerAlong\b/);
    add("samples of the worker", share(capture.samples, inWorker), "%");
    const inChild = (one: StackSample): boolean =>
      one.process !== target && has(one, /^childAlong\b/);
    add("samples of the child", share(capture.samples, inChild), "%");
    add("self-check holds", account.state === "ok" ? 1 : 0, "");
  }
  const worst = Math.max(...ratios.map((one) => Math.abs(one - 1)));
  report(alone(`all ${runs} runs`, "largest distance of the ratio from 1", 100 * worst, "%", runs));
}

const has = (sample: StackSample, name: RegExp): boolean =>
  sample.frames.some((frame) => name.test(frame.name));

/** A planted function with 30 % of the time and a wait with 20 %, against the program's own clocks. */
async function planted(report: Report): Promise<void> {
  const system = { name: "planted", version: "1", program: fixture("planted-load") };
  const point: OperatingPoint = {
    name: "planted",
    arrivalRate: 10,
    service,
    servers: 1,
    duration: 2,
  };
  const load = loadOf(system, point, 7);
  let truth: Record<"hot" | "other" | "waited", number> = { hot: 0, other: 0, waited: 0 };
  const run: LoadRunner = async (options) => {
    const result = (await load(options)) as { failures: { truth: string } };
    truth = JSON.parse(result.failures.truth) as typeof truth;
  };
  const whole = (): number => truth.hot + truth.other + truth.waited;
  const taken = await takeProfile({ profiler: "bpftrace", hz: 199, seconds: 5, signal, run });
  const main = taken.capture.samples.filter(
    (one) => one.thread === taken.target && has(one, /^main\b/),
  );
  const onCpu = (truth.hot + truth.other) / whole();
  const hot = onCpu * share(main, (one) => has(one, /^plantedHot\b/));
  report(alone("planted function", "share of the time, true", (100 * truth.hot) / whole(), "%"));
  report(alone("planted function", "share of the time, sampled", hot, "%", main.length));
  const waiting = await takeWaiting({ seconds: 5, signal, run });
  if ("problem" in waiting) throw new Error(waiting.problem);
  const waited = waiting.signals.blocked
    .filter(
      (one) =>
        one.thread === waiting.target && has(one, /FutexEmulation|ConditionVariable|^plantedWait/),
    )
    .reduce((sum, one) => sum + (one.lastsNs ?? 0) / 1e9, 0);
  report(alone("planted wait", "share of the time, true", (100 * truth.waited) / whole(), "%"));
  report(alone("planted wait", "share of the time, off-CPU view", (100 * waited) / whole(), "%"));
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
    if (wanted("overhead")) await overhead(report, only?.includes("waiting") === true);
  },
};

export default area;
