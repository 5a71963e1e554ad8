/**
 * Stack sampling with bpftrace (eBPF, perf cpu-clock events): user and kernel stacks of every thread
 * of one process and, with tracepoints, of its children, on CPU time. User frames are left as addresses on purpose: bpftrace's own
 * resolver needs the process to be alive at the end, takes seconds per print on a binary as big as
 * Node, and misses remapped builtins. `symbolise.ts` names them afterwards.
 */

import { keepAwake } from "./awake.ts";
import { AttachError, type RawCapture, type RawSample, type Sampler } from "./capture.ts";
import { isRecord } from "./json.ts";
import { samplingProgram } from "./probes.ts";
import { readDescendants } from "./proc.ts";
import { parseAddresses, parseKernel } from "./signals.ts";
import { startTool, type Tool } from "./tool.ts";
import { inPrivateMount, tracefs, type Tracefs } from "./tracefs.ts";

export interface BpftraceOptions {
  /** Process to sample, as numbered in the initial PID namespace. */
  readonly pid: number;
  /** Samples per second and CPU; 49 to 999. */
  readonly hz: number;
  /** Upper limit of the run in seconds, after which the tracing program ends itself. */
  readonly maxSeconds: number;
  readonly signal?: AbortSignal;
  /** Default 20000: on a starved machine all probes were seen to need more than 4 s. */
  readonly attachTimeoutMs?: number;
  /** Default 10000: from the first interrupt to the kill. */
  readonly stopTimeoutMs?: number;
}

/** `bpftrace v0.17.0` as [0, 17]; null when bpftrace cannot be run. */
export async function bpftraceVersion(): Promise<{ text: string; raw: boolean } | null> {
  const tool = startTool("bpftrace", ["--version"], {});
  const ended = await tool.waitForEnd(5000);
  const match = /v?(\d+)\.(\d+)(\.\d+)?/.exec(tool.stdoutText());
  if (ended === null || ended.code !== 0 || match === null) {
    await tool.kill();
    return null;
  }
  // The raw stack mode came with 0.18; before it, an environment variable does the same.
  return { text: match[0], raw: Number(match[1]) > 0 || Number(match[2]) >= 18 };
}

/** A tracing program that has said READY. */
export interface Tracing {
  readonly version: string;
  /** Milliseconds from start to READY. */
  readonly attachMs: number;
  /** Ends it. Why its output cannot be trusted; null when it ended as asked. */
  stop(): Promise<string | null>;
}

/**
 * Starts a tracing program and returns once its output has told that it is attached.
 * @throws {AttachError} when bpftrace is missing, refuses, or does not get ready in time.
 */
export async function startTracing(
  options: Pick<BpftraceOptions, "signal" | "attachTimeoutMs" | "stopTimeoutMs"> & {
    readonly program: (rawMode: boolean) => string;
    readonly tracefs: Tracefs;
    /** Reads the JSON records of bpftrace as they come. */
    readonly reader: TracingReader;
  },
): Promise<Tracing> {
  const version = await bpftraceVersion();
  if (version === null) {
    throw new AttachError(
      "bpftrace is not installed, or does not answer --version",
      "install the package bpftrace and run as root",
    );
  }
  const started = performance.now();
  const { reader } = options;
  const tool = runBpftrace(
    options.program(version.raw),
    { rawMode: version.raw, privateMount: options.tracefs.state === "private" },
    (line) => readLine(reader, line),
    options.signal,
  );
  const timeoutMs = options.attachTimeoutMs ?? 20_000;
  const outcome = await tool.waitFor(() => reader.readyNs !== null, timeoutMs);
  if (outcome !== "met") {
    const why =
      outcome === "ended"
        ? `bpftrace ended before it sampled (${tool.describeEnd()})`
        : `bpftrace did not deliver a tick within ${timeoutMs} ms`;
    await tool.interrupt(1000);
    throw new AttachError(`${why}: ${quoteStderr(tool)}`, attachHelp(tool.stderrText()));
  }
  return {
    version: version.text,
    attachMs: performance.now() - started,
    async stop() {
      if (tool.ended()) return `bpftrace ended before the load did (${tool.describeEnd()})`;
      await interruptBpftrace(tool, options.stopTimeoutMs);
      if (tool.wasKilled()) return "bpftrace did not stop when asked and had to be killed";
      return reader.doneNs === null ? "bpftrace stopped without its last line" : null;
    },
  };
}

/**
 * Attaches and returns once the first tick was seen.
 * @throws {AttachError} when bpftrace is missing, refuses, or does not tick in time.
 */
export async function startBpftrace(options: BpftraceOptions): Promise<Sampler> {
  const { pid, hz, maxSeconds } = options;
  const tracing = await tracefs();
  const followsChildren = tracing.state !== "unavailable";
  const children = followsChildren ? readDescendants(pid) : [];
  const reader = new SampleReader();
  const awake = keepAwake();
  let attached: Tracing;
  try {
    attached = await startTracing({
      ...options,
      program: (rawMode) =>
        samplingProgram({
          pid,
          hz,
          children,
          followsChildren,
          rawMode,
          endAfter: maxSeconds + 20,
        }),
      tracefs: tracing,
      reader,
    });
  } catch (error) {
    awake.release();
    throw error;
  }
  const sampler: Sampler = {
    attachMs: attached.attachMs,
    followsChildren,
    async stop() {
      const problem = await attached.stop();
      awake.release();
      return {
        profiler: "bpftrace",
        version: attached.version,
        hz,
        effectiveHz: reader.effectiveHz(),
        lost: reader.lost,
        attachMs: attached.attachMs,
        fromNs: reader.readyNs ?? 0,
        toNs: reader.doneNs ?? reader.samples.at(-1)?.timeNs ?? reader.readyNs ?? 0,
        problem,
        ticksKept: awake.ticksKept,
        followsChildren,
        samples: reader.samples,
      } satisfies RawCapture;
    },
  };
  reader.onChild = (tid) => sampler.onChild?.(tid);
  return sampler;
}

