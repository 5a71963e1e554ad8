/** The initial context as a function of the parameters. */

import type { MachineModel } from "../../core/subject.ts";
import {
  build,
  type Expression,
  type Type,
  typeOfConstant,
  typeOfVariable,
} from "../../expr/index.ts";
import { NotExpressible } from "./system.ts";

/** A value that can be copied and nothing else: computing with it fails. */
interface Token {
  readonly parameter: string;
}

const tokens = new WeakSet();

export function makeToken(parameter: string): Token {
  const token = {
    parameter,
    [Symbol.toPrimitive](): never {
      throw new NotExpressible(`\`${parameter}\` is used in a computation outside of expressions`);
    },
  };
  tokens.add(token);
  return token;
}

export const isToken = (value: unknown): value is Token =>
  typeof value === "object" && value !== null && tokens.has(value);

/** A plain value as an expression of the type; null when it is not one. */
export function literalOf(value: unknown, type: Type): Expression | null {
  if (typeof value === "boolean") return type.kind === "bool" ? build.bool(value) : null;
  if (typeof value === "number") {
    return type.kind === "int" && Number.isSafeInteger(value) ? build.int(value) : null;
  }
  if (typeof value !== "string" || type.kind !== "enum") return null;
  return type.values.includes(value) ? build.text(value) : null;
}

/**
 * Every context field's initial value: a literal, or a parameter that was copied. Found by running
 * the context factory with tokens for the parameters, and checked by running it with numbers.
 * @throws {NotExpressible} when a field is computed from parameters in any other way
 */
export function initialContext(model: MachineModel): ReadonlyMap<string, Expression> {
  const parameters = Object.entries(model.parameters ?? {});
  const run = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    const { context } = model.machine.config as { context?: unknown };
    if (typeof context !== "function") return (context ?? {}) as Readonly<Record<string, unknown>>;
    const spawn = (): never => {
      throw new NotExpressible("the initial context spawns an actor");
    };
    const made: unknown = (context as (args: object) => unknown)({
      input: { ...model.input, ...values },
      spawn,
      self: {},
    });
    return made as Readonly<Record<string, unknown>>;
  };

  const symbolic = run(Object.fromEntries(parameters.map(([name]) => [name, makeToken(name)])));
  const initial = new Map<string, Expression>();
  for (const [field, value] of Object.entries(symbolic)) {
    if (isToken(value)) {
      initial.set(field, build.name(value.parameter));
      continue;
    }
    const declared = model.variables?.[field];
    const type = declared === undefined ? typeOfConstant(value) : typeOfVariable(declared);
    const literal = type === null ? null : literalOf(value, type);
    if (literal === null)
      throw new NotExpressible(
        `the initial value of \`${field}\` is ${JSON.stringify(value) ?? "undefined"}, which is not a plain value`,
      );
    initial.set(field, literal);
  }
  for (const [name] of parameters) {
    const value = initial.get(name);
    if (value?.kind !== "name" || value.name !== name) {
      throw new NotExpressible(`the parameter \`${name}\` is not copied into the context`);
    }
  }

  for (let sample = 0; sample < 4; sample++) {
    const values = Object.fromEntries(
      parameters.map(([name, { int, explore }], index) => {
        const [low, high] = int;
        const wanted = [explore, low, low + 1 + index, low + 1_000_003 + index][sample] ?? low;
        return [name, high === null ? wanted : Math.min(wanted, high)];
      }),
    );
    for (const [field, value] of Object.entries(run(values))) {
      const expected = initial.get(field);
      const agrees =
        expected?.kind === "name"
          ? value === values[expected.name]
          : expected !== undefined && literalMatches(expected, value);
      if (!agrees) {
        throw new NotExpressible(
          `the initial value of \`${field}\` is computed from the parameters`,
        );
      }
    }
  }
  return initial;
}

function literalMatches(expression: Expression, value: unknown): boolean {
  const type = typeOfConstant(value);
  const literal = type === null ? null : literalOf(value, type);
  const plain = (part: Expression): string =>
    JSON.stringify(part, (_key, inner: unknown) =>
      typeof inner === "bigint" ? `${inner}n` : inner,
    );
  return literal !== null && plain(literal) === plain(expression);
}
