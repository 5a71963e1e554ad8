/** The account of one scenario: what became of the spans that ended. */

import type { RequestRecord } from "./receiver.ts";
import type { ScenarioRun } from "./play.ts";
import { signalOfPath } from "./signals.ts";

/**
 * What the fault-free run taught about the process; plain data, part of every recipe. Without it a
 * faulty run could not be told from a process that simply behaves differently.
 */
export interface Reference {
  /** Spans per stimulus, when both fault-free rounds agree. */
  readonly perDrive: number | null;
  /** Spans of a whole fault-free run of a process that ends by itself, without a stimulus. */
  readonly perRun: number | null;
  /** Spans that the readiness check alone made the process produce. */
  readonly atStart: number;
  /** Time from the stimulus to the first request, in the quicker of the two rounds. */
  readonly arrivalMs: number | null;
  /** How a fault-free run ended before SIGTERM; null when it did not. */
  readonly endsByItself: string | null;
  /** Whether the process obeys OTEL_EXPORTER_OTLP_TIMEOUT; null when that was not seen. */
  readonly timeoutObeyed: boolean | null;
}

export interface Ledger {
  /** Spans that ended since the faults were armed; null when nobody knows. */
  readonly ended: number | null;
  /** Where that number comes from, or why there is none. */
  readonly endedFrom: string;
  /** Different spans that the receiver accepted (answered 2xx). */
  readonly delivered: number;
  /** Copies accepted beyond the first of each span. */
  readonly duplicated: number;
  readonly lost: number | null;
  readonly requests: number;
}

/** Requests that carry the signal under test, or that do not say which. */
export const signalRequests = (run: ScenarioRun): readonly RequestRecord[] =>
  run.requests.filter((record) => (signalOfPath(record.path) ?? run.signal) === run.signal);

/** Success was sent: a status 2xx, over gRPC the status OK. */
export const isAccepted = (record: RequestRecord): boolean =>
  record.headers["content-type"]?.startsWith("application/grpc") === true
    ? record.grpcStatus === 0
    : record.status !== null && record.status >= 200 && record.status < 300;

export function ledgerOf(run: ScenarioRun, reference: Reference): Ledger {
  const accepted = run.requests.filter(isAccepted).flatMap((record) => record.spans);
  const delivered = new Set(accepted).size;
  const duplicated = accepted.length - delivered;
  const [ended, endedFrom] = endedSpans(run, reference, delivered);
  return {
    ended,
    endedFrom,
    delivered,
    duplicated,
    lost: ended === null ? null : ended - delivered,
    requests: run.requests.length,
  };
}

function endedSpans(
  run: ScenarioRun,
  reference: Reference,
  delivered: number,
): [number | null, string] {
  const [ended, from] = claimedEnded(run, reference);
  if (ended !== null && delivered > ended) {
    return [null, `${from} says ${ended}, yet ${delivered} spans arrived`];
  }
  return [ended, from];
}

function claimedEnded(run: ScenarioRun, reference: Reference): [number | null, string] {
  if (run.stimulusFailed !== null) return [null, run.stimulusFailed];
  if (run.reportedEnded !== null) return [run.reportedEnded, `the process: ${run.reportedBy}`];
  const calls = run.drives.reduce((sum, count) => sum + count, 0);
  if (calls > 0) {
    if (reference.perDrive === null) {
      return [null, "the fault-free rounds of the stimulus did not give the same number of spans"];
    }
    const queued = Math.max(0, reference.atStart - run.warmUpSpans);
    const rest = queued === 0 ? "" : `, and ${queued} from the readiness check still queued`;
    return [
      reference.perDrive * calls + queued,
      `the fault-free run: ${reference.perDrive} per stimulus${rest}`,
    ];
  }
  if (reference.perRun !== null && run.endedEarly) {
    return [reference.perRun, "the fault-free run of the whole process"];
  }
  return [null, "without --drive, only a process that ends by itself can be compared"];
}

/** What a fault-free run teaches. */
export function learn(baseline: ScenarioRun): Omit<Reference, "timeoutObeyed"> {
  const perRound = [0, 1].map(
    (round) =>
      new Set(
        baseline.requests
          .filter((record) => record.round === round && isAccepted(record))
          .flatMap((record) => record.spans),
      ).size,
  );
  const isDriven = baseline.drives.length > 0;
  const all = new Set(baseline.requests.filter(isAccepted).flatMap((record) => record.spans)).size;
  const drives = baseline.events.filter((event) => event.what === "drive");
  const arrivals = drives.flatMap(({ atMs }, round) => {
    const first = baseline.requests.find((one) => one.attempt > 0 && one.round === round);
    return first === undefined ? [] : [Math.max(0, first.atMs - atMs)];
  });
  return {
    perDrive: isDriven && perRound[0] === perRound[1] && perRound[0]! > 0 ? perRound[0]! : null,
    endsByItself: baseline.endedEarly ? baseline.exit.how : null,
    perRun: !isDriven && baseline.endedEarly && all > 0 ? all : null,
    atStart: baseline.warmUpSpans,
    arrivalMs: isDriven && arrivals.length > 0 ? Math.min(...arrivals) : null,
  };
}

/** Different spans that a run saw at all, warm-up included. */
export const spansSeen = (run: ScenarioRun): number =>
  run.warmUpSpans + new Set(run.requests.flatMap((record) => record.spans)).size;
