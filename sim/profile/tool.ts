/**
 * Running an outside tool without ever hanging on it: lines as they come, waiting with a deadline,
 * interrupting again and again (a SIGINT sent before a tool installed its handler is lost), killing
 * at the end of patience.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { Duplex } from "node:stream";

export interface ToolOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  onLine?(line: string): void;
  /** More pipes than the three standard ones, e.g. for a control channel. */
  readonly extraPipes?: number;
}

export interface ToolEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Set when the program could not be started at all. */
  readonly error?: string;
}

export interface Tool {
  readonly child: ChildProcess;
  stdoutText(): string;
  stderrText(): string;
  ended(): boolean;
  /** True when `interrupt` or an abort had to use SIGKILL. */
  wasKilled(): boolean;
  describeEnd(): string;
  /** Polls `condition` until it is met, the tool ends or the time is over. */
  waitFor(condition: () => boolean, timeoutMs: number): Promise<"met" | "ended" | "timeout">;
  waitForEnd(timeoutMs: number): Promise<ToolEnd | null>;
  /** One of the extra pipes by its file descriptor in the tool, 3 and up. */
  pipe(descriptor: number): Duplex | null;
  /** Makes `waitFor` look again: the condition depends on something else than standard output. */
  wake(): void;
  /**
   * SIGINT, repeated, then SIGKILL after `patienceMs`. Resolves when the tool is gone.
   * @param againMs how long to wait between two; default 500. A second one cuts some tools short.
   */
  interrupt(patienceMs: number, againMs?: number): Promise<void>;
  kill(): Promise<void>;
}

const textLimit = 64 * 1024; // a tool that floods must not fill the memory

export function startTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Tool {
  const extra = Array.from({ length: options.extraPipes ?? 0 }, () => "pipe" as const);
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe", ...extra],
  });
  let end: ToolEnd | null = null;
  let killed = false;
  let stdout = "";
  let stderr = "";
  let rest = "";
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const waker of wakers) waker();
  };
  const killNow = (): void => {
    if (end !== null) return;
    killed = true;
    child.kill("SIGKILL");
  };

  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    if (stdout.length < textLimit) stdout += chunk.slice(0, textLimit);
    if (options.onLine !== undefined) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine(line);
    }
    wake();
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    if (stderr.length < textLimit) stderr += chunk.slice(0, textLimit);
  });
  for (const pipe of child.stdio) pipe?.on("error", () => {}); // a broken pipe shows as the end
  const finish = (result: ToolEnd): void => {
    if (end !== null) return;
    end = result;
    process.removeListener("exit", killNow);
    options.signal?.removeEventListener("abort", killNow);
    wake();
  };
  // `close`, not `exit`: all lines have been read by then.
  child.on("close", (code, signal) => finish({ code, signal }));
  child.on("exit", (code, signal) => {
    // A grandchild may hold the pipes open after the tool itself is gone.
    setTimeout(() => {
      destroyPipes(child);
      finish({ code, signal });
    }, 500).unref();
  });
  child.on("error", (error) => finish({ code: null, signal: null, error: error.message }));
  process.once("exit", killNow);
  if (options.signal?.aborted === true) killNow();
  else options.signal?.addEventListener("abort", killNow, { once: true });

  const waitFor: Tool["waitFor"] = (condition, timeoutMs) =>
    new Promise((resolve) => {
      const settle = (outcome: "met" | "ended" | "timeout"): void => {
        wakers.delete(look);
        clearTimeout(timer);
        resolve(outcome);
      };
      const look = (): void => {
        if (condition()) settle("met");
        else if (end !== null) settle("ended");
      };
      const timer = setTimeout(() => settle("timeout"), timeoutMs);
      wakers.add(look);
      look();
    });

  const tool: Tool = {
    child,
    stdoutText: () => stdout,
    stderrText: () => stderr,
    ended: () => end !== null,
    wasKilled: () => killed,
    describeEnd() {
      if (end === null) return "still running";
      if (end.error !== undefined) return end.error;
      return end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
    },
    waitFor,
    wake,
    pipe(descriptor) {
      const stream = child.stdio[descriptor];
      return stream instanceof Duplex ? stream : null;
    },
    async waitForEnd(timeoutMs) {
      await waitFor(() => end !== null, timeoutMs);
      return end;
    },
    async interrupt(patienceMs, againMs = 500) {
      const deadline = performance.now() + patienceMs;
      while (!tool.ended() && performance.now() < deadline) {
        child.kill("SIGINT");
        await waitFor(() => end !== null, Math.min(againMs, patienceMs));
      }
      await tool.kill();
    },
    async kill() {
      killNow();
      await tool.waitForEnd(3000);
      // Not even SIGKILL ends a process stuck in the kernel; do not wait with it.
      if (end === null) finish({ code: null, signal: "SIGKILL" });
    },
  };
  return tool;
}

function destroyPipes(child: ChildProcess): void {
  for (const pipe of child.stdio) pipe?.destroy();
}
