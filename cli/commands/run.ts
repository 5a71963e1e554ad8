/** `verify run` and the single-engine commands. */

import { relative } from "node:path";

import { findConfig } from "../../runner/load-config.ts";
import { parseEngines, type Selection } from "../../runner/plan.ts";
import { run } from "../../runner/run.ts";
import { saveRun } from "../../runner/store.ts";
import { interruptible } from "../interrupt.ts";
import { parseReporters, type RunFlags } from "../options.ts";
import { openProgress } from "../progress.ts";
import { writeReports } from "../write-reports.ts";

export async function runCommand(names: readonly string[], flags: RunFlags): Promise<number> {
  const reporters = parseReporters(flags);
  const path = findConfig(flags.config, process.cwd());
  const selection: Selection = {
    only: names,
    ...(flags.grep === undefined ? {} : { grep: flags.grep }),
    ...(flags.engine === undefined ? {} : { engines: parseEngines(flags.engine) }),
    ...(flags.shard === undefined ? {} : { shard: flags.shard }),
  };
  const known =
    flags.baseline === undefined
      ? undefined
      : (await import("../../runner/baseline.ts")).loadBaseline(flags.baseline);
  const progress = await openProgress(flags);
  const { signal, release } = interruptible();
  try {
    const report = await run({
      source: { kind: "config", path },
      selection,
      seed: flags.seed,
      jobs: flags.jobs,
      maxTimeMs: flags.maxTime * 1000,
      maxStates: flags.maxStates,
      bail: flags.bail,
      ...(flags.failOn === undefined ? {} : { failOn: flags.failOn }),
      ...(known === undefined ? {} : { known }),
      engineOptions: { profile: flags.profile, outDir: flags.outDir },
      command: ["verify", ...process.argv.slice(2)],
      replaySuffix: flags.config === undefined ? "" : ` -c ${relative(process.cwd(), path)}`,
      signal,
      onEvent: progress.onEvent,
    });
    progress.close();
    saveRun(flags.outDir, report);
    await writeReports(report, reporters, flags);
    return report.exitCode;
  } finally {
    progress.close();
    release();
  }
}
