/**
 * Expression -> JavaScript closure over numbers. Exact: an operation that leaves the safe integers
 * is an error, never a rounded value. Values are read when they are needed and in source order, so
 * that an engine that traces reads sees the same ones every time.
 */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { ModelEvent, ModelState, ModelStep } from "../core/property.ts";
import type { BinaryOperator, Expression } from "./ast.ts";
import { elaborate } from "./check.ts";
import { excerptOf } from "./diagnose.ts";
import { boolType, type Scope } from "./scope.ts";

export type Value = boolean | number | string;

type Context = Readonly<Record<string, unknown>>;

/** Context, state value and event before; context and state value after. */
type Run<T> = (
  context: Context,
  state: unknown,
  event: ModelEvent | undefined,
  nextContext: Context | undefined,
  nextState: unknown,
) => T;

/** Whether the dotted path is active in an XState state value. */
export function isActive(stateValue: unknown, path: readonly string[]): boolean {
  let value = stateValue;
  for (const key of path) {
    if (typeof value === "string") {
      if (value !== key) return false;
      value = undefined;
    } else if (typeof value === "object" && value !== null && Object.hasOwn(value, key)) {
      value = Reflect.get(value, key);
    } else {
      return false;
    }
  }
  return true;
}

/**
 * Compiles a state predicate of a model.
 * @throws {DiagnosticError} VRF201..VRF204 when the text is not a predicate in this scope
 */
export function compileState(text: string, scope: Scope): (state: ModelState) => boolean {
  const { expression } = elaborate(text, scope, boolType);
  const run = new Compiler(text).boolean(expression);
  return (state) => run(state.context, state.value, undefined, undefined, undefined);
}

/** Compiles a step predicate; the scope must have `step: true`. */
export function compileStep(text: string, scope: Scope): (step: ModelStep) => boolean {
  const { expression } = elaborate(text, { ...scope, step: true }, boolType);
  const run = new Compiler(text).boolean(expression);
  return (step) =>
    run(step.before.context, step.before.value, step.event, step.after.context, step.after.value);
}

/** Compiles an expression of a guard, whose names are looked up when it runs. */
export function compileGuard(
  text: string,
  expression: Expression,
): (context: Context, event: ModelEvent) => boolean {
  const run = new Compiler(text).boolean(expression);
  return (context, event) => run(context, undefined, event, undefined, undefined);
}

/** Compiles an expression of an update; a bare unknown name is an enum value. */
export function compileUpdate(
  text: string,
  expression: Expression,
): (context: Context, event: ModelEvent) => Value {
  const run = new Compiler(text).any(expression, true);
  return (context, event) => run(context, undefined, event, undefined, undefined);
}

const comparisons: Readonly<Partial<Record<BinaryOperator, (a: number, b: number) => boolean>>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

