/**
 * Certificates for tests of TLS, made at run time and valid for a day: a CA, a server certificate
 * for 127.0.0.1 and localhost, a client certificate. Node can use X.509 but not write it, so the
 * few structures are written here. Source: RFC 5280; DER: ITU-T X.690.
 */

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const digits = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(tag, 0x80 | digits.length), digits, body]);
};
const sequence = (...parts: readonly Uint8Array[]) => tlv(0x30, ...parts);
const explicit = (tag: number, ...parts: readonly Uint8Array[]) => tlv(0xa0 | tag, ...parts);
const bitString = (bytes: Uint8Array) => tlv(0x03, Buffer.of(0), bytes);
const octets = (bytes: Uint8Array) => tlv(0x04, bytes);
const boolean = (value: boolean) => tlv(0x01, Buffer.of(value ? 0xff : 0));
const utf8 = (text: string) => tlv(0x0c, Buffer.from(text));

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** UTCTime in whole seconds. */
const time = (date: Date) =>
  tlv(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));

const name = (common: string) => sequence(tlv(0x31, sequence(oid("2.5.4.3"), utf8(common))));
const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));
const extension = (id: string, critical: boolean, value: Uint8Array) =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

interface Identity {
  readonly name: string;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
}

function identity(commonName: string): Identity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { name: commonName, key: privateKey, publicKey };
}

const DAY_MS = 86_400_000;

function certificate(subject: Identity, issuer: Identity, extensions: readonly Buffer[]): string {
  const now = Date.now();
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40; // positive, and never with a superfluous zero
  const body = sequence(
    explicit(0, tlv(0x02, Buffer.of(2))), // version 3
    tlv(0x02, serial),
    ecdsaWithSha256,
    name(issuer.name),
    sequence(time(new Date(now - 3_600_000)), time(new Date(now + DAY_MS))),
    name(subject.name),
    subject.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuer.key);
  const der = sequence(body, ecdsaWithSha256, bitString(signature));
  const lines = der.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const isCa = [
  extension("2.5.29.19", true, sequence(boolean(true))),
  extension("2.5.29.15", true, tlv(0x03, Buffer.of(1, 0x06))), // keyCertSign, cRLSign
];
const usage = (purpose: string) => [
  extension("2.5.29.19", true, sequence()),
  extension("2.5.29.15", true, tlv(0x03, Buffer.of(7, 0x80))), // digitalSignature
  extension("2.5.29.37", false, sequence(oid(purpose))),
];
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const forLoopback = extension(
  "2.5.29.17",
  false,
  sequence(tlv(0x82, Buffer.from("localhost")), tlv(0x87, Buffer.of(127, 0, 0, 1))),
);

const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();

export interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

export function makeCertificates(): Certificates {
  const ca = identity("verify test CA");
  const server = identity("localhost");
  const client = identity("verify test client");
  return {
    ca: certificate(ca, ca, isCa),
    server: {
      cert: certificate(server, ca, [...usage(SERVER_AUTH), forLoopback]),
      key: pem(server.key),
    },
    client: { cert: certificate(client, ca, usage(CLIENT_AUTH)), key: pem(client.key) },
  };
}

/** The same as files for a process that takes paths; `remove` deletes them. */
export interface CertificateFiles {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  remove(): void;
}

export function writeCertificates(certificates: Certificates): CertificateFiles {
  const folder = mkdtempSync(join(tmpdir(), "verify-tls-"));
  const write = (file: string, text: string) => {
    const path = join(folder, file);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: write("ca.pem", certificates.ca),
    serverCert: write("server.pem", certificates.server.cert),
    serverKey: write("server-key.pem", certificates.server.key),
    clientCert: write("client.pem", certificates.client.cert),
    clientKey: write("client-key.pem", certificates.client.key),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
