/**
 * Span processors as queues. The batch processor is bulk service with a size-or-timer start rule, one
 * export at a time, and a room of K spans that excludes the batch in flight. The simple processor is a
 * loss system: N exports at a time and no room. Neither is M/M/N.
 */

import { violated } from "../../core/property.ts";
import type { BatchReplayer, ProcessorSettings } from "../../core/load.ts";
import type {
  MeasuredSystem,
  ProcessorPoint,
  QueueClaim,
  QueueSubject,
} from "../../core/subject.ts";

const batch: ProcessorSettings = {
  kind: "batch",
  maxExportBatchSize: 64,
  maxQueueSize: 256,
  scheduledDelayMillis: 200,
  exportTimeoutMillis: 30_000,
};
const simple: ProcessorSettings = { kind: "simple", concurrencyLimit: 64 };

const allLoads = [0.2, 0.5, 0.7, 0.85, 0.93, 1.1, 1.25, 1.4];
const fewLoads = [0.2, 1.25];

/** Points at shares of what the processor carries when an export takes 2 % longer than the backend. */
function points(
  processor: ProcessorSettings,
  service: ProcessorPoint["service"],
  duration: number,
  shares: readonly number[],
): readonly ProcessorPoint[] {
  const places =
    processor.kind === "batch" ? processor.maxExportBatchSize : processor.concurrencyLimit;
  return shares.map((load) => ({
    name: `load ${load}`,
    arrivalRate: (load * places) / (1.02 * service.mean),
    service,
    duration,
  }));
}

const constant = { law: "deterministic", mean: 0.1 } as const;
const random = { law: "exponential", mean: 0.1 } as const;
/** One export at a time: shorter ones, so that a run has enough of them. */
const randomOfOne = { law: "exponential", mean: 0.05 } as const;

const randomBatch: readonly ProcessorPoint[] = [
  ...points(batch, randomOfOne, 10, allLoads),
  ...points(batch, randomOfOne, 10, [0.6]).map((one) => ({
    ...one,
    name: "bursts of 20",
    burst: 20,
  })),
];
const randomSimple = points(simple, random, 6, allLoads);

/** Claims with a constant backend, at some loads for some seconds each. */
const predicted = (loads: readonly number[], seconds: number): readonly QueueClaim[] => [
  {
    kind: "validation",
    id: "bulk-model-predicts",
    title: "bulk service predicts throughput, utilisation, loss and waits of the batch processor",
    predictor: "bulk",
    processor: batch,
    points: points(batch, constant, seconds, loads),
    judgedBy: "figures",
  },
  {
    kind: "validation",
    id: "waiting-model-predicts",
    title: "M/M/30 predicts throughput, utilisation, loss and waits of the batch processor",
    source: "starting specification: M/M/N model of the exporter's throughput",
    predictor: "mmn",
    processor: batch,
    points: points(batch, constant, seconds, loads),
    judgedBy: "figures",
    expect: violated(
      "spans wait for their batch and for the one export in flight, not for one of 30 servers",
      { point: `load ${loads[0]}`, predictor: "mmn" },
    ),
  },
  {
    kind: "validation",
    id: "loss-model-predicts",
    title: "the loss system predicts throughput, utilisation and loss of the simple processor",
    predictor: "loss",
    processor: simple,
    points: points(simple, constant, seconds, loads),
    judgedBy: "figures",
  },
];

/** Claims with a random backend, in bursts, and with an application that holds the event loop. */
const predictedWithin: readonly QueueClaim[] = [
  {
    kind: "validation",
    id: "bulk-model-random-backend",
    title: "with a random backend the measured figures lie inside the interval of bulk service",
    predictor: "bulk",
    processor: batch,
    points: randomBatch,
    judgedBy: "interval",
  },
  {
    kind: "validation",
    id: "waiting-model-random-backend",
    title: "with a random backend the measured figures are those of M/M/30",
    source: "starting specification: M/M/N model of the exporter's throughput",
    predictor: "mmn",
    processor: batch,
    points: randomBatch,
    judgedBy: "interval",
    expect: violated(
      "spans wait for their batch and for the one export in flight, not for one of 30 servers",
      { predictor: "mmn" },
    ),
  },
  {
    kind: "validation",
    id: "bulk-model-slower-backend",
    title: "negative control: bulk service that takes the random backend for 5 % slower than it is",
    predictor: "bulk",
    processor: batch,
    points: randomBatch,
    judgedBy: "interval",
    believedService: 1.05,
    expect: violated("a prediction interval that let this pass would test nothing", {
      predictor: "bulk",
    }),
  },
  {
    kind: "validation",
    id: "loss-model-random-backend",
    title: "with a random backend the measured figures lie inside the interval of the loss system",
    predictor: "loss",
    processor: simple,
    points: randomSimple,
    judgedBy: "interval",
  },
  {
    kind: "validation",
    id: "loss-model-slower-backend",
    title:
      "negative control: a loss system that takes the random backend for 5 % slower than it is",
    predictor: "loss",
    processor: simple,
    points: randomSimple,
    judgedBy: "interval",
    believedService: 1.05,
    expect: violated("a prediction interval that let this pass would test nothing", {
      predictor: "loss",
    }),
  },
  {
    kind: "validation",
    id: "bulk-model-busy-application",
    title: "an application that holds the event loop moves the figures as the model says",
    predictor: "bulk",
    processor: batch,
    points: points(batch, constant, 4, [0.5, 0.9, 1.25]).map((one) => ({
      ...one,
      name: `${one.name}, loop held for 40 of 100 ms`,
      busy: { everyMs: 100, forMs: 40 },
    })),
    judgedBy: "interval",
  },
];

/**
 * @param replayer the same processor in virtual time
 * @param processor to be measured; without it nothing is
 * @param extent `all` takes minutes: eight loads, random backends, an application that is busy
 */
export function batchProcessorSubject(
  replayer: BatchReplayer,
  processor?: MeasuredSystem,
  extent: "few" | "all" = "few",
): QueueSubject {
  const measured =
    extent === "few" ? predicted(fewLoads, 2) : [...predicted(allLoads, 3), ...predictedWithin];
  return {
    kind: "queue",
    id: "span-processor",
    title: "Span processors: bulk service started by size or timer, and the loss system",
    source: "OpenTelemetry specification, trace SDK, Batching processor",
    model: {
      arrivalRate: 1000,
      service: { law: "deterministic", mean: 0.1 },
      servers: 1,
      waitingRoom: 2048,
    },
    replayer,
    ...(processor === undefined ? {} : { processor }),
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
      ...(processor === undefined ? [] : measured),
    ],
  };
}
