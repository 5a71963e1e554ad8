/** Our circuit breaker with one fault at a time: copies of its source with one place changed. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type {
  CircuitBreaker,
  CircuitBreakerOptions,
} from "../../impl/resilience/circuit-breaker.ts";

const source = new URL("../../impl/resilience/circuit-breaker.ts", import.meta.url);

export interface Mutant {
  readonly name: string;
  /** Must occur exactly once in the source. */
  readonly replace: string;
  readonly by: string;
}

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
    replace: "if (period === this.#period) this.#failed();",
    by: "this.#failed();",
  },
  lateSuccessCounts: {
    name: "a late success is counted",
    replace: "if (period === this.#period) this.#succeeded();",
    by: "this.#succeeded();",
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
  changedResult: {
    name: "the caller gets something else than the result of the call",
    replace: "return result;",
    by: 'return "something else" as T;',
  },
} satisfies Record<string, Mutant>;

/** Loads the changed copy; `dispose` removes its file. */
export async function load({ replace, by, name }: Mutant): Promise<{
  readonly create: (options: CircuitBreakerOptions) => CircuitBreaker;
  readonly dispose: () => Promise<void>;
}> {
  const text = await readFile(source, "utf8");
  if (text.split(replace).length !== 2) {
    throw new Error(`"${name}": the text to change occurs ${text.split(replace).length - 1} times`);
  }
  const clock = new URL("../platform/clock.ts", source).href;
  const folder = await mkdtemp(join(tmpdir(), "breaker-mutant-"));
  const file = join(folder, "circuit-breaker.ts");
  await writeFile(file, text.replace(replace, by).replace('"../platform/clock.ts"', `"${clock}"`));
  const changed = (await import(
    pathToFileURL(file).href
  )) as typeof import("../../impl/resilience/circuit-breaker.ts");
  return {
    create: (options) => new changed.CircuitBreaker(options),
    dispose: () => rm(folder, { recursive: true }),
  };
}
