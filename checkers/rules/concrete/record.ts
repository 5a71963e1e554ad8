/**
 * One record as plain data, and as OTLP/JSON. A payload with one resource, one scope and one item is
 * what the questions are about; what was found is printed in this form.
 */

import type { Json } from "../../../core/trace.ts";
import type { Signal } from "../collector/sections.ts";

export type Value =
  | { readonly tag: "Empty" }
  | { readonly tag: "Str"; readonly value: string }
  | { readonly tag: "Int"; readonly value: bigint }
  | { readonly tag: "Dbl"; readonly value: number }
  | { readonly tag: "Bool"; readonly value: boolean }
  | { readonly tag: "Bytes"; readonly value: Uint8Array }
  | { readonly tag: "Map"; readonly value: ReadonlyMap<string, Value> }
  | { readonly tag: "List"; readonly value: readonly Value[] };

/** Values by leaf, e.g. `log.body`; leaves that are left out have their default. */
export type PlainRecord = ReadonlyMap<string, Value>;

function anyValue(value: Value): Json {
  switch (value.tag) {
    case "Empty":
      return {};
    case "Str":
      return { stringValue: value.value };
    case "Int":
      return { intValue: value.value.toString() };
    case "Dbl":
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) };
    case "Bool":
      return { boolValue: value.value };
    case "Bytes":
      return { bytesValue: Buffer.from(value.value).toString("base64") };
    case "Map":
      return { kvlistValue: { values: keyValues(value.value) } };
    case "List":
      return { arrayValue: { values: value.value.map(anyValue) } };
  }
}

const keyValues = (entries: ReadonlyMap<string, Value>): Json[] =>
  [...entries].map(([key, value]) => ({ key, value: anyValue(value) }));

class Reader {
  readonly #record: PlainRecord;
  constructor(record: PlainRecord) {
    this.#record = record;
  }

  attributes(leaf: string, name = "attributes"): { readonly [key: string]: Json } {
    const value = this.#record.get(leaf);
    return value?.tag === "Map" && value.value.size > 0 ? { [name]: keyValues(value.value) } : {};
  }

  /** `{ name: value }` where the leaf was given. */
  field(leaf: string, name: string): { readonly [key: string]: Json } {
    const value = this.#record.get(leaf);
    switch (value?.tag) {
      case "Str":
      case "Bool":
        return { [name]: value.value };
      case "Int":
        // 64-bit fields are decimal strings in OTLP/JSON, smaller ones are numbers.
        return { [name]: /Nano$|asInt/.test(name) ? value.value.toString() : Number(value.value) };
      case "Dbl":
        return { [name]: Number.isFinite(value.value) ? value.value : String(value.value) };
      case "Bytes":
        return value.value.every((byte) => byte === 0)
          ? {}
          : { [name]: Buffer.from(value.value).toString("hex") };
      default:
        return {};
    }
  }

  any(leaf: string, name: string): { readonly [key: string]: Json } {
    const value = this.#record.get(leaf);
    return value === undefined || value.tag === "Empty" ? {} : { [name]: anyValue(value) };
  }
}

/** The record as an OTLP/JSON export request. */
export function toOtlp(signal: Signal, record: PlainRecord): Json {
  const read = new Reader(record);
  const resource = {
    ...read.attributes("resource.attributes"),
    ...read.field("resource.dropped_attributes_count", "droppedAttributesCount"),
  };
  const scope = {
    ...read.field("scope.name", "name"),
    ...read.field("scope.version", "version"),
    ...read.attributes("scope.attributes"),
    ...read.field("scope.dropped_attributes_count", "droppedAttributesCount"),
  };
  const around = (list: string, group: string, item: Json): Json => ({
    [list]: [
      {
        resource,
        ...read.field("resource.schema_url", "schemaUrl"),
        [group]: [
          { scope, ...read.field("scope.schema_url", "schemaUrl"), [itemName[group]!]: [item] },
        ],
      },
    ],
  });
  switch (signal) {
    case "logs":
      return around("resourceLogs", "scopeLogs", logRecord(read));
    case "traces":
      return around("resourceSpans", "scopeSpans", span(read));
    default:
      return around("resourceMetrics", "scopeMetrics", metric(read, record));
  }
}

