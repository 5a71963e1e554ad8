/** Records as OTLP defines them, mutable, with attributes as maps and every field present. */

import type { Val, ValMap } from "../runtime/value.ts";

export type Signal = "logs" | "traces" | "metrics";

export interface Resource {
  attributes: ValMap;
  droppedAttributesCount: number;
}
export interface Scope {
  name: string;
  version: string;
  attributes: ValMap;
  droppedAttributesCount: number;
}
export interface LogRecord {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  body: Val;
  attributes: ValMap;
  droppedAttributesCount: number;
  flags: number;
  traceId: string;
  spanId: string;
  eventName: string;
}
export interface SpanEvent {
  timeUnixNano: bigint;
  name: string;
  attributes: ValMap;
  droppedAttributesCount: number;
}
export interface SpanLink {
  traceId: string;
  spanId: string;
  traceState: string;
  attributes: ValMap;
  droppedAttributesCount: number;
  flags: number;
}
export interface SpanStatus {
  message: string;
  code: number;
}
export interface Span {
  traceId: string;
  spanId: string;
  traceState: string;
  parentSpanId: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  attributes: ValMap;
  droppedAttributesCount: number;
  events: SpanEvent[];
  droppedEventsCount: number;
  links: SpanLink[];
  droppedLinksCount: number;
  status: SpanStatus;
}
export interface Exemplar {
  filteredAttributes: ValMap;
  timeUnixNano: bigint;
  asDouble: number | null;
  asInt: bigint | null;
  spanId: string;
  traceId: string;
}
interface AnyPoint {
  attributes: ValMap;
  startTimeUnixNano: bigint;
  timeUnixNano: bigint;
  flags: number;
}
export interface NumberPoint extends AnyPoint {
  asDouble: number | null;
  asInt: bigint | null;
  exemplars: Exemplar[];
}
export interface HistogramPoint extends AnyPoint {
  count: bigint;
  sum: number | null;
  bucketCounts: bigint[];
  explicitBounds: number[];
  exemplars: Exemplar[];
  min: number | null;
  max: number | null;
}
export interface Buckets {
  offset: number;
  bucketCounts: bigint[];
}
export interface ExponentialPoint extends AnyPoint {
  count: bigint;
  sum: number | null;
  scale: number;
  zeroCount: bigint;
  positive: Buckets;
  negative: Buckets;
  exemplars: Exemplar[];
  min: number | null;
  max: number | null;
  zeroThreshold: number;
}
export interface Quantile {
  quantile: number;
  value: number;
}
export interface SummaryPoint extends AnyPoint {
  count: bigint;
  sum: number;
  quantileValues: Quantile[];
}
export type DataPoint = NumberPoint | HistogramPoint | ExponentialPoint | SummaryPoint;

/** At most one kind of data is not null. */
export interface Metric {
  name: string;
  description: string;
  unit: string;
  gauge: { dataPoints: NumberPoint[] } | null;
  sum: { dataPoints: NumberPoint[]; aggregationTemporality: number; isMonotonic: boolean } | null;
  histogram: { dataPoints: HistogramPoint[]; aggregationTemporality: number } | null;
  exponentialHistogram: { dataPoints: ExponentialPoint[]; aggregationTemporality: number } | null;
  summary: { dataPoints: SummaryPoint[] } | null;
  metadata: ValMap;
}

export interface ScopeItem {
  scope: Scope;
  schemaUrl: string;
  /** Of the signal of the payload; the others are empty. */
  logRecords: LogRecord[];
  spans: Span[];
  metrics: Metric[];
}
export interface ResourceItem {
  resource: Resource;
  schemaUrl: string;
  scopes: ScopeItem[];
}
export interface Payload {
  readonly signal: Signal;
  readonly resources: ResourceItem[];
}
