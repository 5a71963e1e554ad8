/** What the connection of an OTLP exporter must do, whatever the network and the receiver do. */

import {
  always,
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  reachable,
  type Property,
} from "../core/property.ts";

const otlpConnection = 'OTLP specification, "OTLP/HTTP Connection"';
const concurrent = 'OTLP specification, "OTLP/gRPC Concurrent Requests"';
const design = "the design this project started from: δ and its claims";

export const otlpConnectionProperties: readonly Property[] = [
  always("attempts never exceed their limit", "attempts >= 0 and attempts <= maxAttempts", {
    id: "attempts-bounded",
    source: otlpConnection,
  }),
  always(
    "a new attempt is made only while one is left",
    "implies(at(Connecting), attempts < maxAttempts)",
    {
      id: "attempt-left",
      source: otlpConnection,
    },
  ),
  always("requests are in flight only while connected", "implies(inFlight > 0, at(Connected))", {
    id: "in-flight-only-connected",
    source: design,
  }),
  always("no more requests in flight than the window", "inFlight >= 0 and inFlight <= window", {
    id: "in-flight-bounded",
    source: concurrent,
  }),
  alwaysStep(
    "send matters only in Connected",
    "implies(event(send) and not at(Connected), next(attempts) == attempts and next(inFlight) == inFlight and iff(at(Disconnected), next(at(Disconnected))) and iff(at(Connecting), next(at(Connecting))) and iff(at(Error), next(at(Error))))",
    { id: "send-only-in-connected", source: design },
  ),
  alwaysStep(
    "only an acknowledgement establishes the connection",
    "implies(not at(Connected) and next(at(Connected)), at(Connecting) and event(receive_ack))",
    { id: "only-ack-connects", source: design },
  ),
  alwaysStep("disconnect always works", "implies(event(disconnect), next(at(Disconnected)))", {
    id: "disconnect-works",
    source: design,
  }),
  reachable("Connected can be reached", "at(Connected)", {
    id: "connected-reachable",
    source: design,
  }),
  reachable("the last attempt can fail", "at(Error) and attempts == maxAttempts", {
    id: "last-attempt-can-fail",
    source: otlpConnection,
  }),
  alwaysReachable("Connected stays reachable from every state", "at(Connected)", {
    id: "connected-stays-reachable",
    source: design,
  }),
  deadlockFree("the connection is never stuck", { id: "deadlock-free" }),
  leadsTo("Connecting does not last for ever", "at(Connecting)", "not at(Connecting)", {
    id: "connecting-ends",
    source: otlpConnection,
    fair: ["timers"],
  }),
  leadsTo(
    "an error is followed by a new attempt or by giving up",
    "at(Error)",
    "at(Connecting) or at(Disconnected)",
    {
      id: "error-ends",
      source: otlpConnection,
      fair: ["timers"],
    },
  ),
  leadsTo(
    "trying ends: connected, or given up",
    "at(Connecting)",
    "at(Connected) or at(Disconnected)",
    {
      id: "trying-ends",
      source: otlpConnection,
      fair: ["timers"],
    },
  ),
];
