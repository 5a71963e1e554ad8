/**
 * The claims of the published OTLP connection, and what its users would expect of it. Where it is
 * defective the violation is pinned: the run must find exactly this defect.
 */

import {
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  reachable,
  violated,
  type Property,
} from "../../core/property.ts";

const claimed = "published design: its claims about δ";
const needed = 'OTLP specification, "OTLP/HTTP Connection": a failed connection is tried again';

const sendOnlyInConnected = alwaysStep(
  "send is valid only in Connected: elsewhere it changes nothing",
  "implies(event(send) and not at(Connected), iff(at(Disconnected), next(at(Disconnected))) and iff(at(Connecting), next(at(Connecting))) and iff(at(Error), next(at(Error))))",
  { id: "send-only-in-connected", source: claimed },
);

/** The rows of δ that need no acknowledgement; the others depend on the reading. */
const rows = [
  "implies(event(error), next(at(Error)))",
  "implies(at(Disconnected) and event(connect), next(at(Connecting)))",
  "implies(at(Connected) and event(disconnect), next(at(Disconnected)))",
  "implies(at(Connected) and event(send), next(at(Connected)))",
];

const transitionsAtomic = alwaysStep(
  "transitions are atomic: one event leads at once to the state that δ names",
  rows.join(" and "),
  { id: "transitions-atomic", source: claimed },
);

export const publishedOtlpLiteralProperties: readonly Property[] = [
  reachable("the accepting state Connected can be reached", "at(Connected)", {
    id: "connected-reachable",
    source: claimed,
    expect: violated(
      "δ needs receive_ack, which Σ does not contain: nothing leads out of Connecting but error",
    ),
  }),
  alwaysReachable(
    "from every state other than Error there is a path to Connected",
    "at(Connected)",
    {
      id: "path-to-connected",
      source: claimed,
      from: "not at(Error)",
      expect: violated("receive_ack is not in Σ: not even Disconnected has a path", {
        state: "Disconnected",
      }),
    },
  ),
  sendOnlyInConnected,
  transitionsAtomic,
];

export const publishedOtlpProperties: readonly Property[] = [
  reachable("the accepting state Connected can be reached", "at(Connected)", {
    id: "connected-reachable",
    source: claimed,
  }),
  alwaysReachable(
    "from every state other than Error there is a path to Connected",
    "at(Connected)",
    {
      id: "path-to-connected",
      source: claimed,
      from: "not at(Error)",
    },
  ),
  sendOnlyInConnected,
  transitionsAtomic,
  alwaysReachable("Connected stays reachable after an error", "at(Connected)", {
    id: "recovers-from-error",
    source: needed,
    expect: violated("nothing leads out of Error", { state: "Error" }),
  }),
  deadlockFree("the connection is never stuck", {
    id: "deadlock-free",
    source: needed,
    expect: violated("Error has no way out: one error ends the exporter for ever", {
      state: "Error",
    }),
  }),
  leadsTo("Connecting does not last for ever", "at(Connecting)", "not at(Connecting)", {
    id: "connecting-ends",
    source: needed,
    fair: ["timers"],
    expect: violated("when the acknowledgement never comes, nothing ends the waiting", {
      state: "Connecting",
    }),
  }),
  alwaysStep(
    "disconnect works while connecting",
    "implies(at(Connecting) and event(disconnect), next(at(Disconnected)))",
    {
      id: "disconnect-while-connecting",
      source: needed,
      expect: violated("δ has no entry for disconnect in Connecting", {
        state: "Connecting",
        event: "disconnect",
      }),
    },
  ),
];
