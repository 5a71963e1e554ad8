/** Tables and charts of predicted against measured behaviour. */

import type { Exhibit, SeriesPoint } from "../core/exhibit.ts";
import type { PredictionClaim } from "../core/subject.ts";
import type { PointComparison } from "./prediction.ts";
import { erlangB } from "./queue/erlang.ts";
import { milliseconds, percentColumn } from "./text.ts";

const curvePoints = 48;
/** Half-widths of the measured bars, in standard deviations of one run: 99 %. */
const barWidth = 2.576;

export function predictionExhibits(
  predictor: PredictionClaim["predictor"],
  comparisons: readonly PointComparison[],
): Exhibit[] {
  const [first] = comparisons;
  if (first === undefined) return [];
  return [
    table(predictor, comparisons),
    throughput(comparisons, first),
    rejected(comparisons, first),
  ];
}

function table(
  predictor: PredictionClaim["predictor"],
  comparisons: readonly PointComparison[],
): Exhibit {
  const model = predictor === "erlang-b" ? "Erlang B" : "Erlang C (waiting)";
  return {
    kind: "table",
    title: `Share of exports rejected: ${model} against simulation and measurement`,
    columns: [
      "point",
      "λ (1/s)",
      "predicted",
      "interval",
      "measured",
      "inside",
      "simulated",
      "on the same arrivals",
      "same fate",
      "arrivals",
      "E[S] measured",
      "lateness p99",
    ],
    rows: comparisons.map(
      ({ point, rate, predicted, loss, measured, replayed, counted, source, inside }) => [
        point.name,
        Number(rate.toFixed(1)),
        percentColumn(predicted.value),
        `${percentColumn(predicted.low)} to ${percentColumn(predicted.high)}`,
        percentColumn(measured),
        inside ? "yes" : "no",
        percentColumn(loss.simulated),
        percentColumn(replayed.share),
        percentColumn(replayed.agreement),
        counted,
        milliseconds(source.run.service.mean),
        milliseconds(source.run.lateness.p99),
      ],
    ),
    note: calibrationNote(comparisons),
  };
}

function calibrationNote(comparisons: readonly PointComparison[]): string {
  const { calibration } = comparisons[0]!.source;
  const confidence = (comparisons[0]!.loss.confidence * 100).toFixed(2);
  return (
    `N = ${comparisons[0]!.point.servers}. Calibrated in the same run: E[S] = ${milliseconds(calibration.serviceMean)} ` +
    `(${calibration.confidence * 100} % interval ${milliseconds(calibration.low)} to ${milliseconds(calibration.high)}, ` +
    `${calibration.count} exports). Intervals: parametric bootstrap, ${confidence} % per point. ` +
    "Simulated: the loss system under Poisson arrivals. On the same arrivals: the loss system fed with " +
    "this run's own arrivals and delays; same fate: how many arrivals it accepts or rejects as the run did."
  );
}

function curve(
  comparisons: readonly PointComparison[],
  y: (rate: number) => number,
): SeriesPoint[] {
  const most = 1.15 * Math.max(...comparisons.map(({ rate }) => rate));
  return Array.from({ length: curvePoints + 1 }, (_, index) => {
    const x = (most * index) / curvePoints;
    return { x, y: y(x) };
  });
}

function throughput(comparisons: readonly PointComparison[], first: PointComparison): Exhibit {
  const { servers } = first.point;
  const mean = first.source.calibration.serviceMean;
  return {
    kind: "chart",
    title: "Exports per second: predicted and measured",
    xLabel: "offered arrivals λ (1/s)",
    yLabel: "exports per second",
    series: [
      {
        name: "Erlang B (loss system): λ(1 − B)",
        style: "line",
        points: curve(comparisons, (rate) => rate * (1 - erlangB(servers, rate * mean))),
      },
      {
        name: "Erlang C (waiting): min(λ, N/E[S])",
        style: "line",
        points: curve(comparisons, (rate) => Math.min(rate, servers / mean)),
      },
      {
        name: "measured",
        style: "points",
        points: comparisons.map(({ rate, measured, loss }) => ({
          x: rate,
          y: rate * (1 - measured),
          low: rate * (1 - Math.min(1, measured + barWidth * loss.deviation)),
          high: rate * (1 - Math.max(0, measured - barWidth * loss.deviation)),
        })),
      },
    ],
    note: "Bars: 99 % sampling noise of one run of this length.",
  };
}

function rejected(comparisons: readonly PointComparison[], first: PointComparison): Exhibit {
  const { servers } = first.point;
  const mean = first.source.calibration.serviceMean;
  return {
    kind: "chart",
    title: "Share of exports rejected: predicted and measured",
    xLabel: "offered arrivals λ (1/s)",
    yLabel: "share rejected",
    series: [
      {
        name: "Erlang B (loss system)",
        style: "line",
        points: curve(comparisons, (rate) => erlangB(servers, rate * mean)),
      },
      {
        name: "Erlang C (waiting): none",
        style: "line",
        points: curve(comparisons, () => 0),
      },
      {
        name: "prediction interval",
        style: "points",
        points: comparisons.map(({ rate, loss }) => ({
          x: rate,
          y: loss.value,
          low: loss.low,
          high: loss.high,
        })),
      },
      {
        name: "measured",
        style: "points",
        points: comparisons.map(({ rate, measured, loss }) => ({
          x: rate,
          y: measured,
          low: Math.max(0, measured - barWidth * loss.deviation),
          high: Math.min(1, measured + barWidth * loss.deviation),
        })),
      },
    ],
    note: "Bars on the measured points: 99 % sampling noise of one run of this length. The line uses the mean of the backend's law, the intervals the mean that was really drawn.",
  };
}
