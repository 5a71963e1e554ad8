/** Theorems: premises ⇒ conclusion, by refuting the negation. */

import type { CheckContext, Obligation, ReplayObservation } from "../../core/engine.ts";
import type { Exhibit } from "../../core/exhibit.ts";
import { makeOutcome } from "../../core/outcome.ts";
import type { Outcome } from "../../core/result.ts";
import type { Theorem, TheoremSubject } from "../../core/subject.ts";
import {
  type Counterexample,
  makeTrace,
  type Json,
  type Scalar,
  traceState,
} from "../../core/trace.ts";
import { type ExactValue, formatRational, parseRational } from "../../expr/index.ts";
import type { Answer, ExpectedStatus, Query, Session } from "../../solver/solver.ts";
import { openSession } from "./session.ts";
import {
  divisorsIn,
  judge,
  premisesIn,
  queryOf,
  readModel,
  readTheorem,
  relax,
  satisfies,
  type Statement,
} from "./statement.ts";

export function planTheorems(subject: TheoremSubject): readonly Obligation[] {
  return subject.theorems.map((theorem) => ({
    id: `${subject.id}/${theorem.id}`,
    subject: subject.id,
    property: theorem.id,
    title: theorem.title,
    source: theorem.source ?? subject.source ?? null,
    engine: "prove",
    claim: "universal",
    implementation: null,
    expect: theorem.expect ?? null,
  }));
}

/** For one premise: what happens when it is left out. */
const longestControlMs = 1500;

export async function checkTheorem(
  obligation: Obligation,
  theorem: Theorem,
  context: CheckContext,
): Promise<Outcome> {
  const session = openSession(obligation, context);
  return new Check(theorem, session, context).run();
}

class Check {
  readonly #theorem: Theorem;
  readonly #statement: Statement;
  readonly #session: Session;
  readonly #context: CheckContext;
  readonly #exhibits: Exhibit[] = [];

  constructor(theorem: Theorem, session: Session, context: CheckContext) {
    this.#theorem = theorem;
    this.#statement = readTheorem(theorem);
    this.#session = session;
    this.#context = context;
  }

  async run(): Promise<Outcome> {
    const statement = this.#statement;
    const { premises } = statement;
    this.#context.progress("are the premises satisfiable?");
    const alone = queryOf(statement, false);
    const satisfiable = await this.#session.ask(alone);
    if (satisfiable.status === "unknown") {
      return this.#undecided(
        `the solver could not decide whether the premises are satisfiable: ${satisfiable.reason}`,
      );
    }
    if (satisfiable.status === "unsat") {
      this.#show(alone, "unsat", "the premises contradict each other");
      const core = premisesIn(satisfiable);
      const divided = divisorsIn([...premises.values()]).length > 0;
      const reason = `the premises contradict each other: ${core.join(", ")}${divided ? " (no divisor in them being zero)" : ""}`;
      return this.#outcome(null, { kind: "vacuous", reason }, []);
    }
    const model = this.#premiseModel(satisfiable);

