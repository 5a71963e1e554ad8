/** Random records with random statements, the same for the same seed. */

import { createHash } from "node:crypto";

import {
  functions,
  levelOf,
  type ContextName,
  type FunctionSpec,
} from "../../../impl/ottl/index.ts";

export interface Pair {
  readonly id: number;
  readonly context: ContextName;
  readonly statement: string;
  readonly payload: object;
}

/** 8 hex digits that stand for a value. */
export const shortHash = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const keys = ["a", "b", "m", "l", "n", "f", "t", "e", "http.method", "url"];
const strings = [
  "",
  "x",
  "GET",
  "get /health",
  "1",
  "-42",
  "3.5",
  "1e3",
  "true",
  "false",
  "héllo wörld",
  "日本語",
  "a=1 b=2",
  "k1=v1;k2='v 2'",
  "2024-02-29T12:30:45Z",
  "2023-01-05 10:20:30",
  '{"a":[1,2.5,{"b":null}],"c":"d"}',
  '[1,"x",true]',
  "<a><b>1</b><b>2</b></a>",
  "http://user:pw@example.com:8080/p/a.html?q=1#frag",
  "192.168.1.7",
  "10.0.0.1",
  "::1",
  "SGVsbG8=",
  "a,b,c",
  '"q,1",2,3',
  "fooBarBaz_qux-1",
  "4111111111111111",
  "1h30m",
  "250ms",
  "0102030405060708",
  "  pad  ",
  "ERROR",
  "a.b.c",
  "CEF:0|Vendor|Pro\\|duct|1.0|100|Name|5|src=10.0.0.1 msg=a b\\=c",
  "LEEF:2.0|V|P|1|E|^|a=1^b=2",
  '10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326',
  "#Version: 1.0\n#Fields: time cs-method\n00:34:23 GET",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36",
];
const ints = [
  "0",
  "1",
  "2",
  "3",
  "-1",
  "7",
  "42",
  "200",
  "404",
  "65535",
  "1700000000",
  "9223372036854775807",
  "9007199254740993",
];
const floats = [
  "0.0",
  "1.0",
  "0.5",
  "2.5",
  "-3.75",
  "1e21",
  "1e-7",
  "123456789.125",
  "9007199254740992.0",
];
const patterns = [
  "^a",
  "x$",
  "[0-9]+",
  "(?i)get",
  "a|b",
  "(?P<first>\\\\w+) (?P<second>\\\\w+)",
  "^$",
  ".*",
  "h.llo",
  "(a)(.)?",
  "\\\\bfoo",
  "[^a-z]",
  "o",
  "((",
  "l+",
];
const replacements = ["", "R", "$1", "${1}-x", "$$", "$first", "<$0>"];
const grokPatterns = [
  "%{WORD:first} %{NOTSPACE:rest}",
  "%{INT:n:int}",
  "%{NUMBER:n:double}",
  "%{IP:client.ip}:?%{POSINT:port:long}?",
  "%{COMMONAPACHELOG}",
  "%{GREEDYDATA}",
  "%{OWN:x}",
  "^%{TIMESTAMP_ISO8601:t}$",
];
const globs = ["*", "a*", "*o*", "GET", "?et*", "{GET,x}", "http*", "[a-g]*"];

