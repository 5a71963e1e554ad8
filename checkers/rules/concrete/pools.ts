/**
 * Records near the guards of a rule set: values are taken from the literals that the rules compare
 * with, from their neighbours, and from other types; keys are those that the rules name.
 */

import {
  type Arbitrary,
  boolean as anyBoolean,
  constant as just,
  constantFrom,
  dictionary,
  infiniteStream,
  integer as anyInteger,
  nat,
  oneof,
  option as perhaps,
  tuple,
} from "fast-check";

import { functions } from "../../../impl/ottl/functions/index.ts";
import { contextsOf, type Program } from "../symbolic/program.ts";
import { leafType } from "../symbolic/leaves.ts";
import { accessOf } from "../symbolic/paths.ts";
import { exampleOf } from "../symbolic/regex.ts";
import { expressionsIn, type Call, type Expr, type Path } from "../symbolic/rule.ts";
import type { PlainRecord, Value } from "./record.ts";

/** Where a value of the rules is looked for: a leaf and the literal keys below it. */
interface Spot {
  readonly leaf: string;
  readonly keys: readonly string[];
}

interface Pools {
  /** Keys seen anywhere below maps. */
  readonly keys: Set<string>;
  readonly spots: Map<
    string,
    { readonly spot: Spot; readonly texts: Set<string>; readonly numbers: Set<number> }
  >;
  readonly texts: Set<string>;
  readonly ints: Set<bigint>;
  readonly doubles: Set<number>;
  readonly patterns: Set<string>;
  /** A text is parsed as JSON somewhere. */
  readonly json: Set<string>;
}

function spotOf(path: Path): Spot | null {
  const access = accessOf(path.context, path.field);
  if (access === null) return null;
  const keys: string[] = [];
  for (const key of path.keys) {
    if (key.kind !== "string") break;
    keys.push(key.value);
  }
  return { leaf: access.leaf, keys };
}

function collect(program: Program): Pools {
  const pools: Pools = {
    keys: new Set(),
    spots: new Map(),
    texts: new Set(["", "x"]),
    ints: new Set([0n, 1n, -1n]),
    doubles: new Set([0, 0.5]),
    patterns: new Set(),
    json: new Set(),
  };
  for (const expr of topExpressions(program)) {
    for (const part of expressionsIn(expr)) collectOne(part, pools);
  }
  return pools;
}

function* topExpressions(program: Program): Generator<Expr> {
  for (const step of program.steps) {
    for (const { expr } of step.conditions) yield expr;
    if (step.kind !== "group") continue;
    for (const { statement } of step.statements) {
      if (statement.where !== null) yield statement.where;
      yield statement.editor;
    }
  }
}

function collectOne(part: Expr, pools: Pools): void {
  switch (part.kind) {
    case "string":
      pools.texts.add(part.value);
      return;
    case "int":
      for (const near of [part.value - 1n, part.value, part.value + 1n]) pools.ints.add(near);
      pools.doubles.add(Number(part.value) + 0.5);
      return;
    case "double":
      for (const near of [part.value - 0.5, part.value, part.value + 0.5]) pools.doubles.add(near);
      return;
    case "path":
      noteSpot(part, pools);
      return;
    case "compare":
      noteComparison(part.left, part.right, pools);
      noteComparison(part.right, part.left, pools);
      return;
    case "call":
      noteCall(part, pools);
      return;
    default:
  }
}

function noteSpot(path: Path, pools: Pools): { texts: Set<string>; numbers: Set<number> } | null {
  const spot = spotOf(path);
  if (spot === null) return null;
  for (const key of spot.keys) pools.keys.add(key);
  const name = JSON.stringify([spot.leaf, ...spot.keys]);
  let entry = pools.spots.get(name);
  if (entry === undefined) {
    entry = { spot, texts: new Set(), numbers: new Set() };
    pools.spots.set(name, entry);
  }
  return entry;
}

