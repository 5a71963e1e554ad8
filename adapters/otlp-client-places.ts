/** Drives the places of impl/otlp/client.ts: many exports at once, answered one after the other. */

import { gunzipSync } from "node:zlib";

import type { Implementation, ImplementationDriver, Observables } from "../core/subject.ts";
import { OtlpClient, type OtlpClientOptions } from "../impl/otlp/client.ts";
import type { Transport } from "../impl/otlp/transport.ts";
import { maxDelayMs, microtasksDone, VirtualClock } from "../impl/platform/clock.ts";

/** As much of the client as the adapter uses, so that a changed copy of it can be driven as well. */
export interface OtlpClientPlaces {
  export(body: Uint8Array): Promise<{ readonly outcome: string }>;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

const sizeLimit = 8;

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
    assumptions: ["virtual time that stands still: no export reaches its time limit"],
  };
}

function drive(
  create: (options: OtlpClientOptions) => OtlpClientPlaces,
  concurrency: number,
  maxWaiting: number,
): ImplementationDriver {
  const flying: (() => void)[] = [];
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
      return new Promise((resolve) => {
        flying.push(() => resolve({ status: 200, headers: {}, body: new Uint8Array(0) }));
      });
    },
    close: () => (connectionsClosed = true),
  };
  const client = create({
    transport,
    contentType: "application/x-protobuf",
    compression: "gzip",
    headers: { "x-tenant": "a" },
    concurrency,
    maxWaiting,
    maxRequestBytes: sizeLimit,
    timeoutMs: maxDelayMs,
    clock: new VirtualClock(),
  });
  const observe = (answer: string): Observables => ({
    flying: flying.length,
    answer,
    closed: shutDown && connectionsClosed,
    requests: whole ? "whole" : "damaged",
  });
  const offer = async (body: Uint8Array): Promise<Observables> => {
    let refused = false;
    void client.export(body).then(({ outcome }) => (refused = outcome === "failed"));
    await microtasksDone();
    return observe(refused ? "refused" : "taken");
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
