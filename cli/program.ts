/** The commander program: options in, exit code out. Engines and reports are loaded on demand. */

import { Command, CommanderError, Option } from "commander";

import { DiagnosticError, ExitCode, formatDiagnostic } from "../core/diagnostic.ts";
import { exportFormats } from "../core/engine.ts";
import { toolVersion } from "../runner/environment.ts";
import type { CapacityFlags } from "./commands/capacity.ts";
import {
  addConfigOptions,
  addRunOptions,
  addSearchOptions,
  integer,
  addSolverOptions,
  list,
  type RunFlags,
  seconds,
} from "./options.ts";
import type { ExportFlags } from "./commands/export.ts";
import type { RulesRunFlags } from "./commands/rules-run.ts";
import type { TraceFlags } from "./commands/trace.ts";
import { addRulesAnalysis } from "./rules.ts";

/** Runs one command line and returns its exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // commander's own code for usage errors is 1, which means "violated" here
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  if (error instanceof DiagnosticError) {
    console.error(formatDiagnostic(error));
    return error.exitCode;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  console.error("This is a fault of verify itself; please report it with the lines above.");
  return ExitCode.internal;
}

type SetExit = (code: number) => void;

function buildProgram(exit: SetExit): Command {
  const program = new Command("verify")
    .description("Model checking, conformance and capacity evidence for telemetry pipelines")
    .version(toolVersion())
    .showHelpAfterError("(verify --help lists commands and options)")
    .exitOverride();

  addRun(program.command("run", { isDefault: true }), undefined, exit).description(
    "check everything in verify.config.ts, or the named subjects and properties",
  );
  for (const [name, engine, text] of engineCommands) {
    const command = addRun(program.command(name), engine, exit).description(text);
    if (engine === "profile") addAttach(command, exit);
  }
  addConform(program, exit);
  addCapacity(program, exit);
  addTrace(program, exit);
  addRules(program, exit);
  addInspect(program, exit);
  return program;
}

const engineCommands = [
  ["check", "explore", "exhaustive search only"],
  ["prove", "prove", "solver proofs only"],
  ["sim", "sim", "queueing formulas, simulation and measured runs only"],
  ["profile", "profile", "profiles only"],
] as const;

function addRun(command: Command, engine: string | undefined, exit: SetExit): Command {
  addRunOptions(command.argument("[names...]", "subjects or properties; all when left out"));
  if (engine === undefined || engine === "prove") addSolverOptions(command);
  if (engine === undefined || engine === "explore") addSearchOptions(command);
  return command.action(async (names: string[], flags: RunFlags) => {
    const { runCommand } = await import("./commands/run.ts");
    exit(await runCommand(names, engine === undefined ? flags : { ...flags, engine: [engine] }));
  });
}

function addAttach(profile: Command, exit: SetExit): void {
  profile
    .command("attach")
    .description("profile a running process again and again, and send the profiles as OTLP")
    .requiredOption("--pid <n>", "the process", integer(1))
    .requiredOption("--to <url>", "OTLP endpoint, e.g. http://127.0.0.1:4318")
    .option("--opamp <url>", "OpAMP server (plain HTTP) that may change the sampling at any time")
    .option("--hz <n>", "samples per second of CPU time, 49 to 999 (default: 99)", integer(49))
    .option("--seconds <n>", "length of one profile (default: 5)", integer(1))
    .option("--every <n>", "seconds from one profile to the next (default: 60)", integer(1))
    .option("--rounds <n>", "stop after so many (default: until interrupted)", integer(1))
    .action(async (_: unknown, command: Command) => {
      const { profileAttachCommand } = await import("./commands/profile-attach.ts");
      exit(await profileAttachCommand(command.optsWithGlobals()));
    });
}

function addConform(program: Command, exit: SetExit): void {
  const conform = addRun(program.command("conform"), "conform", exit).description(
    "hold real implementations against their models",
  );
  conform.option(
    "--suite <name>",
    "instead of the usual mixture: transitions, pairs, complete, complete:k (k extra states)",
  );
  // The options of `verify conform` (--baseline, --fail-on, --reporter …) hold for both as well.
  addWireOptions(
    conform
      .command("otlp-exporter")
      .description("play faults against any process that exports OTLP; needs no configuration file")
      .requiredOption("--command <line>", 'how to start the process, e.g. "node app.js"')
      .option("--drive <url|command>", "what makes the process produce telemetry")
      .option("--drive-large <url|command>", "the same for one batch of more than 64 MiB")
      .option("--batch-processor", "it has a batch processor that reads OTEL_BSP_* or OTEL_BLRP_*"),
  ).action(async (_: unknown, command: Command) => {
    const { conformExporterCommand } = await import("./commands/conform-wire.ts");
    exit(await conformExporterCommand(command.optsWithGlobals()));
  });
  addWireOptions(
    conform
      .command("otlp-receiver")
      .description("send good and bad requests to any OTLP receiver; needs no configuration file")
      .requiredOption("--endpoint <url>", "where it listens, e.g. http://127.0.0.1:4318")
      .option("--command <line>", "how to start it; {port} is a free port"),
  ).action(async (_: unknown, command: Command) => {
    const { conformReceiverCommand } = await import("./commands/conform-wire.ts");
    exit(await conformReceiverCommand(command.optsWithGlobals()));
  });
}

function addWireOptions(command: Command): Command {
  const choice = (flags: string, text: string, choices: readonly string[]) =>
    new Option(flags, text).choices(choices).default(choices[0]!);
  return command
    .option("--ready <url>", "URL that answers 2xx once the process is ready")
    .option("--cwd <folder>", "working directory of the process")
    .option("--name <name>", "name of the implementation in the report", "process")
    .addOption(choice("--signal <name>", "what is exported", ["traces", "metrics", "logs"]))
    .addOption(
      choice("--protocol <name>", "how it is exported", ["http/protobuf", "http/json", "grpc"]),
    )
    .addOption(choice("--tls <kind>", "TLS in every scenario", ["none", "tls", "mtls"]))
    .option("--spec <version...>", "judge by these: otlp@1.9.0, specification@1.50.0");
}

function addTrace(program: Command, exit: SetExit): void {
  addRunOptions(program.command("trace").argument("<file>", "OTLP/JSON lines"))
    .description("hold a recorded run against the machines that it names")
    .option("--unrecorded <events>", "events and timers that the recording lacks", list)
    .option("--from-middle", "the recording may begin in the middle of a run", false)
    .action(async (file: string, flags: TraceFlags) => {
      const { traceCommand } = await import("./commands/trace.ts");
      exit(await traceCommand(file, flags));
    });
}

function addCapacity(program: Command, exit: SetExit): void {
  const command = program
    .command("capacity")
    .description("size a telemetry path: what it carries, survives and should be set to")
    .option("--lambda <rate>", "spans per second; an expression with units will do")
    .option("--telemetry <jsonl>", "take the load from recorded OTLP/JSON self-telemetry")
    .option("--burst <n>", "spans that end at the same moment", integer(1), 1)
    .option("--rtt <time>", "round trip to the backend", "20ms")
    .option("--packet-loss <share>", "share of packets lost on the way to the backend", "0%")
    .option("--bandwidth <bits>", "bits per second to the backend")
    .option("--tls", "the hop to the backend is encrypted")
    .option("--gzip", "requests are compressed")
    .option("--direct", "no Collector: the SDK sends to the backend")
    .option("--agent-rtt <time>", "round trip between SDK and Collector", "1ms")
    .option("--collector <yaml>", "Collector configuration with the exporter and its queue")
    .option("--exporter <name>", "which exporter of it, when it has several")
    .option("--backend-time <time>", "backend's own time per request", "10ms")
    .option("--backend-scv <x>", "its squared coefficient of variation", "1")
    .option("--backend-servers <n>", "requests that the backend works on at a time", integer(1))
    .option("--backend-queue <n>", "requests that may wait at the backend", integer(0))
    .option("--cpu <cores>", "CPU of the application's container", "1")
    .option("--cpu-per-span <time>", "CPU time per span, when you measured it")
    .option("--span-bytes <n>", "encoded size of a span", integer(1), 400)
    .option("--heap-bytes <n>", "memory of a queued span", integer(1), 2500)
    .option("--max-loss <share>", "largest acceptable share of lost spans", "0.01%")
    .option("--survive-outage <time>", "how long the backend may be away without a loss", "0s")
    .option("--grace <time>", "time for the process to shut down", "30s")
    .option("--loop-delay <time>", "longest acceptable block of the event loop", "50ms")
    .option("--name <name>", "name of the path in the report", "telemetry-path");
  addRunOptions(command);
  command.action(async (flags: CapacityFlags) => {
    const { capacityCommand } = await import("./commands/capacity.ts");
    exit(await capacityCommand(flags));
  });
}

function addRules(program: Command, exit: SetExit): void {
  const rules = program.command("rules").description("OTTL rule sets of the Collector");
  addRulesAnalysis(rules, exit);
  rules
    .command("test")
    .description("run conformance cases of the language, given as JSON files")
    .argument("<files...>", "files with cases")
    .option("--json", "as JSON")
    .action(async (files: string[], flags: { json?: boolean }) => {
      const { rulesTestCommand } = await import("./commands/rules-test.ts");
      exit(rulesTestCommand(files, flags));
    });
  rules
    .command("run")
    .description("apply rules to recorded payloads and show what changes")
    .argument("<config...>", "Collector configurations, or texts of rules (.ottl)")
    .requiredOption("--input <jsonl>", "OTLP/JSON payloads, one a line")
    .option("--compat <version>", "version of the Collector, e.g. v0.143 (default: as detected)")
    .addOption(
      new Option("--error-mode <mode>", "instead of what the configuration says").choices([
        "ignore",
        "silent",
        "propagate",
      ]),
    )
    .option("--json", "as JSON")
    .action(async (configs: string[], flags: RulesRunFlags) => {
      const { rulesRunCommand } = await import("./commands/rules-run.ts");
      exit(rulesRunCommand(configs, flags));
    });
}

function addInspect(program: Command, exit: SetExit): void {
  addConfigOptions(program.command("list").argument("[names...]"))
    .description("list subjects, properties and implementations")
    .option("--json", "as JSON")
    .action(async (names: string[], flags: RunFlags) => {
      const { listCommand } = await import("./commands/list.ts");
      exit(await listCommand(names, flags));
    });
  program
    .command("replay")
    .description("replay a counterexample: still fails, fixed, or no longer feasible")
    .argument("<id|file>", "id of a result of the last run, or a counterexample file")
    .option("-c, --config <file>", "configuration file (default: nearest verify.config.ts)")
    .option("--engine <name>", "which engine's counterexample, when several have one")
    .option("--out-dir <folder>", "where the last run was saved", ".verify")
    .option("--json", "as JSON")
    .action(async (target: string, flags: { engine?: string; outDir: string; config?: string }) => {
      const { replayCommand } = await import("./commands/replay.ts");
      exit(await replayCommand(target, flags));
    });
  program
    .command("explain")
    .description("explain a result of the last run, a verdict word or a diagnostic code")
    .argument("<id|word|code>")
    .option("--engine <name>", "which engine's result, when several have one")
    .option("--out-dir <folder>", "where the last run was saved", ".verify")
    .action(async (target: string, flags: { engine?: string; outDir: string }) => {
      const { explainCommand } = await import("./commands/explain.ts");
      exit(await explainCommand(target, flags));
    });
  program
    .command("show")
    .description("write the HTML report of the last run and open it")
    .option("--out-dir <folder>", "where the last run was saved", ".verify")
    .addOption(new Option("--no-open", "only write the file and print its path"))
    .action(async (flags: { outDir: string; open: boolean }) => {
      const { showCommand } = await import("./commands/show.ts");
      exit(await showCommand(flags));
    });
  program
    .command("export")
    .description("write a state space, or a run, for Graphviz, Mermaid, Spin, TLC or an ITF viewer")
    .argument("<name>", "a subject; for itf a property")
    .option("-c, --config <file>", "configuration file (default: nearest verify.config.ts)")
    .addOption(
      new Option("--format <format>", "what to write").choices(exportFormats).default("dot"),
    )
    .option("--chart", "the statechart as it was written, not the states that it can be in")
    .option("-o, --output <file>", "file to write (default: standard output)")
    .option("--max-states <n>", "state budget", integer(1), 200_000)
    .option("--max-time <seconds>", "time budget", seconds, 60)
    .action(async (name: string, flags: ExportFlags) => {
      const { exportCommand } = await import("./commands/export.ts");
      exit(await exportCommand(name, flags));
    });
  program
    .command("doctor")
    .description("what this machine offers, and what will be skipped")
    .option("--json", "as JSON")
    .action(async (flags: { json?: boolean }) => {
      const { doctorCommand } = await import("./commands/doctor.ts");
      exit(await doctorCommand(flags));
    });
}
