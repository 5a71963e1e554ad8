/** Hashes, encodings and identifiers. */

import { createHash, hash as oneShot, randomBytes, randomUUID } from "node:crypto";
import { createXXHash128, createXXHash3 } from "hash-wasm";

import { arg, define, opt, pure, type FunctionSpec } from "../registry.ts";
import { fail, int64, kindName, type Val } from "../runtime/value.ts";
import { decoderNamed } from "./encodings.ts";
import { murmur128, murmur32 } from "./murmur.ts";
import { parseAddress } from "./network.ts";

const [xxh3, xxh128] = await Promise.all([createXXHash3(), createXXHash128()]);

const digest = (algorithm: string) => (text: string) => oneShot(algorithm, text, "hex");
const hash = (name: string, compute: (text: string) => Val, returns = "string"): FunctionSpec =>
  pure(name, [arg("target", "string")], { symbolic: "abstract", returns }, compute);

function fnv1a(text: string): bigint {
  let value = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) {
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  }
  return int64(value);
}

const protocols: Readonly<Record<string, number>> = {
  ICMP: 1,
  TCP: 6,
  UDP: 17,
  RSVP: 46,
  ICMP6: 58,
  SCTP: 132,
};

function communityId(
  source: readonly [string, bigint],
  destination: readonly [string, bigint],
  protocol: string,
  seed: bigint,
): string {
  const [from, to] = ([source, destination] as const).map(([ip, port], i) => {
    const side = i === 0 ? "source" : "destination";
    if (port < 0n || port > 65_535n) fail(`${side} port must be between 0 and 65535, got ${port}`);
    const bytes = parseAddress(ip) ?? fail(`invalid ${side} IP: ${ip}`);
    return { bytes: Buffer.from(bytes), port: Number(port) };
  }) as [{ bytes: Buffer; port: number }, { bytes: Buffer; port: number }];
  const number = Object.hasOwn(protocols, protocol)
    ? protocols[protocol]!
    : fail(`unsupported protocol: ${protocol}`);
  if (seed < 0n || seed > 65_535n) fail(`seed must be between 0 and 65535, got ${seed}`);
  const order =
    from.bytes.length - to.bytes.length ||
    Buffer.compare(from.bytes, to.bytes) ||
    from.port - to.port;
  const [a, b] = order > 0 ? [to, from] : [from, to];
  const two = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
  const tuple = [
    two(Number(seed)),
    a.bytes,
    b.bytes,
    Buffer.from([number, 0]),
    two(a.port),
    two(b.port),
  ];
  return `1:${createHash("sha1").update(Buffer.concat(tuple)).digest("base64")}`;
}

const variants: Readonly<Record<string, (bytes: Buffer) => string>> = {
  base64: (bytes) => bytes.toString("base64"),
  "base64-raw": (bytes) => bytes.toString("base64").replace(/=+$/, ""),
  "base64-url": (bytes) => bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
  "base64-raw-url": (bytes) => bytes.toString("base64url"),
};

/** Strict: padding and alphabet must be right; line ends are passed over. */
function unbase64(bytes: Buffer, url: boolean, padded: boolean): Buffer {
  const text = bytes.toString("latin1").replace(/[\r\n]/g, "");
  const body = padded ? text.replace(/={1,2}$/, "") : text;
  const alphabet = url ? /[^A-Za-z0-9_-]/ : /[^A-Za-z0-9+/]/;
  const wrong = alphabet.exec(body);
  const whole = padded ? text.length % 4 === 0 : body.length % 4 !== 1;
  if (wrong !== null || !whole) {
    const at = wrong?.index ?? body.length - (body.length % 4);
    fail(`could not decode: illegal base64 data at input byte ${at}`);
  }
  return Buffer.from(body, url ? "base64url" : "base64");
}

const base64s: Readonly<Record<string, readonly [url: boolean, padded: boolean]>> = {
  base64: [false, true],
  "base64-raw": [false, false],
  "base64-url": [true, true],
  "base64-raw-url": [true, false],
};

function decoder(encoding: string): (bytes: Buffer) => string {
  const base64 = Object.hasOwn(base64s, encoding) ? base64s[encoding] : undefined;
  if (base64 !== undefined) return (bytes) => unbase64(bytes, ...base64).toString("utf8");
  const known = decoderNamed(encoding);
  if (known === null) throw new Error(`unsupported encoding '${encoding}'`);
  return known;
}

function bytesOf(value: Val): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  return value instanceof Uint8Array
    ? Buffer.from(value)
    : fail(`unsupported type provided to Decode function: ${kindName(value)}`);
}

function uuid7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export const hashes: readonly FunctionSpec[] = [
  hash("SHA256", digest("sha256")),
  hash("SHA512", digest("sha512")),
  hash("SHA1", digest("sha1")),
  hash("MD5", digest("md5")),
  hash("FNV", fnv1a, "int"),
  hash("Murmur3Hash", (text) => murmur32(Buffer.from(text))),
  hash("Murmur3Hash128", (text) => murmur128(Buffer.from(text))),
  hash("XXH3", (text) => xxh3.init().update(text).digest("hex")),
  hash("XXH128", (text) => xxh128.init().update(text).digest("hex")),
  pure(
    "CommunityID",
    [
      arg("source_IP", "string"),
      arg("source_port", "int"),
      arg("destination_IP", "string"),
      arg("destination_port", "int"),
      opt("protocol", "string"),
      opt("seed", "int"),
    ],
    { symbolic: "abstract", returns: "string", fails: "an address, port or protocol is wrong" },
    (ip, port, toIp, toPort, protocol, seed) =>
      communityId([ip, port], [toIp, toPort], protocol ?? "TCP", seed ?? 0n),
  ),
  pure(
    "Base64Encode",
    [arg("target", "string"), opt("variant", "string")],
    { symbolic: "abstract", returns: "string", since: 147, fails: "the target is no text" },
    (value, variant) => {
      const name = variant ?? "base64";
      const encode = Object.hasOwn(variants, name) ? variants[name] : undefined;
      return encode?.(Buffer.from(value)) ?? fail(`unsupported base64 variant: ${name}`);
    },
  ),
  pure(
    "Base64Decode",
    [arg("target", "string")],
    { symbolic: "abstract", returns: "string", until: 160, fails: "the text is not base64" },
    (text) => unbase64(Buffer.from(text), false, true).toString("utf8"),
  ),
  define(
    "Decode",
    [arg("target", "any"), arg("encoding", "string")],
    { symbolic: "abstract", returns: "string", fails: "the target is no text of the encoding" },
    ([target, encoding]) => {
      if (encoding.constant !== undefined) {
        const decode = decoder(encoding.constant.value);
        return (item) => decode(bytesOf(target(item)));
      }
      return (item) => {
        const bytes = bytesOf(target(item));
        const name = encoding(item);
        try {
          return decoder(name)(bytes);
        } catch (error) {
          return fail((error as Error).message);
        }
      };
    },
  ),
  define("UUID", [], { symbolic: "out of model", returns: "string" }, () => () => randomUUID()),
  define("UUIDv7", [], { symbolic: "out of model", returns: "string" }, () => () => uuid7()),
];
