/**
 * Which profilers work on this machine. Versions, capabilities and `--info` are hints that were seen
 * to be wrong; what decides is a real attach to a busy process, with samples of it in hand.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { startBpftrace } from "./bpftrace.ts";
import {
  AttachError,
  profilerNames,
  type ProfilerName,
  type RawCapture,
  type RawSignals,
  type Sampler,
} from "./capture.ts";
import { startPerf } from "./perf.ts";
import { inInitialPidNamespace } from "./proc.ts";
import { tracefs, type Tracefs } from "./tracefs.ts";
import { readCpuProfiles, v8Arguments } from "./v8.ts";
import { watchWaiting, type WaitingWatch } from "./watch-waiting.ts";

export interface ProfilerStatus {
  readonly name: ProfilerName;
  readonly title: string;
  readonly state: "available" | "degraded" | "unavailable";
  /** Why it is not fully available, or what is missing; empty when available. */
  readonly reason: string;
  /** How to enable it; empty when there is nothing to do. */
  readonly help: string;
  /** What was really seen, one sentence each. */
  readonly evidence: readonly string[];
}

export const profilerTitles: Readonly<Record<ProfilerName, string>> = {
  bpftrace: "eBPF (bpftrace): user and kernel stacks of every thread, on CPU time",
  perf: "perf record: stacks of every thread, on CPU time",
  v8: "V8 CPU profiler: JavaScript stacks of the main thread only, on wall time",
};

const probeSeconds = 0.3;
const probeHz = 199;

/** The ladder, best first, each rung tried for real; about two seconds. */
export async function detectProfilers(signal?: AbortSignal): Promise<ProfilerStatus[]> {
  const found: ProfilerStatus[] = [];
  // One after the other: they would disturb each other's samples.
  for (const name of profilerNames) found.push(await detectProfiler(name, signal));
  return found;
}

/** Tries one profiler on a busy child process of ours. */
export async function detectProfiler(
  name: ProfilerName,
  signal?: AbortSignal,
): Promise<ProfilerStatus> {
  switch (name) {
    case "bpftrace":
      return detectBpftrace(signal);
    case "perf":
      return detectPerf(signal);
    case "v8":
      return detectV8();
  }
}

const status = (
  name: ProfilerName,
  state: ProfilerStatus["state"],
  evidence: readonly string[],
  reason = "",
  help = "",
): ProfilerStatus => ({ name, title: profilerTitles[name], state, reason, help, evidence });

const notLinux = (name: ProfilerName): ProfilerStatus =>
  status(
    name,
    "unavailable",
    [`platform ${process.platform}`],
    `${name} exists on Linux only`,
    "run on Linux, or accept the V8 profiler",
  );

async function detectBpftrace(signal?: AbortSignal): Promise<ProfilerStatus> {
  if (process.platform !== "linux") return notLinux("bpftrace");
  const options = { maxSeconds: 5, ...(signal === undefined ? {} : { signal }) };
  const tracing = await tracefs();
  const waiting: { watch: WaitingWatch | null; refusal: string } = {
    watch: null,
    refusal: tracing.reason,
  };
  return probe(
    "bpftrace",
    async (pid) => {
      const sampler = await startBpftrace({ pid, hz: probeHz, ...options });
      if (tracing.state !== "unavailable" && waiting.watch === null) {
        try {
          waiting.watch = await watchWaiting({ pid, ...options });
        } catch (error) {
          if (!(error instanceof AttachError)) throw error;
          waiting.refusal = error.message;
        }
      }
      return sampler;
    },
    async (capture, evidence) => {
      const watched = await waiting.watch?.stop();
      if (inInitialPidNamespace() === false) {
        evidence.push("runs in a PID namespace of its own");
      }
      if (!capture.samples.some((sample) => sample.user.length > 1)) {
        return status(
          "bpftrace",
          "unavailable",
          evidence,
          "samples carry no user stacks",
          "check perf_event_max_stack and the frame pointers of the Node binary",
        );
      }
      if (watched === undefined || watched.signals === null) {
        return status(
          "bpftrace",
          "degraded",
          evidence,
          "no tracepoints, so no children, no off-CPU stacks, no run queue, no system calls, no TCP: " +
            (watched?.problem ?? waiting.refusal),
          `mount -t tracefs tracefs /sys/kernel/tracing`,
        );
      }
      evidence.push(tracepointEvidence(watched.signals, tracing));
      return status("bpftrace", "available", evidence);
    },
  ).finally(() => waiting.watch?.stop());
}

