/** Sizing a path: settings read, limits against closed forms, recommendations that hold. */

import { describe, expect, it } from "vitest";

import type { CheckContext } from "../../core/engine.ts";
import type { CapacityPlan } from "../../core/capacity.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import {
  costsOf,
  estimateLoss,
  estimateOutage,
  fullExportSeconds,
  kneeOf,
  limitsOf,
} from "../../sim/capacity/analyse.ts";
import { Connection, roundTrips } from "../../sim/capacity/hop.ts";
import * as quantities from "../../sim/capacity/quantities.ts";
import {
  defaultCollector,
  defaultSdk,
  readCollector,
  readSdk,
} from "../../sim/capacity/read-settings.ts";
import { recommend } from "../../sim/capacity/recommend.ts";
import { retryStorm } from "../../sim/capacity/retries.ts";
import { capacitySubject } from "../../sim/capacity/subject.ts";
import { engine } from "../../sim/engine.ts";

const hop = { rttSeconds: 0.08, packetLoss: 0, bandwidth: null, tls: true };
const plan: CapacityPlan = {
  name: "path",
  lambda: 3000,
  burst: 1,
  spanBytes: 400,
  heapBytes: 2500,
  sdk: defaultSdk,
  collector: null,
  sdkHop: hop,
  backendHop: hop,
  backendSeconds: 0.01,
  backendScv: 0,
  backendServers: null,
  backendQueue: null,
  cpu: 1,
  cpuEnd: 8e-6,
  cpuSend: 6e-6,
  targets: { maxLoss: 1e-4, outage: 0, grace: 30, loopDelay: 0.05 },
  origins: {},
};

describe("quantities", () => {
  it("are read with their units", async () => {
    expect(quantities.parseSeconds("80ms", "--rtt")).toBeCloseTo(0.08, 12);
    expect(quantities.parseSeconds("2m", "--rtt")).toBe(120);
    expect(quantities.parseShare("0.1%", "--loss")).toBeCloseTo(0.001, 12);
    expect(quantities.parseCpu("500m", "--cpu")).toBe(0.5);
    expect(quantities.parseGoDuration("1m30s", "x")).toBe(90);
    expect(await quantities.parseRate("3000", "--lambda")).toBe(3000);
    expect(await quantities.parseRate("2 * 1500", "--lambda")).toBe(3000);
    expect(await quantities.parseRate("180000 / minute", "--lambda")).toBeCloseTo(3000, 9);
  });

  it.each(["", "abc", "-5", "0", "NaN", "5 kg"])("a rate of %s is refused", async (text) => {
    await expect(quantities.parseRate(text, "--lambda")).rejects.toThrow(DiagnosticError);
  });

  it("bad durations, shares and cores are refused", () => {
    expect(() => quantities.parseSeconds("80 parsec", "--rtt")).toThrow(DiagnosticError);
    expect(() => quantities.parseShare("120%", "--loss")).toThrow(DiagnosticError);
    expect(() => quantities.parseCpu("0", "--cpu")).toThrow(DiagnosticError);
    expect(() => quantities.parseGoDuration("5 apples", "x")).toThrow(DiagnosticError);
  });
});