/**
 * Once it has ticked, bpftrace listens to SIGINT. Detaching takes seconds on a busy machine, and a
 * second SIGINT in that time would end it before it has printed its maps.
 */
export const interruptBpftrace = (tool: Tool, patienceMs = 10_000): Promise<void> =>
  tool.interrupt(patienceMs, 4000);

/** Starts a tracing program; lines of its JSON output come as they are printed. */
export function runBpftrace(
  program: string,
  how: { readonly rawMode: boolean; readonly privateMount: boolean },
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Tool {
  const plain = ["bpftrace", "-f", "json", "-e", program];
  const [command, ...args] = how.privateMount ? inPrivateMount(plain) : plain;
  return startTool(command!, args, {
    env: {
      ...(how.rawMode ? {} : { BPFTRACE_NO_USER_SYMBOLS: "1" }),
      BPFTRACE_PERF_RB_PAGES: "512",
      // The default of 4096 stacks and threads is soon full; the second is its newer name.
      BPFTRACE_MAP_KEYS_MAX: "65536",
      BPFTRACE_MAX_MAP_KEYS: "65536",
    },
    onLine,
    ...(signal === undefined ? {} : { signal }),
  });
}

function quoteStderr(tool: Tool): string {
  const lines = tool
    .stderrText()
    .split("\n")
    // Harmless without CAP_SYS_RESOURCE, and always there.
    .filter((line) => line.trim() !== "" && !line.includes("RLIMIT_MEMLOCK"));
  return lines.length === 0 ? "no message" : lines.slice(0, 3).join(" / ").slice(0, 300);
}

function attachHelp(stderr: string): string {
  if (/root/i.test(stderr)) return "run as root (bpftrace refuses anyone else)";
  if (/not permitted|permission/i.test(stderr)) {
    return "run as root with CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), outside a restricted container";
  }
  return "run `bpftrace -e 'profile:hz:99 { @ = count(); }'` as root to see why";
}

/** What a tracing program says; a program prints `READY` and `DONE` with their times, and more. */
export class TracingReader {
  readyNs: number | null = null;
  doneNs: number | null = null;
  lost = 0;
  onChild: ((pid: number) => void) | null = null;
  readonly maps = new Map<string, unknown>();

  printed(text: string): void {
    const [word, first, , third] = text.trim().split(" ");
    const time = Number(first);
    if (word === "READY") this.readyNs ??= time;
    else if (word === "DONE") this.doneNs = time;
    else if (word === "F") this.onChild?.(Number(third));
  }
}

function readLine(reader: TracingReader, line: string): void {
  if (!line.startsWith("{")) return; // blank lines and remarks come between
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return; // a line cut off by a kill; the missing DONE tells
  }
  if (!isRecord(record)) return;
  const { type, data } = record;
  if (type === "printf" && typeof data === "string") reader.printed(data);
  if (!isRecord(data)) return;
  if (type === "lost_events") {
    reader.lost += typeof data["events"] === "number" ? data["events"] : 1;
  } else if (type === "map" || type === "stats" || type === "hist") {
    for (const [name, value] of Object.entries(data)) reader.maps.set(name, value);
  }
}

class SampleReader extends TracingReader {
  readonly samples: RawSample[] = [];

  override printed(text: string): void {
    if (!text.startsWith("S ")) return super.printed(text);
    const sample = parseSample(text);
    if (sample !== null) this.samples.push(sample);
  }

  private perCpu(name: string): Map<string, number> {
    const numbers = new Map<string, number>();
    const entries = this.maps.get(name);
    for (const [cpu, value] of Object.entries(isRecord(entries) ? entries : {})) {
      if (typeof value === "number") numbers.set(cpu, value);
    }
    return numbers;
  }

  /** Ticks per second over all CPUs, from the kernel's own counts: N ticks span N - 1 periods. */
  effectiveHz(): number | null {
    const first = this.perCpu("@first");
    const last = this.perCpu("@last");
    let periods = 0;
    let seconds = 0;
    for (const [cpu, count] of this.perCpu("@ticks")) {
      periods += count - 1;
      seconds += ((last.get(cpu) ?? 0) - (first.get(cpu) ?? 0)) / 1e9;
    }
    return seconds > 0 ? periods / seconds : null;
  }
}

/** `S <nsecs> <pid> <tid>\n addr\n addr\n|\n kernel+off\n …`; null when it is not of that shape. */
export function parseSample(text: string): RawSample | null {
  const head = /^S (\d+) (\d+) (\d+)/.exec(text);
  const bar = text.indexOf("|");
  if (head === null || bar === -1) return null;
  return {
    timeNs: Number(head[1]),
    process: Number(head[2]),
    thread: Number(head[3]),
    user: parseAddresses(text.slice(head[0].length, bar).split("\n")),
    kernel: parseKernel(text.slice(bar + 1).split("\n")),
  };
}
