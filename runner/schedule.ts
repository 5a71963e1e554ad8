/**
 * Spreads obligations over worker threads. Obligations of one subject and engine stay together, in
 * order and on one worker, so that an engine explores a subject once. Measurements run last and
 * alone: nothing else may share the machine with them.
 */

import type { Obligation } from "../core/engine.ts";
import { Executor, type Checked } from "./executor.ts";
import type { SubjectSource, Task } from "./protocol.ts";

export interface ScheduleOptions {
  readonly source: SubjectSource;
  readonly jobs: number;
  readonly task: (obligation: Obligation) => Task;
  readonly onStart: (obligation: Obligation) => void;
  readonly onProgress: (obligation: Obligation, message: string) => void;
  /** Return false to stop the run (`--bail`). */
  readonly onDone: (obligation: Obligation, checked: Checked) => boolean;
  readonly signal: AbortSignal;
}

/** Time that running obligations get to hand in what they have after an interruption. */
const interruptGraceMs = 2_000;

export async function schedule(
  obligations: readonly Obligation[],
  options: ScheduleOptions,
): Promise<void> {
  const shared = groups(obligations.filter(({ exclusive }) => exclusive !== true));
  const alone = groups(obligations.filter(({ exclusive }) => exclusive === true));
  await drain(shared, Math.min(options.jobs, shared.length), options);
  await drain(alone, Math.min(1, alone.length), options);
}

function groups(obligations: readonly Obligation[]): Obligation[][] {
  const byKey = Map.groupBy(obligations, ({ subject, engine }) => `${engine}:${subject}`);
  // Waiting on sockets leaves the processor free: start those groups first.
  return [...byKey.values()].sort(
    (a, b) => Number(b[0]!.engine === "conform") - Number(a[0]!.engine === "conform"),
  );
}

async function drain(queue: Obligation[][], jobs: number, options: ScheduleOptions): Promise<void> {
  const { signal } = options;
  const executors = Array.from({ length: jobs }, () => new Executor(options.source));
  let stopped = false;
  const work = async (executor: Executor): Promise<void> => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
      for (const obligation of group) {
        if (signal.aborted || stopped) return;
        options.onStart(obligation);
        const checked = await executor.check(options.task(obligation), (message) =>
          options.onProgress(obligation, message),
        );
        if (!options.onDone(obligation, checked)) stopped = true;
      }
    }
  };
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener(
      "abort",
      () => {
        for (const executor of executors) executor.abort();
        setTimeout(resolve, interruptGraceMs).unref();
      },
      { once: true },
    );
  });
  try {
    if (!signal.aborted) await Promise.race([Promise.all(executors.map(work)), interrupted]);
  } finally {
    await Promise.all(executors.map((executor) => executor.close()));
  }
}
