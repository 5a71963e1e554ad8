/** One profiled run of a real system under load, from attaching to named stacks. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import { startBpftrace } from "./bpftrace.ts";
import type {
  Capture,
  ProfilerName,
  RawSample,
  RawSignals,
  Sampler,
  Signals,
  StackSample,
} from "./capture.ts";
import { isRecord } from "./json.ts";
import type { SpanInterval } from "./otlp.ts";
import { parsePerfMap, removePerfMap, takePerfMap } from "./perf-map.ts";
import { startPerf } from "./perf.ts";
import { monotonicNs, ProcessWatch, type CpuReading } from "./proc.ts";
import { makeSymboliser } from "./symbolise.ts";
import { readCpuProfiles, v8Arguments } from "./v8.ts";
import { watchWaiting, type WaitingWatch } from "./watch-waiting.ts";

/** Starts the system in a process of its own, calls `onSpawn` before the load, ends with the load. */
export type LoadRunner = (options: {
  readonly nodeArgs: readonly string[];
  readonly onSpawn: (pid: number) => Promise<void>;
  readonly signal: AbortSignal;
}) => Promise<unknown>;

export interface TakeOptions {
  readonly profiler: ProfilerName;
  readonly hz: number;
  /** Expected length of the run in seconds; a limit for the sampler, not for the load. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly run: LoadRunner;
}

export interface Taken {
  readonly capture: Capture;
  readonly readings: readonly CpuReading[];
  /** Wall-clock time of the first sample, nanoseconds since 1970. */
  readonly startedAt: bigint;
  /** Id of the process under load. */
  readonly target: number;
  /** Spans that were active on its main thread, as far as the load tells. */
  readonly spans: readonly SpanInterval[];
}

/** What the system waited for, in a run without samples. */
export interface Waiting {
  readonly signals: Signals;
  /** Id of the process under load. */
  readonly target: number;
  /** Seconds watched. */
  readonly seconds: number;
}

/** The load of a measured system, in sim/load; loaded late because most runs profile nothing. */
export const loadOf =
  (system: MeasuredSystem, point: OperatingPoint, seed: number): LoadRunner =>
  async (options) => {
    const { runLoad } = await import("../load/run.ts");
    // `timer` pacing: the generator shares the process, and polling would be most of the profile.
    return runLoad(system, point, { seed, pacing: "timer", ...options });
  };

/**
 * Names for generated code, and a frame of its own for every interpreted function. V8 then also opens
 * a log, which nobody needs and which would lie in the user's working directory.
 */
export const stackArguments = (log: string): string[] => [
  "--perf-basic-prof",
  "--interpreted-frames-native-stack",
  `--logfile=${log}`,
];

/**
 * @throws {AttachError} when the sampler does not attach to the process.
 * @throws whatever the load throws.
 */
export async function takeProfile(options: TakeOptions): Promise<Taken> {
  return options.profiler === "v8" ? takeWithV8(options) : takeWithStacks(options);
}

async function takeWithStacks(options: TakeOptions): Promise<Taken> {
  const folder = mkdtempSync(path.join(tmpdir(), "verify-stacks-"));
  let target = 0;
  let watch: ProcessWatch | null = null;
  let sampler: Sampler | null = null;
  let startedAt = 0n;
  const { hz, signal } = options;
  try {
    const result = await options.run({
      nodeArgs: stackArguments(path.join(folder, "v8.log")),
      signal,
      async onSpawn(pid) {
        target = pid;
        watch = new ProcessWatch(pid);
        sampler =
          options.profiler === "perf"
            ? await startPerf({ pid, hz, signal })
            : await startBpftrace({ pid, hz, maxSeconds: options.seconds, signal });
        startedAt = BigInt(Date.now()) * 1_000_000n;
        sampler.onChild = (tid) => watch?.addTask(tid);
        if (sampler.followsChildren) watch.follow();
        else watch.look();
      },
    });
    const [attached, watched] = attachedParts<Sampler>(sampler, watch);
    watched.stop();
    const raw = await attached.stop();
    const symbolise = namer(watched);
    return {
      capture: { ...raw, samples: raw.samples.map((sample) => symbolise(sample)) },
      readings: watched.readings,
      startedAt,
      target,
      spans: spansOf(result, target),
    };
  } finally {
    (watch as ProcessWatch | null)?.stop();
    // After a failure of the load the sampler is still there; stopping twice does no harm.
    await (sampler as Sampler | null)?.stop();
    if (target !== 0) removePerfMap(target);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The spans of a load record (core/load.ts); other results of a load have none. */
function spansOf(result: unknown, thread: number): SpanInterval[] {
  const record = isRecord(result) && isRecord(result["record"]) ? result["record"] : {};
  const { originNs, sent, spans } = record;
  if (typeof originNs !== "number" || !Array.isArray(sent) || !Array.isArray(spans)) return [];
  return spans.flatMap((span: unknown, index): SpanInterval[] => {
    const from: unknown = sent[index];
    if (!isRecord(span) || typeof from !== "number") return [];
    const { traceId, spanId, returned } = span;
    if (typeof traceId !== "string" || typeof spanId !== "string") return [];
    if (typeof returned !== "number") return [];
    const at = (seconds: number): number => originNs + seconds * 1e9;
    return [{ thread, traceId, spanId, fromNs: at(from), toNs: at(returned) }];
  });
}

/**
 * Runs the load once more, under the tracepoints of waiting instead of the sampler: they would slow it
 * down by a tenth, and the samples would show that work as the system's own.
 * @throws {AttachError} when bpftrace or its tracepoints cannot be used.
 */
export async function takeWaiting(
  options: Omit<TakeOptions, "profiler" | "hz">,
): Promise<Waiting | { readonly problem: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), "verify-stacks-"));
  const { signal, seconds } = options;
  let target = 0;
  let watch: ProcessWatch | null = null;
  let waiting: WaitingWatch | null = null;
  try {
    await options.run({
      nodeArgs: stackArguments(path.join(folder, "v8.log")),
      signal,
      async onSpawn(pid) {
        target = pid;
        watch = new ProcessWatch(pid);
        waiting = await watchWaiting({ pid, maxSeconds: seconds, signal });
        waiting.onChild = (tid) => watch?.addTask(tid);
        watch.follow();
      },
    });
    const [attached, watched] = attachedParts<WaitingWatch>(waiting, watch);
    watched.stop();
    const { signals, fromNs, toNs, problem } = await attached.stop();
    if (signals === null) return { problem: problem ?? "bpftrace told nothing" };
    return { signals: named(signals, namer(watched)), target, seconds: (toNs - fromNs) / 1e9 };
  } finally {
    (watch as ProcessWatch | null)?.stop();
    await (waiting as WaitingWatch | null)?.stop();
    if (target !== 0) removePerfMap(target);
    rmSync(folder, { recursive: true, force: true });
  }
}

