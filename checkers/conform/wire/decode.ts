/**
 * OTLP messages in both encodings to one plain form, so that equal data is equal whatever carried
 * it: 64-bit integers as decimal strings, doubles as text, ids in lower-case hexadecimal, defaults
 * left out. The JSON side also collects where the text is legal to read but not as OTLP/JSON
 * prescribes. Nothing of the data itself is kept beyond keyed digests.
 */

import { createHmac, randomBytes } from "node:crypto";

import type { OtlpSignal } from "../../../core/subject.ts";
import { type Field, ProtobufReader, WireType } from "./protobuf.ts";
import { type FieldSchema, type MessageSchema, messageSchema } from "./schema.ts";
import { signals } from "./signals.ts";

export type Plain = string | boolean | readonly Plain[] | { readonly [key: string]: Plain };
type PlainObject = { [key: string]: Plain };

/** The body is not what its headers and the protocol promise. */
export class OtlpDecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OtlpDecodeError";
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
const MAX_DEPTH = 100; // AnyValue nests; the default limit of protobuf implementations

// --- protobuf ---------------------------------------------------------------------------------

/** @throws {OtlpDecodeError | ProtobufError} when the bytes are not such a message. */
export function decodeProtobuf(message: string, bytes: Uint8Array): PlainObject {
  return readMessage(messageSchema(message), bytes, 0);
}

function readMessage(schema: MessageSchema, bytes: Uint8Array, depth: number): PlainObject {
  if (depth > MAX_DEPTH) throw new OtlpDecodeError("messages are nested too deep");
  const reader = new ProtobufReader(bytes);
  const out: PlainObject = {};
  for (let field = reader.next(); field !== null; field = reader.next()) {
    const known = schema.byNumber.get(field.number);
    if (known === undefined) reader.skip(field);
    else readField(schema, known, field, reader, out, depth);
  }
  return out;
}

function readField(
  schema: MessageSchema,
  known: FieldSchema,
  field: Field,
  reader: ProtobufReader,
  out: PlainObject,
  depth: number,
): void {
  const packed =
    known.repeated && field.wireType === WireType.bytes && wireTypeOf(known) !== WireType.bytes;
  if (packed) {
    const inner = new ProtobufReader(reader.bytes());
    while (!inner.atEnd()) append(out, known.name, readScalar(known, inner));
    return;
  }
  if (field.wireType !== wireTypeOf(known)) {
    throw new OtlpDecodeError(
      `${schema.name}.${known.name} has wire type ${field.wireType}, not ${wireTypeOf(known)}`,
    );
  }
  if (known.kind === "message") {
    const value = readMessage(messageSchema(known.message), reader.bytes(), depth + 1);
    if (known.repeated) append(out, known.name, value);
    else {
      const merged = { ...(out[known.name] as PlainObject | undefined), ...value };
      if (known.presence || Object.keys(merged).length > 0) out[known.name] = merged;
    }
    return;
  }
  const value = readScalar(known, reader);
  if (known.repeated) append(out, known.name, value);
  else if (known.presence || !isDefault(known, value)) out[known.name] = value;
  else delete out[known.name]; // the last one counts
}

function append(out: PlainObject, name: string, value: Plain): void {
  const list = (out[name] ??= []) as Plain[];
  list.push(value);
}

function isDefault({ kind }: FieldSchema, value: Plain): boolean {
  if (kind === "double") return value === ZERO;
  if (kind === "string" || kind === "bytes" || kind === "id") return value === "";
  return value === "0" || value === false;
}

const ZERO = "0d";

function wireTypeOf({ kind }: FieldSchema): number {
  switch (kind) {
    case "string":
    case "bytes":
    case "id":
    case "message":
      return WireType.bytes;
    case "fixed32":
      return WireType.fixed32;
    case "fixed64":
    case "sfixed64":
    case "double":
      return WireType.fixed64;
    default:
      return WireType.varint;
  }
}

function readScalar({ kind, name }: FieldSchema, reader: ProtobufReader): Plain {
  switch (kind) {
    case "string":
      try {
        return utf8.decode(reader.bytes());
      } catch (error) {
        if (error instanceof TypeError) throw new OtlpDecodeError(`${name} is not valid UTF-8`);
        throw error;
      }
    case "id":
      return Buffer.from(reader.bytes()).toString("hex");
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    case "bool":
      return reader.varint() !== 0n;
    case "enum":
      return String(BigInt.asIntN(32, reader.varint()));
    case "uint32":
      return String(BigInt.asUintN(32, reader.varint()));
    case "sint32": {
      const zigzag = BigInt.asUintN(32, reader.varint());
      return String((zigzag >> 1n) ^ -(zigzag & 1n));
    }
    case "int64":
      return String(BigInt.asIntN(64, reader.varint()));
    case "uint64":
      return String(reader.varint());
    case "fixed32":
      return String(reader.fixed(4).getUint32(0, true));
    case "fixed64":
      return String(reader.fixed(8).getBigUint64(0, true));
    case "sfixed64":
      return String(reader.fixed(8).getBigInt64(0, true));
    case "double":
      return doubleText(reader.fixed(8).getFloat64(0, true));
    case "message":
      throw new Error("a message is not a scalar");
  }
}

