/** Helpers that both transports need to carry out an answer. */

import { makeRandom } from "../../../core/random.ts";
import type { Encoding } from "./otlp.ts";
import { largeResponseHead } from "./otlp.ts";
import type { DateForm, Delay } from "./scenario.ts";

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The delay of the n-th request in ms: the same in every run. */
export function delayMs(delay: Delay | undefined, n: number): number {
  if (delay === undefined) return 0;
  const uniform = makeRandom(n).next();
  switch (delay.law) {
    case "constant":
      return delay.meanMs;
    case "uniform":
      return 2 * delay.meanMs * uniform;
    case "exponential":
      return -delay.meanMs * Math.log(1 - uniform);
  }
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** An HTTP-date in one of the three forms of RFC 9110, section 5.6.7. */
export function httpDate(date: Date, form: DateForm = "imf-fixdate"): string {
  const imf = date.toUTCString(); // Sun, 06 Nov 1994 08:49:37 GMT
  const [, day, month, year, clock] = imf.split(" ") as [string, string, string, string, string];
  switch (form) {
    case "imf-fixdate":
      return imf;
    case "rfc850":
      return `${DAYS[date.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${clock} GMT`;
    case "asctime":
      return `${imf.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`;
  }
}

/** A valid response of this many bytes. */
export function paddedResponse(count: number, encoding: Encoding): Uint8Array {
  if (encoding === "json") return Buffer.from(`{${" ".repeat(count - 2)}}`);
  const [head] = largeResponseHead(count, encoding);
  return Buffer.concat([head, new Uint8Array(count)]);
}

interface Flowing {
  readonly destroyed: boolean;
  on(event: "drain" | "close", listener: () => void): unknown;
  off(event: "drain" | "close", listener: () => void): unknown;
}

/** Resolves when the stream takes more; false when it is gone. */
export function drained(stream: Flowing): Promise<boolean> {
  return new Promise((resolve) => {
    const onDrain = () => finish(true);
    const onClose = () => finish(false);
    const finish = (value: boolean) => {
      stream.off("drain", onDrain);
      stream.off("close", onClose);
      resolve(value);
    };
    stream.on("drain", onDrain);
    stream.on("close", onClose);
    if (stream.destroyed) finish(false);
  });
}

/**
 * The whole body, cut off above the limit; null when the client goes away first. `onBytes` learns how
 * much has arrived.
 */
export async function readBody(
  stream: AsyncIterable<Buffer>,
  limit: number,
  onBytes: (size: number) => void = () => {},
): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      onBytes(size);
      if (size <= limit + 1) chunks.push(chunk);
      else chunks.splice(1); // keep reading, so that the client gets its answer
    }
  } catch {
    return null;
  }
  return size > limit ? new Uint8Array(limit + 1) : Buffer.concat(chunks);
}
