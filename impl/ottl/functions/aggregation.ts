/** Editors that merge the points of a metric which agree in attributes and time. */

import type {
  Buckets,
  Exemplar,
  ExponentialPoint,
  HistogramPoint,
  Metric,
  NumberPoint,
} from "../otlp/model.ts";
import { pointsOf } from "../items.ts";
import { arg, define, opt, type FunctionSpec } from "../registry.ts";
import { toJson, truncate64, uint64 } from "../runtime/text.ts";
import { EvaluationError, fail, type Val } from "../runtime/value.ts";
import { transformed } from "./metrics.ts";

const functions = ["sum", "mean", "min", "max", "median", "count"] as const;
type Aggregation = (typeof functions)[number];

function aggregationNamed(name: string): Aggregation {
  const found = functions.find((known) => known === name);
  if (found !== undefined) return found;
  throw new Error(
    `invalid aggregation function: '${name}', valid options: ${functions.join(", ")}`,
  );
}

const delta = 1;

type Point = NumberPoint | HistogramPoint | ExponentialPoint;

/** What else must agree, beside attributes and time. */
function alike(point: Point, isDelta: boolean): Val[] {
  const start: Val[] = isDelta ? [String(point.startTimeUnixNano)] : [];
  if (!("count" in point)) return start;
  const optional = [point.min !== null, point.max !== null, point.flags];
  return "scale" in point
    ? [point.scale, ...optional, ...start]
    : [...point.explicitBounds, ...start, ...optional];
}

/** Points in the order of their first; upstream's own order is that of a Go map. */
function grouped<P extends Point>(points: readonly P[], isDelta: boolean): P[][] {
  const groups = new Map<string, P[]>();
  for (const point of points) {
    let key: string;
    try {
      key = toJson([point.attributes, point.timeUnixNano, ...alike(point, isDelta)]);
    } catch (error) {
      // What has no JSON has the same key upstream.
      if (!(error instanceof EvaluationError)) throw error;
      key = "";
    }
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [point]);
    else group.push(point);
  }
  return [...groups.values()];
}

const earliest = (points: readonly Point[]): bigint =>
  points.reduce(
    (least, { startTimeUnixNano: start }) => (start < least ? start : least),
    points[0]!.startTimeUnixNano,
  );

const asDouble = (point: NumberPoint): number => point.asDouble ?? Number(point.asInt ?? 0n);
const asInt = (point: NumberPoint): bigint =>
  point.asInt ?? (point.asDouble === null ? 0n : truncate64(point.asDouble));

/** Infinities win over NaN, as in Go. */
function extreme(pick: (a: number, b: number) => number, wins: number) {
  return (a: number, b: number): number => (a === wins || b === wins ? wins : pick(a, b));
}
const greater = extreme(Math.max, Infinity);
const smaller = extreme(Math.min, -Infinity);

function doubles(values: readonly number[], aggregation: Aggregation): number {
  const sum = (): number => values.reduce((a, b) => a + b);
  switch (aggregation) {
    case "sum":
      return sum();
    case "mean":
      return sum() / values.length;
    case "max":
      return values.reduce(greater);
    case "min":
      return values.reduce(smaller);
    case "count":
      // One point alone keeps its value.
      return values.length === 1 ? values[0]! : values.length;
    case "median": {
      const order = (a: number, b: number): number =>
        Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b || 0;
      const sorted = values.toSorted(order);
      const middle = sorted.length >> 1;
      return sorted.length % 2 === 1
        ? sorted[middle]!
        : (sorted[middle - 1]! + sorted[middle]!) / 2;
    }
  }
}

function integers(points: readonly NumberPoint[], aggregation: Aggregation): bigint {
  const values = points.map(asInt);
  // A double counts as nothing in a sum of integers.
  const sum = (): bigint =>
    points.reduce((total, { asInt: value }) => BigInt.asIntN(64, total + (value ?? 0n)), 0n);
  switch (aggregation) {
    case "sum":
      return sum();
    case "mean":
      return sum() / BigInt(values.length);
    case "max":
      return values.reduce((a, b) => (b > a ? b : a));
    case "min":
      return values.reduce((a, b) => (b < a ? b : a));
    case "count":
      return values.length === 1 ? values[0]! : BigInt(values.length);
    case "median": {
      const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const middle = sorted.length >> 1;
      return sorted.length % 2 === 1
        ? sorted[middle]!
        : BigInt.asIntN(64, sorted[middle - 1]! + sorted[middle]!) / 2n;
    }
  }
}

function mergeNumbers(points: readonly NumberPoint[], aggregation: Aggregation): NumberPoint {
  const point = points[0]!;
  if (point.asDouble === null && point.asInt === null) return point;
  const startTimeUnixNano = earliest(points);
  return point.asDouble !== null
    ? { ...point, startTimeUnixNano, asDouble: doubles(points.map(asDouble), aggregation) }
    : { ...point, startTimeUnixNano, asInt: integers(points, aggregation) };
}

const both = (a: number | null, b: number | null, join: (a: number, b: number) => number) =>
  a === null ? null : join(a, b ?? 0);

interface Counted {
  count: bigint;
  sum: number | null;
  min: number | null;
  max: number | null;
  startTimeUnixNano: bigint;
  exemplars: Exemplar[];
}

