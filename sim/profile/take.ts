/** One profiled run of a real system under load, from attaching to named stacks. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import { startBpftrace } from "./bpftrace.ts";
import type {
  Capture,
  ProfilerName,
  RawCapture,
  RawSample,
  Sampler,
  StackSample,
} from "./capture.ts";
import { isRecord } from "./json.ts";
import type { SpanInterval } from "./otlp.ts";
import { parsePerfMap, removePerfMap, takePerfMap } from "./perf-map.ts";
import { startPerf } from "./perf.ts";
import { monotonicNs, ProcessWatch, type CpuReading } from "./proc.ts";
import { makeSymboliser } from "./symbolise.ts";
import { tracefs } from "./tracefs.ts";
import { readCpuProfiles, v8Arguments } from "./v8.ts";

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
const stackArguments = (folder: string): string[] => [
  "--perf-basic-prof",
  "--interpreted-frames-native-stack",
  `--logfile=${path.join(folder, "v8.log")}`,
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
      nodeArgs: stackArguments(folder),
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
        if (options.profiler === "bpftrace" && (await tracefs()).state !== "unavailable") {
          watch.follow();
        } else watch.look();
      },
    });
    const [attached, watched] = attachedParts(sampler, watch);
    watched.stop();
    const raw = await attached.stop();
    return {
      capture: name(raw, watched),
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

/** Names all frames; every process has its own mappings and its own generated code. */
function name(raw: RawCapture, watch: ProcessWatch): Capture {
  const symbolisers = new Map(
    watch
      .processes()
      .map((pid) => [
        pid,
        makeSymboliser({ mappings: watch.mappings(pid), code: takePerfMap(pid) }),
      ]),
  );
  const stranger = makeSymboliser({ mappings: [], code: parsePerfMap("") });
  const symbolise = (sample: RawSample): StackSample =>
    (symbolisers.get(sample.process) ?? stranger)(sample);
  const { signals } = raw;
  return {
    ...raw,
    samples: raw.samples.map((sample) => symbolise(sample)),
    signals:
      signals === null
        ? null
        : {
            ...signals,
            blocked: signals.blocked.map(({ totalNs, ...where }) => ({
              ...symbolise({ timeNs: raw.fromNs, ...where }),
              lastsNs: totalNs,
            })),
          },
  };
}

function attachedParts(
  sampler: Sampler | null,
  watch: ProcessWatch | null,
): [Sampler, ProcessWatch] {
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
        missed: null,
        followsChildren: false,
        samples,
        signals: null,
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
