/** Tables and charts of a processor under load: predicted and measured, and which model fits. */

import type { Exhibit, SeriesPoint } from "../core/exhibit.ts";
import type { ValidationClaim } from "../core/subject.ts";
import { burstinessOf, fitLaw } from "./calibrate/fit-law.ts";
import type { ProcessorCalibration } from "./calibrate/processor.ts";
import type { ProcessorRun } from "./load/run-processor.ts";
import { milliseconds, percentColumn, significant } from "./text.ts";
import type { FigureComparison, PointComparison } from "./validate/compare.ts";
import type { Figure, Figures } from "./validate/figures.ts";
import type { Campaign, MeasuredRun } from "./validate/measure.ts";
import type { Prediction } from "./validate/predict.ts";

const heads: Readonly<Record<Figure, string>> = {
  throughput: "throughput (spans/s)",
  utilisation: "utilisation",
  loss: "spans lost",
  meanWait: "mean wait",
  p99Wait: "p99 wait",
  queue: "spans waiting",
};

function show(figure: Figure, value: number): string {
  if (!Number.isFinite(value)) return "unlimited";
  if (figure === "meanWait" || figure === "p99Wait") return milliseconds(value);
  if (figure === "loss" || figure === "utilisation") return percentColumn(value);
  return significant(value);
}

/** What is said about a point, and the reason when it is not that it agrees. */
export interface Standing {
  readonly word: "agrees" | "differs" | "open" | "not judged";
  readonly why: string;
}

export function validationExhibits(
  claim: ValidationClaim,
  comparisons: readonly PointComparison[],
  standings: readonly Standing[],
  { calibration, calibrated, runs }: Campaign,
): Exhibit[] {
  if (comparisons.length === 0) return [];
  return [
    pointsTable(comparisons, standings),
    figuresTable(comparisons, standings, calibration),
    modelsTable(claim, comparisons),
    offeredTable(runs.map(({ run }) => run)),
    attemptsTable([...calibrated, ...runs]),
    chart(
      "Spans delivered per second: predicted and measured",
      "spans per second",
      "throughput",
      claim,
      comparisons,
    ),
    chart(
      "Mean wait: predicted and measured",
      "seconds until the export begins",
      "meanWait",
      claim,
      comparisons,
    ),
    chart("Share of spans lost: predicted and measured", "share lost", "loss", claim, comparisons),
  ];
}

/** What is said about each point, and why. */
function pointsTable(
  comparisons: readonly PointComparison[],
  standings: readonly Standing[],
): Exhibit {
  const count = (word: Standing["word"]): number =>
    standings.filter((one) => one.word === word).length;
  return {
    kind: "table",
    title: "Operating points",
    columns: ["point", "spans/s offered", "ρ (offered / capacity)", "verdict", "why"],
    rows: comparisons.map(({ point, utilisation }, index) => [
      point.name,
      Number(point.arrivalRate.toFixed(1)),
      Number(utilisation.toFixed(3)),
      standings[index]!.word,
      standings[index]!.why,
    ]),
    note: `${count("agrees")} of ${comparisons.length} points agree, ${count("differs")} differ, ${count("open")} are open, ${count("not judged")} are not judged. Differs: a figure is outside the tolerance and outside the prediction interval. Open: outside the tolerance, but inside the interval. Not judged: the machine disturbed the run.`,
  };
}

/** Without the waits in front of a simple processor, where nothing waits but the generator's own timer. */
const shown = (figures: readonly FigureComparison[]): readonly FigureComparison[] =>
  figures.some(({ figure, allowed }) => figure === "meanWait" && allowed === Infinity)
    ? figures.filter(({ allowed }) => allowed !== Infinity)
    : figures;

/** By how much, in the words of the tolerance. */
function offBy({ figure, measured, predicted }: FigureComparison): string {
  const sign = measured < predicted ? "−" : "+";
  if (!Number.isFinite(predicted)) return "unlimited";
  const off = Math.abs(measured - predicted);
  if (figure === "loss") return `${sign}${(100 * off).toFixed(2)} points`;
  if (predicted === 0) return `${sign}${show(figure, off)}`;
  return `${sign}${((100 * off) / Math.abs(predicted)).toFixed(2)} %`;
}

