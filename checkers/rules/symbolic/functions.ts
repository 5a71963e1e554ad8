/**
 * Converters as terms. `exact` functions say what the value is; the others are functions of their
 * arguments of which only the type of the result is known, and the condition under which their
 * arguments have the wrong type. That adds behaviours and never hides one, so what is proved stays
 * proved; what is found is replayed.
 */

import type { Contents } from "./contents.ts";
import { inInt64, isRecordValue, type Facts } from "./facts.ts";
import { asText, type Pair } from "./paths.ts";
import { matchTerm } from "./regex.ts";
import {
  absent,
  and,
  apply,
  concat,
  con,
  equal,
  implies,
  int,
  is,
  isLiteral,
  isNil,
  ite,
  length,
  lessOrEqual,
  no,
  not,
  or,
  payload,
  prefixOf,
  suffixOf,
  text,
  variable,
  type Tag,
  type Term,
} from "./term.ts";

export interface FunctionContext {
  readonly facts: Facts;
  readonly contents: Contents;
  /** Names the place of the call: for what differs from call to call. */
  readonly site: string;
  /** Called for each hash: what goes in and what comes out. */
  readonly hash?: (site: string, input: Term, output: Term) => void;
}

/** What a parameter takes, as upstream's getters do. */
type Kind =
  /** a text; nil and everything else is an error */
  | "string"
  /** a text or what can be written as one; nil stays nil */
  | "stringLike"
  | "int"
  | "double"
  | "bool"
  /** nil stays nil; bool, int, double and numeric texts are converted */
  | "intLike"
  | "doubleLike"
  | "boolLike"
  | "map"
  | "list"
  | "time"
  | "duration"
  | "any";

const strictTags: Readonly<Partial<Record<Kind, readonly Tag[]>>> = {
  string: ["Str"],
  int: ["Int"],
  double: ["Dbl", "Special"],
  bool: ["Bool"],
  map: ["Map"],
  list: ["List"],
  time: ["Time"],
  duration: ["Duration"],
};

const hasTag = (value: Term, wanted: readonly Tag[]): Term =>
  or(...wanted.map((tag) => is(tag, value)));

function wrongType(kind: Kind, value: Term): Term {
  const wanted = strictTags[kind];
  return wanted === undefined ? no() : not(hasTag(value, wanted));
}

interface Declared {
  readonly params: readonly Kind[];
  readonly result: readonly Tag[];
  /** Whether it can fail for arguments of the right type. */
  readonly fails?: true;
  readonly hash?: true;
}

const text1 = (result: readonly Tag[], fails?: true): Declared => ({
  params: ["string"],
  result,
  ...(fails === undefined ? {} : { fails }),
});
const hash: Declared = { params: ["string"], result: ["Str"], hash: true };
const timePart: Declared = { params: ["time"], result: ["Int"] };
const durationInt: Declared = { params: ["duration"], result: ["Int"] };
const durationDouble: Declared = { params: ["duration"], result: ["Dbl"] };

