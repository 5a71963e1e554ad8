/**
 * The self-check of a profile: do its samples account for the CPU time that the kernel charged to the
 * process, measured independently through /proc? A profile that does not is not shown as a result.
 */

import type { Scalar } from "../../core/trace.ts";
import type { Capture } from "./capture.ts";
import { percent, shareByType } from "./flame.ts";
import { inInitialPidNamespace, type CpuReading } from "./proc.ts";

/** Below this number of samples, shares of functions are noise. */
export const leastSamples = 100;
/**
 * Sampled time may differ from the measured one by this share, where idle CPUs kept ticking, or where
 * ticks may have been left out …
 */
export const tolerances = { ticksKept: 0.05, ticksLeftOut: 0.15 } as const;
/**
 * … and by this many standard deviations of the number of samples: ticks of a steady rate that fall,
 * or do not fall, into the intervals in which the process runs, so binomial.
 */
export const deviations = 4;
/** Even a process that never sleeps is preempted: its share of the time is not taken above this. */
const mostShare = 0.9;
/** Largest share of frames without any name, and of samples without a stack, in percent. */
export const mostUnknown = 5;
/**
 * The tick rate may differ by this share from the rate asked for. Virtual machines drop ticks of idle
 * CPUs (170 of 199 Hz were seen in a profile that was right), so this is the coarse check.
 */
export const rateTolerance = 0.5;

/** Seconds: at least and at most. */
type Range = readonly [low: number, high: number];

export interface Account {
  /** Samples between the first and the last reading of the CPU time. */
  readonly samples: number;
  /** Seconds between these readings. */
  readonly seconds: number;
  /** What the samples stand for, `samples / hz` or as the profiler tells, and what it should be. */
  readonly sampledSeconds: number;
  readonly measured: Range;
  /** What `measured` is, in words. */
  readonly measure: string;
  /** Where `sampledSeconds` must lie. */
  readonly accepted: Range;
  readonly unknownFrames: number;
  readonly namelessFrames: number;
  readonly truncatedStacks: number;
  readonly emptyStacks: number;
  /** There are fewer than `leastSamples` samples. */
  readonly isTooFew: boolean;
  /** `ok`; `unusable`: the profile fails its check; `broken`: no sample of a busy process. */
  readonly state: "ok" | "unusable" | "broken";
  /** Every reason why it is not ok. */
  readonly reasons: readonly string[];
}

/** What of the time between two readings the profiler should have seen. */
function chargedTime(capture: Capture, first: CpuReading, last: CpuReading): Range | null {
  if (capture.profiler === "v8") {
    if (first.main === null || last.main === null) return null;
    // Wall time outside idle waiting. A thread that waits for a CPU counts as busy when it was
    // preempted, and as idle when it has just been woken; the kernel's work for going to sleep and
    // for waking up counts as idle, its other work as busy: the truth lies between.
    const onCpu = last.main.onCpu - first.main.onCpu;
    const kernel = last.main.kernel - first.main.kernel;
    const waiting = last.main.waiting - first.main.waiting;
    return [Math.max(0, onCpu - kernel), onCpu + waiting];
  }
  const user = last.user - first.user;
  const charged = isUserOnly(capture) ? user : user + last.system - first.system;
  return [charged, charged];
}

export const isUserOnly = (capture: Capture): boolean => capture.version === "cpu-clock:u";

function measureName(capture: Capture): string {
  if (capture.profiler === "v8") return "time of the main thread awake, or waiting for a CPU";
  if (isUserOnly(capture)) return "CPU time in user mode";
  return capture.followsChildren
    ? "CPU time of the process and its children"
    : "CPU time of the process";
}

