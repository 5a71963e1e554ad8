/**
 * Independent replications, spread over worker threads. Replication k depends on the seed and on k
 * only, and results are put together in the order of k, so the number of workers changes nothing.
 */

import { Worker } from "node:worker_threads";

import { siblingModule } from "../../core/module-url.ts";
import { deriveSeed } from "../../core/random.ts";
import { refuse } from "./guards.ts";
import { runRecursion, type RecursionModel } from "./recursion.ts";
import { runStation, type StationModel, type StationOptions } from "./station.ts";
import { studentInterval, type Interval } from "./statistics.ts";

/** What one replication simulates; plain data, so that it can travel to a thread. */
export type ReplicationTask =
  | {
      readonly kind: "recursion";
      readonly model: RecursionModel;
      readonly customers: number;
      readonly warmUp: number;
    }
  | {
      readonly kind: "station";
      readonly model: StationModel;
      readonly options: Omit<StationOptions, "seed" | "waits">;
    };

/** Figures of one replication by name; times in seconds. */
export type Replication = Readonly<Record<ReplicationFigure, number>>;
export type ReplicationFigure =
  "meanWait" | "waitProbability" | "p50" | "p95" | "p99" | "loss" | "goodput" | "customers";

export function replicate(task: ReplicationTask, seed: number, index: number): Replication {
  const own = deriveSeed(seed, `replication:${index}`);
  if (task.kind === "recursion") {
    const run = runRecursion(task.model, { ...task, seed: own });
    return {
      meanWait: run.mean,
      waitProbability: run.waitProbability,
      ...quantiles(run.histogram),
      loss: 0,
      goodput: 1 / task.model.interarrival.mean,
      customers: run.customers,
    };
  }
  const run = runStation(task.model, { ...task.options, seed: own });
  return {
    meanWait: run.meanWait,
    waitProbability: run.waitProbability,
    ...quantiles(run.waits),
    loss: run.attempts === 0 ? 0 : (run.lost + run.refused) / run.attempts,
    goodput: run.duration === 0 ? 0 : run.good / run.duration,
    customers: run.arrivals,
  };
}

const quantiles = (waits: {
  quantile(p: number): number;
}): { p50: number; p95: number; p99: number } => ({
  p50: waits.quantile(0.5),
  p95: waits.quantile(0.95),
  p99: waits.quantile(0.99),
});

export interface ReplicateOptions {
  readonly seed: number;
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Called with the number of replications done. */
  readonly progress?: (done: number, of: number) => void;
}

export interface WorkerRequest {
  readonly task: ReplicationTask;
  readonly seed: number;
  readonly index: number;
}

/** Replications `first` to `first + count − 1`, in that order. */
export async function replications(
  task: ReplicationTask,
  count: number,
  options: ReplicateOptions,
  first = 0,
): Promise<readonly Replication[]> {
  const results = Array.from<Replication>({ length: count });
  const wanted = Math.min(options.workers ?? 1, count);
  let done = 0;
  const report = (): void => options.progress?.(++done, count);
  if (wanted <= 1) {
    for (let index = 0; index < count; index++) {
      options.signal?.throwIfAborted();
      results[index] = replicate(task, options.seed, first + index);
      report();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return results;
  }
  let next = 0;
  const program = siblingModule(import.meta.url, "./worker");
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(program);
      const stop = (error?: Error): void => {
        options.signal?.removeEventListener("abort", abort);
        void worker.terminate();
        if (error === undefined) resolve();
        else reject(error);
      };
      const abort = (): void => stop(new Error("interrupted"));
      options.signal?.addEventListener("abort", abort, { once: true });
      let current = -1;
      const give = (): void => {
        if (next >= count) return stop();
        current = next++;
        const request: WorkerRequest = { task, seed: options.seed, index: first + current };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(request);
      };
      worker.on("message", (result: Replication) => {
        results[current] = result;
        report();
        give();
      });
      worker.on("error", (error: unknown) =>
        stop(error instanceof Error ? error : new Error(String(error))),
      );
      give();
    });
  await Promise.all(Array.from({ length: wanted }, work));
  return results;
}

export interface SequentialOptions extends ReplicateOptions {
  readonly figure: ReplicationFigure;
  readonly confidence: number;
  /** Stop once the half-width is at most this share of the mean. */
  readonly precision: number;
  readonly fewest?: number;
  readonly most?: number;
}

/**
 * Replications until the interval of one figure is narrow enough; looks after each further quarter.
 * @returns the interval, whether it is as narrow as wanted, and all replications
 */
export async function replicationsUntil(
  task: ReplicationTask,
  options: SequentialOptions,
): Promise<{ interval: Interval; precise: boolean; replications: readonly Replication[] }> {
  const { figure, confidence, precision, fewest = 10, most = 1000 } = options;
  if (!(precision > 0) || !(most >= fewest) || !(fewest >= 2)) {
    refuse(
      `a precision of ${precision} in ${fewest} to ${most} replications`,
      "give precision > 0, 2 <= fewest <= most",
    );
  }
  const all: Replication[] = [];
  for (let target = fewest; ; target = Math.min(most, Math.ceil(all.length * 1.25))) {
    all.push(...(await replications(task, target - all.length, options, all.length)));
    const interval = studentInterval(
      all.map((one) => one[figure]),
      confidence,
    );
    const precise = interval.halfWidth <= precision * Math.abs(interval.mean);
    if (precise || all.length >= most) return { interval, precise, replications: all };
  }
}
