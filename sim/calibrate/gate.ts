/** Whether a run may be evaluated: a disturbed machine gives no verdict, neither way. */

import { tooBusy } from "../../core/outcome.ts";
import type { LoadResult } from "../load/result.ts";

/** Lateness of the generator, as shares of the mean service time. */
const lateness95 = 0.1;
const lateness99 = 0.5;
/** Event-loop delay p99 of the loaded process, in seconds. */
const mostLag = 0.01;

/** `failed`: operations failed, the run says nothing; `busy`: times and rates are not trustworthy. */
export interface Disturbance {
  readonly kind: "failed" | "busy";
  readonly reason: string;
}

const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;

/** Why the run must not be evaluated, or `null`. */
export function disturbance(run: LoadResult): Disturbance | null {
  const open = run.accepted - run.completed - run.failed;
  if (run.failed > 0 || open > 0) {
    const reasons = Object.entries(run.failures).map(([reason, count]) => `${reason} (${count})`);
    const why = reasons.join(", ") || "no answer";
    const count = run.failed + open;
    return {
      kind: "failed",
      reason: `${count} operation(s) failed at point "${run.point.name}": ${why}`,
    };
  }
  if (run.delivered !== run.completed) {
    return {
      kind: "failed",
      reason: `at point "${run.point.name}" ${run.completed} operations were reported as done, but the backend answered ${run.delivered}`,
    };
  }
  if (run.completed === 0) {
    return { kind: "failed", reason: `nothing was completed at point "${run.point.name}"` };
  }
  const busy = (what: string, value: number, limit: number): Disturbance => ({
    kind: "busy",
    reason: `${tooBusy} at point "${run.point.name}": ${what} ${ms(value)} (limit ${ms(limit)})`,
  });
  const { lateness, lag } = run;
  const { mean } = run.point.service;
  if (lateness.p95 > lateness95 * mean) {
    return busy("lateness of arrivals p95", lateness.p95, lateness95 * mean);
  }
  if (lateness.p99 > lateness99 * mean) {
    return busy("lateness of arrivals p99", lateness.p99, lateness99 * mean);
  }
  if (lag.p99 > mostLag) return busy("event-loop lag p99", lag.p99, mostLag);
  return null;
}
