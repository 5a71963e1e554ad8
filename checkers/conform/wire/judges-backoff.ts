/**
 * How the waits between attempts are spread. Jitter is a statistical claim: it states its sample
 * and its test, and says nothing when the sample is too small.
 */

import { disturbedMs } from "./disturbance.ts";
import {
  after,
  busy,
  CLOCK_TOLERANCE_MS,
  deviates,
  exportsOf,
  gate,
  gated,
  heldUpUntil,
  holds,
  type Judge,
  s,
  unknown,
} from "./judgement.ts";
import type { ScenarioRun } from "./play.ts";
import type { RequestRecord } from "./record.ts";

/** First waits after a failure that carried no hint how long to wait. */
function firstWaits(run: ScenarioRun): readonly (readonly [RequestRecord, RequestRecord])[] {
  const pairs = after(
    run,
    (record) =>
      record.attempt === 1 &&
      record.notBeforeMs === null &&
      record.answeredAtMs !== null &&
      ["status", "grpc", "close", "reset"].includes(record.answer?.kind ?? ""),
  );
  return pairs.flatMap(([record, next]) => (next === undefined ? [] : [[record, next] as const]));
}

interface Wait {
  readonly ms: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** What a busy machine took in this time: the process itself waited for at most as much less. */
  readonly takenMs: number;
}

/** Answers leave after they are dated and requests arrive before: nothing makes a wait look short. */
function waitBetween(
  run: ScenarioRun,
  [record, next]: readonly [RequestRecord, RequestRecord],
): Wait {
  const [fromMs, toMs] = [record.answeredAtMs!, next.atMs];
  return { ms: toMs - fromMs, fromMs, toMs, takenMs: disturbedMs(run, fromMs, toMs) };
}

/** Of waits, before anything is said about how they are spread. */
const LEAST_SAMPLE = 3;
const SIGNIFICANCE = 0.001;
/** What timers and sockets add to a wait that is always the same. */
const NOISE_MS = 25;
/** By how much more than noise they must differ: not everything that delays a process is known. */
const CLEAR_MS = 75;
/** The least jitter that counts as random: ±10 % of the mean wait. */
const LEAST_JITTER = 0.2;

/** The most waits that lie within one window of this width. */
function largestCluster(waits: readonly number[], width: number): number {
  const sorted = waits.toSorted((a, b) => a - b);
  const sizes = sorted.map((from) => sorted.filter((w) => w >= from && w <= from + width).length);
  return Math.max(0, ...sizes);
}

/**
 * An upper bound of P(some m of n independent waits lie within w) when they are uniform on an interval
 * of length W, with w/W = `share`: the first of the m can be any of n, the others any of the rest, and
 * each of them must fall into the window behind it: n · C(n−1, m−1) · share^(m−1). Waits that somebody
 * delays spread more, never less.
 */
export function clusterProbability(n: number, m: number, share: number): number {
  if (share >= 1 || m < 2) return 1;
  let choices = n;
  for (let k = 1; k < m; k++) choices *= (n - k) / k;
  return Math.min(1, choices * share ** (m - 1));
}

export const jitters: Judge = (run) => {
  const pairs = firstWaits(run);
  if (pairs.length < LEAST_SAMPLE) {
    return unknown(
      `only ${pairs.length} waits without a hint were seen; a claim about jitter needs ${LEAST_SAMPLE}`,
    );
  }
  const waits = pairs.map((pair) => waitBetween(run, pair));
  const all = waits.map(({ ms }) => ms);
  const sample = `${waits.length} first waits from ${s(Math.min(...all))} to ${s(Math.max(...all))}`;
  const calm = waits.filter(({ takenMs }) => takenMs <= NOISE_MS).map(({ ms }) => ms);
  const mean = calm.reduce((sum, value) => sum + value, 0) / Math.max(1, calm.length);
  const together = largestCluster(calm, NOISE_MS);
  const p = clusterProbability(calm.length, together, NOISE_MS / (LEAST_JITTER * mean));
  if (together >= LEAST_SAMPLE && p < SIGNIFICANCE) {
    return deviates(
      `${sample}: ${together} lie within ${NOISE_MS} ms, which waits that vary by ±10 % do with a probability of at most ${p.toExponential(1)} (scan statistic, ${calm.length} samples)`,
      { jitter: false },
      ...pairs.flat().slice(0, 4),
    );
  }
  // one constant wait would lie within the noise of every sample
  const least = Math.max(...waits.map(({ ms, takenMs }) => ms - NOISE_MS - takenMs));
  const most = Math.min(...waits.map(({ ms }) => ms + NOISE_MS));
  // a few that stand apart from a cluster may have been delayed by the machine
  if (least > most + CLEAR_MS && together <= Math.max(1, calm.length / 2)) {
    return holds(
      `${sample}: they differ by ${Math.round(least - most)} ms more than noise explains`,
    );
  }
  return busy(`${sample} are too few or too short to tell jitter from noise`);
};

