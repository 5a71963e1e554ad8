/** OTLP/JSON in and out. */

import type { Val, ValMap } from "../runtime/value.ts";
import type { Payload, Signal } from "./model.ts";
import { payloads, zeroOf, type FieldSchema, type MessageSchema } from "./schema.ts";

/** What JSON text reads into. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
type JsonObject = { readonly [key: string]: JsonValue };

/** A payload that is not OTLP. */
export class OtlpError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OtlpError";
  }
}

const roots: readonly (readonly [string, Signal])[] = [
  ["resourceLogs", "logs"],
  ["resourceSpans", "traces"],
  ["resourceMetrics", "metrics"],
];

/** @throws OtlpError naming the place */
export function decodePayload(json: unknown): Payload {
  if (!isObject(json)) throw new OtlpError("an OTLP payload is an object");
  for (const [key, signal] of roots) {
    if (!(key in json)) continue;
    return { signal, ...decodeMessage<Omit<Payload, "signal">>(payloads[signal], json, "") };
  }
  const names = roots.map(([key]) => key).join(", ");
  throw new OtlpError(`an OTLP payload has one of ${names}; found ${Object.keys(json).join(", ")}`);
}

export const encodePayload = (payload: Payload): JsonValue =>
  encodeMessage(payloads[payload.signal], payload);

