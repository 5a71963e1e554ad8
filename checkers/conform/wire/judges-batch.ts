/** Judges of a batch processor, as far as the wire shows it. */

import { deviates, holds, type Judge, nothingArrived, unknown } from "./judgement.ts";
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
    : deviates(
        `${perDrive} items ended, a batch holds ${SMALL_BATCH}, and nothing was sent in ${Math.round(run.terminatedAtMs)} ms: full batches wait for the schedule delay of 30 s`,
        { eager: false },
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
  return delivered <= most
    ? holds(`${delivered} of ${ended} delivered; the queue of ${SMALL_QUEUE} dropped the rest`)
    : deviates(
        `${delivered} of ${ended} were delivered: more than ${most}, which queue and batches hold`,
        { bounded: false },
      );
};

export const exportsOneAtATime: Judge = (run) => {
  const requests = full(signalRequests(run));
  if (requests.length < 2) return unknown("fewer than two exports");
  for (const [index, record] of requests.entries()) {
    const next = requests[index + 1];
    if (next === undefined || record.answeredAtMs === null || next.connection === 0) continue;
    // The answer leaves the harness at answeredAtMs: whoever begins before cannot have seen it.
    if (next.atMs < record.answeredAtMs && next.exportNumber !== record.exportNumber) {
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
  return run.scenario.name === "sigterm" && atTheEnd < 2
    ? {
        kind: "unknown",
        reason: `only ${atTheEnd} batches were left at SIGTERM, so none could overlap`,
        busy: true, // the burst took so long that batches left before
      }
    : holds(`${requests.length} requests, one after the other`);
};
