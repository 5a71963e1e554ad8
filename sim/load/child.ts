/** Child processes of a load run: clean environment, one JSON line at a time, never left behind. */

import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

import { DiagnosticError } from "../../core/diagnostic.ts";

/** What a child gets of the environment: no OTEL_*, no proxy, no NODE_OPTIONS, no secrets. */
const inherited = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "TZ", "SystemRoot"];

export function cleanEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const name of inherited) {
    const value = environment[name];
    if (value !== undefined) clean[name] = value;
  }
  return clean;
}

export interface LineChild {
  readonly pid: number;
  /** Sends one message as a line. */
  send(message: object): void;
  /** The next line that the child prints. @throws {DiagnosticError} when it ends instead. */
  receive(): Promise<unknown>;
  /** Ends the child: closes its input, then kills it if it does not leave. */
  stop(): Promise<void>;
}

const lastWords = 2000;

export function startChild(
  program: string,
  options: {
    readonly nodeArgs?: readonly string[];
    /** Words before the command, e.g. `ip netns exec NAME`. */
    readonly prefix?: readonly string[];
    readonly signal?: AbortSignal;
  },
): LineChild {
  const words = [...(options.prefix ?? []), process.execPath, ...(options.nodeArgs ?? []), program];
  const child: ChildProcess = spawn(words[0]!, words.slice(1), {
    env: cleanEnvironment(process.env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const lines: unknown[] = [];
  let waiting: { resolve(line: unknown): void; reject(error: Error): void } | null = null;
  let ended: DiagnosticError | null = null;
  let errors = "";

  const end = (message: string): void => {
    if (ended !== null) return;
    const said = errors.trim().slice(-lastWords);
    ended = new DiagnosticError("VRF402", `${program}: ${message}`, {
      ...(said === "" ? {} : { excerpt: said }),
      help: "run the program by hand with the same Node.js to see why it stops",
    });
    waiting?.reject(ended);
    waiting = null;
  };
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-lastWords);
  });
  createInterface({ input: child.stdout! }).on("line", (line) => {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return; // a runtime's own remark on standard output is not part of the protocol
    }
    if (waiting === null) lines.push(message);
    else waiting.resolve(message);
    waiting = null;
  });
  child.stdin!.on("error", () => {}); // a child that left early is reported by its exit
  child.once("error", (error) => end(`cannot be started (${error.message})`));
  const closed = new Promise<void>((resolve) => {
    child.once("close", (code, killSignal) => {
      end(killSignal === null ? `ended with exit code ${code}` : `was ended by ${killSignal}`);
      resolve();
    });
    child.once("error", () => resolve());
  });
  const abort = (): void => {
    end("the run was interrupted");
    child.kill("SIGKILL");
  };
  if (options.signal?.aborted === true) abort();
  options.signal?.addEventListener("abort", abort, { once: true });

  return {
    pid: child.pid ?? -1,
    send: (message) => void child.stdin!.write(`${JSON.stringify(message)}\n`),
    receive() {
      if (lines.length > 0) return Promise.resolve(lines.shift());
      if (ended !== null) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
    async stop() {
      child.stdin!.end();
      const killer = setTimeout(() => child.kill("SIGKILL"), 2000);
      await closed;
      clearTimeout(killer);
      options.signal?.removeEventListener("abort", abort);
    },
  };
}
