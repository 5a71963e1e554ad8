/**
 * The account of one export: its wall time in parts that do not overlap, from the thread's own events.
 *
 *   start ── prepare ── last write ── network and backend ── arrival ── pick up ── read ── finish ── end
 *
 * The thread's time in `prepare` and `finish` is the export's own work; on a CPU between arrival and
 * read it does something else: event-loop delay. Being ready without a CPU counts in these three phases
 * only: while the answer is not there, it delays nothing. So the parts of one export add up to
 * its wall time, none twice. Exports that overlap share instants: that is shown, and the time of the
 * thread as a whole is told apart (`timeline`).
 */

import type { ThreadEvent, ThreadTrace } from "./thread-trace.ts";

export const partNames = [
  "own CPU",
  "run-queue delay",
  "CPU quota (throttled)",
  "event-loop delay",
  "own threads",
  "other waiting",
  "network and backend",
] as const;
export type PartName = (typeof partNames)[number];
/** What explains wall time; the rest of it is the residual, and shown as such. */
const explainedParts = partNames.filter((name) => name !== "other waiting");
/** Seconds. */
export type Parts = Readonly<Record<PartName, number>>;

/** Start and end of an operation in CLOCK_MONOTONIC nanoseconds. */
export interface Operation {
  readonly fromNs: number;
  readonly toNs: number;
}

export interface ExportAccount {
  /** Operations, and those of them whose request was found in the trace. */
  readonly operations: number;
  readonly explained: number;
  /** Mean wall time of all operations, in seconds, by the program's own clock. */
  readonly wall: number;
  /** Mean per operation over all; operations without a request explain nothing. */
  readonly parts: Parts;
  /**
   * Sum of the explained parts by the wall time. Being blocked for a reason that no event tells
   * (`other waiting`) is no explanation, and an operation whose request was not found has no parts at all.
   */
  readonly ratio: number;
  readonly timeline: Timeline;
}

/** What the thread did while at least one operation was open. Seconds; the first three add up to `open`. */
export interface Timeline {
  readonly running: number;
  readonly ready: number;
  readonly waiting: number;
  readonly open: number;
  /** Time of all operations together; what exceeds `open` is overlap. */
  readonly summed: number;
}

/** What the kernel itself charged to the thread between two instants; nothing of it comes from events. */
export interface Charged {
  readonly fromNs: number;
  readonly toNs: number;
  /** Seconds on a CPU and waiting for one, as /proc/PID/schedstat counts them. */
  readonly onCpu: number;
  readonly ready: number;
}

/** The same two times by the events of the trace and by the kernel's own account, in seconds. */
export interface Witness {
  readonly running: { readonly traced: number; readonly charged: number };
  readonly ready: { readonly traced: number; readonly charged: number };
  /**
   * Part of `ready` that the kernel may have charged as running: a thread that is woken and gets a CPU at
   * once. The kernel does not bring its clock up to date between the wake-up and the switch that follows
   * (`rq_clock_skip_update`), so all of the switch counts as the thread's running.
   */
  readonly atOnce: number;
}

/** A wait after a wake-up that is shorter (in ns) may have been nothing but the switch. */
const longestSwitchNs = 200_000;

export function witnessOf(trace: ThreadTrace, charged: Charged): Witness {
  const states = threadStates(trace);
  // The kernel charges a wait for a CPU when it is over, however long it is by then.
  const from = states.readySince(charged.fromNs);
  const to = states.readySince(charged.toNs);
  const { running, ready } = states.between(from, to);
  let atOnce = 0;
  for (const { timeNs, wokenNs } of wakes(trace)) {
    if (wokenNs >= from && timeNs <= to && timeNs - wokenNs <= longestSwitchNs) {
      atOnce += timeNs - wokenNs;
    }
  }
  return {
    atOnce: atOnce / 1e9,
    running: { traced: running / 1e9, charged: charged.onCpu },
    ready: { traced: ready / 1e9, charged: charged.ready },
  };
}

/** The switches to the thread that a wake-up brought about. */
function* wakes(trace: ThreadTrace): Generator<{ timeNs: number; wokenNs: number }> {
  let blockedSince: number | null = null;
  for (const event of trace.events) {
    if (event.kind === "out") blockedSince = event.ready ? null : event.timeNs;
    else if (event.kind === "in") {
      if (blockedSince !== null && event.wokenNs > blockedSince) yield event;
      blockedSince = null;
    }
  }
}

