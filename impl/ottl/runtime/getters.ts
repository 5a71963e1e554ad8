/** Values of the type that a parameter asks for, with upstream's conversions. */

import type { Getter } from "../registry.ts";
import { parseBool, parseFloat64, parseInt64, stringLike, truncate64 } from "./text.ts";
import { Duration, fail, Instant, kindName, Part, typeName, type Val } from "./value.ts";

export const asText = (value: Val): string =>
  typeof value === "string" ? value : mismatch("string", value);
export const asInt = (value: Val): bigint =>
  typeof value === "bigint" ? value : mismatch("int64", value);
export const asFloat = (value: Val): number =>
  typeof value === "number" ? value : mismatch("float64", value);
export const asBool = (value: Val): boolean =>
  typeof value === "boolean" ? value : mismatch("bool", value);
export const asMap = (value: Val) =>
  value instanceof Map ? value : mismatch("pcommon.Map", value);
export const asList = (value: Val): Val[] =>
  Array.isArray(value)
    ? value
    : value instanceof Part && value.type === "[]uint64"
      ? (value.value as bigint[])
      : mismatch("pcommon.Slice", value);
export const asTime = (value: Val): Instant =>
  value instanceof Instant ? value : mismatch("time", value);
export const asDuration = (value: Val): Duration =>
  value instanceof Duration ? value : mismatch("duration", value);

function mismatch(wanted: string, value: Val): never {
  return fail(`expected ${wanted} but got ${value === null ? "nil" : typeName(value)}`);
}

export function intLike(value: Val): bigint | null {
  switch (typeof value) {
    case "bigint":
      return value;
    case "number":
      return truncate64(value);
    case "string":
      return parseInt64(value, 10);
    case "boolean":
      return value ? 1n : 0n;
    default:
      return value === null ? null : fail(`unsupported value type: ${kindName(value)}`);
  }
}

export function floatLike(value: Val): number | null {
  switch (typeof value) {
    case "number":
      return value;
    case "bigint":
      return Number(value);
    case "string":
      return parseFloat64(value);
    case "boolean":
      return value ? 1 : 0;
    default:
      return value === null ? null : fail(`unsupported value type: ${kindName(value)}`);
  }
}

export function boolLike(value: Val): boolean | null {
  switch (typeof value) {
    case "boolean":
      return value;
    case "bigint":
      return value !== 0n;
    case "number":
      return value !== 0;
    case "string":
      return parseBool(value);
    default:
      return value === null ? null : fail(`unsupported value type: ${kindName(value)}`);
  }
}

/** Numbers as eight bytes, the highest first. */
export function bytesLike(value: Val): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  switch (typeof value) {
    case "string":
      return Uint8Array.from(Buffer.from(value));
    case "boolean":
      return Uint8Array.of(value ? 1 : 0);
    case "bigint":
    case "number": {
      const out = Buffer.alloc(8);
      if (typeof value === "bigint") out.writeBigInt64BE(value);
      else out.writeDoubleBE(value);
      return Uint8Array.from(out);
    }
    default:
      return fail(`unsupported type: ${typeName(value)}`);
  }
}

export { stringLike };

/** A getter that converts what another reads; what is constant is converted once, now. */
export function through<T>(getter: Getter<Val>, convert: (value: Val) => T): Getter<T> {
  if (getter.constant !== undefined) return constant(convert(getter.constant.value));
  return (item) => convert(getter(item));
}

export const constant = <T>(value: T): Getter<T> =>
  Object.assign((): T => value, { constant: { value } });
