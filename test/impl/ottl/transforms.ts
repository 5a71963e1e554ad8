/** Functions of the transform processor on records of every kind, as the Go engine is asked too. */

import { type JsonValue } from "../../../impl/ottl/index.ts";
import type { Verdict } from "./judge.ts";
import { shortHash, type Pair } from "./pairs.ts";

type Attributes = Readonly<Record<string, JsonValue>>;
const attributesOf = (values: Attributes): JsonValue =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === "string"
        ? { stringValue: value }
        : typeof value === "boolean"
          ? { boolValue: value }
          : typeof value === "number"
            ? Number.isInteger(value)
              ? { intValue: String(value) }
              : { doubleValue: value }
            : value,
  }));

const point = (values: Attributes, rest: object): object => ({
  attributes: attributesOf(values),
  startTimeUnixNano: "1000",
  timeUnixNano: "2000",
  ...rest,
});
const metric = (data: object) => ({
  resourceMetrics: [
    {
      resource: { attributes: attributesOf({ env: "prod" }) },
      scopeMetrics: [
        {
          scope: { name: "lib" },
          metrics: [
            {
              name: "m",
              description: "d",
              unit: "ms",
              metadata: attributesOf({ k: "v" }),
              ...data,
            },
          ],
        },
      ],
    },
  ],
});
const [a, b, c] = [
  { host: "h1", zone: "x" },
  { host: "h2", zone: "x" },
  { host: "h1", zone: "y" },
] as const;
const exemplars = [{ timeUnixNano: "7", asInt: "3", filteredAttributes: attributesOf({ t: 1 }) }];
const numbers = [
  point(a, { asInt: "10", exemplars }),
  point(b, { asInt: "-3", startTimeUnixNano: "500" }),
  point(c, { asDouble: 2.5 }),
  point(a, { asInt: "9223372036854775807", timeUnixNano: "2001" }),
  point(b, { asDouble: 7.25, startTimeUnixNano: "1500" }),
  point({ zone: 5 }, { asDouble: -1.5 }),
  point({}, { asInt: "4" }),
  point(c, { asDouble: 1e300, flags: 1 }),
];
const histogram = (values: Attributes, rest: object) =>
  point(values, {
    count: "10",
    sum: 55.5,
    min: 0.5,
    max: 40,
    explicitBounds: [1, 5, 20],
    bucketCounts: ["2", "3", "4", "1"],
    ...rest,
  });
const exponential = (values: Attributes, rest: object) =>
  point(values, {
    count: "15",
    sum: 99,
    scale: 1,
    zeroCount: "2",
    positive: { offset: 2, bucketCounts: ["1", "0", "4", "3"] },
    negative: { offset: -1, bucketCounts: ["2", "3"] },
    zeroThreshold: 0.25,
    ...rest,
  });
const summary = (values: Attributes, rest: object) =>
  point(values, {
    count: "4",
    sum: 10,
    quantileValues: [
      { quantile: 0.5, value: 2 },
      { quantile: 0.99, value: 9.75 },
    ],
    ...rest,
  });
const span = (kind: number, values: Attributes) => ({
  resourceSpans: [
    {
      resource: {},
      scopeSpans: [{ scope: {}, spans: [{ name: "old", kind, attributes: attributesOf(values) }] }],
    },
  ],
});
const log = (body: string) => ({
  resourceLogs: [
    { resource: {}, scopeLogs: [{ scope: {}, logRecords: [{ body: { stringValue: body } }] }] },
  ],
});