function tracepointEvidence(signals: RawSignals, { state }: Tracefs): string {
  const switches = signals.runQueue.reduce((sum, one) => sum + one.count, 0);
  const calls = signals.syscalls.reduce((sum, one) => sum + one.count, 0);
  const how = state === "private" ? "tracefs mounted for bpftrace alone" : "tracefs is mounted";
  return `tracepoints (${how}): ${switches} context switches and ${calls} system calls of the same process`;
}

async function detectPerf(signal?: AbortSignal): Promise<ProfilerStatus> {
  if (process.platform !== "linux") return notLinux("perf");
  return probe(
    "perf",
    (pid) => startPerf({ pid, hz: probeHz, ...(signal === undefined ? {} : { signal }) }),
    (capture, evidence) =>
      capture.version === "cpu-clock:u"
        ? status(
            "perf",
            "degraded",
            [...evidence, "only user mode may be sampled (event cpu-clock:u)"],
            "no kernel frames, and no CPU time spent in the kernel",
            "run as root, or lower /proc/sys/kernel/perf_event_paranoid to 1",
          )
        : status("perf", "available", evidence),
  );
}

/** Attaches to a busy child, waits, stops, and requires samples of that very child. */
async function probe(
  name: ProfilerName,
  start: (pid: number) => Promise<Sampler>,
  judge: (capture: RawCapture, evidence: string[]) => ProfilerStatus | Promise<ProfilerStatus>,
): Promise<ProfilerStatus> {
  const target = startBusyChild();
  const evidence: string[] = [];
  try {
    const pid = target.pid;
    if (pid === undefined) {
      return status(name, "unavailable", [], "no child process could be started for the trial");
    }
    let sampler = await start(pid);
    evidence.push(`attached after ${Math.round(sampler.attachMs)} ms`);
    await pause(probeSeconds * 1000);
    let capture = await sampler.stop();
    if (capture.samples.length === 0 && capture.problem === null) {
      // On a crowded machine the child may not have run at all in so short a time.
      evidence.push("no sample in the first trial");
      sampler = await start(pid);
      await pause(5 * probeSeconds * 1000);
      capture = await sampler.stop();
    }
    evidence.push(
      `${name} ${capture.version}: ${capture.samples.length} samples of a busy process ` +
        `in ${((capture.toNs - capture.fromNs) / 1e9).toFixed(2)} s at ${probeHz} Hz`,
    );
    if (capture.problem !== null) {
      return status(name, "unavailable", evidence, capture.problem, "see the evidence");
    }
    if (capture.samples.length === 0) {
      return inInitialPidNamespace() === false
        ? status(
            name,
            "unavailable",
            evidence,
            "it attaches, but sees no process of this PID namespace",
            "run outside the container's PID namespace (for Docker: --pid=host)",
          )
        : status(name, "unavailable", evidence, "it attaches, but delivers no samples", "");
    }
    return await judge(capture, evidence);
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    return status(name, "unavailable", evidence, error.message, error.help);
  } finally {
    target.kill("SIGKILL");
  }
}

async function detectV8(): Promise<ProfilerStatus> {
  const folder = mkdtempSync(path.join(tmpdir(), "verify-v8-"));
  try {
    const child = spawn(
      process.execPath,
      [...v8Arguments(folder, probeHz), "-e", busyProgram(probeSeconds * 1000)],
      { stdio: "ignore", env: cleanEnvironment() },
    );
    const code = await new Promise<number | null>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      child.on("error", () => resolve(null));
      child.on("close", (exitCode) => {
        clearTimeout(timer);
        resolve(exitCode);
      });
    });
    const samples = readCpuProfiles(folder).reduce((sum, one) => sum + one.samples.length, 0);
    const evidence = [
      `Node ${process.version} with --cpu-prof: exit code ${code}, ${samples} samples of a busy process`,
    ];
    if (code !== 0 || samples === 0) {
      return status("v8", "unavailable", evidence, "--cpu-prof wrote no profile", "");
    }
    return status(
      "v8",
      "degraded",
      evidence,
      "wall time of the JavaScript main thread; no native, kernel or worker frames",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A program that burns CPU for a while and ends by itself, whatever happens to us. */
const busyProgram = (ms: number): string =>
  `const end = performance.now() + ${ms}; let x = 0; while (performance.now() < end) x += Math.sqrt(x + 1);`;

function startBusyChild(): ChildProcess {
  const child = spawn(process.execPath, ["-e", busyProgram(15_000)], {
    stdio: "ignore",
    env: cleanEnvironment(),
  });
  child.on("error", () => {}); // shows as a missing pid
  return child;
}

/** Without the options that a caller (a test runner, a debugger) put on this process. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  delete environment["NODE_OPTIONS"];
  delete environment["NODE_V8_COVERAGE"];
  return environment;
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
