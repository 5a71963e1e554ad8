/**
 * The places of an OTLP client: exports in flight, exports that wait for their turn, and the end.
 *
 * Sources:
 * - several requests in flight, their number limited by configuration: OTLP specification, "OTLP/gRPC
 *   Concurrent Requests".
 * - a request over the size limit is not sent: OTLP specification, "OTLP/HTTP Request", "Max Request
 *   Size".
 * - after shutdown an export fails; shutdown lets what is under way end first: OpenTelemetry
 *   specification, "Trace SDK", "Shutdown()" of the span exporter.
 * - the waiting room and its limit are parameters here: the specification asks for bounded memory only.
 */

import { setup } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import { guard, update } from "../expr/index.ts";

export interface OtlpClientContext {
  /** Exports whose request is on its way. */
  readonly inFlight: number;
  /** Exports that wait for their turn. */
  readonly waiting: number;
  readonly concurrency: number;
  readonly maxWaiting: number;
}

export type OtlpClientEvent = {
  /**
   * EXPORT: a batch is handed over. EXPORT_LARGE: one over the size limit. FINISH: the oldest request
   * in flight is answered. EXPIRE: the oldest export that waits reaches its time limit. FLUSH: somebody
   * asks to be told when nothing is under way.
   */
  readonly type: "EXPORT" | "EXPORT_LARGE" | "FINISH" | "EXPIRE" | "FLUSH" | "SHUTDOWN";
};

export const otlpClientMachine = setup({
  types: {
    context: {} as OtlpClientContext,
    input: {} as Pick<OtlpClientContext, "concurrency" | "maxWaiting">,
    events: {} as OtlpClientEvent,
  },
}).createMachine({
  id: "otlp-client",
  context: ({ input }) => ({
    inFlight: 0,
    waiting: 0,
    concurrency: input.concurrency,
    maxWaiting: input.maxWaiting,
  }),
  initial: "open",
  states: {
    open: {
      on: {
        EXPORT: [
          { guard: guard("inFlight < concurrency"), actions: update({ inFlight: "inFlight + 1" }) },
          { guard: guard("waiting < maxWaiting"), actions: update({ waiting: "waiting + 1" }) },
        ],
        FINISH: [
          { guard: guard("waiting > 0"), actions: update({ waiting: "waiting - 1" }) },
          { guard: guard("inFlight > 0"), actions: update({ inFlight: "inFlight - 1" }) },
        ],
        EXPIRE: { guard: guard("waiting > 0"), actions: update({ waiting: "waiting - 1" }) },
        SHUTDOWN: [{ guard: guard("inFlight > 0"), target: "draining" }, { target: "closed" }],
      },
    },
    draining: {
      on: {
        FINISH: [
          { guard: guard("waiting > 0"), actions: update({ waiting: "waiting - 1" }) },
          { guard: guard("inFlight > 1"), actions: update({ inFlight: "inFlight - 1" }) },
          { target: "closed", actions: update({ inFlight: "inFlight - 1" }) },
        ],
        EXPIRE: { guard: guard("waiting > 0"), actions: update({ waiting: "waiting - 1" }) },
      },
    },
    closed: {},
  },
});

export const otlpClient: MachineModel = {
  machine: otlpClientMachine,
  events: [
    { type: "EXPORT" },
    { type: "EXPORT_LARGE" },
    { type: "FINISH" },
    { type: "EXPIRE" },
    { type: "FLUSH" },
    { type: "SHUTDOWN" },
  ],
  variables: { inFlight: { int: [0, null] }, waiting: { int: [0, null] } },
  parameters: {
    concurrency: { int: [1, null], explore: 2 },
    maxWaiting: { int: [1, null], explore: 2 },
  },
};
