/**
 * Replays a recorded counterexample on today's model and code. "Fixed" is said only after the whole
 * property was checked again.
 */

import { ExitCode } from "../core/diagnostic.ts";
import type { Obligation, ReplayObservation } from "../core/engine.ts";
import { checkSafely, makeContext } from "./check.ts";
import { planRun, runDefaults } from "./run.ts";
import type { EngineOptions, SubjectSource, Task } from "./protocol.ts";
import { loadEngine } from "./registry.ts";
import type { StoredCounterexample } from "./store.ts";

export type ReplayVerdict = "still fails" | "fixed" | "no longer feasible" | "undecided";

export interface ReplayReport {
  readonly id: string;
  readonly engine: string;
  readonly says: ReplayVerdict;
  readonly message: string;
  readonly observation: ReplayObservation | null;
  readonly exitCode: ExitCode;
}

export interface ReplayOptions {
  readonly source: SubjectSource;
  readonly stored: StoredCounterexample;
  readonly engineOptions: EngineOptions;
  readonly maxTimeMs?: number;
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { stored } = options;
  const make = (
    says: ReplayVerdict,
    message: string,
    observation: ReplayObservation | null = null,
  ): ReplayReport => ({
    id: stored.id,
    engine: stored.engine,
    says,
    message,
    observation,
    exitCode: exitCodes[says],
  });

  const { subjects, obligations } = await planRun(options.source, { engines: [stored.engine] });
  const obligation = obligations.find(({ id }) => id === stored.id);
  if (obligation === undefined) {
    return make("no longer feasible", `there is no property ${stored.id} any more`);
  }
  const subject = subjects.find(({ id }) => id === obligation.subject)!;
  const engine = await loadEngine(stored.engine);
  const task = taskOf(obligation, options);
  const context = makeContext(task, options.signal, options.progress);

  const observation = await engine.replay(obligation, subject, stored.counterexample, context);
  if (observation.kind === "reproduced")
    return make("still fails", observation.message, observation);
  if (observation.kind === "infeasible") {
    return make("no longer feasible", observation.message, observation);
  }
  options.progress("the recorded run passes; checking the whole property again");
  const outcome = await checkSafely(engine, subject, task, context);
  switch (outcome.verdict) {
    case "proved":
    case "holds-bounded":
      return make(
        "fixed",
        `${observation.message}; the property was checked again: ${outcome.verdict}`,
        observation,
      );
    case "violated":
      return make(
        "still fails",
        `${observation.message}, but the property fails in another way: ${outcome.counterexample?.message ?? outcome.reason}`,
        observation,
      );
    default:
      return make(
        "undecided",
        `${observation.message}, but the property could not be checked again (${outcome.verdict}: ${outcome.reason})`,
        observation,
      );
  }
}

const exitCodes: Record<ReplayVerdict, ExitCode> = {
  "still fails": ExitCode.violated,
  fixed: ExitCode.ok,
  "no longer feasible": ExitCode.inconclusive,
  undecided: ExitCode.inconclusive,
};

function taskOf(obligation: Obligation, options: ReplayOptions): Task {
  return {
    obligation,
    seed: options.stored.seed,
    budget: {
      timeMs: options.maxTimeMs ?? runDefaults.maxTimeMs,
      maxStates: runDefaults.maxStates,
    },
    options: options.engineOptions,
  };
}
