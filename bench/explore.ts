/**
 * Exploration against Spin (-DNOREDUCE, gcc -O2, the better of breadth and depth first, gcc's own time
 * not counted) and `xstate/graph`, on the same models with the same invariant. Our time is all of it:
 * filling the tables, searching, deciding. `xstate/graph` gets smaller instances, on which it is faster
 * than on the large ones: it enumerates the states, then the invariant is evaluated on each of them.
 *
 * `EXPLORE_ONLY=grid,philosophers,threads,memory` runs some cases; `EXPLORE_LARGE=1` adds two-phase
 * commit with ten managers (61,515,776 states, about 2 GB) and `xstate/graph` on the whole grid (3.3 GB).
 */

import { extend, graphOf, startGraph } from "../checkers/explore/graph.ts";
import { engine } from "../checkers/explore/engine.ts";
import { always, defineSubject, type ExploredSubject, type SystemModel } from "../index.ts";
import { compileSystem } from "../semantics/system.ts";
import { grid } from "../test/fixtures/explore/grid.ts";
import { philosophers } from "../test/fixtures/explore/philosophers.ts";
import { twoPhaseCommit } from "../test/fixtures/explore/two-phase-commit.ts";
import { alone, beside, median, type BenchArea } from "./case.ts";
import { Spin, spinGrid, spinPhilosophers } from "./explore/spin.ts";
import { gridGraph, philosophersGraph, version } from "./explore/xstate-graph.ts";

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
  let name = "";
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
      name = `two-phase commit 9 (${product.layout.bits} bits)`;
      bytes = graph.system.bytes();
      counts.add(`${graph.expanded} states, ${graph.transitions} steps`);
    }
  }
  if (counts.size !== 1) throw new Error(`threads count differently: ${[...counts].join("; ")}`);
  const states = Number.parseInt([...counts][0]!, 10);
  report(alone(name, "memory", bytes / states, "bytes/state"));
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
