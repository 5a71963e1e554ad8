/** Index of the last entry that is at most `address` in an ascending list; -1 when there is none. */
export function lastAtOrBelow<T extends number | bigint>(
  starts: { readonly length: number; readonly [index: number]: T },
  address: T,
): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
