/** Calibration from samples, traces of arrivals and recorded self-telemetry. */

import { describe, expect, it } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { makeRandom } from "../../core/random.ts";
import type { Distribution } from "../../core/subject.ts";
import { burstinessOf, fitLaw } from "../../sim/calibrate/fit-law.ts";
import { readSelfTelemetry } from "../../sim/calibrate/telemetry.ts";
import { makeSampler } from "../../sim/queue/distributions.ts";

function sampleOf(law: Distribution, count = 2000): number[] {
  const draw = makeSampler(law, makeRandom(9));
  return Array.from({ length: count }, () => draw());
}

describe("the law of a sample", () => {
  it.each([
    { law: "exponential", mean: 0.1 },
    { law: "erlang", mean: 0.1, phases: 5 },
    { law: "hyperexponential", mean: 0.1, scv: 6 },
    { law: "lognormal", mean: 0.1, scv: 2 },
    { law: "deterministic", mean: 0.1 },
  ] as const)("$law is recognised", (law) => {
    const choice = fitLaw(sampleOf(law));
    expect(choice.chosen.law).toBe(law.law);
    expect(choice.mean).toBeCloseTo(0.1, 1);
  });

  it("a mixture that is none of them stays as it is", () => {
    const sample = [
      ...sampleOf({ law: "deterministic", mean: 0.1 }, 500),
      ...sampleOf({ law: "exponential", mean: 3 }, 500),
    ];
    expect(fitLaw(sample).chosen.law).toBe("empirical");
  });

  it("needs something to look at", () => {
    expect(() => fitLaw([1, 2])).toThrow(DiagnosticError);
  });
});

describe("arrivals", () => {
  const timesOf = (gaps: readonly number[]): number[] => {
    let time = 0;
    return gaps.map((gap) => (time += gap));
  };
  it("Poisson, periodic and in bursts are told apart", () => {
    const poisson = burstinessOf(timesOf(sampleOf({ law: "exponential", mean: 0.01 })));
    expect(poisson.scv).toBeCloseTo(1, 0);
    expect(poisson.poisson.p).toBeGreaterThan(1e-3);
    expect(poisson.dispersion).toBeGreaterThan(0.6);
    expect(poisson.dispersion).toBeLessThan(1.5);
    const periodic = burstinessOf(timesOf(Array.from({ length: 500 }, () => 0.01)));
    expect(periodic.scv).toBeCloseTo(0, 6);
    const bursts = burstinessOf(
      timesOf(sampleOf({ law: "exponential", mean: 0.1 }).flatMap((gap) => [gap, 0, 0, 0, 0])),
    );
    expect(bursts.scv).toBeGreaterThan(4);
    expect(bursts.dispersion).toBeGreaterThan(3);
    expect(bursts.poisson.p).toBeLessThan(1e-6);
  });
  it("a trace that goes back is refused", () => {
    const times = Array.from({ length: 30 }, (_, index) => index);
    times[10] = 0;
    expect(() => burstinessOf(times)).toThrow(DiagnosticError);
  });
});

describe("recorded self-telemetry", () => {
  const request = (metrics: readonly object[]): string =>
    JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const sum = (name: string, value: string, seconds: number, error?: string): object => ({
    name,
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [
        {
          startTimeUnixNano: "0",
          timeUnixNano: String(seconds * 1e9),
          asInt: value,
          attributes:
            error === undefined ? [] : [{ key: "error.type", value: { stringValue: error } }],
        },
      ],
    },
  });
  const name = "otel.sdk.processor.span.processed";
  const histogram = {
    name: "otel.sdk.exporter.operation.duration",
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          timeUnixNano: "110000000000",
          count: "10",
          sum: 1,
          bucketCounts: ["0", "10", "0"],
          explicitBounds: [0.08, 0.12],
        },
      ],
    },
  };
  const text = [
    request([sum(name, "1000", 100), sum(name, "100", 100, "queue_full")]),
    request([
      sum(name, "9000", 110),
      sum(name, "2100", 110, "queue_full"),
      histogram,
      {
        name: "otel.sdk.processor.span.queue.capacity",
        sum: { dataPoints: [{ timeUnixNano: "110000000000", asInt: "2048" }] },
      },
      {
        name: "otel.sdk.processor.span.queue.size",
        gauge: { dataPoints: [{ timeUnixNano: "110000000000", asInt: "1900" }] },
      },
    ]),
  ].join("\n");

  it("gives rate, loss, export time and queue", () => {
    const found = readSelfTelemetry(text, "self.jsonl");
    expect(found.seconds).toBe(10);
    expect(found.arrivalRate).toBe(1000);
    expect(found.dropped).toBe(0.2);
    expect(found.exports).toMatchObject({ count: 10, mean: 0.1, size: 800 });
    expect(found.exports!.scv).toBeLessThan(0.02);
    expect(found.queueCapacity).toBe(2048);
    expect(found.queueSize).toEqual({ mean: 1900, max: 1900 });
  });

  it("a counter that starts again is not taken for a negative rate", () => {
    const reset = [request([sum(name, "5000", 100)]), request([sum(name, "700", 110)])].join("\n");
    expect(readSelfTelemetry(reset, "self.jsonl").arrivalRate).toBe(70);
  });

  it.each(["", "{", request([]), request([sum(name, "-5", 1), sum(name, "NaN", 2)])])(
    "refuses %#",
    (bad) => {
      expect(() => readSelfTelemetry(bad, "self.jsonl")).toThrow(DiagnosticError);
    },
  );
});