/** Functions known by their types alone. */
const declared: Readonly<Record<string, Declared>> = {
  SHA1: hash,
  SHA256: hash,
  SHA512: hash,
  MD5: hash,
  FNV: { params: ["string"], result: ["Int"], hash: true },
  Murmur3Hash: hash,
  Murmur3Hash128: hash,
  XXH3: hash,
  XXH128: hash,
  ToLowerCase: text1(["Str"]),
  ToUpperCase: text1(["Str"]),
  ToCamelCase: text1(["Str"]),
  ToSnakeCase: text1(["Str"]),
  ConvertCase: { params: ["string", "string"], result: ["Str"] },
  Trim: { params: ["string", "string"], result: ["Str"] },
  Split: { params: ["string", "string"], result: ["List"] },
  Substring: { params: ["string", "int", "int"], result: ["Str"], fails: true },
  ParseJSON: text1(["Map", "List"], true),
  ParseKeyValue: { params: ["string", "string", "string"], result: ["Map"], fails: true },
  ParseCSV: { params: ["string", "string"], result: ["Map"], fails: true },
  ParseXML: text1(["Map"], true),
  ParseSimplifiedXML: text1(["Map"], true),
  ExtractPatterns: { params: ["string", "string"], result: ["Map"], fails: true },
  ExtractGrokPatterns: { params: ["string", "string"], result: ["Map"], fails: true },
  URL: text1(["Map"], true),
  UserAgent: text1(["Map"]),
  Hex: { params: ["any"], result: ["Str"], fails: true },
  Decode: { params: ["any", "string"], result: ["Str"], fails: true },
  Base64Encode: { params: ["string", "string"], result: ["Str"], fails: true },
  Base64Decode: text1(["Str"], true),
  IsInCIDR: { params: ["string", "list"], result: ["Bool"], fails: true },
  IsValidLuhn: { params: ["any"], result: ["Bool"], fails: true },
  ParseSeverity: { params: ["any", "map"], result: ["Str"], fails: true },
  ParseInt: { params: ["string", "int"], result: ["Int"], fails: true },
  Time: { params: ["string", "string"], result: ["Time"], fails: true },
  Duration: text1(["Duration"], true),
  FormatTime: { params: ["time", "string"], result: ["Str"], fails: true },
  TruncateTime: { params: ["time", "duration"], result: ["Time"] },
  Unix: { params: ["int", "int"], result: ["Time"] },
  UnixNano: timePart,
  UnixMicro: timePart,
  UnixMilli: timePart,
  UnixSeconds: timePart,
  Year: timePart,
  Month: timePart,
  Day: timePart,
  Weekday: timePart,
  Hour: timePart,
  Minute: timePart,
  Second: timePart,
  Nanosecond: timePart,
  Hours: durationDouble,
  Minutes: durationDouble,
  Seconds: durationDouble,
  Milliseconds: durationInt,
  Microseconds: durationInt,
  Nanoseconds: durationInt,
  Keys: { params: ["map"], result: ["List"] },
  Values: { params: ["map"], result: ["List"] },
  SliceToMap: { params: ["list"], result: ["Map"], fails: true },
  Sort: { params: ["any", "string"], result: ["List"], fails: true },
  ContainsValue: { params: ["list", "any"], result: ["Bool"], fails: true },
  Index: { params: ["any", "any"], result: ["Int"], fails: true },
  ToKeyValueString: { params: ["map", "string", "string"], result: ["Str"], fails: true },
  Format: { params: ["string", "any"], result: ["Str"], fails: true },
  Log: { params: ["doubleLike"], result: ["Dbl"], fails: true },
  IsEmpty: { params: ["any"], result: ["Bool"], fails: true },
  GetXML: { params: ["string", "string"], result: ["Str"], fails: true },
  InsertXML: { params: ["string", "string", "string"], result: ["Str"], fails: true },
  RemoveXML: { params: ["string", "string"], result: ["Str"], fails: true },
  ConvertAttributesToElementsXML: { params: ["string", "string"], result: ["Str"], fails: true },
  ConvertTextToElementsXML: { params: ["string", "string"], result: ["Str"], fails: true },
  CommunityID: { params: ["string", "int", "string", "int"], result: ["Str"], fails: true },
  TraceID: { params: ["any"], result: ["Bytes"], fails: true },
  SpanID: { params: ["any"], result: ["Bytes"], fails: true },
  ProfileID: { params: ["any"], result: ["Bytes"], fails: true },
};

/** Functions whose result does not depend on the record. */
const nondeterministic: Readonly<Record<string, Tag>> = {
  Now: "Time",
  UUID: "Str",
  UUIDv7: "Str",
};

type Exact = (args: readonly Term[], context: FunctionContext) => Pair;

const isA =
  (...wanted: readonly Tag[]): Exact =>
  ([value]) => ({ value: con("Bool", hasTag(value!, wanted)), error: no() });

const onTexts =
  (make: (value: Term, other: Term) => Term): Exact =>
  ([value, other]) => ({
    value: make(payload("Str", value!), payload("Str", other!)),
    error: or(not(is("Str", value!)), not(is("Str", other!))),
  });