const metrics: readonly object[] = [
  metric({ gauge: { dataPoints: numbers } }),
  metric({ sum: { dataPoints: numbers, aggregationTemporality: 1, isMonotonic: true } }),
  metric({ sum: { dataPoints: numbers.slice(2, 6), aggregationTemporality: 2 } }),
  metric({
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        histogram(a, { exemplars }),
        histogram(b, { sum: undefined }),
        histogram(c, { startTimeUnixNano: "1", max: 100, min: -7 }),
        histogram(a, { count: "0", bucketCounts: ["0", "0", "0", "0"] }),
        histogram({}, { min: undefined, max: undefined }),
        histogram({ host: "h3" }, { explicitBounds: [-5, -1, 3], min: undefined }),
        histogram(b, { flags: 1, exemplars }),
      ],
    },
  }),
  metric({
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [
        histogram(a, { explicitBounds: [], bucketCounts: ["10"] }),
        histogram(a, { explicitBounds: [], bucketCounts: ["10"], min: undefined }),
        histogram(b, { explicitBounds: [], bucketCounts: [] }),
        histogram(c, { bucketCounts: ["0", "0", "0", "10"], max: undefined }),
        histogram(c, { startTimeUnixNano: "9" }),
      ],
    },
  }),
  metric({
    histogram: { aggregationTemporality: 2, dataPoints: [histogram(a, { explicitBounds: [1] })] },
  }),
  metric({ histogram: { aggregationTemporality: 2, dataPoints: [histogram(a, { count: "99" })] } }),
  metric({
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        exponential(a, { exemplars }),
        exponential(b, { positive: { offset: 5, bucketCounts: ["0", "2"] }, sum: undefined }),
        exponential(c, { positive: { offset: -3, bucketCounts: ["1", "0", "4"] } }),
        exponential(a, { negative: { offset: 4, bucketCounts: ["0", "1", "0", "5"] } }),
        exponential({}, { negative: { offset: 0, bucketCounts: [] } }),
        exponential(b, { positive: { bucketCounts: [] }, zeroCount: "9", scale: 0 }),
        exponential(c, { count: "0" }),
        exponential(c, { scale: -2, positive: { offset: 1, bucketCounts: ["1", "9"] } }),
        exponential(a, { scale: 5, min: 1, max: 2 }),
      ],
    },
  }),
  metric({
    exponentialHistogram: { aggregationTemporality: 1, dataPoints: [exponential(a, {})] },
  }),
  metric({
    summary: {
      dataPoints: [summary(a, {}), summary(b, { count: "0" }), summary(c, { quantileValues: [] })],
    },
  }),
  metric({ gauge: { dataPoints: [point({}, {})] } }),
  metric({}),
];
const onMetrics: readonly string[] = [
  "extract_avg_metric()",
  'extract_avg_metric("")',
  'extract_avg_metric(suffix = ".mean")',
  ...["0.5", "50.0", "90.0", "99.9", "99.99999", "0.000001"].map(
    (percentile) => `extract_percentile_metric(${percentile})`,
  ),
  'extract_percentile_metric(95.0, "_p95")',
  'extract_percentile_metric(95.0, "")',
  "extract_percentile_metric(50)",
  "extract_percentile_metric(0.0)",
  "extract_percentile_metric(100.0)",
  'extract_percentile_metric("50")',
  "convert_summary_quantile_val_to_gauge()",
  'convert_summary_quantile_val_to_gauge("q", ".x")',
  'convert_summary_quantile_val_to_gauge(attribute_key = "host")',
  'convert_summary_quantile_val_to_gauge(suffix = "")',
  ...["sum", "mean", "min", "max", "median", "count"].flatMap((name) => [
    `aggregate_on_attributes("${name}", ["zone"])`,
    `aggregate_on_attributes("${name}", [])`,
    `aggregate_on_attributes("${name}")`,
    `aggregate_on_attribute_value("${name}", "host", ["h1", "h2"], "all")`,
  ]),
  'aggregate_on_attributes("avg", ["zone"])',
  'aggregate_on_attributes("SUM", ["zone"])',
  'aggregate_on_attributes("sum", ["zone", 1])',
  'aggregate_on_attributes("sum", "zone")',
  'aggregate_on_attribute_value("sum", "zone", [""], "z")',
  'aggregate_on_attribute_value("sum", "zone", [], "z")',
  'aggregate_on_attribute_value("nope", "zone", [], "z")',
  "extract_sum_metric(true)",
  'extract_count_metric(false, ".n")',
  "convert_sum_to_gauge()",
  'convert_gauge_to_sum("delta", true)',
  'convert_gauge_to_sum("x", true)',
  'copy_metric(name = "copy", unit = "s")',
  "scale_metric(0.001)",
  'scale_metric(10.0, "us")',
  "scale_metric(2)",
  "scale_metric(-2.0)",
  "extract_percentile_metric(-1.0)",
  "scale_metric(+2.0)",
];
const onPoints: readonly string[] = [
  "merge_histogram_buckets(5.0)",
  "merge_histogram_buckets(5)",
  'merge_histogram_buckets("5")',
  "merge_histogram_buckets(1)",
  "merge_histogram_buckets(20)",
  "merge_histogram_buckets(7.0)",
  "merge_histogram_buckets(nil)",
  'merge_histogram_buckets(attributes["nope"])',
  "merge_histogram_buckets(true)",
  ...["1", "2", "3", "4", "0", "1.5", "-2", "count", 'attributes["nope"]', "1.5 + 0.5"].map(
    (limit) => `merge_histogram_buckets(${limit}, "limit_buckets")`,
  ),
  'merge_histogram_buckets(2, method = "remove_explicit_bound")',
  'merge_histogram_buckets(2, "other")',
  'convert_summary_count_val_to_sum("cumulative", true)',
  'convert_summary_sum_val_to_sum("delta", false, ".s")',
];

