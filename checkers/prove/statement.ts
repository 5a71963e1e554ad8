/** A theorem as expressions and as queries. */

import type { Theorem } from "../../core/subject.ts";
import {
  boolType,
  build,
  elaborate,
  evaluateExact,
  type ExactValue,
  type Expression,
  nodesOf,
  realType,
  type Scope,
  scopeOfTheorem,
} from "../../expr/index.ts";
import type { Answer, Query } from "../../solver/solver.ts";
import { coreOf } from "./bmc.ts";
import {
  EnumCodes,
  readValue,
  readValues,
  sortName,
  symbol,
  type TermEnvironment,
  toTerm,
} from "./smt.ts";

/** A theorem with its expressions resolved. */
export interface Statement {
  readonly scope: Scope;
  readonly premises: ReadonlyMap<string, Expression>;
  readonly conclusion: Expression;
}

export function readTheorem(theorem: Theorem): Statement {
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
export function queryOf(statement: Statement, goal: boolean): Query {
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

export function divisorsIn(expressions: readonly Expression[]): readonly Expression[] {
  return expressions
    .flatMap((expression) => [...nodesOf(expression)])
    .flatMap((node) => (node.kind === "binary" && node.operator === "/" ? [node.right] : []));
}

/** The statement with real instead of integer variables; null when that changes its meaning. */
export function relax(statement: Statement): Statement | null {
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

/** The premises named in an unsat core. */
export function premisesIn(answer: Answer): readonly string[] {
  return coreOf(answer.details)
    .filter((entry) => entry.startsWith("premise: "))
    .map((entry) => entry.slice("premise: ".length));
}

/** The values of a satisfiable answer; the name of a variable whose value is not rational otherwise. */
export function readModel(
  statement: Statement,
  answer: Answer,
): ReadonlyMap<string, ExactValue> | string {
  const values = readValues(answer.details[0]);
  const enums = new EnumCodes();
  const assignment = new Map<string, ExactValue>();
  for (const [name, type] of statement.scope.variables) {
    const raw = values.get(name);
    const value = raw === undefined ? null : readValue(raw, type, enums);
    if (value === null) return name;
    assignment.set(name, value);
  }
  return assignment;
}

export interface Judgement {
  readonly refutes: boolean;
  readonly why: string;
}

/** Whether the assignment satisfies every premise and fails the conclusion, in exact arithmetic. */
export function judge(
  statement: Statement,
  assignment: ReadonlyMap<string, ExactValue>,
): Judgement {
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

/** Whether the assignment satisfies every premise, in exact arithmetic. */
export function satisfies(
  statement: Statement,
  assignment: ReadonlyMap<string, ExactValue>,
): boolean {
  const opposite: Statement = { ...statement, conclusion: build.bool(false) };
  return judge(opposite, assignment).refutes;
}
