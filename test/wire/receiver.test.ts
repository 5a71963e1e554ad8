/** The receiver misbehaves exactly as scripted, survives everything, and keeps no secrets. */

import { Agent, request } from "node:http";
import { gzipSync } from "node:zlib";

import { afterEach, describe, expect, it } from "vitest";

import { type Receiver, startReceiver } from "../../checkers/conform/wire/receiver.ts";
import type { Answer, Script } from "../../checkers/conform/wire/scenario.ts";

const SECRET = "hunter2-planted-secret";
const open: Receiver[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
});

async function start(script: Script | null): Promise<Receiver> {
  const receiver = await startReceiver({ roundsAre: "exports" });
  open.push(receiver);
  if (script !== null) receiver.arm(script);
  return receiver;
}

const always = (...attempts: Answer[]): Script => ({ rounds: [{ attempts, repeat: true }] });

const spanId = (n: number) => n.toString(16).padStart(16, "0");
const body = (...ids: number[]) =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: ids.map((n) => ({
              traceId: "5b8efff798038103d269b633813fc60c",
              spanId: spanId(n),
              name: SECRET,
              attributes: [{ key: "card", value: { stringValue: SECRET } }],
            })),
          },
        ],
      },
    ],
  });

interface Reply {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

function post(
  port: number,
  data: string | Uint8Array = body(1),
  options: { headers?: Record<string, string>; path?: string; method?: string; agent?: Agent } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: "127.0.0.1",
        port,
        path: options.path ?? "/v1/traces",
        method: options.method ?? "POST",
        agent: options.agent ?? false,
        headers: { "Content-Type": "application/json", ...options.headers },
      },
      (res) => {
        let text = "";
        res.setEncoding("utf8");
        res.on("data", (chunk: string) => (text += chunk));
        res.on("error", reject);
        res.on("end", () => resolve({ status: res.statusCode!, headers: res.headers, body: text }));
      },
    );
    req.on("error", reject);
    req.end(data);
  });
}