    this.#context.progress("is there a counterexample?");
    const relaxed = relax(statement);
    if (relaxed !== null) {
      // Products of integers and reals are hard for the solver, products of reals are not; what
      // holds for all reals holds for the integers among them.
      const query = queryOf(relaxed, true);
      const answer = await this.#session.ask(query, this.#context.budget.timeMs / 3);
      if (answer.status === "unsat") {
        const remark = "; it holds even for real values of the integer variables";
        return this.#proved(query, answer, alone, model, remark);
      }
    }
    const goal = queryOf(statement, true);
    const answer = await this.#session.ask(goal);
    if (answer.status === "unknown") {
      this.#show(goal, "unsat", "the premises without the conclusion (not decided)");
      return this.#undecided(`the solver could not decide the theorem: ${answer.reason}`);
    }
    if (answer.status === "unsat") return this.#proved(goal, answer, alone, model, "");
    return this.#refuted(goal, answer);
  }

  async #proved(
    query: Query,
    answer: Answer,
    alone: Query,
    model: string,
    remark: string,
  ): Promise<Outcome> {
    const used = premisesIn(answer);
    const unused = [...this.#statement.premises.keys()].filter((name) => !used.includes(name));
    const controls = await this.#controls(used);
    const refuted = [...controls.values()].filter((control) => control.refuted).length;
    this.#exhibits.push({
      kind: "table",
      title: "Premises, and the theorem without each of them",
      columns: ["premise", "says", "in the unsat core", "without it"],
      rows: Object.entries(this.#theorem.premises).map(([name, text]) => [
        name,
        text,
        used.includes(name) ? "yes" : "no",
        controls.get(name)?.says ?? "still holds",
      ]),
    });
    const digest = this.#show(query, "unsat", "the premises without the conclusion");
    this.#show(alone, "sat", "the premises alone");
    return this.#outcome(
      "smt-valid",
      { kind: "holds" },
      [
        `the premises with the negated conclusion are unsatisfiable (SMT-LIB ${digest})${remark}`,
        used.length === 0 ? "no premise is needed" : `premises used: ${used.join(", ")}`,
        ...(unused.length === 0 ? [] : [`not needed for this proof: ${unused.join(", ")}`]),
        model,
        ...(used.length === 0
          ? []
          : [
              `refuted without a premise: ${refuted} of ${used.length} (exact values in the table)`,
            ]),
      ],
      { controls: used.length, controlsRefuted: refuted },
    );
  }

  #refuted(goal: Query, answer: Answer): Outcome {
    const statement = this.#statement;
    const assignment = readModel(statement, answer);
    if (typeof assignment === "string") {
      return this.#undecided(
        `a counterexample exists, but its value of ${assignment} is not a rational number`,
      );
    }
    this.#show(goal, "sat", "the premises without the conclusion");
    const judged = judge(statement, assignment);
    return makeOutcome(
      {
        claim: "universal",
        method: "smt-valid",
        observation: { kind: "refuted", replayed: judged.refutes },
      },
      {
        exhibits: this.#exhibits,
        stats: this.#session.stats,
        evidence: judged.refutes
          ? "the solver's assignment was evaluated again with exact arithmetic"
          : `the solver's assignment does not refute the theorem in exact arithmetic: ${judged.why}`,
        counterexample: counterexampleOf(this.#theorem, statement, assignment),
      },
    );
  }

  /** The axioms have a model: shown, and evaluated again. */
  #premiseModel(answer: Answer): string {
    const model = readModel(this.#statement, answer);
    if (typeof model === "string") {
      return `the premises alone are satisfiable (the value of ${model} is not rational)`;
    }
    const checked = satisfies(this.#statement, model);
    if (model.size > 0) {
      this.#exhibits.push({
        kind: "table",
        title: "A model of the premises",
        columns: ["variable", "value"],
        rows: [...model].map(([name, value]) => [name, scalarOf(value)]),
        note: checked
          ? "every premise is true here, in exact arithmetic"
          : "as the solver gave it; exact arithmetic does not confirm it",
      });
    }
    return `the premises alone are satisfiable${checked ? ": a model is shown, checked in exact arithmetic" : ""}`;
  }

  /** The negative control of every premise: without it the theorem must fail, at values that are shown. */
  async #controls(
    used: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly refuted: boolean; readonly says: string }>> {
    const controls = new Map<string, { readonly refuted: boolean; readonly says: string }>();
    for (const name of used) {
      this.#context.progress(`without "${name}"`);
      const premises = new Map(this.#statement.premises);
      premises.delete(name);
      const weaker: Statement = { ...this.#statement, premises };
      const answer = await this.#session.ask(queryOf(weaker, true), longestControlMs);
      controls.set(name, controlOf(weaker, answer));
    }
    return controls;
  }

  #show(query: Query, status: ExpectedStatus, role: string): string {
    const { digest, text } = this.#session.evidence(query, status, role);
    this.#exhibits.push({
      kind: "text",
      title: `SMT-LIB ${digest}: ${role} (${status === "sat" ? "satisfiable" : "unsatisfiable"})`,
      text,
      language: "smt2",
    });
    return digest;
  }

  #undecided(reason: string): Outcome {
    return this.#outcome(null, { kind: "unknown", reason }, []);
  }

  #outcome(
    method: "smt-valid" | null,
    observation: Parameters<typeof makeOutcome>[0]["observation"],
    evidence: readonly string[],
    stats: Readonly<Record<string, number>> = {},
  ): Outcome {
    return makeOutcome(
      { claim: "universal", method, observation },
      {
        exhibits: this.#exhibits,
        stats: { ...this.#session.stats, ...stats },
        evidence: evidence.join("; "),
      },
    );
  }
}

