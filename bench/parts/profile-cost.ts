/**
 * What profiling costs: CPU time per export of the exporter's process (user and kernel mode, all of its
 * threads), unprofiled, unprofiled once more (the A/A control), and sampled at 99 Hz. While samples are
 * taken, idle CPUs of a virtual machine do not halt (sim/profile/awake.ts), which makes waking up
 * cheaper; so they do not in the first two either, and with `waiting` a fourth condition shows what that
 * alone changes. Processes differ by more than rounds do, so blocks are many and short.
 * In a block, each condition has a process of its own, all alive and warm;
 * they take turns, one round of equally many exports each, forth and back, so that drift of the machine
 * hits all alike. The next block has new processes: where one process has its code and data is chance,
 * too. A block gives one ratio per condition, the median of its rounds; the interval is Student's, over blocks.
 * The profiler is attached for its own rounds only; attaching itself is not counted.
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { keepAwake } from "../../sim/profile/awake.ts";
import { isRecord } from "../../sim/profile/json.ts";
import { startBpftrace } from "../../sim/profile/bpftrace.ts";
import { stackArguments } from "../../sim/profile/take.ts";
import { watchWaiting } from "../../sim/profile/watch-waiting.ts";
import { ProcessWatch } from "../../sim/profile/proc.ts";
import { startChild, type LineChild } from "../../sim/load/child.ts";
import { studentQuantile } from "../../sim/queue/student.ts";
import { alone, median, type BenchCase } from "../case.ts";

const hz = 99;
const rounds = 2;
const exportsPerRound = 6000;
const exportsToWarmUp = 8000;
const atOnce = 16;

interface Condition {
  readonly name: string;
  readonly nodeArgs: readonly string[];
  /** Idle CPUs are kept from halting in its rounds. */
  readonly awake: boolean;
  /** Attaches to the process; the result ends it. */
  readonly attach: ((pid: number) => Promise<() => Promise<unknown>>) | null;
}

const conditions: readonly Condition[] = [
  { name: "unprofiled", nodeArgs: [], awake: true, attach: null },
  { name: "unprofiled again (A/A control)", nodeArgs: [], awake: true, attach: null },
  {
    name: `samples at ${hz} Hz`,
    nodeArgs: stackArguments("/dev/null"),
    awake: true,
    async attach(pid) {
      const watch = new ProcessWatch(pid); // reads /proc all the time, as it does for a profile
      const sampler = await startBpftrace({ pid, hz, maxSeconds: 60 });
      return () => {
        watch.stop();
        return sampler.stop();
      };
    },
  },
  { name: "unprofiled, idle CPUs halt", nodeArgs: [], awake: false, attach: null },
  {
    name: "tracepoints of waiting, idle CPUs halt",
    nodeArgs: stackArguments("/dev/null"),
    awake: false,
    async attach(pid) {
      const waiting = await watchWaiting({ pid, maxSeconds: 60 });
      return () => waiting.stop();
    },
  },
];

/** Which condition is compared with the (geometric) mean of which others. */
const comparisons: readonly { readonly of: number; readonly with: readonly number[] }[] = [
  { of: 1, with: [0] },
  { of: 2, with: [0, 1] },
  { of: 2, with: [3] },
  { of: 4, with: [3] },
];

const program = fileURLToPath(new URL("../programs/exporter-rounds.ts", import.meta.url));
const backendProgram = fileURLToPath(new URL("../../sim/load/backend.ts", import.meta.url));

/** Words that keep a command on one CPU; none without taskset. */
function pinnedTo(cpu: number): string[] {
  const words = ["taskset", "-c", String(cpu)];
  return spawnSync(words[0]!, [...words.slice(1), "true"]).status === 0 ? words : [];
}

async function numbers(child: LineChild, ...names: readonly string[]): Promise<number[]> {
  const message = await child.receive();
  return names.map((name) => {
    const value = isRecord(message) ? message[name] : undefined;
    if (typeof value !== "number") throw new TypeError(`no number "${name}" in the answer`);
    return value;
  });
}

/** Seconds of CPU time that bpftrace itself has used, while it runs. */
function toolCpu(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
  let ticks = 0;
  for (const pid of children.trim().split(" ")) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      if (!stat.includes("(bpftrace)")) continue;
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // gone
    }
  }
  return ticks / 100;
}

