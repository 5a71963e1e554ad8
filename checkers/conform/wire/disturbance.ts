/**
 * What a busy machine took from a run: pauses of the harness's own event loop, and the time that the
 * process under test was ready to run and waited for a CPU. The second is the kernel's account
 * (`/proc/PID/task/TID/schedstat`, Linux); elsewhere only the first is known. Neither sees a process
 * that waits for the disk, nor a virtual machine whose host gives its CPUs to somebody else.
 */

import { readdirSync, readFileSync } from "node:fs";

/** When it ended, and how long it was, in ms. */
export interface Pause {
  readonly atMs: number;
  readonly ms: number;
}

/** What a busy machine did to a run; times since the faults were armed. */
export interface Disturbed {
  readonly durationMs: number;
  /** Pauses of the event loop of the harness. */
  readonly lags: readonly Pause[];
  /** Waits for a CPU of the process under test; null where the system does not say. */
  readonly starved: readonly Pause[] | null;
}

/** In all, between these times. Both may fall into one moment: an upper bound. */
export function disturbedMs(run: Disturbed, fromMs: number, toMs: number): number {
  let total = 0;
  for (const { atMs, ms } of [...run.lags, ...(run.starved ?? [])]) {
    if (atMs >= fromMs && atMs - ms <= toMs) total += ms;
  }
  return total;
}

const LONG_PAUSE_MS = 250;
const LARGE_SHARE = 0.05;

/** Whether a calmer machine might have shown something else, as far as can be told in general. */
export function isDisturbed(run: Disturbed): boolean {
  const pauses = [...run.lags, ...(run.starved ?? [])].filter(({ atMs }) => atMs > 0);
  return (
    pauses.some(({ ms }) => ms > LONG_PAUSE_MS) ||
    disturbedMs(run, 0, run.durationMs) > LARGE_SHARE * run.durationMs
  );
}

const NOTED_LAG_MS = 10;

/** Measures how late a 20 ms timer fires; `stop` returns the pauses, on the clock of the process. */
export function watchLag(): { stop: () => readonly Pause[] } {
  const lags: Pause[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const ms = now - last - 20;
    if (ms > NOTED_LAG_MS) lags.push({ atMs: now, ms });
    last = now;
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return lags;
    },
  };
}

const SAMPLE_MS = 50;
const NOTED_WAIT_MS = 1;
/** Samples after which it is looked whether the process has started others. */
const FAMILY_EVERY = 10;

/** How long each thread of a process has waited for a CPU, in ms. */
function addWaits(pid: string, waits: Map<string, number>): void {
  for (const tid of entries(`/proc/${pid}/task`)) {
    const waited = Number(text(`/proc/${pid}/task/${tid}/schedstat`).split(" ")[1]);
    if (!Number.isNaN(waited)) waits.set(tid, waited / 1e6);
  }
}

function familyOf(pid: string, family: string[] = []): string[] {
  family.push(pid);
  for (const tid of entries(`/proc/${pid}/task`)) {
    for (const child of text(`/proc/${pid}/task/${tid}/children`).split(" ")) {
      if (/^\d+$/.test(child) && !family.includes(child)) familyOf(child, family);
    }
  }
  return family;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // gone in the meantime, or no such system
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/** Follows a process and those that it starts; `stop` returns null where nothing can be known. */
export function watchStarvation(pid: number | undefined): { stop: () => readonly Pause[] | null } {
  const root = String(pid);
  const pauses: Pause[] = [];
  let last = new Map<string, number>();
  let family = pid === undefined ? [] : [root];
  let samples = 0;
  let sampledAt = performance.now();
  let rest = 0;
  const sample = () => {
    if (samples++ % FAMILY_EVERY === 0 && pid !== undefined) family = familyOf(root);
    const waits = new Map<string, number>();
    for (const member of family) addWaits(member, waits);
    const now = performance.now();
    let sum = rest;
    let longest = 0;
    for (const [tid, waited] of waits) {
      const grown = waited - (last.get(tid) ?? 0);
      sum += grown;
      longest = Math.max(longest, grown);
    }
    // side by side threads wait for longer than the time that passes, but do not cost more than it
    const ms = Math.min(sum, Math.max(longest, now - sampledAt));
    if (ms >= NOTED_WAIT_MS) pauses.push({ atMs: now, ms });
    rest = ms >= NOTED_WAIT_MS ? 0 : ms;
    if (waits.size > 0) last = waits;
    sampledAt = now;
  };
  if (pid !== undefined) addWaits(root, last);
  const isKnown = last.size > 0;
  const timer = isKnown ? setInterval(sample, SAMPLE_MS) : undefined;
  return {
    stop() {
      if (timer !== undefined) {
        clearInterval(timer);
        sample();
      }
      return isKnown ? pauses : null;
    },
  };
}
