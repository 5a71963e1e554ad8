/**
 * Stack sampling with `perf record`, the second rung: the same kernel event (cpu-clock) as eBPF, also
 * without privileges, then in user mode only. The recording is read here rather than by `perf
 * script`, which prints addresses relative to files and takes longer than the whole symbolisation.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { AttachError, type RawCapture, type RawSample, type Sampler } from "./capture.ts";
import { monotonicNs, readCpu } from "./proc.ts";
import { parsePerfData } from "./perf-data.ts";
import { kernelNames } from "./kallsyms.ts";
import { startTool, type Tool } from "./tool.ts";

export interface PerfOptions {
  readonly pid: number;
  readonly hz: number;
  readonly signal?: AbortSignal;
  /** Default 8000. */
  readonly attachTimeoutMs?: number;
  /** Default 5000. */
  readonly stopTimeoutMs?: number;
}

const mayNotSampleKernel = /permission|permitted|paranoid|access/i;

/**
 * Attaches and returns once perf has acknowledged that its events are enabled.
 * @throws {AttachError} when perf is missing or refuses even user mode.
 */
export async function startPerf(options: PerfOptions): Promise<Sampler> {
  try {
    return await attach(options, false);
  } catch (error) {
    if (!(error instanceof AttachError) || !mayNotSampleKernel.test(error.message)) throw error;
    return attach(options, true);
  }
}

async function attach(options: PerfOptions, userOnly: boolean): Promise<Sampler> {
  const started = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), "verify-perf-"));
  const file = path.join(folder, "perf.data");
  const discard = (): void => rmSync(folder, { recursive: true, force: true });
  const tool = startTool(
    "perf",
    [
      ["record", "-e", userOnly ? "cpu-clock:u" : "cpu-clock", "-F", String(options.hz), "-g"],
      ["-k", "mono", "-p", String(options.pid), "-o", file, "-N", "-B"],
      ["-D", "-1", "--control", "fd:3,4"], // start disabled, enable by command, acknowledged
    ].flat(),
    { extraPipes: 2, ...(options.signal === undefined ? {} : { signal: options.signal }) },
  );
  const acknowledged = await enable(tool, options.attachTimeoutMs ?? 8000);
  if (!acknowledged) {
    const why = tool.ended() ? tool.describeEnd() : "it did not answer in time";
    await tool.interrupt(1000);
    discard();
    const stderr = tool.stderrText().replaceAll(/\s+/g, " ").trim().slice(0, 300);
    throw new AttachError(
      `perf did not attach (${why}): ${stderr === "" ? "no message" : stderr}`,
      "install the package linux-perf (or linux-tools), and lower " +
        "/proc/sys/kernel/perf_event_paranoid to 2 or less; in a container add CAP_PERFMON",
    );
  }
  const fromNs = monotonicNs();
  const attachMs = performance.now() - started;
  return {
    attachMs,
    followsChildren: false,
    async stop(): Promise<RawCapture> {
      const toNs = monotonicNs();
      // Attached to a process, perf ends with it: then, and only then, an early end is right.
      const isOver = tool.ended() && readCpu(options.pid) === null;
      const early = tool.ended() && !(isOver && tool.describeEnd() === "exit code 0");
      if (!tool.ended()) await tool.interrupt(options.stopTimeoutMs ?? 5000);
      let samples: RawSample[] = [];
      let lost = 0;
      let isUserOnly = userOnly;
      let problem: string | null = early
        ? `perf ended before the load did (${tool.describeEnd()})`
        : null;
      if (tool.wasKilled()) problem = "perf did not stop when asked and had to be killed";
      try {
        const data = parsePerfData(readFileSync(file));
        const names = kernelNames();
        lost = data.lost;
        isUserOnly ||= data.userOnly;
        samples = data.samples
          .filter((sample) => sample.pid === options.pid && sample.timeNs >= fromNs)
          .map(({ timeNs, pid, tid, user, kernel }) => ({
            timeNs,
            process: pid,
            thread: tid,
            user,
            kernel: kernel.map((address) => names(address)),
          }));
      } catch (error) {
        problem ??= `the recording of perf cannot be read: ${String(error)}`;
      } finally {
        discard();
      }
      return {
        profiler: "perf",
        version: isUserOnly ? "cpu-clock:u" : "cpu-clock",
        hz: options.hz,
        effectiveHz: null,
        lost,
        attachMs,
        fromNs,
        toNs,
        problem,
        // Attached to the process, the timer runs when its threads do: no tick is left out.
        ticksKept: true,
        followsChildren: false,
        samples,
      };
    },
  };
}

/** Sends `enable` over the control pipe and waits for the acknowledgement. */
async function enable(tool: Tool, timeoutMs: number): Promise<boolean> {
  let acknowledged = false;
  tool.pipe(4)?.on("data", (chunk: Buffer) => {
    if (chunk.includes("ack")) acknowledged = true;
    tool.wake();
  });
  tool.pipe(3)?.write("enable\n");
  return (await tool.waitFor(() => acknowledged, timeoutMs)) === "met";
}
