/** What a profile shows besides CPU time: where threads waited, and for what. */

import type { Exhibit } from "../../core/exhibit.ts";
import type { Frame, Signals, StackSample } from "./capture.ts";
import { flameTree } from "./flame.ts";
import { syscallName } from "./syscall-names.ts";
import type { Waiting } from "./take.ts";

/** Waiting under this share of all is not drawn. */
const shownSyscalls = 20;

/** The exhibits of what a system waited for; none where there were no tracepoints. */
export function waitingExhibits(waiting: Waiting | null, name: string): Exhibit[] {
  if (waiting === null) return [];
  const { signals, target, seconds } = waiting;
  const provenance = `bpftrace, tracepoints, wall time, in a run of ${seconds.toFixed(1)} s of its own`;
  return [
    {
      kind: "flamegraph",
      title: `Where the threads of ${name} wait (off-CPU)`,
      provenance: `${provenance}; from leaving the CPU to being ready again; one branch per thread`,
      unit: "µs",
      root: flameTree(offCpuStacks(signals, target), name, (sample) =>
        Math.round((sample.lastsNs ?? 0) / 1000),
      ),
      facts: offCpuFacts(signals),
    },
    runQueueBars(signals, provenance),
    syscallTable(signals, provenance),
    tcpTable(signals, provenance),
  ];
}

/** Blocked time with the thread as the root of each stack. */
function offCpuStacks(signals: Signals, target: number): StackSample[] {
  return signals.blocked.map((one) => ({
    ...one,
    frames: [...one.frames, threadFrame(one.process, one.thread, target)],
  }));
}

function threadFrame(process: number, thread: number, target: number): Frame {
  const where = process === target ? "" : ` of child process ${process}`;
  const name = thread === process ? `main thread${where}` : `thread ${thread}${where}`;
  return {
    name,
    systemName: name,
    type: "native",
    file: "",
    line: 0,
    module: "[thread]",
    address: 0,
    known: "symbol",
  };
}

const ms = (ns: number): number => Math.round(ns / 1000) / 1000;

function offCpuFacts(signals: Signals) {
  const blocked = signals.blocked.reduce((sum, one) => sum + (one.lastsNs ?? 0), 0);
  const waits = signals.runQueueByThread;
  const ready = waits.reduce((sum, one) => sum + one.totalNs, 0);
  const onCpu = [...signals.onCpu.values()].reduce((sum, ns) => sum + ns, 0);
  return {
    "on a CPU, all threads (ms)": ms(onCpu),
    "ready, waiting for a CPU, all threads (ms)": ms(ready),
    "blocked, all threads (ms)": ms(blocked),
    "stacks that wait": signals.blocked.length,
    threads: waits.length,
  };
}

const microseconds = (us: number): string =>
  us < 1000 ? `${us} µs` : us < 1e6 ? `${us / 1000} ms` : `${us / 1e6} s`;

function runQueueBars(signals: Signals, provenance: string): Exhibit {
  const rows = signals.runQueue;
  const count = rows.reduce((sum, one) => sum + one.count, 0);
  return {
    kind: "bars",
    title: "Run queue: from being ready to running",
    unit: "switches",
    bars: rows.map(({ from, to, count: value }) => ({
      label: from === 0 ? `below ${microseconds(to)}` : `from ${microseconds(from)}`,
      parts: [{ name: "switches", value }],
    })),
    note: `${count} switches; ${provenance}`,
  };
}

function syscallTable(signals: Signals, provenance: string): Exhibit {
  return {
    kind: "table",
    title: "System calls by the time spent in them",
    columns: ["system call", "count", "total ms", "mean µs"],
    rows: signals.syscalls
      .slice(0, shownSyscalls)
      .map(({ number, count, totalNs }) => [
        syscallName(number),
        count,
        ms(totalNs),
        count === 0 ? 0 : Math.round(totalNs / count / 10) / 100,
      ]),
    note: `Time includes waiting: epoll_wait and futex are mostly idle. ${provenance}`,
  };
}

function tcpTable({ tcp }: Signals, provenance: string): Exhibit {
  return {
    kind: "table",
    title: "TCP of the process",
    columns: ["event", "count"],
    rows: [
      ["sends", tcp.sends],
      ["bytes sent", tcp.sentBytes],
      ["receives", tcp.receives],
      ["bytes received", tcp.receivedBytes],
      ["segments sent again", tcp.retransmits],
      [
        "smoothed round trip, mean (µs)",
        tcp.roundTripUs === null ? "no packet" : Math.round(tcp.roundTripUs),
      ],
      ...[...tcp.states]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([change, count]) => [`state ${change}`, count]),
    ],
    note: provenance,
  };
}
