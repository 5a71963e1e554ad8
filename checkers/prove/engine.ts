/** The symbolic engine: theorems, and machines for every value of their parameters. */

import type { CheckContext, Engine, Obligation, ReplayObservation } from "../../core/engine.ts";
import type { Outcome } from "../../core/result.ts";
import type { Subject, Theorem, TheoremSubject } from "../../core/subject.ts";
import type { Counterexample } from "../../core/trace.ts";
import { checkMachine, planMachine, replayMachine } from "./machine.ts";
import { checkTheorem, planTheorems, replayTheorem } from "./theorem.ts";

function theoremOf(subject: TheoremSubject, obligation: Obligation): Theorem {
  const theorem = subject.theorems.find(({ id }) => id === obligation.property);
  if (theorem === undefined)
    throw new TypeError(`${obligation.id} was not planned from this subject`);
  return theorem;
}

const foreign = (obligation: Obligation): TypeError =>
  new TypeError(`${obligation.id} is not an obligation of this engine`);

export const engine: Engine = {
  name: "prove",
  version: "2",

  plan(subject: Subject): readonly Obligation[] {
    if (subject.kind === "theorem") return planTheorems(subject);
    return subject.kind === "machine" ? planMachine(subject) : [];
  },

  async check(obligation: Obligation, subject: Subject, context: CheckContext): Promise<Outcome> {
    if (subject.kind === "theorem") {
      return checkTheorem(obligation, theoremOf(subject, obligation), context);
    }
    if (subject.kind === "machine") return checkMachine(obligation, subject, context);
    throw foreign(obligation);
  },

  async replay(
    obligation: Obligation,
    subject: Subject,
    counterexample: Counterexample,
  ): Promise<ReplayObservation> {
    if (subject.kind === "theorem")
      return replayTheorem(theoremOf(subject, obligation), counterexample);
    if (subject.kind === "machine") return replayMachine(obligation, subject, counterexample);
    throw foreign(obligation);
  },
};
