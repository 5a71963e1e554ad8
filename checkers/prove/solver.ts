/**
 * The solver as a function from SMT-LIB text to an answer. It runs in a worker thread that is
 * killed when it does not keep its time limit and replaced after some hundred queries (its memory
 * never shrinks). Every query is text, so any verdict can be repeated with another solver.
 */

import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";

import { siblingModule } from "../../core/module-url.ts";
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
const queriesPerWorker = 300;

interface Thread {
  readonly worker: Worker;
  queries: number;
}

let idle: Thread | undefined;
let lastId = 0;
let queue: Promise<unknown> = Promise.resolve();

function ask(query: Query, limits: SolverLimits): Promise<Answer> {
  // One thread: more would compete with the runner's own workers for the cores.
  const result = queue.then(() => run(query, limits));
  queue = result.catch(() => undefined);
  return result;
}

async function run(query: Query, limits: SolverLimits): Promise<Answer> {
  if (limits.signal?.aborted === true) return unknown("interrupted");
  const thread = idle ?? startThread();
  idle = undefined;
  thread.worker.ref();
  const reply = await exchange(thread, query, limits);
  if (typeof reply === "string") {
    void thread.worker.terminate();
    return unknown(reply);
  }
  if (++thread.queries >= queriesPerWorker || reply.failure !== undefined) {
    void thread.worker.terminate();
  } else {
    thread.worker.unref();
    idle = thread;
  }
  return interpret(reply);
}

function startThread(): Thread {
  const worker = new Worker(siblingModule(import.meta.url, "./worker"), {
    stdout: true,
    stderr: true,
  });
  return { worker, queries: 0 };
}

/** Resolves with the reply, or with the reason why there is none. */
function exchange(
  thread: Thread,
  query: Query,
  limits: SolverLimits,
): Promise<SolverReply | string> {
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
  const { worker } = thread;
  return new Promise((resolve, reject) => {
    const stopListening = (): void => {
      clearTimeout(timer);
      limits.signal?.removeEventListener("abort", onAbort);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    };
    const finish = (result: SolverReply | string): void => {
      stopListening();
      resolve(result);
    };
    const onAbort = (): void => finish("interrupted");
    const onExit = (): void => finish("the solver's thread ended");
    const onMessage = (reply: SolverReply): void => {
      if (reply.id === request.id) finish(reply);
    };
    const onError = (error: Error): void => {
      stopListening();
      reject(new SolverError(`the solver's thread failed: ${error.message}`, { cause: error }));
    };
    const timer = setTimeout(() => finish("timeout"), softMs + graceMs);
    limits.signal?.addEventListener("abort", onAbort);
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(request);
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

/** Ends the solver's thread; the next query starts a new one. For tests and orderly shutdown. */
export async function closeSolver(): Promise<void> {
  await queue;
  const thread = idle;
  idle = undefined;
  await thread?.worker.terminate();
}
