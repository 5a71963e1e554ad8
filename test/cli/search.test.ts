/**
 * Searches as a user starts them: subjects declared with the public API, run by the command line, read
 * from the report. The counts are those that other checkers and published sources give.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { Report } from "../../core/result.ts";
import { fixture, inTempFolder, verify, type CliOptions } from "./run-cli.ts";

async function check(
  names: readonly string[],
  flags: readonly string[] = [],
  options: CliOptions = {},
): Promise<{ code: number | null; report: Report }> {
  return inTempFolder(async (folder) => {
    const config = ["-c", fixture("counted.config.ts"), "--out-dir", folder];
    const { code } = await verify(["check", ...names, ...config, ...flags], options);
    const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
    return { code, report };
  });
}

const known = [
  // Stateright and TLC; what they call generated counts the initial state too
  ["commit-3/consistent", "proved", 288, 1_146 - 1],
  ["commit-5/consistent", "proved", 8_832, 58_146 - 1],
  // 102,571 states in XState's own graph as well
  ["philosophers/apart", "proved", 102_571, 714_868],
  ["philosophers/one-eats", "violated", 102_571, 714_868],
  ["grid/inside", "proved", 120 ** 2, 4 * 120 * 119],
];

test.each([1, 2])("known numbers of states and steps, %d threads", async (threads) => {
  const names = ["commit-3", "commit-5", "philosophers", "grid"];
  const { report } = await check(names, ["--threads", String(threads)]);
  expect(
    report.results.map(({ id, verdict, stats }) => [
      id,
      verdict,
      stats["states"],
      stats["transitions"],
    ]),
  ).toEqual(known);
  for (const { stats } of report.results) {
    expect(stats["threads"]).toBe(threads === 1 ? undefined : threads);
  }
});

test("a limit on memory is inconclusive and says what was covered", async () => {
  const flags = ["--max-memory", "1", "--no-reduce", "--max-states", "5000000"];
  const { code, report } = await check(["endless"], flags);
  const [result] = report.results;
  expect(result?.verdict).toBe("inconclusive");
  expect(result?.reason).toMatch(/limit of 1 MiB for states reached.*nothing was found so far/u);
  expect(result?.stats["states"]).toBeGreaterThan(10_000);
  expect(code).toBe(3);
  // What repeats the result searches in the same way and ends in the same place.
  expect(result?.replay).toContain(
    "run endless/inside --engine explore --seed 42 --no-reduce --max-states 5000000 --max-memory 1 -c",
  );
});

test("an interrupted search keeps what it has covered", async () => {
  const { code, report } = await check(
    ["commit-3", "endless"],
    ["--jobs", "1", "--max-time", "600", "--max-states", "1000000000"],
    {
      onStderr: (text, kill) => {
        if (text.includes("[1/2]")) setTimeout(() => kill("SIGINT"), 2_000);
      },
    },
  );
  expect(code).toBe(130);
  expect(report.interrupted).toBe(true);
  const [first, second] = report.results;
  expect(first?.verdict).toBe("proved");
  expect(second?.verdict).toMatch(/^(?:inconclusive|skipped)$/u);
  expect(second?.reason).toContain("interrupt");
  if (second?.verdict === "inconclusive") expect(second.stats["states"]).toBeGreaterThan(0);
});
