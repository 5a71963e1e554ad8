/** Types and names: turns a parsed expression into one in which every name is known. */

import { DiagnosticError, type Diagnostic } from "../core/diagnostic.ts";
import type { Expression, Span } from "./ast.ts";
import { expressionError } from "./diagnose.ts";
import { parse } from "./parse.ts";
import { boolType, intType, realType, type Scope, type Type } from "./scope.ts";

export interface Typed {
  /** Bare enum values have become text literals; every remaining name is a variable. */
  readonly expression: Expression;
  readonly type: Type;
}

/**
 * Parses an expression and resolves it in a scope.
 * @param wanted the type that the place requires; without it any type is accepted
 * @throws {DiagnosticError} VRF201..VRF204, pointing into the text
 */
export function elaborate(text: string, scope: Scope, wanted?: Type): Typed {
  const checker = new Checker(text, scope);
  const parsed = parse(text);
  const typed = checker.check(parsed, wanted);
  if (wanted !== undefined) checker.expect(typed, wanted, parsed.span);
  return typed;
}

/** The mistakes of an expression as data; empty when there are none. */
export function checkExpression(
  text: string,
  scope: Scope,
  wanted: Type = boolType,
): readonly Diagnostic[] {
  try {
    elaborate(text, scope, wanted);
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return [error];
    throw error;
  }
}

const isNumeric = (type: Type): boolean => type.kind === "int" || type.kind === "real";

const describe = (type: Type): string => {
  switch (type.kind) {
    case "bool":
      return "a truth value";
    case "int":
      return "an integer";
    case "real":
      return "a real number";
    case "enum":
      return `one of ${type.values.join(", ")}`;
  }
};

class Checker {
  readonly #text: string;
  readonly #scope: Scope;
  #insideNext = false;

  constructor(text: string, scope: Scope) {
    this.#text = text;
    this.#scope = scope;
  }

