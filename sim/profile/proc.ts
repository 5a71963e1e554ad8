/**
 * What Linux tells about a running process in /proc: its CPU time, the independent measure against
 * which a profile is checked, and its executable mappings, without which addresses mean nothing.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

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

/**
 * Null when the process is gone or there is no /proc.
 * @param children these processes are counted too, and all that ended before; null counts none
 */
export function readCpu(pid: number, children: Iterable<number> | null = null): CpuReading | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  const timeNs = monotonicNs();
  let { user, system } = modes(stat, children !== null);
  if (!Number.isFinite(user) || !Number.isFinite(system)) return null;
  for (const child of children ?? []) {
    try {
      const more = modes(readFileSync(`/proc/${child}/stat`, "utf8"), true);
      user += more.user;
      system += more.system;
    } catch {
      // ended and waited for: now its parent has its time
    }
  }
  return { timeNs, user, system, main: readMainThread(pid) };
}

/**
 * Seconds in user and in kernel mode, from a `stat` file of a process or of a thread.
 * @param children add the time of children that have ended and were waited for
 */
function modes(stat: string, children = false): { user: number; system: number } {
  // The command name may hold spaces and parentheses: fields count from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ofChildren = (index: number): number => (children ? Number(fields[index]) : 0);
  return {
    user: (Number(fields[11]) + ofChildren(13)) / ticksPerSecond,
    system: (Number(fields[12]) + ofChildren(14)) / ticksPerSecond,
  };
}

/** Ids of the threads that a process has now; empty when it is gone. */
export function readThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** Ids of the processes that a process and its descendants have started and that live now. */
export function readDescendants(pid: number): number[] {
  const found: number[] = [];
  const look = (parent: number): void => {
    for (const tid of readThreads(parent)) {
      let text: string;
      try {
        text = readFileSync(`/proc/${parent}/task/${tid}/children`, "utf8");
      } catch {
        continue; // gone
      }
      for (const child of text.split(" ").map(Number)) {
        if (child === 0) continue;
        found.push(child);
        look(child);
      }
    }
  };
  look(pid);
  return found;
}

/** The process to which a thread belongs; null when it is gone. */
function processOf(tid: number): number | null {
  try {
    const found = /^Tgid:\s+(\d+)$/m.exec(readFileSync(`/proc/${tid}/status`, "utf8"));
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
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
  private readonly mappingsSeen = new Map<number, Map<string, Mapping>>();
  private readonly children = new Set<number>();
  private readonly timer: NodeJS.Timeout;
  private readonly youngTimers = new Set<NodeJS.Timeout>();
  private followsChildren = false;
  private turn = 0;

  constructor(pid: number, everyMs = 100) {
    this.pid = pid;
    this.look();
    this.timer = setInterval(() => this.look(), everyMs);
    this.timer.unref();
  }

  /** From now on the CPU time of children counts. Readings made before are dropped. */
  follow(): void {
    this.followsChildren = true;
    for (const child of readDescendants(this.pid)) this.addTask(child);
    this.readings.length = 0;
    this.look();
  }

  /** Takes note of a new thread or process; a short life is no reason to miss its mappings. */
  addTask(tid: number): void {
    if (processOf(tid) !== tid || tid === this.pid) return;
    this.children.add(tid);
    this.lookAtMaps(tid);
    // It has the parent's memory until it executes its own program, a moment later.
    let looks = 0;
    const timer = setInterval(() => {
      this.lookAtMaps(tid);
      if (++looks < 25) return;
      clearInterval(timer);
      this.youngTimers.delete(timer);
    }, 20);
    timer.unref();
    this.youngTimers.add(timer);
  }

  /** Reads once more; call it when something is known to happen, such as the end of the load. */
  look(): void {
    const reading = readCpu(this.pid, this.followsChildren ? this.children : null);
    if (reading === null) return;
    this.readings.push(reading);
    if (this.turn++ % 2 !== 0) return; // a big file: read it half as often
    for (const pid of [this.pid, ...this.children]) this.lookAtMaps(pid);
  }

  private lookAtMaps(pid: number): void {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/maps`, "utf8");
    } catch {
      return;
    }
    let seen = this.mappingsSeen.get(pid);
    if (seen === undefined) this.mappingsSeen.set(pid, (seen = new Map()));
    for (const mapping of parseMaps(text)) {
      const key = `${mapping.start}-${mapping.end}-${mapping.path}`;
      seen.delete(key); // the most recent comes last
      seen.set(key, mapping);
    }
  }

  stop(): void {
    clearInterval(this.timer);
    for (const timer of this.youngTimers) clearInterval(timer);
  }

  /** The target and every child process that was seen. */
  processes(): readonly number[] {
    return [this.pid, ...this.children];
  }

  /** All mappings of one process that were ever seen, the most recent last. */
  mappings(pid = this.pid): readonly Mapping[] {
    return [...(this.mappingsSeen.get(pid)?.values() ?? [])];
  }
}
