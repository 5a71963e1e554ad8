/** Runs one obligation on its engine and turns whatever happens into an outcome. */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { CheckContext, Engine } from "../core/engine.ts";
import { makeOutcome } from "../core/outcome.ts";
import { deriveSeed } from "../core/random.ts";
import type { Outcome } from "../core/result.ts";
import type { Subject } from "../core/subject.ts";
import type { Task } from "./protocol.ts";

/** The context an engine sees; its seed depends on the run's seed and the obligation alone. */
export function makeContext(
  task: Task,
  signal: AbortSignal,
  progress: (message: string) => void,
): CheckContext {
  return {
    seed: deriveSeed(task.seed, `${task.obligation.engine}:${task.obligation.id}`),
    budget: task.budget,
    signal,
    progress,
    options: task.options,
  };
}

/** Never rejects: a thrown error becomes a verdict `error` with its reason. */
export async function checkSafely(
  engine: Engine,
  subject: Subject,
  task: Task,
  context: CheckContext,
): Promise<Outcome> {
  try {
    return await audited(await engine.check(task.obligation, subject, context), subject, task);
  } catch (error) {
    return errorOutcome(task, error);
  }
}

/**
 * Evidence that an engine hands over is checked again by the auditor, who shares no code with it. A
 * verdict whose evidence is refused is no verdict.
 */
async function audited(outcome: Outcome, subject: Subject, task: Task): Promise<Outcome> {
  const { certificate, ...rest } = outcome;
  if (certificate === undefined) return outcome;
  const { audit } = await import("../checkers/audit/index.ts");
  const report = audit(subject, task.obligation.property, certificate);
  if (report.says !== "refused") return { ...rest, audit: report };
  return makeOutcome(
    {
      claim: task.obligation.claim,
      method: null,
      observation: {
        kind: "error",
        reason: `the evidence for "${outcome.verdict}" did not pass the audit: ${report.message}; please report this`,
      },
    },
    {
      stats: outcome.stats,
      assumptions: outcome.assumptions,
      counterexample: outcome.counterexample,
    },
  );
}

export function errorOutcome(task: Task, error: unknown): Outcome {
  const { claim } = task.obligation;
  if (error instanceof DiagnosticError) {
    const details = [error.place === undefined ? "" : ` (at ${error.place})`];
    return makeOutcome(
      { claim, method: null, observation: { kind: "error", reason: error.message } },
      { diagnostics: [{ code: error.code, message: `${error.message}${details.join("")}` }] },
    );
  }
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return makeOutcome({
    claim,
    method: null,
    observation: {
      kind: "error",
      reason: `the ${task.obligation.engine} engine failed: ${reason}`,
    },
  });
}