function noteComparison(subject: Expr, other: Expr, pools: Pools): void {
  if (subject.kind !== "path") return;
  const entry = noteSpot(subject, pools);
  if (other.kind === "string") entry?.texts.add(other.value);
  if (other.kind === "int" || other.kind === "double") entry?.numbers.add(Number(other.value));
}

function noteCall(call: Call, pools: Pools): void {
  const [subject, second] = call.args.map(({ value }) => value);
  const entry = subject?.kind === "path" ? noteSpot(subject, pools) : null;
  const literal = second?.kind === "string" ? second.value : null;
  if (literal !== null && /^(?:IsMatch|ExtractPatterns|replace_pattern)$/.test(call.name)) {
    pools.patterns.add(literal);
    entry?.texts.add(`\u0000${literal}`);
  } else if (literal !== null && call.name === "HasPrefix") {
    for (const text of [literal, `${literal}x`]) entry?.texts.add(text);
  } else if (literal !== null && call.name === "HasSuffix") {
    for (const text of [literal, `x${literal}`]) entry?.texts.add(text);
  }
  if (call.name === "ParseJSON" && entry !== null) entry.texts.add("\u0001json");
  for (const example of examples[call.name] ?? []) entry?.texts.add(example);
  for (const { leaf, keys, values } of whatTheyRead(call)) {
    const path = { leaf, keys };
    const name = JSON.stringify([leaf, ...keys]);
    const known = pools.spots.get(name) ?? { spot: path, texts: new Set(), numbers: new Set() };
    pools.spots.set(name, known);
    for (const key of keys) pools.keys.add(key);
    for (const value of values) {
      if (typeof value === "string") known.texts.add(value);
      else known.numbers.add(value);
    }
  }
  if (second?.kind === "list") {
    for (const item of second.items) if (item.kind === "string") pools.keys.add(item.value);
  }
  if (/^(?:delete_key)$/.test(call.name) && literal !== null) pools.keys.add(literal);
}

/** Texts that a function of one text can read. */
const examples: Readonly<Record<string, readonly string[]>> = {
  Double: ["2.5"],
  Duration: ["1h30m"],
  Int: ["42"],
  IsInCIDR: ["10.0.0.1"],
  ParseCEF: ["CEF:0|Vendor|Product|1.0|100|Name|5|src=10.0.0.1 act=blocked"],
  ParseCLF: [
    '10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326',
    '10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 - "-" "curl"',
  ],
  ParseELF: ["#Version: 1.0\n#Fields: time cs-method\n00:34:23 GET"],
  ParseInt: ["42"],
  ParseKeyValue: ["k=v other=1"],
  ParseLEEF: ["LEEF:1.0|Vendor|Product|1.0|id|src=10.0.0.1\tact=blocked"],
  ParseSimplifiedXML: ["<a><b>1</b></a>"],
  ParseXML: ["<a><b>1</b></a>"],
  URL: ["http://example.com:80/p?q=1"],
};

/** What a function reads and writes that has no such argument. */
function whatTheyRead(
  call: Call,
): readonly (Spot & { readonly values: readonly (string | number)[] })[] {
  if (call.name === "set_semconv_span_name") {
    return [
      { leaf: "span.kind", keys: [], values: [2, 3] },
      { leaf: "span.attributes", keys: ["http.request.method"], values: ["GET"] },
      { leaf: "span.attributes", keys: ["http.route"], values: ["/a"] },
    ];
  }
  const { contexts = null } = functions.get(call.name) ?? {};
  if (contexts === null || !/^[a-z]/.test(call.name)) return [];
  return contexts.some((context) => context === "metric" || context === "datapoint")
    ? [
        { leaf: "metric.type", keys: [], values: [1, 2, 3, 4, 5] },
        { leaf: "datapoint.attributes", keys: ["k"], values: ["v"] },
        { leaf: "datapoint.value", keys: [], values: [1, 2.5] },
      ]
    : [];
}

