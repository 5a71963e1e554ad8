/**
 * What this machine offers the workbench. Every line was tried, not guessed: the solver solves, the
 * profilers attach to a busy process, programs print their version. Nothing optional that is missing
 * is a fault; the checks that would use it are skipped and say so.
 */

import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import path from "node:path";

import { ExitCode } from "../core/diagnostic.ts";

export type DoctorState = "available" | "degraded" | "unavailable";

export interface DoctorCheck {
  /** Short stable name, e.g. `bpftrace`. */
  readonly name: string;
  readonly state: DoctorState;
  /** A run cannot do its main job without it. */
  readonly required: boolean;
  /** What the workbench uses it for, and what becomes of that without it. */
  readonly usedFor: string;
  /** What was seen, one sentence each. */
  readonly evidence: readonly string[];
  /** How to enable it; empty when there is nothing to do. */
  readonly help: string;
}

export interface DoctorReport {
  readonly platform: string;
  readonly checks: readonly DoctorCheck[];
  /** 0, or 4 when something required is unavailable. */
  readonly exitCode: typeof ExitCode.ok | typeof ExitCode.environment;
}

/** Tries everything, one after the other so that the trials do not disturb each other; seconds. */
export async function runDoctor(): Promise<DoctorReport> {
  const checks = [checkNode(), checkProcessors(), await checkSolver(), ...(await checkProfilers())];
  for (const tool of tools) checks.push(await checkTool(tool));
  return summarize(checks);
}

/** The report over checks that were made: what is required and unavailable decides. */
export function summarize(checks: readonly DoctorCheck[]): DoctorReport {
  const isBroken = checks.some(({ required, state }) => required && state === "unavailable");
  return {
    platform: `${process.platform} ${process.arch}`,
    checks,
    exitCode: isBroken ? ExitCode.environment : ExitCode.ok,
  };
}

export function formatDoctor(report: DoctorReport): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const indent = " ".repeat(2 + "unavailable".length + 2 + width + 2);
  const lines = [`verify doctor on ${report.platform}`, ""];
  for (const { name, state, required, usedFor, evidence, help } of report.checks) {
    const [first = "", ...rest] = evidence;
    lines.push(`  ${state.padEnd(11)}  ${name.padEnd(width)}  ${first}`.trimEnd());
    for (const sentence of rest) lines.push(indent + sentence);
    if (state !== "available") {
      lines.push(`${indent}${required ? "required: " : ""}${usedFor}`);
      if (help !== "") lines.push(`${indent}help: ${help}`);
    }
  }
  const missing = report.checks.filter(
    ({ required, state }) => required && state === "unavailable",
  );
  lines.push(
    "",
    missing.length > 0
      ? `Required and unavailable: ${missing.map(({ name }) => name).join(", ")}.`
      : "Everything required works. The rest is optional: checks that need it are skipped and say so.",
  );
  return lines.join("\n");
}

function checkNode(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNew = major > 22 || (major === 22 && minor >= 18);
  return {
    name: "node",
    state: isNew ? "available" : "unavailable",
    required: true,
    usedFor: "everything: configurations are TypeScript, which Node loads itself from 22.18 on",
    evidence: [`${process.version} at ${process.execPath}`],
    help: isNew ? "" : "install Node 22.18 or newer",
  };
}

