/** The exports of an OTLP client as spans: one span per export, one event per step of its life. */

import type { ExportState, ExportTransition } from "../otlp/client.ts";
import { InstanceRecording, type TracerLike } from "./transition-spans.ts";

/** The states of the machine `otlp-export` under which the client's states are known. */
const paths: Record<ExportState, string> = {
  ready: "active.ready",
  inFlight: "active.inFlight",
  waiting: "active.waiting",
  delivered: "delivered",
  partlyDelivered: "partlyDelivered",
  failed: "failed",
};

const ends: ReadonlySet<ExportState> = new Set(["delivered", "partlyDelivered", "failed"]);

/** For `OtlpClientOptions.onTransition`; `maxRequests` is the client's own limit. */
export function recordExports(
  tracer: TracerLike,
  maxRequests: number,
): (transition: ExportTransition) => void {
  const live = new Map<number, InstanceRecording>();
  return (transition) => {
    const { event, state, requests, retryAfter } = transition;
    if (event === "begin") {
      const name = String(transition.export);
      live.set(
        transition.export,
        new InstanceRecording(tracer, "otlp-export", name, { maxRequests }),
      );
      return;
    }
    const recording = live.get(transition.export);
    recording?.step({
      event,
      state: paths[state],
      variables: { requests },
      ...(retryAfter === undefined ? {} : { payload: { retryAfter } }),
    });
    if (!ends.has(state)) return;
    recording?.end();
    live.delete(transition.export);
  };
}
