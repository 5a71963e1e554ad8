/** What each event does to the connection of an OTLP exporter. */

import { always, alwaysStep, type Property } from "../core/property.ts";

const otlpConnection = 'OTLP specification, "OTLP/HTTP Connection"';
const concurrent = 'OTLP specification, "OTLP/gRPC Concurrent Requests"';
const retry = 'OpenTelemetry specification, "OTLP Exporter", section "Retry"';

export const otlpConnectionSteps: readonly Property[] = [
  alwaysStep(
    "an acknowledgement takes one request out of flight",
    "implies(at(Connected) and event(receive_ack) and inFlight > 0, next(at(Connected)) and next(inFlight) == inFlight - 1)",
    { id: "ack-takes-one", source: concurrent },
  ),
  alwaysStep(
    "an acknowledgement that nobody waits for changes nothing",
    "implies(at(Connected) and event(receive_ack) and inFlight == 0, next(at(Connected)) and next(inFlight) == 0)",
    { id: "stray-ack-ignored", source: concurrent },
  ),
  alwaysStep(
    "a request within the window is in flight",
    "implies(at(Connected) and event(send) and inFlight < window, next(inFlight) == inFlight + 1)",
    { id: "sent-is-in-flight", source: concurrent },
  ),
  alwaysStep(
    "an error ends the attempt and the connection",
    "implies(event(error) and (at(Connecting) or at(Connected)), next(at(Error)))",
    { id: "error-ends-connection", source: otlpConnection },
  ),
  alwaysStep(
    "connect starts an attempt, its acknowledgement ends it well",
    "implies(at(Disconnected) and event(connect), next(at(Connecting)) and next(attempts) == 0) and implies(at(Connecting) and event(receive_ack), next(at(Connected)))",
    { id: "connect-and-ack", source: otlpConnection },
  ),
  alwaysStep(
    "an attempt ends well, badly, or because it is given up",
    "implies(at(Connecting) and not next(at(Connecting)), event(receive_ack) or event(disconnect) or next(at(Error)))",
    { id: "attempt-ends", source: otlpConnection },
  ),
  alwaysStep(
    "a failed attempt counts one, a pause none",
    "implies(at(Connecting) and next(at(Error)), next(attempts) == attempts + 1) and implies(at(Error) and next(at(Connecting)), next(attempts) == attempts)",
    { id: "failed-attempt-counts-one", source: retry },
  ),
  alwaysStep(
    "a pause ends with a new attempt exactly while one is left",
    "implies(at(Error) and not next(at(Error)) and not event(disconnect), iff(next(at(Connecting)), attempts < maxAttempts))",
    { id: "pause-ends-with-attempt", source: retry },
  ),
  always(
    "no failures are counted where nothing is being tried",
    "implies(at(Disconnected) or at(Connected), attempts == 0)",
    { id: "count-starts-anew", source: retry },
  ),
];
