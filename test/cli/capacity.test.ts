/** `verify capacity` as a user runs it, without a configuration file. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { Report } from "../../core/result.ts";
import { inTempFolder, verify } from "./run-cli.ts";

const direct = ["capacity", "--direct", "--rtt", "80ms", "--max-loss", "0.1%", "--jobs", "1"];

test("an overload exits 1, says what runs out and recommends settings that carry it", () =>
  inTempFolder(async (folder) => {
    const { code, stdout } = await verify(
      [...direct, "--lambda", "2 * 1500", "--json", "--out-dir", folder],
      {
        env: {
          OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "128",
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=hunter2",
        },
      },
    );
    expect(code).toBe(1);
    expect(stdout).not.toContain("hunter2");
    const report = JSON.parse(stdout) as Report;
    const verdicts = Object.fromEntries(report.results.map((one) => [one.property, one.verdict]));
    expect(verdicts).toMatchObject({ load: "violated", recommendation: "holds-bounded" });
    const load = report.results.find(({ property }) => property === "load")!;
    expect(load.evidence).toMatch(/one export at a time runs out first/);
    const table = report.results
      .find(({ property }) => property === "recommendation")!
      .exhibits.find((exhibit) => exhibit.kind === "table")!;
    expect(table.rows).toContainEqual([
      "maxExportBatchSize",
      128,
      512,
      "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    ]);

    // The counterexample is simulated again, without any configuration.
    const again = await verify(["replay", "telemetry-path/load", "--out-dir", folder]);
    expect(again.stdout).toMatch(/^still fails/);
  }));

test("bad input is refused with the option and exit code 2", () =>
  inTempFolder(async (folder) => {
    for (const [args, message] of [
      [["capacity"], /--lambda/],
      [["capacity", "--lambda", "-5"], /--lambda: "-5"/],
      [["capacity", "--lambda", "NaN"], /--lambda/],
      [["capacity", "--lambda", "10", "--rtt", "fast"], /--rtt/],
      [["capacity", "--lambda", "10", "--backend-scv", "NaN"], /--backend-scv: "NaN"/],
      [["capacity", "--lambda", "10", "--max-loss", "0"], /no simulation can show a loss of zero/],
      [["capacity", "--lambda", "10", "--collector", join(folder, "none.yaml")], /none.yaml/],
    ] as const) {
      const { code, stderr } = await verify([...args, "--out-dir", folder]);
      expect(code, args.join(" ")).toBe(2);
      expect(stderr).toMatch(message);
    }
    const empty = join(folder, "empty.jsonl");
    writeFileSync(empty, "");
    const { code, stderr } = await verify(["capacity", "--telemetry", empty, "--out-dir", folder]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/says nothing about spans/);
  }));
