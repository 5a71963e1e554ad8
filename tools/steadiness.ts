/**
 * Does any verdict flip? Runs the same obligations again and again, first with one seed after the
 * other, then with every core kept busy, and compares the verdicts of all runs.
 *
 * `node tools/steadiness.ts [--seeds 50] [--jobs 3] [--busy 3] [--json FILE] [names...]`
 *
 * names: subjects or properties as in `verify run`; default: every implementation that is held against
 * a model or judged on the wire. The seeds try the scenarios whose judgements rest on time
 * (steadiness.config.ts), `--jobs` runs side by side, so these measure under load as well; the busy
 * runs play every scenario, one run at a time beside one endless loop per core.
 *
 * A verdict flips when two runs contradict each other, or when one is open for another reason than a
 * busy machine. That the machine was too busy is no flip; how often it was is printed. Exit code 1 when
 * a verdict flipped or a run gave no report.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { wasTooBusy } from "../core/outcome.ts";
import type { Report } from "../core/result.ts";
import type { Verdict } from "../core/verdict.ts";

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  options: {
    seeds: { type: "string", default: "50" },
    jobs: { type: "string", default: "3" },
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
  readonly verdict: Verdict;
  readonly reason: string;
}

const seen = new Map<string, Seen[]>();
const folder = mkdtempSync(join(tmpdir(), "verify-steadiness-"));
let failed = 0;
let tried = 0;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

function one(run: string, seed: number, config: string): Promise<void> {
  const out = join(folder, run.replaceAll(" ", "-"));
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      "--conditions=verify-workbench-source",
      join(root, "cli/main.ts"),
      "run",
      ...positionals,
      `--config=${join(root, config)}`,
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
        const open = results.filter(wasTooBusy).length;
        console.log(
          `${run}: ${results.length} verdicts in ${took}, load ${loadavg()[0]!.toFixed(1)}` +
            (open === 0 ? "" : `, ${open} open because the machine was too busy`),
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
    while (next <= seeds && !stop.signal.aborted) {
      const seed = next++;
      tried += 1;
      await one(`seed ${seed}`, seed, "tools/steadiness.config.ts");
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function underLoad(): Promise<void> {
  const loops: ChildProcess[] = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  try {
    for (let run = 1; run <= busy && !stop.signal.aborted; run++)
      await one(`busy ${run}`, 42, "verify.config.ts");
  } finally {
    for (const loop of loops) loop.kill("SIGKILL");
  }
}

const started = performance.now();
await trySeeds();
const seedsMinutes = (performance.now() - started) / 60_000;
if (busy > 0 && !stop.signal.aborted) await underLoad();

const all = [...seen.values()].flat();
const left = all.filter(wasTooBusy).length;
const flips = [...seen].flatMap(([id, list]) => {
  const counts = Map.groupBy(list, ({ verdict }) => verdict);
  const decided = new Set(
    list.filter((result) => !wasTooBusy(result)).map(({ verdict }) => verdict),
  );
  return counts.size === 1 ? [] : [{ id, counts, isFlip: decided.size > 1 }];
});
for (const { id, counts, isFlip } of flips) {
  console.log(`\n${isFlip ? "FLIPS" : "sometimes open"} ${id}`);
  for (const [verdict, list] of counts) {
    const runs = list.map(({ run }) => run).join(", ");
    console.log(`  ${verdict} ${list.length}×: ${runs}`);
    for (const why of new Set(list.map(({ reason }) => reason))) console.log(`    ${why}`);
  }
}
const flipped = flips.filter(({ isFlip }) => isFlip).length;
console.log(
  `\n${tried} seeds in ${seedsMinutes.toFixed(1)} minutes and ${busy} runs under load: ` +
    `${seen.size} obligations, ${all.length} verdicts, ${flipped} flipped, ` +
    `${left} open because the machine was too busy, ${failed} runs without a report`,
);
if (values.json !== undefined) {
  writeFileSync(values.json, JSON.stringify(Object.fromEntries(seen), null, 2));
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = flipped > 0 || failed > 0 ? 1 : 0;