const literalStrings: Readonly<Record<string, readonly string[]>> = {
  strategy: ["insert", "update", "upsert", "other"],
  mode: ["key", "value", "strict", "lazyQuotes", "ignoreQuotes"],
  order: ["asc", "desc", "up"],
  to_case: ["lower", "upper", "snake", "camel", "title"],
  format: [
    "%s-%v",
    "%d",
    "%5d|%-5s|",
    "%05.2f",
    "%x",
    "%q",
    "%t",
    "%%",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S",
    "%H:%M:%S.%L",
    "%b %e %Y %I:%M %p",
    "%A %j",
  ],
  delimiter: ["=", ",", ":", ";"],
  pair_delimiter: [" ", ";", ","],
  header_delimiter: [",", ";"],
  x_path: ["/a", "/a/b", "//b", "/", "//@*", "/a/b[1]", "//text()"],
  prefix: ["p", "", "x.y"],
  replacement: [" ", "x", "ab"],
  truncation_marker: ["", "...", "…"],
  element_name: ["v", "w"],
  aggregation_function: ["sum", "mean", "min", "max", "median", "count", "avg"],
  aggregation_temporality: ["delta", "cumulative", "other"],
  method: ["limit_buckets", "remove_explicit_bound", "other"],
  location: ["America/New_York", "Asia/Tokyo", "UTC", "Nowhere/Land"],
  locale: ["en", "fr", "pt"],
};

/** The shares of the contexts, each from the one before. */
const shares: readonly (readonly [ContextName, number])[] = [
  ["log", 0.42],
  ["span", 0.56],
  ["spanevent", 0.64],
  ["metric", 0.74],
  ["datapoint", 0.84],
  ["exemplar", 0.88],
  ["scope", 0.94],
  ["resource", 1],
];

