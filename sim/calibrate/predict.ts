/**
 * What a queue model predicts for a run of finite length, with an interval.
 *
 * The inputs of the model are what was really offered: the number of arrivals, and the mean delay
 * that was drawn for them, plus the calibrated overhead. Interval of the loss model: parametric
 * bootstrap. Many runs of the same length are simulated with as many Poisson arrivals (given their
 * number they are uniform on the run) that start at the generator's next timer tick, with demands of
 * the backend's law scaled to the same mean, plus an overhead drawn from the calibration's normal
 * error and from the spread that overheads show between loads; the same warm-up is deleted, and the
 * share of lost arrivals is counted as in the real run. So the interval contains calibration
 * uncertainty, sampling noise and the correlation of losses.
 */

import { makeRandom } from "../../core/random.ts";
import type { Distribution } from "../../core/subject.ts";
import { exponentialSampler, makeSampler } from "../queue/distributions.ts";
import { erlangB } from "../queue/erlang.ts";
import { siftDown } from "../queue/simulate.ts";
import { moments } from "../queue/statistics.ts";
import type { Calibration } from "./calibrate.ts";

/**
 * The overhead of one export depends on the load (an idle process wakes up late, a busy one does
 * not): measured 1.2 ms at ρ = 0.25 down to 0.4 ms at ρ = 1.5 with 25 ms of service. It is allowed
 * to differ from the calibrated one by this share of the service time, either way.
 */
const loadDependence = 0.02;

export interface RunShape {
  readonly service: Distribution;
  readonly servers: number;
  /** Mean of the demands drawn for these arrivals, in seconds. */
  readonly demandMean: number;
  /** Arrivals that were offered, warm-up included. */
  readonly arrivals: number;
  /** Seconds of the run, and how many of them at its start are not counted. */
  readonly duration: number;
  readonly warmUp: number;
  /** Arrivals start on multiples of this many seconds (timer ticks of the generator). */
  readonly tick: number;
}

export interface LossPrediction {
  /** Share of arrivals that the model loses. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Mean share in the simulated runs. */
  readonly simulated: number;
  /** Standard deviation of the share in one run, from the bootstrap. */
  readonly deviation: number;
  readonly confidence: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly confidence: number;
  readonly runs: number;
}

/** Erlang B for the run, and the shares of loss that such a run shows with this confidence. */
export function predictLoss(
  shape: RunShape,
  calibration: Calibration,
  options: BootstrapOptions,
): LossPrediction {
  const rate = shape.arrivals / shape.duration;
  const value = erlangB(shape.servers, rate * (shape.demandMean + calibration.overhead));
  const shares = bootstrapShares(shape, calibration, options).sort();
  const tail = (1 - options.confidence) / 2;
  const order = Math.max(0, Math.floor(tail * shares.length) - 1); // outward: never too narrow
  return {
    value,
    low: Math.min(value, shares[order]!),
    high: Math.max(value, shares[shares.length - 1 - order]!),
    simulated: moments(shares).mean,
    deviation: Math.sqrt(moments(shares).variance),
    confidence: options.confidence,
  };
}

function bootstrapShares(
  shape: RunShape,
  calibration: Calibration,
  options: BootstrapOptions,
): Float64Array {
  const random = makeRandom(options.seed);
  const spacing = exponentialSampler(random.fork("arrival"), 1);
  const service = makeSampler(shape.service, random.fork("service"));
  const noise = makeRandom(options.seed).fork("calibration");
  const times = new Float64Array(shape.arrivals + 1);
  const demands = new Float64Array(shape.arrivals);
  const free = new Float64Array(shape.servers);
  const shares = new Float64Array(options.runs);
  for (let run = 0; run < options.runs; run++) {
    const radius = Math.sqrt(-2 * Math.log1p(-noise.next()));
    const error = radius * Math.cos(2 * Math.PI * noise.next()); // standard normal
    const spread = (2 * noise.next() - 1) * loadDependence * calibration.serviceMean;
    const overhead = Math.max(0, calibration.overhead + error * calibration.standardError + spread);
    let time = 0;
    for (let index = 0; index < times.length; index++) times[index] = time += spacing();
    const scale = shape.duration / time;
    let total = 0;
    for (let index = 0; index < demands.length; index++) total += demands[index] = service();
    const stretch = (shape.demandMean * demands.length) / total;
    free.fill(0);
    let counted = 0;
    let lost = 0;
    for (let index = 0; index < shape.arrivals; index++) {
      const now = Math.ceil((times[index]! * scale) / shape.tick) * shape.tick;
      const demand = demands[index]! * stretch + overhead;
      const isCounted = now >= shape.warmUp;
      if (isCounted) counted++;
      if (free[0]! > now) {
        if (isCounted) lost++;
        continue;
      }
      free[0] = now + demand;
      siftDown(free, shape.servers);
    }
    shares[run] = counted === 0 ? 0 : lost / counted;
  }
  return shares;
}