export function accountFor(capture: Capture, readings: readonly CpuReading[]): Account {
  const inside = readings.filter(
    (reading) => reading.timeNs >= capture.fromNs && reading.timeNs <= capture.toNs,
  );
  const first = inside[0];
  const last = inside.at(-1);
  const charged =
    first === undefined || last === undefined || first === last
      ? null
      : chargedTime(capture, first, last);
  const isMeasured = first !== undefined && last !== undefined && charged !== null;
  const [low, high] = charged ?? [0, 0];
  const window = isMeasured
    ? capture.samples.filter((one) => one.timeNs > first.timeNs && one.timeNs <= last.timeNs)
    : [];
  const wall = isMeasured ? seconds(first, last) : 0;
  const tolerance = capture.ticksKept ? tolerances.ticksKept : tolerances.ticksLeftOut;
  // Both readings are exact to one tick of 10 ms.
  const slackOf = (measured: number): number => {
    const idleShare = 1 - Math.min(mostShare, wall === 0 ? 0 : measured / wall);
    const deviation = Math.sqrt((measured / capture.hz) * idleShare);
    return tolerance * measured + deviations * deviation + 0.02;
  };
  const least = Math.max(0, low - slackOf(low));
  const most = high + slackOf(high);
  const sampled = window.reduce((sum, { lastsNs }) => sum + (lastsNs ?? 1e9 / capture.hz), 0) / 1e9;
  let frames = 0;
  let unknown = 0;
  let nameless = 0;
  let empty = 0;
  let truncated = 0;
  for (const sample of window) {
    frames += sample.frames.length;
    if (sample.frames.length === 0) empty += 1;
    else if (!sample.complete) truncated += 1;
    for (const frame of sample.frames) {
      if (frame.known === "none") unknown += 1;
      else if (frame.known === "module") nameless += 1;
    }
  }
  const shares = {
    unknownFrames: percent(unknown, frames),
    namelessFrames: percent(nameless, frames),
    truncatedStacks: percent(truncated, window.length),
    emptyStacks: percent(empty, window.length),
  };

  const reasons: string[] = [];
  if (capture.problem !== null) reasons.push(capture.problem);
  if (!isMeasured) reasons.push("there is no independent measure of the CPU time to check against");
  const isBroken = isMeasured && window.length === 0 && low >= 0.05;
  const isTooFew = isMeasured && !isBroken && window.length < leastSamples;
  if (isBroken) {
    reasons.push(
      `not one sample although the process used ${low.toFixed(2)} s of CPU time` +
        (inInitialPidNamespace() === false ? " (a PID namespace hides it from the sampler)" : ""),
    );
  } else if (isTooFew) {
    reasons.push(
      `${window.length} samples are too few to say anything (at least ${leastSamples}): ` +
        `the process used only ${low.toFixed(2)} s of CPU time in ${seconds(first, last).toFixed(1)} s`,
    );
  }
  if (isMeasured && !isBroken && (sampled < least || sampled > most)) {
    reasons.push(
      `the samples account for ${sampled.toFixed(2)} s, but the ${measureName(capture)} was ` +
        `${rangeText(low, high)} s (accepted: ${least.toFixed(2)} to ${most.toFixed(2)} s)`,
    );
  }
  if (shares.unknownFrames > mostUnknown) {
    reasons.push(`${shares.unknownFrames} % of the frames have no name (at most ${mostUnknown} %)`);
  }
  if (shares.emptyStacks > mostUnknown) {
    reasons.push(`${shares.emptyStacks} % of the samples have no stack (at most ${mostUnknown} %)`);
  }
  // V8 leaves samples out while its thread waits for a CPU, so its rate says nothing.
  const rate = capture.profiler === "v8" ? null : capture.effectiveHz;
  if (rate !== null && Math.abs(rate / capture.hz - 1) > rateTolerance) {
    reasons.push(`the sampler ticked at ${rate.toFixed(1)} Hz instead of ${capture.hz} Hz`);
  }
  return {
    samples: window.length,
    seconds: wall,
    sampledSeconds: sampled,
    measured: [low, high],
    measure: measureName(capture),
    accepted: [least, most],
    ...shares,
    isTooFew,
    state: isBroken ? "broken" : reasons.length === 0 ? "ok" : "unusable",
    reasons,
  };
}

const rangeText = (low: number, high: number): string =>
  low === high ? low.toFixed(2) : `${low.toFixed(2)} to ${high.toFixed(2)}`;

const seconds = (first: CpuReading, last: CpuReading): number => (last.timeNs - first.timeNs) / 1e9;

/** The self-check as facts under the flame graph. */
export function accountFacts(capture: Capture, account: Account): Record<string, Scalar> {
  const shares = shareByType(capture.samples);
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  return {
    profiler: `${capture.profiler} ${capture.version}`,
    clock: capture.profiler === "v8" ? "wall time of the main thread" : "CPU time, all threads",
    samples: capture.samples.length,
    "samples checked": account.samples,
    "seconds checked": round(account.seconds),
    "rate asked (Hz)": capture.hz,
    "rate delivered (Hz)": capture.effectiveHz === null ? "not told" : round(capture.effectiveHz),
    "samples / rate (s)": round(account.sampledSeconds),
    "ticks of idle CPUs": capture.ticksKept ? "kept" : "may be missing",
    [`${account.measure} (s)`]: rangeText(...account.measured),
    "accepted (s)": account.accepted.map((value) => value.toFixed(2)).join(" to "),
    "frames without a name (%)": account.unknownFrames,
    "frames with only a library name (%)": account.namelessFrames,
    "stacks cut off (%)": account.truncatedStacks,
    "samples without a stack (%)": account.emptyStacks,
    "records lost": capture.lost,
    processes: new Set(capture.samples.map((sample) => sample.process)).size,
    threads: new Set(capture.samples.map((sample) => sample.thread)).size,
    "attach time (ms)": Math.round(capture.attachMs),
    "JavaScript (%)": shares.js,
    "native (%)": shares.native,
    "kernel (%)": shares.kernel,
    "garbage collection (%)": shares.gc,
    "initial PID namespace": inInitialPidNamespace() ?? "unknown",
    "self-check": account.state,
  };
}

/** One sentence for the evidence. */
export function accountSentence(capture: Capture, account: Account): string {
  return (
    `${account.samples} samples at ${capture.hz} Hz stand for ${account.sampledSeconds.toFixed(2)} s; ` +
    `the ${account.measure}, read from /proc, was ${rangeText(...account.measured)} s ` +
    `(accepted: ${account.accepted.map((value) => value.toFixed(2)).join(" to ")} s). ` +
    `Frames without a name ${account.unknownFrames} %, stacks cut off ${account.truncatedStacks} %, ` +
    `records lost ${capture.lost}.`
  );
}
