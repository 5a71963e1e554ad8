/** Options that several commands share, and how their values are read. */

import { availableParallelism } from "node:os";

import { InvalidArgumentError, Option, type Command } from "commander";

import { DiagnosticError } from "../core/diagnostic.ts";
import { verdicts, type Verdict } from "../core/verdict.ts";

export interface RunFlags {
  readonly config?: string;
  readonly grep?: string;
  readonly engine?: readonly string[];
  readonly seed: number;
  readonly maxTime: number;
  readonly maxStates: number;
  readonly jobs: number;
  readonly shard?: { readonly index: number; readonly count: number };
  readonly bail: number;
  readonly failOn?: readonly Verdict[];
  readonly baseline?: string;
  readonly reporter?: readonly string[];
  readonly outDir: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: "auto" | "always" | "never";
  readonly profile: string;
  /** Only of `verify conform`. */
  readonly suite?: string;
  readonly solver?: "built-in" | "z3" | "cvc5";
  readonly emitSmt?: string;
  readonly profileFrom?: string;
  readonly profileBase?: string;
  readonly profileTo?: string;
  readonly depth?: number;
  /** Only of the commands that explore; `false` from `--no-reduce`. */
  readonly reduce?: string | false;
  readonly fingerprints?: boolean;
  readonly threads?: number;
  readonly maxMemory?: number;
}