describe("settings that are already there", () => {
  it("come from OTEL_* variables, with their origin", () => {
    const read = readSdk({
      OTEL_BSP_MAX_QUEUE_SIZE: "4096",
      OTEL_BSP_SCHEDULE_DELAY: "0",
      OTEL_EXPORTER_OTLP_TIMEOUT: "7000",
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "8000",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector:4318",
    });
    expect(read.sdk).toMatchObject({
      maxQueueSize: 4096,
      scheduledDelayMillis: 0,
      timeoutMillis: 8000,
      gzip: true,
    });
    expect(read.tls).toBe(true);
    expect(read.origins["timeoutMillis"]).toBe("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT");
    expect(readSdk({}).sdk).toEqual(defaultSdk);
    expect(readSdk({ OTEL_BSP_MAX_QUEUE_SIZE: "100" }).sdk.maxExportBatchSize).toBe(100);
    expect(() => readSdk({ OTEL_BSP_MAX_QUEUE_SIZE: "many" })).toThrow(DiagnosticError);
  });

  const yaml = `
exporters:
  debug: {}
  otlphttp/far:
    endpoint: https://backend:4318
    headers: { authorization: secret }
    timeout: 8s
    sending_queue: { num_consumers: 20, queue_size: 5000 }
    retry_on_failure: { initial_interval: 1s, max_interval: 10s, max_elapsed_time: 10m }
service:
  pipelines:
    traces/main: { receivers: [otlp], exporters: [debug, otlphttp/far] }
    metrics: { receivers: [otlp], exporters: [otlp/other] }
`;
  it("come from a Collector configuration, without its secrets", () => {
    const read = readCollector(yaml, "collector.yaml");
    expect(read.exporter).toBe("otlphttp/far");
    expect(read.tls).toBe(true);
    expect(read.collector).toEqual({
      numConsumers: 20,
      queueSize: 5000,
      timeoutMillis: 8000,
      retry: {
        enabled: true,
        initialMillis: 1000,
        maxMillis: 10_000,
        elapsedMillis: 600_000,
        multiplier: 1.5,
      },
    });
    expect(JSON.stringify(read)).not.toContain("secret");
  });

  it("are refused when they cannot be read or are not modelled", () => {
    expect(() => readCollector("a: [", "c.yaml")).toThrow(/c.yaml/);
    expect(() => readCollector("exporters: { debug: {} }", "c.yaml")).toThrow(/no OTLP exporter/);
    expect(() => readCollector(yaml, "c.yaml", "nope")).toThrow(/no exporter "nope"/);
    const sized = yaml.replace("queue_size: 5000", "queue_size: 5000, sizer: items");
    expect(() => readCollector(sized, "c.yaml")).toThrow(/sized by items/);
    const off = readCollector(
      yaml.replace("num_consumers: 20", "num_consumers: 20, enabled: false"),
      "c",
    );
    expect(off.collector.queueSize).toBe(20);
  });
});

describe("one request over TCP", () => {
  it("costs a round trip per doubling of the window", () => {
    expect(roundTrips(1000, 10)).toBe(1);
    expect(roundTrips(10 * 1448, 10)).toBe(1);
    expect(roundTrips(10 * 1448 + 1, 10)).toBe(2);
    expect(roundTrips(30 * 1448, 10)).toBe(2);
    expect(roundTrips(205_000, 10)).toBe(4);
  });

  it("is slow at first, quick when the connection is busy, slow again after a pause", () => {
    const connection = new Connection(hop, () => 1);
    expect(connection.seconds(205_000, 0)).toBeCloseTo((2 + 4) * 0.08, 12);
    expect(connection.seconds(205_000, 0.5)).toBeCloseTo(0.08 * 2, 12);
    expect(connection.seconds(205_000, 0.7)).toBeCloseTo(0.08, 12);
    expect(connection.seconds(205_000, 5)).toBeCloseTo(0.08 * 4, 12);
  });
});

describe("limits", () => {
  it("name the resource that runs out first", () => {
    const [first] = limitsOf(plan);
    expect(first!.resource).toBe("one export at a time");
    expect(first!.spansPerSecond).toBeCloseTo(512 / fullExportSeconds(plan), 9);
    expect(limitsOf({ ...plan, cpu: 0.03 })[0]!.resource).toBe("CPU of the application");
    const narrow = { ...plan, sdkHop: { ...hop, bandwidth: 100_000 } };
    expect(limitsOf(narrow)[0]!.spansPerSecond).toBeLessThan(260);
  });

  it("the simulated knee is where the closed form says", () => {
    const knee = kneeOf(plan, 1);
    expect(knee / limitsOf(plan)[0]!.spansPerSecond).toBeGreaterThan(0.85);
    expect(knee / limitsOf(plan)[0]!.spansPerSecond).toBeLessThan(1.03);
    expect(estimateLoss({ ...plan, lambda: 1.2 * knee }, 2).share).toBeGreaterThan(0.05);
  });

  it("an outage without Collector loses spans soon, with one only when its queue is full", () => {
    const away = { ...plan, targets: { ...plan.targets, outage: 30 } };
    const direct = estimateOutage(away, 1);
    expect(direct.lost).toBeGreaterThan(0);
    // λ fills the room in less than a second after the exporter gets stuck.
    expect(direct.firstLoss).toBeLessThan(3);
    const collector = estimateOutage({ ...away, collector: defaultCollector }, 1);
    expect(collector.lost).toBe(0);
    expect(collector.firstLoss).toBeGreaterThan(100);
  });

  it("queue memory, event loop and shutdown", () => {
    const costs = costsOf({ ...plan, cpu: 0.02 });
    expect(costs.sdkBytes).toBe(2048 * 2500);
    expect(costs.loopDelay).toBeGreaterThan(0.09); // the batch uses up its CPU period
    expect(costsOf({ ...plan, sdk: { ...defaultSdk, concurrencyLimit: 1 } }).drain).toBeGreaterThan(
      3 * costsOf(plan).drain,
    );
  });
});

