/**
 * Metastable overload: clients that give up and come again keep a backend busy with work that nobody
 * waits for, so goodput stays down after the trigger is gone (Bronson et al., HotOS 2021; Huang et
 * al., OSDI 2022). Safe whatever the trigger when ρ(1+R) < 1, or when a full queue is served within the
 * client's timeout, K/(cμ) < τ.
 */

import type { CapacityPlan } from "../../core/capacity.ts";
import { runStation, type StationModel, type StationSample } from "../queue/station.ts";

export interface RetryStorm {
  readonly utilisation: number;
  /** Retries of one request within the client's patience. */
  readonly retries: number;
  readonly timeout: number;
  /** Why no trigger can make it collapse, or `null`. */
  readonly certificate: string | null;
  /** Goodput after the trigger as a share of the load. */
  readonly recovered: number;
  readonly samples: readonly StationSample[];
  readonly offered: number;
  readonly outage: { readonly from: number; readonly to: number };
}

/** @returns `null` when the plan does not say how many requests the backend works on */
export function retryStorm(plan: CapacityPlan, seed: number): RetryStorm | null {
  if (plan.backendServers === null) return null;
  const { backendServers: servers, backendQueue, backendSeconds, collector, sdk } = plan;
  const perRequest = Math.min(
    sdk.maxExportBatchSize,
    Math.max(1, plan.lambda * (sdk.scheduledDelayMillis / 1000)),
  );
  const offered = plan.lambda / perRequest;
  const policy =
    collector === null
      ? { most: 5, first: 1, factor: 1.5, cap: 5, jitter: 0.2 }
      : {
          most: collector.retry.enabled ? attemptsOf(collector.retry) : 0,
          first: collector.retry.initialMillis / 1000,
          factor: collector.retry.multiplier,
          cap: collector.retry.maxMillis / 1000,
          jitter: 0.5,
        };
  const timeout = (collector?.timeoutMillis ?? sdk.timeoutMillis) / 1000;
  const utilisation = (offered * backendSeconds) / servers;
  const from = 20;
  const to = from + Math.max(10, plan.targets.outage);
  const until = to + Math.max(120, 20 * timeout);
  const model: StationModel = {
    interarrival: { law: "exponential", mean: 1 / offered },
    servers,
    waitingRoom: backendQueue,
    service: { law: "exponential", mean: backendSeconds },
    timeout: { after: timeout, cancels: false },
    retry: policy,
    outages: [{ from, to }],
    // What piled up elsewhere during the outage comes at once.
    surges: [{ from: to, to: to + 5, factor: 5 }],
  };
  const { samples } = runStation(model, { seed, until, sampleEvery: (until - from) / 60 });
  const last = samples.slice(-10);
  const recovered = last.reduce((sum, { goodput }) => sum + goodput, 0) / last.length / offered;
  let certificate: string | null = null;
  if (utilisation * (1 + policy.most) < 1) {
    certificate = `ρ(1+R) = ${(utilisation * (1 + policy.most)).toFixed(2)} < 1`;
  } else if (utilisation < 1 && backendQueue !== null) {
    const drain = (backendQueue * backendSeconds) / servers;
    if (drain < timeout)
      certificate = `a full queue is served in ${drain.toFixed(2)} s, within the timeout of ${timeout} s`;
  }
  return {
    utilisation,
    retries: policy.most,
    timeout,
    certificate,
    recovered,
    samples,
    offered,
    outage: { from, to },
  };
}

/** How many retries fit into the time after which the Collector gives up. */
function attemptsOf(retry: {
  readonly initialMillis: number;
  readonly maxMillis: number;
  readonly elapsedMillis: number;
  readonly multiplier: number;
}): number {
  let elapsed = 0;
  let wait = retry.initialMillis;
  let attempts = 0;
  while (attempts < 100 && (retry.elapsedMillis === 0 || elapsed + wait <= retry.elapsedMillis)) {
    elapsed += wait;
    wait = Math.min(retry.maxMillis, wait * retry.multiplier);
    attempts++;
  }
  return attempts;
}
