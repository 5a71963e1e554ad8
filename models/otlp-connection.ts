/**
 * The connection of an OTLP exporter to its receiver, with the recovery that makes it usable: an
 * acknowledgement that does not come in time is an error, an error is followed by a pause and a new
 * attempt, and after the last attempt the exporter gives up instead of trying for ever.
 *
 * Sources:
 * - retry of a failed or refused connection with exponential backoff, and of an unanswered request:
 *   OTLP specification, "OTLP/HTTP Connection" and "OTLP/gRPC Response".
 * - several requests in flight at a time, their number limited by configuration: OTLP
 *   specification, "OTLP/gRPC Concurrent Requests".
 * - an upper bound on retrying, after which data is given up: OpenTelemetry specification, "OTLP
 *   Exporter", sections "Configuration Options" (timeout) and "Retry".
 * - the names of states and events: the design this project started from (models/published).
 */

import { setup } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import { guard, update } from "../expr/index.ts";

export interface OtlpConnectionContext {
  /** Failed attempts since the last success or the last `connect`. */
  readonly attempts: number;
  /** Requests sent and not yet acknowledged on this connection. */
  readonly inFlight: number;
  /** Failed attempts after which the exporter gives up. */
  readonly maxAttempts: number;
  /** Requests that may be in flight at a time. */
  readonly window: number;
}

export type OtlpConnectionEvent = {
  readonly type: "connect" | "receive_ack" | "send" | "disconnect" | "error";
};

/** Milliseconds to wait for the acknowledgement of a connection: the exporter's timeout. */
export const ackTimeout = 10_000;
/** Milliseconds of the first pause; each further one is longer by half, without jitter here. */
export const firstBackoff = 1_000;

export const otlpConnectionMachine = setup({
  types: {
    context: {} as OtlpConnectionContext,
    input: {} as Pick<OtlpConnectionContext, "maxAttempts" | "window">,
    events: {} as OtlpConnectionEvent,
  },
  delays: {
    ackTimeout,
    backoff: ({ context }) => firstBackoff * 1.5 ** Math.max(0, context.attempts - 1),
  },
}).createMachine({
  id: "otlp-connection",
  context: ({ input }) => ({
    attempts: 0,
    inFlight: 0,
    maxAttempts: input.maxAttempts,
    window: input.window,
  }),
  initial: "Disconnected",
  states: {
    Disconnected: {
      on: { connect: { target: "Connecting", actions: update({ attempts: "0" }) } },
    },
    Connecting: {
      on: {
        receive_ack: { target: "Connected", actions: update({ attempts: "0" }) },
        error: { target: "Error", actions: update({ attempts: "attempts + 1" }) },
        disconnect: { target: "Disconnected", actions: update({ attempts: "0" }) },
      },
      after: { ackTimeout: { target: "Error", actions: update({ attempts: "attempts + 1" }) } },
    },
    Connected: {
      on: {
        send: { guard: guard("inFlight < window"), actions: update({ inFlight: "inFlight + 1" }) },
        receive_ack: {
          guard: guard("inFlight > 0"),
          actions: update({ inFlight: "inFlight - 1" }),
        },
        // What was in flight is not known to have arrived; sending it again is the caller's task.
        error: { target: "Error", actions: update({ inFlight: "0" }) },
        disconnect: { target: "Disconnected", actions: update({ inFlight: "0" }) },
      },
    },
    Error: {
      on: { disconnect: { target: "Disconnected", actions: update({ attempts: "0" }) } },
      after: {
        backoff: [
          { guard: guard("attempts < maxAttempts"), target: "Connecting" },
          { target: "Disconnected", actions: update({ attempts: "0" }) },
        ],
      },
    },
  },
});

export const otlpConnection: MachineModel = {
  machine: otlpConnectionMachine,
  events: [
    { type: "connect" },
    { type: "receive_ack" },
    { type: "send" },
    { type: "disconnect" },
    { type: "error" },
  ],
  variables: {
    attempts: { int: [0, null] },
    inFlight: { int: [0, null] },
  },
  parameters: {
    maxAttempts: { int: [1, null], explore: 3 },
    window: { int: [1, null], explore: 2 },
  },
};