export const integer =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be an integer of at least ${least}.`);
    }
    return value;
  };

export const list = (text: string, previous: readonly string[] = []): string[] => [
  ...previous,
  ...text.split(",").filter((part) => part !== ""),
];

export const collect = (text: string, previous: readonly string[] = []): string[] => [
  ...previous,
  text,
];

function shard(text: string): { index: number; count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || count < 1 || index > count) {
    throw new InvalidArgumentError("It must be i/n with 1 <= i <= n, e.g. 1/4.");
  }
  return { index, count };
}

function failOn(text: string): Verdict[] {
  return list(text).map((word) => {
    const verdict = verdicts.find((known) => known === word);
    if (verdict === undefined) {
      throw new InvalidArgumentError(`It must be a list of verdicts: ${verdicts.join(", ")}.`);
    }
    return verdict;
  });
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a positive number of seconds.");
  }
  return value;
}

export function addConfigOptions(command: Command): Command {
  return command
    .option("-c, --config <file>", "configuration file (default: nearest verify.config.ts)")
    .option("-g, --grep <regex>", "only obligations whose id matches")
    .option("--engine <name>", "only these engines, e.g. explore,prove (repeatable)", list);
}

export function addOutputOptions(command: Command): Command {
  return command
    .option(
      "--reporter <name[=file]>",
      "pretty, json, junit, sarif, matrix or html; repeatable (default: pretty)",
      collect,
    )
    .option("--out-dir <folder>", "where reports and counterexamples go", ".verify")
    .option("--json", "print the JSON report and nothing else")
    .option("-q, --quiet", "only what needs attention")
    .option("-v, --verbose", "evidence, assumptions and figures of every result")
    .addOption(
      new Option("--color <when>", "colour in the terminal")
        .choices(["auto", "always", "never"])
        .default("auto"),
    );
}

export function addRunOptions(command: Command): Command {
  addConfigOptions(command)
    .option("--seed <n>", "seed of every random choice", integer(0), 42)
    .option("--max-time <seconds>", "time budget per obligation", seconds, 60)
    .option("--max-states <n>", "state budget per exploration", integer(1), 2_000_000)
    .option("--jobs <n>", "worker threads", integer(1), Math.min(4, availableParallelism()))
    .option("--shard <i/n>", "run only the i-th of n parts", shard)
    .option("--bail [n]", "stop after n results that count against the run", bail, 0)
    .option("--fail-on <verdicts>", "which verdicts fail the run unless expected", failOn)
    .option("--baseline <report.json>", "results known from this report do not fail the run")
    .addOption(
      new Option("--profile <source>", "profiler to use; only auto falls back")
        .choices(["auto", "ebpf", "perf", "v8", "off"])
        .default("auto"),
    )
    .option("--profile-from <file>", "show this pprof file instead of taking a profile")
    .option("--profile-base <file>", "pprof file of another run, to show the difference")
    .option("--profile-to <url>", "send the profile as OTLP to this endpoint");
  return addOutputOptions(command);
}

/** For the commands that prove. */
export function addSolverOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--solver <name>", "who answers the queries that a proof rests on")
        .choices(["built-in", "z3", "cvc5"])
        .default("built-in"),
    )
    .option("--depth <n>", "steps of the longest bounded search (default: 40)", integer(5))
    .option("--emit-smt <folder>", "write every such query as SMT-LIB, named by its digest");
}

function reductions(text: string): string {
  if (list(text).every((word) => ["por", "symmetry", "all", "none"].includes(word))) return text;
  throw new InvalidArgumentError("It must be a list of reductions: por, symmetry, all, none.");
}

/** For the commands that explore. */
export function addSearchOptions(command: Command): Command {
  return command
    .option(
      "--reduce <names>",
      "leave out what changes no verdict: por, symmetry, all or none",
      reductions,
    )
    .option("--fingerprints", "keep 64-bit hashes instead of states; then nothing is proved")
    .option("--no-reduce", "visit every state, whatever the configuration says")
    .option("--threads <n>", "threads that search one state space (default: 1)", integer(1))
    .option("--max-memory <MiB>", "memory for the states of an exploration", integer(1));
}

/** Options of the commands about Collector configurations. */
export function addRulesOptions(command: Command): Command {
  command
    .option("--config <file>", "a further configuration, merged as the Collector does", collect)
    .option("--collector-version <version>", "e.g. 0.143.0 (default: of an image in the files)")
    .option("--feature-gates <gates>", "e.g. +a,-b (repeatable)", list)
    .option("--env <name[=value]>", "value of ${env:NAME}; repeatable", collect)
    .option("-g, --grep <regex>", "only obligations whose id matches")
    .option("--seed <n>", "seed of every random choice", integer(0), 42)
    .option("--max-time <seconds>", "time budget per obligation", seconds, 60)
    .option("--jobs <n>", "worker threads", integer(1), 1)
    .option("--bail [n]", "stop after n results that count against the run", bail, 0)
    .option("--fail-on <verdicts>", "which verdicts fail the run unless expected", failOn)
    .option("--baseline <report.json>", "results known from this report do not fail the run");
  return addOutputOptions(command);
}

/** `--bail` alone stops at the first. */
function bail(text: string | undefined): number {
  return text === undefined ? 1 : integer(1)(text);
}

export function useColor(
  when: "auto" | "always" | "never",
  stream: { readonly isTTY?: boolean },
): boolean {
  if (when !== "auto") return when === "always";
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0";
  return stream.isTTY === true;
}

export interface ReporterTarget {
  readonly name: "pretty" | "json" | "junit" | "sarif" | "matrix" | "html";
  /** Absent: standard output. */
  readonly file?: string;
}

const defaultFiles: Record<ReporterTarget["name"], string | undefined> = {
  pretty: undefined,
  json: undefined,
  junit: "junit.xml",
  sarif: "report.sarif",
  matrix: "matrix.json",
  html: "report.html",
};

export function parseReporters(
  flags: Pick<RunFlags, "reporter" | "json" | "outDir">,
): ReporterTarget[] {
  if (flags.json === true) return [{ name: "json" }];
  const targets = (flags.reporter ?? []).map((text): ReporterTarget => {
    const [name = "", ...rest] = text.split("=");
    if (!Object.hasOwn(defaultFiles, name)) {
      throw new DiagnosticError("VRF007", `there is no reporter "${name}"`, {
        help: `reporters: ${Object.keys(defaultFiles).join(", ")}; write name or name=file`,
      });
    }
    const known = name as ReporterTarget["name"];
    const file = rest.join("=") || inOutDir(defaultFiles[known], flags.outDir);
    return file === undefined ? { name: known } : { name: known, file };
  });
  // Files alone would leave the terminal silent.
  return targets.some(({ file }) => file === undefined)
    ? targets
    : [{ name: "pretty" }, ...targets];
}

const inOutDir = (file: string | undefined, outDir: string): string | undefined =>
  file === undefined ? undefined : `${outDir}/${file}`;
