/** A thread of a parallel search: waits for orders, works on levels. */

import { receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";

import { control, workOnLevel, type SharedSpace } from "./level.ts";

const { thread, port, block } = workerData as {
  readonly thread: number;
  readonly port: MessagePort;
  readonly block: Int32Array;
};

function next(): SharedSpace | null {
  const received: { readonly message: SharedSpace } | undefined = receiveMessageOnPort(port);
  return received?.message ?? null;
}

let space: SharedSpace | null = null;
let order = 0;
for (;;) {
  Atomics.wait(block, control.order, order);
  order = Atomics.load(block, control.order);
  if (order < 0) break;
  for (let received = next(); received !== null; received = next()) space = received;
  if (space !== null) workOnLevel(space, thread);
  Atomics.add(block, control.done, 1);
  Atomics.notify(block, control.done);
}
port.close();