describe("recommendations", () => {
  it("hold at the load, and survive the outage with a Collector", () => {
    const wanted: CapacityPlan = {
      ...plan,
      lambda: 8000,
      collector: defaultCollector,
      sdkHop: { ...hop, rttSeconds: 0.001, tls: false },
      targets: { ...plan.targets, outage: 60 },
    };
    const advice = recommend(wanted, 1);
    expect(advice.kind).toBe("found");
    if (advice.kind !== "found") return;
    const { plan: better, knee } = advice.recommendation;
    expect(estimateLoss(better, 99).upper).toBeLessThanOrEqual(1e-4);
    expect(estimateOutage(better, 99).lost).toBe(0);
    expect(knee).toBeGreaterThan(wanted.lambda);
  });

  it("are not given where nothing is safe", () => {
    const direct = recommend({ ...plan, targets: { ...plan.targets, outage: 60 } }, 1);
    expect(direct.kind).toBe("none");
    expect(direct.kind === "none" && direct.reason).toMatch(/Collector/);
    const cpu = recommend({ ...plan, cpu: 0.02 }, 1);
    expect(cpu.kind === "none" && cpu.reason).toMatch(/CPU/);
    const far = recommend({ ...plan, lambda: 60_000 }, 1);
    expect(far.kind).toBe("none");
  });
});

describe("retries", () => {
  const storming: CapacityPlan = {
    ...plan,
    collector: {
      ...defaultCollector,
      retry: { ...defaultCollector.retry, initialMillis: 500, maxMillis: 1000 },
    },
    backendSeconds: 0.5,
    backendServers: 4,
    targets: { ...plan.targets, outage: 30 },
  };
  it("collapse a backend with an unlimited queue, and not one with a short one", () => {
    const storm = retryStorm(storming, 1)!;
    expect(storm.utilisation).toBeLessThan(1);
    expect(storm.certificate).toBeNull();
    expect(storm.recovered).toBeLessThan(0.5);
    const short = retryStorm({ ...storming, backendQueue: 20 }, 1)!;
    expect(short.certificate).toMatch(/within the timeout/);
    expect(short.recovered).toBeGreaterThan(0.9);
  });

  it("say nothing about a backend of which nothing is known", () => {
    expect(retryStorm(plan, 1)).toBeNull();
  });
});

describe("capacity claims", () => {
  const context: CheckContext = {
    seed: 42,
    signal: new AbortController().signal,
    budget: { timeMs: 60_000, maxStates: 1 },
    progress: () => {},
    options: {},
  };

  it("are violated by an overload, which replays, and never recommend what is unsafe", async () => {
    const subject = capacitySubject({ ...plan, lambda: 7000 });
    const obligations = engine.plan(subject);
    expect(obligations.map(({ property }) => property)).toEqual([
      "load",
      "shutdown",
      "recommendation",
    ]);
    const load = await engine.check(obligations[0]!, subject, context);
    expect(load.verdict).toBe("violated");
    expect(load.counterexample!.message).toMatch(/one export at a time runs out first/);
    const again = await engine.replay(obligations[0]!, subject, load.counterexample!, context);
    expect(again.kind).toBe("reproduced");
    const better = await engine.check(obligations[2]!, subject, context);
    expect(better.verdict).toBe("holds-bounded");
    expect(better.exhibits[0]).toMatchObject({ kind: "table", title: "Recommended configuration" });
  });

  it("are the same for the same seed", () => {
    expect(estimateLoss(plan, 7)).toEqual(estimateLoss(plan, 7));
  });
});
