/**
 * Differential oracles: two exporters are told to send the same data, and what arrives is compared.
 * Neither is the measure of the other; a difference says that one of them loses or changes data.
 */

import { DiagnosticError } from "../../../core/diagnostic.ts";
import type { CheckContext, Obligation, ReplayObservation } from "../../../core/engine.ts";
import { makeOutcome, tooBusy, type OutcomeDetails } from "../../../core/outcome.ts";
import type { Outcome, RequirementFinding } from "../../../core/result.ts";
import type { ExporterSubject, PairSubject } from "../../../core/subject.ts";
import { type Counterexample, makeTrace, traceState } from "../../../core/trace.ts";
import { requestTable } from "./counterexample.ts";
import { isDisturbed } from "./disturbance.ts";
import { findingOf } from "./identity.ts";
import {
  busy,
  deviates,
  type Deviation,
  holds,
  type Judgement,
  observedAgain,
  unknown,
} from "./judgement.ts";
import { signalRequests } from "./ledger.ts";
import { pairRequirement } from "./pair-requirements.ts";
import { playScenario, type ScenarioRun, StartError } from "./play.ts";
import { specVersion } from "./requirements.ts";
import { defaultPace, scenarios } from "./scenarios.ts";

/** One item as one side sent it first. */
interface Sent {
  readonly digest: string;
  readonly parts: Readonly<Record<string, string>>;
}

/** Where the two sides differ, item by item; plain data for the trace. */
export interface Difference {
  readonly item: number;
  readonly left: string;
  readonly right: string;
}

interface Compared {
  readonly judgement: Judgement;
  readonly differences: readonly Difference[];
  /** No busy machine made it: what is in an item does not depend on time. */
  readonly isSteady?: boolean;
}

function itemsSent(run: ScenarioRun): Map<string, Sent> {
  const sent = new Map<string, Sent>();
  for (const { spans, digests, parts } of signalRequests(run)) {
    for (const [index, id] of spans.entries()) {
      if (!sent.has(id)) sent.set(id, { digest: digests[index]!, parts: parts[index] ?? {} });
    }
  }
  return sent;
}

const bodyProblem = (run: ScenarioRun): string | null =>
  signalRequests(run).find(({ problem }) => problem !== null)?.problem ?? null;

/** Names of the parts in which two copies of one item differ. */
function differingParts(left: Sent, right: Sent): string[] {
  const names = new Set([...Object.keys(left.parts), ...Object.keys(right.parts)]);
  const differing = [...names].filter((name) => left.parts[name] !== right.parts[name]).sort();
  return differing.length === 0 && left.digest !== right.digest ? ["content"] : differing;
}

/** The same items with the same content, in whatever order and number of requests. */
export function compareItems(left: ScenarioRun, right: ScenarioRun): Compared {
  const none: readonly Difference[] = [];
  for (const [run, side] of [
    [left, "left"],
    [right, "right"],
  ] as const) {
    const problem = bodyProblem(run);
    if (problem !== null) {
      return {
        judgement: deviates(`a body of the ${side} side cannot be read: ${problem}`, { side }),
        differences: none,
        isSteady: true,
      };
    }
  }
  const [inLeft, inRight] = [itemsSent(left), itemsSent(right)];
  if (inLeft.size === 0 || inRight.size === 0) {
    return { judgement: unknown("one side sent nothing"), differences: none };
  }
  const ids = [...new Set([...inLeft.keys(), ...inRight.keys()])];
  const parts = new Set<string>();
  const differences: Difference[] = [];
  for (const [index, id] of ids.entries()) {
    const [one, other] = [inLeft.get(id), inRight.get(id)];
    if (one === undefined || other === undefined) {
      parts.add("presence");
      const say = (sent: Sent | undefined) => (sent === undefined ? "missing" : "sent");
      differences.push({ item: index + 1, left: say(one), right: say(other) });
      continue;
    }
    const differing = differingParts(one, other);
    if (differing.length === 0) continue;
    for (const name of differing) parts.add(name);
    const what = `its own ${differing.join(", ")}`;
    differences.push({ item: index + 1, left: what, right: what });
  }
  if (differences.length === 0) {
    return { judgement: holds(`${ids.length} items arrived in both, all alike`), differences };
  }
  const differsIn = [...parts].sort().join(", ");
  return {
    judgement: deviates(
      `${differences.length} of ${ids.length} items differ between the two sides, in: ${differsIn}`,
      { differsIn },
    ),
    differences,
    isSteady: !parts.has("presence"),
  };
}

/** The numbers of items in the requests, in order. */
const sizes = (run: ScenarioRun): readonly number[] =>
  signalRequests(run).flatMap(({ spans, attempt }) =>
    spans.length > 0 && attempt === 1 ? [spans.length] : [],
  );

export function compareBatches(left: ScenarioRun, right: ScenarioRun): Compared {
  const [inLeft, inRight] = [sizes(left), sizes(right)];
  const text = `${inLeft.join(", ")} against ${inRight.join(", ")}`;
  if (inLeft.length === 0 || inRight.length === 0) {
    return { judgement: unknown("one side sent nothing"), differences: [] };
  }
  const differences = Array.from({ length: Math.max(inLeft.length, inRight.length) }, (_, n) => ({
    item: n + 1,
    left: String(inLeft[n] ?? "none"),
    right: String(inRight[n] ?? "none"),
  })).filter((one) => one.left !== one.right);
  return {
    judgement:
      differences.length === 0
        ? holds(`items per request: ${text}`)
        : deviates(`items per request differ: ${text}`, { sameBatches: false }),
    differences,
  };
}