/** What histograms of both kinds share; a sum that one of them lacks is unknown. */
function mergeInto(into: Counted, from: Counted): void {
  into.count = uint64(into.count + from.count);
  into.sum = into.sum === null || from.sum === null ? null : into.sum + from.sum;
  into.min = both(into.min, from.min, (a, b) => (a > b ? b : a));
  into.max = both(into.max, from.max, (a, b) => (a < b ? b : a));
  into.exemplars.push(...from.exemplars);
  if (from.startTimeUnixNano < into.startTimeUnixNano) {
    into.startTimeUnixNano = from.startTimeUnixNano;
  }
}

function mergeHistograms([into, ...others]: readonly HistogramPoint[]): HistogramPoint {
  const point = into!;
  for (const other of others) {
    if (other.count === 0n) continue;
    if (other.bucketCounts.length > point.bucketCounts.length) {
      fail("a histogram has more buckets than the one that it is merged into");
    }
    mergeInto(point, other);
    other.bucketCounts.forEach((count, i) => {
      point.bucketCounts[i] = uint64(point.bucketCounts[i]! + count);
    });
  }
  return point;
}

/**
 * Upstream puts lower buckets in front without their gaps, and drops empty ones in front without
 * moving the offset; so does this.
 */
function mergeBuckets(into: Buckets, from: Buckets): void {
  const counts = into.bucketCounts;
  const add = (index: number, count: bigint): void => {
    if (index > 100_000) fail("the buckets are more than 100,000 apart");
    while (counts.length <= index) counts.push(0n);
    counts[index] = uint64(counts[index]! + count);
  };
  const offset = into.offset;
  if (from.offset === offset) from.bucketCounts.forEach((count, i) => add(i, count));
  else if (from.offset < offset) counts.unshift(...from.bucketCounts.filter((n) => n > 0n));
  else {
    for (const [i, count] of from.bucketCounts.entries()) {
      const index = i + ((from.offset - offset) | 0);
      if (count !== 0n && index >= 0) add(index, count);
    }
  }
  if (from.offset === offset || from.bucketCounts.length === 0) return;
  into.offset = Math.min(offset, from.offset);
  while (counts[0] === 0n) counts.shift();
}

function mergeExponential([into, ...others]: readonly ExponentialPoint[]): ExponentialPoint {
  const point = into!;
  for (const other of others) {
    if (other.count === 0n) continue;
    mergeInto(point, other);
    point.zeroCount = uint64(point.zeroCount + other.zeroCount);
    mergeBuckets(point.negative, other.negative);
    mergeBuckets(point.positive, other.positive);
  }
  return point;
}

/** What is no point of the new metric, e.g. metadata, is gone; so are the points of a summary. */
function aggregate(metric: Metric, aggregation: Aggregation): void {
  metric.metadata = new Map();
  const numbers = (points: readonly NumberPoint[], isDelta: boolean): NumberPoint[] =>
    grouped(points, isDelta).map((group) => mergeNumbers(group, aggregation));
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  if (gauge !== null) gauge.dataPoints = numbers(gauge.dataPoints, false);
  if (sum !== null) sum.dataPoints = numbers(sum.dataPoints, sum.aggregationTemporality === delta);
  if (histogram !== null) {
    const isDelta = histogram.aggregationTemporality === delta;
    histogram.dataPoints = grouped(histogram.dataPoints, isDelta).map(mergeHistograms);
  }
  if (exponentialHistogram !== null) {
    const isDelta = exponentialHistogram.aggregationTemporality === delta;
    const groups = grouped(exponentialHistogram.dataPoints, isDelta);
    exponentialHistogram.dataPoints = groups.map(mergeExponential);
  }
  if (summary !== null) summary.dataPoints = [];
}

export const aggregations: readonly FunctionSpec[] = [
  define(
    "aggregate_on_attributes",
    [arg("aggregation_function", "literalString"), opt("attributes", "literalStrings")],
    { ...transformed, fails: "the metric is a summary" },
    ([name, attributes]) => {
      const aggregation = aggregationNamed(name);
      const kept = attributes === undefined ? null : new Set(attributes);
      return (item) => {
        const metric = item.metric!;
        if (metric.summary !== null) {
          return fail("aggregate_on_attributes does not support aggregating Summary metrics");
        }
        for (const point of kept === null ? [] : pointsOf(metric)) {
          for (const key of point.attributes.keys()) {
            if (!kept!.has(key)) point.attributes.delete(key);
          }
        }
        aggregate(metric, aggregation);
        return null;
      };
    },
  ),
  define(
    "aggregate_on_attribute_value",
    [
      arg("aggregation_function", "literalString"),
      arg("attribute", "literalString"),
      arg("values", "literalStrings"),
      arg("new_value", "literalString"),
    ],
    transformed,
    ([name, attribute, values, newValue]) => {
      const aggregation = aggregationNamed(name);
      const replaced = new Set(values);
      return (item) => {
        const metric = item.metric!;
        for (const { attributes } of pointsOf(metric)) {
          const value = attributes.get(attribute);
          // What is no text reads as an empty one.
          const told = typeof value === "string" ? value : "";
          if (value !== undefined && replaced.has(told)) attributes.set(attribute, newValue);
        }
        aggregate(metric, aggregation);
        return null;
      };
    },
  ),
];
