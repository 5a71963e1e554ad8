/**
 * The OTLP exporter as a queue. It lets `concurrencyLimit` exports run at a time and refuses every
 * further one at once ("Concurrent export limit reached"), so it has N servers and no waiting room:
 * M/G/N/N, Erlang B. M/M/N with waiting (Erlang C), the model of the starting specification, does
 * not describe it.
 */

import { violated } from "../../core/property.ts";
import type {
  Distribution,
  MeasuredSystem,
  OperatingPoint,
  QueueClaim,
  QueueSubject,
} from "../../core/subject.ts";
import { erlangBLoss } from "./textbook.ts";

const servers = 16;
const service: Distribution = { law: "exponential", mean: 0.04 };
const seconds = 3.5;

/** Saturation is at λ = N/E[S] = 400/s. */
const point = (name: string, utilisation: number): OperatingPoint => ({
  name,
  arrivalRate: (utilisation * servers) / service.mean,
  service,
  servers,
  duration: seconds,
});

export const exporterPoints: readonly OperatingPoint[] = [
  point("below saturation", 0.7),
  point("at saturation", 1),
  point("above saturation", 1.5),
];

/**
 * The subject for an exporter that can be put under load.
 * @param more further claims about the same system, e.g. a profile
 */
export function exporterQueueSubject(
  system: MeasuredSystem,
  more: readonly QueueClaim[] = [],
): QueueSubject {
  return {
    kind: "queue",
    id: "otlp-exporter-queue",
    title: "OTLP trace exporter with a concurrency limit of 16, measured under load",
    source: "OTLP specification, section OTLP/HTTP Concurrent Requests",
    model: { arrivalRate: servers / service.mean, service, servers, waitingRoom: 0 },
    system,
    claims: [
      {
        kind: "formula",
        id: "erlang-b-any-service-law",
        title: "Erlang B gives the loss, whatever the service law",
        source: "Erlang 1917; insensitivity: Sevastyanov 1957",
        measure: "loss-probability",
        formulaName: "Erlang B",
        formula: erlangBLoss,
        also: (
          [
            { law: "deterministic", mean: service.mean },
            { law: "lognormal", mean: service.mean, scv: 4 },
          ] as const
        ).map((law) => ({
          arrivalRate: servers / service.mean,
          service: law,
          servers,
          waitingRoom: 0,
        })),
      },
      {
        kind: "prediction",
        id: "loss-model-predicts",
        title: "Erlang B predicts the share of exports that the exporter rejects",
        predictor: "erlang-b",
        points: exporterPoints,
      },
      {
        kind: "prediction",
        id: "waiting-model-predicts",
        title: "M/M/N with waiting (Erlang C) predicts the share of exports that are rejected",
        source: "starting specification: M/M/N model of the exporter's throughput",
        predictor: "erlang-c",
        points: exporterPoints,
        expect: violated(
          "the exporter has no waiting room: beyond its concurrency limit it rejects at once, so it is a loss system (Erlang B)",
          { point: "below saturation", measure: "rejected-share", servers },
        ),
      },
      ...more,
    ],
  };
}
