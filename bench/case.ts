/** What a benchmark reports: one line per case, and the same as data. */

/** A measured case; `peer` fields are null where the case has no peer, or the peer is missing. */
export interface BenchCase {
  readonly case: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string | null;
  /** Null when the peer is not installed: missing, never beaten. */
  readonly peerValue: number | null;
  /** `value / peerValue`; null without a peer's value. */
  readonly ratio: number | null;
  /** How many interleaved runs the medians are taken over. */
  readonly samples: number;
}

/** One area of the bench; lives in `bench/<area>.ts` as the default export. */
export interface BenchArea {
  run(report: (result: BenchCase) => void): Promise<void>;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("the median of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A case without a peer. */
export const alone = (
  name: string,
  metric: string,
  value: number,
  unit: string,
  samples = 1,
): BenchCase => ({
  case: name,
  metric,
  value,
  unit,
  peer: null,
  peerValue: null,
  ratio: null,
  samples,
});

/** A case beside a peer measured in the same run; `peerValue` null says that the peer is missing. */
export const beside = (
  result: Omit<BenchCase, "ratio" | "peer"> & { readonly peer: string },
): BenchCase => ({
  ...result,
  ratio: result.peerValue === null ? null : result.value / result.peerValue,
});