/** Records for a program, as a fast-check arbitrary. */
export function recordsNear(program: Program): Arbitrary<PlainRecord> {
  const pools = collect(program);
  const keys = [...pools.keys].slice(0, 64);
  const texts = [...pools.texts].slice(0, 64);
  const general = generalText(texts, [...pools.patterns]);
  const number = oneof(
    constantFrom(...pools.ints).map((value): Value => ({
      tag: "Int",
      value: BigInt.asIntN(64, value),
    })),
    constantFrom(...pools.doubles).map((value): Value => ({ tag: "Dbl", value })),
  );
  const scalar = oneof(
    { weight: 4, arbitrary: general.map((value): Value => ({ tag: "Str", value })) },
    { weight: 2, arbitrary: number },
    { weight: 1, arbitrary: anyBoolean().map((value): Value => ({ tag: "Bool", value })) },
    { weight: 1, arbitrary: just<Value>({ tag: "Empty" }) },
    {
      weight: 1,
      arbitrary: just<Value>({ tag: "Bytes", value: Uint8Array.of(1, 2) }),
    },
    {
      weight: 1,
      arbitrary: just<Value>({ tag: "List", value: [{ tag: "Str", value: "a" }] }),
    },
    {
      weight: 1,
      arbitrary: just<Value>({
        tag: "Map",
        value: new Map([["k", { tag: "Str", value: "v" }]]),
      }),
    },
  );
  const hinted = (name: string): Arbitrary<Value> => {
    const entry = pools.spots.get(name);
    if (entry === undefined || (entry.texts.size === 0 && entry.numbers.size === 0)) return scalar;
    const choices: Arbitrary<Value>[] = [];
    if (entry.texts.size > 0) {
      choices.push(
        hintedText([...entry.texts], keys, texts).map((value) => ({ tag: "Str", value })),
      );
    }
    if (entry.numbers.size > 0) {
      choices.push(
        tuple(constantFrom(...entry.numbers), constantFrom(-1, 0, 1), anyBoolean()).map(
          ([value, step, whole]): Value =>
            whole && Number.isInteger(value)
              ? { tag: "Int", value: BigInt(value + step) }
              : { tag: "Dbl", value: value + step / 2 },
        ),
      );
    }
    return oneof({ weight: 3, arbitrary: oneof(...choices) }, { weight: 1, arbitrary: scalar });
  };
  const context: Context = { pools, keys, scalar, hinted };
  const leaves = leavesOf(program, pools).map((leaf) =>
    leafArbitrary(leaf, context).map((value): [string, Value | null] => [leaf, value]),
  );
  return tuple(...leaves).map(
    (entries) =>
      new Map(entries.flatMap(([leaf, value]) => (value === null ? [] : [[leaf, value]]))),
  );
}

interface Context {
  readonly pools: Pools;
  readonly keys: readonly string[];
  readonly scalar: Arbitrary<Value>;
  hinted(name: string): Arbitrary<Value>;
}

function leavesOf(program: Program, pools: Pools): readonly string[] {
  const leaves = new Set([...pools.spots.values()].map(({ spot }) => spot.leaf));
  const own = contextsOf[program.signal].map((context) => `${context}.`);
  return [...leaves].filter(
    (leaf) => !leaf.endsWith(".cache") && own.some((prefix) => leaf.startsWith(prefix)),
  );
}

function leafArbitrary(leaf: string, context: Context): Arbitrary<Value | null> {
  const name = JSON.stringify([leaf]);
  switch (leafType(leaf)) {
    case "map":
      return mapAt([leaf], context);
    case "any":
      return oneof(
        { weight: 4, arbitrary: context.hinted(name) },
        { weight: 1, arbitrary: mapAt([leaf], context) },
      );
    case "string":
      return context.hinted(name).map((value) => (value.tag === "Str" ? value : null));
    case "int":
      return oneof(
        context.hinted(name),
        anyInteger({ min: 0, max: 24 }).map((value): Value => ({
          tag: "Int",
          value: BigInt(value),
        })),
      ).map((value) => (value.tag === "Int" ? withinField(leaf, value) : null));
    case "number":
      return context
        .hinted(name)
        .map((value) => (value.tag === "Int" || value.tag === "Dbl" ? value : null));
    case "bool":
      return anyBoolean().map((value): Value => ({ tag: "Bool", value }));
    case "bytes":
      return constantFrom(0, 1).map((value): Value => ({
        tag: "Bytes",
        value: new Uint8Array(leaf.endsWith("trace_id") ? 16 : 8).fill(value),
      }));
    default:
      return just(null);
  }
}

