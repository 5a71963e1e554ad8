/** Writes a report in every requested form. */

import type { Report } from "../core/result.ts";
import { writeText } from "../runner/write-file.ts";
import { useColor, type ReporterTarget } from "./options.ts";

export interface WriteFlags {
  readonly color: "auto" | "always" | "never";
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export async function writeReports(
  report: Report,
  targets: readonly ReporterTarget[],
  flags: WriteFlags,
): Promise<void> {
  const { renderReport } = await import("../reports/index.ts");
  for (const { name, file } of targets) {
    const text = await renderReport(name, report, {
      color: file === undefined && useColor(flags.color, process.stdout),
      quiet: flags.quiet === true,
      verbose: flags.verbose === true,
    });
    if (file === undefined) process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    else writeText(file, text);
  }
}