function checkProcessors(): DoctorCheck {
  const cores = availableParallelism();
  const model = cpus()[0]?.model.trim() || "processor of unknown model";
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`;
  return {
    name: "cores",
    state: cores > 1 ? "available" : "degraded",
    required: false,
    usedFor:
      "measured runs (sim, profile): with one core, the load generator and the program under load disturb each other",
    evidence: [`${cores} usable, ${model}, ${memory}`],
    help: cores > 1 ? "" : "give the machine or container a second core before you trust latencies",
  };
}

async function checkSolver(): Promise<DoctorCheck> {
  const base = {
    name: "z3",
    required: true,
    usedFor: "verify prove: proofs for all parameter values, and theorems",
  };
  const started = performance.now();
  // In a process of its own: the solver keeps threads and memory of its own as long as it is loaded.
  const program =
    'import { init } from "z3-solver";' +
    "const { Z3, Context } = await init();" +
    'const { Solver, Int } = new Context("doctor");' +
    'const solver = new Solver(); const x = Int.const("x");' +
    "solver.add(x.gt(2), x.lt(4));" +
    "const answer = await solver.check();" +
    "const version = Z3.get_full_version();" +
    "console.log(`${version}: x > 2 and x < 4 is ${answer}, x = ${solver.model().eval(x)}`);" +
    "process.exit(0);";
  const { status, output } = await execute(
    process.execPath,
    ["--input-type=module", "--eval", program],
    20_000,
    import.meta.dirname,
  );
  const ms = Math.round(performance.now() - started);
  const line = output.split("\n").find((text) => text.includes("x = 3"));
  if (status === 0 && line !== undefined) {
    return { ...base, state: "available", evidence: [`${line} (${ms} ms)`], help: "" };
  }
  return {
    ...base,
    state: "unavailable",
    evidence: [lastLine(output) || `z3-solver did not answer (exit ${status}, ${ms} ms)`],
    help: "install verify-workbench again: z3-solver is one of its dependencies",
  };
}

async function checkProfilers(): Promise<DoctorCheck[]> {
  const { detectProfilers } = await import("../sim/profile/detect.ts");
  const found = await detectProfilers();
  return found.map(({ name, title, state, reason, help, evidence }) => ({
    name,
    state,
    required: false,
    usedFor: `one of the ways of verify profile; ${title}`,
    evidence: [...evidence, ...(reason === "" ? [] : [reason])],
    help,
  }));
}

interface Tool {
  readonly name: string;
  /** File names on the PATH, the preferred one first. */
  readonly programs: readonly string[];
  readonly versionArguments: readonly string[];
  readonly usedFor: string;
  readonly help: string;
}

const otherSdk = (language: string): string =>
  `optional peer: judge ${language} programs with verify conform otlp-exporter`;

const tools: readonly Tool[] = [
  {
    name: "redis-server",
    programs: ["redis-server"],
    versionArguments: ["--version"],
    usedFor: "locks against a real server; no check of this version needs it",
    help: "Debian: apt-get install redis-server",
  },
  {
    name: "chromium",
    programs: ["chromium", "chromium-browser", "google-chrome"],
    versionArguments: ["--version"],
    usedFor: "the workbench's own browser test of the HTML report; any browser shows the report",
    help: "Debian: apt-get install chromium",
  },
  {
    name: "go",
    programs: ["go"],
    versionArguments: ["version"],
    usedFor: otherSdk("Go"),
    help: "install the Go toolchain",
  },
  {
    name: "python",
    programs: ["python3", "python"],
    versionArguments: ["--version"],
    usedFor: otherSdk("Python"),
    help: "install Python 3",
  },
  {
    name: "java",
    programs: ["java"],
    versionArguments: ["-version"],
    usedFor: otherSdk("Java"),
    help: "install a Java runtime",
  },
];

async function checkTool(tool: Tool): Promise<DoctorCheck> {
  const base = { name: tool.name, required: false, usedFor: tool.usedFor };
  const file = tool.programs.map((program) => findOnPath(program)).find((found) => found !== null);
  if (file === undefined || file === null) {
    return {
      ...base,
      state: "unavailable",
      evidence: [`no ${tool.programs.join(" or ")} on the PATH`],
      help: tool.help,
    };
  }
  const { status, output } = await execute(file, tool.versionArguments, 10_000);
  const lines = output.trim().split("\n");
  // Wrapper scripts may complain before the program speaks.
  const first = lines.find((line) => /\d+\.\d+/.test(line)) ?? lines[0] ?? "";
  if (status === 0) {
    return { ...base, state: "available", evidence: [`${file}: ${first}`], help: "" };
  }
  return {
    ...base,
    state: "degraded",
    evidence: [
      `${file} exists, but ${tool.versionArguments.join(" ")} ended with ${status ?? "a signal"}`,
    ],
    help: tool.help,
  };
}

/** The executable file that a shell would start, or null. */
function findOnPath(program: string): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    if (folder === "") continue;
    const file = path.join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not here
    }
  }
  return null;
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** Runs a program without a shell; its output and error output together. Never throws. */
function execute(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  cwd?: string,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      ...(cwd === undefined ? {} : { cwd }),
    });
    let output = "";
    const collect = (chunk: Buffer): void => {
      if (output.length < 10_000) output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ status: null, output: error.message }));
    child.on("close", (status) => resolve({ status, output }));
  });
}
