/** Converters that parse texts, and print maps. */

import { arg, define, opt, pure, type FunctionSpec } from "../registry.ts";
import { asString } from "../runtime/text.ts";
import { compareStrings, fail, kindName, type Val, type ValMap } from "../runtime/value.ts";
import { readCsvRow } from "./csv.ts";
import { grok } from "./grok.ts";

function fromJson(json: unknown): Val {
  if (json === null || typeof json !== "object") return json as Val;
  if (Array.isArray(json)) return json.map(fromJson);
  return new Map(Object.entries(json).map(([key, value]) => [key, fromJson(value)]));
}

/**
 * Numbers are doubles. The decoder of the Collector is lenient: zeros may lead a number, a point may end it, and control
 * characters may stand in a text. A number beyond all doubles is an error to it, a lone half of a
 * surrogate pair the replacement character.
 */
function parseJson(text: string): Val {
  const strict = text.replace(
    /("(?:[^"\\]|\\[\s\S])*")|(-?)0*(\d+)(?:\.(\d*))?(?=[^\d.]|$)/g,
    (_, quoted: string | undefined, sign: string, whole: string, fraction?: string) =>
      // oxlint-disable-next-line no-control-regex -- they are what is asked for
      quoted?.replace(/[\u0000-\u001f]/g, (c) => JSON.stringify(c).slice(1, -1)) ??
      `${sign}${whole}${fraction ? `.${fraction}` : ""}`,
  );
  let json: unknown;
  try {
    json = JSON.parse(strict, (_key, value: unknown) => {
      if (typeof value === "number" && !Number.isFinite(value)) {
        throw new Error("a number is out of range");
      }
      return typeof value === "string" ? value.toWellFormed() : value;
    });
  } catch (error) {
    return fail(`invalid JSON: ${(error as Error).message}`);
  }
  return typeof json === "object" && json !== null
    ? fromJson(json)
    : fail(`could not convert parsed value of type ${kindName(json as Val)} to JSON object`);
}

/** Pairs of a text; quotes hold delimiters together, a backslash keeps the next quote. */
function splitPairs(text: string, delimiter: string): string[] {
  const out: string[] = [];
  let current = "";
  let quote = "";
  let escaped = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quote === "" && text.startsWith(delimiter, i)) {
      if (current !== "") out.push(current);
      current = "";
      i += delimiter.length - 1;
      continue;
    }
    if (escaped) escaped = false;
    else {
      if (quote === "" && (character === '"' || character === "'")) {
        quote = character;
        continue;
      }
      if (character === quote) {
        quote = "";
        continue;
      }
      escaped = character === "\\";
    }
    current += character;
  }
  if (quote !== "")
    fail(`splitting source into pairs failed: never reached the end of a quoted value`);
  if (current !== "") out.push(current);
  return out;
}

interface Delimiters {
  readonly delimiter: string;
  readonly pair: string;
}
function delimiters(delimiter: string | undefined, pair: string | undefined): Delimiters {
  if (delimiter === "") throw new Error("delimiter cannot be set to an empty string");
  if (pair === "") throw new Error("pair delimiter cannot be set to an empty string");
  const out = { delimiter: delimiter ?? "=", pair: pair ?? " " };
  if (out.delimiter === out.pair) {
    throw new Error(`pair delimiter "${out.pair}" cannot be equal to delimiter "${out.delimiter}"`);
  }
  return out;
}

type Criterion = (value: Val) => boolean;
const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  "2xx": [200n, 299n],
  "3xx": [300n, 399n],
  "4xx": [400n, 499n],
  "5xx": [500n, 599n],
};

/** @throws EvaluationError when the criteria are none */
function criterion(item: Val): Criterion {
  if (!(item instanceof Map)) {
    return fail("severity mapping criteria items must be map[string]any");
  }
  const equals = item.get("equals");
  const range = item.get("range");
  if (equals !== undefined && !Array.isArray(equals)) fail("equals must be a list");
  const texts = Array.isArray(equals) ? Array.from(equals) : [];
  if (texts.some((text) => typeof text !== "string")) fail("equals values must be strings");
  let bounds: readonly [bigint, bigint] | null = null;
  if (typeof range === "string") {
    bounds = Object.hasOwn(ranges, range)
      ? ranges[range]!
      : fail(`unknown range placeholder: ${range}`);
  } else if (range instanceof Map) {
    const bound = (name: string): bigint => {
      const value = range.get(name) ?? fail(`range must have a ${name} value`);
      return typeof value === "bigint" ? value : fail(`${name} must be an int64`);
    };
    bounds = [bound("min"), bound("max")];
  } else if (range !== undefined) fail("range must be a map or a known placeholder string");
  return (value) => {
    if (typeof value === "string") return texts.includes(value);
    if (typeof value !== "bigint") return fail(`unsupported value type: ${kindName(value)}`);
    return bounds !== null && value >= bounds[0] && value <= bounds[1];
  };
}

