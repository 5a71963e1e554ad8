/**
 * Calibration from recorded self-telemetry: OTLP/JSON metrics, one request per line, as an SDK or a
 * Collector writes them about itself. Names: OpenTelemetry semantic conventions, otel.sdk.* (development
 * status), and the Collector's otelcol_exporter_*.
 */

import { DiagnosticError } from "../../core/diagnostic.ts";

export interface SelfTelemetry {
  /** Spans per second that were handed to the processor. */
  readonly arrivalRate: number;
  /** Share of them that found the queue full, and that an export lost. */
  readonly dropped: number;
  readonly failed: number;
  /** Exports: how many, mean seconds and squared coefficient of variation, mean size. */
  readonly exports: {
    readonly count: number;
    readonly mean: number;
    readonly scv: number;
    readonly size: number;
  } | null;
  readonly queueCapacity: number | null;
  readonly queueSize: { readonly mean: number; readonly max: number } | null;
  /** Seconds that the recording covers. */
  readonly seconds: number;
}

type Loose = Readonly<Record<string, unknown>>;
const record = (value: unknown): Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Loose) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

interface Point {
  readonly name: string;
  readonly errorType: string;
  readonly series: string;
  readonly start: number;
  readonly time: number;
  readonly isDelta: boolean;
  readonly value: number;
  readonly histogram: {
    count: number;
    sum: number;
    counts: readonly number[];
    bounds: readonly number[];
  } | null;
}

/** 64-bit integers are strings in OTLP/JSON. */
const number = (value: unknown): number =>
  typeof value === "number" ? value : typeof value === "string" ? Number(value) : Number.NaN;

function pointsOf(text: string, file: string): Point[] {
  const points: Point[] = [];
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    let request: Loose;
    try {
      request = record(JSON.parse(line));
    } catch {
      throw new DiagnosticError("VRF501", `${file}: line ${index + 1} is no JSON`, {
        place: `${file}:${index + 1}`,
        help: "record OTLP/JSON metrics, one export request per line (the Collector's file exporter does)",
      });
    }
    for (const resource of list(request["resourceMetrics"])) {
      for (const scope of list(record(resource)["scopeMetrics"])) {
        for (const metric of list(record(scope)["metrics"]))
          points.push(...metricPoints(record(metric)));
      }
    }
  });
  return points;
}

function metricPoints(metric: Loose): Point[] {
  const name = typeof metric["name"] === "string" ? metric["name"] : "";
  const data = record(metric["sum"] ?? metric["gauge"] ?? metric["histogram"]);
  const temporality = data["aggregationTemporality"];
  const isDelta = temporality === 1 || temporality === "AGGREGATION_TEMPORALITY_DELTA";
  return list(data["dataPoints"]).map((one) => {
    const point = record(one);
    const attributes = list(point["attributes"]).map(record);
    const error = attributes.find(({ key }) => key === "error.type");
    const errorType = record(error?.["value"])["stringValue"];
    const counts = list(point["bucketCounts"]).map(number);
    return {
      name,
      errorType: typeof errorType === "string" ? errorType : "",
      series: `${name} ${JSON.stringify(attributes)}`,
      start: number(point["startTimeUnixNano"]) / 1e9,
      time: number(point["timeUnixNano"]) / 1e9,
      isDelta,
      value: number(point["asInt"] ?? point["asDouble"] ?? point["sum"]),
      histogram:
        counts.length === 0
          ? null
          : {
              count: number(point["count"]),
              sum: number(point["sum"]),
              counts,
              bounds: list(point["explicitBounds"]).map(number),
            },
    };
  });
}