// oxlint-disable-next-line no-unnecessary-type-parameters -- the schema decides what it is
export function decodeMessage<T>(schema: MessageSchema, json: unknown, place: string): T {
  if (!isObject(json)) throw new OtlpError(`${place || schema.name}: expected an object`);
  const out: Record<string, unknown> = {};
  for (const field of schema.fields) {
    const name = field.json ?? field.name;
    const value = json[name] ?? json[snake(name)];
    out[field.name] =
      value === undefined || value === null
        ? zeroOf(field)
        : decodeField(field, value, place === "" ? name : `${place}.${name}`);
  }
  return out as T;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

function decodeField(field: FieldSchema, value: JsonValue, place: string): unknown {
  switch (field.type) {
    case "message":
      return decodeMessage(field.message!, value, place);
    case "messages":
      return list(value, place).map((item, i) =>
        decodeMessage(field.message!, item, `${place}[${i}]`),
      );
    case "string":
      if (typeof value !== "string") throw new OtlpError(`${place}: expected a string`);
      return value;
    case "id":
      if (typeof value !== "string" || !/^(?:[0-9a-f]{2})*$/i.test(value)) {
        throw new OtlpError(`${place}: expected hexadecimal digits`);
      }
      return /^0*$/.test(value) ? "" : value.toLowerCase();
    case "bool":
      if (typeof value !== "boolean") throw new OtlpError(`${place}: expected a bool`);
      return value;
    case "double":
      return double(value, place);
    case "fixed64":
      return BigInt.asUintN(64, integer(value, place));
    case "sfixed64":
      return BigInt.asIntN(64, integer(value, place));
    case "enum":
    case "sint32":
      return Number(BigInt.asIntN(32, integer(value, place)));
    case "uint32":
    case "fixed32":
      return Number(BigInt.asUintN(32, integer(value, place)));
    case "doubles":
      return list(value, place).map((item) => double(item, place));
    case "fixed64s":
    case "uint64s":
      return list(value, place).map((item) => BigInt.asUintN(64, integer(item, place)));
    case "any":
      return decodeValue(value, place);
    case "map":
      return decodeAttributes(value, place);
  }
}

/** An AnyValue. */
export function decodeValue(json: JsonValue, place: string): Val {
  if (!isObject(json)) throw new OtlpError(`${place}: expected a value such as {"stringValue": …}`);
  const get = (name: string): JsonValue | undefined => json[name] ?? json[snake(name)];
  const string = get("stringValue");
  if (typeof string === "string") return string;
  const bool = get("boolValue");
  if (typeof bool === "boolean") return bool;
  const int = get("intValue");
  if (int !== undefined) return BigInt.asIntN(64, integer(int, place));
  const number = get("doubleValue");
  if (number !== undefined) return double(number, place);
  const bytes = get("bytesValue");
  if (typeof bytes === "string") return Uint8Array.from(Buffer.from(bytes, "base64"));
  const array = get("arrayValue");
  if (array !== undefined) {
    const items = isObject(array) ? (array["values"] ?? []) : array;
    return list(items, place).map((item, i) => decodeValue(item, `${place}[${i}]`));
  }
  const map = get("kvlistValue");
  if (map !== undefined)
    return decodeAttributes(isObject(map) ? (map["values"] ?? []) : map, place);
  if (Object.keys(json).length === 0) return null;
  throw new OtlpError(`${place}: no value of OTLP in ${JSON.stringify(json)}`);
}

/** Of two entries with one key the first counts, as it does for a lookup upstream. */
function decodeAttributes(json: JsonValue, place: string): ValMap {
  const out: ValMap = new Map();
  for (const [i, entry] of list(json, place).entries()) {
    const at = `${place}[${i}]`;
    if (!isObject(entry)) throw new OtlpError(`${at}: expected a key and a value`);
    const key = entry["key"] ?? "";
    if (typeof key !== "string") throw new OtlpError(`${at}: the key is not a string`);
    const value = entry["value"];
    if (!out.has(key)) out.set(key, decodeValue(value ?? {}, `${place}["${key}"]`));
  }
  return out;
}

export function encodeMessage(schema: MessageSchema, message: object): JsonObject {
  const out: Record<string, JsonValue> = {};
  for (const field of schema.fields) {
    const value = (message as Record<string, unknown>)[field.name];
    const encoded = encodeField(field, value);
    if (encoded !== undefined) out[field.json ?? field.name] = encoded;
  }
  return out;
}

/** Undefined for the zero value, which is left out. */
function encodeField(field: FieldSchema, value: unknown): JsonValue | undefined {
  if (value === null || value === undefined) return undefined;
  switch (field.type) {
    case "message": {
      const encoded = encodeMessage(field.message!, value);
      return field.optional === true || Object.keys(encoded).length > 0 ? encoded : undefined;
    }
    case "messages": {
      const items = value as readonly object[];
      return items.length === 0
        ? undefined
        : items.map((item) => encodeMessage(field.message!, item));
    }
    case "fixed64":
    case "sfixed64":
      return value === 0n && field.optional !== true ? undefined : (value as bigint).toString();
    case "double":
      return value === 0 && field.optional !== true ? undefined : encodeDouble(value as number);
    case "doubles":
      return (value as number[]).length === 0 ? undefined : (value as number[]).map(encodeDouble);
    case "fixed64s":
    case "uint64s":
      return (value as bigint[]).length === 0 ? undefined : (value as bigint[]).map(String);
    case "any":
      return encodeValue(value as Val);
    case "map": {
      const entries = encodeAttributes(value as ValMap);
      return entries.length === 0 ? undefined : entries;
    }
    default:
      return value === "" || value === 0 || value === false ? undefined : (value as JsonValue);
  }
}

export function encodeValue(value: Val): JsonObject {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "bigint":
      return { intValue: String(value) };
    case "number":
      return { doubleValue: encodeDouble(value) };
    default:
  }
  if (value === null) return {};
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return { kvlistValue: { values: encodeAttributes(value) } };
  if (Array.isArray(value)) return { arrayValue: { values: Array.from(value, encodeValue) } };
  throw new OtlpError("a value that no record holds");
}

const encodeAttributes = (map: ValMap): JsonObject[] =>
  [...map].map(([key, value]) => ({ key, value: encodeValue(value) }));

const encodeDouble = (value: number): number | string =>
  Number.isFinite(value)
    ? value
    : Number.isNaN(value)
      ? "NaN"
      : value > 0
        ? "Infinity"
        : "-Infinity";

function integer(value: JsonValue, place: string): bigint {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d+$/.test(value)) return BigInt(value);
  throw new OtlpError(`${place}: expected an integer`);
}

function double(value: JsonValue, place: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && value !== "" && /^-?(?:Infinity|NaN|[\d.eE+-]+)$/.test(value)) {
    return Number(value);
  }
  throw new OtlpError(`${place}: expected a number`);
}

function list(value: JsonValue, place: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new OtlpError(`${place}: expected a list`);
  return value as readonly JsonValue[];
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
