/**
 * The profiles endpoint of an OTLP gateway: takes ExportProfilesServiceRequest (v1development,
 * opentelemetry-proto 1.11.0) over HTTP, holds it against the rules that the protocol states with
 * MUST, and hands accepted ones on. Its decoder is its own: it shares nothing with any exporter here.
 */

import { createServer, type IncomingMessage, type Server } from "node:http";
import { gunzipSync } from "node:zlib";

import { fields, integers, type Field } from "../platform/wire-reader.ts";

export interface ReceivedProfile {
  readonly sampleType: string;
  readonly unit: string;
  readonly samples: number;
  /** Sum of all values. */
  readonly total: bigint;
  /** Samples that point to a span. */
  readonly linked: number;
}

export interface Received {
  readonly resource: ReadonlyMap<string, string>;
  readonly profiles: readonly ReceivedProfile[];
  /** Broken rules, in words; a request with any is refused. */
  readonly faults: readonly string[];
}

const maxBody = 64 * 1024 * 1024;

/** A server that answers POST /v1development/profiles; `onProfiles` gets what was accepted. */
export function profilesGateway(onProfiles: (received: Received) => void): Server {
  return createServer((request, response) => {
    void answerTo(request, onProfiles).then(({ status, text }) =>
      response
        .writeHead(status, {
          "content-type": status === 200 ? "application/x-protobuf" : "text/plain",
        })
        .end(text),
    );
  });
}