  /** `hint` is the type that the neighbours suggest; it resolves bare enum values only. */
  check(expression: Expression, hint?: Type): Typed {
    switch (expression.kind) {
      case "bool":
        return { expression, type: boolType };
      case "int":
        return { expression, type: intType };
      case "text":
        return { expression, type: this.#textType(expression.value, expression.span, hint) };
      case "name":
        return this.#name(expression, hint);
      case "field":
        return { expression, type: this.#field(expression.field, expression.span) };
      case "at":
        this.#state(expression.path, expression.span);
        return { expression, type: boolType };
      case "event":
        this.#event(expression.type, expression.span);
        return { expression, type: boolType };
      case "next": {
        if (this.#scope.step !== true || this.#insideNext) {
          throw this.#error(
            "VRF202",
            this.#insideNext
              ? "`next` cannot be nested"
              : "`next` is only known in step predicates",
            expression.span,
            "a step predicate is given to alwaysStep(…)",
          );
        }
        this.#insideNext = true;
        const operand = this.check(expression.operand, hint);
        this.#insideNext = false;
        return { expression: { ...expression, operand: operand.expression }, type: operand.type };
      }
      case "unary": {
        const wanted = expression.operator === "not" ? boolType : intType;
        const operand = this.check(expression.operand, wanted);
        if (expression.operator === "-") this.#expectNumber(operand);
        else this.expect(operand, boolType);
        return {
          expression: { ...expression, operand: operand.expression },
          type: operand.type,
        };
      }
      case "extremum": {
        const operands = expression.operands.map((part) => this.check(part, intType));
        for (const operand of operands) this.#expectNumber(operand);
        return {
          expression: { ...expression, operands: operands.map((operand) => operand.expression) },
          type: operands.some((operand) => operand.type.kind === "real") ? realType : intType,
        };
      }
      case "if": {
        const condition = this.check(expression.condition, boolType);
        this.expect(condition, boolType);
        const [yes, no] = this.#pair(expression.yes, expression.no, hint);
        return {
          expression: {
            ...expression,
            condition: condition.expression,
            yes: yes.expression,
            no: no.expression,
          },
          type: this.#common(yes, no, "the branches of `? :`", expression.span),
        };
      }
      case "binary":
        return this.#binary(expression);
    }
  }

  #binary(expression: Expression & { kind: "binary" }): Typed {
    const { operator } = expression;
    const rebuild = (left: Typed, right: Typed, type: Type): Typed => ({
      expression: { ...expression, left: left.expression, right: right.expression },
      type,
    });
    switch (operator) {
      case "and":
      case "or":
      case "implies":
      case "iff": {
        const left = this.check(expression.left, boolType);
        const right = this.check(expression.right, boolType);
        this.expect(left, boolType);
        this.expect(right, boolType);
        return rebuild(left, right, boolType);
      }
      case "==":
      case "!=": {
        const [left, right] = this.#pair(expression.left, expression.right);
        this.#common(left, right, `the sides of \`${operator}\``, expression.span);
        return rebuild(left, right, boolType);
      }
      default: {
        const left = this.check(expression.left, intType);
        const right = this.check(expression.right, intType);
        this.#expectNumber(left);
        this.#expectNumber(right);
        if (
          operator !== "+" &&
          operator !== "-" &&
          operator !== "*" &&
          operator !== "/" &&
          operator !== "mod"
        ) {
          return rebuild(left, right, boolType);
        }
        if (operator === "/" && this.#scope.reals !== true) {
          throw this.#error(
            "VRF202",
            "`/` is not allowed in a model: its numbers are integers",
            expression.span,
            "multiply out, or use `mod` with a positive literal",
          );
        }
        if (operator === "mod") {
          this.expect(left, intType);
          this.expect(right, intType);
        }
        const real = operator === "/" || left.type.kind === "real" || right.type.kind === "real";
        return rebuild(left, right, real ? realType : intType);
      }
    }
  }

  /** Checks two parts that must have one type; the one that is known resolves the other. */
  #pair(first: Expression, second: Expression, hint?: Type): readonly [Typed, Typed] {
    if (this.#needsHint(first) && !this.#needsHint(second)) {
      const right = this.check(second, hint);
      return [this.check(first, right.type), right];
    }
    const left = this.check(first, hint);
    return [left, this.check(second, left.type)];
  }

  #needsHint(expression: Expression): boolean {
    switch (expression.kind) {
      case "text":
        return true;
      case "name":
        return !this.#scope.variables.has(expression.name);
      case "if":
        return this.#needsHint(expression.yes) && this.#needsHint(expression.no);
      case "next":
        return this.#needsHint(expression.operand);
      default:
        return false;
    }
  }

  #name(expression: Expression & { kind: "name" }, hint: Type | undefined): Typed {
    const { name, span } = expression;
    const type = this.#scope.variables.get(name);
    const isValue = hint?.kind === "enum" && hint.values.includes(name);
    if (type !== undefined && isValue && type.kind !== "enum") {
      throw this.#error(
        "VRF203",
        `\`${name}\` is both a variable and a value`,
        span,
        `write "${name}" in quotes for the value`,
      );
    }
    if (type !== undefined) return { expression, type };
    if (isValue) return { expression: { kind: "text", value: name, span }, type: hint };
    const known = [...this.#scope.variables.keys(), ...(hint?.kind === "enum" ? hint.values : [])];
    throw this.#error(
      "VRF203",
      `unknown name \`${name}\``,
      span,
      this.#scope.states?.has(name) === true
        ? `\`${name}\` is a state: write at(${name})`
        : suggestion(name, known),
    );
  }

  #textType(value: string, span: Span, hint: Type | undefined): Type {
    if (hint?.kind !== "enum") {
      throw this.#error(
        "VRF204",
        `nothing here can have the value "${value}"`,
        span,
        "quoted values are compared with variables of an enum type",
      );
    }
    if (!hint.values.includes(value)) {
      throw this.#error("VRF203", `unknown value "${value}"`, span, suggestion(value, hint.values));
    }
    return hint;
  }

  #field(field: string, span: Span): Type {
    const { events, event } = this.#scope;
    if (events === undefined || this.#insideNext) {
      throw this.#error(
        "VRF202",
        this.#insideNext
          ? "`next` speaks of the state after the step, not of events"
          : "there is no event to read here",
        span,
      );
    }
    const candidates = event === undefined ? [...events.keys()] : [event];
    const types = candidates
      .map((type) => events.get(type)?.get(field))
      .filter((type) => type !== undefined);
    const [first] = types;
    if (first === undefined) {
      const known = new Set(
        candidates.flatMap((type) => Array.from(events.get(type)?.keys() ?? [])),
      );
      throw this.#error(
        "VRF203",
        event === undefined
          ? `no event has a field \`${field}\``
          : `event ${event} has no field \`${field}\``,
        span,
        suggestion(field, [...known]),
      );
    }
    if (types.some((type) => type.kind !== first.kind)) {
      throw this.#error(
        "VRF204",
        `field \`${field}\` has different types in different events`,
        span,
      );
    }
    if (first.kind !== "enum") return first;
    const values = types.flatMap((type) => (type.kind === "enum" ? type.values : []));
    return { kind: "enum", values: [...new Set(values)] };
  }

  #state(path: string, span: Span): void {
    const { states } = this.#scope;
    if (states === undefined) {
      throw this.#error(
        "VRF202",
        "`at` is not known here: guards and updates do not see the state",
        span,
        "put the condition on the state's own transition, or use XState's stateIn",
      );
    }
    if (!states.has(path)) {
      throw this.#error("VRF203", `unknown state \`${path}\``, span, suggestion(path, [...states]));
    }
  }

  #event(type: string, span: Span): void {
    const { events, step } = this.#scope;
    if (step !== true || events === undefined || this.#insideNext) {
      throw this.#error(
        "VRF202",
        "`event(TYPE)` is only known in step predicates",
        span,
        "a step predicate is given to alwaysStep(…)",
      );
    }
    if (!events.has(type)) {
      throw this.#error(
        "VRF203",
        `unknown event \`${type}\``,
        span,
        suggestion(type, [...events.keys()]),
      );
    }
  }

  expect(typed: Typed, wanted: Type, span: Span = typed.expression.span): void {
    const { type } = typed;
    const fits =
      type.kind === wanted.kind ||
      (type.kind === "int" && wanted.kind === "real" && this.#scope.reals === true);
    if (!fits) {
      throw this.#error(
        "VRF204",
        `${describe(wanted)} is needed here, this is ${describe(type)}`,
        span,
      );
    }
    if (type.kind === "enum" && wanted.kind === "enum" && typed.expression.kind !== "text") {
      const foreign = type.values.find((value) => !wanted.values.includes(value));
      if (foreign !== undefined) {
        throw this.#error("VRF204", `the value "${foreign}" is not ${describe(wanted)}`, span);
      }
    }
  }

  #expectNumber(typed: Typed): void {
    if (isNumeric(typed.type)) return;
    throw this.#error(
      "VRF204",
      `a number is needed here, this is ${describe(typed.type)}`,
      typed.expression.span,
    );
  }

  #common(left: Typed, right: Typed, what: string, span: Span): Type {
    const [a, b] = [left.type, right.type];
    if (isNumeric(a) && isNumeric(b)) return a.kind === "real" ? a : b;
    if (a.kind === "enum" && b.kind === "enum") {
      if (a.values.some((value) => b.values.includes(value))) {
        return { kind: "enum", values: [...new Set([...a.values, ...b.values])] };
      }
    } else if (a.kind === b.kind) return a;
    throw this.#error(
      "VRF204",
      `${what} have different types: ${describe(a)}, and ${describe(b)}`,
      span,
    );
  }

  #error(
    code: "VRF202" | "VRF203" | "VRF204",
    message: string,
    span: Span,
    help?: string,
  ): DiagnosticError {
    return expressionError(code, message, this.#text, span, help);
  }
}

/** The nearest known name, or all of them. */
function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return "nothing is declared that could be meant";
  const nearest = known
    .map((candidate) => [candidate, distance(name.toLowerCase(), candidate.toLowerCase())] as const)
    .toSorted((a, b) => a[1] - b[1])[0];
  const list = `known: ${known.slice(0, 12).join(", ")}${known.length > 12 ? " …" : ""}`;
  return nearest !== undefined && nearest[1] <= Math.max(1, Math.ceil(name.length / 3))
    ? `did you mean \`${nearest[0]}\`? ${list}`
    : list;
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