/** Most fields of the protocol have 32 bits, and times are not negative. */
function withinField(leaf: string, value: Value & { readonly tag: "Int" }): Value {
  if (leaf.endsWith("nano"))
    return { tag: "Int", value: value.value < 0n ? -value.value : value.value };
  if (leaf.endsWith("metric.type")) return { tag: "Int", value: ((value.value % 6n) + 6n) % 6n };
  const bits = BigInt.asIntN(32, value.value);
  return { tag: "Int", value: /flags$|count$|temporality$/.test(leaf) && bits < 0n ? -bits : bits };
}

/** A map whose entries are the keys that the rules look for there, each there or not. */
function mapAt(path: readonly string[], context: Context): Arbitrary<Value> {
  const below = new Set<string>();
  for (const { spot } of context.pools.spots.values()) {
    const whole = [spot.leaf, ...spot.keys];
    if (whole.length > path.length && path.every((part, index) => whole[index] === part)) {
      below.add(whole[path.length]!);
    }
  }
  const others = context.keys.filter((key) => !below.has(key));
  const entries = [...below].map((key) => {
    const inner = [...path, key];
    const isDeeper = [...context.pools.spots.values()].some(
      ({ spot }) =>
        spot.keys.length >= inner.length &&
        inner.every((part, index) => [spot.leaf, ...spot.keys][index] === part),
    );
    const value = isDeeper
      ? oneof(mapAt(inner, context), context.hinted(JSON.stringify(inner)))
      : context.hinted(JSON.stringify(inner));
    return perhaps(value, { freq: 4 }).map((chosen): [string, Value | null] => [key, chosen]);
  });
  const extra =
    others.length === 0
      ? just<[string, Value | null]>(["other", null])
      : tuple(constantFrom(...others, "other"), perhaps(context.scalar));
  return tuple(...entries, extra, extra).map((all): Value => ({
    tag: "Map",
    value: new Map(all.flatMap(([key, value]) => (value === null ? [] : [[key, value]]))),
  }));
}

function generalText(texts: readonly string[], patterns: readonly string[]): Arbitrary<string> {
  const plain = constantFrom(...texts);
  const built = tuple(plain, constantFrom("", "x", " ", "1", "\n")).map(([a, b]) => a + b);
  if (patterns.length === 0) return oneof(plain, built);
  return oneof(plain, built, fromPatterns(patterns));
}

/** Texts that a pattern matches, alone and inside another text. */
const fromPatterns = (patterns: readonly string[]): Arbitrary<string> =>
  tuple(
    constantFrom(...patterns),
    infiniteStream(nat({ max: 0xffff })),
    constantFrom("", "x", " "),
  ).map(([pattern, stream, edge]) => {
    const example = exampleOf(pattern, (below) => Number(stream.next().value) % below) ?? "";
    return edge === "" ? example : `${edge}${example}${edge}`;
  });

/** Texts that the rules look for at one place; `\u0000` marks a pattern, `\u0001` JSON. */
function hintedText(
  hints: readonly string[],
  keys: readonly string[],
  texts: readonly string[],
): Arbitrary<string> {
  const arbitraries = hints.map((hint) => {
    if (hint.startsWith("\u0000")) return fromPatterns([hint.slice(1)]);
    if (hint === "\u0001json") return jsonText(keys, texts);
    return constantFrom(hint, `${hint}x`, hint.toUpperCase());
  });
  return oneof(...arbitraries);
}

const jsonText = (keys: readonly string[], texts: readonly string[]): Arbitrary<string> =>
  dictionary(
    keys.length === 0 ? just("k") : constantFrom(...keys),
    oneof(constantFrom(...texts), anyInteger(), anyBoolean()),
    { maxKeys: 6 },
  ).map((entries) => JSON.stringify(entries));