function controlOf(
  weaker: Statement,
  answer: Answer,
): { readonly refuted: boolean; readonly says: string } {
  if (answer.status === "unknown") return { refuted: false, says: `not decided: ${answer.reason}` };
  if (answer.status === "unsat") return { refuted: false, says: "still holds" };
  const values = readModel(weaker, answer);
  if (typeof values === "string") {
    return { refuted: false, says: `fails, but where ${values} is not rational` };
  }
  const judged = judge(weaker, values);
  if (!judged.refutes) return { refuted: false, says: `not confirmed: ${judged.why}` };
  const shown = [...values].map(([name, value]) => `${name} = ${String(scalarOf(value))}`);
  return { refuted: true, says: `fails at ${shown.join(", ")}` };
}

/** Integers that a number represents exactly as numbers, everything else as text. */
function scalarOf(value: ExactValue): Scalar {
  if (typeof value !== "object") return value;
  const text = formatRational(value);
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : text;
}

function counterexampleOf(
  theorem: Theorem,
  statement: Statement,
  assignment: ReadonlyMap<string, ExactValue>,
): Counterexample {
  const at = Object.fromEntries([...assignment].map(([name, value]) => [name, scalarOf(value)]));
  const shown = Object.entries(at).map(([name, value]) => `${name} = ${String(value)}`);
  return {
    message: `the premises hold and \`${theorem.conclusion}\` is false at ${shown.join(", ")}`,
    at,
    trace: makeTrace(theorem.title, [
      traceState(
        {
          index: 0,
          note: `all ${statement.premises.size} premises hold here, the conclusion does not`,
        },
        at,
      ),
    ]),
    recipe: { assignment: at },
  };
}

export function replayTheorem(theorem: Theorem, recorded: Counterexample): ReplayObservation {
  const statement = readTheorem(theorem);
  const assignment = readAssignment(statement, recorded.recipe);
  if (typeof assignment === "string") return { kind: "infeasible", message: assignment };
  const judged = judge(statement, assignment);
  if (judged.refutes) {
    return {
      kind: "reproduced",
      message: "the recorded values satisfy every premise and fail the conclusion",
      counterexample: counterexampleOf(theorem, statement, assignment),
    };
  }
  if (judged.why.startsWith("the premise")) {
    return { kind: "infeasible", message: `at the recorded values ${judged.why} any more` };
  }
  return { kind: "passes", message: `at the recorded values ${judged.why}` };
}

function readAssignment(statement: Statement, recipe: Json): Map<string, ExactValue> | string {
  const recorded: unknown =
    typeof recipe === "object" && recipe !== null ? Reflect.get(recipe, "assignment") : undefined;
  if (typeof recorded !== "object" || recorded === null) return "nothing usable was recorded";
  const entries = new Map<string, unknown>(Object.entries(recorded));
  const { variables } = statement.scope;
  const gone = [...entries.keys()].find((name) => !variables.has(name));
  if (gone !== undefined) return `the variable ${gone} no longer exists`;
  const assignment = new Map<string, ExactValue>();
  for (const [name, type] of variables) {
    const value = entries.get(name);
    const number = typeof value === "boolean" ? null : parseRational(String(value));
    if (type.kind === "bool" && typeof value === "boolean") assignment.set(name, value);
    else if (type.kind === "int" && number?.denominator === 1n) assignment.set(name, number);
    else if (type.kind === "real" && number !== null) assignment.set(name, number);
    else return `nothing was recorded for the variable ${name}, or a value of another sort`;
  }
  return assignment;
}
