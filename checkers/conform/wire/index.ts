/**
 * Conformance of a process on the wire: the process runs unmodified, a fault-injecting receiver on
 * loopback plays the other side, and the requests that arrive are judged against the specification.
 */

import type { CheckContext, Obligation, ReplayObservation } from "../../../core/engine.ts";
import { makeOutcome } from "../../../core/outcome.ts";
import type { Outcome } from "../../../core/result.ts";
import type { ProcessSubject } from "../../../core/subject.ts";
import type { Counterexample } from "../../../core/trace.ts";

/** One obligation per requirement and one per scenario. Fast and without side effects. */
export function planProcess(_subject: ProcessSubject): Obligation[] {
  return [];
}

/** Judges one requirement; all obligations of a subject share one set of scenario runs. */
export async function checkProcess(
  obligation: Obligation,
  _subject: ProcessSubject,
  _context: CheckContext,
): Promise<Outcome> {
  const reason = "the wire harness is not built yet";
  return makeOutcome({
    claim: obligation.claim,
    method: null,
    observation: { kind: "skipped", reason },
  });
}

/** Plays the scenario of a counterexample again and judges it again. */
export async function replayProcess(
  obligation: Obligation,
  _subject: ProcessSubject,
  _counterexample: Counterexample,
  _context: CheckContext,
): Promise<ReplayObservation> {
  return { kind: "infeasible", message: `${obligation.id}: the wire harness is not built yet` };
}