function allowance({ figure, predicted, allowed }: FigureComparison): string {
  if (allowed === null) return "the interval";
  if (!Number.isFinite(allowed)) return "not judged";
  if (figure === "loss") return `${(100 * allowed).toFixed(1)} points`;
  return predicted === 0
    ? show(figure, allowed)
    : `${Number(((100 * allowed) / Math.abs(predicted)).toFixed(1))} %`;
}

function figuresTable(
  comparisons: readonly PointComparison[],
  standings: readonly Standing[],
  calibration: ProcessorCalibration,
): Exhibit {
  const isGiven = comparisons.some(({ figures }) => figures.some(({ given }) => given !== null));
  const overheads = calibration.levels
    .map(
      ({ rate, fit }) =>
        `${milliseconds(fit.base)} + ${significant(fit.perItem * 1e6, 3)} µs per span at ${rate.toFixed(0)}/s`,
    )
    .join(", ");
  const verdict = ({ agrees, differs, allowed }: FigureComparison, index: number): string => {
    if (standings[index]!.word === "not judged" || allowed === Infinity) return "not judged";
    return agrees ? "agrees" : differs ? "differs" : "open";
  };
  return {
    kind: "table",
    title: "Predicted against measured",
    columns: [
      "point",
      "figure",
      "predicted",
      "measured",
      "off by",
      "allowed",
      "prediction interval",
      ...(isGiven ? ["interval, backend's times given"] : []),
      "verdict",
    ],
    rows: comparisons.flatMap(({ point, figures }, index) =>
      shown(figures).map((one) => [
        point.name,
        heads[one.figure],
        show(one.figure, one.predicted),
        show(one.figure, one.measured),
        offBy(one),
        allowance(one),
        `${show(one.figure, one.low)} to ${show(one.figure, one.high)}`,
        ...(isGiven
          ? [
              one.given === null
                ? ""
                : `${show(one.figure, one.given.low)} to ${show(one.figure, one.given.high)}`,
            ]
          : []),
        verdict(one, index),
      ]),
    ),
    note:
      `The prediction is made before the run, from the schedule of arrivals, the law of the backend and the calibration; its interval contains the calibration's own error. Around saturation, and with a random backend, the interval decides instead of a tolerance; a figure that is not judged is only shown. ` +
      (isGiven
        ? `A random backend makes it wide; given the very times that the backend drew, only what the calibration does not know is left. Both must contain the measured figure. `
        : "") +
      `Calibrated on ${calibration.exports} exports of separate runs: overhead of an export ${overheads}; timers ${milliseconds(calibration.timerLag)} late.`,
  };
}

/** The load as it came and the exports as they were served: burstiness, and which law fits. */
function offeredTable(runs: readonly ProcessorRun[]): Exhibit {
  const fewest = 20;
  return {
    kind: "table",
    title: "What was offered, and how exports were served",
    columns: [
      "point",
      "spans/s",
      "c² of gaps",
      "dispersion",
      "Poisson (p)",
      "law of exports",
      "mean",
      "c²",
      "fit (p)",
    ],
    rows: runs.map(({ point, record }) => {
      const arrivals = record.sent.length < fewest ? null : burstinessOf(record.sent);
      const times = record.exports.filter(({ ok }) => ok).map(({ start, end }) => end - start);
      const law = times.length < fewest ? null : fitLaw(times);
      return [
        point.name,
        arrivals === null ? "too few" : significant(arrivals.rate),
        arrivals === null ? "" : significant(arrivals.scv, 3),
        arrivals === null ? "" : significant(arrivals.dispersion, 3),
        arrivals === null ? "" : significant(arrivals.poisson.p, 2),
        law === null ? "too few" : law.chosen.law,
        law === null ? "" : milliseconds(law.mean),
        law === null ? "" : significant(law.scv, 3),
        law === null ? "" : significant(law.candidates[0]!.fit.p, 2),
      ];
    }),
    note: "Gaps between the real ends of spans (whole milliseconds, so p is small at high rates although the schedule is Poisson); export times as measured, overhead included.",
  };
}

