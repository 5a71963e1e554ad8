/** Drives the places of impl/otlp/client.ts: many exports at once, answered one after the other. */

import { gunzipSync } from "node:zlib";

import type { Implementation, ImplementationDriver, Observables } from "../core/subject.ts";
import { OtlpClient, type OtlpClientOptions } from "../impl/otlp/client.ts";
import type { Transport } from "../impl/otlp/transport.ts";
import { microtasksDone, type Clock, type Timer } from "../impl/platform/clock.ts";

/** As much of the client as the adapter uses, so that a changed copy of it can be driven as well. */
export interface OtlpClientPlaces {
  export(body: Uint8Array): Promise<{
    readonly outcome: string;
    readonly requests: number;
    readonly rejected: number;
  }>;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A batch of exactly this many bytes is taken, one more is too many. */
const sizeLimit = 3;
/** What the client's own limits are when it is given none. */
const defaults = { concurrency: 8, maxWaiting: 64 };

/**
 * Observed: `flying` requests; `answer` to the command: what became of the export that was handed
 * over, or whether a flush was answered at once; `closed`: whether shutdown has ended and the
 * connections are closed; `requests`: whether each one so far was whole, as OTLP/HTTP wants it.
 */
export function otlpClientPlaces(
  create: (options: OtlpClientOptions) => OtlpClientPlaces = (options) => new OtlpClient(options),
): Implementation {
  return {
    name: "ours",
    version: "0.1.0",
    start: (parameters) =>
      Promise.resolve(drive(create, parameters["concurrency"]!, parameters["maxWaiting"]!)),
    predict({ before, event, after }) {
      const was = before.context as { inFlight: number; waiting: number };
      const is = after.context as { inFlight: number; waiting: number };
      let answer = "none";
      if (event.type === "FLUSH") answer = was.inFlight === 0 ? "flushed" : "pending";
      if (event.type === "EXPORT_LARGE") answer = "refused";
      if (event.type === "EXPORT") {
        answer = is.inFlight + is.waiting > was.inFlight + was.waiting ? "taken" : "refused";
      }
      return {
        flying: is.inFlight,
        answer,
        closed: after.matches("closed"),
        requests: "whole",
      };
    },
    sideBySide: true,
    assumptions: ["time stands still, except that EXPIRE ends the wait of one export"],
  };
}

function drive(
  create: (options: OtlpClientOptions) => OtlpClientPlaces,
  concurrency: number,
  maxWaiting: number,
): ImplementationDriver {
  const flying: (() => void)[] = [];
  /** What the time limit of each export does, by the export's number. */
  const limits = new Map<number, () => void>();
  /** Numbers of the exports that wait for their turn. */
  const waiting: number[] = [];
  let exports = 0;
  let whole = true;
  let connectionsClosed = false;
  let shutDown = false;
  const transport: Transport = {
    send: ({ headers, body }) => {
      if (
        headers["content-type"] !== "application/x-protobuf" ||
        headers["content-encoding"] !== "gzip" ||
        headers["x-tenant"] !== "a" ||
        !/^OTel-OTLP-Exporter-\w+\/\d/.test(headers["user-agent"] ?? "") ||
        gunzipSync(body).join() !== "1,2,3"
      ) {
        whole = false;
      }
      waiting.shift();
      return new Promise((resolve) => {
        flying.push(() => resolve({ status: 200, headers: {}, body: new Uint8Array(0) }));
      });
    },
    close: () => (connectionsClosed = true),
  };
  const clock: Clock = {
    now: () => 0,
    setTimeout(callback) {
      limits.set(exports, callback);
      return { exports } as Timer;
    },
    clearTimeout: () => {},
  };
  const isDefault = concurrency === defaults.concurrency && maxWaiting === defaults.maxWaiting;
  const client = create({
    transport,
    contentType: "application/x-protobuf",
    compression: "gzip",
    headers: { "x-tenant": "a" },
    maxRequestBytes: sizeLimit,
    clock,
    ...(isDefault ? {} : { concurrency, maxWaiting }),
  });
  const observe = (answer: string): Observables => ({
    flying: flying.length,
    answer,
    closed: shutDown && connectionsClosed,
    requests: whole ? "whole" : "damaged",
  });
  const offer = async (body: Uint8Array): Promise<Observables> => {
    let answer = "taken";
    exports += 1;
    waiting.push(exports);
    const told = async (): Promise<void> => {
      const { outcome, requests, rejected } = await client.export(body);
      if (outcome === "failed") answer = requests === 0 && rejected === 0 ? "refused" : "odd";
    };
    void told();
    await microtasksDone();
    if (answer !== "taken") waiting.pop();
    return observe(answer);
  };
  return {
    async send(event) {
      switch (event.type) {
        case "EXPORT":
          return offer(new Uint8Array([1, 2, 3]));
        case "EXPORT_LARGE":
          return offer(new Uint8Array(sizeLimit + 1));
        case "FINISH":
          flying.shift()?.();
          await microtasksDone();
          return observe("none");
        case "EXPIRE":
          limits.get(waiting.shift() ?? 0)?.();
          await microtasksDone();
          return observe("none");
        case "FLUSH": {
          let flushed = false;
          void client.forceFlush().then(() => (flushed = true));
          await microtasksDone();
          return observe(flushed ? "flushed" : "pending");
        }
        case "SHUTDOWN":
          void client.shutdown().then(() => (shutDown = true));
          await microtasksDone();
          return observe("none");
        default:
          throw new Error(`an OTLP client cannot be sent the event "${event.type}"`);
      }
    },
    async advance() {
      await microtasksDone();
      return observe("none");
    },
    dispose: () => {},
  };
}
