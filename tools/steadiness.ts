/**
 * Does any verdict flip? Runs the same obligations again and again, first with one seed after the
 * other, then with every core kept busy, and compares the verdicts of all runs.
 *
 * `node tools/steadiness.ts [--seeds 50] [--jobs 4] [--busy 3] [--json FILE] [names...]`
 *
 * names: subjects or properties as in `verify run`; default: every implementation that is held against
 * a model or judged on the wire. `--jobs` runs are side by side while the seeds are tried, so these
 * measure under load as well; the busy ones run one at a time beside one endless loop per core.
 * Exit code 1 when a verdict flipped or a run gave no report.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { Report } from "../core/result.ts";

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  options: {
    seeds: { type: "string", default: "50" },
    jobs: { type: "string", default: "4" },
    busy: { type: "string", default: "3" },
    json: { type: "string" },
  },
  allowPositionals: true,
});
const [seeds, jobs, busy] = [values.seeds, values.jobs, values.busy].map(Number) as [
  number,
  number,
  number,
];

interface Seen {
  readonly run: string;
  readonly verdict: string;
  readonly reason: string;
}

const seen = new Map<string, Seen[]>();
const folder = mkdtempSync(join(tmpdir(), "verify-steadiness-"));
let failed = 0;

function one(run: string, seed: number): Promise<void> {
  const out = join(folder, run.replaceAll(" ", "-"));
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      "--conditions=verify-workbench-source",
      join(root, "cli/main.ts"),
      "run",
      ...positionals,
      "--engine=conform",
      "--quiet",
      "--max-time=300",
      `--seed=${seed}`,
      `--out-dir=${out}`,
      `--reporter=json=${out}.json`,
    ],
    { cwd: root, stdio: "ignore" },
  );
  return new Promise((resolve) => {
    child.once("exit", () => {
      const took = `${((performance.now() - started) / 1000).toFixed(0)} s`;
      try {
        const { results } = JSON.parse(readFileSync(`${out}.json`, "utf8")) as Report;
        for (const { id, verdict, reason } of results) {
          const list = seen.get(id) ?? [];
          list.push({ run, verdict, reason });
          seen.set(id, list);
        }
        console.log(
          `${run}: ${results.length} verdicts in ${took}, load ${loadavg()[0]!.toFixed(1)}`,
        );
      } catch (error) {
        failed += 1;
        console.log(`${run}: no report after ${took}: ${String(error)}`);
      }
      resolve();
    });
  });
}

async function trySeeds(): Promise<void> {
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= seeds) {
      const seed = next++;
      await one(`seed ${seed}`, seed);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function underLoad(): Promise<void> {
  const loops: ChildProcess[] = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  try {
    for (let run = 1; run <= busy; run++) await one(`busy ${run}`, 42);
  } finally {
    for (const loop of loops) loop.kill("SIGKILL");
  }
}

const started = performance.now();
await trySeeds();
const seedsMinutes = (performance.now() - started) / 60_000;
if (busy > 0) await underLoad();

const flips = [...seen].flatMap(([id, list]) => {
  const counts = Map.groupBy(list, ({ verdict }) => verdict);
  return counts.size === 1 ? [] : [{ id, counts }];
});
for (const { id, counts } of flips) {
  console.log(`\nFLIPS ${id}`);
  for (const [verdict, list] of counts) {
    const runs = list.map(({ run }) => run).join(", ");
    console.log(`  ${verdict} ${list.length}×: ${runs}`);
    for (const why of new Set(list.map(({ reason }) => reason))) console.log(`    ${why}`);
  }
}
console.log(
  `\n${seeds} seeds in ${seedsMinutes.toFixed(1)} minutes and ${busy} runs under load: ` +
    `${seen.size} obligations, ${flips.length} flipped, ${failed} runs without a report`,
);
if (values.json !== undefined) {
  writeFileSync(values.json, JSON.stringify(Object.fromEntries(seen), null, 2));
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = flips.length > 0 || failed > 0 ? 1 : 0;