const named = (signals: RawSignals, symbolise: (sample: RawSample) => StackSample): Signals => ({
  ...signals,
  blocked: signals.blocked.map(({ totalNs, ...where }) => ({
    ...symbolise({ timeNs: 0, ...where }),
    lastsNs: totalNs,
  })),
});

/** Names frames; every process has its own mappings and its own generated code. */
function namer(watch: ProcessWatch): (sample: RawSample) => StackSample {
  const symbolisers = new Map(
    watch
      .processes()
      .map((pid) => [
        pid,
        makeSymboliser({ mappings: watch.mappings(pid), code: takePerfMap(pid) }),
      ]),
  );
  const stranger = makeSymboliser({ mappings: [], code: parsePerfMap("") });
  return (sample) => (symbolisers.get(sample.process) ?? stranger)(sample);
}

function attachedParts<Attached>(
  sampler: Attached | null,
  watch: ProcessWatch | null,
): [Attached, ProcessWatch] {
  if (sampler === null || watch === null) {
    throw new TypeError("the load ended without telling the process to be profiled");
  }
  return [sampler, watch];
}

async function takeWithV8(options: TakeOptions): Promise<Taken> {
  const folder = mkdtempSync(path.join(tmpdir(), "verify-v8-"));
  let target = 0;
  let watch: ProcessWatch | null = null;
  let spawnedNs = 0;
  let startedAt = 0n;
  try {
    const result = await options.run({
      nodeArgs: v8Arguments(folder, options.hz),
      signal: options.signal,
      onSpawn(pid) {
        target = pid;
        spawnedNs = monotonicNs();
        startedAt = BigInt(Date.now()) * 1_000_000n;
        watch = new ProcessWatch(pid);
        return Promise.resolve();
      },
    });
    const profile = readCpuProfiles(folder).find((one) => one.pid === target && one.thread === 0);
    const fromNs = profile?.fromNs ?? spawnedNs;
    const toNs = profile?.toNs ?? monotonicNs();
    const all = (profile?.samples.length ?? 0) + (profile?.idle ?? 0);
    // V8 also recorded the start of the process, which is no part of the load.
    const samples = profile?.samples.filter((one) => one.timeNs >= spawnedNs) ?? [];
    return {
      capture: {
        profiler: "v8",
        version: `Node ${process.version}`,
        hz: options.hz,
        effectiveHz: all < 2 || toNs <= fromNs ? null : all / ((toNs - fromNs) / 1e9),
        lost: 0,
        attachMs: 0,
        fromNs: Math.max(fromNs, spawnedNs),
        toNs,
        problem: profile === undefined ? "the process ended without writing its V8 profile" : null,
        ticksKept: false, // on wall time, and late ones are not made up for
        followsChildren: false,
        samples,
      },
      readings: (watch as ProcessWatch | null)?.readings ?? [],
      startedAt,
      target,
      spans: spansOf(result, target),
    };
  } finally {
    (watch as ProcessWatch | null)?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