const served = { "server.address": "s", "server.port": 80 } as const;
const named: readonly Attributes[] = [
  {},
  { "http.request.method": "GET", "http.route": "/a/{b}", "url.template": "/t" },
  { "http.method": "PUT" },
  { "http.request.method": "" },
  { "rpc.system": "grpc", "rpc.service": "S", "rpc.method": "M" },
  { "rpc.system.name": "jsonrpc", "rpc.method": "M" },
  { "rpc.system": "grpc", "rpc.grpc.service": "G" },
  { "rpc.system": "grpc" },
  { "db.system": "pg", "db.query.summary": "SELECT t" },
  { "db.system.name": "pg", "db.operation": "INSERT", "db.name": "n", "db.collection.name": "c" },
  { "db.system": "pg", "db.operation.name": "CALL", "db.stored_procedure.name": "p" },
  { "db.system": "pg", "db.namespace": "n" },
  { "db.system": "pg", ...served },
  { "db.system": "pg", "server.address": "s" },
  { "db.system": "pg" },
  { "messaging.system": "kafka", "messaging.operation.name": "send", ...served },
  { "messaging.system": "kafka", "messaging.destination.name": "d" },
  { "messaging.system": "kafka", "messaging.operation": "receive", "messaging.destination": "q" },
  { "messaging.system": "kafka", "messaging.destination.temporary": true },
  {
    "messaging.system": "kafka",
    "messaging.destination.temporary": "yes",
    "messaging.destination.anonymous": true,
    "messaging.operation.name": 7,
  },
  { "messaging.system": "kafka", "messaging.destination.template": "t/{x}" },
  { "messaging.system": "kafka", "messaging.operation.name": 2.5 },
  { "messaging.system": "kafka" },
];
const onSpans: readonly string[] = [
  'set_semconv_span_name("1.37.0")',
  'set_semconv_span_name("1.38.0", "original")',
];
const versions: readonly string[] = [
  "1.37",
  "v1.40.1",
  "1.43.0",
  "1.43.1",
  "1.36.9",
  "2.0.0",
  "x",
  "",
  "1.37.0-rc.1",
  "1.39.0+b",
  "1.43.0-rc.1",
  "1.42.0-rc1",
  "01.38.0",
  "1.38.0.1",
].map((version) => `set_semconv_span_name("${version}")`);

