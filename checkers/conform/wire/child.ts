/**
 * The process under test: started without a shell, in an environment that knows only the loopback
 * receiver, and ended by its id.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";

import { redact, secretsIn } from "./redact.ts";

/** Certificates that a process would trust instead of those that it is given. */
const TRUST =
  /^(REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|NODE_TLS_REJECT_UNAUTHORIZED)$/;

/** The environment without anything that could point a process elsewhere: OTEL_*, proxies, trust. */
export function scrub(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    if (/^OTEL_/i.test(name) || /(^|_)proxy$/i.test(name) || /^NODE_USE_ENV_PROXY$/i.test(name)) {
      continue;
    }
    if (TRUST.test(name)) continue;
    clean[name] = value;
  }
  return clean;
}

export interface Child {
  readonly pid: number | undefined;
  /** Resolves when the process has ended, with how it ended. */
  readonly ended: Promise<string>;
  /** How it ended; null while it runs. */
  readonly status: () => string | null;
  /** The last cumulative number the process printed as `verify: ended=N`; null when it never did. */
  readonly reportedSpans: () => number | null;
  /** The last lines of its output, redacted. */
  readonly tail: () => string;
  /** SIGTERM, then SIGKILL after `graceMs`; says whether it went by itself. */
  stop(graceMs: number): Promise<{ readonly byItself: boolean; readonly ms: number }>;
}

const TAIL_LINES = 20;

/**
 * Whatever happens to the workbench (a killed worker thread, a killed process), what it started
 * must not outlive it: the guard reads until its input closes, which happens when we are gone, and
 * then kills the process group.
 */
function startGuard(child: ChildProcess): ChildProcess | null {
  if (child.pid === undefined || process.platform === "win32") return null;
  const script = 'cat >/dev/null; kill -s KILL -- "-$0" 2>/dev/null';
  const guard = spawn("/bin/sh", ["-c", script, String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
    detached: true,
  });
  guard.on("error", () => {}); // no shell: then only orderly ends are covered
  guard.unref();
  return guard;
}

/** The child leads a process group of its own, so this also ends what a wrapper like npm started. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // already gone
  }
}

function groupLives(child: ChildProcess): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, 0);
  } catch {
    return false;
  }
  return !onlyZombies(child.pid);
}

/**
 * Whether all that is left of a process group is dead and only not yet waited for: in a container
 * whose first process never waits, orphans stay like this.
 */
function onlyZombies(group: number): boolean {
  let members = 0;
  try {
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const fields = statFields(name);
      if (fields === null || Number(fields[2]) !== group) continue;
      if (fields[0] !== "Z") return false;
      members++;
    }
  } catch {
    return false; // no /proc: believe the signal
  }
  return members > 0;
}

/** State, parent and process group of a process, from the part of stat behind its name. */
function statFields(pid: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3);
  } catch {
    return null; // gone in the meantime
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function startChild(
  command: readonly string[],
  options: { readonly cwd: string | undefined; readonly env: Readonly<Record<string, string>> },
): Child {
  const secrets = [...secretsIn(process.env), ...secretsIn(options.env)];
  const [program, ...args] = command;
  const lines: string[] = [];
  let reported: number | null = null;
  let status: string | null = null;

  const child = spawn(program!, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env,
    shell: false,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const guard = startGuard(child);

  const ended = new Promise<string>((resolve) => {
    const finish = (how: string) => {
      if (status !== null) return;
      status = how;
      resolve(how);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      lines.push(error.code === "ENOENT" ? `${program} was not found` : String(error.code));
      finish("it could not be started");
    });
    // "close" would wait for pipes that a grandchild holds open
    child.once("exit", (code, signal) =>
      setTimeout(finish, 50, signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
  });

  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!.slice(-10_000);
      for (const line of parts) {
        const count = /\bverify: ended=(\d+)\b/.exec(line);
        if (count !== null) reported = Number(count[1]);
        lines.push(line.slice(0, 2_000));
        if (lines.length > TAIL_LINES) lines.shift();
      }
    });
    stream.on("end", () => {
      if (rest.trim() !== "") lines.push(rest);
    });
  }

  return {
    pid: child.pid,
    ended,
    status: () => status,
    reportedSpans: () => reported,
    tail: () => redact(lines.slice(-TAIL_LINES).join("\n"), secrets),
    async stop(graceMs) {
      const start = performance.now();
      const elapsed = () => performance.now() - start;
      if (status === null) child.kill("SIGTERM");
      // A wrapper (npm, a shell script) may be gone before the process that it started.
      const isOver = () => status !== null && !groupLives(child);
      while (!isOver() && elapsed() < graceMs) await pause(25);
      const byItself = isOver();
      const ms = elapsed();
      killGroup(child);
      await ended;
      guard?.kill("SIGKILL"); // before its input closes: there is nothing left to guard
      return { byItself, ms };
    },
  };
}

/** Status and headers of a GET on loopback; null when nobody answers. */
export function request(
  url: string,
  timeoutMs: number,
): Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
} | null> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      response.on("error", () => resolve(null));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers }),
      );
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(null));
  });
}

/** Hosts that never leave this machine. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
