/** Realistic telemetry paths, each with settings that somebody might have: recommendations are made for them. */

import type { CapacityPlan } from "../../core/capacity.ts";
import { defaultCollector, defaultSdk } from "../../sim/capacity/read-settings.ts";

const hop = (rttSeconds: number, packetLoss: number, tls: boolean) => ({
  rttSeconds,
  packetLoss,
  bandwidth: null,
  tls,
});

const base: Omit<CapacityPlan, "name" | "lambda" | "sdkHop" | "backendHop"> = {
  burst: 1,
  spanBytes: 400,
  heapBytes: 2500,
  sdk: { ...defaultSdk, scheduledDelayMillis: 1000 },
  collector: null,
  backendSeconds: 0.01,
  backendScv: 0,
  backendServers: null,
  backendQueue: null,
  cpu: 1,
  cpuEnd: 8e-6,
  cpuSend: 9e-6,
  targets: { maxLoss: 1e-4, outage: 0, grace: 30, loopDelay: 0.05 },
  origins: {},
};

export const directPlans: readonly CapacityPlan[] = [
  {
    ...base,
    name: "far backend, 80 ms, 0.1 % packet loss, TLS, gzip, half a core",
    lambda: 3000,
    sdk: { ...base.sdk, gzip: true },
    sdkHop: hop(0.08, 0.001, true),
    backendHop: hop(0.08, 0.001, true),
    cpu: 0.5,
  },
  {
    ...base,
    name: "same region, 10 ms, slow backend, bursts of 20",
    lambda: 4000,
    burst: 20,
    backendSeconds: 0.05,
    backendScv: 1,
    sdkHop: hop(0.01, 0, false),
    backendHop: hop(0.01, 0, false),
  },
  {
    ...base,
    name: "small batches by hand (128 of 512), 30 ms",
    lambda: 3000,
    sdk: { ...base.sdk, maxQueueSize: 512, maxExportBatchSize: 128 },
    sdkHop: hop(0.03, 0, false),
    backendHop: hop(0.03, 0, false),
  },
];

/** SDK → Collector → backend; queue and consumers as somebody with little memory has set them. */
export const collectorPlan: CapacityPlan = {
  ...base,
  name: "through a Collector (4 consumers, queue of 50), 50 ms, a slow backend, outages of 10 s",
  lambda: 1500,
  backendSeconds: 0.25,
  backendScv: 1,
  collector: {
    ...defaultCollector,
    numConsumers: 4,
    queueSize: 50,
    retry: { ...defaultCollector.retry, initialMillis: 2000, maxMillis: 10_000 },
  },
  sdkHop: hop(0.0005, 0, false),
  backendHop: hop(0.05, 0, false),
  targets: { ...base.targets, outage: 10 },
};
