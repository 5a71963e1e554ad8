/** Cases of the language itself: syntax, tokens, comparison, arithmetic, sequences. */

import { compileValue, type Fixture } from "../compile.ts";
import { arg, levelOf, pure } from "../registry.ts";
import { evaluateConditions, runSequence, type ErrorMode } from "../sequence.ts";
import { plainValue } from "../runtime/printf.ts";
import { compare } from "../runtime/compare.ts";
import { emptyItem } from "../runtime/item.ts";
import { Duration, EvaluationError, fail, Instant, type Val } from "../runtime/value.ts";
import { tokenize } from "../syntax/lexer.ts";
import { parseCondition, parseStatement, parseValueExpression } from "../syntax/parser.ts";
import { prependContext } from "../syntax/paths.ts";
import type { CompareOperator } from "../syntax/ast.ts";
import {
  array,
  decide,
  object,
  string,
  unsupported,
  type CaseResult,
  type Json,
} from "./result.ts";

const level = levelOf("v0.143");
const item = emptyItem({
  resource: { attributes: new Map(), droppedAttributesCount: 0 },
  schemaUrl: "",
  scopes: [],
});

type Run = (row: Json) => string | null;

const syntax =
  (parse: (text: string) => unknown): Run =>
  (row) => {
    let error: string | null = null;
    try {
      parse(string(row["input"]));
    } catch (caught) {
      error = (caught as Error).message;
    }
    if ((error === null) !== row["valid"]) return error ?? "should be refused";
    const wanted = row["error_contains"];
    if (wanted === undefined || error?.includes(string(wanted)) === true) return null;
    return `expected an error with "${string(wanted)}", got ${error}`;
  };

const operators: Readonly<Record<string, CompareOperator>> = {
  eq: "==",
  ne: "!=",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};

function operand(given: unknown): Val {
  const [[kind, value]] = Object.entries(object(given)) as [[string, unknown]];
  switch (kind) {
    case "nil":
    case "nilbytes":
      return null;
    case "bool":
      return value as boolean;
    case "int":
      return BigInt(value as string);
    case "double":
      return Number(value);
    case "string":
      return string(value);
    case "bytes":
      return Uint8Array.from(Buffer.from(string(value), "hex"));
    case "duration":
      return new Duration(BigInt(value as string));
    case "time":
      return new Instant(BigInt(value as string));
    default:
      return unsupported(`an operand of the kind ${kind}`);
  }
}

const comparison: Run = (row) => {
  const [a, b] = [operand(row["a"]), operand(row["b"])];
  for (const [name, wanted] of Object.entries(object(row["want"]))) {
    const operator = operators[name] ?? unsupported(`the operator ${name}`);
    const found = compare(a, b, operator);
    if (found !== wanted) return `${name}: expected ${String(wanted)}, got ${found}`;
  }
  return null;
};

const one = (name: string, value: Val) => pure(name, [], { symbolic: "exact" }, () => value);
const fixture: Fixture = {
  paths: new Map<string, Val>([
    ["one", 1n],
    ["two", 2n],
    ["three.one", 3.1],
  ]),
  functions: new Map(
    [
      one("One", 1n),
      one("Two", 2n),
      one("ThreePointOne", 3.1),
      pure("Sum", [arg("list", "list")], { symbolic: "exact" }, (list) =>
        (list as bigint[]).reduce((sum, value) => sum + value, 0n),
      ),
    ].map((spec) => [spec.name, spec]),
  ),
};

