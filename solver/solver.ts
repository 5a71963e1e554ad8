/**
 * The solver as a function from SMT-LIB text to an answer. It runs in a process of its own that is
 * killed when it does not keep its time limit, and replaced after some hundred queries (its memory
 * never shrinks). A process and not a thread: Z3 compiled to WebAssembly was seen to take the whole
 * process down with it, and then all other results would be lost. Every query is text, so any
 * verdict can be repeated with another solver.
 */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { siblingModule } from "../core/module-url.ts";
import { emitScript } from "./emit.ts";
import { askNative, type NativeSolver } from "./native.ts";
import type { SolverReply, SolverRequest } from "./protocol.ts";
import { evidenceScript, type ExpectedStatus, type Query, scriptOf, type Script } from "./query.ts";
import { parseSexprs, type Sexpr } from "./sexpr.ts";

export { digestOf, scriptOf, type ExpectedStatus, type Query, type Script } from "./query.ts";

export interface Answer {
  readonly status: "sat" | "unsat" | "unknown";
  /** Why unknown. */
  readonly reason: string;
  /** The answer to `onSat` or `onUnsat`. */
  readonly details: readonly Sexpr[];
}

/** Who answers: the Z3 that is shipped, or a program of the machine. */
export type SolverName = "built-in" | NativeSolver;

export interface SolverLimits {
  readonly timeMs: number;
  readonly signal?: AbortSignal;
}

export interface SessionOptions extends SolverLimits {
  readonly solver?: SolverName;
  /** The result that is being decided, and the folder for the queries that it rests on. */
  readonly emit?: { readonly folder: string; readonly obligation: string };
}

/** The query failed inside the solver: a fault of the workbench, not a verdict. */
export class SolverError extends Error {
  override readonly name = "SolverError";
}

/** Queries of one obligation: asks them, counts them, and keeps their text. */
export class Session {
  readonly #deadline: number;
  readonly #options: SessionOptions;
  #queries = 0;
  #milliseconds = 0;

  constructor(options: SessionOptions) {
    this.#deadline = performance.now() + options.timeMs;
    this.#options = options;
  }

  get stats(): { queries: number; solverMs: number } {
    return { queries: this.#queries, solverMs: Math.round(this.#milliseconds) };
  }

  get solver(): SolverName {
    return this.#options.solver ?? "built-in";
  }

  get remainingMs(): number {
    if (this.#options.signal?.aborted === true) return 0;
    return Math.max(0, this.#deadline - performance.now());
  }

  /**
   * @param limitMs an own limit for this query, within the obligation's budget
   * @param solver another solver than the session's: for searches whose result is checked again
   */
  async ask(query: Query, limitMs = Infinity, solver = this.solver): Promise<Answer> {
    const timeMs = Math.min(limitMs, this.remainingMs);
    if (timeMs < 1) return unknown(this.#overReason());
    this.#queries++;
    const started = performance.now();
    const { signal } = this.#options;
    const limits = { timeMs, ...(signal === undefined ? {} : { signal }) };
    const answer = await (solver === "built-in"
      ? ask(query, limits)
      : askInstalled(solver, query, limits));
    this.#milliseconds += performance.now() - started;
    return answer;
  }

  /** The query as a script that other solvers can repeat; written to disk when that is wanted. */
  evidence(query: Query, status: ExpectedStatus, role: string): Script {
    const script = evidenceScript(query, status);
    const { emit } = this.#options;
    if (emit !== undefined) emitScript(emit.folder, emit.obligation, role, script);
    return script;
  }

  #overReason(): string {
    return this.#options.signal?.aborted === true ? "interrupted" : "timeout";
  }
}

async function askInstalled(
  name: NativeSolver,
  query: Query,
  { timeMs, signal }: SolverLimits,
): Promise<Answer> {
  const softMs = Math.max(1, Math.floor(Math.min(timeMs, longestMs)));
  const reply = await askNative(name, query, softMs, graceMs, signal);
  if (reply.kind !== "answered") return unknown(reply.reason);
  const complaint = /\(error "((?:[^"]|"")*)"\)/.exec(reply.first)?.[1];
  // What the built-in solver understands and another one does not is no fault of the workbench.
  if (complaint !== undefined) return unknown(`${name} refused the query: ${complaint}`);
  const second = reply.second.includes("(error") ? "" : reply.second;
  return interpret({ id: 0, milliseconds: 0, first: reply.first, second });
}

/** Hard limit = soft limit + this: the solver's own timeout gives a cleaner answer when it works. */
const graceMs = 300;
/** The longest time that a timer can wait, and room for the grace. */
const longestMs = 2 ** 31 - 1 - graceMs;
/** A process is replaced after this many queries, or when it holds this much memory (bytes). */
const perProcess = { queries: 300, memory: 2 ** 30 };

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
  } else if (
    ++solver.queries >= perProcess.queries ||
    reply.answer.failure !== undefined ||
    (reply.answer.memory ?? 0) > perProcess.memory
  ) {
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
  const softMs = Math.max(1, Math.floor(Math.min(limits.timeMs, longestMs)));
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
  const status = /^(?:sat|unsat|unknown|timeout)$/m.exec(reply.first)?.[0];
  if (status === "timeout") return unknown("timeout"); // Z3 as a program says it this way
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