export function accountExports(
  trace: ThreadTrace,
  operations: readonly Operation[],
  throttledNs: number,
): ExportAccount {
  const states = threadStates(trace);
  const requests = requestsOf(trace.events);
  const sums: Record<PartName, number> = {
    "own CPU": 0,
    "run-queue delay": 0,
    "CPU quota (throttled)": 0,
    "event-loop delay": 0,
    "own threads": 0,
    "other waiting": 0,
    "network and backend": 0,
  };
  const throttledShare = throttledOf(states, trace, throttledNs);
  const ordered = [...operations].sort((a, b) => a.fromNs - b.fromNs);
  let explained = 0;
  let at = 0;
  for (const operation of ordered) {
    // Requests are written in the order in which operations start; older ones belong to nobody.
    while (at < requests.length && requests[at]!.writtenNs < operation.fromNs) at += 1;
    const request = requests[at];
    if (request === undefined || request.readNs > operation.toNs) continue;
    at += 1;
    explained += 1;
    const prepare = states.between(operation.fromNs, request.writtenNs);
    const pickUp = states.between(request.arrivedNs, request.readNs);
    const finish = states.between(request.readNs, operation.toNs);
    const ready = prepare.ready + pickUp.ready + finish.ready;
    sums["own CPU"] += prepare.running + finish.running;
    sums["run-queue delay"] += ready * (1 - throttledShare);
    sums["CPU quota (throttled)"] += ready * throttledShare;
    sums["event-loop delay"] += pickUp.running;
    sums["own threads"] += prepare.own + pickUp.own + finish.own;
    sums["other waiting"] += prepare.blocked + pickUp.blocked + finish.blocked;
    sums["network and backend"] += request.arrivedNs - request.writtenNs;
  }
  const count = Math.max(1, ordered.length);
  const summedNs = ordered.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0);
  const partSum = explainedParts.reduce((sum, name) => sum + sums[name], 0);
  const mean = (name: PartName): number => sums[name] / count / 1e9;
  return {
    operations: ordered.length,
    explained,
    wall: summedNs / count / 1e9,
    parts: {
      "own CPU": mean("own CPU"),
      "run-queue delay": mean("run-queue delay"),
      "CPU quota (throttled)": mean("CPU quota (throttled)"),
      "event-loop delay": mean("event-loop delay"),
      "own threads": mean("own threads"),
      "other waiting": mean("other waiting"),
      "network and backend": mean("network and backend"),
    },
    ratio: summedNs === 0 ? 0 : partSum / summedNs,
    timeline: timelineOf(states, ordered, summedNs),
  };
}

/** Share of the ready time that the quota, and not other work, kept the thread from running. */
function throttledOf(states: ThreadStates, trace: ThreadTrace, throttledNs: number): number {
  const { ready } = states.between(trace.fromNs, trace.toNs);
  return ready === 0 ? 0 : Math.min(1, throttledNs / ready);
}

function timelineOf(
  states: ThreadStates,
  ordered: readonly Operation[],
  summedNs: number,
): Timeline {
  let running = 0;
  let ready = 0;
  let waiting = 0;
  let open = 0;
  let from = 0;
  let to = 0;
  const close = (): void => {
    const part = states.between(from, to);
    running += part.running;
    ready += part.ready;
    waiting += part.own + part.blocked;
    open += to - from;
  };
  for (const { fromNs, toNs } of ordered) {
    if (fromNs > to) {
      close();
      from = fromNs;
      to = toNs;
    } else to = Math.max(to, toNs);
  }
  close();
  return {
    running: running / 1e9,
    ready: ready / 1e9,
    waiting: waiting / 1e9,
    open: open / 1e9,
    summed: summedNs / 1e9,
  };
}

interface Request {
  /** End of the last write before the answer. */
  writtenNs: number;
  arrivedNs: number;
  readNs: number;
}

/** Write, arrival and read of each exchange, by socket; in the order of their writes. */
function requestsOf(events: readonly ThreadEvent[]): Request[] {
  const open = new Map<string, { firstNs: number; writtenNs: number; arrivedNs: number }>();
  const done: (Request & { firstNs: number })[] = [];
  for (const event of events) {
    if (event.kind !== "write" && event.kind !== "arrival" && event.kind !== "read") continue;
    const { timeNs, socket } = event;
    const current = open.get(socket);
    if (event.kind === "write") {
      if (current === undefined || current.arrivedNs > 0) {
        open.set(socket, { firstNs: timeNs, writtenNs: timeNs, arrivedNs: 0 });
      } else current.writtenNs = timeNs;
    } else if (event.kind === "arrival") {
      if (current !== undefined && current.arrivedNs === 0) current.arrivedNs = timeNs;
    } else if (current !== undefined && current.arrivedNs > 0) {
      done.push({ ...current, readNs: timeNs });
      open.delete(socket);
    }
  }
  return done.sort((a, b) => a.firstNs - b.firstNs);
}

