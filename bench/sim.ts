/**
 * The simulators: customers per second of CPU time on one core, wait statistics included, beside SimPy
 * and Ciw on the same model in the same run; and replications on two cores against one.
 *
 * Python is `python3`; VERIFY_BENCH_PYTHON names another one, e.g. of a virtual environment.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Distribution } from "../core/subject.ts";
import { rareLoss } from "../sim/queue/rare.ts";
import { runRecursion } from "../sim/queue/recursion.ts";
import { replications } from "../sim/queue/replicate.ts";
import { runStation } from "../sim/queue/station.ts";
import { findProgram } from "../test/support/find-program.ts";
import { alone, beside, median, type BenchArea, type BenchCase } from "./case.ts";

const run = promisify(execFile);
const samples = 3;
const speedupSamples = 5;
const utilisation = 0.8;

const exponential = (mean: number): Distribution => ({ law: "exponential", mean });
const model = (servers: number) => ({
  interarrival: exponential(1 / (servers * utilisation)),
  service: exponential(1),
  servers,
});

/** Customers per second of CPU time, the median of some runs after one that warms up. */
function rate(customers: number, simulate: (customers: number) => void): number {
  simulate(customers / 5);
  const rates = Array.from({ length: samples }, () => {
    const before = process.cpuUsage();
    simulate(customers);
    const { user, system } = process.cpuUsage(before);
    return customers / ((user + system) / 1e6);
  });
  return median(rates);
}

const pythons = [process.env["VERIFY_BENCH_PYTHON"], "python3", "/usr/bin/python3"].filter(
  (name): name is string => name !== undefined && name !== "",
);

interface Peer {
  readonly peer: string;
  readonly rate: number | null;
}

/** The median of some runs by the first Python that has the package; `rate` null when none has. */
async function peer(
  script: string,
  name: string,
  servers: number,
  customers: number,
): Promise<Peer> {
  const file = join(import.meta.dirname, "peers", script);
  for (const python of pythons) {
    const words = [file, String(servers), String(utilisation), String(customers)];
    try {
      const found: { peer: string; rate: number }[] = [];
      for (let sample = 0; sample < samples; sample++) {
        const { stdout } = await run(python, words);
        found.push(JSON.parse(stdout) as { peer: string; rate: number });
      }
      return { peer: found[0]!.peer, rate: median(found.map(({ rate: one }) => one)) };
    } catch {
      // not here, or without the package: the next one
    }
  }
  return { peer: name, rate: null };
}

async function cores(report: (result: BenchCase) => void): Promise<void> {
  const task = {
    kind: "recursion",
    model: model(8),
    customers: 20_000_000,
    warmUp: 10_000,
  } as const;
  const count = 16;
  const seconds = async (workers: number): Promise<number> => {
    const begin = performance.now();
    await replications(task, count, { seed: 1, workers });
    return (performance.now() - begin) / 1000;
  };
  const speedups: number[] = [];
  for (let sample = 0; sample < speedupSamples; sample++)
    speedups.push((await seconds(1)) / (await seconds(2)));
  report(
    alone(
      `${count} replications of M/M/8`,
      "two workers against one",
      median(speedups),
      "times",
      speedupSamples,
    ),
  );
}

/** Peers for which there is no script here: named, never beaten. */
function nameOthers(): void {
  const others = [
    ["simmer", "Rscript"],
    ["JMT", "jmt"],
  ] as const;
  for (const [name, program] of others) {
    const why = findProgram(program) === undefined ? `there is no ${program}` : "no script for it";
    console.log(`not compared: ${name} (${why})`);
  }
}

const area: BenchArea = {
  async run(report) {
    nameOthers();
    for (const servers of [1, 8, 64]) {
      const recursion = rate(20_000_000, (customers) => {
        runRecursion(model(servers), { seed: 1, customers, warmUp: 0 });
      });
      const list = rate(5_000_000, (customers) => {
        runStation({ ...model(servers), waitingRoom: null }, { seed: 1, customers });
      });
      const peers = [
        await peer("simpy_mmn.py", "SimPy", servers, 200_000),
        await peer("ciw_mmn.py", "Ciw", servers, 50_000),
      ];
      for (const { peer: name, rate: peerValue } of peers) {
        const common = {
          metric: "customers per CPU second",
          unit: "1/s",
          peer: name,
          peerValue,
          samples,
        };
        report(beside({ case: `M/M/${servers}, workload recursion`, value: recursion, ...common }));
        report(beside({ case: `M/M/${servers}, event list`, value: list, ...common }));
      }
    }
    await cores(report);
    const begin = performance.now();
    const rare = rareLoss(
      { ...model(2), interarrival: exponential(1 / 0.8), waitingRoom: 22 },
      { seed: 1, trials: 2000, estimates: 10, confidence: 0.95 },
    );
    report(
      alone(
        `loss of ${rare.mean.toExponential(1)} by splitting`,
        "time",
        (performance.now() - begin) / 1000,
        "s",
      ),
    );
  },
};

export default area;
