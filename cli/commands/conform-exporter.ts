/** `verify conform otlp-exporter`: any process that exports OTLP, without a configuration file. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";

import type { ProcessSubject } from "../../core/subject.ts";
import { run, runDefaults } from "../../runner/run.ts";
import { saveRun } from "../../runner/store.ts";
import { interruptible } from "../interrupt.ts";
import { parseReporters, type RunFlags } from "../options.ts";
import { openProgress } from "../progress.ts";
import { splitCommand } from "../split-command.ts";
import { writeReports } from "../write-reports.ts";

export interface ExporterFlags extends Omit<RunFlags, "reporter" | "profile"> {
  readonly command: string;
  readonly ready?: string;
  readonly drive?: string;
  readonly cwd?: string;
  readonly name: string;
  readonly reporter?: readonly string[];
}

export async function conformExporterCommand(flags: ExporterFlags): Promise<number> {
  const reporters = parseReporters(flags);
  const subject: ProcessSubject = {
    kind: "process",
    id: "otlp-exporter",
    title: `OTLP exporter: ${flags.name}`,
    role: "otlp-exporter",
    command: splitCommand(flags.command),
    ...(flags.cwd === undefined ? {} : { cwd: resolve(flags.cwd) }),
    ...(flags.ready === undefined ? {} : { ready: flags.ready }),
    ...(flags.drive === undefined ? {} : { drive: flags.drive }),
    implementation: { name: flags.name, version: "as given" },
  };
  const progress = await openProgress(flags);
  const { signal, release } = interruptible();
  try {
    const report = await run({
      source: { kind: "data", subjects: [subject] },
      selection: { engines: ["conform"] },
      seed: flags.seed,
      jobs: Math.min(2, availableParallelism()),
      maxTimeMs: 180_000,
      maxStates: runDefaults.maxStates,
      bail: 0,
      engineOptions: { outDir: flags.outDir },
      command: ["verify", ...process.argv.slice(2)],
      replaySuffix: "",
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