interface StateTimes {
  readonly running: number;
  readonly ready: number;
  /** Blocked until another thread of the same process woke it: V8's helpers of garbage collection. */
  readonly own: number;
  readonly blocked: number;
}

interface ThreadStates {
  /** Nanoseconds in each state between two instants. */
  between(fromNs: number, toNs: number): StateTimes;
  /** When the thread became ready, if it is so at an instant; otherwise the instant itself. */
  readySince(timeNs: number): number;
}

/** Running, ready and blocked intervals of the thread, with their running sums. */
function threadStates(trace: ThreadTrace): ThreadStates {
  type State = keyof StateTimes;
  const starts: number[] = [];
  const kinds: State[] = [];
  const push = (timeNs: number, kind: State): void => {
    starts.push(Math.max(timeNs, starts.at(-1) ?? 0));
    kinds.push(kind);
  };
  // Attached while the thread waited for its orders.
  push(trace.fromNs, "blocked");
  let leftReady = false;
  let leftNs = 0;
  for (const event of trace.events) {
    if (event.kind === "out") {
      leftReady = event.ready;
      leftNs = event.timeNs;
      push(event.timeNs, event.ready ? "ready" : "blocked");
    } else if (event.kind === "in") {
      if (!leftReady && event.wokenNs > leftNs) {
        if (event.byOwn) kinds[kinds.length - 1] = "own";
        push(event.wokenNs, "ready");
      }
      push(event.timeNs, "running");
    }
  }
  push(trace.toNs, "blocked");
  const sums: StateTimes[] = [{ running: 0, ready: 0, own: 0, blocked: 0 }];
  for (let index = 1; index < starts.length; index++) {
    const before = sums[index - 1]!;
    const kind = kinds[index - 1]!;
    sums.push({ ...before, [kind]: before[kind] + starts[index]! - starts[index - 1]! });
  }
  /** Number of intervals that have begun at an instant. */
  const begun = (timeNs: number): number => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= timeNs) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const until = (timeNs: number): StateTimes => {
    const low = begun(timeNs);
    if (low === 0) return sums[0]!;
    const before = sums[low - 1]!;
    const kind = kinds[low - 1]!;
    return { ...before, [kind]: before[kind] + timeNs - starts[low - 1]! };
  };
  return {
    between(fromNs, toNs) {
      if (toNs <= fromNs) return { running: 0, ready: 0, own: 0, blocked: 0 };
      const a = until(fromNs);
      const b = until(toNs);
      return {
        running: b.running - a.running,
        ready: b.ready - a.ready,
        own: b.own - a.own,
        blocked: b.blocked - a.blocked,
      };
    },
    readySince(timeNs) {
      const last = begun(timeNs) - 1;
      return kinds[last] === "ready" ? starts[last]! : timeNs;
    },
  };
}

/** What deviates from the calibrated run, part by part, and which part explains most of it. */
export interface Residual {
  /** Measured mean wall time minus the model's, in seconds. */
  readonly seconds: number;
  readonly parts: Parts;
  readonly largest: PartName;
}

/**
 * @param expected the calibrated parts
 * @param backendShift how much longer the backend's nominal delay is here than in the calibration
 */
export function residualOf(
  account: ExportAccount,
  expected: Parts,
  backendShift: number,
): Residual {
  const model: Parts = {
    ...expected,
    "network and backend": expected["network and backend"] + backendShift,
  };
  const difference = (name: PartName): number => account.parts[name] - model[name];
  const parts: Parts = {
    "own CPU": difference("own CPU"),
    "run-queue delay": difference("run-queue delay"),
    "CPU quota (throttled)": difference("CPU quota (throttled)"),
    "event-loop delay": difference("event-loop delay"),
    "own threads": difference("own threads"),
    "other waiting": difference("other waiting"),
    "network and backend": difference("network and backend"),
  };
  const seconds = account.wall - partNames.reduce((sum, name) => sum + model[name], 0);
  // The part that moves with the residual, not one that moves against it.
  const sign = seconds < 0 ? -1 : 1;
  const largest = partNames.reduce((best, name) =>
    sign * parts[name] > sign * parts[best] ? name : best,
  );
  return { seconds, parts, largest };
}
