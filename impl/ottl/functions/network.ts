/** Addresses, networks, URLs and user agents. */

import { isIP } from "node:net";

import { arg, define, pure, type FunctionSpec } from "../registry.ts";
import { fail } from "../runtime/value.ts";
import { readUrl } from "./url.ts";
import { parseUserAgent } from "./user-agent.ts";

/** Four or sixteen bytes, null when the text is no address; IPv4 in IPv6 is IPv4. */
export function parseAddress(text: string): Uint8Array | null {
  const version = text.includes("%") ? 0 : isIP(text);
  if (version === 0) return null;
  if (version === 4) return Uint8Array.from(text.split("."), Number);
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = (high: string, low: string): string =>
    (Number(high) * 256 + Number(low)).toString(16);
  const plain =
    dotted === null
      ? text
      : `${dotted[1]}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}`;
  const [head, tail] = plain.split("::") as [string, string | undefined];
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  const bytes = Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** @throws Error when the text is no network such as `10.0.0.0/8` */
function parseNetwork(text: string): Network {
  const slash = text.lastIndexOf("/");
  const bits = slash === -1 ? "" : text.slice(slash + 1);
  const address = slash === -1 ? "" : text.slice(0, slash);
  const bytes = parseAddress(address);
  const total = address.includes(":") ? 128 : 32;
  if (bytes === null || !/^\d{1,3}$/.test(bits) || Number(bits) > total) {
    throw new Error(`invalid CIDR address: ${text}`);
  }
  // A mapped address with its mask for sixteen bytes.
  return { bytes, bits: Math.max(0, Number(bits) - (total - 8 * bytes.length)) };
}

function contains({ bytes, bits }: Network, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = 0xff & (0xff << Math.max(0, 8 - (bits - bit)));
    if (((bytes[bit / 8]! ^ address[bit / 8]!) & mask) !== 0) return false;
  }
  return true;
}

export const network: readonly FunctionSpec[] = [
  define(
    "IsInCIDR",
    [arg("target", "string"), arg("networks", "stringList")],
    { symbolic: "exact", returns: "bool", since: 146, fails: "a network is none" },
    ([target, networks]) => {
      const literal = networks.every(({ constant }) => constant !== undefined)
        ? networks.map(({ constant }) => parseNetwork(constant!.value))
        : null;
      return (item) => {
        const address = parseAddress(target(item));
        if (address === null) return false;
        if (literal !== null) return literal.some((candidate) => contains(candidate, address));
        for (const get of networks) {
          const text = get(item);
          let candidate: Network;
          try {
            candidate = parseNetwork(text);
          } catch (error) {
            return fail((error as Error).message);
          }
          if (contains(candidate, address)) return true;
        }
        return false;
      };
    },
  ),
  pure(
    "URL",
    [arg("URI", "string")],
    { symbolic: "abstract", returns: "map", fails: "the text is no URL" },
    readUrl,
  ),
  pure(
    "UserAgent",
    [arg("user_agent", "string")],
    { symbolic: "abstract", returns: "map" },
    (text) => parseUserAgent(text),
  ),
];
