/** Geometry of the charts: scales, ticks and positions. No DOM, no Node. */

import type { Exhibit, SeriesPoint } from "../../core/index.ts";

export type Chart = Extract<Exhibit, { kind: "chart" }>;

export interface PlacedPoint {
  readonly px: number;
  readonly py: number;
  /** Ends of the interval bar, when there is one. */
  readonly top?: number;
  readonly bottom?: number;
  readonly point: SeriesPoint;
}

export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  readonly plot: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
  readonly xTicks: readonly { readonly px: number; readonly label: string }[];
  readonly yTicks: readonly { readonly py: number; readonly label: string }[];
  readonly series: readonly {
    readonly name: string;
    readonly style: "line" | "points";
    readonly path: string;
    readonly points: readonly PlacedPoint[];
  }[];
}

/** Round steps: 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, wanted: number): number[] {
  if (!(high > low)) return [low];
  const raw = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((value) => value * power >= raw * 0.999) ?? 10;
  const step = factor * power;
  const ticks: number[] = [];
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  for (let index = first; index <= last; index += 1) {
    // toPrecision removes what binary fractions leave behind, e.g. 0.30000000000000004.
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential().replace("e+", "e");
  return value.toLocaleString("en-US", { maximumSignificantDigits: 6 });
}

/** Numbers that JSON cannot carry arrive as words; see reports/json. */
const finite = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

/** Positions in a box of the given size; points that are not finite are left out. */
export function layoutChart(chart: Chart, width: number, height: number): ChartLayout {
  const series = chart.series.map(({ name, style, points }) => ({
    name,
    style,
    points: points.filter((point) => finite(point.x) && finite(point.y)),
  }));
  const all = series.flatMap((entry) => entry.points);
  const xs = all.map((point) => point.x);
  const ys = all.flatMap((point) => [point.y, point.low, point.high].filter(finite));
  const xTicks = scaleTicks(xs, Math.max(2, Math.floor(width / 110)));
  const yTicks = scaleTicks(ys, Math.max(2, Math.floor(height / 55)));
  const labels = yTicks.map(tickLabel);
  const plot = {
    left: 34 + 7 * Math.max(...labels.map((label) => label.length)),
    top: 12,
    right: width - 18,
    bottom: height - 46,
  };
  const [x0, x1] = [xTicks[0] ?? 0, xTicks.at(-1) ?? 1];
  const [y0, y1] = [yTicks[0] ?? 0, yTicks.at(-1) ?? 1];
  const toX = (x: number): number =>
    round(plot.left + ((x - x0) / (x1 - x0 || 1)) * (plot.right - plot.left));
  const toY = (y: number): number =>
    round(plot.bottom - ((y - y0) / (y1 - y0 || 1)) * (plot.bottom - plot.top));
  return {
    width,
    height,
    plot,
    xTicks: xTicks.map((x) => ({ px: toX(x), label: tickLabel(x) })),
    yTicks: yTicks.map((y, index) => ({ py: toY(y), label: labels[index] ?? "" })),
    series: series.map(({ name, style, points }) => {
      const placed = points.map((point) => ({
        px: toX(point.x),
        py: toY(point.y),
        ...(finite(point.low) && finite(point.high)
          ? { top: toY(point.high), bottom: toY(point.low) }
          : {}),
        point,
      }));
      const sorted = placed.toSorted((a, b) => a.px - b.px);
      const path =
        style === "line"
          ? sorted.map(({ px, py }, index) => `${index === 0 ? "M" : "L"}${px} ${py}`).join("")
          : "";
      return { name, style, path, points: placed };
    }),
  };
}

/** Ticks around the values; zero belongs to the axis when it is near, so that ratios read true. */
function scaleTicks(values: readonly number[], wanted: number): number[] {
  if (values.length === 0) return [0, 1];
  let low = values.reduce((least, value) => Math.min(least, value), Infinity);
  let high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (low === high) {
    const margin = low === 0 ? 1 : Math.abs(low) / 2;
    low -= margin;
    high += margin;
  }
  if (low > 0 && low < (high - low) * 1.5) low = 0;
  if (high < 0 && -high < (high - low) * 1.5) high = 0;
  return niceTicks(low, high, wanted);
}

const round = (value: number): number => Math.round(value * 10) / 10;
