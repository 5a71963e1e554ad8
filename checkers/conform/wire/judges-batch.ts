/** Judges of a batch processor, as far as the wire shows it. */

import {
  busy,
  CLOCK_TOLERANCE_MS,
  deviates,
  gate,
  gated,
  holds,
  type Judge,
  nothingArrived,
  unknown,
  waited,
} from "./judgement.ts";
import { ledgerOf, signalRequests } from "./ledger.ts";
import type { RequestRecord } from "./record.ts";
import { SMALL_BATCH, SMALL_QUEUE } from "./scenarios.ts";

/** Requests with something in them, in order of arrival. */
const full = (requests: readonly RequestRecord[]) =>
  requests.filter(({ spans }) => spans.length > 0);

export const batchesStaySmall: Judge = (run) => {
  const requests = full(signalRequests(run));
  if (requests.length === 0) return nothingArrived;
  const large = requests.find(({ spans }) => spans.length > SMALL_BATCH);
  return large === undefined
    ? holds(`${requests.length} batches of at most ${SMALL_BATCH}`)
    : deviates(
        `request ${large.n} carries ${large.spans.length} items; the batch limit is ${SMALL_BATCH}`,
        { withinLimit: false },
        large,
      );
};

export const fullBatchesGoAtOnce: Judge = (run, reference) => {
  const { perDrive } = reference;
  if (perDrive === null || perDrive < 2 * SMALL_BATCH) {
    return unknown(`one stimulus does not fill two batches of ${SMALL_BATCH}`);
  }
  const early = full(signalRequests(run)).filter(({ atMs }) => atMs < run.terminatedAtMs);
  return early.length > 0
    ? holds(`${early.length} batches before the schedule delay of 30 s and before SIGTERM`)
    : gated(
        deviates(
          `${perDrive} items ended, a batch holds ${SMALL_BATCH}, and nothing was sent in ${Math.round(run.terminatedAtMs)} ms: full batches wait for the schedule delay of 30 s`,
          { eager: false },
        ),
        waited(0, run.terminatedAtMs),
      );
};

/** Waiting room and the batch under way bound what survives an overflow. */
export const queueIsBounded: Judge = (run, reference) => {
  const { ended, delivered } = ledgerOf(run, reference);
  if (ended === null) return unknown("it is not known how much ended");
  const burst = run.drives[1];
  const { perDrive } = reference;
  if (burst === undefined || perDrive === null) return unknown("there was no burst");
  // before the burst everything of the first stimulus may be delivered, during it one batch more
  const most = perDrive + SMALL_QUEUE + 2 * SMALL_BATCH;
  if (ended <= most) return unknown(`${ended} items do not overflow the queue`);
  if (delivered <= most) {
    return gated(
      holds(`${delivered} of ${ended} delivered; the queue of ${SMALL_QUEUE} dropped the rest`),
      waited(run.terminatedAtMs, run.durationMs),
    );
  }
  // a burst that outlasts the first answer meets a queue that empties
  const burstOver = run.events.filter(({ what }) => what === "drive")[1]?.atMs ?? Infinity;
  const freed = run.requests[0]?.answeredAtMs ?? 0;
  if (burstOver >= freed) {
    return busy(`the burst was over ${Math.round(burstOver - freed)} ms after the first answer`);
  }
  return deviates(
    `${delivered} of ${ended} were delivered: more than ${most}, which queue and batches hold`,
    { bounded: false },
  );
};

/** How long each export is under way in a scenario that looks for overlap. */
const underWayMs = (record: RequestRecord): number =>
  record.answer?.kind === "success" && record.answer.delay?.law === "constant"
    ? record.answer.delay.meanMs
    : 0;

/**
 * Until when an export is surely under way: the answer leaves the harness when it is dated, so whoever
 * begins before cannot have seen it; that a client has given up is seen a little later than it does so.
 */
const underWayUntil = ({ answeredAtMs, endedAtMs }: RequestRecord): number =>
  Math.min(answeredAtMs ?? Infinity, (endedAtMs ?? Infinity) - CLOCK_TOLERANCE_MS);

export const exportsOneAtATime: Judge = (run) => {
  const requests = full(signalRequests(run));
  if (requests.length < 2) return unknown("fewer than two exports");
  for (const [index, record] of requests.entries()) {
    const next = requests[index + 1];
    if (next === undefined || next.connection === 0) continue;
    if (next.atMs < underWayUntil(record) && next.exportNumber !== record.exportNumber) {
      return deviates(
        `request ${next.n} began while request ${record.n} had no answer yet`,
        { overlap: true },
        record,
        next,
      );
    }
  }
  // Overlap shows when several batches wait at once: that is what SIGTERM meets, if all goes well.
  const atTheEnd = requests.filter(({ atMs }) => atMs >= run.terminatedAtMs).length;
  if (run.scenario.name === "batches-at-sigterm" && atTheEnd < 2) {
    return busy(`only ${atTheEnd} batches were left at SIGTERM, so none could overlap`);
  }
  // whoever is held up for as long as an export takes looks as if it had waited for the answer
  const gates = requests.flatMap((record, index) => {
    const next = requests[index + 1];
    const span = underWayMs(record);
    return next === undefined || span === 0 ? [] : [gate(record.atMs, next.atMs, span / 2)];
  });
  return gated(holds(`${requests.length} requests, one after the other`), ...gates);
};
