/**
 * How often intervals of 95 % cover the truth, in a thousand experiments per model, by both simulators; and
 * how well the law of the wait fits. The suite has one model of each; here there are more.
 */

import type { Distribution } from "../core/subject.ts";
import { kolmogorovSmirnov } from "../sim/queue/fit.ts";
import { mmnkQueue, mmnMeanWait, mmnWaitTail } from "../sim/queue/formulas.ts";
import { runRecursion } from "../sim/queue/recursion.ts";
import { runStation } from "../sim/queue/station.ts";
import { moments, studentInterval } from "../sim/queue/statistics.ts";
import { alone, type BenchArea } from "./case.ts";

const experiments = 1000;
const replications = 10;
const exponential = (mean: number): Distribution => ({ law: "exponential", mean });
const model = (servers: number, rho: number) => ({
  interarrival: exponential(1 / (servers * rho)),
  service: exponential(1),
  servers,
});
const truth = (servers: number, rho: number) => ({
  servers,
  arrivalRate: servers * rho,
  serviceRate: 1,
});

function coverage(value: number, estimate: (seed: number) => number): number {
  let covered = 0;
  for (let experiment = 0; experiment < experiments; experiment++) {
    const found = Array.from({ length: replications }, (_, index) =>
      estimate(experiment * replications + index),
    );
    const { low, high } = studentInterval(found, 0.95);
    if (low <= value && value <= high) covered++;
  }
  return (100 * covered) / experiments;
}

const area: BenchArea = {
  run(report) {
    const say = (name: string, share: number): void =>
      report(alone(name, "intervals of 95 % that cover the truth", share, "%", experiments));
    // Long against the memory of the queue: intervals of short runs are too narrow, whoever simulates.
    for (const [servers, rho, customers] of [
      [1, 0.7, 10_000],
      [8, 0.8, 10_000],
      [64, 0.9, 20_000],
    ] as const) {
      say(
        `mean wait of M/M/${servers} at ρ = ${rho}, recursion`,
        coverage(mmnMeanWait(truth(servers, rho)), (seed) => {
          return runRecursion(model(servers, rho), { seed, customers, warmUp: 4000 }).mean;
        }),
      );
    }
    // The tournament of more than 128 servers: the mean of all, in standard errors from the truth.
    const means = Array.from({ length: experiments }, (_, seed) => {
      return runRecursion(model(200, 0.9), { seed, customers: 40_000, warmUp: 4000 }).mean;
    });
    const { mean, variance } = moments(means);
    const off = (mean - mmnMeanWait(truth(200, 0.9))) / Math.sqrt(variance / means.length);
    report(
      alone(
        "mean wait of M/M/200 at ρ = 0.9, recursion",
        "standard errors off",
        off,
        "",
        experiments,
      ),
    );
    const room = 4;
    say(
      "loss of M/M/3/7 at ρ = 1.1, event list",
      coverage(mmnkQueue(truth(3, 1.1), room).loss, (seed) => {
        const options = { seed, until: 1500, warmUp: 50 };
        const { lost, arrivals } = runStation({ ...model(3, 1.1), waitingRoom: room }, options);
        return lost / arrivals;
      }),
    );
    for (const [servers, rho] of [
      [1, 0.7],
      [8, 0.8],
    ] as const) {
      const waits = new Float64Array(400);
      const station = { ...model(servers, rho), waitingRoom: null };
      const sample = Float64Array.from({ length: 10_000 }, (_, seed) => {
        runStation(station, { seed, customers: 600, waits });
        return waits[399]!;
      });
      const queue = truth(servers, rho);
      const cdf = (t: number): number => 1 - mmnWaitTail(queue, Math.max(0, t));
      const { p } = kolmogorovSmirnov(sample, cdf);
      report(
        alone(`wait in M/M/${servers} at ρ = ${rho}`, "Kolmogorov-Smirnov p", p, "", sample.length),
      );
    }
    return Promise.resolve();
  },
};

export default area;