class Compiler {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  boolean(expression: Expression): Run<boolean> {
    switch (expression.kind) {
      case "bool": {
        const { value } = expression;
        return () => value;
      }
      case "name":
      case "field": {
        const read = this.#read(expression);
        return (c, s, e, nc, ns) => {
          const value = read(c, s, e, nc, ns);
          if (typeof value === "boolean") return value;
          throw this.#wrong(expression, "a truth value", value);
        };
      }
      case "at": {
        const path = expression.path.split(".");
        return (_c, s) => {
          if (s === undefined) throw this.#unseen(expression, "the state");
          return isActive(s, path);
        };
      }
      case "event": {
        const { type } = expression;
        return (_c, _s, e) => {
          if (e === undefined) throw this.#unseen(expression, "the event");
          return e.type === type;
        };
      }
      case "next":
        return this.#next(expression, this.boolean(expression.operand));
      case "if":
        return this.#choose(expression, (part) => this.boolean(part));
      case "unary":
        if (expression.operator === "not") {
          const operand = this.boolean(expression.operand);
          return (c, s, e, nc, ns) => !operand(c, s, e, nc, ns);
        }
        break;
      case "binary": {
        const { operator } = expression;
        const compare = comparisons[operator];
        if (compare !== undefined) {
          const left = this.number(expression.left);
          const right = this.number(expression.right);
          return (c, s, e, nc, ns) => compare(left(c, s, e, nc, ns), right(c, s, e, nc, ns));
        }
        if (operator === "==" || operator === "!=") return this.#equality(expression);
        if (
          operator === "and" ||
          operator === "or" ||
          operator === "implies" ||
          operator === "iff"
        ) {
          const left = this.boolean(expression.left);
          const right = this.boolean(expression.right);
          switch (operator) {
            case "and":
              return (c, s, e, nc, ns) => left(c, s, e, nc, ns) && right(c, s, e, nc, ns);
            case "or":
              return (c, s, e, nc, ns) => left(c, s, e, nc, ns) || right(c, s, e, nc, ns);
            case "implies":
              return (c, s, e, nc, ns) => !left(c, s, e, nc, ns) || right(c, s, e, nc, ns);
            case "iff":
              return (c, s, e, nc, ns) => left(c, s, e, nc, ns) === right(c, s, e, nc, ns);
          }
        }
        break;
      }
      default:
    }
    throw this.#typeError(expression, "a truth value is needed here");
  }

  number(expression: Expression): Run<number> {
    switch (expression.kind) {
      case "int": {
        const value = Number(expression.value);
        return () => value;
      }
      case "name":
      case "field": {
        const read = this.#read(expression);
        return (c, s, e, nc, ns) => {
          const value = read(c, s, e, nc, ns);
          if (typeof value !== "number") throw this.#wrong(expression, "an integer", value);
          if (!Number.isSafeInteger(value)) throw this.#inexact(expression, value);
          return value;
        };
      }
      case "next":
        return this.#next(expression, this.number(expression.operand));
      case "if":
        return this.#choose(expression, (part) => this.number(part));
      case "unary":
        if (expression.operator === "-") {
          const operand = this.number(expression.operand);
          return (c, s, e, nc, ns) => 0 - operand(c, s, e, nc, ns); // 0 - x is never -0
        }
        break;
      case "extremum": {
        const operands = expression.operands.map((part) => this.number(part));
        const pick = expression.operator === "min" ? Math.min : Math.max;
        return (c, s, e, nc, ns) => pick(...operands.map((operand) => operand(c, s, e, nc, ns)));
      }
      case "binary": {
        const { operator } = expression;
        if (operator === "/") {
          throw this.#typeError(expression, "`/` has no meaning on the integers of a model");
        }
        if (operator !== "+" && operator !== "-" && operator !== "*" && operator !== "mod") break;
        const left = this.number(expression.left);
        const right = this.number(expression.right);
        const exact = (value: number): number => {
          if (!Number.isSafeInteger(value)) throw this.#inexact(expression, value);
          return value;
        };
        switch (operator) {
          case "+":
            return (c, s, e, nc, ns) => exact(left(c, s, e, nc, ns) + right(c, s, e, nc, ns));
          case "-":
            return (c, s, e, nc, ns) => exact(left(c, s, e, nc, ns) - right(c, s, e, nc, ns));
          case "*": // adding 0 turns -0 into 0
            return (c, s, e, nc, ns) => exact(left(c, s, e, nc, ns) * right(c, s, e, nc, ns) + 0);
          case "mod":
            return (c, s, e, nc, ns) => {
              const divisor = right(c, s, e, nc, ns);
              const remainder = left(c, s, e, nc, ns) % divisor;
              return remainder < 0 ? remainder + divisor : remainder + 0;
            };
        }
        break;
      }
      default:
    }
    throw this.#typeError(expression, "a number is needed here");
  }

