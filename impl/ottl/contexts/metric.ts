/** Paths of a metric, its data points and their exemplars. */

import type {
  Buckets,
  ExponentialPoint,
  HistogramPoint,
  Metric,
  NumberPoint,
  SummaryPoint,
} from "../otlp/model.ts";
import type { Accessor } from "../runtime/access.ts";
import type { Item } from "../runtime/item.ts";
import { fail, Part, type Val } from "../runtime/value.ts";
import {
  copyBuckets,
  counts,
  expected,
  id,
  listOf,
  map,
  small,
  text,
  time,
  type Context,
  type PathDefinition,
} from "./fields.ts";

const of = (item: Item) => item.metric!;

const dataKinds = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;
const pointSlices: Readonly<Record<(typeof dataKinds)[number], string>> = {
  gauge: "pmetric.NumberDataPointSlice",
  sum: "pmetric.NumberDataPointSlice",
  histogram: "pmetric.HistogramDataPointSlice",
  exponentialHistogram: "pmetric.ExponentialHistogramDataPointSlice",
  summary: "pmetric.SummaryDataPointSlice",
};

/** As the enums METRIC_DATA_TYPE_… count. */
export const metricType = (metric: Metric): number =>
  dataKinds.findIndex((kind) => metric[kind] !== null) + 1;

const temporal = (metric: Metric) => metric.sum ?? metric.histogram ?? metric.exponentialHistogram;

export const metric: Context = {
  name: text(of, "name"),
  description: text(of, "description"),
  unit: text(of, "unit"),
  type: () => ({ get: (item) => BigInt(metricType(of(item))), set: () => {} }),
  aggregation_temporality: () => ({
    get: (item) => {
      const data = temporal(of(item));
      return data === null ? null : BigInt(data.aggregationTemporality);
    },
    set: (item, value) => {
      if (typeof value !== "bigint") return expected(value, "int64");
      const data = temporal(of(item));
      if (data !== null) data.aggregationTemporality = Number(BigInt.asIntN(32, value));
    },
  }),
  is_monotonic: () => ({
    get: (item) => of(item).sum?.isMonotonic ?? null,
    set: (item, value) => {
      if (typeof value !== "boolean") return expected(value, "bool");
      const { sum } = of(item);
      if (sum !== null) sum.isMonotonic = value;
    },
  }),
  data_points: () => ({
    get: (item) => {
      const kind = dataKinds.find((name) => of(item)[name] !== null);
      return kind === undefined ? null : new Part(pointSlices[kind], of(item)[kind]!.dataPoints);
    },
    set: (item, value) => {
      const kind = dataKinds.find((name) => of(item)[name] !== null);
      if (kind === undefined) return;
      const data = of(item)[kind] as { dataPoints: unknown[] };
      if (value === null) data.dataPoints = [];
      else if (value instanceof Part && value.type === pointSlices[kind]) {
        data.dataPoints = structuredClone(value.value) as unknown[];
      } else expected(value, pointSlices[kind]);
    },
  }),
  metadata: map((item) => of(item).metadata),
};

const point = (item: Item) => item.dataPoint!;
const isNumber = (value: unknown): value is NumberPoint => Object.hasOwn(value as object, "asInt");
const isHistogram = (value: unknown): value is HistogramPoint =>
  Object.hasOwn(value as object, "explicitBounds");
const isExponential = (value: unknown): value is ExponentialPoint =>
  Object.hasOwn(value as object, "scale");
const isSummary = (value: unknown): value is SummaryPoint =>
  Object.hasOwn(value as object, "quantileValues");

const start = time(point, "startTimeUnixNano");
const at = time(point, "timeUnixNano");

/** A field that only some kinds of points have; the others read as nil and refuse a value. */
function when<T>(
  is: (value: unknown) => value is T,
  type: string,
  read: (value: T) => Val,
  write: (value: T, to: Val) => void,
): PathDefinition {
  const accessor: Accessor = {
    get: (item) => {
      const value = point(item);
      return is(value) ? read(value) : null;
    },
    set: (item, to) => {
      const value: unknown = point(item);
      if (!is(value)) return fail(`unsupported data point type: expects ${type}`);
      write(value, to);
    },
  };
  return () => accessor;
}

const counted = (value: unknown): value is HistogramPoint | ExponentialPoint | SummaryPoint =>
  !isNumber(value);
const sampled = (value: unknown): value is NumberPoint | HistogramPoint | ExponentialPoint =>
  !isSummary(value);

const number = (value: Val): number =>
  typeof value === "number" ? value : expected(value, "float64");
const integer = (value: Val): bigint =>
  typeof value === "bigint" ? value : expected(value, "int64");

