/** Converters between types, and questions about types and collections. */

import { arg, define, opt, pure, type FunctionSpec } from "../registry.ts";
import { compare } from "../runtime/compare.ts";
import { asString, parseInt64 } from "../runtime/text.ts";
import {
  compareStrings,
  copy,
  Duration,
  fail,
  Id,
  Instant,
  kindName,
  Part,
  TypedList,
  type Val,
  type ValMap,
} from "../runtime/value.ts";

const is = (name: string, test: (value: Val) => boolean): FunctionSpec =>
  pure(name, [arg("target", "any")], { symbolic: "exact", returns: "bool" }, test);

/** Upstream asks by reading a value of the type, so a constant of another type is refused. */
const isOf = (name: string, type: string, test: (value: Val) => boolean): FunctionSpec =>
  define(name, [arg("target", "any")], { symbolic: "exact", returns: "bool" }, ([target]) => {
    if (target.constant !== undefined && !test(target.constant.value)) {
      throw new Error(`expected ${type} but got ${kindName(target.constant.value)}`);
    }
    return (item) => test(target(item));
  });

function isZero(value: Val): boolean {
  if (value === null || value === "" || value === 0n || value === false) return true;
  if (typeof value === "number") return Object.is(value, 0);
  if (value instanceof Map) return value.size === 0;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Id) return /^0*$/.test(value.hex);
  if (value instanceof Duration) return value.ns === 0n;
  if (value instanceof Instant) return value.ns === -62_135_596_800_000_000_000n;
  // Lists of parts are structs to Go, and never zero.
  return value instanceof Part && value.type.startsWith("[]") && (value.value as []).length === 0;
}

/** Texts if any element is neither int nor double; null when one cannot be ordered. */
function commonType(list: readonly Val[]): "int" | "double" | "string" | null {
  let numbers = true;
  for (const value of list) {
    if (typeof value === "object" && value !== null) return null;
    if (typeof value !== "bigint" && typeof value !== "number") numbers = false;
  }
  if (!numbers) return "string";
  if (list.every((value) => typeof value === "bigint")) return "int";
  return "double";
}

const byNumber = (a: number, b: number): number => {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  return Number.isNaN(b) ? 1 : a - b || 0;
};

function sorted(list: Val[], descending: boolean): Val {
  const common = commonType(list);
  if (list.length === 0 || common === null) return list;
  const sign = descending ? -1 : 1;
  const order = {
    int: (a: Val, b: Val) => (a! < b! ? -1 : a! > b! ? 1 : 0),
    double: (a: Val, b: Val) => byNumber(Number(a), Number(b)),
    string: (a: Val, b: Val) => compareStrings(asString(a), asString(b)),
  }[common];
  const out = Array.from(list).sort((a, b) => sign * order(a, b));
  return list instanceof TypedList ? TypedList.from(out) : out;
}

function at(value: Val, path: readonly string[]): Val {
  if (path.length === 0) return fail("must provide at least one path item");
  let inner = value;
  for (const key of path) {
    const next = inner instanceof Map ? inner.get(key) : undefined;
    if (next === undefined) {
      return fail(`provided object does not contain the path [${path.join(" ")}]`);
    }
    inner = next;
  }
  return inner;
}

const idOf = (name: string, of: "trace" | "span" | "profile", length: number): FunctionSpec =>
  define(
    name,
    [arg("bytes", "bytesLike")],
    { symbolic: "abstract", returns: "id", fails: `not ${length} bytes or their hex digits` },
    ([bytes]) => {
      const convert = (value: Uint8Array | null): Id => {
        const read = Buffer.from(value ?? []);
        if (read.length === length) return new Id(of, read.toString("hex"));
        if (read.length === 2 * length) {
          const hex = read.toString("latin1");
          if (!/^[0-9a-f]*$/i.test(hex)) fail(`${name}: could not decode ID: invalid hex`);
          return new Id(of, hex.toLowerCase());
        }
        return fail(
          `${name}: could not decode ID: invalid length: expected ${length} or ${2 * length} bytes, got ${read.length}`,
        );
      };
      if (bytes.constant === undefined) return (item) => convert(bytes(item));
      const known = convert(bytes.constant.value);
      return () => known;
    },
  );

