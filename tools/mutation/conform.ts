/**
 * Which faults does conformance find? Mutants of our breaker and our OTLP client by fixed operators,
 * each held against its models in a thread of its own, which is ended when it hangs.
 *
 * `npm run mutation [-- breaker|client]`
 */

import { readFileSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

import { breakerOurs } from "../../adapters/breaker-ours.ts";
import { otlpClientOurs } from "../../adapters/otlp-client-ours.ts";
import { otlpClientPlaces } from "../../adapters/otlp-client-places.ts";
import { engine } from "../../checkers/conform/engine.ts";
import type { CheckContext } from "../../core/engine.ts";
import { conforms } from "../../core/property.ts";
import type { Implementation, MachineModel, MachineSubject } from "../../core/subject.ts";
import type { OtlpClientOptions } from "../../impl/otlp/client.ts";
import { circuitBreaker, resetTimeout } from "../../models/circuit-breaker.ts";
import { otlpClient } from "../../models/otlp-client.ts";
import { exportTimeout, firstWait, longestWait, otlpExport } from "../../models/otlp-export.ts";
import { loadCopy } from "./load.ts";
import { mutantsOf, type SourceMutant } from "./operators.ts";

type BreakerModule = typeof import("../../impl/resilience/circuit-breaker.ts");
type ClientModule = typeof import("../../impl/otlp/client.ts");
type OtlpClientOf = InstanceType<ClientModule["OtlpClient"]>;

const sources = {
  breaker: new URL("../../impl/resilience/circuit-breaker.ts", import.meta.url),
  client: new URL("../../impl/otlp/client.ts", import.meta.url),
} as const;

type Target = keyof typeof sources;

interface Verdict {
  readonly caughtBy: string | null;
  /** Commands of the shrunk counterexample; null when the mutant was caught in another way. */
  readonly length: number | null;
}

/** Longer than any healthy run of one mutant. */
const patienceMs = 60_000;

/** The model with other values of its parameters. */
const explored = (model: MachineModel, values: Readonly<Record<string, number>>): MachineModel => ({
  ...model,
  parameters: {
    ...model.parameters,
    ...Object.fromEntries(
      Object.entries(values).map(([name, explore]) => [name, { int: [1, null], explore }] as const),
    ),
  },
});

async function implementations(
  target: Target,
  text: string,
): Promise<readonly { readonly model: MachineModel; readonly implementation: Implementation }[]> {
  if (target === "breaker") {
    const { CircuitBreaker } = await loadCopy<BreakerModule>(sources.breaker, text);
    return [2, 1].map((trialLimit) => ({
      model: explored(circuitBreaker, { trialLimit }),
      implementation: breakerOurs({
        resetTimeoutMs: resetTimeout,
        create: (options) => new CircuitBreaker(options),
      }),
    }));
  }
  const { OtlpClient } = await loadCopy<ClientModule>(sources.client, text);
  const create = (options: OtlpClientOptions): OtlpClientOf => new OtlpClient(options);
  const waits = {
    exportTimeoutMs: exportTimeout,
    firstWaitMs: firstWait,
    longestWaitMs: longestWait,
    create,
  };
  return [
    { model: otlpExport, implementation: otlpClientOurs({ ...waits, skewed: true }) },
    { model: otlpClient, implementation: otlpClientPlaces(create) },
    // the client's own limits
    { model: explored(otlpExport, { maxRequests: 6 }), implementation: otlpClientOurs(waits) },
    {
      model: explored(otlpClient, { concurrency: 8, maxWaiting: 64 }),
      implementation: otlpClientPlaces(create),
    },
  ];
}

const context: CheckContext = {
  seed: 7,
  budget: { timeMs: patienceMs, maxStates: 1_000_000 },
  signal: new AbortController().signal,
  progress: () => {},
  options: {},
};

async function judge(target: Target, text: string): Promise<Verdict> {
  let parts: Awaited<ReturnType<typeof implementations>>;
  try {
    parts = await implementations(target, text);
  } catch (error) {
    return { caughtBy: `does not load: ${(error as Error).message}`, length: null };
  }
  for (const { model, implementation } of parts) {
    const subject: MachineSubject = {
      kind: "machine",
      id: target,
      title: target,
      model,
      properties: [conforms("behaves as the model", { id: "conforms" })],
      implementations: [implementation],
    };
    const [obligation] = engine.plan(subject);
    const outcome = await engine.check(obligation!, subject, context);
    if (outcome.verdict === "holds-bounded") continue;
    const steps = (outcome.counterexample?.recipe as { steps?: unknown[] } | undefined)?.steps;
    return { caughtBy: outcome.verdict, length: steps?.length ?? null };
  }
  return { caughtBy: null, length: null };
}

/** A mutant that loops for ever blocks its thread, not the campaign. */
function judgeInThread(target: Target, text: string): Promise<Verdict> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { target, text } });
    const end = (verdict: Verdict): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(verdict);
    };
    const timer = setTimeout(() => end({ caughtBy: "hangs", length: null }), patienceMs);
    worker.once("message", (verdict: Verdict) => end(verdict));
    worker.once("error", (error: Error) =>
      end({ caughtBy: `breaks: ${error.message}`, length: null }),
    );
  });
}

export interface Campaign {
  readonly target: Target;
  readonly mutants: number;
  readonly caught: number;
  readonly meanLength: number;
  readonly survivors: readonly SourceMutant[];
}

export async function campaign(
  target: Target,
  jobs: number,
  show: (line: string) => void,
): Promise<Campaign> {
  const source = readFileSync(sources[target], "utf8");
  const healthy = await judgeInThread(target, source);
  if (healthy.caughtBy !== null) {
    throw new Error(`${target}: the unchanged source is not accepted: ${healthy.caughtBy}`);
  }
  const mutants = mutantsOf(source);
  const lengths: number[] = [];
  const survivors: SourceMutant[] = [];
  const queue = [...mutants];
  const work = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { caughtBy, length } = await judgeInThread(target, mutant.text);
      if (caughtBy === null) {
        survivors.push(mutant);
        show(`survives: ${mutant.name}`);
      }
      if (length !== null) lengths.push(length);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return {
    target,
    mutants: mutants.length,
    caught: mutants.length - survivors.length,
    meanLength: lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length),
    survivors: survivors.toSorted((a, b) => a.line - b.line),
  };
}

async function main(): Promise<void> {
  const named = process.argv.slice(2);
  const targets = (Object.keys(sources) as Target[]).filter(
    (target) => named.length === 0 || named.includes(target),
  );
  for (const target of targets) {
    const { mutants, caught, meanLength } = await campaign(target, 2, console.log);
    console.log(
      `${target}: ${caught} of ${mutants} mutants caught (${((100 * caught) / mutants).toFixed(1)} %), ` +
        `mean length of the shrunk counterexample ${meanLength.toFixed(1)} commands`,
    );
  }
}

if (isMainThread) {
  if (process.argv[1] === import.meta.filename) await main();
} else {
  const { target, text } = workerData as { target: Target; text: string };
  const verdict = await judge(target, text);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort!.postMessage(verdict);
}
