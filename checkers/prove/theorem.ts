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
import {
  boolType,
  elaborate,
  evaluateExact,
  type ExactValue,
  type Expression,
  formatRational,
  nodesOf,
  parseRational,
  realType,
  type Scope,
  scopeOfTheorem,
} from "../../expr/index.ts";
import {
  EnumCodes,
  readValue,
  readValues,
  sortName,
  symbol,
  type TermEnvironment,
  toTerm,
} from "./smt.ts";
import { type Answer, digestOf, type Query, scriptOf, Session } from "../../solver/solver.ts";

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

/** A theorem with its expressions resolved. */
interface Statement {
  readonly scope: Scope;
  readonly premises: ReadonlyMap<string, Expression>;
  readonly conclusion: Expression;
}

function readTheorem(theorem: Theorem): Statement {
  const scope = scopeOfTheorem(theorem);
  const formula = (text: string): Expression => elaborate(text, scope, boolType).expression;
  return {
    scope,
    premises: new Map(
      Object.entries(theorem.premises).map(([name, text]) => [name, formula(text)]),
    ),
    conclusion: formula(theorem.conclusion),
  };
}

const goalName = "the negated conclusion";

/** Declarations and named assertions; the negated conclusion is asserted when `goal` is set. */
function queryOf(statement: Statement, goal: boolean): Query {
  const enums = new EnumCodes();
  const { variables } = statement.scope;
  const environment: TermEnvironment = {
    enums,
    variable: (name) => {
      const type = variables.get(name);
      if (type === undefined) throw new TypeError(`unresolved name ${name}`);
      return {
        text: symbol(name),
        sort: type.kind === "bool" ? "Bool" : type.kind === "real" ? "Real" : "Int",
      };
    },
  };
  const lines: string[] = [];
  for (const [name, type] of variables) {
    lines.push(`(declare-const ${symbol(name)} ${sortName(type)})`);
  }
  for (const [name, premise] of statement.premises) {
    lines.push(
      `(assert (! ${toTerm(premise, environment).text} :named ${symbol(`premise: ${name}`)}))`,
    );
  }
  if (!goal) {
    // A division by zero may be anything to the solver; such values show nothing.
    for (const divisor of divisorsIn([...statement.premises.values()])) {
      const { text, sort } = toTerm(divisor, environment);
      lines.push(`(assert (not (= ${text} ${sort === "Real" ? "0.0" : "0"})))`);
    }
  }
  if (goal) {
    const { text } = toTerm(statement.conclusion, environment);
    lines.push(`(assert (! (not ${text}) :named ${symbol(goalName)}))`);
  }
  const names = [...variables.keys()].map(symbol).join(" ");
  return {
    text: lines.join("\n"),
    options: { "smt.core.minimize": "true" },
    onUnsat: "(get-unsat-core)",
    ...(names === "" ? {} : { onSat: `(get-value (${names}))` }),
  };
}

function divisorsIn(expressions: readonly Expression[]): readonly Expression[] {
  return expressions
    .flatMap((expression) => [...nodesOf(expression)])
    .flatMap((node) => (node.kind === "binary" && node.operator === "/" ? [node.right] : []));
}

/** The statement with real instead of integer variables; null when that changes its meaning. */
function relax(statement: Statement): Statement | null {
  const kinds = new Set([...statement.scope.variables.values()].map((type) => type.kind));
  if (!kinds.has("int") || !kinds.has("real")) return null;
  for (const expression of [...statement.premises.values(), statement.conclusion]) {
    for (const node of nodesOf(expression)) {
      if (node.kind === "binary" && node.operator === "mod") return null;
    }
  }
  const variables = new Map(
    [...statement.scope.variables].map(([name, type]) => [
      name,
      type.kind === "int" ? realType : type,
    ]),
  );
  return { ...statement, scope: { ...statement.scope, variables } };
}

function exhibitOf(query: Query): Exhibit {
  const script = scriptOf(query);
  return {
    kind: "text",
    title: `SMT-LIB query ${digestOf(script)} (unsatisfiable = the theorem holds)`,
    text: script,
    language: "smt2",
  };
}

/** The premises named in an unsat core. */
function premisesIn(core: unknown): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(core) ? core : [];
  return entries
    .filter((entry) => typeof entry === "string" && entry.startsWith("premise: "))
    .map((entry) => String(entry).slice("premise: ".length));
}

