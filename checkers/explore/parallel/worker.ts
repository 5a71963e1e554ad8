/** A thread of a parallel search: waits for orders, works on levels. */

import { receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";

import { control, workOnLevel, type SharedSpace } from "./level.ts";

const { thread, port, block } = workerData as {
  readonly thread: number;
  readonly port: MessagePort;
  readonly block: Int32Array;
};

let space: SharedSpace | null = null;
let order = 0;
for (;;) {
  Atomics.wait(block, control.order, order);
  order = Atomics.load(block, control.order);
  if (order < 0) break;
  for (let message = receiveMessageOnPort(port); message !== undefined;) {
    space = (message as { message: SharedSpace }).message;
    message = receiveMessageOnPort(port);
  }
  if (space !== null) workOnLevel(space, thread);
  Atomics.add(block, control.done, 1);
  Atomics.notify(block, control.done);
}
port.close();