interface Played extends Compared {
  readonly left: ScenarioRun;
  readonly right: ScenarioRun;
}

async function play(subject: PairSubject, signal: AbortSignal): Promise<Played> {
  const name = subject.compare === "items" ? "baseline" : "batches";
  const side = (one: ExporterSubject) => {
    const scenario = scenarios({ ...defaultPace, ...one.pace }, one).find(
      (candidate) => candidate.name === name,
    );
    if (scenario === undefined) {
      throw new DiagnosticError("VRF004", `${one.id} has no scenario "${name}"`, {
        place: subject.id,
        help: "pairs compared by batches need `batchProcessor` on both sides",
      });
    }
    return playScenario(one, scenario, signal, true);
  };
  const [left, right] = await Promise.all([side(subject.left), side(subject.right)]);
  const compare = subject.compare === "items" ? compareItems : compareBatches;
  return { left, right, ...compare(left, right) };
}

const MOST_RUNS = 3;

/** As above, again while a busy machine may have made the difference; two that agree did so anyway. */
async function playCalmly(subject: PairSubject, signal: AbortSignal): Promise<Played> {
  for (let number = 1; ; number++) {
    const played = await play(subject, signal);
    const { judgement, left, right, isSteady = false } = played;
    const isBelieved = judgement.kind === "holds" || isSteady;
    if (isBelieved || !(isDisturbed(left) || isDisturbed(right))) return played;
    if (number === MOST_RUNS) {
      const seen = judgement.kind === "unknown" ? judgement.reason : judgement.message;
      return { ...played, judgement: busy(`${tooBusy} to compare: ${seen}`) };
    }
  }
}

export async function checkPair(
  obligation: Obligation,
  subject: PairSubject,
  context: CheckContext,
): Promise<Outcome> {
  const conclude = (
    observation: Parameters<typeof makeOutcome>[0]["observation"],
    found: RequirementFinding["finding"],
    details: OutcomeDetails = {},
    bound: Record<string, string | number> | null = null,
  ) =>
    makeOutcome(
      { claim: obligation.claim, method: "wire", observation, bound },
      { ...details, requirement: finding(subject, found) },
    );
  const missing = subject.missing ?? subject.left.missing ?? subject.right.missing;
  if (missing !== undefined) return conclude({ kind: "skipped", reason: missing }, "not-tested");
  const first = await playCalmly(subject, context.signal);
  const exhibits = [requestTable(first.left), requestTable(first.right)];
  const bound = {
    scenarios: first.left.scenario.name,
    requests: first.left.requests.length + first.right.requests.length,
  };
  const { judgement } = first;
  switch (judgement.kind) {
    case "holds":
      return conclude(
        { kind: "holds" },
        "conforms",
        { evidence: judgement.evidence, exhibits },
        bound,
      );
    case "unknown":
      return conclude({ kind: "unknown", reason: judgement.reason }, "not-tested", { exhibits });
    case "deviates": {
      const again = await playCalmly(subject, context.signal);
      const replayed = again.judgement.kind === "deviates";
      const evidence = `${judgement.message}; ${replayed ? "seen again" : "not seen again"} in a second run`;
      return conclude(
        { kind: "refuted", replayed },
        replayed ? "deviates" : "ambiguous",
        { counterexample: counterexampleOf(subject, first, judgement), evidence, exhibits },
        bound,
      );
    }
  }
}

const SHOWN = 20;

function counterexampleOf(
  subject: PairSubject,
  { differences }: Compared,
  judgement: Deviation,
): Counterexample {
  const { id } = pairRequirement(subject);
  const states = differences
    .slice(0, SHOWN)
    .map(({ item, left, right }, index) =>
      traceState(
        { index, action: { type: "compare" }, by: "event" },
        { item, left: `${subject.left.id}: ${left}`, right: `${subject.right.id}: ${right}` },
      ),
    );
  const nothing = traceState({ index: 0 }, { item: 0, left: "", right: "" });
  return {
    message: `${subject.left.id} against ${subject.right.id}: ${judgement.message}.`,
    at: { requirement: id, ...judgement.at },
    trace: makeTrace(
      "What the two sides sent for the same data",
      states.length === 0 ? [nothing] : states,
    ),
    recipe: { kind: "wire-pair", property: pairRequirement(subject).slug },
  };
}

const finding = (subject: PairSubject, found: RequirementFinding["finding"]): RequirementFinding =>
  findingOf(pairRequirement(subject), specVersion(subject.left.spec), found, null);

/** Drives both again, and compares again. */
export async function replayPair(
  subject: PairSubject,
  context: CheckContext,
): Promise<ReplayObservation> {
  let played: Played;
  try {
    played = await playCalmly(subject, context.signal);
  } catch (error) {
    if (error instanceof StartError) return { kind: "infeasible", message: error.message };
    throw error;
  }
  const { judgement } = played;
  return observedAgain(judgement, (deviation) => counterexampleOf(subject, played, deviation));
}
