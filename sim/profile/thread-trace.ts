/**
 * Follows one thread through the scheduler and its sockets, event by event: the raw material of the
 * account of single operations. Tracepoints only, no sampling, no stacks.
 */

import { AttachError } from "./capture.ts";
import { bpftraceVersion, interruptBpftrace, runBpftrace } from "./bpftrace.ts";
import { isRecord } from "./json.ts";
import { tracefs } from "./tracefs.ts";

export type ThreadEvent =
  /** The thread leaves the CPU: still ready to run, or blocked. */
  | { readonly kind: "out"; readonly timeNs: number; readonly ready: boolean }
  /**
   * It runs again; `wokenNs` is when it became ready, 0 when that was not seen; `byOwn`: it was a thread
   * of its own process that woke it.
   */
  | {
      readonly kind: "in";
      readonly timeNs: number;
      readonly wokenNs: number;
      readonly byOwn: boolean;
    }
  /** It has written to a TCP socket, data has arrived at one, it has read from one. */
  | {
      readonly kind: "write" | "arrival" | "read";
      readonly timeNs: number;
      readonly socket: string;
    };

export interface ThreadTrace {
  readonly fromNs: number;
  readonly toNs: number;
  /** In order of time. */
  readonly events: readonly ThreadEvent[];
  readonly lost: number;
  readonly problem: string | null;
}

export interface ThreadTracer {
  stop(): Promise<ThreadTrace>;
}

export interface ThreadTraceOptions {
  readonly thread: number;
  /** Port of the other side: only its data counts as an arrival. */
  readonly port: number;
  readonly maxSeconds: number;
  readonly signal?: AbortSignal;
}

// Who wakes is known at `sched_waking`; `sched_wakeup` may fire in an interrupt of another CPU, on whose
// list the waker has put the thread.
const program = ({ thread, port, maxSeconds }: ThreadTraceOptions): string => {
  const isTcp = "args->family == 2 || args->family == 10";
  return `
tracepoint:sched:sched_waking /args->pid == ${thread}/ { @own = pid == ${thread}; }
tracepoint:sched:sched_wakeup /args->pid == ${thread}/ { @wake = nsecs; }
tracepoint:sched:sched_switch /args->prev_pid == ${thread}/ {
  printf("O %llu %d\\n", nsecs, args->prev_state & 0xff); @wake = 0;
}
tracepoint:sched:sched_switch /args->next_pid == ${thread}/ {
  printf("I %llu %llu %d\\n", nsecs, @wake, @own);
}
tracepoint:sock:sock_send_length /tid == ${thread} && args->ret > 0 && (${isTcp})/ {
  printf("W %llu %llx\\n", nsecs, (uint64)args->sk);
}
tracepoint:sock:sock_recv_length /tid == ${thread} && args->ret > 0 && (${isTcp})/ {
  printf("R %llu %llx\\n", nsecs, (uint64)args->sk);
}
tracepoint:tcp:tcp_probe /args->dport == ${port} && args->data_len > 0/ {
  printf("P %llu %llx\\n", nsecs, (uint64)args->skaddr);
}
interval:ms:100 { if (@ready == 0) { @ready = 1; printf("READY %llu\\n", nsecs); } }
interval:s:${Math.ceil(maxSeconds) + 20} { exit(); }
END { clear(@wake); clear(@own); clear(@ready); printf("DONE %llu\\n", nsecs); }`;
};

const attachTimeoutMs = 20_000;

/** @throws {AttachError} when bpftrace or its tracepoints cannot be used. */
export async function traceThread(options: ThreadTraceOptions): Promise<ThreadTracer> {
  const version = await bpftraceVersion();
  if (version === null) {
    throw new AttachError("bpftrace is not installed", "install bpftrace and run as root");
  }
  const tracing = await tracefs();
  if (tracing.state === "unavailable") {
    throw new AttachError(tracing.reason, "mount -t tracefs tracefs /sys/kernel/tracing");
  }
  const events: ThreadEvent[] = [];
  let fromNs: number | null = null;
  let doneNs: number | null = null;
  let lost = 0;
  const printed = (text: string): void => {
    const [word = "", first = "", second = "", third = ""] = text.trim().split(" ");
    const timeNs = Number(first);
    switch (word) {
      case "O":
        events.push({ kind: "out", timeNs, ready: second === "0" });
        break;
      case "I":
        events.push({ kind: "in", timeNs, wokenNs: Number(second), byOwn: third === "1" });
        break;
      case "W":
      case "R":
      case "P": {
        const kind = word === "W" ? "write" : word === "R" ? "read" : "arrival";
        events.push({ kind, timeNs, socket: second });
        break;
      }
      case "READY":
        fromNs ??= timeNs;
        break;
      case "DONE":
        doneNs = timeNs;
        break;
    }
  };
  const tool = runBpftrace(
    program(options),
    { rawMode: version.raw, privateMount: tracing.state === "private" },
    (line) => {
      if (!line.startsWith("{")) return;
      let record: unknown;
      try {
        record = JSON.parse(line);
      } catch {
        return; // cut off by a kill; the missing DONE tells
      }
      if (!isRecord(record)) return;
      if (record["type"] === "printf" && typeof record["data"] === "string") {
        printed(record["data"]);
      } else if (record["type"] === "lost_events") lost += 1;
    },
    options.signal,
  );
  const outcome = await tool.waitFor(() => fromNs !== null, attachTimeoutMs);
  if (outcome !== "met") {
    await tool.interrupt(1000);
    const said = tool.stderrText().trim().split("\n").at(-1) ?? "";
    throw new AttachError(`bpftrace did not attach (${outcome}): ${said}`, "see verify doctor");
  }
  return {
    async stop() {
      const early = tool.ended();
      if (!early) await interruptBpftrace(tool);
      let problem: string | null = null;
      if (early) problem = `bpftrace ended before the load did (${tool.describeEnd()})`;
      else if (tool.wasKilled()) problem = "bpftrace did not stop when asked and had to be killed";
      else if (doneNs === null) problem = "bpftrace stopped without its last line";
      if (lost > 0) problem ??= `bpftrace lost ${lost} batches of events`;
      events.sort((a, b) => a.timeNs - b.timeNs); // each CPU has a buffer of its own
      return {
        fromNs: fromNs ?? 0,
        toNs: doneNs ?? events.at(-1)?.timeNs ?? 0,
        events,
        lost,
        problem,
      };
    },
  };
}
