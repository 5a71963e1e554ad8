import { describe, expect, test } from "vitest";

import { fileURLToPath } from "node:url";

import { otelExporterQueue } from "../../adapters/otel-exporter-queue.ts";
import type { MeasuredSystem, OperatingPoint } from "../../core/subject.ts";
import { faultsOf } from "../../sim/profile/account-check.ts";
import { detectProfiler } from "../../sim/profile/detect.ts";
import { partNames, residualOf, type PartName } from "../../sim/profile/export-account.ts";
import { takeAccount, type AccountRun } from "../../sim/profile/take-account.ts";
import { crowd, limit } from "./fixtures/disturb.ts";

const blocking: MeasuredSystem = {
  ...otelExporterQueue,
  program: fileURLToPath(new URL("./fixtures/blocking-load.ts", import.meta.url)),
};
const point: OperatingPoint = {
  name: "one at a time",
  arrivalRate: 300,
  service: { law: "deterministic", mean: 0.004 },
  servers: 1,
  duration: 2.5,
};
const slow: OperatingPoint = { ...point, service: { law: "deterministic", mean: 0.02 } };
const { signal } = new AbortController();

/** Attaches a disturbance to the process; null where this machine cannot disturb like that. */
type Disturb = (pid: number) => (() => void) | null;

async function measure(
  system: MeasuredSystem,
  where: OperatingPoint,
  disturb: Disturb = () => () => {},
): Promise<AccountRun | null> {
  let undo: (() => void) | null = null;
  try {
    const run = await takeAccount(system, where, {
      seed: 5,
      signal,
      onSpawn(pid) {
        undo = disturb(pid);
      },
    });
    return undo === null ? null : run;
  } finally {
    (undo as (() => void) | null)?.();
  }
}

describe("a run that is disturbed on purpose", () => {
  test("adds up all the same, and its account names the cause", async (context) => {
    const status = await detectProfiler("bpftrace");
    if (status.state !== "available") return context.skip(`bpftrace: ${status.reason}`);
    const calibration = (await measure(otelExporterQueue, point))!;
    expect(faultsOf(calibration)).toEqual([]);
    const causes: [PartName, MeasuredSystem, OperatingPoint, Disturb?][] = [
      ["run-queue delay", otelExporterQueue, point, (pid) => crowd(pid, 2)],
      ["CPU quota (throttled)", otelExporterQueue, point, (pid) => limit(pid, 10_000, 200_000)],
      ["event-loop delay", blocking, point],
      ["network and backend", otelExporterQueue, slow],
    ];
    for (const [cause, system, where, disturb] of causes) {
      const run = await measure(system, where, disturb);
      if (run === null) continue; // no taskset, or no control group to be made
      // A process that hardly runs completes little: its few operations must add up all the same.
      const faults = faultsOf(run).filter((fault) => !/only \d+ operations/.test(fault));
      expect(faults, cause).toEqual([]);
      expect(run.account.operations, cause).toBeGreaterThan(2);
      const { account } = run;
      // The model knows the nominal backend: a slower one is a residual.
      const shift = point.service.mean - calibration.drawn;
      const residual = residualOf(account, calibration.account.parts, shift);
      expect(residual.seconds, cause).toBeGreaterThan(0);
      // Others on this machine add run-queue delay to everything; VERIFY_QUIET=1 says there are none.
      const ignored = process.env["VERIFY_QUIET"] === "1" ? null : "run-queue delay";
      const largest = partNames
        .filter((name) => name === cause || name !== ignored)
        .toSorted((a, b) => residual.parts[b] - residual.parts[a])[0];
      expect(largest, JSON.stringify(residual)).toBe(cause);
      if (ignored === null) expect(residual.largest).toBe(cause);
    }
  }, 180_000);
});
