/** One run of a real system under load whose operations are accounted for. */

import type { MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import {
  accountExports,
  witnessOf,
  type Charged,
  type ExportAccount,
  type Operation,
  type Witness,
} from "./export-account.ts";
import { ProcessWatch, type CpuReading } from "./proc.ts";
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
  /** The thread's times by its events, beside the kernel's own; null without schedstats. */
  readonly witness: Witness | null;
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
  let watch: ProcessWatch | null = null;
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
        watch = new ProcessWatch(pid);
      },
    });
    const throttled = Math.max(0, (throttling()?.totalNs ?? before) - before);
    trace = await (tracer as ThreadTracer | null)!.stop();
    const charged = chargedIn((watch as ProcessWatch | null)?.readings ?? [], trace);
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
      witness: charged === null ? null : witnessOf(trace, charged),
      problem: trace.problem,
    };
  } finally {
    (watch as ProcessWatch | null)?.stop();
    if (trace === null) await (tracer as ThreadTracer | null)?.stop();
  }
}

/** The main thread's times between the first and the last reading inside the trace. */
function chargedIn(readings: readonly CpuReading[], { fromNs, toNs }: ThreadTrace): Charged | null {
  const inside = readings.filter(({ timeNs }) => timeNs >= fromNs && timeNs <= toNs);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  if (first.main === null || last.main === null) return null;
  return {
    fromNs: first.timeNs,
    toNs: last.timeNs,
    onCpu: last.main.onCpu - first.main.onCpu,
    ready: last.main.waiting - first.main.waiting,
  };
}
