/**
 * The OTLP connection as published in the design this project started from, taken literally:
 *
 *   δ(Disconnected, connect) = Connecting      δ(Connecting, receive_ack) = Connected
 *   δ(Connected, send) = Connected             δ(Connected, disconnect) = Disconnected
 *   δ(*, error) = Error
 *   Σ = {connect, disconnect, send, receive, error},  s₀ = Disconnected,  F = {Connected}
 *
 * δ uses a symbol, receive_ack, that Σ does not contain. Two readings, two subjects:
 * - literal: only symbols of Σ ever occur. No entry of δ is for `receive`, so it changes nothing.
 * - charitable: `receive` in Σ was meant to be receive_ack.
 *
 * A missing entry of δ is read as "the event changes nothing", as XState does.
 */

import { setup } from "xstate";

import type { MachineModel } from "../../core/subject.ts";

const literalMachine = setup({
  types: {
    events: {} as { type: "connect" | "disconnect" | "send" | "receive" | "error" },
  },
}).createMachine({
  id: "published-otlp-literal",
  initial: "Disconnected",
  on: { error: ".Error" },
  states: {
    Disconnected: { on: { connect: "Connecting" } },
    Connecting: {}, // δ(Connecting, receive_ack) can never be taken: receive_ack is not in Σ
    Connected: { on: { send: "Connected", disconnect: "Disconnected" } },
    Error: {},
  },
});

/** The literal reading: Σ as printed. */
export const publishedOtlpLiteral: MachineModel = {
  machine: literalMachine,
  events: [
    { type: "connect" },
    { type: "disconnect" },
    { type: "send" },
    { type: "receive" },
    { type: "error" },
  ],
  variables: {},
};

const charitableMachine = setup({
  types: {
    events: {} as { type: "connect" | "disconnect" | "send" | "receive_ack" | "error" },
  },
}).createMachine({
  id: "published-otlp",
  initial: "Disconnected",
  on: { error: ".Error" },
  states: {
    Disconnected: { on: { connect: "Connecting" } },
    Connecting: { on: { receive_ack: "Connected" } },
    Connected: { on: { send: "Connected", disconnect: "Disconnected" } },
    Error: {},
  },
});

/** The charitable reading: `receive` means receive_ack. */
export const publishedOtlp: MachineModel = {
  machine: charitableMachine,
  events: [
    { type: "connect" },
    { type: "disconnect" },
    { type: "send" },
    { type: "receive_ack" },
    { type: "error" },
  ],
  variables: {},
};
