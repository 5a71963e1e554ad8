/** Malformed input of every kind leaves the harness alive, with a clear verdict. */

import { once } from "node:events";
import { request } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";

import { afterAll, describe, expect, it, vi } from "vitest";

import { planExporter, checkExporter } from "../../checkers/conform/wire/index.ts";
import { payload } from "../../checkers/conform/wire/payload.ts";
import { ProtobufWriter } from "../../checkers/conform/wire/protobuf.ts";
import { type Receiver, startReceiver } from "../../checkers/conform/wire/receiver.ts";
import type { ExporterSubject } from "../../core/subject.ts";
import { context, fixture, play } from "./helpers.ts";

vi.setConfig({ maxConcurrency: 8 });

const receivers: Receiver[] = [];
afterAll(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

async function start(transport: "http" | "grpc" = "http"): Promise<Receiver> {
  const receiver = await startReceiver({ roundsAre: "exports", transport });
  receivers.push(receiver);
  receiver.arm({ rounds: [] });
  return receiver;
}

type Write = (into: NodeJS.WritableStream) => void;

/** Posts what `write` writes; the status of the answer, or the code of the error. */
function post(port: number, write: Write, headers: Record<string, string> = {}) {
  return new Promise<number | string>((resolve) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        path: "/v1/traces",
        method: "POST",
        agent: false,
        headers: { "Content-Type": "application/x-protobuf", ...headers },
      },
      (response) => {
        response.resume().on("error", () => resolve("cut"));
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    write(outgoing);
  });
}
const send =
  (bytes: Uint8Array): Write =>
  (into) =>
    void into.end(bytes);
const good = payload("traces", "protobuf", {});

/** 100 MiB, a piece at a time: nothing that large is ever held here. */
const LARGE = 100 * 1024 * 1024;
function* zeros(): Generator<Buffer> {
  for (let left = LARGE; left > 0; left -= 1024 * 1024) yield Buffer.alloc(1024 * 1024);
}
const stream: Write = (into) => void Readable.from(zeros()).pipe(into);

describe.concurrent("the receiver, after", () => {
  it("requests that are cut anywhere: 400 or success, never an end", async () => {
    const { port, requests } = await start();
    for (let length = 0; length < good.length; length += 3) {
      const status = await post(port, send(good.subarray(0, length)));
      expect([200, 400]).toContain(status);
    }
    expect(requests.some(({ problem }) => problem !== null)).toBe(true);
    expect(await post(port, send(good))).toBe(200);
  });

  it("a body of 100 MiB: 413, and it is not kept", async () => {
    const { port, requests } = await start();
    const headers = { "Content-Length": String(LARGE) };
    expect(await post(port, stream, headers)).toBe(413);
    expect(requests[0]).toMatchObject({ problem: expect.stringContaining("64 MiB"), spans: [] });
    expect(await post(port, send(good))).toBe(200);
  });

  it("100 MiB once they are unpacked: 400", async () => {
    const { port, requests } = await start();
    const packed: Write = (into) => stream(gzipTo(into));
    expect(await post(port, packed, { "Content-Encoding": "gzip" })).toBe(400);
    expect(requests[0]!.problem).toContain("too large");
    expect(await post(port, send(good))).toBe(200);
  });

  it("a message of 100 MiB over gRPC: RESOURCE_EXHAUSTED", async () => {
    const { port, requests } = await start("grpc");
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on("error", () => {});
    const call = session.request({
      ":method": "POST",
      ":path": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      "content-type": "application/grpc",
      te: "trailers",
    });
    let code = "";
    const read = (headers: IncomingHttpHeaders) => {
      code = headers["grpc-status"]?.toString() ?? code;
    };
    call
      .on("response", read)
      .on("trailers", read)
      .on("error", () => {});
    call.resume();
    const closed = once(call, "close");
    stream(call);
    await closed;
    session.destroy();
    expect(code).toBe("8");
    expect(requests[0]!.problem).toContain("64 MiB");
  });

  it("fields that nobody knows: accepted", async () => {
    const { port, requests } = await start();
    const unknown = payload("traces", "protobuf", { unknownFields: true });
    expect(await post(port, send(unknown))).toBe(200);
    expect(requests[0]).toMatchObject({ problem: null });
    expect(requests[0]!.spans).toHaveLength(1);
  });

  it("text that is no UTF-8: 400, in either encoding", async () => {
    const { port, requests } = await start();
    const name = new ProtobufWriter().bytes(5, Uint8Array.of(0xff, 0xfe)).finish();
    const scope = new ProtobufWriter().bytes(2, name).finish();
    const resource = new ProtobufWriter().bytes(2, scope).finish();
    const bad = new ProtobufWriter().bytes(1, resource).finish();
    expect(await post(port, send(bad))).toBe(400);
    const json = { "Content-Type": "application/json" };
    expect(await post(port, send(Buffer.from([0x7b, 0xff, 0x7d])), json)).toBe(400);
    for (const { problem } of requests) expect(problem).toContain("UTF-8");
  });

  it("sockets that are closed at any byte, and bytes that are no HTTP", async () => {
    const { port, requests } = await start();
    const text = Buffer.concat([
      Buffer.from(
        `POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${good.length}\r\n\r\n`,
      ),
      good,
    ]);
    const pieces = [0, 5, 40, text.length - good.length, text.length - 1].map((end) =>
      text.subarray(0, end),
    );
    const noise = [
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      Buffer.from([0x16, 3, 1, 0, 0xff]),
    ];
    for (const piece of [...pieces, ...noise]) {
      for (const how of ["destroy", "resetAndDestroy"] as const) {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => {});
        await once(socket, "connect");
        socket.write(piece, () => socket[how]());
        await once(socket, "close");
      }
    }
    expect(await post(port, send(good))).toBe(200);
    expect(requests.at(-1)).toMatchObject({ problem: null, ending: expect.any(String) });
    expect(requests.filter(({ spans }) => spans.length > 0)).toHaveLength(1);
  });
});