  /** Of any type; `bare` names that are no variables stand for themselves as enum values. */
  any(expression: Expression, bare: boolean): Run<Value> {
    switch (expression.kind) {
      case "text": {
        const { value } = expression;
        return () => value;
      }
      case "name":
      case "field": {
        const read = this.#read(expression, bare);
        return (c, s, e, nc, ns) => {
          const value = read(c, s, e, nc, ns);
          if (typeof value === "string" || typeof value === "boolean") return value;
          if (typeof value !== "number") throw this.#wrong(expression, "a plain value", value);
          if (!Number.isSafeInteger(value)) throw this.#inexact(expression, value);
          return value;
        };
      }
      case "next":
        return this.#next(expression, this.any(expression.operand, bare));
      case "if":
        return this.#choose(expression, (part) => this.any(part, bare));
      case "int":
      case "extremum":
        return this.number(expression);
      case "unary":
        return expression.operator === "-" ? this.number(expression) : this.boolean(expression);
      case "binary":
        return ["+", "-", "*", "/", "mod"].includes(expression.operator)
          ? this.number(expression)
          : this.boolean(expression);
      default:
        return this.boolean(expression);
    }
  }

  #equality(expression: Expression & { kind: "binary" }): Run<boolean> {
    const left = this.any(expression.left, true);
    const right = this.any(expression.right, true);
    const negated = expression.operator === "!=";
    return (c, s, e, nc, ns) => {
      const a = left(c, s, e, nc, ns);
      const b = right(c, s, e, nc, ns);
      if (typeof a !== typeof b) {
        throw this.#typeError(
          expression,
          `${JSON.stringify(a)} and ${JSON.stringify(b)} cannot be compared`,
        );
      }
      return (a === b) !== negated;
    };
  }

  #choose<T>(
    expression: Expression & { kind: "if" },
    compile: (part: Expression) => Run<T>,
  ): Run<T> {
    const condition = this.boolean(expression.condition);
    const yes = compile(expression.yes);
    const no = compile(expression.no);
    return (c, s, e, nc, ns) =>
      condition(c, s, e, nc, ns) ? yes(c, s, e, nc, ns) : no(c, s, e, nc, ns);
  }

  #next<T>(expression: Expression, operand: Run<T>): Run<T> {
    return (_c, _s, _e, nc, ns) => {
      if (nc === undefined) throw this.#unseen(expression, "the state after the step");
      return operand(nc, ns, undefined, undefined, undefined);
    };
  }

  #read(expression: Expression & { kind: "name" | "field" }, bare = false): Run<unknown> {
    if (expression.kind === "field") {
      const { field } = expression;
      return (_c, _s, e) => {
        if (e === undefined) throw this.#unseen(expression, "the event");
        if (!(field in e)) {
          throw this.#unknown(expression, `event ${e.type} has no field \`${field}\``);
        }
        return (e as Readonly<Record<string, unknown>>)[field];
      };
    }
    const { name } = expression;
    return (c) => {
      if (name in c) return c[name];
      if (bare) return name;
      throw this.#unknown(expression, `unknown name \`${name}\``);
    };
  }

  #unknown(expression: Expression, message: string): DiagnosticError {
    return new DiagnosticError("VRF203", message, {
      excerpt: excerptOf(this.#text, expression.span),
    });
  }

  #unseen(expression: Expression, what: string): DiagnosticError {
    return new DiagnosticError("VRF202", `${what} is not visible here`, {
      excerpt: excerptOf(this.#text, expression.span),
    });
  }

  #typeError(expression: Expression, message: string): DiagnosticError {
    return new DiagnosticError("VRF204", message, {
      excerpt: excerptOf(this.#text, expression.span),
    });
  }

  #wrong(expression: Expression, wanted: string, value: unknown): DiagnosticError {
    return this.#typeError(
      expression,
      `${wanted} is needed here, the value is ${JSON.stringify(value) ?? "undefined"}`,
    );
  }

  #inexact(expression: Expression, value: number): DiagnosticError {
    return new DiagnosticError(
      "VRF103",
      `${value} is not an integer that a number represents exactly`,
      { excerpt: excerptOf(this.#text, expression.span) },
    );
  }
}
