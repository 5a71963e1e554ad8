/** Addresses, networks, URLs and user agents. */

import { isIP } from "node:net";

import { arg, define, pure, type FunctionSpec } from "../registry.ts";
import { fail, RawMap } from "../runtime/value.ts";
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

/** A path as Go prints it: as written where it may stand so, else escaped anew. */
function escapedPath(raw: string, decoded: string): string {
  if (/^(?:[\w!'()*,/:;=@&+$.~[\]-]|%[0-9a-fA-F]{2})*$/.test(raw)) return raw;
  const escape = (character: string): string =>
    Array.from(
      Buffer.from(character),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join("");
  return decoded.replace(/[^\w.~$&+,/:;=@-]/gu, escape);
}

function url(text: string): RawMap {
  if (text === "") fail("url cannot be empty");
  const out = new RawMap();
  // RFC 3986, appendix B.
  const match =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(
      text,
    );
  // oxlint-disable-next-line no-control-regex -- Go refuses them
  if (match === null || /[\u0000-\u001f\u007f]/.test(text)) {
    return fail(`parse ${JSON.stringify(text)}: net/url: invalid control character in URL`);
  }
  const [, scheme = "", authority, rawPath = "", query, fragment] = match;
  if (scheme === "" && authority === undefined && /^[^/]*:/.test(rawPath)) {
    fail(`parse ${JSON.stringify(text)}: first path segment in URL cannot contain colon`);
  }
  const unescape = (part: string): string => {
    if (/%(?![0-9a-fA-F]{2})/.test(part)) {
      fail(`parse ${JSON.stringify(text)}: invalid URL escape`);
    }
    return Buffer.from(
      part
        .replace(/[^\0-\x7f]/gu, (c) => Buffer.from(c).toString("latin1"))
        .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
      "latin1",
    ).toString("utf8");
  };
  const at = authority?.lastIndexOf("@") ?? -1;
  const userInfo = at === -1 ? null : authority!.slice(0, at);
  const hostPort = authority?.slice(at + 1) ?? "";
  const host = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(hostPort);
  if (host === null || (host[2] !== undefined && !/^\d*$/.test(host[2]))) {
    fail(`parse ${JSON.stringify(text)}: invalid port after host`);
  }
  const path = unescape(rawPath);
  const shown =
    (scheme === "" ? "" : `${scheme.toLowerCase()}:`) +
    (authority === undefined ? "" : `//${authority}`) +
    escapedPath(rawPath, path);
  const rest = (query === undefined ? "" : `?${query}`) + (fragment ? `#${fragment}` : "");
  out.set("url.original", shown + rest);
  out.set("url.domain", unescape(host[1]!.replace(/^\[|\]$/g, "")));
  out.set("url.scheme", scheme.toLowerCase());
  out.set("url.path", path);
  if ((host[2] ?? "") !== "") out.set("url.port", BigInt(host[2]!));
  if (fragment !== undefined && fragment !== "") out.set("url.fragment", unescape(fragment));
  if (userInfo !== null) {
    const colon = userInfo.indexOf(":");
    const name = unescape(colon === -1 ? userInfo : userInfo.slice(0, colon));
    out.set("url.user_info", userInfo);
    if (name !== "") out.set("url.username", name);
    if (colon !== -1) out.set("url.password", unescape(userInfo.slice(colon + 1)));
  }
  if (query !== undefined && query !== "") out.set("url.query", query);
  const dot = path.lastIndexOf(".");
  if (dot !== -1 && dot < path.length - 1) out.set("url.extension", path.slice(dot + 1));
  return out;
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
    url,
  ),
  pure(
    "UserAgent",
    [arg("user_agent", "string")],
    { symbolic: "abstract", returns: "map" },
    (text) => parseUserAgent(text),
  ),
];
