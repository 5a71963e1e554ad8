/** The solver's process: one Z3 instance, one query at a time, a fresh context for each. */

import type { SolverReply, SolverRequest } from "./protocol.ts";

/** The parts of Z3's module that we call directly. */
interface Memory {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _Z3_eval_smtlib2_string(context: unknown, text: number): number;
  UTF8ToString(address: number): string;
}

async function load() {
  const { init } = await import("z3-solver");
  const { Z3, em } = await init();
  const memory: Memory = em;
  return { Z3, memory };
}

let loading: ReturnType<typeof load> | undefined;

/**
 * Runs SMT-LIB commands. The package's own asynchronous call hands the text over on a stack that
 * is released before the solver has read it, so that texts are now and then garbled; this process
 * has nothing else to do and calls synchronously, with memory of its own.
 */
/* oxlint-disable no-underscore-dangle -- the names of the module's own functions */
function evaluate(memory: Memory, context: unknown, text: string): string {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const address = memory._malloc(bytes.length);
  try {
    memory.HEAPU8.set(bytes, address);
    return memory.UTF8ToString(memory._Z3_eval_smtlib2_string(context, address));
  } finally {
    memory._free(address);
  }
}
/* oxlint-enable no-underscore-dangle */

async function answer(request: SolverRequest): Promise<SolverReply> {
  const started = performance.now();
  const { Z3, memory } = await (loading ??= load());
  // Options set by one script are global in Z3: without this, answers would depend on what was
  // asked before.
  Z3.global_param_reset_all();
  // The instance has 2 GiB for everything; stopping earlier gives an answer instead of a crash.
  Z3.global_param_set("memory_max_size", "1400");
  const config = Z3.mk_config();
  const context = Z3.mk_context(config);
  Z3.del_config(config);
  try {
    const first = evaluate(memory, context, request.text);
    const status = /^(?:sat|unsat|unknown)$/m.exec(first)?.[0] ?? "";
    const followUp = request.next[status] ?? "";
    const second = followUp === "" ? "" : evaluate(memory, context, followUp);
    const milliseconds = performance.now() - started;
    return { id: request.id, first, second, milliseconds, memory: process.memoryUsage.rss() };
  } finally {
    Z3.del_context(context);
  }
}

process.on("message", (request: SolverRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      const reply: SolverReply = {
        id: request.id,
        first: "",
        second: "",
        failure: error instanceof Error ? error.message : String(error),
        milliseconds: 0,
      };
      process.send?.(reply);
    },
  );
});

// Ctrl+C reaches every process of the terminal; what happens to this one is for the prover to say.
process.on("SIGINT", () => undefined);

// The prover is gone: nobody waits for an answer any more.
process.on("disconnect", () => process.exit());