async function answerTo(
  request: IncomingMessage,
  onProfiles: (received: Received) => void,
): Promise<{ status: number; text: string }> {
  if (request.url !== "/v1development/profiles") return { status: 404, text: "unknown path" };
  if (request.method !== "POST") return { status: 405, text: "POST only" };
  if (request.headers["content-type"] !== "application/x-protobuf") {
    return { status: 415, text: "application/x-protobuf only" };
  }
  try {
    const body = await readBody(request);
    const isZipped = request.headers["content-encoding"] === "gzip";
    const received = readProfiles(isZipped ? gunzipSync(body, { maxOutputLength: maxBody }) : body);
    if (received.faults.length > 0) {
      return { status: 400, text: received.faults.slice(0, 5).join("\n") };
    }
    onProfiles(received);
    return { status: 200, text: "" }; // an empty response is full success
  } catch (error) {
    return { status: 400, text: error instanceof Error ? error.message : "bad body" };
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new Error("the request is too big");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const nested = (list: readonly Field[], number: number): Uint8Array[] =>
  list.filter((field) => field.number === number).map((field) => field.bytes);
const last = (list: readonly Field[], number: number): bigint =>
  list.findLast((field) => field.number === number)?.value ?? 0n;

/** Decodes a request and checks it. @throws {Error} when it is not protobuf at all */
export function readProfiles(request: Uint8Array): Received {
  const faults: string[] = [];
  const top = fields(request);
  const dictionaries = nested(top, 2);
  if (dictionaries.length !== 1) faults.push(`${dictionaries.length} dictionaries, not one`);
  const dictionary = fields(dictionaries[0] ?? new Uint8Array());
  const table = (number: number): Uint8Array[] => nested(dictionary, number);
  const tables = {
    mapping: table(1),
    location: table(2),
    function: table(3),
    link: table(4),
    string: table(5),
    attribute: table(6),
    stack: table(7),
  };
  for (const [name, elements] of Object.entries(tables)) {
    if (elements.length === 0) faults.push(`the ${name} table lacks its zero element`);
    else if (elements[0]!.some((byte) => byte !== 0) && !isZero(name, elements[0]!)) {
      faults.push(`element 0 of the ${name} table is not the zero value`);
    }
    const distinct = new Set(elements.map((one) => Buffer.from(one).toString("latin1")));
    if (distinct.size !== elements.length) faults.push(`the ${name} table has duplicates`);
  }
  const strings = tables.string.map((bytes) => Buffer.from(bytes).toString("utf8"));
  const inRange = (name: keyof typeof tables, index: bigint | number): void => {
    if (Number(index) < 0 || Number(index) >= tables[name].length) {
      faults.push(`index ${index} is outside the ${name} table of ${tables[name].length}`);
    }
  };
  checkReferences(tables, inRange);

  const profiles: ReceivedProfile[] = [];
  const resource = new Map<string, string>();
  for (const resourceProfiles of nested(top, 1)) {
    const parts = fields(resourceProfiles);
    for (const one of nested(parts, 1)) readAttributes(one, resource);
    for (const scope of nested(parts, 2)) {
      for (const profile of nested(fields(scope), 2)) {
        profiles.push(readProfile(profile, strings, inRange, faults));
      }
    }
  }
  return { resource, profiles, faults };
}

/** A link of 24 zero bytes, in its two fields, is the zero value. */
const isZero = (name: string, element: Uint8Array): boolean =>
  name === "link" &&
  fields(element).every((field) => field.bytes.every((byte) => byte === 0)) &&
  nested(fields(element), 1)[0]?.length === 16 &&
  nested(fields(element), 2)[0]?.length === 8;

type InRange = (
  name: "mapping" | "location" | "function" | "link" | "string" | "attribute" | "stack",
  index: bigint | number,
) => void;

function checkReferences(
  tables: Readonly<
    Record<"mapping" | "location" | "function" | "stack" | "attribute", Uint8Array[]>
  >,
  inRange: InRange,
): void {
  for (const one of tables.mapping) inRange("string", last(fields(one), 4));
  for (const one of tables.function) {
    for (const number of [1, 2, 3]) inRange("string", last(fields(one), number));
  }
  for (const one of tables.location) {
    const parts = fields(one);
    inRange("mapping", last(parts, 1));
    for (const line of nested(parts, 3)) inRange("function", last(fields(line), 1));
    for (const index of integers(parts, 4)) inRange("attribute", index);
  }
  for (const one of tables.attribute) {
    inRange("string", last(fields(one), 1));
    inRange("string", last(fields(one), 3));
  }
  for (const one of tables.stack) {
    for (const index of integers(fields(one), 1)) inRange("location", index);
  }
}

function readAttributes(message: Uint8Array, into: Map<string, string>): void {
  for (const one of nested(fields(message), 1)) {
    const parts = fields(one);
    const value = fields(nested(parts, 2)[0] ?? new Uint8Array());
    const text = nested(value, 1)[0];
    into.set(
      Buffer.from(nested(parts, 1)[0] ?? []).toString("utf8"),
      text === undefined ? String(last(value, 3)) : Buffer.from(text).toString("utf8"),
    );
  }
}

function readProfile(
  message: Uint8Array,
  strings: readonly string[],
  inRange: InRange,
  faults: string[],
): ReceivedProfile {
  const parts = fields(message);
  const type = fields(nested(parts, 1)[0] ?? new Uint8Array());
  const from = last(parts, 3);
  const to = from + last(parts, 4);
  const id = nested(parts, 7)[0];
  if (id !== undefined && (id.length !== 16 || id.every((byte) => byte === 0))) {
    faults.push("a profile_id must have 16 bytes, not all zero");
  }
  let total = 0n;
  let linked = 0;
  const samples = nested(parts, 2);
  const seen = new Set<string>();
  for (const sample of samples) {
    const inner = fields(sample);
    const stack = last(inner, 1);
    const link = last(inner, 3);
    const attributes = integers(inner, 2);
    inRange("stack", stack);
    inRange("link", link);
    for (const index of attributes) inRange("attribute", index);
    if (link !== 0n) linked += 1;
    const values = integers(inner, 4);
    const times = timestamps(inner);
    if (values.length === 0 && times.length === 0) faults.push("a sample has no value and no time");
    if (values.length > 0 && times.length > 0 && values.length !== times.length) {
      faults.push(`a sample has ${values.length} values, but ${times.length} timestamps`);
    }
    if (times.some((time) => time < from || time >= to)) {
      faults.push("a timestamp lies outside the time of its profile");
    }
    const identity = `${stack} ${attributes.toSorted((a, b) => Number(a - b)).join()} ${link}`;
    if (seen.has(identity)) faults.push("two samples have the same stack, attributes and link");
    seen.add(identity);
    for (const value of values) total += value;
  }
  return {
    sampleType: strings[Number(last(type, 1))] ?? "",
    unit: strings[Number(last(type, 2))] ?? "",
    samples: samples.length,
    total,
    linked,
  };
}

function timestamps(list: readonly Field[]): bigint[] {
  return list
    .filter((field) => field.number === 5)
    .flatMap((field) => {
      if (field.wireType === 1) return [field.value];
      const bytes = Buffer.from(field.bytes);
      return Array.from({ length: bytes.length / 8 }, (_, at) => bytes.readBigUInt64LE(8 * at));
    });
}
