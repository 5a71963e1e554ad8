/**
 * The control loop of an OpAMP agent over plain HTTP: report, hear the server's answer, obey it.
 * Two regions: the exchange with the server, and the application of a remote configuration.
 *
 * Sources (OpAMP specification, sections):
 * - at most one request is outstanding, polling when there is nothing to say: "Plain HTTP Transport".
 * - the first report carries everything; later ones may leave out what did not change; sequence
 *   numbers grow by one; ReportFullState asks for everything again: "Agent Status Compression".
 * - an answer that changes nothing must not cause a report: "Status Reporting".
 * - after 429, 503 or a failed request the agent waits, and sends nothing in the meantime, whatever
 *   changes locally: "Throttling".
 * - an offer is applied, and its outcome reported as APPLYING, APPLIED or FAILED with the hash of the
 *   offer: "Configuration", "RemoteConfigStatus". What happens to an offer that comes while another
 *   one is being applied is left open there (open-telemetry/opamp-spec, issue 366); here the last one
 *   waits.
 *
 * Abstractions: sequence numbers count modulo 4, which is enough to see a step other than +1; two
 * configurations stand for all (hash 1 and 2, 0 is "none"); a report carries all changes up to the
 * moment it is sent.
 */

import { setup } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import { guard, update } from "../expr/index.ts";

export interface OpampContext {
  /** sequence_num of the last message sent, modulo 4. */
  readonly seq: number;
  /** A request is outstanding; equals `link.inFlight`, for the other region to see. */
  readonly outstanding: boolean;
  /** Something changed since the last message was sent. */
  readonly dirty: boolean;
  /** The message that is in flight or comes next carries everything. */
  readonly full: boolean;
  /** The server has confirmed a full report and asked for no other since. */
  readonly synced: boolean;
  /** Hash of the last configuration that was received and not superseded while waiting. */
  readonly hash: number;
  /** Hash of the offer that waits for the current application to end; 0: none. */
  readonly queued: number;
}

export type OpampEvent =
  /** 200 with an answer: the offered configuration (0: none), and the ReportFullState flag. */
  | { readonly type: "RESPONSE"; readonly offer: number; readonly full: boolean }
  /** 429 or 503, with or without Retry-After. */
  | { readonly type: "THROTTLE" }
  /** The request failed or timed out: nobody knows whether the server saw it. */
  | { readonly type: "FAIL" }
  /** Something of the agent changed that it reports, e.g. its health. */
  | { readonly type: "CHANGE" }
  | { readonly type: "APPLY_OK" }
  | { readonly type: "APPLY_FAIL" };

/** Milliseconds between polls, the specification's default. */
export const pollInterval = 30_000;
/** Milliseconds to wait after 429, 503 or a failure: the recommended minimum. */
export const retryAfter = 30_000;

const sent = update({ seq: "(seq + 1) mod 4", outstanding: "true", dirty: "false" });
const arrived = update({ outstanding: "false" });
// Whether or not the server saw it: what was in the message has to be said again.
const lost = update({ outstanding: "false", dirty: "true" });

const offered = "outstanding and event.offer != 0 and event.offer != hash";

export const opampMachine = setup({
  types: { context: {} as OpampContext, events: {} as OpampEvent },
  delays: { pollInterval, retryAfter },
}).createMachine({
  id: "opamp-control-loop",
  context: {
    seq: 3, // the first message gets number 0
    outstanding: false,
    dirty: true,
    full: true,
    synced: false,
    hash: 0,
    queued: 0,
  },
  type: "parallel",
  states: {
    link: {
      initial: "inFlight",
      on: { CHANGE: { actions: update({ dirty: "true" }) } },
      states: {
        inFlight: {
          entry: sent,
          on: {
            RESPONSE: {
              target: "idle",
              actions: [
                arrived,
                update({
                  full: "event.full",
                  synced: "not event.full",
                  dirty: "dirty or event.full",
                }),
              ],
            },
            THROTTLE: { target: "waiting", actions: lost },
            FAIL: { target: "waiting", actions: lost },
          },
        },
        idle: {
          always: { guard: guard("dirty"), target: "inFlight" },
          after: { pollInterval: { target: "inFlight" } },
        },
        waiting: {
          after: { retryAfter: { target: "inFlight" } },
        },
      },
    },
    config: {
      initial: "none",
      states: {
        none: {
          on: {
            RESPONSE: {
              guard: guard(offered),
              target: "applying",
              actions: update({ hash: "event.offer", dirty: "true" }),
            },
          },
        },
        applying: {
          on: {
            RESPONSE: [
              // The server changed its mind back: the offer that is being applied is the last one.
              {
                guard: guard("outstanding and event.offer != 0 and event.offer == hash"),
                actions: update({ queued: "0" }),
              },
              { guard: guard(offered), actions: update({ queued: "event.offer" }) },
            ],
            APPLY_OK: [
              {
                guard: guard("queued != 0"),
                target: "applying",
                reenter: true,
                actions: update({ hash: "queued", queued: "0", dirty: "true" }),
              },
              { target: "applied", actions: update({ dirty: "true" }) },
            ],
            APPLY_FAIL: [
              {
                guard: guard("queued != 0"),
                target: "applying",
                reenter: true,
                actions: update({ hash: "queued", queued: "0", dirty: "true" }),
              },
              { target: "failed", actions: update({ dirty: "true" }) },
            ],
          },
        },
        applied: {
          on: {
            RESPONSE: {
              guard: guard(offered),
              target: "applying",
              actions: update({ hash: "event.offer", dirty: "true" }),
            },
          },
        },
        failed: {
          on: {
            RESPONSE: {
              guard: guard(offered),
              target: "applying",
              actions: update({ hash: "event.offer", dirty: "true" }),
            },
          },
        },
      },
    },
  },
});

export const opampControlLoop: MachineModel = {
  machine: opampMachine,
  events: [
    { type: "RESPONSE", offer: [0, 1, 2], full: [false, true] },
    { type: "THROTTLE" },
    { type: "FAIL" },
    { type: "CHANGE" },
    { type: "APPLY_OK" },
    { type: "APPLY_FAIL" },
  ],
  variables: {
    seq: { int: [0, 3] },
    outstanding: "bool",
    dirty: "bool",
    full: "bool",
    synced: "bool",
    hash: { int: [0, 2] },
    queued: { int: [0, 2] },
  },
};
