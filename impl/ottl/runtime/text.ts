/** Values as texts, by the rules of Go's `strconv` and `encoding/json`. */

import {
  Duration,
  EvaluationError,
  fail,
  Id,
  Instant,
  Part,
  RawList,
  RawMap,
  typeName,
  compareStrings,
  type Val,
} from "./value.ts";
import { formatRfc3339 } from "./zone.ts";

/** The shortest text that reads back, in the notation of `encoding/json`. */
export function jsonFloat(value: number): string {
  if (!Number.isFinite(value)) return fail(`json: unsupported value: ${plainFloat(value)}`);
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) {
    // Go drops the zero that pads a negative exponent of one digit; so does JavaScript.
    return value
      .toExponential()
      .replace(/e\+(\d)$/, "e+0$1")
      .replace(/e\+0(\d)$/, "e+0$1");
  }
  return plain(value);
}

/** Without exponent. */
function plain(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return value.toFixed(20).replace(/\.?0+$/, "");
}

/** As `%v` prints it: exponent below 1e-4 and from 1e21. */
export function plainFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return plain(value);
}

/**
 * `html` escapes `<`, `>` and `&`, as `json.Marshal` does and `AsString` does not.
 * @throws EvaluationError for NaN, infinities and parts of records
 */
export function toJson(value: Val, html = true): string {
  switch (typeof value) {
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return jsonFloat(value);
    case "string":
      return jsonString(value, html);
    default:
  }
  if (value === null) return "null";
  if (value instanceof Uint8Array) {
    // No bytes are a nil slice of Go.
    return value.length === 0 ? "null" : `"${Buffer.from(value).toString("base64")}"`;
  }
  // Parts and what stands in a list of a statement are Go structs without public fields.
  if (value instanceof Part) return value.type === "[]uint64" ? toJson(value.value as Val[]) : "{}";
  if (value instanceof RawList) {
    const inner = (item: Val): string =>
      item instanceof RawList || item instanceof RawMap || !isContainer(item)
        ? toJson(item, html)
        : "{}";
    return `[${Array.from(value, inner).join(",")}]`;
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item) => toJson(item, html)).join(",")}]`;
  if (value instanceof Map) {
    const keys = [...value.keys()].sort(compareStrings);
    return `{${keys.map((key) => `${jsonString(key, html)}:${toJson(value.get(key)!, html)}`).join(",")}}`;
  }
  if (value instanceof Instant) return `"${formatRfc3339(value)}"`;
  if (value instanceof Duration) return String(value.ns);
  if (value instanceof Id) return `[${[...Buffer.from(value.hex, "hex")].join(",")}]`;
  return fail(`unsupported type: ${typeName(value)}`);
}

const isContainer = (value: Val): boolean => value instanceof Map || Array.isArray(value);

/** The line separators are escaped as Go does. */
function jsonString(text: string, html: boolean): string {
  const pattern = html ? /[<>&\u2028\u2029]/g : /[\u2028\u2029]/g;
  return JSON.stringify(text.toWellFormed()).replace(
    pattern,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `AsString` of a stored value: bytes in base64, the empty value as the empty text. */
export function asString(value: Val): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value === "number") {
    return Number.isFinite(value) ? jsonFloat(value) : plainFloat(value);
  }
  try {
    return toJson(value, false);
  } catch (error) {
    if (error instanceof EvaluationError) return "";
    throw error;
  }
}

/** What `String(x)` and string-like arguments see: bytes in hex, nil stays nil. */
export function stringLike(value: Val): string | null {
  if (value === null || typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return toJson(value);
}

/** By the rules of `strconv.ParseFloat`. */
export function parseFloat64(text: string): number {
  const named = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(text);
  if (named !== null) {
    if (named[2]!.toLowerCase() === "nan") {
      return named[1] === "" ? Number.NaN : syntax("ParseFloat", text);
    }
    return named[1] === "-" ? -Infinity : Infinity;
  }
  const hex = /^([+-]?)0x([0-9a-f_]*)(?:\.([0-9a-f_]*))?p([+-]?\d+)$/i.exec(text);
  if (hex !== null && (hex[2]! + (hex[3] ?? "")).replaceAll("_", "") !== "") {
    const digits = (hex[2]! + (hex[3] ?? "")).replaceAll("_", "");
    const scale = Number(hex[4]) - 4 * (hex[3] ?? "").replaceAll("_", "").length;
    const size = Number(BigInt(`0x${digits}`)) * 2 ** scale;
    return hex[1] === "-" ? -size : size;
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return syntax("ParseFloat", text);
  const value = Number(text);
  return Number.isFinite(value) ? value : range("ParseFloat", text);
}

/** By the rules of `strconv.ParseInt`; base 0 takes the base from a prefix. */
export function parseInt64(text: string, base: number): bigint {
  const match = /^([+-]?)(.*)$/s.exec(text)!;
  let digits = match[2]!;
  let radix = base;
  if (base === 0) {
    const prefix = /^0([xob])/i.exec(digits)?.[1]?.toLowerCase();
    radix = prefix === "x" ? 16 : prefix === "o" ? 8 : prefix === "b" ? 2 : 10;
    if (prefix !== undefined) digits = digits.slice(2);
    else if (/^0./.test(digits)) {
      radix = 8;
      digits = digits.slice(1);
    }
    if (/^_?[0-9a-z]+(?:_[0-9a-z]+)*$/i.test(digits)) digits = digits.replaceAll("_", "");
  }
  if (digits === "") return syntax("ParseInt", text);
  let size = 0n;
  for (const character of digits.toLowerCase()) {
    const digit = /^[0-9a-z]$/.test(character) ? Number.parseInt(character, 36) : 99;
    if (digit >= radix) return syntax("ParseInt", text);
    size = size * BigInt(radix) + BigInt(digit);
  }
  const value = match[1] === "-" ? -size : size;
  return value === BigInt.asIntN(64, value) ? value : range("ParseInt", text);
}

export function parseBool(text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  return syntax("ParseBool", text);
}

const syntax = (name: string, text: string): never =>
  fail(`strconv.${name}: parsing ${JSON.stringify(text)}: invalid syntax`);
const range = (name: string, text: string): never =>
  fail(`strconv.${name}: parsing ${JSON.stringify(text)}: value out of range`);

/** A float as int64, as the conversion of amd64 does: out of range is the smallest integer. */
export function truncate64(value: number): bigint {
  if (!Number.isFinite(value)) return -(2n ** 63n);
  const whole = BigInt(Math.trunc(value));
  return whole === BigInt.asIntN(64, whole) ? whole : -(2n ** 63n);
}