/** A constant of Go: a number, one in `int64(…)` or `float64(…)`, or plain arithmetic of numbers. */
function goConstant(text: string): Val {
  const inner = /^(int64|float64)\((.*)\)$/.exec(text.trim());
  const body = (inner?.[2] ?? text).trim();
  if (/^-?\d+$/.test(body)) return inner?.[1] === "float64" ? Number(body) : BigInt(body);
  if (/^-?(?:\d+\.\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(body)) return Number(body);
  const names: Readonly<Record<string, bigint>> = {
    "math.MaxInt64": 2n ** 63n - 1n,
    "math.MinInt64": -(2n ** 63n),
  };
  const named = names[body];
  if (named !== undefined) return named;
  const binary = /^(.+?)\s*([+*/-])\s*([^+*/-]+)$/.exec(body);
  if (binary === null) return unsupported(`the Go expression ${text}`);
  const [a, b] = [goConstant(binary[1]!), goConstant(binary[3]!)];
  const float = typeof a === "number" || typeof b === "number";
  const [x, y] = [Number(a), Number(b)];
  const value = { "+": x + y, "-": x - y, "*": x * y, "/": float ? x / y : Math.trunc(x / y) }[
    binary[2] as "+" | "-" | "*" | "/"
  ];
  return float ? value : BigInt(value);
}

function calculated(text: string): Val {
  const options = { context: "log", level, component: "transform", fixture } as const;
  return compileValue(parseValueExpression(text), options)(item);
}

const math: Run = (row) => {
  const wanted = goConstant(string(row["expected_go_expr"]));
  const found = calculated(string(row["input"]));
  const close =
    typeof wanted === "number" && typeof found === "number" && Math.abs(wanted - found) < 1e-9;
  return wanted === found || close
    ? null
    : `expected ${plainValue(wanted)}, got ${plainValue(found)}`;
};

const mathError: Run = (row) => {
  try {
    return `expected an error, got ${plainValue(calculated(string(row["input"])))}`;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    const wanted = row["error_contains"] ?? row["error"] ?? row["expected_error"];
    if (typeof wanted !== "string" || error.message.includes(wanted)) return null;
    return `expected an error with "${wanted}", got ${error.message}`;
  }
};

/** The table is of v0.121, when numbers carried their signs. */
const tokens: Run = (row) => {
  let found: (readonly [string, string])[];
  try {
    found = tokenize(string(row["input"]), true)
      .slice(0, -1)
      .map(({ kind, text }) => [kind, text]);
  } catch (error) {
    return row["error"] === true ? null : (error as Error).message;
  }
  if (row["error"] === true) return "should be refused";
  const [a, b] = [JSON.stringify(row["tokens"]), JSON.stringify(found)];
  return a === b ? null : `expected ${a}, got ${b}`;
};

const prepended: Run = (row) => {
  const text = string(row["statement"]);
  const names = new Set(array(row["path_context_names"]).map(string));
  const context = string(row["context"]);
  const wanted = row["expected"];
  if (!names.has(context))
    return wanted === undefined || row["error"] !== undefined ? null : "the context is not known";
  const found = prependContext(text, parseStatement(text), context, names);
  return found === wanted ? null : `expected ${String(wanted)}, got ${found}`;
};

const conditions: Run = (row) => {
  const list = array(row["conditions"]).map(
    (condition) => (): boolean =>
      condition === "error" ? fail("planted") : (condition as boolean),
  );
  const { error_mode: mode, logic, expected } = row;
  let found: boolean | string;
  try {
    found = evaluateConditions(list, item, mode as ErrorMode, logic as "or" | "and");
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    found = "error";
  }
  const wanted = row["returns_error"] === true || expected === "error" ? "error" : expected;
  return found === wanted ? null : `expected ${String(wanted)}, got ${String(found)}`;
};

const sequence: Run = (row) => {
  const from = string(row["error_from"]);
  const planted = (): never => fail("planted");
  const statement = {
    applies: from === "condition" ? planted : () => true,
    edit: from === "function" ? planted : () => {},
  };
  if (from !== "condition" && from !== "function") unsupported(`an error from ${from}`);
  let failed = false;
  try {
    runSequence([statement], item, row["error_mode"] as ErrorMode);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    failed = true;
  }
  return failed === row["returns_error"] ? null : `an error was ${failed ? "" : "not "}returned`;
};

const sections: Readonly<Record<string, Run>> = {
  syntax_statements: syntax(parseStatement),
  syntax_conditions: syntax(parseCondition),
  syntax_value_expressions: syntax(parseValueExpression),
  compare: comparison,
  math,
  math_errors: mathError,
  lexer: tokens,
  prepend_context: prepended,
  condition_sequence: conditions,
  statement_sequence_error_modes: sequence,
};

export function unitCases(file: Json): CaseResult[] {
  return Object.entries(file).flatMap(([section, rows]) => {
    if (section === "meta") return [];
    const run = Object.hasOwn(sections, section) ? sections[section] : undefined;
    return array(rows).map((entry, i) => {
      const row = object(entry);
      const name = row["name"] ?? row["input"] ?? row["error_from"];
      const id = `${section}#${i + 1}${typeof name === "string" ? ` ${name}` : ""}`;
      return decide(id, section, () =>
        run === undefined ? unsupported(`the section ${section}`) : run(row),
      );
    });
  });
}
