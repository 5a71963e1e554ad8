/** The editors that every component knows. */

import { arg, define, opt, type FunctionSpec, type Getter } from "../registry.ts";
import type { Item } from "../runtime/item.ts";
import { setMap } from "../runtime/access.ts";
import { glob } from "../runtime/glob.ts";
import { patternOf, type Match, type Pattern } from "../runtime/regex.ts";
import { sprintf } from "../runtime/printf.ts";
import { asString } from "../runtime/text.ts";
import {
  copy,
  Duration,
  fail,
  fromRaw,
  Id,
  Instant,
  int64,
  Part,
  typeName,
  type Val,
  type ValMap,
} from "../runtime/value.ts";
import { utf8Length, utf8Slice } from "./utf8.ts";

const target = arg("target", "mapPath");
const mapOf = (value: Val): ValMap => value as ValMap;

/** Keeps the entries that pass; the map is changed in place, and then set, as upstream does. */
function filterKeys(map: ValMap, keep: (key: string) => boolean): void {
  for (const key of map.keys()) if (!keep(key)) map.delete(key);
}

const set = define(
  "set",
  [arg("target", "anyPath"), arg("value", "any")],
  { symbolic: "exact", fails: "the target is a field of one type and the value has another" },
  ([path, value], level) => {
    if (level.nilIsWritten) {
      return (item) => {
        path.set(item, value(item));
        return null;
      };
    }
    return (item) => {
      const read = value(item);
      if (read !== null) path.set(item, read);
      return null;
    };
  },
);

const append = define(
  "append",
  [arg("target", "anyPath"), opt("value", "any"), opt("values", "anyList")],
  { symbolic: "abstract", fails: "an element is a map or list of the record, or a time" },
  ([path, value, values]) => {
    if (value === undefined && values === undefined) {
      throw new Error(
        "at least one of the optional arguments ('value' or 'values') must be provided",
      );
    }
    const added = [...(value === undefined ? [] : [value]), ...(values ?? [])];
    return (item) => {
      const before = path.get(item);
      const list: Val[] =
        before === null ? [] : Array.isArray(before) ? Array.from(before, copy) : [fromRaw(before)];
      for (const get of added) list.push(fromRaw(get(item)));
      path.set(item, list);
      return null;
    };
  },
);

const clear = define(
  "clear",
  [arg("target", "anyPath")],
  { symbolic: "exact", since: 160, fails: "the target has no zero value" },
  ([path]) =>
    (item) => {
      path.set(item, zeroOf(path.get(item)));
      return null;
    },
);

function zeroOf(value: Val): Val {
  switch (typeof value) {
    case "string":
      return "";
    case "bigint":
      return 0n;
    case "number":
      return 0;
    case "boolean":
      return false;
    default:
  }
  if (value === null) return null;
  if (value instanceof Map) return new Map();
  if (Array.isArray(value)) return [];
  if (value instanceof Uint8Array) return new Uint8Array();
  if (value instanceof Instant) return new Instant(-62_135_596_800_000_000_000n);
  if (value instanceof Duration) return new Duration(0n);
  if (value instanceof Id) return new Id(value.of, "0".repeat(value.hex.length));
  // The zero status copies nothing, upstream too.
  if (value.type === "ptrace.Status") return value;
  if (Array.isArray(value.value)) return new Part(value.type, []);
  return fail(`cannot infer zero value for type ${typeName(value)} in clear`);
}

const deleteIndex = define(
  "delete_index",
  [arg("target", "listPath"), arg("start_index", "int"), opt("end_index", "int")],
  { symbolic: "abstract", since: 145, fails: "the range is not inside the list" },
  ([path, from, to]) =>
    (item) => {
      const list = path.get(item) as Val[];
      const start = from(item);
      const length = BigInt(list.length);
      const end = to === undefined ? int64(start + 1n) : to(item);
      if (start === 0n && end === length) {
        path.set(item, []);
        return null;
      }
      if (start < 0n || start >= length) {
        fail(`startIndex ${start} out of bounds for slice of length ${length}`);
      }
      if (end < start) fail(`endIndex ${end} cannot be less than startIndex ${start}`);
      if (end > length) {
        fail(`deletion range [${start}:${end}] out of bounds for slice of length ${length}`);
      }
      path.set(item, [...list.slice(0, Number(start)), ...list.slice(Number(end))]);
      return null;
    },
);

