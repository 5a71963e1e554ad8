/** The messages of OTLP: names and numbers of the fields, and how each is written. */

export type Scalar =
  | "string"
  | "bool"
  | "double"
  | "uint32"
  | "fixed32"
  | "sint32"
  | "enum"
  | "fixed64"
  | "sfixed64"
  | "id"
  | "any"
  | "map"
  | "doubles"
  | "fixed64s"
  | "uint64s";

export interface FieldSchema {
  readonly name: string;
  readonly number: number;
  readonly type: Scalar | "message" | "messages";
  readonly message?: MessageSchema;
  /** Null when absent, instead of the zero value. */
  readonly optional?: true;
  /** Names by which JSON calls it, when not by `name`. */
  readonly json?: string;
}
export interface MessageSchema {
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

type Row = readonly [name: string, number: number, type: Scalar, optional?: "optional"];
type Nested = readonly [
  name: string,
  number: number,
  type: "message" | "messages",
  message: MessageSchema,
  optional?: "optional" | undefined,
  json?: string,
];

function message(name: string, ...rows: readonly (Row | Nested)[]): MessageSchema {
  return {
    name,
    fields: rows.map((row) => ({
      name: row[0],
      number: row[1],
      type: row[2],
      ...(typeof row[3] === "object" ? { message: row[3] } : {}),
      ...(row[3] === "optional" || row[4] === "optional" ? { optional: true as const } : {}),
      ...(row[5] === undefined ? {} : { json: row[5] }),
    })),
  };
}

const resource = message(
  "Resource",
  ["attributes", 1, "map"],
  ["droppedAttributesCount", 2, "uint32"],
);
const scope = message(
  "InstrumentationScope",
  ["name", 1, "string"],
  ["version", 2, "string"],
  ["attributes", 3, "map"],
  ["droppedAttributesCount", 4, "uint32"],
);
const logRecord = message(
  "LogRecord",
  ["timeUnixNano", 1, "fixed64"],
  ["observedTimeUnixNano", 11, "fixed64"],
  ["severityNumber", 2, "enum"],
  ["severityText", 3, "string"],
  ["body", 5, "any"],
  ["attributes", 6, "map"],
  ["droppedAttributesCount", 7, "uint32"],
  ["flags", 8, "fixed32"],
  ["traceId", 9, "id"],
  ["spanId", 10, "id"],
  ["eventName", 12, "string"],
);
const event = message(
  "Event",
  ["timeUnixNano", 1, "fixed64"],
  ["name", 2, "string"],
  ["attributes", 3, "map"],
  ["droppedAttributesCount", 4, "uint32"],
);
const link = message(
  "Link",
  ["traceId", 1, "id"],
  ["spanId", 2, "id"],
  ["traceState", 3, "string"],
  ["attributes", 4, "map"],
  ["droppedAttributesCount", 5, "uint32"],
  ["flags", 6, "fixed32"],
);
const status = message("Status", ["message", 2, "string"], ["code", 3, "enum"]);
const span = message(
  "Span",
  ["traceId", 1, "id"],
  ["spanId", 2, "id"],
  ["traceState", 3, "string"],
  ["parentSpanId", 4, "id"],
  ["flags", 16, "fixed32"],
  ["name", 5, "string"],
  ["kind", 6, "enum"],
  ["startTimeUnixNano", 7, "fixed64"],
  ["endTimeUnixNano", 8, "fixed64"],
  ["attributes", 9, "map"],
  ["droppedAttributesCount", 10, "uint32"],
  ["events", 11, "messages", event],
  ["droppedEventsCount", 12, "uint32"],
  ["links", 13, "messages", link],
  ["droppedLinksCount", 14, "uint32"],
  ["status", 15, "message", status],
);
const exemplar = message(
  "Exemplar",
  ["filteredAttributes", 7, "map"],
  ["timeUnixNano", 2, "fixed64"],
  ["asDouble", 3, "double", "optional"],
  ["asInt", 6, "sfixed64", "optional"],
  ["spanId", 4, "id"],
  ["traceId", 5, "id"],
);
const numberPoint = message(
  "NumberDataPoint",
  ["attributes", 7, "map"],
  ["startTimeUnixNano", 2, "fixed64"],
  ["timeUnixNano", 3, "fixed64"],
  ["flags", 8, "uint32"],
  ["asDouble", 4, "double", "optional"],
  ["asInt", 6, "sfixed64", "optional"],
  ["exemplars", 5, "messages", exemplar],
);
const histogramPoint = message(
  "HistogramDataPoint",
  ["attributes", 9, "map"],
  ["startTimeUnixNano", 2, "fixed64"],
  ["timeUnixNano", 3, "fixed64"],
  ["flags", 10, "uint32"],
  ["count", 4, "fixed64"],
  ["sum", 5, "double", "optional"],
  ["bucketCounts", 6, "fixed64s"],
  ["explicitBounds", 7, "doubles"],
  ["exemplars", 8, "messages", exemplar],
  ["min", 11, "double", "optional"],
  ["max", 12, "double", "optional"],
);
const buckets = message("Buckets", ["offset", 1, "sint32"], ["bucketCounts", 2, "uint64s"]);
const exponentialPoint = message(
  "ExponentialHistogramDataPoint",
  ["attributes", 1, "map"],
  ["startTimeUnixNano", 2, "fixed64"],
  ["timeUnixNano", 3, "fixed64"],
  ["flags", 10, "uint32"],
  ["count", 4, "fixed64"],
  ["sum", 5, "double", "optional"],
  ["scale", 6, "sint32"],
  ["zeroCount", 7, "fixed64"],
  ["positive", 8, "message", buckets],
  ["negative", 9, "message", buckets],
  ["exemplars", 11, "messages", exemplar],
  ["min", 12, "double", "optional"],
  ["max", 13, "double", "optional"],
  ["zeroThreshold", 14, "double"],
);
const quantile = message("ValueAtQuantile", ["quantile", 1, "double"], ["value", 2, "double"]);
const summaryPoint = message(
  "SummaryDataPoint",
  ["attributes", 7, "map"],
  ["startTimeUnixNano", 2, "fixed64"],
  ["timeUnixNano", 3, "fixed64"],
  ["flags", 8, "uint32"],
  ["count", 4, "fixed64"],
  ["sum", 5, "double"],
  ["quantileValues", 6, "messages", quantile],
);
const gauge = message("Gauge", ["dataPoints", 1, "messages", numberPoint]);
const sum = message(
  "Sum",
  ["dataPoints", 1, "messages", numberPoint],
  ["aggregationTemporality", 2, "enum"],
  ["isMonotonic", 3, "bool"],
);
const histogram = message(
  "Histogram",
  ["dataPoints", 1, "messages", histogramPoint],
  ["aggregationTemporality", 2, "enum"],
);
const exponential = message(
  "ExponentialHistogram",
  ["dataPoints", 1, "messages", exponentialPoint],
  ["aggregationTemporality", 2, "enum"],
);
const summary = message("Summary", ["dataPoints", 1, "messages", summaryPoint]);
const metric = message(
  "Metric",
  ["name", 1, "string"],
  ["description", 2, "string"],
  ["unit", 3, "string"],
  ["gauge", 5, "message", gauge, "optional"],
  ["sum", 7, "message", sum, "optional"],
  ["histogram", 9, "message", histogram, "optional"],
  ["exponentialHistogram", 10, "message", exponential, "optional"],
  ["summary", 11, "message", summary, "optional"],
  ["metadata", 12, "map"],
);

const none = message("None");
const scopeItem = (items: readonly [string, MessageSchema]): MessageSchema => {
  const of = (name: string): Nested =>
    items[0] === name ? [name, 2, "messages", items[1]] : [name, 1000, "messages", none];
  return message(
    "Scope",
    ["scope", 1, "message", scope],
    ["schemaUrl", 3, "string"],
    of("logRecords"),
    of("spans"),
    of("metrics"),
  );
};
const root = (
  resources: string,
  scopes: string,
  items: readonly [string, MessageSchema],
): MessageSchema =>
  message("Data", [
    "resources",
    1,
    "messages",
    message(
      "ResourceItem",
      ["resource", 1, "message", resource],
      ["schemaUrl", 3, "string"],
      ["scopes", 2, "messages", scopeItem(items), undefined, scopes],
    ),
    undefined,
    resources,
  ]);

export const payloads = {
  logs: root("resourceLogs", "scopeLogs", ["logRecords", logRecord]),
  traces: root("resourceSpans", "scopeSpans", ["spans", span]),
  metrics: root("resourceMetrics", "scopeMetrics", ["metrics", metric]),
} as const;

/** A message with the zero value in every field. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the schema decides what it is
export function zero<T>(schema: MessageSchema): T {
  const out: Record<string, unknown> = {};
  for (const field of schema.fields) out[field.name] = zeroOf(field);
  return out as T;
}

export function zeroOf(field: FieldSchema): unknown {
  if (field.optional === true) return null;
  switch (field.type) {
    case "message":
      return zero(field.message!);
    case "messages":
    case "doubles":
    case "fixed64s":
    case "uint64s":
      return [];
    case "string":
    case "id":
      return "";
    case "bool":
      return false;
    case "fixed64":
    case "sfixed64":
      return 0n;
    case "map":
      return new Map();
    case "any":
      return null;
    default:
      return 0;
  }
}