class Generator {
  readonly #next: () => number;
  readonly context: Pair["context"];
  constructor(seed: number) {
    this.#next = random(seed);
    const x = this.#next();
    this.context = shares.find(([, upTo]) => x < upTo)![0];
  }
  below(n: number): number {
    return Math.floor(this.#next() * n);
  }
  chance(p: number): boolean {
    return this.#next() < p;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  value(depth: number): object {
    switch (this.below(depth > 0 ? 9 : 6)) {
      case 0:
        return { intValue: this.pick(ints) };
      case 1:
        return { doubleValue: Number(this.pick(floats)) };
      case 2:
        return { boolValue: this.chance(0.5) };
      case 3:
        return this.chance(0.3)
          ? {}
          : { bytesValue: Buffer.from(this.pick(strings)).toString("base64") };
      case 4:
      case 5:
        return { stringValue: this.pick(strings) };
      case 6:
        return {
          arrayValue: {
            values: Array.from({ length: this.below(4) }, () => this.value(depth - 1)),
          },
        };
      default:
        return { kvlistValue: { values: this.attributes(this.below(4), depth - 1) } };
    }
  }
  attributes(count: number, depth: number): object[] {
    const chosen = new Set(Array.from({ length: count }, () => this.pick(keys)));
    return [...chosen].map((key) => ({ key, value: this.value(depth) }));
  }

  payload(): object {
    const resource = { attributes: this.attributes(3, 1) };
    const scope = {
      name: this.pick(["lib", ""]),
      version: "1.0",
      attributes: this.attributes(1, 0),
    };
    const attributes = this.attributes(6, 2);
    const time = this.pick(["1581452772000000321", "1700000000000000000", "0"]);
    const traceId = this.pick(["0102030405060708090a0b0c0d0e0f10", ""]);
    const spanId = this.pick(["0102030405060708", ""]);
    switch (this.context) {
      case "resource":
      case "scope":
      case "log": {
        const logRecord = {
          timeUnixNano: time,
          observedTimeUnixNano: "1581452773000000789",
          severityNumber: this.below(25),
          severityText: this.pick(["INFO", "", "error"]),
          body: this.value(2),
          attributes,
          flags: this.below(2),
          droppedAttributesCount: this.below(3),
          traceId,
          spanId,
        };
        return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [logRecord] }] }] };
      }
      case "spanevent":
      case "span": {
        const span = {
          traceId,
          spanId,
          parentSpanId: this.pick(["", "1112131415161718"]),
          traceState: this.pick(["", "a=1,b=2", "bad state"]),
          name: this.pick(strings),
          kind: this.below(6),
          startTimeUnixNano: time,
          endTimeUnixNano: "1700000000500000000",
          attributes,
          status: { code: this.below(3), message: this.pick(["", "boom"]) },
          events: [
            {
              name: this.pick(["e1", "exception"]),
              timeUnixNano: time,
              attributes: this.context === "span" ? this.attributes(1, 0) : this.attributes(5, 2),
              droppedAttributesCount: this.below(3),
            },
          ],
        };
        return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] };
      }
      default: {
        const exemplars =
          this.context === "exemplar"
            ? [
                {
                  timeUnixNano: time,
                  filteredAttributes: this.attributes(5, 2),
                  traceId,
                  spanId,
                  ...(this.chance(0.5) ? { asInt: "7" } : { asDouble: 0.25 }),
                },
              ]
            : [];
        const number = {
          attributes,
          exemplars,
          timeUnixNano: time,
          startTimeUnixNano: "5",
          ...(this.chance(0.5)
            ? { asInt: this.pick(ints) }
            : { asDouble: Number(this.pick(floats)) }),
          flags: this.below(2),
        };
        const histogram = {
          attributes,
          exemplars,
          timeUnixNano: time,
          count: "6",
          sum: 10.5,
          bucketCounts: ["1", "2", "3"],
          explicitBounds: [1, 2],
        };
        const exponential = {
          attributes,
          exemplars,
          timeUnixNano: time,
          count: "6",
          sum: 10.5,
          scale: 2,
          zeroCount: "1",
          positive: { offset: 1, bucketCounts: ["1", "2"] },
          negative: { offset: -1, bucketCounts: ["2"] },
        };
        const summary = {
          attributes,
          timeUnixNano: time,
          count: "6",
          sum: 10.5,
          quantileValues: [{ quantile: 0.5, value: 2 }],
        };
        const data = this.pick([
          { gauge: { dataPoints: [number] } },
          {
            sum: {
              dataPoints: [number],
              aggregationTemporality: 1 + this.below(2),
              isMonotonic: this.chance(0.5),
            },
          },
          { histogram: { dataPoints: [histogram], aggregationTemporality: 2 } },
          { exponentialHistogram: { dataPoints: [exponential], aggregationTemporality: 1 } },
          ...(this.context === "exemplar" ? [] : [{ summary: { dataPoints: [summary] } }]),
        ]);
        const metric = {
          name: this.pick(["requests", "http.server.duration", ""]),
          description: "d",
          unit: this.pick(["1", "ms"]),
          ...data,
        };
        return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [metric] }] }] };
      }
    }
  }

  text(): string {
    return JSON.stringify(this.pick(strings));
  }
  /** What stands for the attributes of the item. */
  map(): string {
    if (this.context === "metric")
      return this.pick(["metadata", "resource.attributes", "resource.attributes"]);
    if (this.context === "resource") return this.pick(["attributes", 'attributes["m"]']);
    if (this.context === "exemplar")
      return this.pick(["filtered_attributes", "datapoint.attributes", "resource.attributes"]);
    if (this.context === "spanevent" && this.chance(0.15)) return "span.attributes";
    return this.pick([
      "attributes",
      "attributes",
      "attributes",
      "resource.attributes",
      'attributes["m"]',
      "instrumentation_scope.attributes",
    ]);
  }
  key(depth: number): string {
    const x = this.#next();
    if (x < 0.8) return JSON.stringify(this.pick(keys));
    if (x < 0.95 || depth <= 0) return this.pick(["0", "1", "2", "5"]);
    return this.pick([
      `Concat(["${this.pick(keys)}"], "")`,
      'Len("ab")',
      "-1 + 2",
      "0.5",
      `ToLowerCase("${this.pick(keys)}")`,
    ]);
  }
  path(depth: number): string {
    if (this.chance(0.6)) {
      const extra = this.chance(0.25) ? `[${this.key(depth)}]` : "";
      return `${this.map()}[${this.key(depth)}]${extra}`;
    }
    const own: Readonly<Record<ContextName, readonly string[]>> = {
      resource: ["attributes", "dropped_attributes_count", "schema_url", 'cache["x"]', "nope"],
      scope: [
        "name",
        "version",
        "attributes",
        "dropped_attributes_count",
        "schema_url",
        'cache["x"]',
        "scope.name",
        "log.body",
      ],
      spanevent: [
        "name",
        "time",
        "time_unix_nano",
        "attributes",
        "event_index",
        "dropped_attributes_count",
        "span.name",
        "span.kind",
        "span.trace_id.string",
        "span.start_time",
        "span.status.message",
        "span.events",
        'cache["x"]',
      ],
      exemplar: [
        "time",
        "time_unix_nano",
        "double_value",
        "int_value",
        "trace_id",
        "trace_id.string",
        "span_id",
        "span_id.string",
        "filtered_attributes",
        "metric.name",
        "datapoint.value_int",
        "datapoint.count",
        "datapoint.exemplars",
      ],
      log: [
        "body",
        "body",
        `body[${this.key(0)}]`,
        "body.string",
        "severity_number",
        "severity_text",
        "time",
        "time_unix_nano",
        "observed_time",
        "flags",
        "trace_id",
        "trace_id.string",
        "span_id",
        "span_id.string",
        "event_name",
        "dropped_attributes_count",
        "attributes",
        'cache["x"]',
        "nope",
      ],
      span: [
        "name",
        "kind",
        "kind.string",
        "kind.deprecated_string",
        "status.code",
        "status.message",
        "status",
        "start_time",
        "end_time_unix_nano",
        "end_time",
        "parent_span_id",
        "parent_span_id.string",
        "trace_state",
        'trace_state["a"]',
        "attributes",
        "events",
        "links",
        "trace_id.string",
        "flags",
        "dropped_events_count",
      ],
      metric: [
        "name",
        "description",
        "unit",
        "type",
        "aggregation_temporality",
        "is_monotonic",
        "data_points",
        "metadata",
      ],
      datapoint: [
        "value_int",
        "value_double",
        "count",
        "sum",
        "flags",
        "time",
        "start_time_unix_nano",
        "bucket_counts",
        "explicit_bounds",
        "scale",
        "zero_count",
        "positive.offset",
        "positive.bucket_counts",
        "negative",
        "quantile_values",
        "exemplars",
        "metric.name",
        "metric.type",
        "attributes",
        "metric.is_monotonic",
      ],
    };
    const around = ["resource.attributes", "instrumentation_scope.name", "resource.schema_url"];
    return this.pick([...own[this.context], ...(this.context === "resource" ? [] : around)]);
  }

  /** Any value; arithmetic now and then. */
  expr(depth: number): string {
    const x = this.#next();
    if (x < 0.35) return this.path(depth);
    if (x < 0.5) return this.text();
    if (x < 0.58)
      return this.pick(ints.filter((text) => !text.startsWith("-"))).replace(
        /^/,
        this.chance(0.15) ? "-" : "",
      );
    if (x < 0.63) return this.pick(["0.5", "2.5", "1.0", "10.", ".25"]);
    if (x < 0.67) return this.pick(["true", "false"]);
    if (x < 0.7) return "nil";
    if (x < 0.72) return this.pick(["0x01ff", "0x6869"]);
    if (x < 0.76 && depth > 0)
      return `[${Array.from({ length: this.below(4) }, () => this.expr(0)).join(", ")}]`;
    if (x < 0.79 && depth > 0)
      return `{${Array.from({ length: this.below(3) }, (_, i) => `"k${i}": ${this.expr(0)}`).join(", ")}}`;
    if (x < 0.85 && depth > 0)
      return `${this.math(depth - 1)} ${this.pick(["+", "-", "*", "/"])} ${this.math(depth - 1)}`;
    if (x < 0.87) return this.enumSymbol();
    return depth > 0 ? this.convert(depth - 1) : this.text();
  }
  math(depth: number): string {
    if (depth > 0 && this.chance(0.3))
      return `(${this.math(depth - 1)} ${this.pick(["+", "-", "*", "/"])} ${this.math(depth - 1)})`;
    return this.pick([
      this.path(0),
      this.pick(ints.filter((t) => !t.startsWith("-"))),
      this.pick(["2.5", "0.5"]),
      `-${this.path(0)}`,
      'Len("abc")',
      `Double(${this.path(0)})`,
      `Int(${this.path(0)})`,
    ]);
  }
  enumSymbol(): string {
    return this.pick([
      "SEVERITY_NUMBER_INFO",
      "SEVERITY_NUMBER_ERROR2",
      "STATUS_CODE_ERROR",
      "SPAN_KIND_CLIENT",
      "METRIC_DATA_TYPE_SUM",
      "FLAG_NONE",
    ]);
  }

  convert(depth: number): string {
    return this.call(this.pick(this.#fitting(converters)), depth);
  }
  /** Mostly functions of the context; the others are refused. */
  #fitting(specs: readonly FunctionSpec[]): readonly FunctionSpec[] {
    if (this.chance(0.02)) return specs;
    return specs.filter(({ contexts }) => contexts?.includes(this.context) ?? true);
  }
  call(spec: FunctionSpec, depth: number): string {
    const args: string[] = [];
    let named = false;
    for (const parameter of spec.parameters) {
      if (parameter.optional && this.chance(0.6)) {
        named = true;
        continue;
      }
      const value = this.argument(spec, parameter.name, parameter.type, depth);
      args.push(
        named || (parameter.optional && this.chance(0.2)) ? `${parameter.name} = ${value}` : value,
      );
      if (args.at(-1)!.startsWith(`${parameter.name} = `)) named = true;
    }
    const index = spec.kind === "converter" && this.chance(0.04) ? `[${this.key(0)}]` : "";
    return `${spec.name}(${args.join(", ")})${index}`;
  }
  argument(spec: FunctionSpec, name: string, type: string, depth: number): string {
    const some = (): string => (this.chance(0.75) ? this.path(depth) : this.expr(depth));
    if (spec.name === "ExtractGrokPatterns" && name === "pattern")
      return `"${this.pick(grokPatterns)}"`;
    if (name === "definitions") return this.pick(['["OWN=[a-z]+"]', "[]", '["x"]']);
    if (name === "semconv_version") return this.pick(['"1.37.0"', '"1.43.0"', '"1.0"']);
    if (name === "pattern" || name === "regex")
      return `"${this.pick(/match$|matches$/.test(spec.name) && spec.name.startsWith("replace") ? globs : patterns)}"`;
    if (name === "replacement" && type === "string") return `"${this.pick(replacements)}"`;
    if (name === "networks")
      return this.pick([
        '["10.0.0.0/8", "192.168.0.0/16"]',
        '["::/0"]',
        '["x"]',
        '["10.0.0.1/32"]',
      ]);
    if (name === "encoding")
      return this.pick([
        '"base64"',
        '"utf-8"',
        '"us-ascii"',
        '"base64-raw"',
        '"base64-url"',
        '"nope"',
      ]);
    if (name === "variant")
      return this.pick(['"base64"', '"base64-raw"', '"base64-url"', '"base64-raw-url"', '"x"']);
    if (name === "mapping")
      return '{"error": [{"equals": ["ERROR", "x"]}, {"range": "4xx"}], "info": [{"range": {"min": 0, "max": 42}}]}';
    if (name === "time" && type === "string" && this.chance(0.8))
      return this.pick([
        '"2024-02-29T12:30:45Z"',
        '"2023-01-05 10:20:30"',
        '"2023-07-05"',
        '"10:20:30.25"',
      ]);
    switch (type) {
      case "literalString":
        return `"${this.pick(literalStrings[name] ?? strings.filter((text) => !/["\\]/.test(text)))}"`;
      case "literalInt":
        return this.pick(["0", "1", "2", "3", "5", "20"]);
      case "literalFloat":
        return this.pick(["0.5", "2.0", "95.0", "1"]);
      case "literalBool":
        return this.pick(["true", "false"]);
      case "literalStrings":
        return this.pick(["[]", '["a"]', '["a", "http.method"]', '["k"]']);
      case "mapPath":
        return this.chance(0.9) ? this.map() : this.path(depth);
      case "map":
        return this.chance(0.7) ? this.map() : this.expr(depth);
      case "anyPath":
      case "listPath":
        return this.chance(0.97) ? this.path(depth) : this.text();
      case "stringList":
        return `[${Array.from({ length: this.below(4) }, () => JSON.stringify(this.pick(keys))).join(", ")}]`;
      case "anyList":
      case "stringLikeSlice":
        return this.chance(0.9)
          ? `[${Array.from({ length: 1 + this.below(3) }, () => this.expr(depth - 1)).join(", ")}]`
          : this.path(0);
      case "function":
        return this.pick(["SHA256", "ToUpperCase", "Len", "MD5", "Concat"]);
      case "string":
        return this.chance(0.5) ? this.text() : some();
      case "int":
        return this.chance(0.8) ? this.pick(["0", "1", "2", "3", "10", "80"]) : some();
      case "time":
        return this.chance(0.7) && !["metric", "resource", "scope"].includes(this.context)
          ? this.context === "span"
            ? "start_time"
            : "time"
          : this.chance(0.5)
            ? 'Time("2024-02-29T12:30:45Z", "%Y-%m-%dT%H:%M:%SZ")'
            : "Unix(1700000000)";
      case "duration":
        return this.chance(0.9)
          ? `Duration("${this.pick(["1h", "90m", "1.5s", "250ms", "1h30m", "7us", "bad"])}")`
          : some();
      default:
        return some();
    }
  }

  condition(depth: number): string {
    const x = this.#next();
    if (depth > 0 && x < 0.25)
      return `${this.condition(depth - 1)} ${this.pick(["and", "or"])} ${this.condition(depth - 1)}`;
    if (depth > 0 && x < 0.33) return `not (${this.condition(depth - 1)})`;
    if (x < 0.4) return this.pick(["true", "false"]);
    if (x < 0.6)
      return `${this.chance(0.2) ? "not " : ""}${this.call(this.pick(booleans), depth - 1)}`;
    return `${this.expr(depth)} ${this.pick(["==", "!=", "<", "<=", ">", ">="])} ${this.expr(depth)}`;
  }

  statement(): string {
    const x = this.#next();
    const call = x < 0.45 ? this.call(setter, 2) : this.call(this.pick(this.#fitting(editors)), 1);
    // What becomes of a map that is merged into a part of itself is up to Go's memory.
    const editor = call.replace(
      /^(merge_maps\(attributes\["m"\], )attributes(?=,)/,
      '$1{"k": "v"}',
    );
    return this.chance(0.4) ? `${editor} where ${this.condition(2)}` : editor;
  }
}

const level = levelOf("v0.162");
/** Known in another context, not part of the peer, and equal to the last digit only nearly. */
const unasked = new Set([
  "ProfileID",
  "convert_exponential_histogram_to_histogram",
  "extract_percentile_metric",
]);
const known = [...functions.values()].filter(
  (spec) =>
    spec.until >= level.minor &&
    (spec.components?.includes("transform") ?? true) &&
    // Not functions of the record alone, or behind a gate, or not part of the peer.
    (spec.symbolic !== "out of model" || spec.kind === "editor") &&
    !unasked.has(spec.name),
);
const converters = known.filter(({ kind }) => kind === "converter");
const editors = known.filter(({ kind }) => kind === "editor");
const booleans = converters.filter(({ returns }) => returns === "bool");
const setter = functions.get("set")!;

export function pair(seed: number, id: number): Pair {
  const generator = new Generator((seed * 1_000_003 + id * 7919) >>> 0);
  return {
    id,
    context: generator.context,
    payload: generator.payload(),
    statement: generator.statement(),
  };
}