const lines: Readonly<Record<string, readonly string[]>> = {
  "ParseCEF(body)": [
    "",
    "no",
    "CEF:0|Vendor|Product|1.0|100|Name|10|src=10.0.0.1 dst=2.1.2.2 spt=1232",
    "Jan 18 host CEF:1|V\\|x|P\\\\y|1|id|n\\a|5|msg=a b  c= d  cs1Label=x_y a\\=b=c",
    "CEF:0|a|b|c|d|e|f",
    "CEF:0|a|b|c|d|e|f|",
    "CEF:0|a|b|c|d|e",
    "CEF:|a|b|c|d|e|f|x=1",
    "CEF:0|a|b|c|d|e|f|x=1|2 y=l\\nm\\r\\q\\\\ x=3  =4 héé=5 z==6 ",
    "CEF:0|||||||=x",
    "CEF:0|a\\",
  ],
  "ParseLEEF(body)": [
    "",
    "no",
    "LEEF:1.0",
    "LEEF:1.0|V|P|1|E|a=1\tb=2\tc\t=d\ta=3\te= f ",
    "LEEF:1.0|V|P|1|E",
    "LEEF:1.0|V|P|1",
    "LEEF:1.0|V|P",
    "LEEF:2.0|V|P|1|E|^|a=1^b=2|3",
    "LEEF:2.0|V|P|1|E|0x5e|a=1^b=2",
    "LEEF:2.0|V|P|1|E|0X09|a=1\tb=2",
    "LEEF:2.0|V|P|1|E|0x|a=1",
    "LEEF:2.0|V|P|1|E|0xzz|a=1",
    "LEEF:2.0|V|P|1|E|0x5e5e|a=1",
    "LEEF:2.0|V|P|1|E|ab|a=1",
    "LEEF:2.0|V|P|1|E|é|a=1",
    "LEEF:2.0|V|P|1|E||a=1\tb=2",
    "LEEF:2.0|V|P|1|E|a=1\tb=2|3",
    "LEEF:2.0|V|P|1|E",
    "LEEF:2.0|V|P|1|E|^",
    "LEEF:3.0|V|P|1|E|^|a=1",
    "<13> x LEEF:1.0|V|P|1|E|a==1",
  ],
  "ParseCLF(body)": [
    "",
    "no",
    '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326',
    '  h i u [t] "GET" 404 - \n',
    'h i u [t] "a b c d" 1 2',
    'h i u [t] "q \\"x\\" \\\\ \\t\\n\\xc3\\xa9\\x41\\xzz\\q" 1 2',
    'h i u [t] "x" two 2',
    'h i u [t] "x" 200 many',
    'h i u [t] "x" 99999999999999999999 1',
    'h i u [t] "x" 200 5 "ref" "agent"',
    'h i u [] "x" 200 5',
  ],
  'ParseCLF(body, "combined")': [
    'h i u [t] "GET / HTTP/1.1" 200 5 "http://r" "Mozilla \\"5\\""',
    'h i u [t] "x" 200 5',
    'h i u [t] "" 200 - "-" ""',
  ],
  'ParseCLF(body, format = "other")': ["x"],
  "ParseELF(body)": [
    "",
    "no",
    "#Version: 1.0\n#Fields: time cs-method cs-uri\n00:34:23 GET /foo/bar.html\n12:21:16 GET\n",
    '#version:1\r\n#FIELDS: a  b\tc\r\n"x ""y"" z" \t2 3 4\r#Software: s: t\n#Remark\n#Date: d',
    '#Version: 1\n#Fields: a\n"open',
    '#Version: 1\n#Fields: a\n"x""',
    '#Version: 1\n#Fields: a b\n"x"y z"w"',
    "#Version: 1\n#Fields a",
    "#Version: 1\n# fields",
    "#Version: 1\nx",
    "#Fields: a\nx",
    "#Version: 1\n#Fields: a a\nx y\n#Fields:\n",
    "#Version: 1\n#Fields: a\nx\n#Fields: b c\ny z\n#Start-Date: 1\n#End-Date: 2\n#Other: 3",
    "#Version: 1",
  ],
};

