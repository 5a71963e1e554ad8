/** One run from flags to exit code: progress, interruption, artifacts and reports included. */

import type { EngineOptions, SubjectSource } from "../runner/protocol.ts";
import type { Selection } from "../runner/plan.ts";
import { run } from "../runner/run.ts";
import { saveRun } from "../runner/store.ts";
import { interruptible } from "./interrupt.ts";
import { parseReporters, type RunFlags } from "./options.ts";
import { openProgress } from "./progress.ts";
import { writeReports } from "./write-reports.ts";

export interface Execution {
  readonly source: SubjectSource;
  readonly selection: Selection;
  readonly engineOptions: EngineOptions;
  /** Text after `verify replay ID` that replays need. */
  readonly replaySuffix: string;
}

export async function execute(execution: Execution, flags: RunFlags): Promise<number> {
  const reporters = parseReporters(flags);
  const known =
    flags.baseline === undefined
      ? undefined
      : (await import("../runner/baseline.ts")).loadBaseline(flags.baseline);
  const progress = await openProgress(flags);
  const { signal, release } = interruptible();
  try {
    const report = await run({
      ...execution,
      seed: flags.seed,
      jobs: flags.jobs,
      maxTimeMs: flags.maxTime * 1000,
      maxStates: flags.maxStates,
      bail: flags.bail,
      ...(flags.failOn === undefined ? {} : { failOn: flags.failOn }),
      ...(known === undefined ? {} : { known }),
      command: ["verify", ...process.argv.slice(2)],
      signal,
      onEvent: progress.onEvent,
    });
    progress.close();
    saveRun(flags.outDir, report, execution.source);
    await writeReports(report, reporters, flags);
    return report.exitCode;
  } finally {
    progress.close();
    release();
  }
}
