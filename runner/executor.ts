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

/** What the running check does with news from its worker. */
interface Listener {
  message(message: FromWorker): void;
  ended(reason: string): void;
}

export class Executor {
  readonly #source: SubjectSource;
  #worker: Worker | undefined;
  #listener: Listener | undefined;

  constructor(source: SubjectSource) {
    this.#source = source;
  }

  check(task: Task, progress: (message: string) => void): Promise<Checked> {
    const started = performance.now();
    return new Promise((resolve) => {
      const finish = (checked: Checked): void => {
        clearTimeout(deadline);
        this.#listener = undefined;
        resolve(checked);
      };
      const giveUp = (kind: "unknown" | "error", reason: string): void => {
        void this.close();
        const outcome = makeOutcome({
          claim: task.obligation.claim,
          method: null,
          observation: { kind, reason },
        });
        finish({ outcome, durationMs: performance.now() - started });
      };
      const seconds = (ms: number): number => Math.round(ms / 100) / 10;
      const deadline = setTimeout(
        () =>
          giveUp(
            "unknown",
            `killed ${seconds(graceMs)} s after its time budget of ${seconds(task.budget.timeMs)} s`,
          ),
        task.budget.timeMs + graceMs,
      );
      deadline.unref(); // an interrupted run must not wait for it
      this.#listener = {
        message: (message) => {
          if (message.type === "progress") progress(message.message);
          else finish(message);
        },
        ended: (reason) => giveUp("error", reason),
      };
      this.#worker ??= this.#start();
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
    await worker?.terminate();
  }

  #start(): Worker {
    const workerData: WorkerData = { source: this.#source };
    const worker = new Worker(siblingModule(import.meta.url, "./worker"), { workerData });
    // A worker that was closed has nothing to say any more.
    const current = (use: (listener: Listener) => void): void => {
      if (this.#worker === worker && this.#listener !== undefined) use(this.#listener);
    };
    worker.on("message", (message: FromWorker) => current((to) => to.message(message)));
    worker.on("error", (error) =>
      current((to) => to.ended(`the worker crashed: ${String(error)}`)),
    );
    worker.on("exit", (code) =>
      current((to) => to.ended(`the worker ended early with exit code ${code}`)),
    );
    return worker;
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}