/** Streams into gzip into the request. */
function gzipTo(into: NodeJS.WritableStream): NodeJS.WritableStream {
  const gzip = createGzip({ level: 1 });
  gzip.pipe(into);
  return gzip;
}

describe.concurrent("a process that", () => {
  const script = (text: string, change: Partial<ExporterSubject> = {}) =>
    fixture("", { command: [process.execPath, "-e", text], ...change });
  const serve = (onWork: string) =>
    `require("node:http").createServer((q, r) => { if (q.url === "/") return void r.end(); ${onWork} }).listen(process.env.PORT, "127.0.0.1");`;

  it("throws at once is VRF402 with what it said", async () => {
    const run = play(script("throw new Error('no such table')"), "baseline");
    await expect(run).rejects.toMatchObject({
      code: "VRF402",
      message: expect.stringContaining("no such table"),
    });
  });

  it("never gets ready is VRF402 with the time that it was given", async () => {
    const deaf = script("setInterval(() => {}, 1000)", { pace: { readyMs: 1_000 } });
    await expect(play(deaf, "baseline")).rejects.toMatchObject({
      code: "VRF402",
      message: expect.stringContaining("did not answer 2xx within 1 s"),
    });
  });

  it("never answers its stimulus is VRF402, not a pass", async () => {
    const mute = script(serve(""), { pace: { driveMs: 1_000 } });
    await expect(play(mute, "baseline")).rejects.toMatchObject({
      code: "VRF402",
      message: expect.stringContaining("no answer"),
    });
  });

  it("dies at its stimulus leaves the account open and says how it ended", async () => {
    const run = await play(script(serve("process.exit(7)")), "unauthorized");
    expect(run).toMatchObject({ endedEarly: true, exit: { how: "exit code 7" } });
    expect(run.stimulusFailed).toContain("no answer");
  });

  it("is killed in the middle is found to have ended", async () => {
    const run = await play(script(serve("process.kill(process.pid, 'SIGKILL')")), "malformed");
    expect(run).toMatchObject({ endedEarly: true, exit: { how: "signal SIGKILL" } });
  });

  it("prints without an end, and no lines, is judged all the same", async () => {
    const noisy = "setInterval(() => process.stdout.write('x'.repeat(1 << 16)), 1);";
    const run = await play(script(`${noisy} ${serve("r.end()")}`), "unauthorized", (scenario) => ({
      ...scenario,
      steps: [{ do: "drive" }, { do: "wait", ms: 300 }, { do: "terminate", graceMs: 1_000 }],
    }));
    expect(run.requests).toEqual([]);
    expect(run.exit.how).toBe("signal SIGTERM");
  });

  it("sends nothing that can be read is accused, and nothing else is concluded", async () => {
    const garbage = `const http = require("node:http"); const u = new URL(process.env.OTEL_EXPORTER_OTLP_ENDPOINT); ${serve(
      `http.request({ host: u.hostname, port: u.port, path: "/v1/traces", method: "POST", headers: { "content-type": "application/x-protobuf" } }, (a) => a.resume()).on("error", () => {}).end(Buffer.from([10, 255, 1])); r.end();`,
    )}`;
    const subject = script(garbage, { pace: { quietMs: 300, silenceMs: 800, jobs: 4 } });
    const check = async (property: string) => {
      const obligation = planExporter(subject).find((one) => one.property === property)!;
      return await checkExporter(obligation, subject, context());
    };
    expect(await check("body-is-an-export-request")).toMatchObject({ verdict: "violated" });
    expect(await check("no-resend-after-success")).toMatchObject({ verdict: "inconclusive" });
  });
});
