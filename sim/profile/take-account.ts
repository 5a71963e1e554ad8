/** One run of a real system under load whose operations are accounted for. */

import type { MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import { accountExports, type ExportAccount, type Operation } from "./export-account.ts";
import { throttlingOf } from "./throttling.ts";
import { traceThread, type ThreadTrace, type ThreadTracer } from "./thread-trace.ts";

export interface AccountOptions {
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called when the process is there and traced, before the load; for planned disturbances. */
  readonly onSpawn?: (pid: number) => void | Promise<void>;
}

export interface AccountRun {
  readonly point: OperatingPoint;
  readonly account: ExportAccount;
  /** Mean delay that the backend drew for the operations, in seconds. */
  readonly drawn: number;
  readonly rejected: number;
  /** Time for which the process's group was kept from running by its quota, in seconds. */
  readonly throttled: number;
  /** Why the run cannot be evaluated; null when it can. */
  readonly problem: string | null;
}

/**
 * @throws {AttachError} when there are no tracepoints.
 * @throws {DiagnosticError} what the load throws.
 */
export async function takeAccount(
  system: MeasuredSystem,
  point: OperatingPoint,
  options: AccountOptions,
): Promise<AccountRun> {
  const { runLoad } = await import("../load/run.ts");
  const { signal, seed } = options;
  let tracer: ThreadTracer | null = null;
  let trace: ThreadTrace | null = null;
  let throttling: ReturnType<typeof throttlingOf> = () => null;
  let before = 0;
  try {
    const result = await runLoad(system, point, {
      seed,
      signal,
      pacing: "timer",
      async onSpawn(pid, port) {
        tracer = await traceThread({ thread: pid, port, maxSeconds: point.duration, signal });
        await options.onSpawn?.(pid);
        throttling = throttlingOf(pid); // the disturbance may have moved it to another group
        before = throttling()?.totalNs ?? 0;
      },
    });
    const throttled = Math.max(0, (throttling()?.totalNs ?? before) - before);
    trace = await (tracer as ThreadTracer | null)!.stop();
    const { sent, finished, outcomes, originNs, demands } = result.record;
    if (originNs === undefined) {
      throw new TypeError(`${system.program} does not tell where its times count from (originNs)`);
    }
    const operations: Operation[] = [];
    let drawn = 0;
    outcomes.forEach((outcome, index) => {
      const end = finished[index];
      if (outcome !== "completed" || typeof end !== "number") return;
      operations.push({ fromNs: originNs + sent[index]! * 1e9, toNs: originNs + end * 1e9 });
      drawn += demands[index]!;
    });
    return {
      point,
      account: accountExports(trace, operations, throttled),
      drawn: drawn / Math.max(1, operations.length),
      rejected: result.rejected,
      throttled: throttled / 1e9,
      problem: trace.problem,
    };
  } finally {
    if (trace === null) await (tracer as ThreadTracer | null)?.stop();
  }
}
