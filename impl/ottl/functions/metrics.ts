/** Functions of the transform, filter and routing components for metrics and routes. */

import type {
  Exemplar,
  ExponentialPoint,
  HistogramPoint,
  Metric,
  NumberPoint,
  SummaryPoint,
} from "../otlp/model.ts";
import { arg, define, opt, type FunctionSpec, type Parameter, type Bound } from "../registry.ts";
import type { Item } from "../runtime/item.ts";
import { truncate64 } from "../runtime/text.ts";
import { fail, type ValMap } from "../runtime/value.ts";

export const transformed = {
  symbolic: "out of model",
  components: ["transform"],
  contexts: ["metric"],
} as const;

const temporalities: Readonly<Record<string, number>> = { delta: 1, cumulative: 2 };
function temporalityNamed(name: string): number {
  const found = Object.hasOwn(temporalities, name) ? temporalities[name] : undefined;
  if (found === undefined) throw new Error(`unknown aggregation temporality: ${name}`);
  return found;
}

type Counted = HistogramPoint | ExponentialPoint | SummaryPoint;

/** Histograms and summaries; these count as cumulative. */
function counted(
  metric: Metric,
  name: string,
): { readonly points: readonly Counted[]; readonly temporality: number } {
  const histogram = metric.histogram ?? metric.exponentialHistogram;
  if (histogram !== null && histogram.aggregationTemporality !== 0) {
    return { points: histogram.dataPoints, temporality: histogram.aggregationTemporality };
  }
  if (metric.summary !== null) return { points: metric.summary.dataPoints, temporality: 2 };
  return fail(
    `${name} requires an input metric of type Histogram, ExponentialHistogram or Summary`,
  );
}

/** A metric of numbers, named and described after another. */
export const numberMetric = (
  from: Metric,
  name: string,
  data: Pick<Metric, "sum"> | Pick<Metric, "gauge">,
): Metric => ({
  name,
  description: from.description,
  unit: from.unit,
  gauge: null,
  sum: null,
  histogram: null,
  exponentialHistogram: null,
  summary: null,
  metadata: new Map(),
  ...data,
});

export const pointFrom = (
  point: HistogramPoint | ExponentialPoint | SummaryPoint,
  value: number | bigint,
): NumberPoint => ({
  attributes: structuredClone(point.attributes),
  startTimeUnixNano: point.startTimeUnixNano,
  timeUnixNano: point.timeUnixNano,
  flags: 0,
  asDouble: typeof value === "number" ? value : null,
  asInt: typeof value === "bigint" ? value : null,
  exemplars: [],
});

/** New metrics are put behind the others, where statements meet them later. */
export function added(item: Item, metric: Metric): null {
  if ((metric.sum ?? metric.gauge)!.dataPoints.length > 0) item.scope!.metrics.push(metric);
  return null;
}

const extracted = (
  name: string,
  ending: string,
  unitOf: (metric: Metric) => string,
  valueOf: (point: Counted) => number | bigint | null,
): FunctionSpec =>
  define(
    name,
    [arg("monotonic", "literalBool"), opt("suffix", "literalString")],
    { ...transformed, fails: "the metric is neither histogram nor summary" },
    ([monotonic, suffix]) =>
      (item) => {
        const metric = item.metric!;
        const { points, temporality } = counted(metric, name);
        const dataPoints = points.flatMap((point) => {
          const value = valueOf(point);
          return value === null ? [] : [pointFrom(point, value)];
        });
        const title = metric.name + (suffix ?? ending);
        const sum = { dataPoints, aggregationTemporality: temporality, isMonotonic: monotonic };
        return added(item, { ...numberMetric(metric, title, { sum }), unit: unitOf(metric) });
      },
  );

const fromSummary = (
  name: string,
  ending: string,
  valueOf: (point: SummaryPoint) => number | bigint,
): FunctionSpec =>
  define(
    name,
    [
      arg("aggregation_temporality", "literalString"),
      arg("monotonic", "literalBool"),
      opt("suffix", "literalString"),
    ],
    { ...transformed, contexts: ["datapoint"] },
    ([temporality, monotonic, suffix]) => {
      const number = temporalityNamed(temporality);
      return (item) => {
        const metric = item.metric!;
        if (metric.summary === null) return null;
        const dataPoints = metric.summary.dataPoints.map((p) => pointFrom(p, valueOf(p)));
        const title = metric.name + (suffix ?? ending);
        const sum = { dataPoints, aggregationTemporality: number, isMonotonic: monotonic };
        item.scope!.metrics.push(numberMetric(metric, title, { sum }));
        return null;
      };
    },
  );

