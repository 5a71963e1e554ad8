/**
 * Stack sampling with bpftrace (eBPF, perf cpu-clock events): user and kernel stacks of every thread
 * of one process, on CPU time. User frames are left as addresses on purpose: bpftrace's own
 * resolver needs the process to be alive at the end, takes seconds per print on a binary as big as
 * Node, and misses remapped builtins. `symbolise.ts` names them afterwards.
 */

import { AttachError, type RawCapture, type RawSample, type Sampler } from "./capture.ts";
import { isRecord } from "./json.ts";
import { startTool, type Tool } from "./tool.ts";

export interface BpftraceOptions {
  /** Process to sample, as numbered in the initial PID namespace. */
  readonly pid: number;
  /** Samples per second and CPU; 49 to 999. */
  readonly hz: number;
  /** Upper limit of the run in seconds, after which the tracing program ends itself. */
  readonly maxSeconds: number;
  readonly signal?: AbortSignal;
  /** Default 8000: a starved machine was seen to need more than 4 s. */
  readonly attachTimeoutMs?: number;
  /** Default 5000: from the first interrupt to the kill. */
  readonly stopTimeoutMs?: number;
}

const userDepth = 127; // the kernel's default limit, perf_event_max_stack
const kernelDepth = 40;

/** The tracing program. READY comes from a tick itself: BEGIN runs before the probes are attached. */
function program(options: BpftraceOptions, rawMode: boolean): string {
  const ustack = rawMode ? `ustack(raw, ${userDepth})` : `ustack(${userDepth})`;
  return [
    `profile:hz:${options.hz} {`,
    `  if (@first[cpu] == 0) { @first[cpu] = nsecs; printf("READY %llu\\n", nsecs); }`,
    `  @last[cpu] = nsecs; @ticks[cpu] = count();`,
    `  if (pid == ${options.pid}) {`,
    `    printf("S %llu %d%s|%s\\n", nsecs, tid, ${ustack}, kstack(${kernelDepth}));`,
    `  }`,
    `}`,
    // A dead man's switch only: interval events were seen to come seconds late.
    `interval:s:${Math.ceil(options.maxSeconds) + 20} { exit(); }`,
    `END { printf("DONE %llu\\n", nsecs); }`,
  ].join("\n");
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
  const started = performance.now();
  const reader = new BpftraceReader();
  const tool = startTool("bpftrace", ["-f", "json", "-e", program(options, version.raw)], {
    env: {
      ...(version.raw ? {} : { BPFTRACE_NO_USER_SYMBOLS: "1" }),
      BPFTRACE_PERF_RB_PAGES: "512",
    },
    onLine: (line) => reader.line(line),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const timeoutMs = options.attachTimeoutMs ?? 8000;
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

  return {
    attachMs,
    async stop() {
      const early = tool.ended();
      if (!early) await tool.interrupt(options.stopTimeoutMs ?? 5000);
      let problem: string | null = null;
      if (early) problem = `bpftrace ended before the load did (${tool.describeEnd()})`;
      else if (tool.wasKilled()) problem = "bpftrace did not stop when asked and had to be killed";
      else if (reader.doneNs === null) problem = `bpftrace stopped without its last line`;
      return reader.capture(options, version.text, attachMs, problem);
    },
  };
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
  private readonly samples: RawSample[] = [];
  private lost = 0;
  private readonly first = new Map<string, number>();
  private readonly last = new Map<string, number>();
  private readonly ticks = new Map<string, number>();

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
    } else if (type === "map") this.map(data);
  }

  private printed(text: string): void {
    if (text.startsWith("S ")) {
      const sample = parseSample(text);
      if (sample !== null) this.samples.push(sample);
    } else if (text.startsWith("READY ")) this.readyNs ??= Number(text.slice(6));
    else if (text.startsWith("DONE ")) this.doneNs = Number(text.slice(5));
  }

  private map(data: Record<string, unknown>): void {
    const maps = { "@first": this.first, "@last": this.last, "@ticks": this.ticks };
    for (const [name, target] of Object.entries(maps)) {
      const entries = data[name];
      if (!isRecord(entries)) continue;
      for (const [cpu, value] of Object.entries(entries)) {
        if (typeof value === "number") target.set(cpu, value);
      }
    }
  }

  /** Ticks per second over all CPUs, from the kernel's own counts: N ticks span N - 1 periods. */
  private effectiveHz(): number | null {
    let periods = 0;
    let seconds = 0;
    for (const [cpu, count] of this.ticks) {
      periods += count - 1;
      seconds += ((this.last.get(cpu) ?? 0) - (this.first.get(cpu) ?? 0)) / 1e9;
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
      samples: this.samples,
    };
  }
}

/** `S <nsecs> <tid>\n addr\n addr\n|\n kernel+off\n …`; null when the line is not of that shape. */
export function parseSample(text: string): RawSample | null {
  const head = /^S (\d+) (\d+)/.exec(text);
  const bar = text.indexOf("|");
  if (head === null || bar === -1) return null;
  const user: number[] = [];
  for (const line of text.slice(head[0].length, bar).split("\n")) {
    const address = /^\s*(?:0x)?([0-9a-f]+)\s*$/i.exec(line);
    if (address !== null) user.push(Number.parseInt(address[1]!, 16));
  }
  const kernel = text
    .slice(bar + 1)
    .split("\n")
    .map((line) => line.trim().replace(/\+(0x)?[0-9a-f]+$/i, ""))
    .filter((line) => line !== "");
  return { timeNs: Number(head[1]), thread: Number(head[2]), user, kernel };
}
