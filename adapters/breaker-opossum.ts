/**
 * Drives the npm package opossum, whose breaker counts differently: over a rolling window it opens
 * when at least `volumeThreshold` calls were fired and more than `errorThresholdPercentage` of them
 * failed. It admits one trial while half-open, whatever the model's `trialLimit` says.
 */

import { createRequire } from "node:module";

import type { Implementation } from "../core/subject.ts";
import {
  breakerAssumptions,
  driveBreaker,
  parameter,
  predictBreaker,
  type BreakerAdapterOptions,
} from "./breaker-driver.ts";
import { VirtualTime } from "./virtual-time.ts";

const { version } = createRequire(import.meta.url)("opossum/package.json") as { version: string };

/**
 * The percentage that comes closest to "`threshold` failures in a row". Without any success, and
 * with up to `concurrency - 1` more calls in flight, it opens at the failure number `threshold` and
 * not before: it lies between (t - 1) / t and t / (t + c - 1).
 */
export function closestPercentage(threshold: number, concurrency: number): number {
  const tooEarly = (threshold - 1) / threshold;
  const dueAtLeast = threshold / (threshold + concurrency - 1);
  return (100 * (tooEarly + dueAtLeast)) / 2;
}

export function breakerOpossum(options: BreakerAdapterOptions): Implementation {
  return {
    name: "opossum",
    version,
    async start(parameters) {
      const { default: Opossum } = await import("opossum");
      const threshold = parameter(parameters, "threshold");
      const concurrency = parameter(parameters, "concurrency");
      const time = new VirtualTime();
      const breaker = time.run(
        () =>
          new Opossum((action: () => Promise<string>) => action(), {
            resetTimeout: options.resetTimeoutMs,
            volumeThreshold: threshold,
            errorThresholdPercentage: closestPercentage(threshold, concurrency),
            // The model forgets failures only by a success: a window longer than any test.
            rollingCountTimeout: 1000 * options.resetTimeoutMs,
            rollingCountBuckets: 10,
            rollingPercentilesEnabled: false,
            enableSnapshots: false,
            timeout: false,
          }),
      );
      return driveBreaker(
        {
          execute: (action) => time.run(() => breaker.fire(action)),
          state: () => (breaker.opened ? "open" : breaker.halfOpen ? "halfOpen" : "closed"),
          isRejection: (error) => error instanceof Error && Opossum.isOurError(error),
          advance: (ms) => time.advance(ms),
          settle: (read) => time.settle().then(read),
          dispose: () => {
            time.run(() => breaker.shutdown());
            time.dispose();
          },
        },
        concurrency,
      );
    },
    predict: predictBreaker,
    sideBySide: true,
    assumptions: [
      ...breakerAssumptions,
      "opossum's closest settings: volumeThreshold = threshold, errorThresholdPercentage so that " +
        "failures alone open it exactly at the threshold, a window longer than any test",
    ],
  };
}
