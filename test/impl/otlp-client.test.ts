/** Parts of our OTLP client: what it reads from answers, and the transport on real sockets. */

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { partialSuccess } from "../../impl/otlp/partial-success.ts";
import { retryAfterMs } from "../../impl/otlp/retry-after.ts";
import { httpTransport, ResponseTooLargeError } from "../../impl/otlp/transport.ts";

describe("Retry-After", () => {
  /** The instant that RFC 9110, section 5.6.7 writes in three ways. */
  const instant = 784_111_777_000;

  it.each([
    ["IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT"],
    ["RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT"],
    ["asctime", "Sun Nov  6 08:49:37 1994"],
  ])("reads the %s form", (_, text) => {
    expect(retryAfterMs(text, instant - 5_000)).toBe(5_000);
    expect(retryAfterMs(text, instant)).toBe(0);
    // a date that has passed means at once
    expect(retryAfterMs(text, instant + 60_000)).toBe(0);
    expect(retryAfterMs(`  ${text} `, instant - 1)).toBe(1);
  });

  it.each([
    ["0", 0],
    ["120", 120_000],
    ["007", 7_000],
    [" 3 ", 3_000],
  ])("reads delta-seconds %j", (text, ms) => {
    expect(retryAfterMs(text, instant)).toBe(ms);
  });

  it("takes a year of two digits for the nearest one that is at most 50 years ahead", () => {
    const now = Date.UTC(2026, 10, 24);
    const wait = (text: string) => retryAfterMs(text, now);
    expect(wait("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(0); // 1994, not 2094
    expect(wait("Friday, 06-Nov-76 08:49:37 GMT")).toBe(Date.UTC(2076, 10, 6, 8, 49, 37) - now);
    expect(wait("Saturday, 06-Nov-77 08:49:37 GMT")).toBe(0); // 1977
  });

  it.each([
    "",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "2 s",
    "soon",
    "9".repeat(30), // beyond what a number holds exactly
    "Sun, 06 Nov 1994 08:49:37", // no GMT
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 6 Nov 1994 08:49:37 GMT", // a day has two digits
    "Sun, 31 Jun 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "sun, 06 nov 1994 08:49:37 gmt",
    "Sun, 06-Nov-94 08:49:37 GMT", // RFC 850 writes the day out
    "Sun Nov 6 08:49:37 1994", // asctime pads the day
    "1994-11-06T08:49:37Z",
  ])("takes %j for no Retry-After", (text) => {
    expect(retryAfterMs(text, instant)).toBeNull();
  });
});

describe("partial success in protobuf", () => {
  const read = (...bytes: number[]) =>
    partialSuccess(
      {
        status: 200,
        headers: { "content-type": "application/x-protobuf" },
        body: Buffer.from(bytes),
      },
      "application/x-protobuf",
    );
  /** partial_success with these bytes. */
  const inner = (...bytes: number[]) => [0x0a, bytes.length, ...bytes];
  const text = (word: string) => [0x12, word.length, ...Buffer.from(word)];

  it("is what stands in field 1", () => {
    expect(read(...inner(0x08, 3, ...text("bad")))).toEqual({ rejected: 3, message: "bad" });
    expect(read(...inner(0x08, 0xac, 0x02))).toEqual({ rejected: 300, message: "" });
    // a warning refuses nothing
    expect(read(...inner(...text("slow")))).toEqual({ rejected: 0, message: "slow" });
  });

  it("is none when nothing is said", () => {
    expect(read()).toBeNull();
    expect(read(...inner())).toBeNull();
    expect(read(...inner(0x08, 0))).toBeNull();
  });

  it("skips fields of a later version, of every wire type", () => {
    const later = [0x18, 1, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2a, 1, 9, 0x35, 1, 2, 3, 4];
    expect(read(...later, ...inner(...later, 0x08, 1), ...later)).toEqual({
      rejected: 1,
      message: "",
    });
    // the field itself with another wire type is an unknown field
    expect(read(0x08, 5)).toBeNull();
    expect(read(...inner(0x0a, 1, 5, 0x10, 1))).toBeNull();
  });

  it("follows the rule that the last one counts, and merges messages", () => {
    expect(read(...inner(0x08, 1, 0x08, 2))).toEqual({ rejected: 2, message: "" });
    expect(read(...inner(0x08, 1, ...text("a")), ...inner(0x08, 2))).toEqual({
      rejected: 2,
      message: "a",
    });
  });

  it("counts nothing below zero", () => {
    expect(read(...inner(0x08, ...Array<number>(9).fill(0xff), 1))).toBeNull(); // -1
  });

  it.each([
    ["a length beyond the end", [0x0a, 5, 8]],
    ["a varint without an end", [0x08, 0xff]],
    ["a varint of eleven bytes", [0x08, ...Array<number>(11).fill(0xff), 1]],
    ["a group", [0x0b, 0x0c]],
    ["field number 0", [0x02, 0]],
    ["a cut fixed64", [0x21, 1, 2]],
    ["a cut message inside", [0x0a, 2, 0x12, 5]],
  ])("takes %s for a plain success: the status decides", (_, bytes) => {
    expect(read(...bytes)).toBeNull();
  });
});

describe("partial success in JSON", () => {
  const read = (text: string, type?: string) =>
    partialSuccess(
      {
        status: 200,
        headers: type === undefined ? {} : { "content-type": type },
        body: Buffer.from(text),
      },
      "application/json",
    );

  it("reads the count of each signal, as string or number", () => {
    expect(read('{"partialSuccess":{"rejectedSpans":"4","errorMessage":"no"}}')).toEqual({
      rejected: 4,
      message: "no",
    });
    expect(
      read('{"partialSuccess":{"rejectedLogRecords":2}}', "application/json; charset=utf-8"),
    ).toEqual({ rejected: 2, message: "" });
    expect(read('{"partialSuccess":{"rejectedDataPoints":"1"}}')?.rejected).toBe(1);
  });

  it.each(["", "{", "null", "[]", '"x"', "{}", '{"partialSuccess":null}', '{"partialSuccess":{}}'])(
    "takes %j for a plain success",
    (text) => {
      expect(read(text)).toBeNull();
    },
  );
});

describe("the transport", () => {
  const LIMIT = 1_000;

  /** What one request gets from a server that answers like this. */
  async function ask(listener: RequestListener, signal = new AbortController().signal) {
    const server = createServer(listener);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const transport = httpTransport({
      url: new URL(`http://127.0.0.1:${port}/v1/traces`),
      maxResponseBytes: LIMIT,
    });
    try {
      return await transport.send({ headers: {}, body: Buffer.from("body") }, signal);
    } finally {
      transport.close();
      server.closeAllConnections();
      server.close();
    }
  }

  it("posts the body and gives back status, headers and body", async () => {
    let seen = "";
    const answer = await ask((request, response) => {
      seen = `${request.method} ${request.url} ${request.headers["content-length"]}`;
      response.writeHead(429, { "retry-after": "3", "set-cookie": ["a=1", "b=2"] }).end("later");
    });
    expect(seen).toBe("POST /v1/traces 4");
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ "retry-after": "3", "set-cookie": "a=1, b=2" });
    expect(Buffer.from(answer.body).toString()).toBe("later");
  });

  it("unpacks gzip", async () => {
    const answer = await ask((_, response) => {
      response.writeHead(200, { "content-encoding": "GZIP" }).end(gzipSync("unpacked"));
    });
    expect(Buffer.from(answer.body).toString()).toBe("unpacked");
  });

  it.each([
    ["exactly as long as allowed", Buffer.alloc(LIMIT), {}],
    [
      "exactly as long as allowed once it is unpacked",
      gzipSync(Buffer.alloc(LIMIT)),
      { "content-encoding": "gzip" },
    ],
  ])("takes an answer %s", async (_, body, headers) => {
    const answer = await ask((__, response) => response.writeHead(200, headers).end(body));
    expect(answer.body).toHaveLength(LIMIT);
  });

  it.each([
    ["one byte too long", Buffer.alloc(LIMIT + 1), {}],
    [
      "small until it is unpacked",
      gzipSync(Buffer.alloc(50_000_000)),
      { "content-encoding": "gzip" },
    ],
  ])("refuses an answer that is %s", async (_, body, headers) => {
    const asked = ask((__, response) => response.writeHead(200, headers).end(body));
    await expect(asked).rejects.toBeInstanceOf(ResponseTooLargeError);
  });

  it("refuses an answer without an end as soon as it is too long", async () => {
    let gone: () => void = () => {};
    const closed = new Promise<void>((resolve) => (gone = resolve));
    const asked = ask((_, response) => {
      response.on("close", gone).on("error", () => {});
      const fill = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64)));
      };
      response.on("drain", fill);
      fill();
    });
    await expect(asked).rejects.toBeInstanceOf(ResponseTooLargeError);
    await closed;
  });

  it.each([
    [
      "false gzip",
      (response: Parameters<RequestListener>[1]) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip"),
    ],
    [
      "cut gzip",
      (response) =>
        response
          .writeHead(200, { "content-encoding": "gzip" })
          .end(gzipSync("whole").subarray(0, 12)),
    ],
    [
      "a body that is cut",
      (response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("x", () => response.destroy());
      },
    ],
    ["no answer", (response) => response.destroy()],
  ] satisfies [string, (response: Parameters<RequestListener>[1]) => unknown][])(
    "rejects %s, and not for its size",
    async (_, play) => {
      const asked = ask((__, response) => {
        play(response);
      });
      const error: unknown = await asked.catch((e: unknown) => e);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(ResponseTooLargeError);
    },
  );

  it("gives up when it is told to", async () => {
    const abort = new AbortController();
    const asked = ask(() => abort.abort(), abort.signal);
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  });
});
