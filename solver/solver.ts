/**
 * The solver as a function from SMT-LIB text to an answer. It runs in a process of its own that is
 * killed when it does not keep its time limit, and replaced after some hundred queries (its memory
 * never shrinks). A process and not a thread: Z3 compiled to WebAssembly was seen to take the whole
 * process down with it, and then all other results would be lost. Every query is text, so any
 * verdict can be repeated with another solver.
 */

import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

import { siblingModule } from "../core/module-url.ts";
import type { SolverReply, SolverRequest } from "./protocol.ts";
import { parseSexprs, type Sexpr } from "./sexpr.ts";

export interface Query {
  /** Declarations and assertions, without `(check-sat)`. */
  readonly text: string;
  readonly logic?: string;
  readonly options?: Readonly<Record<string, string>>;
  /** Asked when satisfiable, e.g. `(get-value (x y))`. */
  readonly onSat?: string;
  /** Asked when unsatisfiable, e.g. `(get-unsat-core)`. */
  readonly onUnsat?: string;
}

export interface Answer {
  readonly status: "sat" | "unsat" | "unknown";
  /** Why unknown. */
  readonly reason: string;
  /** The answer to `onSat` or `onUnsat`. */
  readonly details: readonly Sexpr[];
}

export interface SolverLimits {
  readonly timeMs: number;
  readonly signal?: AbortSignal;
}

/** The query failed inside the solver: a fault of the workbench, not a verdict. */
export class SolverError extends Error {
  override readonly name = "SolverError";
}

/** Queries of one obligation: asks them, counts them, and keeps their text. */
export class Session {
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  #queries = 0;
  #milliseconds = 0;

  constructor(limits: SolverLimits) {
    this.#deadline = performance.now() + limits.timeMs;
    this.#signal = limits.signal;
  }

  get stats(): { queries: number; solverMs: number } {
    return { queries: this.#queries, solverMs: Math.round(this.#milliseconds) };
  }

  get remainingMs(): number {
    return this.#signal?.aborted === true ? 0 : Math.max(0, this.#deadline - performance.now());
  }

  /** @param limitMs an own limit for this query, within the obligation's budget */
  async ask(query: Query, limitMs = Infinity): Promise<Answer> {
    const timeMs = Math.min(limitMs, this.remainingMs);
    if (timeMs < 1) return { status: "unknown", reason: this.#overReason(), details: [] };
    this.#queries++;
    const started = performance.now();
    const answer = await ask(query, {
      timeMs,
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
    });
    this.#milliseconds += performance.now() - started;
    return answer;
  }

  #overReason(): string {
    return this.#signal?.aborted === true ? "interrupted" : "timeout";
  }
}

/** The query as an SMT-LIB script that any solver can run. */
export function scriptOf(query: Query): string {
  const options = Object.entries({
    ...(query.onSat === undefined ? {} : { "produce-models": "true" }),
    ...(query.onUnsat?.includes("unsat-core") === true ? { "produce-unsat-cores": "true" } : {}),
    ...query.options,
  }).map(([name, value]) => `(set-option :${name} ${value})`);
  const logic = query.logic === undefined ? [] : [`(set-logic ${query.logic})`];
  return [...options, ...logic, query.text, "(check-sat)"].join("\n");
}

/** Short digest of a script, to name it in evidence. */
export function digestOf(script: string): string {
  return createHash("sha256").update(script).digest("hex").slice(0, 16);
}

/** Hard limit = soft limit + this: the solver's own timeout gives a cleaner answer when it works. */
const graceMs = 2000;
const queriesPerProcess = 300;

interface Solver {
  readonly process: ChildProcess;
  queries: number;
}

let idle: Solver | undefined;
let lastId = 0;
let queue: Promise<unknown> = Promise.resolve();

function ask(query: Query, limits: SolverLimits): Promise<Answer> {
  // One process: more would compete with the runner's own workers for the cores.
  const result = queue.then(() => run(query, limits));
  queue = result.catch(() => undefined);
  return result;
}

async function run(query: Query, limits: SolverLimits): Promise<Answer> {
  let reply = await attempt(query, limits);
  // A crash is worth one more try in a fresh process: it may be due to what was asked before.
  if (reply.kind === "ended") reply = await attempt(query, limits);
  if (reply.kind !== "answered") return unknown(reply.reason);
  return interpret(reply.answer);
}

type Reply =
  | { readonly kind: "answered"; readonly answer: SolverReply }
  /** The time is over, or nobody wants the answer any more. */
  | { readonly kind: "stopped"; readonly reason: string }
  | { readonly kind: "ended"; readonly reason: string };

async function attempt(query: Query, limits: SolverLimits): Promise<Reply> {
  if (limits.signal?.aborted === true) return { kind: "stopped", reason: "interrupted" };
  const solver = idle ?? startSolver();
  idle = undefined;
  hold(solver, true);
  const reply = await exchange(solver, query, limits);
  if (reply.kind !== "answered") {
    solver.process.kill("SIGKILL");
  } else if (++solver.queries >= queriesPerProcess || reply.answer.failure !== undefined) {
    solver.process.kill("SIGKILL");
  } else {
    hold(solver, false);
    idle = solver;
  }
  return reply;
}

function startSolver(): Solver {
  const child = fork(fileURLToPath(siblingModule(import.meta.url, "./worker")), [], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: [],
    env: {},
  });
  child.on("error", () => undefined); // it then also exits, and that is what is waited for
  return { process: child, queries: 0 };
}