const exact: Readonly<Record<string, Exact>> = {
  IsString: isA("Str"),
  IsInt: isA("Int"),
  IsDouble: isA("Dbl", "Special"),
  IsBool: isA("Bool"),
  IsMap: isA("Map"),
  IsList: isA("List"),
  HasPrefix: onTexts((value, prefix) => con("Bool", prefixOf(prefix, value))),
  HasSuffix: onTexts((value, suffix) => con("Bool", suffixOf(suffix, value))),
  TrimPrefix: onTexts((value, prefix) => trimmed("trimPrefix", value, prefix, prefixOf)),
  TrimSuffix: onTexts((value, suffix) => trimmed("trimSuffix", value, suffix, suffixOf)),
  IsMatch: ([target, pattern]) => {
    const subject = payload("Str", asText(target!));
    const regex = payload("Str", pattern!);
    const known = isLiteral(regex) ? matchTerm(String(regex.value), subject) : null;
    const matches = known ?? apply("matches", "Bool", [regex, subject]);
    const fails = isLiteral(regex) ? no() : apply("badPattern", "Bool", [regex]);
    return { value: con("Bool", and(not(isNil(target!)), matches)), error: fails };
  },
  String: ([value]) => ({
    value: ite(isNil(value!), absent(), asText(value!)),
    error: no(),
  }),
  Concat: ([values, delimiter]) => {
    const separator = payload("Str", delimiter!);
    const list = payload("List", values!);
    const isListed = list.op === "app" && /^list\d+$/.test(String(list.value));
    if (!isListed) {
      return {
        value: con("Str", apply("concatenated", "String", [list, separator])),
        error: not(and(is("List", values!), is("Str", delimiter!))),
      };
    }
    const parts = list.args.map((item) =>
      ite(isNil(item), text("<nil>"), payload("Str", asText(item))),
    );
    return {
      value: con(
        "Str",
        concat(...parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part]))),
      ),
      error: not(is("Str", delimiter!)),
    };
  },
  Len: ([value], { facts }) => {
    const subject = payload("Str", value!);
    const bytes = isLiteral(subject)
      ? int(new TextEncoder().encode(String(subject.value)).length)
      : apply("bytesOf", "Int", [subject]);
    const others = apply("lengthOf", "Int", [value!]);
    if (!isLiteral(bytes)) {
      // A code point takes at least one byte.
      const isEmpty = implies(equal(bytes, int(0)), equal(subject, text("")));
      facts.add(bytes, and(lessOrEqual(length(subject), bytes), isEmpty, inInt64(bytes)));
    }
    facts.add(others, and(lessOrEqual(int(0), others), inInt64(others)));
    return {
      value: con("Int", ite(is("Str", value!), bytes, others)),
      // Bytes have a length, and identifiers, which are bytes here, have none.
      error: or(
        not(hasTag(value!, ["Str", "Map", "List", "Bytes"])),
        and(is("Bytes", value!), apply("failsLen", "Bool", [value!])),
      ),
    };
  },
  Int: ([value], { facts }) => converted("Int", value!, facts),
  Double: ([value], { facts }) => converted("Dbl", value!, facts),
  Bool: ([value], { facts }) => converted("Bool", value!, facts),
  Coalesce: ([values]) => {
    const list = payload("List", values!);
    if (list.op !== "app" || !/^list\d+$/.test(String(list.value))) {
      return { value: apply("coalesced", "Val", [list]), error: not(is("List", values!)) };
    }
    const value = [...list.args].reduceRight<Term>(
      (rest, item) => ite(isNil(item), rest, item),
      absent(),
    );
    return { value, error: no() };
  },
};

function trimmed(
  name: string,
  value: Term,
  part: Term,
  has: (part: Term, whole: Term) => Term,
): Term {
  return con("Str", ite(has(part, value), apply(name, "String", [value, part]), value));
}

/** `Int`, `Double`, `Bool`: nil stays nil, a value of the type stays itself. */
function converted(tag: "Int" | "Dbl" | "Bool", value: Term, facts: Facts): Pair {
  const stays: readonly Tag[] = tag === "Dbl" ? ["Dbl", "Special"] : [tag];
  const result = apply(`to${tag}`, "Val", [value]);
  facts.add(result, and(isRecordValue(result), or(hasTag(result, stays), isNil(result))));
  return {
    value: ite(or(isNil(value), hasTag(value, stays)), value, result),
    error: and(
      not(isNil(value)),
      not(hasTag(value, stays)),
      apply(`fails:to${tag}`, "Bool", [value]),
    ),
  };
}

/**
 * The value of a call whose arguments are values. `null`: the function is not known here.
 */
export function callFunction(
  name: string,
  args: readonly Term[],
  context: FunctionContext,
): Pair | null {
  const known = exact[name];
  if (known !== undefined) return known(args, context);
  const tag = nondeterministic[name];
  if (tag !== undefined) {
    const sort = tag === "Time" ? "Int" : "String";
    return { value: con(tag, variable(`${name}@${context.site}`, sort)), error: no() };
  }
  const declaration = declared[name];
  return declaration === undefined ? null : abstractCall(name, declaration, args, context);
}

function abstractCall(
  name: string,
  { params, result, fails, hash: isHash }: Declared,
  args: readonly Term[],
  context: FunctionContext,
): Pair {
  const value = apply(`${name}/${args.length}`, "Val", args);
  const wrong = args.map((arg, index) => wrongType(params[index] ?? "any", arg));
  const facts = [hasTag(value, result), isRecordOrTime(value)];
  if (isHash === true) {
    const [input] = args;
    context.hash?.(context.site, input!, value);
    // No text is known whose digest is itself, and none is shorter than eight characters.
    if (result.includes("Str")) facts.push(not(equal(value, input!)), isLong(value));
  }
  context.facts.add(value, and(...facts));
  const failure = fails === true ? apply(`fails:${name}/${args.length}`, "Bool", args) : no();
  return { value, error: or(...wrong, failure) };
}

const isLong = (value: Term): Term => lessOrEqual(int(8), length(payload("Str", value)));

/** Functions may give times; everything else is what a record can hold. */
const isRecordOrTime = (value: Term): Term =>
  or(is("Time", value), is("Duration", value), isRecordValue(value));
