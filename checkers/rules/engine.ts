/** The rules engine: OTTL rule sets of Collector configurations, checked for all records. */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { CheckContext, Engine, Obligation, ReplayObservation } from "../../core/engine.ts";
import { makeOutcome } from "../../core/outcome.ts";
import type { Outcome } from "../../core/result.ts";
import type { Subject } from "../../core/subject.ts";
import type { Claim } from "../../core/verdict.ts";
import { isJsonRecord, type Counterexample, type Json } from "../../core/trace.ts";
import { Session } from "../../solver/solver.ts";
import { Analysis } from "./analysis.ts";
import type { CheckScope } from "./checks/context.ts";
import { checkMatters } from "./checks/effect.ts";
import { checkEquivalent } from "./checks/equivalence.ts";
import { checkSurvives } from "./checks/errors.ts";
import { checkFires } from "./checks/fires.ts";
import { checkCopies, checkHashFails, hiddenSpot } from "./checks/hiding.ts";
import { checkHidden, checkLeakFree } from "./checks/redaction.ts";
import { checkOrder, checkTotal } from "./checks/routing.ts";
import { checkTypes } from "./checks/types.ts";
import { readRecord } from "./concrete/read.ts";
import type { PlainRecord } from "./concrete/record.ts";
import { maskOutcome } from "./mask.ts";
import type { Planned, Question } from "./plan.ts";
import type { BrokenRule } from "./ruleset.ts";
import { workOf, type Work } from "./work.ts";
import type { Program } from "./symbolic/program.ts";

/** Records near the guards that each program is run on. */
const samples = 300;
/** They are part of the question and not of the run: a run's seed changes nothing here. */
const sampleSeed = 1;

export const engine: Engine = {
  name: "rules",
  version: "1",

  plan(subject: Subject): readonly Obligation[] {
    if (subject.kind !== "rules") return [];
    return workOf(subject).planned.map(({ obligation }) => obligation);
  },

  async check(obligation: Obligation, subject: Subject, context: CheckContext): Promise<Outcome> {
    const { work, planned } = find(obligation, subject);
    const outcome = await answer(work, planned, context);
    return maskOutcome(outcome, work.secrets);
  },

  async replay(
    obligation: Obligation,
    subject: Subject,
    counterexample: Counterexample,
    context: CheckContext,
  ): Promise<ReplayObservation> {
    const { work, planned } = find(obligation, subject);
    const stored = storedRecords(counterexample, planned.question, work);
    // That no record shows something is no property of one record: then the question is asked again.
    const follows = stored !== null && obligation.claim === "universal";
    const outcome = maskOutcome(
      await answer(work, planned, context, follows ? stored : undefined),
      work.secrets,
    );
    const how = follows ? "the stored record, run again" : "asked again";
    if (outcome.counterexample === null) {
      return { kind: "passes", message: `${how}: ${outcome.reason ?? outcome.evidence}` };
    }
    return {
      kind: "reproduced",
      message: `${how}: ${outcome.counterexample.message}`,
      counterexample: outcome.counterexample,
    };
  },
};

function find(obligation: Obligation, subject: Subject): { work: Work; planned: Planned } {
  if (subject.kind !== "rules") throw new TypeError(`${obligation.id} is no rule set`);
  const work = workOf(subject);
  const planned = work.planned.find((entry) => entry.obligation.id === obligation.id);
  if (planned === undefined)
    throw new TypeError(`${obligation.id} was not planned from this subject`);
  return { work, planned };
}

/** The record of a stored counterexample, and its twin where two were compared. */
function storedRecords(
  { recipe }: Counterexample,
  question: Question,
  work: Work,
): readonly PlainRecord[] | null {
  // Disjoint routes and types that compare are decided over all records at once.
  if (["order", "types", "route-types", "parses"].includes(question.ask)) return null;
  if (!isJsonRecord(recipe)) return null;
  const { payload, twin } = recipe as { readonly payload?: Json; readonly twin?: Json };
  const { signal } = programOf(work, question);
  if (payload === undefined || signal === "profiles") return null;
  const payloads = twin === undefined ? [payload] : [payload, twin];
  return payloads.map((each) => readRecord(signal, each));
}

/** The program that a question is about. */
function programOf(work: Work, question: Question): Program {
  if ("part" in question) return work.rules.parts[question.part]!.program;
  if ("routing" in question) return work.rules.routing[question.routing]!.program;
  if (question.ask === "equivalent") return work.pair(question.claim, question.path)[0];
  if ("path" in question) return work.pathsOf(question.claim)[question.path]!.program;
  throw new TypeError("the question is about no program");
}