export const types: readonly FunctionSpec[] = [
  pure(
    "Bool",
    [arg("target", "boolLike")],
    { symbolic: "exact", returns: "bool or nil", since: 143, fails: "a text that is no bool" },
    (value) => value,
  ),
  pure(
    "Int",
    [arg("target", "intLike")],
    { symbolic: "abstract", returns: "int or nil", fails: "a text that is no integer" },
    (value) => value,
  ),
  pure(
    "Double",
    [arg("target", "floatLike")],
    { symbolic: "abstract", returns: "double or nil", fails: "a text that is no number" },
    (value) => value,
  ),
  pure(
    "ParseInt",
    [arg("target", "string"), arg("base", "int")],
    { symbolic: "abstract", returns: "int", fails: "the text is no integer to the base" },
    (text, base) => {
      if (text === "") {
        return fail("invalid target value for ParseInt function, target cannot be empty");
      }
      if (base < 0n) {
        return fail(`invalid base value: ${base} for ParseInt function, base cannot be negative`);
      }
      if (base === 1n || base > 36n) return fail(`strconv.ParseInt: invalid base ${base}`);
      return parseInt64(text, Number(base));
    },
  ),
  pure("Hex", [arg("target", "bytesLike")], { symbolic: "abstract", returns: "string" }, (bytes) =>
    Buffer.from(bytes ?? []).toString("hex"),
  ),
  isOf("IsBool", "bool", (value) => typeof value === "boolean"),
  isOf("IsDouble", "float64", (value) => typeof value === "number"),
  isOf("IsInt", "int64", (value) => typeof value === "bigint"),
  isOf("IsString", "string", (value) => typeof value === "string"),
  isOf("IsMap", "pcommon.Map", (value) => value instanceof Map),
  is(
    "IsList",
    (value) => Array.isArray(value) || (value instanceof Part && value.type.endsWith("Slice")),
  ),
  is("IsEmpty", isZero),
  define(
    "Coalesce",
    [arg("values", "anyList")],
    { symbolic: "exact", returns: "any" },
    ([values]) => {
      if (values.length === 0) throw new Error("Coalesce requires at least one argument");
      return (item) => {
        for (const get of values) {
          const value = get(item);
          if (value !== null) return value;
        }
        return null;
      };
    },
  ),
  pure(
    "Keys",
    [arg("target", "map")],
    { symbolic: "abstract", returns: "list of strings" },
    (map) => [...map.keys()],
  ),
  pure("Values", [arg("target", "map")], { symbolic: "abstract", returns: "list" }, (map) =>
    [...map.values()].map(copy),
  ),
  pure(
    "ContainsValue",
    [arg("target", "list"), arg("item", "any")],
    { symbolic: "abstract", returns: "bool" },
    (list, wanted) => list.some((value) => compare(value, wanted, "==")),
  ),
  define(
    "Sort",
    [arg("target", "any"), opt("order", "literalString")],
    { symbolic: "abstract", returns: "list", fails: "the target is no list" },
    ([target, order]) => {
      if (order !== undefined && order !== "asc" && order !== "desc") {
        throw new Error(`invalid arguments: ${order}. Order should be either "asc" or "desc"`);
      }
      return (item) => {
        const list = target(item);
        return Array.isArray(list)
          ? sorted(list, order === "desc")
          : fail(`sort with unsupported type: '${kindName(list)}'. Target is not a list`);
      };
    },
  ),
  pure(
    "SliceToMap",
    [arg("target", "list"), opt("key_path", "literalStrings"), opt("value_path", "literalStrings")],
    { symbolic: "abstract", returns: "map", fails: "an element has no such path" },
    (list, keyPath, valuePath) => {
      const out: ValMap = new Map();
      for (const [i, element] of Array.from(list).entries()) {
        if ((keyPath !== undefined || valuePath !== undefined) && !(element instanceof Map)) {
          return fail(
            `slice elements must be maps when using \`key_path\` or \`value_path\`, but could not cast element of type \`${kindName(element)}\` to a map`,
          );
        }
        const key = keyPath === undefined ? String(i) : at(element, keyPath);
        if (typeof key !== "string") {
          return fail(`element ${i}: extracted key attribute is not of type string`);
        }
        out.set(key, copy(valuePath === undefined ? element : at(element, valuePath)));
      }
      return out;
    },
  ),
  idOf("TraceID", "trace", 16),
  idOf("SpanID", "span", 8),
  idOf("ProfileID", "profile", 16),
  define(
    "IsRootSpan",
    [],
    { symbolic: "exact", returns: "bool", contexts: ["span"] },
    () => (item) => item.span!.parentSpanId === "",
  ),
  pure(
    "Log",
    [arg("target", "floatLike")],
    { symbolic: "abstract", returns: "double", fails: "the target is nil or not above zero" },
    (value) => {
      if (value === null) return fail("invalid input: <nil>");
      return value > 0 || Number.isNaN(value)
        ? Math.log(value)
        : fail(`invalid input: expected number greater than zero but got ${value}`);
    },
  ),
];
