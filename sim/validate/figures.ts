/** The figures that predictions and measurements are compared by, computed alike from both. */

import { quantileOf } from "../queue/statistics.ts";

/** Spans and exports of one run, real or simulated; times in seconds. */
export interface Observed {
  /** When each span was meant to end: waits count from here. */
  readonly intended: ArrayLike<number>;
  /** Number of the export that took it; negative: dropped (-1) or left (-2). */
  readonly fate: ArrayLike<number>;
  readonly exports: readonly {
    readonly start: number;
    readonly end: number;
    readonly size: number;
    readonly ok: boolean;
    readonly refused?: boolean;
  }[];
}

export interface Window {
  readonly from: number;
  readonly until: number;
  /** Exports that can run at a time. */
  readonly servers: number;
}

export interface Figures {
  /** Spans delivered per second. */
  readonly throughput: number;
  /** Share of time that a server is busy, on average over servers. */
  readonly utilisation: number;
  /** Share of the spans that were dropped or refused. */
  readonly loss: number;
  /** Seconds from the intended end of a span to the start of its export. */
  readonly meanWait: number;
  readonly p99Wait: number;
  /** Mean number of spans waiting. */
  readonly queue: number;
}

export type Figure = keyof Figures;

export const figureNames: readonly Figure[] = [
  "throughput",
  "utilisation",
  "loss",
  "meanWait",
  "p99Wait",
  "queue",
];

const overlap = (start: number, end: number, window: Window): number =>
  Math.max(0, Math.min(end, window.until) - Math.max(start, window.from));

export function figuresOf(run: Observed, window: Window): Figures {
  const seconds = window.until - window.from;
  let delivered = 0;
  let busy = 0;
  let busyUntil = -Infinity;
  for (const { start, end, size, ok, refused } of run.exports) {
    if (refused === true) continue;
    // The exports of one server may overlap after a failure: its time counts once.
    const begin = window.servers === 1 ? Math.max(start, busyUntil) : start;
    busy += overlap(begin, end, window);
    busyUntil = Math.max(busyUntil, end);
    // An export that ends on the edge counts in part: whole batches would make the figure jump.
    if (ok && end > start) delivered += (size * overlap(start, end, window)) / (end - start);
  }
  const waits = new Float64Array(run.fate.length);
  let waited = 0;
  let arrived = 0;
  let lost = 0;
  let waiting = 0;
  for (let index = 0; index < run.fate.length; index++) {
    const intended = run.intended[index]!;
    const fate = run.fate[index]!;
    const taken = fate < 0 ? undefined : run.exports[fate];
    const isLost = fate === -1 || taken?.refused === true;
    if (!isLost) waiting += overlap(intended, taken?.start ?? window.until, window);
    if (intended < window.from || intended >= window.until) continue;
    arrived++;
    if (isLost) lost++;
    else if (taken !== undefined && taken.start <= window.until) {
      waits[waited++] = taken.start - intended;
    }
  }
  const own = waits.subarray(0, waited);
  const mean = own.reduce((sum, wait) => sum + wait, 0) / Math.max(1, waited);
  return {
    throughput: delivered / seconds,
    utilisation: busy / seconds / window.servers,
    loss: arrived === 0 ? 0 : lost / arrived,
    meanWait: mean,
    p99Wait: waited === 0 ? 0 : quantileOf(own, 0.99),
    queue: waiting / seconds,
  };
}
