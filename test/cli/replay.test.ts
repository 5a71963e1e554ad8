/** Replays of every engine that finds counterexamples: still fails, fixed, no longer feasible. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { fixture, verify } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "verify-replay-"));

beforeAll(async () => {
  const run = await verify(["run", "-c", fixture("engines-broken.config.ts"), "--out-dir", folder]);
  expect(run.stdout).toMatch(/4 results: ✗ 4 violated/);
  expect(run.code).toBe(1);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ["explore", "tank/overflow"],
  ["conform", "lamp/conforms@switch"],
  ["prove", "numbers/positive"],
  ["sim", "queue/wait"],
])("%s", (engine, id) => {
  test.each([
    ["broken", /^still fails/, 1],
    ["repaired", /^fixed[^]*checked again/, 0],
    ["renamed", /^no longer feasible/, 3],
  ])(
    "on the %s subject",
    async (variant, says, exitCode) => {
      const { code, stdout, stderr } = await verify([
        "replay",
        id,
        "--engine",
        engine,
        "-c",
        fixture(`engines-${variant}.config.ts`),
        "--out-dir",
        folder,
      ]);
      expect(stdout || stderr).toMatch(says);
      expect(code).toBe(exitCode);
    },
    120_000,
  );
});
