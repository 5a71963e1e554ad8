/** Converters of texts. */

import { arg, define, opt, pure, type FunctionSpec } from "../registry.ts";
import { compare } from "../runtime/compare.ts";
import { patternOf } from "../runtime/regex.ts";
import { sprintf } from "../runtime/printf.ts";
import { trimmed } from "../runtime/text.ts";
import { fail, kindName, Part, TypedList, typeName, type ValMap } from "../runtime/value.ts";
import { asList } from "../runtime/getters.ts";
import { utf8Length, utf8Slice } from "./utf8.ts";

/** Character by character, without the special cases that change the length. */
function mapped(text: string, change: (character: string) => string): string {
  // oxlint-disable-next-line no-control-regex -- the plain case needs no care
  if (/^[\u0000-\u007f]*$/.test(text)) return change(text);
  let out = "";
  for (const character of text) {
    const changed = change(character);
    out += Array.from(changed).length === 1 ? changed : character;
  }
  return out;
}
const lower = (text: string): string => mapped(text, (c) => c.toLowerCase());
const upper = (text: string): string => mapped(text, (c) => c.toUpperCase());

const isUpper = (c: number): boolean => c >= 65 && c <= 90;
const isLower = (c: number): boolean => c >= 97 && c <= 122;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const separators = " _-.";

/** Words begin after separators and digits; other characters are left out. */
export function camel(text: string): string {
  const bare = trimmed(text);
  const acronym = bare === "ID";
  const source = acronym ? "id" : bare;
  let out = "";
  let capital = true;
  let previous = false;
  for (const byte of Buffer.from(source)) {
    const wasUpper = isUpper(byte);
    let c = byte;
    if (capital) {
      if (isLower(byte)) c -= 32;
    } else if (previous && wasUpper && !acronym) c += 32;
    previous = wasUpper;
    if (isUpper(byte) || isLower(byte)) {
      out += String.fromCharCode(c);
      capital = false;
    } else if (isDigit(byte)) {
      out += String.fromCharCode(c);
      capital = true;
    } else capital = separators.includes(String.fromCharCode(byte));
  }
  return out;
}

/** A separator where the class of the character changes; runs of capitals are one word. */
function snake(text: string): string {
  const bytes = Buffer.from(trimmed(text));
  const out: number[] = [];
  const line = 95;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    const cap = isUpper(byte);
    const low = isLower(byte);
    const c = cap ? byte + 32 : byte;
    const next = bytes[i + 1];
    if (next !== undefined) {
      const num = isDigit(byte);
      const nextCap = isUpper(next);
      const nextLow = isLower(next);
      const nextNum = isDigit(next);
      const changes =
        (cap && (nextLow || nextNum)) ||
        (low && (nextCap || nextNum)) ||
        (num && (nextCap || nextLow));
      if (changes) {
        if (cap && nextLow && i > 0 && isUpper(bytes[i - 1]!)) out.push(line);
        out.push(c);
        if (low || num || nextNum) out.push(line);
        continue;
      }
    }
    out.push(separators.includes(String.fromCharCode(byte)) ? line : c);
  }
  return Buffer.from(out).toString("utf8");
}

const cases: Readonly<Record<string, (text: string) => string>> = { lower, upper, snake, camel };
const toCase = (name: string, change: (text: string) => string): FunctionSpec =>
  pure(name, [arg("target", "string")], { symbolic: "abstract", returns: "string" }, change);

function trimmedBy(text: string, cutset: string): string {
  const cut = new Set(cutset);
  const characters = Array.from(text);
  let start = 0;
  let end = characters.length;
  while (start < end && cut.has(characters[start]!)) start++;
  while (end > start && cut.has(characters[end - 1]!)) end--;
  return characters.slice(start, end).join("");
}

const affix = (
  name: string,
  parameter: string,
  test: (text: string, part: string) => boolean,
): FunctionSpec =>
  pure(
    name,
    [arg("target", "string"), arg(parameter, "string")],
    { symbolic: "exact", returns: "bool" },
    test,
  );

