/**
 * Bulk service with the (size or timer) start rule: what a batch processor does, decision by
 * decision. Items wait in a room of K places that excludes what is being exported. An export begins
 * when b items wait, or T after the first item that waits alone (again after each export that left
 * fewer than b behind), and takes min(b, waiting) items. An export that outlives `exportTimeout`
 * counts as failed and goes on in the background.
 *
 * The processor of OpenTelemetry JS forgets that it is exporting when an export has failed: the
 * handler that begins the next export runs before the one that clears the flag, so the next export
 * may be joined by another. `overlapAfterFailure` reproduces that; without it exports never overlap.
 *
 * The run is a function of its inputs: no randomness here. Times in seconds.
 */

import { refuse } from "./guards.ts";

export interface BulkModel {
  /** b, maxExportBatchSize. */
  readonly batch: number;
  /** K, maxQueueSize. */
  readonly room: number;
  /** T, scheduledDelayMillis / 1000. */
  readonly delay: number;
  /** exportTimeoutMillis / 1000; `Infinity` for none. */
  readonly exportTimeout: number;
  readonly overlapAfterFailure?: boolean;
}

/** How long export number `index` of `size` items takes, begun at `start`, and whether it succeeds. */
export type ExportLaw = (
  index: number,
  size: number,
  start: number,
) => { readonly seconds: number; readonly ok: boolean };

export interface BulkExport {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly ok: boolean;
}

export interface BulkRun {
  readonly exports: readonly BulkExport[];
  /** For each item the number of its export, `dropped`, or `left` when it still waits at the end. */
  readonly fate: Int32Array;
  /** For each item the time until its export began; NaN for others. */
  readonly waits: Float64Array;
  readonly dropped: number;
  /** Items still waiting at `until`. */
  readonly left: number;
  /** ∫ waiting dt from `from` to the end of the run. */
  readonly waitingArea: number;
  /** ∫ [at least one export in flight] dt, likewise. */
  readonly busyArea: number;
  /** Two decisions fell on one moment: their order is the machine's, not the model's. */
  readonly tied: boolean;
}

export const dropped = -1;
export const left = -2;

/** @throws {DiagnosticError} VRF501 */
export function checkBulk(model: BulkModel): void {
  const { batch, room, delay, exportTimeout } = model;
  if (!Number.isInteger(batch) || batch < 1 || !Number.isInteger(room) || room < 1) {
    refuse(`batches of ${batch} from a room of ${room}`, "both are whole numbers from 1");
  }
  if (!(delay >= 0) || !Number.isFinite(delay) || !(exportTimeout > 0)) {
    refuse(`delay ${delay} s, export timeout ${exportTimeout} s`, "delay >= 0 and timeout > 0");
  }
}

export interface BulkOptions {
  /** The run ends here; default: when nothing is left to do. */
  readonly until?: number;
  /** Areas count from here; default 0. */
  readonly from?: number;
  /** When a timer that is due at a time really fires; default at once. Must not go back in time. */
  readonly whenTimed?: (due: number) => number;
}

/**
 * @param arrivals times in ascending order; equal times are one burst: the processor does nothing
 *   else in between
 */
export function runBulk(
  given: BulkModel,
  arrivals: ArrayLike<number>,
  law: ExportLaw,
  options: BulkOptions = {},
): BulkRun {
  checkBulk(given);
  // As the processor does: a batch is never larger than the room.
  const batch = Math.min(given.batch, given.room);
  const { room, delay, exportTimeout, overlapAfterFailure = false } = given;
  const { until = Infinity, from = 0, whenTimed = (due: number) => due } = options;

  const fate = new Int32Array(arrivals.length).fill(left);
  const waits = new Float64Array(arrivals.length).fill(Number.NaN);
  const accepted = new Int32Array(arrivals.length);
  let head = 0; // accepted[head .. tail) wait
  let tail = 0;
  const exports: BulkExport[] = [];
  /** Ends that the processor hears of: at most a few at a time. */
  const pending: { at: number; ok: boolean }[] = [];
  /** All exports in flight, those in the background too. */
  let inFlight: number[] = [];
  let exporting = false;
  let timer = Infinity;
  let now = 0;
  let waitingArea = 0;
  let busyArea = 0;
  let lost = 0;
  let tied = false;

  const passTo = (time: number): void => {
    const begin = Math.max(now, from);
    if (time > begin) {
      waitingArea += (tail - head) * (time - begin);
      const longest = inFlight.length === 0 ? -Infinity : Math.max(...inFlight);
      if (longest > begin) busyArea += Math.min(longest, time) - begin;
    }
    if (inFlight.length > 0) inFlight = inFlight.filter((end) => end > time);
    now = time;
  };
  const flush = (): void => {
    exporting = true;
    timer = Infinity;
    const size = Math.min(batch, tail - head);
    if (size === 0) {
      pending.push({ at: now, ok: true });
      return;
    }
    const index = exports.length;
    for (let one = 0; one < size; one++) {
      const item = accepted[head++]!;
      fate[item] = index;
      waits[item] = now - arrivals[item]!;
    }
    const { seconds, ok } = law(index, size, now);
    const isLate = seconds > exportTimeout;
    exports.push({ start: now, end: now + seconds, size, ok: ok && !isLate });
    inFlight.push(now + seconds);
    pending.push(isLate ? { at: now + exportTimeout, ok: false } : { at: now + seconds, ok });
  };
  const consider = (): void => {
    if (exporting) return;
    if (tail - head >= batch) flush();
    else if (timer === Infinity) timer = whenTimed(now + delay);
  };

  let next = 0;
  for (;;) {
    let end = Infinity;
    let which = -1;
    for (let index = 0; index < pending.length; index++) {
      if (pending[index]!.at < end) {
        end = pending[index]!.at;
        which = index;
      }
    }
    const arrival = next < arrivals.length ? arrivals[next]! : Infinity;
    const time = Math.min(arrival, end, timer);
    if (time === Infinity || time > until) break;
    const due = Number(arrival === time) + Number(end === time) + Number(timer === time);
    if (due > 1) tied = true;
    passTo(time);
    if (arrival === time) {
      if (tail - head >= room) {
        fate[next] = dropped;
        lost++;
      } else {
        accepted[tail++] = next;
        consider();
      }
      next++;
    } else if (end === time) {
      const { ok } = pending[which]!;
      pending.splice(which, 1);
      exporting = false;
      if (tail > head) {
        timer = Infinity;
        consider();
      }
      if (!ok && overlapAfterFailure) exporting = false;
    } else {
      flush();
    }
  }
  passTo(until === Infinity ? Math.max(now, ...inFlight) : until);
  return { exports, fate, waits, dropped: lost, left: tail - head, waitingArea, busyArea, tied };
}
