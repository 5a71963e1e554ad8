/** Values as texts, by the rules of Go's `strconv` and `encoding/json`. */

import { isUtf8 } from "node:buffer";

import { plainFloat } from "./float.ts";
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

/** The shortest text that reads back; `encoding/json` does not pad the exponent, other encoders do. */
function jsonFloat(value: number, padded: boolean): string {
  if (!Number.isFinite(value)) return fail(`json: unsupported value: ${plainFloat(value)}`);
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, padded ? "e$10$2" : "e$1$2");
  }
  return plain(value);
}

/** Without exponent. */
function plain(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return value.toFixed(20).replace(/\.?0+$/, "");
}

/** `strconv.Quote`, or `QuoteToASCII`; a number is a byte that is no UTF-8. */
export const quote = (text: Iterable<string | number>, ascii: boolean): string => {
  const shown = Array.from(text, (character) =>
    typeof character === "number" ? `\\x${character.toString(16)}` : escaped(character, '"', ascii),
  );
  return `"${shown.join("")}"`;
};
/** The characters of a UTF-8 text, and the bytes that belong to none. */
export function utf8Pieces(bytes: Uint8Array): (string | number)[] {
  const pieces: (string | number)[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((size) => isUtf8(bytes.subarray(at, at + size)));
    pieces.push(
      length === undefined ? bytes[at]! : Buffer.from(bytes.subarray(at, at + length)).toString(),
    );
    at += length ?? 1;
  }
  return pieces;
}
/** `strconv.QuoteRune`, or `QuoteRuneToASCII`. */
export const quoteRune = (point: number, ascii: boolean): string =>
  `'${escaped(String.fromCodePoint(point), "'", ascii)}'`;

const short: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};
function escaped(character: string, mark: string, ascii: boolean): string {
  if (character === mark || character === "\\") return `\\${character}`;
  const point = character.codePointAt(0)!;
  const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character);
  if (printable && (!ascii || point < 0x80)) return character;
  if (Object.hasOwn(short, character)) return short[character]!;
  if (point < 0x20 || point === 0x7f) return `\\x${point.toString(16).padStart(2, "0")}`;
  return point < 0x10000
    ? `\\u${point.toString(16).padStart(4, "0")}`
    : `\\U${point.toString(16).padStart(8, "0")}`;
}

/**
 * `html` escapes `<`, `>` and `&` and pads exponents, as the encoder of converters does and
 * `AsString` does not.
 * @throws EvaluationError for NaN, infinities and parts of records
 */
export function toJson(value: Val, html = true): string {
  switch (typeof value) {
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return jsonFloat(value, html);
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
    return Number.isFinite(value) ? jsonFloat(value, false) : plainFloat(value);
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
  const digits = /\d_\d/.test(text) ? text.replaceAll(/(?<=\d)_(?=\d)/g, "") : text;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(digits)) return syntax("ParseFloat", text);
  const value = Number(digits);
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

/** The lower 64 bits, as unsigned arithmetic leaves them. */
export const uint64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** A float as int64, as the conversion of amd64 does: out of range is the smallest integer. */
export function truncate64(value: number): bigint {
  if (!Number.isFinite(value)) return -(2n ** 63n);
  const whole = BigInt(Math.trunc(value));
  return whole === BigInt.asIntN(64, whole) ? whole : -(2n ** 63n);
}

const goSpace = "\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
const outerSpace = new RegExp(`^[${goSpace}]+|[${goSpace}]+$`, "g");
const innerSpace = new RegExp(`[${goSpace}]+`);
/** Without the space around it, as `strings.TrimSpace`. */
export const trimmed = (text: string): string => text.replace(outerSpace, "");
/** What stands between space, as `strings.Fields`. */
export const words = (text: string): string[] =>
  text.split(innerSpace).filter((word) => word !== "");