/** The waits of the longest run of attempts. */
function outageWaits(run: ScenarioRun): Wait[] {
  const attempts = exportsOf(run).toSorted((a, b) => b.length - a.length)[0] ?? [];
  return attempts.slice(1).flatMap((next, index) => {
    const before = attempts[index]!;
    const isFailure = before.answer?.kind === "status" || before.answer?.kind === "grpc";
    return isFailure && before.answeredAtMs !== null ? [waitBetween(run, [before, next])] : [];
  });
}

const LEAST_WAITS = 3;

/** Exponential: whatever the jitter, waits that double or grow by half do not stay where they are. */
export const growsExponentially: Judge = (run) => {
  const waits = outageWaits(run);
  const text = waits.map(({ ms }) => s(ms)).join(", ");
  if (waits.length < LEAST_WAITS) {
    return unknown(
      `only ${waits.length} waits were seen (${text === "" ? "none" : text}); growth needs ${LEAST_WAITS}`,
    );
  }
  const half = Math.floor(waits.length / 2);
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const seen = waits.map(({ ms }) => ms);
  const own = waits.map(({ ms, takenMs }) => Math.max(1, ms - takenMs));
  // what the machine added is taken from the later waits, or from the first, whichever says less
  const least = mean(own.slice(-half)) / mean(seen.slice(0, half));
  const most = mean(seen.slice(-half)) / mean(own.slice(0, half));
  if (least > 1.3) {
    return holds(`waits ${text}: the later ones ${least.toFixed(1)} times the first`);
  }
  // with factor 1.5 and jitter of ±50 % five waits grow at least by 1.5^3 / 3 > 1.1 on average
  if (waits.length >= 5 && most < 1.1) {
    return deviates(`waits ${text} do not grow`, { grows: false });
  }
  const open = `waits ${text} are too few to tell growth from jitter`;
  return waits.some(({ ms, takenMs }) => takenMs > ms / 10) ? busy(open) : unknown(open);
};

// --- constants of opentelemetry-js ------------------------------------------------------------

const JS_MAX_REQUESTS = 6;
const JS_FIRST_MS = 1_000;
const JS_FACTOR = 1.5;
const JS_CAP_MS = 5_000;
const JS_JITTER = 0.2;
/** By as much a wait may be too short and held up until it is right. */
const JS_TOLERANCE_MS = 250;

export const jsSendsAtMostSix: Judge = (run) => {
  const longest = Math.max(0, ...exportsOf(run).map((attempts) => attempts.length));
  if (longest === 0) return unknown("no export arrived");
  const last = Math.max(...run.requests.map(({ endedAtMs, atMs }) => endedAtMs ?? atMs));
  return longest <= JS_MAX_REQUESTS
    ? gated(
        holds(`at most ${longest} requests for one export`),
        // a seventh would have come within the longest wait, if nobody held it up
        gate(last, run.terminatedAtMs, Math.max(500, run.terminatedAtMs - last - JS_CAP_MS)),
      )
    : deviates(`${longest} requests for one export`, { requests: longest });
};

export const jsWaits: Judge = (run) => {
  const waits = outageWaits(run);
  if (waits.length === 0) return unknown("no wait was seen");
  const nominal = (index: number) =>
    Math.min(JS_FIRST_MS * JS_FACTOR ** index * (1 - JS_JITTER), JS_CAP_MS) - CLOCK_TOLERANCE_MS;
  const short = waits.findIndex(({ ms }, index) => ms < nominal(index));
  const text = waits.map(({ ms }) => s(ms)).join(", ");
  return short === -1
    ? gated(
        holds(`waits ${text}: none shorter than 1 s × 1.5^k less 20 %, at most 5 s`),
        ...waits.flatMap(({ ms, fromMs, toMs }, index) =>
          heldUpUntil(fromMs, toMs, Math.max(JS_TOLERANCE_MS, ms - nominal(index))),
        ),
      )
    : deviates(`wait ${short + 1} of ${text} is shorter than the constants allow`, {
        wait: short + 1,
      });
};
