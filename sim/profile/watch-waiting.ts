/** Waiting of a process under load, watched with bpftrace through tracepoints, without samples. */

import { startTracing, TracingReader, type BpftraceOptions } from "./bpftrace.ts";
import type { RawSignals } from "./capture.ts";
import { waitingProgram } from "./probes.ts";
import { readDescendants, readThreads } from "./proc.ts";
import { readSignals } from "./signals.ts";
import { tracefs } from "./tracefs.ts";

export interface WaitingWatch {
  /** Told of every child process that the target starts, as soon as bpftrace hears of it. */
  onChild?: (pid: number) => void;
  stop(): Promise<{
    readonly signals: RawSignals | null;
    readonly fromNs: number;
    readonly toNs: number;
    /** Why the signals cannot be trusted; null when bpftrace ended as asked. */
    readonly problem: string | null;
  }>;
}

/** @throws {AttachError} when bpftrace or its tracepoints cannot be used. */
export async function watchWaiting(options: Omit<BpftraceOptions, "hz">): Promise<WaitingWatch> {
  const { pid, maxSeconds } = options;
  const children = readDescendants(pid);
  const threads = [pid, ...children].flatMap((one) => readThreads(one));
  const reader = new TracingReader();
  const tracing = await startTracing({
    ...options,
    program: (rawMode) =>
      waitingProgram({ pid, children, threads, rawMode, endAfter: maxSeconds + 20 }),
    tracefs: await tracefs(),
    reader,
  });
  const watch: WaitingWatch = {
    async stop() {
      const problem = await tracing.stop();
      const fromNs = reader.readyNs ?? 0;
      return {
        signals: problem === null ? readSignals(reader.maps) : null,
        fromNs,
        toNs: reader.doneNs ?? fromNs,
        problem,
      };
    },
  };
  reader.onChild = (tid) => watch.onChild?.(tid);
  return watch;
}