const settled = async (receiver: Receiver) => {
  while (receiver.requests.some(({ ending }) => ending === "open")) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

describe("the receiver", () => {
  it("accepts, and answers in the encoding of the request", async () => {
    const { port, requests } = await start(null);
    const reply = await post(port);
    expect(reply).toMatchObject({ status: 200, body: "{}" });
    expect(reply.headers["content-type"]).toBe("application/json");
    const empty = await post(port, new Uint8Array(), {
      headers: { "Content-Type": "application/x-protobuf" },
    });
    expect(empty).toMatchObject({ status: 200, body: "" });
    expect(empty.headers["content-type"]).toBe("application/x-protobuf");
    expect(requests.map(({ spans }) => spans.length)).toEqual([1, 0]);
    expect(requests[0]!.spans[0]).toMatch(/^[0-9a-f]{32}:0{15}1$/);
  });

  it("answers any status with Retry-After as seconds or as a date", async () => {
    const { port, requests } = await start({
      rounds: [
        {
          attempts: [
            { kind: "status", status: 503, retryAfterS: 7 },
            { kind: "status", status: 429, retryAtMs: 3_000 },
            { kind: "status", status: 418 },
          ],
        },
      ],
    });
    expect((await post(port)).headers["retry-after"]).toBe("7");
    const date = (await post(port)).headers["retry-after"];
    expect(Date.parse(String(date)) - Date.now()).toBeGreaterThan(1_900);
    expect(await post(port)).toMatchObject({ status: 418 });
    expect(await post(port)).toMatchObject({ status: 200 });
    expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(requests[0]!.notBeforeMs! - requests[0]!.atMs).toBeGreaterThanOrEqual(7_000);
  });

  it("tells attempts of one export from new exports by their spans", async () => {
    const { port, requests } = await start(always({ kind: "status", status: 503 }));
    for (const data of [body(1, 2), body(3), body(2), body(3, 4)]) await post(port, data);
    expect(requests.map(({ exportNumber, attempt }) => [exportNumber, attempt])).toEqual([
      [1, 1],
      [2, 1],
      [1, 2],
      [2, 2],
    ]);
  });

  it("reports partial success and unknown fields", async () => {
    const partial = { rejected: 2, errorMessage: "too old" };
    const { port } = await start(always({ kind: "success", partial, unknownField: true }));
    const reply = JSON.parse((await post(port)).body) as Record<string, unknown>;
    expect(reply["partialSuccess"]).toEqual({ rejectedSpans: "2", errorMessage: "too old" });
    expect(Object.keys(reply)).toHaveLength(2);
  });

  it.each([
    ["close", { kind: "close" }],
    ["reset", { kind: "reset" }],
  ] as const)("cuts the connection: %s", async (_, answer) => {
    const receiver = await start(always(answer));
    await expect(post(receiver.port)).rejects.toMatchObject({ code: "ECONNRESET" });
    await settled(receiver);
    expect(receiver.requests[0]).toMatchObject({ status: null, ending: "cut" });
  });

  it.each(["before-headers", "after-headers"] as const)("hangs %s", async (when) => {
    const receiver = await start(always({ kind: "hang", when }));
    const { port } = receiver;
    const req = request({
      host: "127.0.0.1",
      port,
      path: "/v1/traces",
      method: "POST",
      headers: { "Content-Type": "application/json" },
    });
    let gotHeaders = false;
    req.on("response", () => (gotHeaders = true));
    req.on("error", () => {});
    req.end(body(1));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(gotHeaders).toBe(when === "after-headers");
    req.destroy();
    await settled(receiver);
    expect(receiver.requests[0]!.ending).toBe("client-gave-up");
  });

  it("drips a valid body", async () => {
    const receiver = await start(always({ kind: "drip", everyMs: 5, count: 20 }));
    const reply = await post(receiver.port);
    expect(JSON.parse(reply.body)).toEqual({});
    await settled(receiver);
    expect(receiver.requests[0]).toMatchObject({ status: 200, ending: "answered" });
  });

  it("floods", async () => {
    const receiver = await start(always({ kind: "flood", bytes: 3 * 1024 * 1024 }));
    const reply = await post(receiver.port);
    expect(reply.body.length).toBeGreaterThan(3 * 1024 * 1024);
    expect(() => JSON.parse(reply.body)).not.toThrow();
  });

  it("refuses connections and comes back on the same port", async () => {
    const receiver = await start({ rounds: [] });
    const agent = new Agent({ keepAlive: true });
    await post(receiver.port, body(1), { agent });
    await receiver.refuse();
    await expect(post(receiver.port, body(2), { agent })).rejects.toThrow();
    await expect(post(receiver.port, body(2))).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await receiver.listen();
    expect(await post(receiver.port, body(2), { agent })).toMatchObject({ status: 200 });
    agent.destroy();
  });

  it("stays alive on malformed input and answers 4xx", async () => {
    const { port, requests } = await start(null);
    const bad: [Parameters<typeof post>[1], Parameters<typeof post>[2], number][] = [
      ["{", {}, 400],
      [Uint8Array.of(0x0a, 0xff), { headers: { "Content-Type": "application/x-protobuf" } }, 400],
      ["plain", { headers: { "Content-Type": "text/plain" } }, 400],
      ["not gzip", { headers: { "Content-Encoding": "gzip" } }, 400],
      [gzipSync(body(1)), { headers: { "Content-Encoding": "br" } }, 400],
      [body(1), { path: "/elsewhere" }, 404],
      ["", { method: "GET" }, 405],
    ];
    for (const [data, options, status] of bad) {
      expect((await post(port, data, options)).status).toBe(status);
    }
    expect(requests.slice(0, 5).every(({ problem }) => problem !== null)).toBe(true);
    expect((await post(port)).status).toBe(200);
  });

  it("keeps names of headers and identities of spans, never values", async () => {
    const { port, requests } = await start(null);
    const headers = { Authorization: `Bearer ${SECRET}`, "x-api-key": SECRET, "x-team": SECRET };
    await post(port, body(1), { headers, path: `/v1/traces?token=${SECRET}` });
    await post(port, `{"${SECRET}`, { headers });
    const kept = JSON.stringify(requests);
    expect(requests[0]!.headerNames).toEqual(
      expect.arrayContaining(["authorization", "x-api-key", "x-team"]),
    );
    expect(kept).not.toContain(SECRET);
  });
});
