/** Conformance of a receiver: it is started or found, probed, and each reply is judged. */

import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { CheckContext, Obligation, ReplayObservation } from "../../../core/engine.ts";
import type { Exhibit } from "../../../core/exhibit.ts";
import { makeOutcome, type OutcomeDetails } from "../../../core/outcome.ts";
import type { Outcome, RequirementFinding } from "../../../core/result.ts";
import type { ReceiverSubject } from "../../../core/subject.ts";
import { type Counterexample, makeTrace, traceState } from "../../../core/trace.ts";
import type { Observation } from "../../../core/verdict.ts";
import { isLoopback } from "./child.ts";
import { findingOf } from "./identity.ts";
import { type Deviation, type Judgement, observedAgain } from "./judgement.ts";
import { type Exchange, Session } from "./probes.ts";
import { type ReceiverRequirement, receiverRequirementsFor } from "./requirements-receiver.ts";
import { specVersion } from "./requirements.ts";
import { type RunningServer, startServer } from "./server.ts";

/** One server per subject; it is stopped when the worker ends, by its guard. */
const servers = new WeakMap<ReceiverSubject, Promise<RunningServer>>();

async function serverOf(subject: ReceiverSubject, signal: AbortSignal): Promise<RunningServer> {
  let server = servers.get(subject);
  if (server !== undefined && !(await (await server).isAlive())) {
    await (await server).stop();
    server = undefined;
  }
  if (server === undefined) {
    server = startServer(subject, signal);
    server.catch(() => {});
    servers.set(subject, server);
  }
  return await server;
}

export async function checkReceiver(
  obligation: Obligation,
  subject: ReceiverSubject,
  context: CheckContext,
): Promise<Outcome> {
  const requirements = receiverRequirementsFor(subject);
  const requirement = requirements.find(({ slug }) => slug === obligation.property);
  if (requirement === undefined) throw new Error(`${obligation.id}: no such requirement`);
  const conclude = (
    observation: Observation,
    found: RequirementFinding["finding"],
    details: OutcomeDetails = {},
    bound: Record<string, string | number> | null = null,
  ) =>
    makeOutcome(
      { claim: "universal", method: "wire", observation, bound },
      { ...details, requirement: finding(requirement, subject, found) },
    );
  const { probe } = requirement;
  const skipped =
    subject.missing ??
    subject.notApplicable?.[requirement.slug] ??
    ("why" in probe ? `not tested: ${probe.why}` : undefined);
  if (skipped !== undefined) {
    return conclude({ kind: "skipped", reason: skipped }, "not-tested");
  }
  checkLoopback(subject);
  try {
    const { judgement, exchanges } = await play(requirement, subject, context.signal);
    const exhibits = [exchangeTable(requirement, exchanges)];
    const bound = { requests: exchanges.length };
    if (judgement.kind === "holds") {
      const { evidence } = judgement;
      return conclude({ kind: "holds" }, "conforms", { evidence, exhibits }, bound);
    }
    if (judgement.kind === "unknown") {
      return conclude({ kind: "unknown", reason: judgement.reason }, "not-tested", { exhibits });
    }
    const again = await play(requirement, subject, context.signal);
    const replayed = again.judgement.kind === "deviates";
    const counterexample = counterexampleOf(requirement, exchanges, judgement);
    const evidence = `${judgement.message}; ${replayed ? "seen again" : "not seen again"} in a second run`;
    return conclude(
      { kind: "refuted", replayed },
      replayed ? "deviates" : "ambiguous",
      { counterexample, evidence, exhibits },
      bound,
    );
  } finally {
    if (requirements.at(-1) === requirement) await stopServer(subject);
  }
}

async function stopServer(subject: ReceiverSubject): Promise<void> {
  const server = servers.get(subject);
  servers.delete(subject);
  await (await server)?.stop();
}

async function play(
  { probe }: ReceiverRequirement,
  subject: ReceiverSubject,
  signal: AbortSignal,
): Promise<{ readonly judgement: Judgement; readonly exchanges: readonly Exchange[] }> {
  if ("why" in probe) throw new Error("this requirement has no probe");
  const server = await serverOf(subject, signal);
  const session = new Session(
    server.target,
    subject.signal ?? "traces",
    subject.protocol ?? "http/protobuf",
  );
  return { judgement: await probe(session), exchanges: session.exchanges };
}

const finding = (
  requirement: ReceiverRequirement,
  { spec }: ReceiverSubject,
  found: RequirementFinding["finding"],
): RequirementFinding => {
  const { probe } = requirement;
  return findingOf(requirement, specVersion(spec), found, "why" in probe ? probe : null);
};

function counterexampleOf(
  requirement: ReceiverRequirement,
  exchanges: readonly Exchange[],
  judgement: Deviation,
): Counterexample {
  const states = exchanges.map(({ atMs, what, reply, ms }, index) =>
    traceState(
      {
        index,
        timeMs: Math.round(atMs),
        by: "event",
        action: { type: what },
        observed: { reply, tookMs: Math.round(ms) },
      },
      { request: index + 1, reply },
    ),
  );
  const recipe = { kind: "wire-receiver", slug: requirement.slug };
  return {
    message: `${requirement.title}: ${judgement.message}.`,
    at: { requirement: requirement.id, ...judgement.at },
    trace: makeTrace(requirement.title, states),
    recipe,
  };
}

const exchangeTable = (
  { title }: ReceiverRequirement,
  exchanges: readonly Exchange[],
): Exhibit => ({
  kind: "table",
  title: `Requests: ${title}`,
  columns: ["request", "at ms", "reply", "took ms"],
  rows: exchanges.map(({ what, atMs, reply, ms }) => [
    what,
    Math.round(atMs),
    reply,
    Math.round(ms),
  ]),
});

export async function replayReceiver(
  obligation: Obligation,
  subject: ReceiverSubject,
  counterexample: Counterexample,
  context: CheckContext,
): Promise<ReplayObservation> {
  const recipe = counterexample.recipe as { readonly kind?: string; readonly slug?: string };
  const requirement = receiverRequirementsFor(subject).find(
    ({ slug }) => slug === obligation.property,
  );
  if (
    requirement === undefined ||
    recipe.kind !== "wire-receiver" ||
    recipe.slug !== requirement.slug
  ) {
    return {
      kind: "infeasible",
      message: `${obligation.id}: the recorded run belongs to another requirement`,
    };
  }
  checkLoopback(subject);
  try {
    const { judgement, exchanges } = await play(requirement, subject, context.signal);
    return observedAgain(judgement, (deviation) =>
      counterexampleOf(requirement, exchanges, deviation),
    );
  } catch (error) {
    if (error instanceof DiagnosticError) return { kind: "infeasible", message: error.message };
    throw error;
  } finally {
    await stopServer(subject);
  }
}

/** The harness talks to this machine only. */
function checkLoopback(subject: ReceiverSubject): void {
  const probe = subject.endpoint.replaceAll("{port}", "1");
  const url = URL.canParse(probe) ? new URL(probe) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && isLoopback(url)) return;
  throw new DiagnosticError(
    "VRF006",
    `--endpoint ${subject.endpoint} is not an http or https URL on this machine`,
    {
      place: subject.id,
      help: "use http://127.0.0.1:PORT; the workbench never talks to other hosts",
    },
  );
}
