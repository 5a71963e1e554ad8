/**
 * The life of one export of an OTLP/HTTP exporter: one batch on its way to the receiver.
 *
 * Sources:
 * - success and partial success end it, and are never followed by a resend; 429, 502, 503 and 504
 *   are worth another request, every other failure is not; a connection that breaks is: OTLP
 *   specification, "OTLP/HTTP Response", "Partial Success", "Failures", "OTLP/HTTP Connection".
 * - a wait between requests, of exponential backoff or as long as Retry-After says: OTLP
 *   specification, "OTLP/HTTP Throttling"; OpenTelemetry specification, "OTLP Exporter", "Retry".
 * - one time limit over all requests and waits of an export: OpenTelemetry specification, "OTLP
 *   Exporter", "Timeout"; "Trace SDK", "Export(batch)": must not block indefinitely.
 * - the limit on the number of requests is a parameter here: the specification sets none.
 */

import { setup } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import { guard, update } from "../expr/index.ts";

export interface OtlpExportContext {
  /** Requests sent so far. */
  readonly requests: number;
  /** Milliseconds to wait as the receiver asked for in its last answer; 0 when it did not. */
  readonly retryAfter: number;
  /** Requests that one export may take. */
  readonly maxRequests: number;
}

export type OtlpExportEvent =
  | { readonly type: "send" | "accepted" | "partial" | "rejected" | "broken" }
  | { readonly type: "unavailable"; readonly retryAfter: number };

/** Milliseconds that an export may take, with all its requests and waits. */
export const exportTimeout = 10_000;
/** Milliseconds of the first wait; each further one is longer by half, without jitter here. */
export const firstWait = 1_000;
/** Milliseconds of a wait, at most, unless the receiver asks for more. */
export const longestWait = 5_000;

export const otlpExportMachine = setup({
  types: {
    context: {} as OtlpExportContext,
    input: {} as Pick<OtlpExportContext, "maxRequests">,
    events: {} as OtlpExportEvent,
  },
  delays: {
    exportTimeout,
    wait: ({ context }) =>
      context.retryAfter > 0
        ? context.retryAfter
        : Math.min(longestWait, firstWait * 1.5 ** Math.max(0, context.requests - 1)),
  },
}).createMachine({
  id: "otlp-export",
  context: ({ input }) => ({ requests: 0, retryAfter: 0, maxRequests: input.maxRequests }),
  initial: "active",
  states: {
    active: {
      initial: "ready",
      after: { exportTimeout: { target: "failed" } },
      states: {
        /** Waits for its turn: other exports are in flight. */
        ready: {
          on: { send: { target: "inFlight", actions: update({ requests: "requests + 1" }) } },
        },
        inFlight: {
          on: {
            accepted: { target: "#otlp-export.delivered" },
            partial: { target: "#otlp-export.partlyDelivered" },
            rejected: { target: "#otlp-export.failed" },
            unavailable: [
              {
                guard: guard("requests < maxRequests"),
                target: "waiting",
                actions: update({ retryAfter: "event.retryAfter" }),
              },
              { target: "#otlp-export.failed" },
            ],
            broken: [
              {
                guard: guard("requests < maxRequests"),
                target: "waiting",
                actions: update({ retryAfter: "0" }),
              },
              { target: "#otlp-export.failed" },
            ],
          },
        },
        waiting: {
          after: { wait: { target: "inFlight", actions: update({ requests: "requests + 1" }) } },
        },
      },
    },
    delivered: { type: "final" },
    /** The receiver took a part and refused the rest for good. */
    partlyDelivered: { type: "final" },
    failed: { type: "final" },
  },
});

export const otlpExport: MachineModel = {
  machine: otlpExportMachine,
  events: [
    { type: "send" },
    { type: "accepted" },
    { type: "partial" },
    { type: "rejected" },
    { type: "broken" },
    { type: "unavailable", retryAfter: [0, 2_000, 60_000] },
  ],
  variables: {
    requests: { int: [0, null] },
    retryAfter: { int: [0, null] },
  },
  parameters: { maxRequests: { int: [1, null], explore: 3 } },
};