export const parsers: readonly FunctionSpec[] = [
  pure(
    "ParseJSON",
    [arg("target", "string")],
    { symbolic: "abstract", returns: "map or list", fails: "the text is no JSON object or array" },
    parseJson,
  ),
  define(
    "ParseCSV",
    [
      arg("target", "string"),
      arg("header", "string"),
      opt("delimiter", "literalString"),
      opt("header_delimiter", "literalString"),
      opt("mode", "literalString"),
    ],
    {
      symbolic: "abstract",
      returns: "map",
      fails: "header and row do not fit, or quotes are open",
    },
    ([target, header, delimiter, headerDelimiter, mode]) => {
      for (const [name, value] of [
        ["delimiter", delimiter],
        ["header_delimiter", headerDelimiter],
      ] as const) {
        if (value !== undefined && Array.from(value).length !== 1) {
          throw new Error(`invalid arguments: ${name} must be a single character`);
        }
      }
      const by = delimiter ?? ",";
      if (mode !== undefined && !["strict", "lazyQuotes", "ignoreQuotes"].includes(mode)) {
        throw new Error(`unknown mode: ${mode}`);
      }
      return (item) => {
        const row = target(item);
        const names = header(item);
        if (names === "") fail("headers must not be an empty string");
        const headers = names.split(headerDelimiter ?? by);
        const fields =
          mode === "ignoreQuotes" ? row.split(by) : readCsvRow(row, by, mode === "lazyQuotes");
        if (fields.length !== headers.length) {
          fail(
            `map csv headers: wrong number of fields: expected ${headers.length}, found ${fields.length}`,
          );
        }
        return new Map(headers.map((name, i) => [name, fields[i]!]));
      };
    },
  ),
  define(
    "ParseKeyValue",
    [
      arg("target", "string"),
      opt("delimiter", "literalString"),
      opt("pair_delimiter", "literalString"),
    ],
    {
      symbolic: "abstract",
      returns: "map",
      fails: "empty, open quotes, or a part without delimiter",
    },
    ([target, delimiter, pairDelimiter]) => {
      const by = delimiters(delimiter, pairDelimiter);
      return (item) => {
        const text = target(item);
        if (text === "") fail("cannot parse from empty target");
        const out: ValMap = new Map();
        for (const pair of splitPairs(text, by.pair)) {
          const at = pair.indexOf(by.delimiter);
          if (at === -1) {
            fail(
              `failed to split pairs into key-values: cannot split ${JSON.stringify(pair)} into 2 items, got 1 item(s)`,
            );
          }
          out.set(pair.slice(0, at).trim(), pair.slice(at + by.delimiter.length).trim());
        }
        return out;
      };
    },
  ),
  define(
    "ToKeyValueString",
    [
      arg("target", "map"),
      opt("delimiter", "literalString"),
      opt("pair_delimiter", "literalString"),
      opt("sort_output", "literalBool"),
    ],
    { symbolic: "abstract", returns: "string" },
    ([target, delimiter, pairDelimiter, sort]) => {
      const by = delimiters(delimiter, pairDelimiter);
      const quoted = (text: string): string => {
        const escaped = text.replaceAll('"', '\\"');
        return escaped.includes(by.pair) || escaped.includes(by.delimiter)
          ? `"${escaped}"`
          : escaped;
      };
      return (item) => {
        const entries = [...target(item)];
        if (sort === true) entries.sort(([a], [b]) => compareStrings(a, b));
        return entries
          .map(([key, value]) => quoted(key) + by.delimiter + quoted(asString(value)))
          .join(by.pair);
      };
    },
  ),
  define(
    "ParseSeverity",
    [arg("target", "any"), arg("mapping", "any")],
    { symbolic: "abstract", returns: "string", fails: "no criterion fits, or one is wrong" },
    ([target, mapping]) => {
      if (mapping.constant !== undefined && !(mapping.constant.value instanceof Map)) {
        throw new Error(`expected pcommon.Map but got ${kindName(mapping.constant.value)}`);
      }
      let levels: (readonly [string, readonly Criterion[]])[] | null = null;
      return (item) => {
        if (levels === null) {
          const map = mapping(item);
          if (!(map instanceof Map)) return fail("severity mapping must be a literal PMap");
          levels = [...map].map(([level, list]) => [
            level,
            Array.isArray(list)
              ? Array.from(list, criterion)
              : fail("severity mapping criteria must be []any"),
          ]);
        }
        const value = target(item);
        for (const [level, criteria] of levels)
          if (criteria.some((test) => test(value))) return level;
        return fail(`could not map log level: no matching log level found for value`);
      };
    },
  ),
  define(
    "ExtractGrokPatterns",
    [
      arg("target", "string"),
      arg("pattern", "string"),
      opt("named_captures_only", "literalBool"),
      opt("pattern_definitions", "literalStrings"),
    ],
    {
      symbolic: "abstract",
      returns: "map",
      fails: "the pattern is none, or a value has another type",
    },
    ([target, source, namedOnly, definitions]) => {
      const compile = grok(namedOnly ?? false, definitions ?? []);
      const constant = source.constant === undefined ? null : compile(source.constant.value);
      return (item) => {
        let run = constant;
        if (run === null) {
          const text = source(item);
          try {
            run = compile(text);
          } catch (error) {
            return fail((error as Error).message);
          }
        }
        return run(target(item));
      };
    },
  ),
];