const deleteKey = define(
  "delete_key",
  [target, arg("key", "string")],
  { symbolic: "exact", fails: "the target is no map" },
  ([path, key]) =>
    (item) => {
      const map = mapOf(path.get(item));
      map.delete(key(item));
      path.set(item, map);
      return null;
    },
);

const matching = (name: string, kept: boolean): FunctionSpec =>
  define(
    name,
    [target, arg("pattern", "string")],
    { symbolic: "exact", fails: "the target is no map, or the pattern is no pattern" },
    ([path, source]) => {
      const regex = patternOf(name, source);
      return (item) => {
        const compiled = regex(item);
        const map = mapOf(path.get(item));
        filterKeys(map, (key) => compiled.test(key) === kept);
        path.set(item, map);
        return null;
      };
    },
  );

const flatten = define(
  "flatten",
  [
    target,
    opt("prefix", "literalString"),
    opt("depth", "literalInt"),
    opt("resolve_conflicts", "literalBool"),
  ],
  { symbolic: "abstract", fails: "the target is no map" },
  ([path, prefix, depth, resolve], level) => {
    if (resolve !== undefined && level.minor < 139)
      throw new Error("resolveConflicts is not known");
    if (depth !== undefined && depth < 1n) {
      throw new Error(`invalid depth '${depth}' for flatten function, must be greater than 0`);
    }
    const deepest = depth === undefined ? Infinity : Number(depth);
    return (item) => {
      const out: ValMap = new Map();
      const taken = new Map<string, number>();
      const put = (key: string, plainKey: string, value: Val): void => {
        if (resolve !== true) out.set(key, copy(value));
        else if (out.has(plainKey)) {
          const count = taken.get(plainKey) ?? 0;
          taken.set(plainKey, count + 1);
          out.set(`${plainKey}.${count}`, copy(value));
        } else {
          taken.set(plainKey, 0);
          out.set(plainKey, copy(value));
        }
      };
      const flat = (name: string, value: Val, level_: number, before: string): void => {
        const key = before + name;
        if (value instanceof Map && level_ < deepest) mapInto(value, key, level_ + 1);
        else if (Array.isArray(value) && level_ < deepest) {
          for (const [i, element] of value.entries()) {
            const at = `${key}.${i}`;
            if (element instanceof Map && level_ + 1 < deepest) mapInto(element, at, level_ + 2);
            else if (Array.isArray(element) && level_ + 1 < deepest) {
              for (const [k, inner] of element.entries()) flat(String(k), inner, level_ + 3, at);
            } else put(at, key, element);
          }
        } else put(key, key, value);
      };
      const mapInto = (map: ValMap, before: string, level_: number): void => {
        for (const [key, value] of map) flat(key, value, level_, before === "" ? "" : `${before}.`);
      };
      mapInto(mapOf(path.get(item)), prefix ?? "", 0);
      path.set(item, out);
      return null;
    };
  },
);

const keepKeys = define(
  "keep_keys",
  [target, arg("keys", "stringList")],
  { symbolic: "exact", fails: "the target is no map" },
  ([path, keys]) => {
    const known = keys.every(({ constant }) => constant !== undefined)
      ? new Set(keys.map(({ constant }) => constant!.value))
      : null;
    return (item) => {
      const map = mapOf(path.get(item));
      const kept = known ?? new Set(keys.map((key) => key(item)));
      filterKeys(map, (key) => kept.has(key));
      path.set(item, map);
      return null;
    };
  },
);

const limit = define(
  "limit",
  [target, arg("limit", "literalInt"), arg("priority_keys", "literalStrings")],
  { symbolic: "out of model", fails: "the target is no map" },
  ([path, most, priority]) => {
    if (most < 0n) throw new Error(`invalid limit for limit function, ${most} cannot be negative`);
    if (most < BigInt(priority.length)) {
      throw new Error(
        `invalid limit for limit function, ${most} cannot be less than number of priority attributes ${priority.length}`,
      );
    }
    const first = new Set(priority);
    return (item) => {
      const map = mapOf(path.get(item));
      if (BigInt(map.size) <= most) return null;
      let count = priority.filter((key) => map.has(key)).length;
      filterKeys(map, (key) => {
        if (first.has(key)) return true;
        if (count >= Number(most)) return false;
        count++;
        return true;
      });
      path.set(item, map);
      return null;
    };
  },
);

