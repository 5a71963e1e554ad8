/**
 * Exploration against Spin (-DNOREDUCE, gcc -O2, the better of breadth and depth first, gcc's own time
 * not counted) and `xstate/graph`, on the same models with the same invariant. Our time is all of it:
 * filling the tables, searching, deciding. `xstate/graph` gets smaller instances, on which it is faster
 * than on the large ones: it enumerates the states, then the invariant is evaluated on each of them.
 *
 * `EXPLORE_ONLY=grid,philosophers,threads,memory` runs some cases; `EXPLORE_LARGE=1` adds two-phase
 * commit with ten managers (61,515,776 states, about 2 GB) and `xstate/graph` on the whole grid (3.3 GB).
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assign, createMachine, type AnyMachineSnapshot, type AnyStateMachine } from "xstate";
import { getAdjacencyMap } from "xstate/graph";

import { extend, graphOf, startGraph } from "../checkers/explore/graph.ts";
import { engine } from "../checkers/explore/engine.ts";
import { always, defineSubject, type ExploredSubject, type SystemModel } from "../index.ts";
import { compileSystem } from "../semantics/system.ts";
import { grid } from "../test/fixtures/explore/grid.ts";
import { philosophers } from "../test/fixtures/explore/philosophers.ts";
import { twoPhaseCommit } from "../test/fixtures/explore/two-phase-commit.ts";
import { alone, beside, median, type BenchArea } from "./case.ts";

const samples = 5;
const context = {
  seed: 1,
  budget: { timeMs: 600_000, maxStates: 100_000_000 },
  signal: new AbortController().signal,
  progress: () => {},
  options: {},
};

/** Seconds for one invariant of a fresh subject, from nothing to the verdict. */
async function ours(
  make: () => ExploredSubject,
  states: number,
): Promise<{ readonly seconds: number; readonly transitions: number }> {
  const subject = make();
  const begin = performance.now();
  const [obligation] = engine.plan(subject);
  const outcome = await engine.check(obligation!, subject, context);
  const seconds = (performance.now() - begin) / 1_000;
  if (outcome.verdict !== "proved" || outcome.stats["states"] !== states) {
    throw new Error(`${subject.id}: ${outcome.verdict}, ${outcome.stats["states"]} states`);
  }
  return { seconds, transitions: outcome.stats["transitions"] ?? 0 };
}

/** Spin's verifier for a model, built once; null when spin or gcc is missing. */
class Spin {
  readonly #folder = mkdtempSync(join(tmpdir(), "bench-spin-"));

