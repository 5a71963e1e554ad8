/** The simulation engine: formula claims by simulation, prediction claims by measurement. */

import type { CheckContext, Engine, Obligation } from "../core/engine.ts";
import { DiagnosticError } from "../core/diagnostic.ts";
import { makeOutcome } from "../core/outcome.ts";
import type {
  CapacityClaim,
  FormulaClaim,
  PredictionClaim,
  QueueClaim,
  QueueSubject,
  ReplayClaim,
  Subject,
  ValidationClaim,
} from "../core/subject.ts";
import { isJsonRecord } from "../core/trace.ts";
import type { Method } from "../core/verdict.ts";

type SimClaim = FormulaClaim | PredictionClaim | ReplayClaim | ValidationClaim | CapacityClaim;

/** Measurements want the machine for themselves. */
const measures = new Set<SimClaim["kind"]>(["prediction", "validation"]);

const methodOf = {
  formula: "simulation",
  prediction: "measurement",
  replay: "commands",
  validation: "measurement",
  capacity: "simulation",
} as const satisfies Record<SimClaim["kind"], Method>;

const isSimClaim = (claim: QueueClaim): claim is SimClaim => Object.hasOwn(methodOf, claim.kind);

function toObligation(claim: SimClaim, subject: QueueSubject): Obligation {
  const judged = {
    formula: undefined,
    prediction: subject.system,
    replay: subject.replayer,
    validation: subject.processor,
    capacity: undefined,
  }[claim.kind];
  return {
    id: `${subject.id}/${claim.id}`,
    subject: subject.id,
    property: claim.id,
    title: claim.title,
    source: claim.source ?? subject.source ?? null,
    engine: "sim",
    claim: "universal",
    implementation: judged === undefined ? null : { name: judged.name, version: judged.version },
    expect: claim.expect ?? null,
    ...(measures.has(claim.kind) ? { exclusive: true } : {}),
  };
}

/** The claim behind an obligation. @throws {DiagnosticError} VRF004 */
function find(
  obligation: Obligation,
  subject: Subject,
): { claim: SimClaim; subject: QueueSubject } {
  if (subject.kind === "queue") {
    const claim = subject.claims.find((one) => one.id === obligation.property);
    if (claim !== undefined && isSimClaim(claim)) return { claim, subject };
  }
  throw new DiagnosticError("VRF004", `${obligation.id} is not a claim about a queue`, {
    help: "run `verify list` to see what can be checked",
  });
}

export const engine: Engine = {
  name: "sim",
  version: "2",

  plan: (subject) =>
    subject.kind === "queue"
      ? subject.claims.filter(isSimClaim).map((claim) => toObligation(claim, subject))
      : [],

  async check(obligation, anySubject, context) {
    const { claim, subject } = find(obligation, anySubject);
    const method = methodOf[claim.kind];
    try {
      if (claim.kind === "formula") {
        const { checkFormula } = await import("./formula-outcome.ts");
        return await checkFormula(obligation, claim, subject, context);
      }
      if (claim.kind === "replay") {
        const { checkReplay } = await import("./replay-outcome.ts");
        return await checkReplay(obligation, claim, subject, context);
      }
      if (claim.kind === "capacity") {
        const { checkCapacity } = await import("./capacity-outcome.ts");
        return await checkCapacity(obligation, claim, context);
      }
      if (claim.kind === "validation") {
        const { checkValidation } = await import("./validation-outcome.ts");
        return await checkValidation(obligation, claim, subject, context);
      }
      const { checkPrediction } = await import("./prediction-outcome.ts");
      return await checkPrediction(obligation, claim, subject, context);
    } catch (error) {
      const { claim: kind } = obligation;
      if (context.signal.aborted) {
        const reason = "interrupted, or the time budget was used up";
        return makeOutcome({ claim: kind, method, observation: { kind: "unknown", reason } });
      }
      if (!(error instanceof DiagnosticError)) throw error;
      const { code, message } = error;
      return makeOutcome(
        { claim: kind, method, observation: { kind: "error", reason: message } },
        { diagnostics: [{ code, message }] },
      );
    }
  },

  async replay(obligation, anySubject, counterexample, context: CheckContext) {
    const { claim, subject } = find(obligation, anySubject);
    const recipe = counterexample.recipe;
    if (!isJsonRecord(recipe) || recipe["kind"] !== claim.kind) {
      return { kind: "infeasible", message: `the recorded run is not about a ${claim.kind} claim` };
    }
    if (claim.kind === "formula") {
      const { replayFormula } = await import("./formula-outcome.ts");
      return replayFormula(claim, subject, recipe, context);
    }
    if (claim.kind === "replay") {
      const { replayTrace } = await import("./replay-outcome.ts");
      return replayTrace(claim, subject, recipe);
    }
    if (claim.kind === "capacity") {
      const { replayCapacity } = await import("./capacity-outcome.ts");
      return replayCapacity(claim, recipe, context);
    }
    if (claim.kind === "validation") {
      const { replayValidation } = await import("./validation-outcome.ts");
      return replayValidation(claim, subject, recipe, context);
    }
    const { replayPrediction } = await import("./prediction-outcome.ts");
    return replayPrediction(claim, subject, recipe, context);
  },
};
