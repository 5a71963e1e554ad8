/** Solvers that are installed on the machine: one process per query, spoken to in SMT-LIB. */

import { spawn, spawnSync } from "node:child_process";

import { portableScript, type Query } from "./query.ts";

export type NativeSolver = "z3" | "cvc5";

/** How each wants to be started, limited and tuned. */
const solvers: Readonly<
  Record<
    NativeSolver,
    {
      readonly arguments: (timeMs: number) => readonly string[];
      /** Options on top of standard SMT-LIB; only those that change no meaning. */
      readonly options: (query: Query) => Readonly<Record<string, string>>;
    }
  >
> = {
  z3: {
    arguments: (timeMs) => ["-in", "-smt2", `-t:${timeMs}`],
    options: ({ options }) => options ?? {},
  },
  cvc5: {
    arguments: (timeMs) => ["--lang=smt2", "--incremental", `--tlimit-per=${timeMs}`],
    options: ({ onUnsat }): Record<string, string> =>
      onUnsat?.includes("unsat-core") === true ? { "minimal-unsat-cores": "true" } : {},
  },
};

/** The first line of `--version`; null when the program cannot be started. */
export function nativeVersion(name: NativeSolver): string | null {
  const { error, stdout, status } = spawnSync(name, ["--version"], { encoding: "utf8" });
  if (error !== undefined || status !== 0) return null;
  return stdout.split("\n")[0]?.trim() ?? null;
}

export interface NativeReply {
  readonly kind: "answered" | "stopped" | "ended";
  readonly reason: string;
  /** What it printed up to the answer, and after it. */
  readonly first: string;
  readonly second: string;
}

/**
 * Asks one query. The follow-up question depends on the answer, so the text is written in two parts.
 * @param graceMs how long after `timeMs` the process is killed
 */
export function askNative(
  name: NativeSolver,
  query: Query,
  timeMs: number,
  graceMs: number,
  signal: AbortSignal | undefined,
): Promise<NativeReply> {
  const { arguments: args, options } = solvers[name];
  const child = spawn(name, args(timeMs), { stdio: ["pipe", "pipe", "ignore"] });
  return new Promise((resolve) => {
    let output = "";
    let first: string | null = null;
    const finish = (kind: NativeReply["kind"], reason: string): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      child.removeAllListeners();
      child.on("error", () => undefined);
      child.kill("SIGKILL");
      resolve({ kind, reason, first: first ?? output, second: first === null ? "" : output });
    };
    const onAbort = (): void => finish("stopped", "interrupted");
    const timer = setTimeout(() => finish("stopped", "timeout"), timeMs + graceMs);
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener("abort", onAbort);
    child.on("error", (error) => finish("ended", `${name} cannot be started: ${error.message}`));
    child.stdin.on("error", () => undefined); // it then ends, and that is what is waited for
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (first !== null) return;
      const status = /^(sat|unsat|unknown|timeout)\s*$/m.exec(output)?.[1];
      if (status === undefined) return;
      first = output;
      output = "";
      const next = status === "sat" ? query.onSat : status === "unsat" ? query.onUnsat : undefined;
      child.stdin.end(`${next ?? ""}\n(exit)\n`);
    });
    child.on("close", (code, killedBy) => {
      if (first !== null || output.includes("(error")) finish("answered", "");
      else finish("ended", `${name} ended without an answer (${killedBy ?? `exit ${code}`})`);
    });
    child.stdin.write(`${portableScript(query, options(query))}\n`);
  });
}