  build(promela: string): readonly (readonly string[])[] | null {
    writeFileSync(join(this.#folder, "model.pml"), promela);
    const inFolder = { cwd: this.#folder, stdio: "ignore" } as const;
    if (spawnSync("spin", ["-a", "model.pml"], inFolder).status !== 0) return null;
    const flags = ["-O2", "-w", "-DNOREDUCE", "-DSAFETY", "-DMEMLIM=8000"];
    for (const [name, extra] of [
      ["dfs", []],
      ["bfs", ["-DBFS"]],
    ] as const) {
      const gcc = spawnSync("gcc", [...flags, ...extra, "-o", name, "pan.c"], inFolder);
      if (gcc.status !== 0) return null;
    }
    return [
      ["./dfs", "-m3000000", "-w24"],
      ["./bfs", "-w24"],
    ];
  }

  /** Seconds of the better search. */
  run(commands: readonly (readonly string[])[], states: number): number {
    const times = commands.map(([program, ...options]) => {
      const begin = performance.now();
      const text = execFileSync(join(this.#folder, program!), options, {
        cwd: this.#folder,
        encoding: "utf8",
      });
      const seconds = (performance.now() - begin) / 1_000;
      const stored = Number(/([\d.e+]+) states, stored/u.exec(text)?.[1]);
      // Spin counts one or two technical states; it prints large numbers with seven digits.
      if (!text.includes("errors: 0") || Math.abs(stored / states - 1) > 1e-4) {
        throw new Error(`spin stored ${stored} states, expected ${states}`);
      }
      return seconds;
    });
    return Math.min(...times);
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const spinGrid = (side: number): string => `
short x, y;
active proctype walker() {
  do
  :: atomic { x < ${side - 1} -> x++; assert(x <= ${side - 1}) }
  :: atomic { x > 0 -> x--; assert(x >= 0) }
  :: atomic { y < ${side - 1} -> y++; assert(y <= ${side - 1}) }
  :: atomic { y > 0 -> y--; assert(y >= 0) }
  od
}`;

const spinPhilosophers = (count: number): string => `
bit fork[${count}];
bit eats[${count}];
proctype philosopher(byte me; byte first; byte second) {
  do
  :: atomic { fork[first] == 0 -> fork[first] = 1 };
     atomic { fork[second] == 0 -> fork[second] = 1; eats[me] = 1;
              assert(eats[(me + 1) % ${count}] == 0 && eats[(me + ${count - 1}) % ${count}] == 0) };
     atomic { fork[second] = 0; eats[me] = 0 };
     fork[first] = 0
  od
}
init {
  atomic {
${Array.from({ length: count }, (_, seat) => {
  const [right, left] = [seat, (seat + 1) % count];
  const order = seat === count - 1 ? `${left}, ${right}` : `${right}, ${left}`;
  return `    run philosopher(${seat}, ${order});`;
}).join("\n")}
  }
}`;

/** The same philosophers as one machine, for a tool that knows one machine only. */
function oneMachine(count: number): AnyStateMachine {
  type Forks = Record<string, boolean>;
  return createMachine({
    types: {} as { context: Forks },
    id: "table",
    type: "parallel",
    context: Object.fromEntries(Array.from({ length: count }, (_, fork) => [`f${fork}`, false])),
    states: Object.fromEntries(
      Array.from({ length: count }, (_, seat) => {
        const sides = [`f${seat}`, `f${(seat + 1) % count}`] as const;
        const [first, second] = seat === count - 1 ? [sides[1], sides[0]] : sides;
        const take = (fork: string, target: string) => ({
          guard: ({ context: forks }: { context: Forks }) => !forks[fork],
          actions: assign({ [fork]: true }),
          target,
        });
        const put = (fork: string, target: string) => ({
          actions: assign({ [fork]: false }),
          target,
        });
        const event = `STEP${seat}`;
        return [
          `p${seat}`,
          {
            initial: "thinking",
            states: {
              thinking: { on: { [event]: take(first, "hungry") } },
              hungry: { on: { [event]: take(second, "eating") } },
              eating: { on: { [event]: put(second, "leaving") } },
              leaving: { on: { [event]: put(first, "thinking") } },
            },
          },
        ];
      }),
    ),
  });
}

/** States per second of `xstate/graph`, the invariant evaluated on every state. */
function xstateGraph(
  machine: AnyStateMachine,
  types: readonly string[],
  states: number,
  holds: (state: AnyMachineSnapshot) => boolean,
): number {
  const begin = performance.now();
  const map = getAdjacencyMap(machine, { events: types.map((type) => ({ type })) });
  const nodes = Object.values(map);
  const bad = nodes.filter(({ state }) => !holds(state as AnyMachineSnapshot));
  const seconds = (performance.now() - begin) / 1_000;
  if (nodes.length !== states || bad.length > 0) {
    throw new Error(`xstate/graph: ${nodes.length} states, ${bad.length} against the invariant`);
  }
  return states / seconds;
}

const { version } = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("xstate/package.json"), "utf8"),
) as { version: string };

const gridGraph = (side: number): number =>
  xstateGraph(grid(side).machine, ["EAST", "WEST", "NORTH", "SOUTH"], side ** 2, (state) => {
    const { x, y } = state.context as { readonly x: number; readonly y: number };
    return x >= 0 && x < side && y >= 0 && y < side;
  });

/** As many states as `philosophers` has with so many seats. */
const philosophersGraph = (count: number, states: number): number =>
  xstateGraph(
    oneMachine(count),
    seats.slice(0, count).map((seat) => `STEP${seat}`),
    states,
    ({ value }) => {
      const eats = (seat: number): boolean =>
        (value as Readonly<Record<string, string>>)[`p${seat % count}`] === "eating";
      return seats.slice(0, count).every((seat) => !(eats(seat) && eats(seat + 1)));
    },
  );

const seats = Array.from({ length: 12 }, (_, seat) => seat);

const cases = [
  {
    name: "grid 1100x1100",
    states: 1_210_000,
    subject: () =>
      defineSubject({
        id: "grid",
        model: grid(1_100),
        properties: [always("inside", "x >= 0 and x <= 1099 and y >= 0 and y <= 1099")],
      }),
    spin: spinGrid(1_100),
    /** A smaller instance: it needs seconds for ten thousand states. */
    peerSize: "100x100",
    graph: () => gridGraph(100),
    wholeGraph: () => gridGraph(1_100),
  },
  {
    name: "philosophers 12",
    states: 1_118_878,
    subject: () =>
      defineSubject({
        id: "philosophers",
        model: philosophers(12, true),
        properties: [
          always(
            "neighbours never eat together",
            seats
              .map((p) => `not (at(p${p}.eating) and at(p${(p + 1) % 12}.eating))`)
              .join(" and "),
          ),
        ],
      }),
    spin: spinPhilosophers(12),
    peerSize: "8 seats",
    graph: () => philosophersGraph(8, 9_403),
    wholeGraph: null, // it took hours
  },
];

/** Two threads against one, interleaved, on more than five million states. */
async function threads(report: Parameters<BenchArea["run"]>[0]): Promise<void> {
  let memory = "";
  let bytes = 0;
  const seconds = { 1: [] as number[], 2: [] as number[] };
  const counts = new Set<string>();
  for (let sample = 0; sample < samples; sample++) {
    for (const count of [1, 2] as const) {
      const graph = startGraph(compileSystem(twoPhaseCommit(9)));
      const begin = performance.now();
      await extend(graph, { ...context, options: { threads: count } });
      seconds[count].push((performance.now() - begin) / 1_000);
      const { product } = graph.system;
      memory = `two-phase commit 9 (${product.layout.bits} bits)`;
      bytes = graph.system.bytes();
      counts.add(`${graph.expanded} states, ${graph.transitions} steps`);
    }
  }
  if (counts.size !== 1) throw new Error(`threads count differently: ${[...counts].join("; ")}`);
  const states = Number.parseInt([...counts][0]!, 10);
  report(alone(memory, "memory", bytes / states, "bytes/state"));
  report(
    beside({
      case: "two-phase commit 9, two threads",
      metric: "exploration",
      value: states / median(seconds[2]),
      unit: "states/s",
      peer: "one thread",
      peerValue: states / median(seconds[1]),
      samples,
    }),
  );
}

/** Models of which the first states are enough: what a state takes does not depend on the rest. */
const wide: readonly (readonly [string, SystemModel, number])[] = [
  ["philosophers 16", philosophers(16, true), 1_500_000],
  ["two-phase commit 12", twoPhaseCommit(12), 1_500_000],
  ["philosophers 18", philosophers(18, true), 1_500_000],
  ["two-phase commit 14", twoPhaseCommit(14), 1_500_000],
  ["philosophers 21", philosophers(21, true), 1_500_000],
];

/** Keys and hash table for the first states of a search, at the moment when a state takes most of it. */
async function memory(
  report: Parameters<BenchArea["run"]>[0],
  name: string,
  model: SystemModel,
  most: number,
): Promise<void> {
  const graph = startGraph(compileSystem(model));
  const { system } = graph;
  let worst = 0;
  for (let states = 10_000; states <= most; states += 10_000) {
    await extend(graph, { ...context, budget: { ...context.budget, maxStates: states } });
    worst = Math.max(worst, system.bytes() / system.size());
  }
  if (graph.expanded !== most) throw new Error(`${name}: ${graph.expanded} states`);
  const { bits } = system.product.layout;
  report(
    alone(
      `${name} (${bits} bits, up to ${system.size()} states)`,
      "memory at most",
      worst,
      "bytes/state",
    ),
  );
}

const large = process.env["EXPLORE_LARGE"] === "1";
const only = process.env["EXPLORE_ONLY"]?.split(",");
const wanted = (name: string): boolean =>
  only === undefined || only.some((word) => name.startsWith(word));

const bench: BenchArea = {
  async run(report) {
    for (const { name, states, subject, spin, graph, wholeGraph, peerSize } of cases) {
      if (!wanted(name)) continue;
      const verifier = new Spin();
      try {
        const commands = verifier.build(spin);
        const mine: number[] = [];
        const theirs: number[] = [];
        const graphs: number[] = [];
        for (let sample = 0; sample < samples; sample++) {
          mine.push((await ours(subject, states)).seconds);
          if (commands !== null) theirs.push(verifier.run(commands, states));
          graphs.push(graph());
        }
        const value = states / median(mine);
        const rate = { case: name, metric: "exploration", value, unit: "states/s", samples };
        const spinRate = commands === null ? null : states / median(theirs);
        report(beside({ ...rate, peer: "spin", peerValue: spinRate }));
        const peer = `xstate/graph ${version}`;
        report(beside({ ...rate, peer: `${peer}, ${peerSize}`, peerValue: median(graphs) }));
        if (large && wholeGraph !== null) {
          report(beside({ ...rate, peer: `${peer}, whole, once`, peerValue: wholeGraph() }));
        }
      } finally {
        verifier.dispose();
      }
    }
    if (wanted("threads")) await threads(report);
    if (!wanted("memory")) return;
    for (const [name, model, states] of wide) await memory(report, name, model, states);
    for (const [managers, states, generated] of [
      [8, 1_745_408, 18_507_778],
      ...(large ? [[10, 61_515_776, 817_760_258] as const] : []),
    ] as const) {
      const name = `two-phase commit ${managers}`;
      const subject = defineSubject({
        id: name,
        model: twoPhaseCommit(managers),
        properties: [always("consistent", "not (at(rm0.committed) and at(rm1.aborted))")],
      });
      const { seconds, transitions } = await ours(() => subject, states);
      if (transitions + 1 !== generated) throw new Error(`${name}: ${transitions + 1} generated`);
      const graph = graphOf(subject);
      report(alone(name, "exploration", states / seconds, "states/s"));
      const { bits } = graph.system.product.layout;
      const bytes = graph.system.bytes() / states;
      report(alone(`${name} (${bits} bits)`, "memory", bytes, "bytes/state"));
    }
  },
};
export default bench;