/** Whether this process stays alive for the sake of the solver. */
function hold({ process: child }: Solver, busy: boolean): void {
  if (busy) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

function exchange(solver: Solver, query: Query, limits: SolverLimits): Promise<Reply> {
  const softMs = Math.max(1, Math.floor(Math.min(limits.timeMs, 2 ** 31 - 1 - graceMs)));
  const request: SolverRequest = {
    id: ++lastId,
    text: `(set-option :timeout ${softMs})\n${scriptOf(query)}`,
    next: {
      sat: query.onSat ?? "",
      unsat: query.onUnsat ?? "",
      unknown: "(get-info :reason-unknown)",
    },
  };
  const child = solver.process;
  return new Promise((resolve) => {
    const finish = (result: Reply): void => {
      clearTimeout(timer);
      limits.signal?.removeEventListener("abort", onAbort);
      child.off("message", onMessage).off("exit", onExit).off("error", onError);
      resolve(result);
    };
    const onAbort = (): void => finish({ kind: "stopped", reason: "interrupted" });
    const onExit = (code: number | null, signal: string | null): void =>
      finish({ kind: "ended", reason: `the solver ended (${signal ?? `exit ${code}`})` });
    const onError = (error: Error): void =>
      finish({ kind: "ended", reason: `the solver cannot be reached: ${error.message}` });
    const onMessage = (message: unknown): void => {
      const answer = message as SolverReply;
      if (answer.id === request.id) finish({ kind: "answered", answer });
    };
    const timer = setTimeout(
      () => finish({ kind: "stopped", reason: "timeout" }),
      softMs + graceMs,
    );
    limits.signal?.addEventListener("abort", onAbort);
    child.on("message", onMessage).on("exit", onExit).on("error", onError);
    child.send(request, (error) => {
      if (error !== null) onError(error);
    });
  });
}

const unknown = (reason: string): Answer => ({ status: "unknown", reason, details: [] });

function interpret(reply: SolverReply): Answer {
  if (reply.failure !== undefined) throw new SolverError(`the solver failed: ${reply.failure}`);
  const complaint = /\(error "((?:[^"]|"")*)"\)/.exec(`${reply.first}\n${reply.second}`);
  const message = complaint?.[1] ?? "";
  // Resource limits arrive as errors too; they are answers, not faults.
  if (/canceled|timeout/i.test(message)) return unknown("timeout");
  if (/max\. memory|out of memory|resource limit/i.test(message)) return unknown(message);
  if (complaint !== null) throw new SolverError(`the solver refused a query: ${message}`);
  const status = /^(?:sat|unsat|unknown)$/m.exec(reply.first)?.[0];
  if (status === "unknown") {
    const reason = /:reason-unknown\s+"?([^")]*)/.exec(reply.second)?.[1] ?? "";
    if (reason === "canceled") return unknown("timeout");
    return unknown(reason === "" ? "the solver gave up" : reason);
  }
  if (status !== "sat" && status !== "unsat") {
    throw new SolverError(`the solver did not answer: ${reply.first.slice(0, 200)}`);
  }
  return { status, reason: "", details: parseSexprs(reply.second) };
}

/** Ends the solver's process; the next query starts a new one. For tests and orderly shutdown. */
export async function closeSolver(): Promise<void> {
  await queue;
  idle?.process.kill("SIGKILL");
  idle = undefined;
}
