/**
 * When does each step of a run happen? An untimed run names an order of events and timers; it is a
 * real run only if moments can be found for which every timer fires at its deadline and none that
 * should wait is due earlier. These are difference constraints; the earliest solution is found by
 * relaxation (Bellman-Ford on longest paths).
 */

/** `t[later] >= t[earlier] + gap`; a negative gap is an upper bound. */
export interface AtLeast {
  readonly earlier: number;
  readonly later: number;
  readonly gap: number;
}

/** Earliest moments for `count` steps, the first at 0; null when the constraints contradict. */
export function earliestTimes(count: number, constraints: readonly AtLeast[]): number[] | null {
  const times = Array.from({ length: count }, () => 0);
  for (let round = 0; round <= count; round++) {
    let changed = false;
    for (const { earlier, later, gap } of constraints) {
      const bound = times[earlier]! + gap;
      if (bound <= times[later]!) continue;
      times[later] = bound;
      changed = true;
    }
    if (!changed) return times[0] === 0 ? times : null;
  }
  return null;
}
