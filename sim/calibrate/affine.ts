/** Least squares of y on x: service time on batch size. */

import { refuse } from "../queue/guards.ts";

export interface AffineFit {
  readonly base: number;
  readonly perItem: number;
  /** Of the mean of y at the mean of x. */
  readonly standardError: number;
  /** What the line leaves, in the order of the sample. */
  readonly residuals: readonly number[];
  /** Share of the variance that the line explains. */
  readonly r2: number;
  readonly count: number;
}

/** Standard errors by which a slope must differ from zero; a slope out of noise misleads far away. */
const significance = 4;

/**
 * A constant when all x are equal, when the slope is not clear of the noise, or when it is negative:
 * more work never takes less time. @throws {DiagnosticError} VRF501 on fewer than three points */
export function fitAffine(
  sample: readonly { readonly x: number; readonly y: number }[],
): AffineFit {
  const n = sample.length;
  if (n < 3) refuse(`a calibration from ${n} exports`, "measure for longer");
  if (sample.some(({ x, y }) => !Number.isFinite(x) || !Number.isFinite(y))) {
    refuse("a calibration from values that are no numbers", "look at the record of the run");
  }
  const meanX = sample.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = sample.reduce((sum, { y }) => sum + y, 0) / n;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const { x, y } of sample) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
    yy += (y - meanY) ** 2;
  }
  const slope = xx === 0 ? 0 : xy / xx;
  const unexplained = Math.max(0, yy - slope * xy) / Math.max(1, n - 2);
  const isClear = xx > 0 && slope > significance * Math.sqrt(unexplained / xx);
  const perItem = isClear ? slope : 0;
  const base = meanY - perItem * meanX;
  const residuals = sample.map(({ x, y }) => y - base - perItem * x);
  const left = residuals.reduce((sum, value) => sum + value * value, 0);
  return {
    base,
    perItem,
    standardError: Math.sqrt(left / Math.max(1, n - 2) / n),
    residuals,
    r2: yy === 0 ? 1 : 1 - left / yy,
    count: n,
  };
}
