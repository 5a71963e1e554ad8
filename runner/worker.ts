/** A worker thread: loads the subjects by itself and checks one obligation at a time. */

import { parentPort, workerData } from "node:worker_threads";

import type { Subject } from "../core/subject.ts";
import { checkSafely, errorOutcome, makeContext } from "./check.ts";
import type { FromWorker, Task, ToWorker, WorkerData } from "./protocol.ts";
import { loadEngine } from "./registry.ts";
import { loadSubjects } from "./source.ts";

const port = parentPort!;
const { source } = workerData as WorkerData;
let subjects: Promise<readonly Subject[]> | undefined;
let running: AbortController | undefined;

const send = (message: FromWorker): void => port.postMessage(message);

async function check(task: Task): Promise<void> {
  const started = performance.now();
  running = new AbortController();
  const timer = setTimeout(() => running?.abort(new Error("time budget")), task.budget.timeMs);
  const context = makeContext(task, running.signal, (message) =>
    send({ type: "progress", message }),
  );
  let outcome;
  try {
    subjects ??= loadSubjects(source);
    const subject = (await subjects).find(({ id }) => id === task.obligation.subject);
    if (subject === undefined) throw new Error(`subject ${task.obligation.subject} is gone`);
    const engine = await loadEngine(task.obligation.engine);
    outcome = await checkSafely(engine, subject, task, context);
  } catch (error) {
    outcome = errorOutcome(task, error);
  } finally {
    clearTimeout(timer);
  }
  send({ type: "outcome", outcome, durationMs: performance.now() - started });
}

port.on("message", (message: ToWorker) => {
  if (message.type === "abort") running?.abort(new Error("interrupted"));
  else void check(message.task);
});
