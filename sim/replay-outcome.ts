/** Replay claims: the simulator and the real batch processor on the same traces, decision by decision. */

import type { CheckContext, Obligation, ReplayObservation } from "../core/engine.ts";
import { DiagnosticError } from "../core/diagnostic.ts";
import type { BatchReplayer, BatchTrace } from "../core/load.ts";
import { makeOutcome } from "../core/outcome.ts";
import { deriveSeed } from "../core/random.ts";
import type { Outcome } from "../core/result.ts";
import type { QueueSubject, ReplayClaim } from "../core/subject.ts";
import { makeTrace, traceState, type Counterexample, type Json } from "../core/trace.ts";
import type { Observation } from "../core/verdict.ts";
import { difference, randomTrace, simulateTrace } from "./validate/traces.ts";

/** @throws {DiagnosticError} VRF003 */
function replayerOf(subject: QueueSubject): BatchReplayer {
  if (subject.replayer !== undefined) return subject.replayer;
  throw new DiagnosticError("VRF003", `the subject ${subject.id} has no processor to be replayed`, {
    place: subject.id,
    help: "give it a `replayer` (see adapters/otel-batch-replay.ts) or remove its replay claims",
  });
}

export async function checkReplay(
  obligation: Obligation,
  claim: ReplayClaim,
  subject: QueueSubject,
  context: CheckContext,
): Promise<Outcome> {
  const replayer = replayerOf(subject);
  const counts = { traces: 0, spans: 0, exports: 0, dropped: 0, overlapping: 0 };
  let found: Counterexample | null = null;
  for (let index = 0; counts.traces < claim.traces && index < 2 * claim.traces; index++) {
    context.signal.throwIfAborted();
    if (index % 100 === 0) context.progress(`${counts.traces} of ${claim.traces} traces`);
    const trace = randomTrace(deriveSeed(context.seed, `trace:${index}`));
    const simulated = simulateTrace(trace, claim.overlapAfterFailure);
    if (simulated === null) continue;
    const real = await replayer.replay(trace);
    const message = difference(simulated, real);
    counts.traces++;
    counts.spans += trace.arrivals.length;
    counts.exports += real.exports.length;
    counts.dropped += real.dropped.length;
    counts.overlapping += real.exports.filter(({ atMs }, later) =>
      real.exports.some(
        (one, at) => at < later && one.atMs + (trace.exports[at]?.afterMs ?? 0) > atMs,
      ),
    ).length;
    if (message !== null) {
      found = makeCounterexample(trace, message);
      break;
    }
  }
  let observation: Observation = { kind: "holds" };
  if (found !== null) {
    const again = await compare(
      claim,
      replayer,
      traceOf(found.recipe as { readonly [key: string]: Json }),
    );
    observation = { kind: "refuted", replayed: again !== null };
  } else if (counts.traces < claim.traces) {
    observation = {
      kind: "unknown",
      reason: `only ${counts.traces} traces without ties were found`,
    };
  }
  return makeOutcome(
    {
      claim: obligation.claim,
      method: "commands",
      observation,
      bound: { traces: counts.traces, spans: counts.spans, exports: counts.exports },
    },
    {
      evidence:
        found?.message ??
        `the same ${counts.exports} batches and the same ${counts.dropped} dropped spans in ${counts.traces} random traces (${counts.overlapping} exports began while another was in flight)`,
      assumptions: [
        `${replayer.name} ${replayer.version} in virtual time, with an exporter that answers when the trace says`,
      ],
      stats: counts,
      counterexample: found,
    },
  );
}

async function compare(
  claim: ReplayClaim,
  replayer: BatchReplayer,
  trace: BatchTrace,
): Promise<string | null> {
  const simulated = simulateTrace(trace, claim.overlapAfterFailure);
  return simulated === null ? null : difference(simulated, await replayer.replay(trace));
}

function makeCounterexample(trace: BatchTrace, message: string): Counterexample {
  const settings = {
    maxExportBatchSize: trace.maxExportBatchSize,
    maxQueueSize: trace.maxQueueSize,
    scheduledDelayMillis: trace.scheduledDelayMillis,
    exportTimeoutMillis: trace.exportTimeoutMillis,
  };
  return {
    message,
    at: { measure: "batches" },
    trace: makeTrace(message, [
      traceState({ index: 0, note: message }, { ...settings, spans: trace.arrivals.length }),
    ]),
    recipe: { kind: "replay", trace: JSON.parse(JSON.stringify(trace)) as Json },
  };
}

const traceOf = (recipe: { readonly [key: string]: Json }): BatchTrace =>
  recipe["trace"] as unknown as BatchTrace;

/** Runs the recorded trace again. */
export async function replayTrace(
  claim: ReplayClaim,
  subject: QueueSubject,
  recipe: { readonly [key: string]: Json },
): Promise<ReplayObservation> {
  const trace = traceOf(recipe);
  if (!Array.isArray(trace?.arrivals)) {
    return { kind: "infeasible", message: "the recorded counterexample contains no trace" };
  }
  const message = await compare(claim, replayerOf(subject), trace);
  return message === null
    ? {
        kind: "passes",
        message: "the simulator and the processor did the same on the recorded trace",
      }
    : { kind: "reproduced", message, counterexample: makeCounterexample(trace, message) };
}
