/** Runs as ITF traces. */

import type { AnyModel } from "../../core/system.ts";
import { makeTrace, traceState, type Trace, type TraceAction } from "../../core/trace.ts";
import { activePaths } from "../../semantics/nodes.ts";
import type { RunState } from "../../semantics/run.ts";
import { stepLabel } from "./finding.ts";
import { describeSnapshot } from "../../semantics/system.ts";

/**
 * @param loop index of the state to which the last one leads back
 * @param notes remarks by state index
 */
export function traceOf(
  description: string,
  states: readonly RunState[],
  model: AnyModel,
  loop: number | null,
  notes: ReadonlyMap<number, string>,
): Trace {
  const timed = states.some(({ fired, pending }) => fired !== null || pending.length > 0);
  return makeTrace(
    description,
    states.map((state, index) => {
      const note = notes.get(index);
      return traceState(
        {
          index,
          ...causeOf(state),
          active: activePaths(state.snapshot),
          ...(timed ? { timeMs: state.timeMs } : {}),
          ...(note === undefined ? {} : { note }),
        },
        describeSnapshot(state.snapshot, model),
      );
    }),
    loop ?? undefined,
  );
}

function causeOf(state: RunState): {
  action?: TraceAction;
  by?: "event" | "timer" | "internal";
} {
  if (state.cause === null) return {};
  if (state.world !== undefined) {
    return {
      action: { type: stepLabel(state.cause) },
      by: "timer" in state.cause ? "timer" : "event",
    };
  }
  if ("event" in state.cause) return { action: state.cause.event, by: "event" };
  if ("fault" in state.cause) return {};
  // A delay of 0 is the machine's own next task, nothing that somebody waits for.
  return {
    action: { type: state.cause.timer },
    by: state.fired?.delay === 0 ? "internal" : "timer",
  };
}