/** Plus zero is the default of proto3; minus zero is a value. */
const doubleText = (value: number): string => (Object.is(value, -0) ? "-0d" : `${value}d`);

// --- JSON -------------------------------------------------------------------------------------

/** The rules of the project's list that an OTLP/JSON text can break while staying readable. */
export type LintRule = "J1" | "J2" | "J3" | "J4" | "J5" | "J6" | "J7";

export interface Lint {
  readonly rule: LintRule;
  /** Message and field, never a value. */
  readonly where: string;
}

/** What a JSON text used, so that "nothing wrong" can be told from "nothing there". */
export interface JsonReading {
  readonly lints: readonly Lint[];
  readonly used: ReadonlySet<LintRule>;
}

/** @throws {OtlpDecodeError} with a message that never quotes the text. */
export function decodeJson(
  message: string,
  text: string,
): { readonly value: PlainObject } & JsonReading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new OtlpDecodeError("the body is not JSON"); // the parser's message quotes the body
  }
  const reader = new JsonMessages();
  const value = reader.message(messageSchema(message), parsed, 0);
  return { value, lints: reader.lints, used: reader.used };
}

const camel = (key: string): string =>
  key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

class JsonMessages {
  readonly lints: Lint[] = [];
  readonly used = new Set<LintRule>();

  message(schema: MessageSchema, value: unknown, depth: number): PlainObject {
    if (depth > MAX_DEPTH) throw new OtlpDecodeError("messages are nested too deep");
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new OtlpDecodeError(`${schema.name} is not an object`);
    }
    const out: PlainObject = {};
    for (const [key, entry] of Object.entries(value)) {
      const field = schema.byName.get(key);
      if (field === undefined) {
        if (schema.byName.has(camel(key))) this.#note("J3", schema, key);
        continue; // unknown fields are ignored
      }
      this.used.add("J3");
      if (entry === null) {
        // null is the default in JSON; for a double it is what a serialiser makes of NaN
        if (field.kind === "double") this.#note("J5", schema, key);
        continue;
      }
      this.#field(schema, field, entry, out, depth);
    }
    return out;
  }

  #note(rule: LintRule, schema: MessageSchema, field: string): void {
    this.used.add(rule);
    const where = `${schema.name}.${field}`;
    if (!this.lints.some((lint) => lint.rule === rule && lint.where === where)) {
      this.lints.push({ rule, where });
    }
  }

  #field(
    schema: MessageSchema,
    field: FieldSchema,
    entry: unknown,
    out: PlainObject,
    depth: number,
  ): void {
    const one = (value: unknown): Plain =>
      field.kind === "message"
        ? this.message(messageSchema(field.message), value, depth + 1)
        : this.#scalar(schema, field, value);
    if (field.repeated) {
      if (!Array.isArray(entry))
        throw new OtlpDecodeError(`${schema.name}.${field.name} is not a list`);
      if (entry.length > 0) out[field.name] = entry.map(one);
      return;
    }
    const value = one(entry);
    const isEmpty =
      field.kind === "message"
        ? Object.keys(value as PlainObject).length === 0
        : isDefault(field, value);
    if (field.presence || !isEmpty) out[field.name] = value;
  }

  #scalar(schema: MessageSchema, field: FieldSchema, value: unknown): Plain {
    const wrong = (expected: string) =>
      new OtlpDecodeError(`${schema.name}.${field.name} is not ${expected}`);
    switch (field.kind) {
      case "string":
        if (typeof value !== "string") throw wrong("a string");
        return value;
      case "bool":
        if (typeof value !== "boolean") throw wrong("a boolean");
        return value;
      case "id":
        if (typeof value !== "string") throw wrong("a string");
        if (value === "") return "";
        this.used.add("J1");
        if (!/^[0-9a-fA-F]*$/.test(value) || ![16, 32].includes(value.length)) {
          this.#note("J1", schema, field.name);
        }
        return value.toLowerCase();
      case "bytes": {
        if (typeof value !== "string") throw wrong("a string");
        this.used.add("J6");
        if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) {
          this.#note("J6", schema, field.name);
        }
        return Buffer.from(value, "base64").toString("base64");
      }
      case "enum":
        this.used.add("J2");
        if (typeof value === "string") {
          this.#note("J2", schema, field.name);
          return value;
        }
        if (typeof value !== "number" || !Number.isInteger(value)) throw wrong("an integer");
        return String(value);
      case "double":
        this.used.add("J5");
        if (value === "NaN" || value === "Infinity" || value === "-Infinity") return `${value}d`;
        if (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))) {
          return doubleText(Number(value));
        }
        if (typeof value !== "number") throw wrong("a number");
        return doubleText(value);
      case "uint32":
      case "sint32":
      case "fixed32":
        if (!/^-?\d+$/.test(String(value))) throw wrong("an integer");
        return String(value);
      default:
        return this.#int64(schema, field, value, wrong);
    }
  }

  #int64(
    schema: MessageSchema,
    field: FieldSchema,
    value: unknown,
    wrong: (expected: string) => OtlpDecodeError,
  ): string {
    this.used.add("J4");
    if (typeof value === "number") {
      this.#note("J4", schema, field.name);
      if (!Number.isInteger(value)) throw wrong("an integer");
    } else if (typeof value !== "string" || !/^-?\d+$/.test(value)) throw wrong("an integer");
    const exact = BigInt(value);
    if (field.kind === "int64") this.used.add("J7");
    const signed = field.kind === "int64" || field.kind === "sfixed64";
    const fits = signed ? BigInt.asIntN(64, exact) : BigInt.asUintN(64, exact);
    if (fits !== exact) this.#note("J7", schema, field.name);
    return String(exact);
  }
}

