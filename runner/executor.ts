/** One worker thread with a deadline: it is killed and replaced when an engine does not stop. */

import { Worker } from "node:worker_threads";

import { makeOutcome } from "../core/outcome.ts";
import { siblingModule } from "../core/module-url.ts";
import type { Outcome } from "../core/result.ts";
import type { FromWorker, SubjectSource, Task, ToWorker, WorkerData } from "./protocol.ts";

/** Time an engine gets to stop by itself after its budget is over, in milliseconds. */
const graceMs = 5_000;

export interface Checked {
  readonly outcome: Outcome;
  readonly durationMs: number;
}

export class Executor {
  readonly #source: SubjectSource;
  #worker: Worker | undefined;

  constructor(source: SubjectSource) {
    this.#source = source;
  }

  check(task: Task, progress: (message: string) => void): Promise<Checked> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const started = performance.now();
    return new Promise((resolve) => {
      const finish = (checked: Checked, isAlive: boolean): void => {
        clearTimeout(deadline);
        worker.removeAllListeners();
        if (!isAlive) this.#discard(worker);
        resolve(checked);
      };
      const give = (kind: "unknown" | "error", reason: string): void =>
        finish(
          {
            outcome: makeOutcome({
              claim: task.obligation.claim,
              method: null,
              observation: { kind, reason },
            }),
            durationMs: performance.now() - started,
          },
          false,
        );
      const deadline = setTimeout(
        () =>
          give(
            "unknown",
            `killed ${graceMs / 1000} s after its time budget of ${task.budget.timeMs / 1000} s`,
          ),
        task.budget.timeMs + graceMs,
      );
      worker.on("message", (message: FromWorker) => {
        if (message.type === "progress") progress(message.message);
        else finish(message, true);
      });
      worker.on("error", (error) => give("error", `the worker crashed: ${String(error)}`));
      worker.on("exit", (code) => give("error", `the worker ended early with exit code ${code}`));
      this.#post({ type: "check", task });
    });
  }

  /** Asks the running engine to stop and say what it has. */
  abort(): void {
    this.#post({ type: "abort" });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.removeAllListeners();
    await worker?.terminate();
  }

  #start(): Worker {
    const workerData: WorkerData = { source: this.#source };
    return new Worker(siblingModule(import.meta.url, "./worker"), { workerData });
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #discard(worker: Worker): void {
    void worker.terminate();
    if (this.#worker === worker) this.#worker = undefined;
  }
}