export async function checkTheorem(theorem: Theorem, context: CheckContext): Promise<Outcome> {
  const statement = readTheorem(theorem);
  const session = new Session({ timeMs: context.budget.timeMs, signal: context.signal });
  const goal = queryOf(statement, true);
  const details = () => ({ exhibits: [exhibitOf(goal)], stats: session.stats });
  const undecided = (reason: string): Outcome =>
    makeOutcome(
      { claim: "universal", method: null, observation: { kind: "unknown", reason } },
      details(),
    );

  const proved = (query: Query, answer: Answer, remark: string): Outcome => {
    const used = premisesIn(answer.details[0]);
    const unused = [...statement.premises.keys()].filter((name) => !used.includes(name));
    return makeOutcome(
      { claim: "universal", method: "smt-valid", observation: { kind: "holds" } },
      {
        exhibits: [exhibitOf(query)],
        stats: session.stats,
        evidence: [
          `the premises with the negated conclusion are unsatisfiable (SMT-LIB ${digestOf(scriptOf(query))})${remark}`,
          used.length === 0 ? "no premise is needed" : `premises used: ${used.join(", ")}`,
          ...(unused.length === 0 ? [] : [`not needed for this proof: ${unused.join(", ")}`]),
          "the premises alone are satisfiable",
        ].join("; "),
      },
    );
  };

  context.progress("are the premises satisfiable?");
  const premises = await session.ask(queryOf(statement, false));
  if (premises.status === "unknown") {
    return undecided(
      `the solver could not decide whether the premises are satisfiable: ${premises.reason}`,
    );
  }
  if (premises.status === "unsat") {
    const core = premisesIn(premises.details[0]);
    const divided = divisorsIn([...statement.premises.values()]).length > 0;
    const reason = `the premises contradict each other: ${core.join(", ")}${divided ? " (no divisor in them being zero)" : ""}`;
    return makeOutcome(
      { claim: "universal", method: null, observation: { kind: "vacuous", reason } },
      details(),
    );
  }

  context.progress("is there a counterexample?");
  const relaxed = relax(statement);
  if (relaxed !== null) {
    // Products of integers and reals are hard for the solver, products of reals are not; what holds
    // for all reals holds for the integers among them.
    const query = queryOf(relaxed, true);
    const answer = await session.ask(query, context.budget.timeMs / 3);
    if (answer.status === "unsat") {
      return proved(query, answer, "; it holds even for real values of the integer variables");
    }
  }
  const answer = await session.ask(goal);
  if (answer.status === "unknown") {
    return undecided(`the solver could not decide the theorem: ${answer.reason}`);
  }
  if (answer.status === "unsat") return proved(goal, answer, "");

  const values = readValues(answer.details[0]);
  const enums = new EnumCodes();
  const assignment = new Map<string, ExactValue>();
  for (const [name, type] of statement.scope.variables) {
    const raw = values.get(name);
    const value = raw === undefined ? null : readValue(raw, type, enums);
    if (value === null) {
      return undecided(
        `a counterexample exists, but its value of ${name} is not a rational number`,
      );
    }
    assignment.set(name, value);
  }
  const judged = judge(statement, assignment);
  return makeOutcome(
    {
      claim: "universal",
      method: "smt-valid",
      observation: { kind: "refuted", replayed: judged.refutes },
    },
    {
      ...details(),
      evidence: judged.refutes
        ? "the solver's assignment was evaluated again with exact arithmetic"
        : `the solver's assignment does not refute the theorem in exact arithmetic: ${judged.why}`,
      counterexample: counterexampleOf(theorem, statement, assignment),
    },
  );
}

interface Judgement {
  readonly refutes: boolean;
  readonly why: string;
}

/** Whether the assignment satisfies every premise and fails the conclusion, in exact arithmetic. */
function judge(statement: Statement, assignment: ReadonlyMap<string, ExactValue>): Judgement {
  const environment = { variable: (name: string) => assignment.get(name) };
  try {
    for (const [name, premise] of statement.premises) {
      if (evaluateExact(premise, environment) !== true) {
        return { refutes: false, why: `the premise "${name}" does not hold` };
      }
    }
    return evaluateExact(statement.conclusion, environment) === false
      ? { refutes: true, why: "" }
      : { refutes: false, why: "the conclusion holds" };
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      return { refutes: false, why: error.message };
    }
    throw error;
  }
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
