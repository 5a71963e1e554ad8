/** `verify export`: a state space or a run in the language of another tool. */

import { ExitCode } from "../../core/diagnostic.ts";
import type { ExportFormat } from "../../core/engine.ts";
import { exportText } from "../../runner/export.ts";
import { findConfig } from "../../runner/load-config.ts";
import { writeText } from "../../runner/write-file.ts";
import { interruptible } from "../interrupt.ts";

export interface ExportFlags {
  readonly config?: string;
  readonly format: ExportFormat;
  readonly chart?: boolean;
  readonly output?: string;
  readonly maxStates: number;
  readonly maxTime: number;
}

export async function exportCommand(name: string, flags: ExportFlags): Promise<number> {
  const { signal, release } = interruptible();
  try {
    const text = await exportText({
      source: { kind: "config", path: findConfig(flags.config, process.cwd()) },
      name,
      format: flags.format,
      chart: flags.chart === true,
      budget: { maxStates: flags.maxStates, timeMs: flags.maxTime * 1000 },
      signal,
      progress: (message) => process.stderr.write(`${message}\n`),
    });
    if (flags.output === undefined) process.stdout.write(text);
    else writeText(flags.output, text);
    return ExitCode.ok;
  } finally {
    release();
  }
}
