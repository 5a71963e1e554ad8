/** One run from flags to exit code: progress, interruption, artifacts and reports included. */

import { dirname } from "node:path";

import type { EngineOptions, SubjectSource } from "../runner/protocol.ts";
import type { Selection } from "../runner/plan.ts";
import { run } from "../runner/run.ts";
import { prepareStore, saveRun } from "../runner/store.ts";
import { prepareFolder } from "../runner/write-file.ts";
import { interruptible } from "./interrupt.ts";
import { parseReporters, type RunFlags } from "./options.ts";
import { openProgress } from "./progress.ts";
import { writeReports } from "./write-reports.ts";

export interface Execution {
  readonly source: SubjectSource;
  readonly selection: Selection;
  readonly engineOptions: EngineOptions;
  /** Options that every repetition of a result needs, e.g. ` -c other.config.ts`. */
  readonly replaySuffix: string;
  /** The same for the results of one engine, by its name. */
  readonly replayOptions?: Readonly<Record<string, string>>;
  /** Whether results can be repeated by this command line only: there is no configuration. */
  readonly isAdHoc?: boolean;
}

export async function execute(execution: Execution, flags: RunFlags): Promise<number> {
  const reporters = parseReporters(flags);
  const known =
    flags.baseline === undefined
      ? undefined
      : (await import("../runner/baseline.ts")).loadBaseline(flags.baseline);
  prepareStore(flags.outDir);
  for (const { file } of reporters) if (file !== undefined) prepareFolder(dirname(file));
  const progress = await openProgress(flags);
  const { signal, release } = interruptible();
  try {
    const report = await run({
      source: execution.source,
      selection: execution.selection,
      engineOptions: execution.engineOptions,
      again: {
        program: program(),
        suffix: execution.replaySuffix,
        ...(execution.replayOptions === undefined ? {} : { perEngine: execution.replayOptions }),
        ...(execution.isAdHoc === true ? { rerun: thisCommandLine() } : {}),
      },
      seed: flags.seed,
      jobs: flags.jobs,
      maxTimeMs: flags.maxTime * 1000,
      maxStates: flags.maxStates,
      ...(flags.maxMemory === undefined ? {} : { maxMemoryMiB: flags.maxMemory }),
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

/** Under npm the command is not on the PATH of the shell that will repeat it. */
const program = (): string => (process.env["npm_command"] === undefined ? "verify" : "npx verify");

function thisCommandLine(): string {
  const quote = (word: string): string =>
    /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return [program(), ...process.argv.slice(2).map(quote)].join(" ");
}
