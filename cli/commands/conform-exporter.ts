/** `verify conform otlp-exporter`: any process that exports OTLP, without a configuration file. */

import { resolve } from "node:path";

import { splitCommand } from "../../core/command-line.ts";
import type { ProcessSubject } from "../../core/subject.ts";
import { execute } from "../execute.ts";
import type { RunFlags } from "../options.ts";

export interface ExporterFlags extends RunFlags {
  readonly command: string;
  readonly ready?: string;
  readonly drive?: string;
  readonly cwd?: string;
  readonly name: string;
}

/** All scenarios together stay under three minutes. */
const budgetSeconds = 170;

export async function conformExporterCommand(flags: ExporterFlags): Promise<number> {
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
  return execute(
    {
      source: { kind: "data", subjects: [subject] },
      selection: { engines: ["conform"] },
      engineOptions: { outDir: flags.outDir },
      replaySuffix: "",
      isAdHoc: true,
    },
    { ...flags, jobs: 1, maxTime: budgetSeconds },
  );
}