const processed = ["otel.sdk.processor.span.processed"];
const sent = ["otelcol_exporter_sent_spans", "otelcol_exporter_sent_spans_total"];
const enqueueFailed = [
  "otelcol_exporter_enqueue_failed_spans",
  "otelcol_exporter_enqueue_failed_spans_total",
];
const sendFailed = [
  "otelcol_exporter_send_failed_spans",
  "otelcol_exporter_send_failed_spans_total",
];
const durations = ["otel.sdk.exporter.operation.duration"];
const capacities = ["otel.sdk.processor.span.queue.capacity", "otelcol_exporter_queue_capacity"];
const sizes = ["otel.sdk.processor.span.queue.size", "otelcol_exporter_queue_size"];

/** @throws {DiagnosticError} VRF501 when it says nothing about spans, or goes backwards */
export function readSelfTelemetry(text: string, file: string): SelfTelemetry {
  const points = pointsOf(text, file);
  const of = (names: readonly string[]): Point[] =>
    points.filter(({ name }) => names.includes(name));
  const times = points
    .flatMap(({ start, time, isDelta }) => (isDelta && start > 0 ? [start, time] : [time]))
    .filter((time) => time > 0);
  const seconds = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  const good = of(processed).filter(({ errorType }) => errorType === "");
  const full = of(processed).filter(({ errorType }) => errorType === "queue_full");
  const broken = of(processed).filter(
    ({ errorType }) => errorType !== "" && errorType !== "queue_full",
  );
  const delivered = increase([...good, ...of(sent)], file);
  const dropped = increase([...full, ...of(enqueueFailed)], file);
  const failed = increase([...broken, ...of(sendFailed)], file);
  const all = delivered + dropped + failed;
  if (!(seconds > 0) || !(all > 0)) {
    throw new DiagnosticError("VRF501", `${file} says nothing about spans over time`, {
      place: file,
      help: `it needs at least two points of ${processed[0]} or ${sent[0]}`,
    });
  }
  const queue = of(sizes).map(({ value }) => value);
  return {
    arrivalRate: all / seconds,
    dropped: dropped / all,
    failed: failed / all,
    exports: exportsOf(of(durations), delivered),
    queueCapacity: of(capacities).at(-1)?.value ?? null,
    queueSize:
      queue.length === 0
        ? null
        : {
            mean: queue.reduce((sum, value) => sum + value, 0) / queue.length,
            max: Math.max(...queue),
          },
    seconds,
  };
}

/** Growth of counters over the recording; cumulative ones may start again at zero. */
function increase(points: readonly Point[], file: string): number {
  let total = 0;
  for (const series of Map.groupBy(points, ({ series: key }) => key).values()) {
    const sorted = series.toSorted((a, b) => a.time - b.time);
    let before: Point | null = null;
    for (const point of sorted) {
      if (!(point.value >= 0)) {
        throw new DiagnosticError("VRF501", `${file}: ${point.name} is ${point.value}`, {
          place: file,
          help: "counters are not negative",
        });
      }
      if (point.isDelta) total += point.value;
      else if (before !== null)
        total += point.value >= before.value ? point.value - before.value : point.value;
      before = point;
    }
  }
  return total;
}

function exportsOf(points: readonly Point[], spans: number): SelfTelemetry["exports"] {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const series of Map.groupBy(points, ({ series: key }) => key).values()) {
    const sorted = series.toSorted((a, b) => a.time - b.time);
    // The last cumulative point tells all; deltas are added up.
    for (const { histogram, isDelta } of sorted.at(-1)?.isDelta === true
      ? sorted
      : sorted.slice(-1)) {
      if (histogram === null || (isDelta && histogram.count === 0)) continue;
      count += histogram.count;
      sum += histogram.sum;
      squares += histogram.counts.reduce((total, inBucket, index) => {
        const low = index === 0 ? 0 : histogram.bounds[index - 1]!;
        const high = histogram.bounds[index] ?? 2 * low;
        return total + (inBucket * (low * low + low * high + high * high)) / 3; // uniform in its bucket
      }, 0);
    }
  }
  if (count === 0) return null;
  const mean = sum / count;
  return { count, mean, scv: Math.max(0, squares / count / mean ** 2 - 1), size: spans / count };
}