const mergeMaps = define(
  "merge_maps",
  [target, arg("source", "map"), arg("strategy", "literalString")],
  { symbolic: "exact", fails: "target or source is no map" },
  ([path, source, strategy]) => {
    if (!["insert", "update", "upsert"].includes(strategy)) {
      throw new Error(
        `invalid value for strategy, ${strategy}, must be 'insert', 'update' or 'upsert'`,
      );
    }
    return (item) => {
      const map = mapOf(path.get(item));
      const from = source(item);
      const own = from === map;
      for (const [key, value] of from) {
        const has = map.has(key);
        if (strategy === "insert" ? has : strategy === "update" && !has) continue;
        // A map that is merged into itself is emptied before it is read.
        map.set(key, own && strategy === "upsert" ? null : copy(value));
      }
      path.set(item, map);
      return null;
    };
  },
);

/** A single `%s` and no other directive. */
function formatted(format: Getter<string> | undefined, item: Item, text: string): string {
  if (format === undefined) return text;
  const template = format(item);
  if (!/^.*?%s.*?$/.test(template) || /%[^s]/.test(template)) {
    fail(
      "replacementFormat must be format string containing a single %s and no other format specifiers",
    );
  }
  return sprintf(template, [text]);
}

const extras = [opt("function", "function"), opt("replacement_format", "string")] as const;
type ByName = (item: Item, input: Val) => Val;

function applied(
  by: ByName,
  format: Getter<string> | undefined,
  item: Item,
  input: string,
): string {
  const out = by(item, input);
  return typeof out === "string"
    ? formatted(format, item, out)
    : fail("the replacement value must be a string");
}

/** The replacement of globs: the whole value, once. */
const whole = (
  replacement: Getter<string>,
  by: ByName | undefined,
  format: Getter<string> | undefined,
  item: Item,
): string => (by === undefined ? replacement(item) : applied(by, format, item, replacement(item)));

function globOf(name: string, source: Getter<string>): (item: Item) => (text: string) => boolean {
  const wrong = (error: unknown): string =>
    `the regex pattern supplied to ${name} is not a valid pattern: ${(error as Error).message}`;
  if (source.constant === undefined) {
    return (item) => {
      try {
        return glob(source(item));
      } catch (error) {
        return fail(wrong(error));
      }
    };
  }
  const compiled = glob(source.constant.value);
  return () => compiled;
}

const replaceMatch = define(
  "replace_match",
  [arg("target", "anyPath"), arg("pattern", "string"), arg("replacement", "string"), ...extras],
  { symbolic: "abstract", fails: "pattern, replacement or function fail" },
  ([path, source, replacement, by, format]) => {
    const matches = globOf("replace_match", source);
    return (item) => {
      const match = matches(item);
      const value = path.get(item);
      const text = whole(replacement, by, format, item);
      if (typeof value === "string" && match(value)) path.set(item, text);
      return null;
    };
  },
);

const replaceAllMatches = define(
  "replace_all_matches",
  [target, arg("pattern", "string"), arg("replacement", "string"), ...extras],
  { symbolic: "abstract", fails: "the target is no map; pattern, replacement or function fail" },
  ([path, source, replacement, by, format]) => {
    const matches = globOf("replace_all_matches", source);
    return (item) => {
      const match = matches(item);
      const map = mapOf(path.get(item));
      const text = whole(replacement, by, format, item);
      for (const [key, value] of map) {
        if (typeof value === "string" && match(value)) map.set(key, text);
      }
      path.set(item, map);
      return null;
    };
  },
);

