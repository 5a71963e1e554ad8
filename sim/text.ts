/** Numbers as people read them. */

/** At least `digits` significant digits, without an exponent for usual sizes. */
export function significant(value: number, digits = 4): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : String(value);
}

/** A share as per cent, e.g. 0.0789 as "7.89 %". */
export function percent(share: number, digits = 4): string {
  return `${Number((share * 100).toPrecision(digits))} %`;
}

/** A share with two decimals, for columns. */
export const percentColumn = (share: number): string => `${(share * 100).toFixed(2)} %`;

export const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(2)} ms`;
