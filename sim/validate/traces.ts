/**
 * Random traces for a batch processor, and what the simulator makes of them. Times are multiples of
 * 1/1024 ms, which the virtual clock holds exactly; traces in which two decisions fall on one moment
 * are left out, since their order is not the model's.
 */

import type { BatchReplay, BatchTrace } from "../../core/load.ts";
import { makeRandom, type Random } from "../../core/random.ts";
import { dropped, left, runBulk } from "../queue/bulk.ts";

const grid = 1024;

function millis(random: Random, mean: number): number {
  const value = -mean * Math.log1p(-random.next());
  return Math.max(1, Math.round(value * grid)) / grid;
}

/** A small processor under a load that makes it wait, fill, drop, fail and time out. */
export function randomTrace(seed: number): BatchTrace {
  const random = makeRandom(seed);
  const maxExportBatchSize = 1 + random.below(8);
  const maxQueueSize = 1 + random.below(20);
  const gap = [2, 5, 20][random.below(3)]!;
  const duration = [3, 20, 60][random.below(3)]!;
  const failures = [0, 0, 0.1, 0.5][random.below(4)]!;
  const isBursty = random.below(2) === 0;
  const arrivals: number[] = [];
  let time = 0;
  while (arrivals.length < 60) {
    time += millis(random, gap);
    const size = isBursty ? 1 + random.below(6) : 1;
    for (let one = 0; one < size; one++) arrivals.push(time);
  }
  return {
    maxExportBatchSize,
    maxQueueSize,
    scheduledDelayMillis: (1 + random.below(100 * grid)) / grid,
    // Sometimes so short that exports time out and go on in the background.
    exportTimeoutMillis: random.below(3) === 0 ? 30 + random.below(grid) / grid : 30_000,
    arrivals,
    exports: Array.from({ length: arrivals.length }, () => ({
      afterMs: millis(random, duration),
      ok: random.next() >= failures,
    })),
  };
}

/** The simulator on a trace; `null` when two decisions fell on one moment. */
export function simulateTrace(trace: BatchTrace, overlapAfterFailure: boolean): BatchReplay | null {
  const run = runBulk(
    {
      batch: trace.maxExportBatchSize,
      room: trace.maxQueueSize,
      delay: trace.scheduledDelayMillis,
      exportTimeout: trace.exportTimeoutMillis,
      overlapAfterFailure,
    },
    trace.arrivals,
    (index) => {
      const { afterMs, ok } = trace.exports[index]!;
      return { seconds: afterMs, ok };
    },
  );
  if (run.tied) return null;
  const exports = run.exports.map(({ start }) => ({ atMs: start, spans: [] as number[] }));
  const lost: number[] = [];
  run.fate.forEach((fate, item) => {
    if (fate === dropped || fate === left) lost.push(item);
    else exports[fate]!.spans.push(item);
  });
  return { exports, dropped: lost };
}

/** The first difference in words; `null` when both did the same. */
export function difference(simulated: BatchReplay, real: BatchReplay): string | null {
  const most = Math.max(simulated.exports.length, real.exports.length);
  for (let index = 0; index < most; index++) {
    const [one, other] = [simulated.exports[index], real.exports[index]];
    const name = `export ${index + 1}`;
    if (one === undefined) return `${name} happened, but not in the simulation`;
    if (other === undefined) return `${name} of the simulation did not happen`;
    if (one.spans.join() !== other.spans.join()) {
      return `${name} carried spans ${other.spans.join(" ")}, in the simulation ${one.spans.join(" ")}`;
    }
    if (Math.abs(one.atMs - other.atMs) > 1e-6) {
      return `${name} began at ${other.atMs} ms, in the simulation at ${one.atMs} ms`;
    }
  }
  if (simulated.dropped.join() !== real.dropped.join()) {
    return `spans ${real.dropped.join(" ")} were dropped, in the simulation ${simulated.dropped.join(" ")}`;
  }
  return null;
}