/** The analysis of a program is kept from question to question; the solver's time is per question. */
const analyses = new WeakMap<Program, Analysis>();

/** Rules that upstream knows and this engine does not: what they do to a record is not known. */
function gapsOf(work: Work, question: Question): readonly BrokenRule[] {
  const { broken, parts, routing } = work.rules;
  const gaps = broken.filter(({ unsupported }) => unsupported);
  if (question.ask === "parses") return gaps.filter((rule) => rule === broken[question.broken]);
  // Claims follow records through several sections.
  if ("claim" in question) return gaps;
  const { id } = "part" in question ? parts[question.part]! : routing[question.routing]!;
  return gaps.filter((rule) => rule.id.startsWith(`${id}.`));
}

function notModelled(claim: Claim, reason: string): Outcome {
  return makeOutcome({ claim, method: null, observation: { kind: "unknown", reason } });
}

async function answer(
  work: Work,
  { question, obligation }: Planned,
  context: CheckContext,
  only?: readonly PlainRecord[],
): Promise<Outcome> {
  const [gap] = gapsOf(work, question);
  if (gap !== undefined) {
    return notModelled(obligation.claim, `${gap.message} (${gap.id})`);
  }
  const session = new Session({ timeMs: context.budget.timeMs, signal: context.signal });
  const scopeOf = (program: Program): CheckScope => {
    let analysis = only === undefined ? analyses.get(program) : undefined;
    if (analysis === undefined) {
      analysis = new Analysis(program, {
        replayer: work.replayer,
        seed: sampleSeed,
        samples,
        ...(only === undefined ? {} : { only }),
      });
      if (only === undefined) analyses.set(program, analysis);
    }
    const used = analysis;
    used.use(session);
    return {
      analysis: used,
      level: work.level,
      stats: () => ({ ...session.stats, attacked: used.attacked }),
    };
  };
  switch (question.ask) {
    case "parses": {
      const broken = work.rules.broken[question.broken]!;
      throw new DiagnosticError("VRF702", broken.message, {
        help: "the Collector refuses to start with this rule",
      });
    }
    case "matters":
    case "fires":
    case "types":
    case "survives":
    case "hash-fails":
    case "copies": {
      const scope = scopeOf(work.rules.parts[question.part]!.program);
      return aboutRule(scope, question.ask, question.rule);
    }
    case "route-fires":
    case "route-types":
    case "route-survives": {
      const scope = scopeOf(work.rules.routing[question.routing]!.program);
      const ask = question.ask.slice("route-".length) as "fires" | "types" | "survives";
      return aboutRule(scope, ask, question.rule);
    }
    case "total":
    case "order": {
      const part = work.rules.routing[question.routing]!;
      const scope = scopeOf(part.program);
      return question.ask === "total" ? checkTotal(scope, part) : checkOrder(scope, part);
    }
    case "hidden":
    case "leak-free": {
      const path = work.pathsOf(question.claim)[question.path]!;
      const scope = scopeOf(path.program);
      const claim = work.redaction(question.claim, path);
      if (path.opaque.length > 0) {
        const reason = `${path.opaque.join(", ")} may change records, and ${path.opaque.length === 1 ? "is" : "are"} not modelled`;
        return notModelled(obligation.claim, reason);
      }
      return question.ask === "hidden" ? checkHidden(scope, claim) : checkLeakFree(scope, claim);
    }
    case "equivalent": {
      const [one, other] = work.pair(question.claim, question.path);
      return checkEquivalent(scopeOf(one), other, scopeOf(other).analysis);
    }
  }
}

function aboutRule(
  scope: CheckScope,
  ask: "matters" | "fires" | "types" | "survives" | "hash-fails" | "copies",
  rule: Parameters<Analysis["passageOf"]>[0],
): Promise<Outcome> {
  const passage = scope.analysis.passageOf(rule);
  switch (ask) {
    case "matters":
      return checkMatters(scope, passage);
    case "fires":
      return checkFires(scope, passage);
    case "types":
      return checkTypes(scope, passage);
    case "survives":
      return checkSurvives(scope, passage);
    default: {
      const spot = rule.kind === "statement" ? hiddenSpot(rule) : null;
      if (spot === null) throw new TypeError("the rule hashes nothing in place");
      return ask === "copies"
        ? checkCopies(scope, passage, spot)
        : checkHashFails(scope, passage, spot);
    }
  }
}