// --- what is kept -----------------------------------------------------------------------------

/** One span, log record or data point. */
export interface Item {
  /** The same for the same item in every request that carries it. */
  readonly id: string;
  /** A keyed digest of all its content: equal content is equal, nothing can be read from it. */
  readonly digest: string;
  /** The same for each of its fields, resource and scope; only when asked for. */
  readonly parts?: Readonly<Record<string, string>>;
}

const key = randomBytes(32); // a digest says nothing outside this process
const digest = (value: Plain): string =>
  createHmac("sha256", key)
    .update(JSON.stringify(sorted(value)))
    .digest("base64url")
    .slice(0, 22);

/** Key order is not content. */
function sorted(value: Plain): Plain {
  if (Array.isArray(value)) return (value as readonly Plain[]).map(sorted);
  if (typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, entry]) => [name, sorted(entry)]),
  );
}

/**
 * The items of a request. Spans are known by their ids; records and points by their content. `detail`
 * adds digests of their parts.
 */
export function itemsOf(signal: OtlpSignal, request: PlainObject, detail = false): Item[] {
  const [outer, middle, inner] = signals[signal].path;
  const list = (value: Plain, name: string) =>
    ((value as PlainObject)[name] ?? []) as readonly PlainObject[];
  const all = list(request, outer).flatMap((resource) =>
    list(resource, middle).flatMap((scope) =>
      list(scope, inner)
        .flatMap((entry) => (signal === "metrics" ? pointsOf(entry) : [entry]))
        .map((entry) => ({ entry, around: { resource, scope } })),
    ),
  );
  const seen = new Map<string, number>();
  return all.map(({ entry, around }) => {
    const item = signal === "traces" ? spanItem(entry) : contentItem(entry, seen);
    return detail ? { ...item, parts: partsOf(entry, around) } : item;
  });
}

/** An item without an identity of its own: equal ones are numbered. */
function contentItem(entry: PlainObject, seen: Map<string, number>): Item {
  const content = digest(entry);
  const copy = (seen.get(content) ?? 0) + 1;
  seen.set(content, copy);
  return { id: copy === 1 ? content : `${content}#${copy}`, digest: content };
}

function partsOf(
  entry: PlainObject,
  { resource, scope }: { readonly resource: PlainObject; readonly scope: PlainObject },
): Record<string, string> {
  const around = {
    resource: resource["resource"] ?? {},
    "resource schema": resource["schemaUrl"] ?? "",
    scope: scope["scope"] ?? {},
    "scope schema": scope["schemaUrl"] ?? "",
  };
  return Object.fromEntries(
    Object.entries({ ...entry, ...around }).map(([name, value]) => [name, digest(value)]),
  );
}

function spanItem(span: PlainObject): Item {
  const traceId = identity("trace id", span["traceId"], 32);
  const spanId = identity("span id", span["spanId"], 16);
  return { id: `${traceId}:${spanId}`, digest: digest(span) };
}

function identity(what: string, id: Plain | undefined, digits: number): string {
  const text = typeof id === "string" ? id : "";
  if (!/^[0-9a-f]*$/.test(text) || text.length !== digits || /^0*$/.test(text)) {
    throw new OtlpDecodeError(
      `a ${what} is not ${digits} hexadecimal digits, at least one not zero (${text.length} given)`,
    );
  }
  return text;
}

function pointsOf(metric: PlainObject): PlainObject[] {
  const { name = "", ...rest } = metric;
  return Object.entries(rest).flatMap(([kind, data]) => {
    const points = (data as PlainObject)["dataPoints"];
    return Array.isArray(points)
      ? (points as readonly PlainObject[]).map((point) => ({ name, kind, point }))
      : [];
  });
}
