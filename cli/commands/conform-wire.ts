/** `verify conform otlp-exporter` and `otlp-receiver`: any process, without a configuration file. */

import { resolve } from "node:path";

import { splitCommand } from "../../core/command-line.ts";
import { DiagnosticError } from "../../core/diagnostic.ts";
import type { OtlpProtocol, OtlpSignal, ProcessSubject, SpecVersions } from "../../core/subject.ts";
import { execute } from "../execute.ts";
import type { RunFlags } from "../options.ts";

interface WireFlags extends RunFlags {
  readonly cwd?: string;
  readonly ready?: string;
  readonly name: string;
  readonly signal: OtlpSignal;
  readonly protocol: OtlpProtocol;
  readonly tls: "none" | "tls" | "mtls";
  readonly spec?: readonly string[];
}

export interface ExporterFlags extends WireFlags {
  readonly command: string;
  readonly drive?: string;
  readonly driveLarge?: string;
  readonly batchProcessor?: boolean;
}

export interface ReceiverFlags extends WireFlags {
  readonly endpoint: string;
  readonly command?: string;
}

/** All scenarios together stay under five minutes. */
const budgetSeconds = 290;

export async function conformExporterCommand(flags: ExporterFlags): Promise<number> {
  return judge(flags, {
    ...common(flags, "otlp-exporter"),
    role: "otlp-exporter",
    title: `OTLP exporter: ${flags.name}`,
    command: splitCommand(flags.command),
    ...(flags.drive === undefined ? {} : { drive: flags.drive }),
    ...(flags.driveLarge === undefined ? {} : { driveLarge: flags.driveLarge }),
    ...(flags.batchProcessor === undefined ? {} : { batchProcessor: flags.batchProcessor }),
  });
}

export async function conformReceiverCommand(flags: ReceiverFlags): Promise<number> {
  return judge(flags, {
    ...common(flags, "otlp-receiver"),
    role: "otlp-receiver",
    title: `OTLP receiver: ${flags.name}`,
    endpoint: flags.endpoint,
    ...(flags.command === undefined ? {} : { command: splitCommand(flags.command) }),
  });
}

function common(flags: WireFlags, id: string) {
  return {
    kind: "process",
    id,
    ...(flags.cwd === undefined ? {} : { cwd: resolve(flags.cwd) }),
    ...(flags.ready === undefined ? {} : { ready: flags.ready }),
    signal: flags.signal,
    protocol: flags.protocol,
    tls: flags.tls,
    spec: parseSpec(flags.spec ?? []),
    implementation: { name: flags.name, version: "as given" },
  } as const;
}

/** `otlp@1.9.0` and `specification@1.50.0`, in any order. */
function parseSpec(words: readonly string[]): SpecVersions {
  const spec: { otlp?: string; specification?: string } = {};
  for (const word of words) {
    const match = /^(otlp|specification)@(\d+(?:\.\d+){0,2})$/.exec(word);
    if (match === null) {
      throw new DiagnosticError("VRF006", `--spec ${word} names no version`, {
        help: "write otlp@1.9.0 or specification@1.50.0; what was added later is then left out",
      });
    }
    spec[match[1] as "otlp" | "specification"] = match[2]!;
  }
  return spec;
}

function judge(flags: WireFlags, subject: ProcessSubject): Promise<number> {
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
