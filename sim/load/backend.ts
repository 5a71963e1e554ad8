/**
 * The backend of a load run: a loopback HTTP server in a process of its own that answers every POST
 * after a random delay. The delay of arrival number k is the k-th draw of a seeded stream, so the
 * service demand is the same however the requests are interleaved. Reads `BackendSpec` as one line
 * of JSON and prints `{ "port": n }`; at any further line it prints how many operations of the run it
 * has answered, as a second witness besides the system's own report. Ends when standard input closes.
 */

import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createInterface } from "node:readline";

import { loadSequenceHeader } from "../../core/load.ts";
import { serviceDemands, type BackendFault, type BackendSpec } from "./demands.ts";

let delivered = 0;

function serve(spec: BackendSpec): void {
  const demand = serviceDemands(spec);
  let begin = 0;
  const faultNow = (): BackendFault | undefined => {
    if (spec.faults === undefined) return undefined;
    begin ||= performance.now();
    const seconds = (performance.now() - begin) / 1000;
    return spec.faults.find(({ from, to }) => seconds >= from && seconds < to);
  };
  const answer: RequestListener = (request, response) => {
    const sequence = Number(request.headers[loadSequenceHeader]);
    const isCounted = Number.isInteger(sequence); // warm-up operations carry no number
    const delayMs = isCounted ? demand(sequence) * 1000 : 1;
    request.resume();
    const fault = isCounted ? faultNow() : undefined;
    if (fault?.kind === "silent") return;
    if (fault?.kind === "cut") return void request.socket.destroy();
    if (fault !== undefined) {
      const { status, retryAfter } = fault.kind;
      response.writeHead(
        status,
        retryAfter === undefined ? {} : { "retry-after": `${retryAfter}` },
      );
      return void response.end();
    }
    setTimeout(() => {
      response.writeHead(200, { "content-type": "application/x-protobuf", "content-length": "0" });
      response.end();
      if (isCounted) delivered++;
    }, delayMs);
  };
  const server = spec.tls === undefined ? createServer(answer) : createTlsServer(spec.tls, answer);
  server.keepAliveTimeout = 60_000; // no connection is closed under a measured request
  server.listen(0, spec.host ?? "127.0.0.1", () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
  });
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  const spec: BackendSpec = JSON.parse(line);
  serve(spec);
  input.on("line", () => process.stdout.write(`${JSON.stringify({ delivered })}\n`));
});
input.once("close", () => process.exit(0));
