/**
 * What Linux tells about a running process in /proc: its CPU time, the independent measure against
 * which a profile is checked, and its executable mappings, without which addresses mean nothing.
 */

import { readFileSync, readlinkSync } from "node:fs";

/** CPU time of a process at one instant of CLOCK_MONOTONIC. */
export interface CpuReading {
  readonly timeNs: number;
  /** Seconds in user and in kernel mode, all threads, exited ones too. Resolution 10 ms. */
  readonly user: number;
  readonly system: number;
  /**
   * Main thread only: seconds on a CPU, those of them in kernel mode (resolution 10 ms), and seconds
   * waiting for a CPU. Null without schedstats.
   */
  readonly main: {
    readonly onCpu: number;
    readonly kernel: number;
    readonly waiting: number;
  } | null;
}

/** An executable mapping of a process. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** Path of the file, `[vdso]` and the like, or empty for anonymous memory. */
  readonly path: string;
}

// USER_HZ, in which /proc/PID/stat counts on every architecture that Node supports.
const ticksPerSecond = 100;

/** The clock of the samples. Exact to a microsecond for months of uptime, as a plain number. */
export const monotonicNs = (): number => Number(process.hrtime.bigint());

/** Null when the process is gone or there is no /proc. */
export function readCpu(pid: number): CpuReading | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  const timeNs = monotonicNs();
  const { user, system } = modes(stat);
  if (!Number.isFinite(user) || !Number.isFinite(system)) return null;
  return { timeNs, user, system, main: readMainThread(pid) };
}

/** Seconds in user and in kernel mode, from a `stat` file of a process or of a thread. */
function modes(stat: string): { user: number; system: number } {
  // The command name may hold spaces and parentheses: fields count from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    user: Number(fields[11]) / ticksPerSecond,
    system: Number(fields[12]) / ticksPerSecond,
  };
}

function readMainThread(pid: number): CpuReading["main"] {
  try {
    const [onCpu, waiting] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    const { system } = modes(readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8"));
    return { onCpu: Number(onCpu) / 1e9, kernel: system, waiting: Number(waiting) / 1e9 };
  } catch {
    return null;
  }
}

/** The executable lines of /proc/PID/maps. */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \d+\s*(.*)$/.exec(line);
    if (match === null) continue;
    mappings.push({
      start: Number.parseInt(match[1]!, 16),
      end: Number.parseInt(match[2]!, 16),
      offset: Number.parseInt(match[3]!, 16),
      path: match[4]!.replace(/ \(deleted\)$/, ""),
    });
  }
  return mappings;
}

/** True in the PID namespace of the machine itself, whose inode number is fixed by the kernel. */
export function inInitialPidNamespace(): boolean | null {
  try {
    return readlinkSync("/proc/self/ns/pid") === "pid:[4026531836]";
  } catch {
    return null;
  }
}

/**
 * Watches a process from outside while it lives. Mappings are collected as a union: code ranges of
 * workers and of replaced code are gone from the last snapshot, but not from the samples.
 */
export class ProcessWatch {
  readonly readings: CpuReading[] = [];
  private readonly pid: number;
  private readonly mappingsSeen = new Map<string, Mapping>();
  private readonly timer: NodeJS.Timeout;
  private turn = 0;

  constructor(pid: number, everyMs = 100) {
    this.pid = pid;
    this.look();
    this.timer = setInterval(() => this.look(), everyMs);
    this.timer.unref();
  }

  /** Reads once more; call it when something is known to happen, such as the end of the load. */
  look(): void {
    const reading = readCpu(this.pid);
    if (reading === null) return;
    this.readings.push(reading);
    if (this.turn++ % 2 === 0) this.lookAtMaps(); // a big file: read it half as often
  }

  private lookAtMaps(): void {
    let text: string;
    try {
      text = readFileSync(`/proc/${this.pid}/maps`, "utf8");
    } catch {
      return;
    }
    for (const mapping of parseMaps(text)) {
      this.mappingsSeen.set(`${mapping.start}-${mapping.end}-${mapping.path}`, mapping);
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** All mappings that were ever seen, the most recent last. */
  mappings(): readonly Mapping[] {
    return [...this.mappingsSeen.values()];
  }
}
