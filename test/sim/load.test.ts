import { describe, expect, it } from "vitest";

import { otelExporterQueue } from "../../adapters/otel-exporter-queue.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import type { OperatingPoint } from "../../core/subject.ts";
import { poissonSchedule } from "../../sim/load/arrivals.ts";
import { cleanEnvironment } from "../../sim/load/child.ts";
import { runLoad } from "../../sim/load/run.ts";

const point: OperatingPoint = {
  name: "over capacity",
  arrivalRate: 300,
  service: { law: "exponential", mean: 0.02 },
  servers: 4,
  duration: 1.2,
};

describe("the arrival schedule", () => {
  it("is ordered, inside the duration and the same for the same seed", () => {
    const times = poissonSchedule(500, 2, 42);
    expect(times).toEqual(poissonSchedule(500, 2, 42));
    expect(times).not.toEqual(poissonSchedule(500, 2, 43));
    expect(times.every((time, index) => index === 0 || time > times[index - 1]!)).toBe(true);
    expect(times.at(-1)).toBeLessThan(2);
  });

  it("has about rate times duration arrivals with exponential gaps", () => {
    const times = poissonSchedule(1000, 100, 7);
    expect(Math.abs(times.length - 100_000)).toBeLessThan(5 * Math.sqrt(100_000));
    const gaps = times.map((time, index) => time - (times[index - 1] ?? 0));
    const longer = gaps.filter((gap) => gap > 0.001).length / gaps.length;
    expect(longer).toBeCloseTo(Math.exp(-1), 2);
  });

  it("refuses an impossible load", () => {
    expect(() => poissonSchedule(0, 1, 1)).toThrow(DiagnosticError);
    expect(() => poissonSchedule(1e9, 10, 1)).toThrow(DiagnosticError);
  });
});

describe("the environment of a loaded process", () => {
  it("has no telemetry settings, proxies, Node options or secrets", () => {
    const clean = cleanEnvironment({
      PATH: "/bin",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=secret",
      HTTPS_PROXY: "http://proxy",
      http_proxy: "http://proxy",
      NODE_OPTIONS: "--inspect",
      TOKEN: "secret",
    });
    expect(clean).toEqual({ PATH: "/bin" });
  });
});

describe("a measured run of the real exporter", () => {
  it("accounts for every arrival and rejects some beyond its limit", async () => {
    const pids: number[] = [];
    const result = await runLoad(otelExporterQueue, point, {
      seed: 5,
      onSpawn: (pid) => void pids.push(pid),
    });
    expect(pids).toHaveLength(1);
    expect(result.offered).toBe(poissonSchedule(300, 1.2, 5).length);
    expect(result.offered).toBe(result.accepted + result.rejected);
    expect(result.completed).toBeLessThanOrEqual(result.accepted);
    expect(result.rejected).toBeGreaterThan(0);
    expect(result.delivered).toBe(result.completed); // what the backend counted
    expect(result.failures).toEqual({});
    expect(result.cpu.user + result.cpu.system).toBeGreaterThan(0);
    expect(() => process.kill(pids[0]!, 0)).toThrow(); // nothing is left behind
  });

  it("never has more exports under way than the exporter's limit", async () => {
    const result = await runLoad(otelExporterQueue, point, { seed: 6, pacing: "spin" });
    const changes = result.record.outcomes.flatMap((outcome, index) =>
      outcome === "completed"
        ? [
            { time: result.record.sent[index]!, change: 1 },
            { time: result.record.finished[index]!, change: -1 },
          ]
        : [],
    );
    changes.sort((a, b) => a.time - b.time || a.change - b.change);
    let busy = 0;
    let most = 0;
    for (const { change } of changes) most = Math.max(most, (busy += change));
    expect(most).toBe(point.servers);
  });

  it("names the program when it does not speak the protocol", async () => {
    const broken = { name: "broken", version: "0", program: import.meta.filename };
    await expect(runLoad(broken, point, { seed: 1 })).rejects.toMatchObject({ code: "VRF402" });
  });

  it("ends both processes when it is interrupted", async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const run = runLoad(otelExporterQueue, point, {
      seed: 1,
      signal: controller.signal,
      onSpawn: (pid) => {
        pids.push(pid);
        controller.abort();
      },
    });
    await expect(run).rejects.toThrow(/interrupted/);
    expect(() => process.kill(pids[0]!, 0)).toThrow();
  });
});
