/**
 * Stack sampling with bpftrace (eBPF, perf cpu-clock events): user and kernel stacks of every thread
 * of one process and, with tracepoints, of its children, on CPU time. User frames are left as addresses on purpose: bpftrace's own
 * resolver needs the process to be alive at the end, takes seconds per print on a binary as big as
 * Node, and misses remapped builtins. `symbolise.ts` names them afterwards.
 */

import {
  AttachError,
  type MissedTime,
  type RawCapture,
  type RawSample,
  type Sampler,
} from "./capture.ts";
import { isRecord } from "./json.ts";
import { profileProgram } from "./probes.ts";
import { readThreads } from "./proc.ts";
import { parseAddresses, parseKernel, readSignals } from "./signals.ts";
import { startTool, type Tool } from "./tool.ts";
import { inPrivateMount, tracefs } from "./tracefs.ts";

export interface BpftraceOptions {
  /** Process to sample, as numbered in the initial PID namespace. */
  readonly pid: number;
  /** Samples per second and CPU; 49 to 999. */
  readonly hz: number;
  /** Upper limit of the run in seconds, after which the tracing program ends itself. */
  readonly maxSeconds: number;
  /** Attach to tracepoints too, where there are any; default true. */
  readonly tracepoints?: boolean;
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

/**
 * Attaches and returns once the first tick was seen.
 * @throws {AttachError} when bpftrace is missing, refuses, or does not tick in time.
 */
export async function startBpftrace(options: BpftraceOptions): Promise<Sampler> {
  const version = await bpftraceVersion();
  if (version === null) {
    throw new AttachError(
      "bpftrace is not installed, or does not answer --version",
      "install the package bpftrace and run as root",
    );
  }
  const tracing = options.tracepoints === false ? null : await tracefs();
  const tracepoints = tracing !== null && tracing.state !== "unavailable";
  const started = performance.now();
  const reader = new BpftraceReader(tracepoints);
  const tool = runBpftrace(
    profileProgram({
      pid: options.pid,
      hz: options.hz,
      threads: readThreads(options.pid),
      tracepoints,
      rawMode: version.raw,
      endAfter: options.maxSeconds + 20,
    }),
    { rawMode: version.raw, privateMount: tracing?.state === "private" },
    (line) => reader.line(line),
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
  const attachMs = performance.now() - started;

  const sampler: Sampler = {
    attachMs,
    async stop() {
      const early = tool.ended();
      if (!early) await interruptBpftrace(tool, options.stopTimeoutMs);
      let problem: string | null = null;
      if (early) problem = `bpftrace ended before the load did (${tool.describeEnd()})`;
      else if (tool.wasKilled()) problem = "bpftrace did not stop when asked and had to be killed";
      else if (reader.doneNs === null) problem = `bpftrace stopped without its last line`;
      return reader.capture(options, version.text, attachMs, problem);
    },
  };
  reader.onChild = (pid) => sampler.onChild?.(pid);
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

/** Collects the JSON lines of bpftrace. */
class BpftraceReader {
  readyNs: number | null = null;
  doneNs: number | null = null;
  onChild: ((pid: number) => void) | null = null;
  private readonly samples: RawSample[] = [];
  private readonly missed: MissedTime[] = [];
  private readonly missedTicks: { timeNs: number; ticks: number }[] = [];
  private readonly maps = new Map<string, unknown>();
  private lost = 0;
  private readonly tracepoints: boolean;

  constructor(tracepoints: boolean) {
    this.tracepoints = tracepoints;
  }

  line(line: string): void {
    if (!line.startsWith("{")) return; // blank lines and remarks come between
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      return; // a line cut off by a kill; the missing DONE tells
    }
    if (!isRecord(record)) return;
    const { type, data } = record;
    if (type === "printf" && typeof data === "string") this.printed(data);
    if (!isRecord(data)) return;
    if (type === "lost_events") {
      this.lost += typeof data["events"] === "number" ? data["events"] : 1;
    } else if (type === "map" || type === "stats" || type === "hist") {
      for (const [name, value] of Object.entries(data)) this.maps.set(name, value);
    }
  }

  private printed(text: string): void {
    if (text.startsWith("S ")) {
      const sample = parseSample(text);
      if (sample !== null) this.samples.push(sample);
      return;
    }
    const [word, first, second, third] = text.trim().split(" ");
    const time = Number(first);
    if (word === "READY") this.readyNs ??= time;
    else if (word === "DONE") this.doneNs = time;
    else if (word === "B") this.missed.push({ timeNs: time, lastedNs: Number(second) });
    else if (word === "M") this.missedTicks.push({ timeNs: time, ticks: Number(second) });
    else if (word === "F") this.onChild?.(Number(third));
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
  private effectiveHz(): number | null {
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

  capture(
    options: BpftraceOptions,
    version: string,
    attachMs: number,
    problem: string | null,
  ): RawCapture {
    const fromNs = this.readyNs ?? 0;
    const periodNs = 1e9 / options.hz;
    return {
      profiler: "bpftrace",
      version,
      hz: options.hz,
      effectiveHz: this.effectiveHz(),
      lost: this.lost,
      attachMs,
      fromNs,
      toNs: this.doneNs ?? this.samples.at(-1)?.timeNs ?? fromNs,
      problem,
      missed: this.tracepoints
        ? [
            ...this.missed,
            ...this.missedTicks.map(({ timeNs, ticks }) => ({
              timeNs,
              lastedNs: ticks * periodNs,
            })),
          ]
        : null,
      followsChildren: this.tracepoints,
      samples: this.samples,
      signals: this.tracepoints && this.doneNs !== null ? readSignals(this.maps) : null,
    };
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