const accesses = [
  '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326',
  '::1 - a@b.org [01/Jan/2024:00:00:59 +0000] "-" 404 - "http://r/x" "curl/8 (x)"',
  "Oct 11 22:14:15 my-host su[231]: denied for john.doe@example.com at http://h:80/p?q=1",
  "<34>1 2003-10-11T22:14:15.003Z h.example.com evntslog 42 ID47 [x@1 k=v] text 0x1F -.5",
  "[Mon Dec 25 10:11:12 2023] [error] [client 10.0.0.1] no /usr/lib/x.so",
  "host_name 1.2.3.4:65536 12/31/1999 9:05 Warning",
];
const groks = [
  "COMMONAPACHELOG COMBINEDAPACHELOG SYSLOGLINE SYSLOG5424LINE CRONLOG HTTPD20_ERRORLOG",
  "EMAILADDRESS URI PATH IPORHOST BASE16NUM NUMBER LOGLEVEL DATESTAMP_EVENTLOG DATE TIME",
  "SYSLOGPROG QS BOOL",
]
  .flatMap((names) => names.split(" "))
  .flatMap((name) => [
    `set(attributes["out"], ExtractGrokPatterns(body, "%{${name}:x}"))`,
    `set(attributes["out"], ExtractGrokPatterns(body, "%{${name}}", false))`,
  ]);

const of = (
  context: Pair["context"],
  payloads: readonly object[],
  statements: readonly string[],
): Omit<Pair, "id">[] =>
  payloads.flatMap((payload) => statements.map((statement) => ({ context, statement, payload })));

/** Everything that is asked. */
export const transforms: readonly Pair[] = [
  ...of("metric", metrics, onMetrics),
  ...of(
    "datapoint",
    metrics.filter((_, i) => i < metrics.length - 1),
    onPoints,
  ),
  ...of(
    "span",
    [0, 1, 2, 3, 4, 5].flatMap((kind) => named.map((values) => span(kind, values))),
    onSpans,
  ),
  ...of(
    "span",
    [span(2, { "http.method": "GET" })],
    [...versions, 'set_semconv_span_name("1.37.0", "")', "set_semconv_span_name(1.37)"],
  ),
  ...Object.entries(lines).flatMap(([text, bodies]) =>
    of("log", bodies.map(log), [`set(attributes["out"], ${text})`]),
  ),
  ...of("log", accesses.map(log), groks),
  ...of("log", [log("x")], ['set(attributes["out"], "line\nand \\"line\\"\n")']),
  ...of(
    "span",
    [span(2, {})],
    [
      "set(flags, 4294967296)",
      "set(flags, -1)",
      "set(flags, 7)",
      'set(attributes["out"], IsEmpty(links))',
      'set(attributes["out"], IsEmpty(status))',
    ],
  ),
  ...of("log", [log("x")], ['set(body, Concat(attributes["nope"], ":"))']),
  ...of("log", [log("x")], ['set(attributes["out"], ParseCEF(attributes["nope"]))']),
].map((asked, id) => ({ id, ...asked }));

/** Points have no order; the last digits of a double are not promised. */
function plain(value: JsonValue): JsonValue {
  if (typeof value === "number") return Number(value.toPrecision(12));
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(plain);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const told = plain(inner);
      if (key !== "dataPoints") return [key, told];
      const points = (told as readonly JsonValue[]).map((one) => JSON.stringify(one));
      return [key, points.toSorted()];
    }),
  );
}

/** `r`, `f`, or `d` with what stands for the record afterwards. */
export const told = ({ kind, after }: Verdict): string =>
  kind === "done" ? `d${shortHash(plain(after))}` : kind[0]!;