function replaced(
  regex: Pattern,
  text: string,
  template: string,
  by: ByName | undefined,
  format: Getter<string> | undefined,
  item: Item,
): string {
  if (by === undefined) return regex.replaceAll(text, template);
  return regex.replaceEach(text, (match: Match) =>
    applied(by, format, item, regex.expand(template, match)),
  );
}

const replacePattern = define(
  "replace_pattern",
  [arg("target", "anyPath"), arg("regex", "string"), arg("replacement", "string"), ...extras],
  { symbolic: "abstract", fails: "pattern, replacement or function fail" },
  ([path, source, replacement, by, format]) => {
    const regex = patternOf("replace_pattern", source);
    return (item) => {
      const value = path.get(item);
      if (value === null) return null;
      const template = replacement(item);
      if (typeof value !== "string") return null;
      const compiled = regex(item);
      if (compiled.test(value)) {
        path.set(item, replaced(compiled, value, template, by, format, item));
      }
      return null;
    };
  },
);

const replaceAllPatterns = define(
  "replace_all_patterns",
  [
    target,
    arg("mode", "literalString"),
    arg("regex", "string"),
    arg("replacement", "string"),
    ...extras,
  ],
  { symbolic: "abstract", fails: "the target is no map; pattern or replacement fail" },
  ([path, mode, source, replacement, by, format]) => {
    const regex = patternOf("replace_all_patterns", source);
    if (mode !== "key" && mode !== "value") {
      throw new Error(`invalid mode ${mode}, must be either 'key' or 'value'`);
    }
    return (item) => {
      const map = mapOf(path.get(item));
      const template = replacement(item);
      const compiled = regex(item);
      /** Where the function fails upstream goes on with the next entry; null says so. */
      const attempt = (text: string): string | null => {
        if (by === undefined) return compiled.replaceAll(text, template);
        try {
          return replaced(compiled, text, template, by, format, item);
        } catch {
          return null;
        }
      };
      if (mode === "value") {
        for (const [key, value] of map) {
          if (typeof value !== "string" || !compiled.test(value)) continue;
          const text = attempt(value);
          if (text !== null) map.set(key, text);
        }
        path.set(item, map);
        return null;
      }
      const out: ValMap = new Map();
      for (const [key, value] of map) {
        const name = compiled.test(key) ? attempt(key) : key;
        if (name !== null) out.set(name, value);
      }
      setMap(map, out);
      path.set(item, map);
      return null;
    };
  },
);

const stringifyAll = define(
  "stringify_all",
  [target],
  { symbolic: "abstract", since: 155, fails: "the target is no map" },
  ([path]) =>
    (item) => {
      const map = mapOf(path.get(item));
      for (const [key, value] of map) map.set(key, asString(value));
      path.set(item, map);
      return null;
    },
);

const truncateAll = define(
  "truncate_all",
  [
    target,
    arg("limit", "literalInt"),
    opt("utf8_safe", "literalBool"),
    opt("truncation_marker", "literalString"),
  ],
  { symbolic: "abstract", fails: "the target is no map" },
  ([path, most, safe, marker], level) => {
    if (most < 0n) {
      throw new Error(`invalid limit for truncate_all function, ${most} cannot be negative`);
    }
    const end = marker ?? "";
    if (BigInt(utf8Length(end)) > most) {
      throw new Error(
        `invalid truncation marker for truncate_all function, length of marker ${utf8Length(end)} cannot be greater than limit ${most}`,
      );
    }
    const wholeCharacters = safe ?? level.minor >= 148;
    return (item) => {
      const map = mapOf(path.get(item));
      for (const [key, value] of map) {
        if (typeof value !== "string" || BigInt(utf8Length(value)) <= most) continue;
        map.set(key, utf8Slice(value, 0, Number(most) - utf8Length(end), wholeCharacters) + end);
      }
      path.set(item, map);
      return null;
    };
  },
);

export const editors: readonly FunctionSpec[] = [
  append,
  clear,
  deleteIndex,
  deleteKey,
  matching("delete_matching_keys", false),
  flatten,
  keepKeys,
  matching("keep_matching_keys", true),
  limit,
  mergeMaps,
  replaceAllMatches,
  replaceAllPatterns,
  replaceMatch,
  replacePattern,
  set,
  stringifyAll,
  truncateAll,
];