function scaleNumber(point: NumberPoint | Exemplar, factor: number): void {
  if (point.asInt !== null) point.asInt = truncate64(Number(point.asInt) * factor);
  else if (point.asDouble !== null) point.asDouble *= factor;
}

function scale(metric: Metric, factor: number): void {
  const by = (value: number | null): number | null => (value === null ? null : value * factor);
  if (metric.exponentialHistogram !== null) {
    fail("exponential histograms are not supported by the 'scale_metric' function");
  }
  if (!(metric.gauge ?? metric.sum ?? metric.summary ?? metric.histogram)) {
    fail("unsupported metric type: 'Empty'");
  }
  for (const point of (metric.gauge ?? metric.sum)?.dataPoints ?? []) scaleNumber(point, factor);
  for (const point of metric.summary?.dataPoints ?? []) {
    point.sum *= factor;
    for (const quantile of point.quantileValues) quantile.value *= factor;
  }
  for (const point of metric.histogram?.dataPoints ?? []) {
    point.sum = by(point.sum);
    point.min = by(point.min);
    point.max = by(point.max);
    point.explicitBounds = point.explicitBounds.map((bound) => bound * factor);
    for (const exemplar of point.exemplars) scaleNumber(exemplar, factor);
  }
}

/** Filter: whether any point of the metric has an attribute. */
const onPoints = <const P extends readonly Parameter[]>(
  name: string,
  parameters: P,
  test: (args: Bound<P>) => (attributes: ValMap) => boolean,
): FunctionSpec =>
  define(
    name,
    parameters,
    { symbolic: "out of model", returns: "bool", components: ["filter"], contexts: ["metric"] },
    (args) => {
      const holds = test(args);
      return (item) => {
        const metric = item.metric!;
        const data =
          metric.gauge ??
          metric.sum ??
          metric.histogram ??
          metric.exponentialHistogram ??
          metric.summary;
        const points: readonly { readonly attributes: ValMap }[] = data?.dataPoints ?? [];
        return points.some(({ attributes }) => holds(attributes));
      };
    },
  );

export const metrics: readonly FunctionSpec[] = [
  define("convert_sum_to_gauge", [], transformed, () => (item) => {
    const metric = item.metric!;
    if (metric.sum === null) return null;
    metric.gauge = { dataPoints: metric.sum.dataPoints };
    metric.sum = null;
    return null;
  }),
  define(
    "convert_gauge_to_sum",
    [arg("aggregation_temporality", "literalString"), arg("monotonic", "literalBool")],
    transformed,
    ([temporality, isMonotonic]) => {
      const aggregationTemporality = temporalityNamed(temporality);
      return (item) => {
        const metric = item.metric!;
        if (metric.gauge === null) return null;
        metric.sum = { dataPoints: metric.gauge.dataPoints, aggregationTemporality, isMonotonic };
        metric.gauge = null;
        return null;
      };
    },
  ),
  extracted(
    "extract_count_metric",
    "_count",
    () => "1",
    ({ count }) => BigInt.asIntN(64, count),
  ),
  extracted(
    "extract_sum_metric",
    "_sum",
    ({ unit }) => unit,
    ({ sum }) => sum,
  ),
  fromSummary("convert_summary_count_val_to_sum", "_count", ({ count }) =>
    BigInt.asIntN(64, count),
  ),
  fromSummary("convert_summary_sum_val_to_sum", "_sum", ({ sum }) => sum),
  define(
    "copy_metric",
    [opt("name", "string"), opt("description", "string"), opt("unit", "string")],
    transformed,
    ([name, description, unit]) =>
      (item) => {
        const copied = structuredClone(item.metric!);
        item.scope!.metrics.push(copied);
        if (name !== undefined) copied.name = name(item);
        if (description !== undefined) copied.description = description(item);
        if (unit !== undefined) copied.unit = unit(item);
        return null;
      },
  ),
  define(
    "scale_metric",
    [arg("multiplier", "literalFloat"), opt("unit", "string")],
    { ...transformed, fails: "the metric is an exponential histogram" },
    ([factor, unit]) =>
      (item) => {
        const told = unit?.(item);
        scale(item.metric!, factor);
        if (told !== undefined) item.metric!.unit = told;
        return null;
      },
  ),
  onPoints(
    "HasAttrKeyOnDatapoint",
    [arg("key", "literalString")],
    ([key]) =>
      (map) =>
        map.has(key),
  ),
  onPoints(
    "HasAttrOnDatapoint",
    [arg("key", "literalString"), arg("value", "literalString")],
    ([key, value]) =>
      (map) =>
        map.get(key) === value,
  ),
  define("route", [], { symbolic: "exact", components: ["routing"] }, () => () => null),
];
