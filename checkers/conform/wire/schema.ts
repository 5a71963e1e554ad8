/**
 * The messages of OTLP as data: number, JSON name and kind of each field. One table serves both
 * decoders, so what the judge knows of OTLP stands in one place and comes from no exporter.
 * Source: opentelemetry-proto 1.11.0, the .proto files of trace, metrics, logs, common, resource.
 */

/** `id`: bytes that OTLP/JSON writes in hexadecimal. `enum`: an integer, also in JSON. */
export type ScalarKind =
  | "string"
  | "bytes"
  | "id"
  | "bool"
  | "enum"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "int64"
  | "uint64"
  | "fixed64"
  | "sfixed64"
  | "double";

export interface FieldSchema {
  readonly number: number;
  readonly name: string;
  readonly kind: ScalarKind | "message";
  /** Name of the message, for `message`. */
  readonly message: string;
  readonly repeated: boolean;
  /** Present although it has its default value: a member of a oneof, or `optional`. */
  readonly presence: boolean;
}

export interface MessageSchema {
  readonly name: string;
  readonly byNumber: ReadonlyMap<number, FieldSchema>;
  readonly byName: ReadonlyMap<string, FieldSchema>;
}

/** One line a field: number, JSON name, kind; `*` is repeated, `?` has presence. */
const TEXT = `
ExportTraceServiceRequest: 1 resourceSpans *ResourceSpans
ResourceSpans: 1 resource Resource, 2 scopeSpans *ScopeSpans, 3 schemaUrl string
ScopeSpans: 1 scope InstrumentationScope, 2 spans *Span, 3 schemaUrl string
Span: 1 traceId id, 2 spanId id, 3 traceState string, 4 parentSpanId id, 5 name string, 6 kind enum, 7 startTimeUnixNano fixed64, 8 endTimeUnixNano fixed64, 9 attributes *KeyValue, 10 droppedAttributesCount uint32, 11 events *Event, 12 droppedEventsCount uint32, 13 links *Link, 14 droppedLinksCount uint32, 15 status Status, 16 flags fixed32
Event: 1 timeUnixNano fixed64, 2 name string, 3 attributes *KeyValue, 4 droppedAttributesCount uint32
Link: 1 traceId id, 2 spanId id, 3 traceState string, 4 attributes *KeyValue, 5 droppedAttributesCount uint32, 6 flags fixed32
Status: 2 message string, 3 code enum

ExportLogsServiceRequest: 1 resourceLogs *ResourceLogs
ResourceLogs: 1 resource Resource, 2 scopeLogs *ScopeLogs, 3 schemaUrl string
ScopeLogs: 1 scope InstrumentationScope, 2 logRecords *LogRecord, 3 schemaUrl string
LogRecord: 1 timeUnixNano fixed64, 2 severityNumber enum, 3 severityText string, 5 body AnyValue, 6 attributes *KeyValue, 7 droppedAttributesCount uint32, 8 flags fixed32, 9 traceId id, 10 spanId id, 11 observedTimeUnixNano fixed64, 12 eventName string

ExportMetricsServiceRequest: 1 resourceMetrics *ResourceMetrics
ResourceMetrics: 1 resource Resource, 2 scopeMetrics *ScopeMetrics, 3 schemaUrl string
ScopeMetrics: 1 scope InstrumentationScope, 2 metrics *Metric, 3 schemaUrl string
Metric: 1 name string, 2 description string, 3 unit string, 5 gauge Gauge, 7 sum Sum, 9 histogram Histogram, 10 exponentialHistogram ExponentialHistogram, 11 summary Summary, 12 metadata *KeyValue
Gauge: 1 dataPoints *NumberDataPoint
Sum: 1 dataPoints *NumberDataPoint, 2 aggregationTemporality enum, 3 isMonotonic bool
Histogram: 1 dataPoints *HistogramDataPoint, 2 aggregationTemporality enum
ExponentialHistogram: 1 dataPoints *ExponentialHistogramDataPoint, 2 aggregationTemporality enum
Summary: 1 dataPoints *SummaryDataPoint
NumberDataPoint: 2 startTimeUnixNano fixed64, 3 timeUnixNano fixed64, 4 asDouble ?double, 5 exemplars *Exemplar, 6 asInt ?sfixed64, 7 attributes *KeyValue, 8 flags uint32
HistogramDataPoint: 2 startTimeUnixNano fixed64, 3 timeUnixNano fixed64, 4 count fixed64, 5 sum ?double, 6 bucketCounts *fixed64, 7 explicitBounds *double, 8 exemplars *Exemplar, 9 attributes *KeyValue, 10 flags uint32, 11 min ?double, 12 max ?double
ExponentialHistogramDataPoint: 1 attributes *KeyValue, 2 startTimeUnixNano fixed64, 3 timeUnixNano fixed64, 4 count fixed64, 5 sum ?double, 6 scale sint32, 7 zeroCount fixed64, 8 positive Buckets, 9 negative Buckets, 10 flags uint32, 11 exemplars *Exemplar, 12 min ?double, 13 max ?double, 14 zeroThreshold double
Buckets: 1 offset sint32, 2 bucketCounts *uint64
SummaryDataPoint: 2 startTimeUnixNano fixed64, 3 timeUnixNano fixed64, 4 count fixed64, 5 sum double, 6 quantileValues *ValueAtQuantile, 7 attributes *KeyValue, 8 flags uint32
ValueAtQuantile: 1 quantile double, 2 value double
Exemplar: 2 timeUnixNano fixed64, 3 asDouble ?double, 4 spanId id, 5 traceId id, 6 asInt ?sfixed64, 7 filteredAttributes *KeyValue

Resource: 1 attributes *KeyValue, 2 droppedAttributesCount uint32, 3 entityRefs *EntityRef
EntityRef: 1 schemaUrl string, 2 type string, 3 idKeys *string, 4 descriptionKeys *string
InstrumentationScope: 1 name string, 2 version string, 3 attributes *KeyValue, 4 droppedAttributesCount uint32
KeyValue: 1 key string, 2 value AnyValue
AnyValue: 1 stringValue ?string, 2 boolValue ?bool, 3 intValue ?int64, 4 doubleValue ?double, 5 arrayValue ?ArrayValue, 6 kvlistValue ?KeyValueList, 7 bytesValue ?bytes
ArrayValue: 1 values *AnyValue
KeyValueList: 1 values *KeyValue

ExportTraceServiceResponse: 1 partialSuccess ?ExportTracePartialSuccess
ExportTracePartialSuccess: 1 rejectedSpans int64, 2 errorMessage string
ExportLogsServiceResponse: 1 partialSuccess ?ExportLogsPartialSuccess
ExportLogsPartialSuccess: 1 rejectedLogRecords int64, 2 errorMessage string
ExportMetricsServiceResponse: 1 partialSuccess ?ExportMetricsPartialSuccess
ExportMetricsPartialSuccess: 1 rejectedDataPoints int64, 2 errorMessage string
RpcStatus: 1 code enum, 2 message string, 3 details *Any
Any: 1 typeUrl string, 2 value bytes
`;

const SCALARS = new Set<string>(
  "string bytes id bool enum uint32 sint32 fixed32 int64 uint64 fixed64 sfixed64 double".split(" "),
);

function parseField(text: string): FieldSchema {
  const [number, name, type] = text.trim().split(" ") as [string, string, string];
  const mark = type[0] === "*" || type[0] === "?" ? type[0] : "";
  const kind = type.slice(mark.length);
  const isScalar = SCALARS.has(kind);
  return {
    number: Number(number),
    name,
    kind: isScalar ? (kind as ScalarKind) : "message",
    message: isScalar ? "" : kind,
    repeated: mark === "*",
    presence: mark === "?",
  };
}

const messages = new Map<string, MessageSchema>(
  TEXT.split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon);
      const fields = line
        .slice(colon + 1)
        .split(",")
        .map(parseField);
      return [
        name,
        {
          name,
          byNumber: new Map(fields.map((field) => [field.number, field])),
          byName: new Map(fields.map((field) => [field.name, field])),
        },
      ];
    }),
);

/** @throws when there is no such message: a fault of the table. */
export function messageSchema(name: string): MessageSchema {
  const found = messages.get(name);
  if (found === undefined) throw new Error(`no OTLP message is called ${name}`);
  return found;
}
