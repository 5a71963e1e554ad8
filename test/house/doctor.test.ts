import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { formatDoctor, runDoctor, summarize, type DoctorCheck } from "../../cli/doctor.ts";

const check = (changes: Partial<DoctorCheck>): DoctorCheck => ({
  name: "thing",
  state: "available",
  required: false,
  usedFor: "something",
  evidence: ["seen"],
  help: "",
  ...changes,
});

describe("doctor", () => {
  const savedPath = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = savedPath;
  });

  it("finds what is required on this machine, with evidence for every line", async () => {
    const report = await runDoctor();
    for (const one of report.checks.filter(({ required }) => required)) {
      expect(one).toMatchObject({ state: "available" });
    }
    expect(report.exitCode).toBe(0);
    for (const { evidence, usedFor } of report.checks) {
      expect(evidence.length).toBeGreaterThan(0);
      expect(usedFor).not.toBe("");
    }
    expect(report.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["node", "cores", "z3", "bpftrace", "v8", "redis-server", "chromium"]),
    );
  });

  it("calls programs unavailable when the PATH is empty, says how to get them, and exits 0", async () => {
    const empty = mkdtempSync(path.join(tmpdir(), "verify-empty-"));
    try {
      process.env["PATH"] = empty;
      const report = await runDoctor();
      for (const name of ["bpftrace", "redis-server", "chromium", "go", "java"]) {
        const found = report.checks.find((one) => one.name === name);
        expect(found, name).toMatchObject({ state: "unavailable" });
        expect(found?.help, name).not.toBe("");
      }
      expect(report.exitCode).toBe(0);
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  it("exits 4 when something required is unavailable, and names it", () => {
    const report = summarize([
      check({}),
      check({ name: "solver", required: true, state: "unavailable", help: "install it" }),
    ]);
    expect(report.exitCode).toBe(4);
    const text = formatDoctor(report);
    expect(text).toContain("Required and unavailable: solver.");
    expect(text).toContain("help: install it");
  });

  it("does not exit 4 for what is optional or merely degraded", () => {
    expect(
      summarize([
        check({ state: "unavailable" }),
        check({ name: "solver", required: true, state: "degraded" }),
      ]).exitCode,
    ).toBe(0);
  });
});
