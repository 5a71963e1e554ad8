/**
 * The batch span processor as a queue: bulk service with a size-or-timer start rule, one export at a
 * time, a room of K spans that excludes the batch in flight.
 */

import { violated } from "../../core/property.ts";
import type { BatchReplayer } from "../../core/load.ts";
import type { QueueClaim, QueueSubject } from "../../core/subject.ts";

/** @param more claims about the same processor under load */
export function batchProcessorSubject(
  replayer: BatchReplayer,
  more: readonly QueueClaim[] = [],
): QueueSubject {
  return {
    kind: "queue",
    id: "batch-processor",
    title: "Batch span processor: bulk service, started by size or timer",
    source: "OpenTelemetry specification, trace SDK, Batching processor",
    model: {
      arrivalRate: 1000,
      service: { law: "deterministic", mean: 0.1 },
      servers: 1,
      waitingRoom: 2048,
    },
    replayer,
    claims: [
      {
        kind: "replay",
        id: "simulator-is-exact",
        title: "the simulator forms the same batches and drops the same spans as the processor",
        traces: 1000,
        overlapAfterFailure: true,
      },
      {
        kind: "replay",
        id: "one-export-at-a-time",
        title: "exports never overlap, not even after one has failed",
        source:
          'OpenTelemetry specification, trace SDK: "Export() should not be called concurrently with other Export calls"',
        traces: 200,
        overlapAfterFailure: false,
        expect: violated(
          "after a failed export the processor begins the next one and then clears the flag that says so; the next batch does not wait for it",
          { measure: "batches" },
        ),
      },
      ...more,
    ],
  };
}
