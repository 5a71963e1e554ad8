/** Reads what the tracing program collected in its maps: waiting, system calls, TCP. */

import { isRecord } from "./json.ts";
import type { RawSignals, RawWait, ThreadWait } from "./capture.ts";

// enum of include/net/tcp_states.h
const tcpStates = [
  "",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
  "NEW_SYN_RECV",
];

/** `maps`: the data of the JSON records of types map, stats and hist, by the name of the map. */
export function readSignals(maps: ReadonlyMap<string, unknown>): RawSignals {
  const sent = statsOf(maps.get("@sent"));
  const received = statsOf(maps.get("@received"));
  const roundTrip = statsOf(maps.get("@srtt"));
  const states = new Map<string, number>();
  for (const [key, value] of entriesOf(maps.get("@tcpstate"))) {
    const [from, to] = key.split(",").map((one) => tcpStates[Number(one)] ?? one);
    if (typeof value === "number") states.set(`${from} to ${to}`, value);
  }
  const onCpu = new Map<number, number>();
  for (const [pid, value] of entriesOf(maps.get("@oncpu"))) {
    if (typeof value === "number") onCpu.set(Number(pid), value);
  }
  const retransmits = maps.get("@retransmits");
  return {
    blocked: blockedOf(maps.get("@off")),
    runQueue: histogramOf(maps.get("@runq")),
    runQueueByThread: entriesOf(maps.get("@runqtime")).map(([thread, value]): ThreadWait => ({
      thread: Number(thread),
      ...countAndTotal(value),
    })),
    syscalls: entriesOf(maps.get("@sys"))
      .map(([number, value]) => ({ number: Number(number), ...countAndTotal(value) }))
      .sort((a, b) => b.totalNs - a.totalNs),
    onCpu,
    tcp: {
      states,
      retransmits: typeof retransmits === "number" ? retransmits : 0,
      sends: sent.count,
      sentBytes: sent.total,
      receives: received.count,
      receivedBytes: received.total,
      roundTripUs: roundTrip.count === 0 ? null : roundTrip.total / roundTrip.count,
    },
  };
}

const entriesOf = (value: unknown): [string, unknown][] =>
  isRecord(value) ? Object.entries(value) : [];

function statsOf(value: unknown): { count: number; total: number } {
  const record = isRecord(value) ? value : {};
  const number = (name: string): number => (typeof record[name] === "number" ? record[name] : 0);
  return { count: number("count"), total: number("total") };
}

function countAndTotal(value: unknown): { count: number; totalNs: number } {
  const { count, total } = statsOf(value);
  return { count, totalNs: total };
}

function histogramOf(value: unknown): RawSignals["runQueue"] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((bucket) => isRecord(bucket))
    .map((bucket) => {
      const number = (name: string): number | null =>
        typeof bucket[name] === "number" ? bucket[name] : null;
      const from = number("min") ?? 0;
      return { from, to: (number("max") ?? from) + 1, count: number("count") ?? 0 };
    });
}

/** Keys are `pid,tid,` user addresses `,` kernel frames, one a line. */
function blockedOf(value: unknown): RawWait[] {
  const waits: RawWait[] = [];
  for (const [key, totalNs] of entriesOf(value)) {
    const [head = "", ...lines] = key.split("\n");
    const comma = lines.findIndex((line) => line.trim() === ",");
    if (typeof totalNs !== "number" || comma === -1) continue;
    waits.push({
      process: Number(head.split(",")[0]),
      thread: Number(head.split(",")[1]),
      user: parseAddresses(lines.slice(0, comma)),
      kernel: parseKernel(lines.slice(comma + 1)),
      totalNs,
    });
  }
  return waits;
}

/** Lines with one address each, hexadecimal, with or without 0x; others are left out. */
export function parseAddresses(lines: readonly string[]): number[] {
  const addresses: number[] = [];
  for (const line of lines) {
    const address = /^\s*(?:0x)?([0-9a-f]+)\s*$/i.exec(line);
    if (address !== null) addresses.push(Number.parseInt(address[1]!, 16));
  }
  return addresses;
}

/** Names of kernel functions without their offsets. */
export const parseKernel = (lines: readonly string[]): string[] =>
  lines.map((line) => line.trim().replace(/\+(0x)?[0-9a-f]+$/i, "")).filter((line) => line !== "");