const itemName: Readonly<Record<string, string>> = {
  scopeLogs: "logRecords",
  scopeSpans: "spans",
  scopeMetrics: "metrics",
};

const logRecord = (read: Reader): Json => ({
  ...read.field("log.time_unix_nano", "timeUnixNano"),
  ...read.field("log.observed_time_unix_nano", "observedTimeUnixNano"),
  ...read.field("log.severity_number", "severityNumber"),
  ...read.field("log.severity_text", "severityText"),
  ...read.any("log.body", "body"),
  ...read.attributes("log.attributes"),
  ...read.field("log.dropped_attributes_count", "droppedAttributesCount"),
  ...read.field("log.flags", "flags"),
  ...read.field("log.trace_id", "traceId"),
  ...read.field("log.span_id", "spanId"),
  ...read.field("log.event_name", "eventName"),
});

const span = (read: Reader): Json => ({
  ...read.field("span.trace_id", "traceId"),
  ...read.field("span.span_id", "spanId"),
  ...read.field("span.parent_span_id", "parentSpanId"),
  ...read.field("span.trace_state", "traceState"),
  ...read.field("span.name", "name"),
  ...read.field("span.kind", "kind"),
  ...read.field("span.start_time_unix_nano", "startTimeUnixNano"),
  ...read.field("span.end_time_unix_nano", "endTimeUnixNano"),
  ...read.attributes("span.attributes"),
  ...read.field("span.dropped_attributes_count", "droppedAttributesCount"),
  ...read.field("span.dropped_events_count", "droppedEventsCount"),
  ...read.field("span.dropped_links_count", "droppedLinksCount"),
  ...read.field("span.flags", "flags"),
  status: {
    ...read.field("span.status.code", "code"),
    ...read.field("span.status.message", "message"),
  },
  events: [
    {
      ...read.field("spanevent.name", "name"),
      ...read.field("spanevent.time_unix_nano", "timeUnixNano"),
      ...read.attributes("spanevent.attributes"),
      ...read.field("spanevent.dropped_attributes_count", "droppedAttributesCount"),
    },
  ],
});

/** Containers of data points by `metric.type`: gauge, sum, histogram, exponential, summary. */
const containers = ["", "gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;

/** What the questions do not look into, so that rules about it have something to work on. */
const contentsOf: Readonly<Record<string, { readonly [name: string]: Json }>> = {
  histogram: {
    count: "7",
    sum: 30,
    explicitBounds: [1, 5, 20],
    bucketCounts: ["1", "2", "3", "1"],
  },
  exponentialHistogram: {
    count: "4",
    sum: 9,
    scale: 0,
    zeroCount: "1",
    positive: { offset: 0, bucketCounts: ["2", "1"] },
  },
  summary: { count: "4", sum: 10, quantileValues: [{ quantile: 0.5, value: 2 }] },
};

function metric(read: Reader, record: PlainRecord): Json {
  const type = record.get("metric.type");
  const container = containers[Number(type?.tag === "Int" ? type.value : 1n)] ?? "gauge";
  const value = record.get("datapoint.value");
  const isNumber = container === "gauge" || container === "sum";
  const point = {
    ...read.attributes("datapoint.attributes"),
    ...read.field("datapoint.time_unix_nano", "timeUnixNano"),
    ...read.field("datapoint.start_time_unix_nano", "startTimeUnixNano"),
    ...read.field("datapoint.flags", "flags"),
    ...(isNumber && value?.tag === "Int" ? read.field("datapoint.value", "asInt") : {}),
    ...(isNumber && value?.tag === "Dbl" ? read.field("datapoint.value", "asDouble") : {}),
  };
  const contents = contentsOf[container] ?? {};
  const temporality = ["sum", "histogram", "exponentialHistogram"].includes(container)
    ? read.field("metric.aggregation_temporality", "aggregationTemporality")
    : {};
  const monotonic = container === "sum" ? read.field("metric.is_monotonic", "isMonotonic") : {};
  return {
    ...read.field("metric.name", "name"),
    ...read.field("metric.description", "description"),
    ...read.field("metric.unit", "unit"),
    ...read.attributes("metric.metadata", "metadata"),
    ...(container === ""
      ? {}
      : { [container]: { dataPoints: [{ ...point, ...contents }], ...temporality, ...monotonic } }),
  };
}
