/** Functions of the transform processor that compute from histograms and summaries. */

import type { Metric, NumberPoint } from "../otlp/model.ts";
import { arg, define, opt, type FunctionSpec } from "../registry.ts";
import { plainFloat } from "../runtime/float.ts";
import { uint64 } from "../runtime/text.ts";
import { fail } from "../runtime/value.ts";
import { checkedDistribution, explicitCounts } from "./explicit.ts";
import { added, numberMetric, pointFrom, transformed } from "./metrics.ts";
import { exponentialPercentile, histogramPercentile } from "./percentiles.ts";

/** What a gauge gets for each point of a metric; null leaves the point out. */
const gaugeOf = <P extends Parameters<typeof pointFrom>[0]>(
  points: readonly P[],
  valueOf: (point: P) => number | null,
): NumberPoint[] =>
  points.flatMap((point) => {
    const value = valueOf(point);
    return value === null ? [] : [pointFrom(point, value)];
  });

const average = ({ sum, count }: { readonly sum: number | null; readonly count: bigint }) =>
  sum === null || count === 0n ? null : sum / Number(count);

function averages({ histogram, exponentialHistogram, summary }: Metric): NumberPoint[] {
  if (histogram !== null) return gaugeOf(histogram.dataPoints, average);
  if (exponentialHistogram !== null) return gaugeOf(exponentialHistogram.dataPoints, average);
  if (summary !== null) return gaugeOf(summary.dataPoints, average);
  return fail(
    "extract_avg_metric requires an input metric of type Histogram, ExponentialHistogram or Summary",
  );
}

/** Bounds nearer than this count as the same. */
const tolerance = 1e-12;

function wholeBuckets(target: number): bigint {
  if (target >= 1 && Number.isInteger(target) && target <= 2 ** 63) return BigInt(target);
  throw new RangeError(`target_value must be a positive integer, got ${plainFloat(target)}`);
}

export const histograms: readonly FunctionSpec[] = [
  define(
    "extract_avg_metric",
    [opt("suffix", "literalString")],
    { ...transformed, since: 162, fails: "the metric is neither histogram nor summary" },
    ([suffix]) =>
      (item) => {
        const metric = item.metric!;
        const gauge = { dataPoints: averages(metric) };
        return added(item, numberMetric(metric, metric.name + (suffix ?? "_avg"), { gauge }));
      },
  ),
  define(
    "extract_percentile_metric",
    [arg("percentile", "literalFloat"), opt("suffix", "literalString")],
    { ...transformed, fails: "the buckets do not add up" },
    ([percentile, suffix]) => {
      if (!(percentile > 0 && percentile < 100)) {
        throw new Error(`percentile must be greater than 0 and less than 100, got ${percentile}`);
      }
      const told = `p${plainFloat(percentile)}`;
      return (item) => {
        const metric = item.metric!;
        const dataPoints =
          metric.histogram !== null
            ? gaugeOf(metric.histogram.dataPoints, (p) => histogramPercentile(p, percentile))
            : gaugeOf(metric.exponentialHistogram?.dataPoints ?? [], (p) =>
                exponentialPercentile(p, percentile),
              );
        const title = metric.name + (suffix || `_${told}`);
        const description = metric.description === "" ? told : `${metric.description} (${told})`;
        return added(item, {
          ...numberMetric(metric, title, { gauge: { dataPoints } }),
          description,
        });
      };
    },
  ),
  define(
    "convert_summary_quantile_val_to_gauge",
    [opt("attribute_key", "literalString"), opt("suffix", "literalString")],
    transformed,
    ([key = "quantile", suffix = ".quantiles"]) =>
      (item) => {
        const metric = item.metric!;
        if (metric.summary === null) return null;
        const dataPoints = metric.summary.dataPoints.flatMap((point) =>
          point.quantileValues.map(({ quantile, value }) => {
            const made = pointFrom(point, value);
            made.attributes.set(key, quantile);
            return made;
          }),
        );
        item.scope!.metrics.push(
          numberMetric(metric, metric.name + suffix, { gauge: { dataPoints } }),
        );
        return null;
      },
  ),
  define(
    "convert_exponential_histogram_to_histogram",
    [arg("distribution_fn", "literalString"), arg("explicit_bounds", "literalFloats")],
    { ...transformed, fails: "the buckets do not add up" },
    ([name, bounds]) => {
      const distribution = checkedDistribution(name, bounds);
      return (item) => {
        const metric = item.metric!;
        const data = metric.exponentialHistogram;
        if (data === null) return null;
        const dataPoints = data.dataPoints.map((point) => ({
          attributes: point.attributes,
          startTimeUnixNano: point.startTimeUnixNano,
          timeUnixNano: point.timeUnixNano,
          flags: point.flags,
          count: point.count,
          sum: point.sum,
          bucketCounts: explicitCounts(point, bounds, distribution),
          explicitBounds: [...bounds],
          exemplars: point.exemplars,
          min: point.min,
          max: point.max,
        }));
        metric.histogram = { dataPoints, aggregationTemporality: data.aggregationTemporality };
        metric.exponentialHistogram = null;
        metric.metadata = new Map();
        return null;
      };
    },
  ),
  define(
    "merge_histogram_buckets",
    [arg("target_value", "floatLike"), opt("method", "literalString")],
    {
      ...transformed,
      contexts: ["datapoint"],
      fails: "the target is nil, or no number of buckets",
    },
    ([target, method = "remove_explicit_bound"]) => {
      const limits = method === "limit_buckets";
      if (!limits && method !== "remove_explicit_bound") {
        throw new Error(`unsupported method "${method}"`);
      }
      if (target.constant !== undefined) {
        if (target.constant.value === null) throw new Error("target_value must not be nil");
        if (limits) wholeBuckets(target.constant.value);
      }
      return (item) => {
        const point = item.dataPoint!;
        if (!("explicitBounds" in point)) return null;
        const value = target(item);
        if (value === null) return fail("target_value must not be nil");
        if (limits) limitBuckets(point, value);
        else removeBound(point, value);
        return null;
      };
    },
  ),
];

interface Bucketed {
  bucketCounts: bigint[];
  explicitBounds: number[];
}
const isWhole = ({ bucketCounts, explicitBounds }: Bucketed): boolean =>
  bucketCounts.length === explicitBounds.length + 1;

function removeBound(point: Bucketed, bound: number): void {
  const { bucketCounts: counts, explicitBounds: bounds } = point;
  const at = bounds.findIndex((value) => Math.abs(value - bound) < tolerance);
  if (!isWhole(point) || at === -1) return;
  counts.splice(at, 2, uint64(counts[at]! + counts[at + 1]!));
  bounds.splice(at, 1);
}

/** Joins as many neighbours each time as brings their number down. */
function limitBuckets(point: Bucketed, limit: number): void {
  let most: bigint;
  try {
    most = wholeBuckets(limit);
  } catch (error) {
    return fail((error as Error).message);
  }
  const { bucketCounts: counts, explicitBounds: bounds } = point;
  const rises = bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!);
  if (!isWhole(point) || BigInt(counts.length) <= most || !rises) return;
  const step = Math.ceil(counts.length / Number(most));
  point.bucketCounts = Array.from({ length: Math.ceil(counts.length / step) }, (_, i) =>
    uint64(counts.slice(i * step, (i + 1) * step).reduce((a, b) => a + b)),
  );
  point.explicitBounds = bounds.filter((_, i) => (i + 1) % step === 0);
}