/** Every run that was made, also those that were set aside, and why. */
function attemptsTable(runs: readonly MeasuredRun[]): Exhibit {
  return {
    kind: "table",
    title: "Runs made, and runs set aside because the machine was busy",
    columns: ["point", "attempt", "event-loop lag p99", "judged", "reason"],
    rows: runs.flatMap(({ run, disturbed, setAside }) => [
      ...setAside.map((reason, index) => [run.point.name, index + 1, "", "no", reason]),
      [
        run.point.name,
        setAside.length + 1,
        milliseconds(run.record.lag.p99),
        disturbed === null ? "yes" : "no",
        disturbed ?? "",
      ],
    ]),
    note: "The gate looks at the machine (event-loop lag, lateness of the generator, failed exports, what an export takes beyond the backend's time against the calibration), never at the figures that are compared.",
  };
}

const modelNames = {
  bulk: "bulk service (size or timer)",
  loss: "loss system, N exports, no room",
  mmn: "M/M/N, unlimited room",
} as const;

/** Largest error of each model, so that one sees which fits and by how much the others are wrong. */
function modelsTable(claim: ValidationClaim, comparisons: readonly PointComparison[]): Exhibit {
  const isBatch = claim.processor.kind === "batch";
  const models: readonly (readonly [string, (one: PointComparison) => Prediction | null])[] =
    isBatch
      ? [
          [modelNames.bulk, (one) => one.models.fitting],
          [`${modelNames.loss} (N = 30)`, (one) => one.models.loss],
          [`${modelNames.mmn} (N = 30)`, (one) => one.models.mmn],
        ]
      : [
          [modelNames.loss, (one) => one.models.fitting],
          [modelNames.mmn, (one) => one.models.mmn],
        ];
  const worst = (
    model: (one: PointComparison) => Prediction | null,
    figure: keyof Figures,
  ): string => {
    let most = 0;
    for (const one of comparisons) {
      const predicted = model(one)?.[figure].value ?? 0;
      const actual = one.measured[figure];
      if (!Number.isFinite(predicted)) return "unlimited";
      const error = Math.abs(predicted - actual);
      most = Math.max(most, figure === "loss" || actual === 0 ? error : error / actual);
    }
    return figure === "loss" ? `${(100 * most).toFixed(2)} points` : percentColumn(most);
  };
  const wait = isBatch ? (["meanWait", "p99Wait"] as const) : [];
  return {
    kind: "table",
    title: "Which model fits: largest error over all points",
    columns: ["model", "spans/s", "utilisation", "lost", ...wait.map((name) => heads[name])],
    rows: models.map(([name, model]) => [
      name,
      worst(model, "throughput"),
      worst(model, "utilisation"),
      worst(model, "loss"),
      ...wait.map((figure) => worst(model, figure)),
    ]),
  };
}

function chart(
  title: string,
  yLabel: string,
  figure: Figure,
  claim: ValidationClaim,
  comparisons: readonly PointComparison[],
): Exhibit {
  const line = (model: (one: PointComparison) => Prediction | null): SeriesPoint[] =>
    comparisons.flatMap((one) => {
      const value = model(one)?.[figure].value;
      return value === undefined || !Number.isFinite(value)
        ? []
        : [{ x: one.point.arrivalRate, y: value }];
    });
  const given = comparisons.flatMap((one) => {
    const found = one.models.given?.[figure];
    if (found === undefined) return [];
    const { value, low, high } = found;
    return [{ x: one.point.arrivalRate, y: value, low, high }];
  });
  const fitting = modelNames[claim.processor.kind === "batch" ? "bulk" : "loss"];
  return {
    kind: "chart",
    title,
    xLabel: "offered spans λ (1/s)",
    yLabel,
    series: [
      { name: fitting, style: "line", points: line((one) => one.models.fitting) },
      { name: "M/M/N, unlimited room", style: "line", points: line((one) => one.models.mmn) },
      {
        name: "prediction interval",
        style: "points",
        points: comparisons.map((one) => {
          const { value, low, high } = one.models.fitting[figure];
          return { x: one.point.arrivalRate, y: value, low, high };
        }),
      },
      ...(given.length === 0
        ? []
        : [{ name: "given the backend's times", style: "points" as const, points: given }]),
      {
        name: "measured",
        style: "points",
        points: comparisons.map((one) => ({ x: one.point.arrivalRate, y: one.measured[figure] })),
      },
    ],
  };
}
