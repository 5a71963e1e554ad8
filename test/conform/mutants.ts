/** Our circuit breaker with one fault at a time: copies of its source with one place changed. */

import type {
  CircuitBreaker,
  CircuitBreakerOptions,
} from "../../impl/resilience/circuit-breaker.ts";
import { loadFaulty, type Fault } from "../../tools/mutation/load.ts";

const source = new URL("../../impl/resilience/circuit-breaker.ts", import.meta.url);

export const mutants = {
  thresholdOffByOne: {
    name: "the threshold is off by one (one character less)",
    replace: "this.#failures >= this.#threshold",
    by: "this.#failures > this.#threshold",
  },
  twoTrials: {
    name: "half-open admits two trials (one character more)",
    replace: "this.#active < this.#trialLimit",
    by: "this.#active <= this.#trialLimit",
  },
  lateFailureCounts: {
    name: "a late failure is counted",
    replace: "#failed(period: object): void {\n    if (period !== this.#period) return;",
    by: "#failed(_period: object): void {",
  },
  lateSuccessCounts: {
    name: "a late success is counted",
    replace: "#succeeded(period: object): void {\n    if (period !== this.#period) return;",
    by: "#succeeded(_period: object): void {",
  },
  successDoesNotReset: {
    name: "a success does not reset the count",
    replace: "this.#active -= 1;\n    this.#failures = 0;",
    by: "this.#active -= 1;",
  },
  opensLater: {
    name: "it opens in a later task",
    replace: "this.#threshold) this.#open();",
    by: "this.#threshold) this.#clock.setTimeout(() => this.#open(), 0);",
  },
  neverHalfOpen: {
    name: "it never half-opens",
    replace: '() => this.#enter("halfOpen")',
    by: "() => {}",
  },
  halfOpensLate: {
    name: "it half-opens 1 ms late",
    replace: '"halfOpen"), this.#resetTimeoutMs)',
    by: '"halfOpen"), this.#resetTimeoutMs + 1)',
  },
  halfOpensEarly: {
    name: "it half-opens 1 ms early",
    replace: '"halfOpen"), this.#resetTimeoutMs)',
    by: '"halfOpen"), this.#resetTimeoutMs - 1)',
  },
  trialFailureIgnored: {
    name: "a failed trial leaves it half-open",
    replace: 'this.#state === "halfOpen" || this.#failures',
    by: "this.#failures",
  },
  forgottenCalls: {
    name: "calls of an earlier period still take up trials",
    replace: "this.#failures = 0;\n    this.#active = 0;",
    by: "this.#failures = 0;",
  },
  closesInALaterTask: {
    name: "once open, it closes again in a later turn of the event loop",
    replace: "this.#reopening = { timer, atMs };",
    by: 'this.#reopening = { timer, atMs };\n    setImmediate(() => this.#enter("closed"));',
  },
  changedResult: {
    name: "the caller gets something else than the result of the call",
    replace: "return result;",
    by: 'return Promise.resolve("something else" as T);',
  },
} satisfies Record<string, Fault>;

/** Loads the changed copy. */
export async function load(
  fault: Fault,
): Promise<{ readonly create: (options: CircuitBreakerOptions) => CircuitBreaker }> {
  const changed = await loadFaulty<typeof import("../../impl/resilience/circuit-breaker.ts")>(
    source,
    fault,
  );
  return { create: (options) => new changed.CircuitBreaker(options) };
}