export const texts: readonly FunctionSpec[] = [
  pure(
    "Concat",
    [arg("vals", "stringLikeSlice"), arg("delimiter", "string")],
    { symbolic: "exact", returns: "string" },
    (values, delimiter) => values.map((value) => value ?? "<nil>").join(delimiter),
  ),
  define(
    "ConvertCase",
    [arg("target", "string"), arg("to_case", "literalString")],
    { symbolic: "abstract", returns: "string" },
    ([text, name]) => {
      const change = Object.hasOwn(cases, name) ? cases[name] : undefined;
      if (change === undefined) {
        throw new Error(`invalid case: ${name}, allowed cases are: lower, upper, snake, camel`);
      }
      return (item) => change(text(item));
    },
  ),
  toCase("ToLowerCase", lower),
  toCase("ToUpperCase", upper),
  toCase("ToCamelCase", camel),
  toCase("ToSnakeCase", snake),
  pure(
    "Split",
    [arg("target", "string"), arg("delimiter", "string")],
    { symbolic: "abstract", returns: "list of strings" },
    (text, delimiter) => {
      const parts = delimiter === "" ? Array.from(text) : text.split(delimiter);
      const list = new TypedList(parts.length);
      for (let i = 0; i < parts.length; i++) list[i] = parts[i]!;
      return list;
    },
  ),
  pure(
    "Substring",
    [
      arg("target", "string"),
      arg("start", "int"),
      arg("length", "int"),
      opt("utf8_safe", "literalBool"),
    ],
    { symbolic: "exact", returns: "string", fails: "the range is empty or not inside the text" },
    (text, start, length, safe) => {
      if (start < 0n) fail(`invalid start for substring function, ${start} cannot be negative`);
      if (length <= 0n) {
        fail(`invalid length for substring function, ${length} cannot be negative or zero`);
      }
      const size = BigInt(utf8Length(text));
      if (start > size || length > size - start) {
        fail(
          `invalid range for substring function, start(${start})+length(${length}) cannot be greater than the length of target string(${size})`,
        );
      }
      let from = Number(start);
      const to = Number(start + length);
      if (safe === true) {
        const bytes = Buffer.from(text);
        while (from < bytes.length && (bytes[from]! & 0xc0) === 0x80) from++;
        if (from >= to) return "";
      }
      return utf8Slice(text, from, to, safe === true);
    },
  ),
  pure(
    "Trim",
    [arg("target", "string"), opt("replacement", "literalString")],
    { symbolic: "abstract", returns: "string" },
    (text, cutset) => trimmedBy(text, cutset ?? " "),
  ),
  pure(
    "TrimPrefix",
    [arg("target", "string"), arg("prefix", "string")],
    { symbolic: "exact", returns: "string" },
    (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  ),
  pure(
    "TrimSuffix",
    [arg("target", "string"), arg("suffix", "string")],
    { symbolic: "exact", returns: "string" },
    (text, suffix) =>
      suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  affix("HasPrefix", "prefix", (text, part) => text.startsWith(part)),
  affix("HasSuffix", "suffix", (text, part) => text.endsWith(part)),
  define(
    "Format",
    [arg("format", "literalString"), arg("vals", "anyList")],
    { symbolic: "abstract", returns: "string" },
    ([format, values]) =>
      (item) =>
        sprintf(
          format,
          values.map((value) => value(item)),
        ),
  ),
  pure(
    "Index",
    [arg("target", "any"), arg("value", "any")],
    { symbolic: "abstract", returns: "int", fails: "the target is neither text nor list" },
    (target, value) => {
      if (typeof target === "string") {
        if (typeof value !== "string") {
          return fail("invalid value type for Index function, value must be a string");
        }
        const at = target.indexOf(value);
        return BigInt(at === -1 ? -1 : utf8Length(target.slice(0, at)));
      }
      const list = asList(target);
      for (let i = 0; i < list.length; i++) if (compare(list[i]!, value, "==")) return BigInt(i);
      return -1n;
    },
  ),
  pure(
    "Len",
    [arg("target", "any")],
    { symbolic: "exact", returns: "int", fails: "the target has no length" },
    (value) => {
      if (typeof value === "string") return BigInt(utf8Length(value));
      if (value instanceof Map) return BigInt(value.size);
      if (Array.isArray(value) || value instanceof Uint8Array) return BigInt(value.length);
      if (value instanceof Part && Array.isArray(value.value)) return BigInt(value.value.length);
      return fail(`Len: unsupported target type ${typeName(value)}`);
    },
  ),
  pure(
    "String",
    [arg("target", "stringLike")],
    { symbolic: "exact", returns: "string or nil" },
    (text) => text,
  ),
  define(
    "IsMatch",
    [arg("target", "stringLike"), arg("pattern", "string")],
    { symbolic: "exact", returns: "bool", fails: "the pattern is no pattern" },
    ([text, source]) => {
      const regex = patternOf("IsMatch", source);
      return (item) => {
        const compiled = regex(item);
        const value = text(item);
        return value !== null && compiled.test(value);
      };
    },
  ),
  define(
    "ExtractPatterns",
    [arg("target", "string"), arg("pattern", "string")],
    { symbolic: "abstract", returns: "map", fails: "the pattern has no named group" },
    ([text, source]) => {
      const regex = patternOf("ExtractPatterns", source);
      return (item) => {
        const compiled = regex(item);
        if (compiled.names.every((name) => name === "")) {
          fail("at least 1 named capture group must be supplied in the given regex");
        }
        const match = compiled.first(text(item));
        const out: ValMap = new Map();
        if (match === null) return out;
        for (const [i, name] of compiled.names.entries()) {
          if (name !== "") out.set(name, match.groups[i] ?? "");
        }
        return out;
      };
    },
  ),
  pure(
    "IsValidLuhn",
    [arg("target", "stringLike")],
    { symbolic: "abstract", returns: "bool", fails: "the target is nil or has other characters" },
    (text) => {
      if (text === null) return fail("invalid input: <nil>");
      const digits = text.replaceAll(" ", "");
      if (digits === "") return false;
      if (!/^\d+$/.test(digits)) {
        return fail(`strconv.Atoi: parsing a character of ${kindName(text)}: invalid syntax`);
      }
      let sum = 0;
      for (let i = digits.length - 2, twice = true; i >= 0; i--, twice = !twice) {
        const digit = Number(digits[i]) * (twice ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
      }
      return (10 - (sum % 10)) % 10 === Number(digits.at(-1));
    },
  ),
];
