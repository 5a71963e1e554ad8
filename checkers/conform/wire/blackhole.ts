/**
 * A port that neither accepts nor refuses: a thread listens with the shortest queue and then does
 * nothing at all; once its queue is full, the kernel drops every further SYN.
 */

import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

const PROGRAM = `
const { createServer } = require("node:net");
const { parentPort, workerData } = require("node:worker_threads");
const gate = new Int32Array(workerData.gate);
const server = createServer((socket) => socket.destroy());
server.listen({ port: workerData.port, host: "127.0.0.1", backlog: 0 }, () => {
  parentPort.postMessage("listening");
  Atomics.wait(gate, 0, 0); // from here on nobody accepts
  server.close();
  process.exit(0);
});
server.on("error", (error) => { parentPort.postMessage(String(error)); process.exit(1); });
`;

const FILLING = 8;

/** Takes the port; the result gives it back. */
export async function blackhole(port: number): Promise<() => Promise<void>> {
  const gate = new SharedArrayBuffer(4);
  const worker = new Worker(PROGRAM, { eval: true, workerData: { port, gate } });
  const said = await new Promise<string>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", (error) => resolve(String(error)));
  });
  if (said !== "listening") throw new Error(`cannot listen on port ${port}: ${said}`);
  const fillers: Socket[] = [];
  for (let n = 0; n < FILLING; n++) {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => {});
    fillers.push(socket);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return async () => {
    for (const socket of fillers) socket.destroy();
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await worker.terminate();
  };
}
