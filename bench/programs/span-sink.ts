/**
 * A backend that knows its spans: an OTLP/HTTP server in a process of its own that answers every POST
 * after a random delay and remembers the numbers of the spans it has answered for, each once, so that
 * what went missing on the way, whoever lost it, is counted at the end of the path. Reads `SinkSpec` as
 * one line of JSON, prints `{ "port": n }`, at any further line `{ "delivered": n }`.
 */

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";

import { ProtobufReader, WireType } from "../../checkers/conform/wire/protobuf.ts";
import { makeRandom } from "../../core/random.ts";
import type { Distribution } from "../../core/subject.ts";
import { makeSampler } from "../../sim/queue/distributions.ts";

export interface SinkSpec {
  readonly seed: number;
  readonly service: Distribution;
  readonly host: string;
  /** Answers 503 during this time, in seconds from the first numbered span. */
  readonly away: { readonly from: number; readonly to: number } | null;
}

const received = new Set<number>();
let begin = 0;
const seconds = (): number => (performance.now() - begin) / 1000;

/** The values of a message's fields of bytes with this number. */
function parts(message: Uint8Array, number: number): Uint8Array[] {
  const reader = new ProtobufReader(message);
  const found: Uint8Array[] = [];
  for (let field = reader.next(); field !== null; field = reader.next()) {
    if (field.number === number && field.wireType === WireType.bytes) found.push(reader.bytes());
    else reader.skip(field);
  }
  return found;
}

const text = new TextDecoder();

/** The attribute `load.number` of a span; spans sent before the run have −1. */
function numberOf(span: Uint8Array): number {
  for (const attribute of parts(span, 9)) {
    if (text.decode(parts(attribute, 1)[0]) !== "load.number") continue;
    const value = new ProtobufReader(parts(attribute, 2)[0]!);
    for (let field = value.next(); field !== null; field = value.next()) {
      if (field.number === 3) return Number(BigInt.asIntN(64, value.varint()));
      value.skip(field);
    }
  }
  return -1;
}

const numbersOf = (request: Uint8Array): number[] =>
  parts(request, 1)
    .flatMap((resource) => parts(resource, 2))
    .flatMap((scope) => parts(scope, 2))
    .map(numberOf)
    .filter((number) => number >= 0);

function serve(spec: SinkSpec): void {
  const draw = makeSampler(spec.service, makeRandom(spec.seed));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const isZipped = request.headers["content-encoding"] === "gzip";
      const numbers = numbersOf(isZipped ? gunzipSync(body) : body);
      if (numbers.length > 0) begin ||= performance.now();
      const isAway = (): boolean =>
        spec.away !== null && begin > 0 && seconds() >= spec.away.from && seconds() < spec.away.to;
      if (isAway()) {
        response.writeHead(503).end();
        return;
      }
      setTimeout(() => {
        if (isAway()) {
          response.writeHead(503).end();
          return;
        }
        for (const number of numbers) received.add(number);
        response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
      }, 1000 * draw());
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, spec.host, () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
  });
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  serve(JSON.parse(line) as SinkSpec);
  input.on("line", () => process.stdout.write(`${JSON.stringify({ delivered: received.size })}\n`));
});
input.once("close", () => process.exit(0));