/** CPU time per export in microseconds, by condition and round; and bpftrace's own, of one CPU. */
async function block(
  url: string,
  tested: readonly Condition[],
  shift: number,
): Promise<{ costs: number[][]; tool: number[] }> {
  const prefix = pinnedTo(0);
  const processes = tested.map(({ nodeArgs }) =>
    startChild(program, { nodeArgs: ["--expose-gc", ...nodeArgs], prefix }),
  );
  const costs: number[][] = tested.map(() => []);
  const tool: number[] = [];
  try {
    for (const one of processes) {
      await one.receive();
      one.send({ url, count: exportsToWarmUp, atOnce });
      await numbers(one, "user");
    }
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < tested.length; turn++) {
        const place = round % 2 === 0 ? turn : tested.length - 1 - turn;
        const index = (place + shift) % tested.length;
        const { attach, awake, name } = tested[index]!;
        const one = processes[index]!;
        const hold = awake ? keepAwake() : null;
        const detach = await attach?.(one.pid);
        const before = toolCpu();
        one.send({ url, count: exportsPerRound, atOnce });
        const names = ["user", "system", "wallMs", "failed"] as const;
        const [user, system, wallMs, failed] = await numbers(one, ...names);
        if (name.startsWith("samples")) tool.push((100_000 * (toolCpu() - before)) / wallMs!);
        await detach?.();
        hold?.release();
        if (failed! > 0) throw new Error(`${failed} exports failed`);
        costs[index]!.push((user! + system!) / exportsPerRound);
      }
    }
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
  }
  return { costs, tool };
}

/**
 * Prints medians, and the comparisons with their 95 % intervals.
 * @param waiting also the tracepoints of waiting, which take their time
 */
export async function overhead(
  report: (result: BenchCase) => void,
  waiting: boolean,
): Promise<void> {
  const most = Number(process.env["PROFILE_BLOCKS"] ?? 4);
  const until = performance.now() + 60_000 * Number(process.env["PROFILE_MINUTES"] ?? 60);
  let blocks = 0;
  const tested = conditions.slice(0, waiting ? 5 : 3);
  // The exporter has CPU 0; this process, the backend and bpftrace have the other.
  spawnSync("taskset", ["-a", "-p", "-c", "1", String(process.pid)]);
  const backend = startChild(backendProgram, {});
  backend.send({ seed: 1, service: { law: "deterministic", mean: 0.001 } });
  const all: number[][] = tested.map(() => []);
  const logs: number[][] = comparisons.map(() => []);
  const tool: number[] = [];
  try {
    const [port] = await numbers(backend, "port");
    // An interval needs two blocks, whatever the time.
    while (blocks < most && (blocks < 2 || performance.now() < until)) {
      const seen = await block(`http://127.0.0.1:${port}/v1/traces`, tested, blocks++);
      tool.push(...seen.tool);
      seen.costs.forEach((costs, index) => all[index]!.push(...costs));
      comparisons.forEach((comparison, index) => {
        const costs = seen.costs[comparison.of];
        if (costs === undefined || comparison.with.some((one) => one >= tested.length)) return;
        const base = (round: number): number =>
          comparison.with.reduce((sum, one) => sum + Math.log(seen.costs[one]![round]!), 0) /
          comparison.with.length;
        logs[index]!.push(median(costs.map((cost, round) => Math.log(cost) - base(round))));
      });
    }
  } finally {
    await backend.stop();
  }
  tested.forEach(({ name }, index) => {
    report(alone(name, "CPU per export, median", median(all[index]!), "µs", all[index]!.length));
  });
  comparisons.forEach((comparison, index) => {
    if (Math.max(comparison.of, ...comparison.with) >= tested.length) return;
    const { mean: middle, radius } = interval(logs[index]!);
    const change = (log: number): number => 100 * (Math.exp(log) - 1);
    const name = `${conditions[comparison.of]!.name} against ${conditions[comparison.with[0]!]!.name}`;
    report(alone(name, "change of CPU per export", change(middle), "%", blocks));
    report(alone(name, "95 % interval, lower end", change(middle - radius), "%", blocks));
    report(alone(name, "95 % interval, upper end", change(middle + radius), "%", blocks));
  });
  report(alone("bpftrace's own CPU time", "of one CPU, mean", mean(tool), "%", tool.length));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function interval(values: readonly number[]): { mean: number; radius: number } {
  const count = values.length;
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (count - 1);
  return { mean: middle, radius: studentQuantile(0.975, count - 1) * Math.sqrt(variance / count) };
}
