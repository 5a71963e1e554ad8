/**
 * Sampling timers of idle CPUs. A hypervisor was seen to let the timer of a halted virtual CPU pass,
 * and the guest to notice only up to half a second after work had come back: a process that sleeps
 * now and then lost up to a fifth of its samples. While profiles are taken, idle CPUs of a virtual machine
 * therefore poll instead of halting, by the kernel's interface for latencies (PM QoS, `/dev/cpu_dma_latency`):
 * a request for 0 µs, which ends with the open file, whatever happens to us.
 */

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

export interface Awake {
  /** Idle CPUs keep ticking: they were asked to, or no hypervisor stands between. */
  readonly ticksKept: boolean;
  release(): void;
}

const requestFile = "/dev/cpu_dma_latency";

function isVirtual(): boolean {
  try {
    return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return true; // not known: then nothing is promised
  }
}

/** Never throws: without the right to ask, ticks may be missing, and the self-check allows for it. */
export function keepAwake(): Awake {
  if (!isVirtual()) return { ticksKept: true, release() {} };
  let file: number | null;
  try {
    file = openSync(requestFile, "r+");
    writeSync(file, new Uint8Array(4)); // 0 µs, as a 32-bit number
  } catch {
    return { ticksKept: false, release() {} };
  }
  return {
    ticksKept: true,
    release() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}