function buckets(name: "positive" | "negative"): PathDefinition {
  const whole = when<ExponentialPoint>(
    isExponential,
    "pmetric.ExponentialHistogramDataPoint",
    (value) => new Part("pmetric.ExponentialHistogramDataPointBuckets", value[name]),
    (value, to) => {
      const type = "pmetric.ExponentialHistogramDataPointBuckets";
      if (!(to instanceof Part) || to.type !== type) return expected(to, type);
      value[name] = copyBuckets(to.value as Buckets);
    },
  );
  const offset = when<ExponentialPoint>(
    isExponential,
    "pmetric.ExponentialHistogramDataPoint",
    (value) => BigInt(value[name].offset),
    (value, to) => {
      value[name].offset = Number(BigInt.asIntN(32, integer(to)));
    },
  );
  const bucketCounts = counts((item) => {
    const value = point(item);
    return isExponential(value) ? value[name] : null;
  }, "pmetric.ExponentialHistogramDataPoint");
  return (steps) => {
    if (steps.length === 1) return whole(steps);
    if (steps[1]!.name === "offset") return offset(steps);
    return steps[1]!.name === "bucket_counts" ? bucketCounts : null;
  };
}

export const datapoint: Context = {
  attributes: map((item) => point(item).attributes),
  start_time_unix_nano: start.nano,
  start_time: start.at,
  time_unix_nano: at.nano,
  time: at.at,
  value_double: when(
    isNumber,
    "pmetric.NumberDataPoint",
    (value) => value.asDouble ?? 0,
    (value, to) => {
      value.asDouble = number(to);
      value.asInt = null;
    },
  ),
  value_int: when(
    isNumber,
    "pmetric.NumberDataPoint",
    (value) => value.asInt ?? 0n,
    (value, to) => {
      value.asInt = integer(to);
      value.asDouble = null;
    },
  ),
  exemplars: when(
    sampled,
    "a data point with exemplars",
    (value) => new Part("pmetric.ExemplarSlice", value.exemplars),
    (value, to) => {
      if (to === null) value.exemplars = [];
      else if (to instanceof Part && to.type === "pmetric.ExemplarSlice") {
        value.exemplars = structuredClone(to.value) as typeof value.exemplars;
      } else expected(to, "pmetric.ExemplarSlice");
    },
  ),
  flags: small(point, "flags", "uint32"),
  count: when(
    counted,
    "a histogram or summary",
    (value) => BigInt.asIntN(64, value.count),
    (value, to) => {
      value.count = BigInt.asUintN(64, integer(to));
    },
  ),
  sum: when(
    counted,
    "a histogram or summary",
    (value) => value.sum ?? 0,
    (value, to) => {
      value.sum = number(to);
    },
  ),
  explicit_bounds: when(
    isHistogram,
    "pmetric.HistogramDataPoint",
    (value) => [...value.explicitBounds],
    (value, to) => {
      value.explicitBounds = listOf(to, "number", "float64");
    },
  ),
  bucket_counts: () =>
    counts((item) => {
      const value = point(item);
      return isHistogram(value) ? value : null;
    }, "pmetric.HistogramDataPoint"),
  scale: when(
    isExponential,
    "pmetric.ExponentialHistogramDataPoint",
    (value) => BigInt(value.scale),
    (value, to) => {
      value.scale = Number(BigInt.asIntN(32, integer(to)));
    },
  ),
  zero_count: when(
    isExponential,
    "pmetric.ExponentialHistogramDataPoint",
    (value) => BigInt.asIntN(64, value.zeroCount),
    (value, to) => {
      value.zeroCount = BigInt.asUintN(64, integer(to));
    },
  ),
  positive: buckets("positive"),
  negative: buckets("negative"),
  quantile_values: when(
    isSummary,
    "pmetric.SummaryDataPoint",
    (value) => new Part("pmetric.SummaryDataPointValueAtQuantileSlice", value.quantileValues),
    (value, to) => {
      const type = "pmetric.SummaryDataPointValueAtQuantileSlice";
      if (to === null) value.quantileValues = [];
      else if (to instanceof Part && to.type === type) {
        value.quantileValues = structuredClone(to.value) as typeof value.quantileValues;
      } else expected(to, type);
    },
  ),
};

const sample = (item: Item) => item.exemplar!;
const taken = time(sample, "timeUnixNano");

export const exemplar: Context = {
  time_unix_nano: taken.nano,
  time: taken.at,
  double_value: () => ({
    get: (item) => sample(item).asDouble ?? 0,
    set: (item, value) => {
      sample(item).asDouble = number(value);
      sample(item).asInt = null;
    },
  }),
  int_value: () => ({
    get: (item) => sample(item).asInt ?? 0n,
    set: (item, value) => {
      sample(item).asInt = integer(value);
      sample(item).asDouble = null;
    },
  }),
  trace_id: id(sample, "traceId", "trace"),
  span_id: id(sample, "spanId", "span"),
  filtered_attributes: map((item) => sample(item).filteredAttributes),
};
