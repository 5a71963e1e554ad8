/** A worker thread that simulates replications, one request at a time. */

import { parentPort } from "node:worker_threads";

import { replicate, type WorkerRequest } from "./replicate.ts";

parentPort?.on("message", ({ task, seed, index }: WorkerRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(replicate(task, seed, index));
});
