/**
 * Mutants by fixed operators: every guard, target and update of a machine, changed in every way that
 * the operators know, one change per mutant.
 *
 * Guards: a comparison is negated or moved by one (`<` to `<=`), `and` and `or` are exchanged, a
 * number grows or shrinks by one, the whole guard becomes true or false. Updates: the same inside
 * expressions, `+` and `-` exchanged, truth values flipped, one field or the whole action left out.
 * Targets: every other state beside it, or none; a transition left out.
 */

import { createMachine } from "xstate";

import type { MachineModel } from "../../core/subject.ts";
import {
  assignmentsOf,
  type BinaryOperator,
  build,
  type Expression,
  expressionTextOf,
  guard,
  parse,
  partsOf,
  print,
  update,
} from "../../expr/index.ts";

export interface Mutant {
  /** Where and what: `closed.on.CALL guard: active < concurrency => active <= concurrency`. */
  readonly label: string;
  readonly model: MachineModel;
}

type Config = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

const replacements: Readonly<Partial<Record<BinaryOperator, readonly BinaryOperator[]>>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  and: ["or"],
  or: ["and"],
  "+": ["-"],
  "-": ["+"],
};

/** Every expression that differs from the given one in a single place. */
function* variants(expression: Expression): Generator<Expression> {
  if (expression.kind === "binary") {
    for (const operator of replacements[expression.operator] ?? []) {
      yield { ...expression, operator };
    }
    for (const left of variants(expression.left)) yield { ...expression, left };
    for (const right of variants(expression.right)) yield { ...expression, right };
  } else if (expression.kind === "int") {
    yield build.int(expression.value + 1n);
    yield build.int(expression.value - 1n);
  } else if (expression.kind === "bool") {
    yield build.bool(!expression.value);
  } else if (expression.kind === "unary" || expression.kind === "next") {
    if (expression.kind === "unary" && expression.operator === "not") yield expression.operand;
    for (const operand of variants(expression.operand)) yield { ...expression, operand };
  } else if (expression.kind === "extremum") {
    yield { ...expression, operator: expression.operator === "min" ? "max" : "min" };
  } else if (partsOf(expression).length > 0) {
    throw new TypeError(`no operator changes ${print(expression)}`);
  }
}

/** `mod` needs a positive literal, and `seq mod 1` changes more than one place. */
function isWellFormed(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

const variantTexts = (text: string): readonly string[] =>
  [...variants(parse(text))]
    .map(print)
    .filter((variant) => variant !== text && isWellFormed(variant));

const isConfig = (value: unknown): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

interface Change {
  readonly label: string;
  readonly path: Path;
  /** undefined: left out. */
  readonly value: unknown;
}

function* actionChanges(action: unknown, where: string, path: Path): Generator<Change> {
  if (Array.isArray(action)) {
    for (const [index, one] of action.entries()) {
      yield* actionChanges(one, `${where}[${index}]`, [...path, index]);
    }
    return;
  }
  yield { label: `${where}: left out`, path, value: update({}) };
  const fields = assignmentsOf(action) ?? {};
  const texts = Object.entries(fields).map(([name, fn]) => [name, expressionTextOf(fn)] as const);
  const all = Object.fromEntries(
    texts.flatMap(([name, text]) => (text === null ? [] : [[name, text]])),
  );
  for (const [name, text] of Object.entries(all)) {
    const { [name]: _omitted, ...rest } = all;
    if (Object.keys(rest).length > 0) {
      yield { label: `${where}: ${name} left out`, path, value: update(rest) };
    }
    for (const variant of variantTexts(text)) {
      yield {
        label: `${where}: ${name} = ${text} => ${variant}`,
        path,
        value: update({ ...all, [name]: variant }),
      };
    }
  }
}

function* transitionChanges(
  transition: unknown,
  where: string,
  path: Path,
  states: readonly string[],
): Generator<Change> {
  if (Array.isArray(transition)) {
    for (const [index, one] of transition.entries()) {
      yield* transitionChanges(one, `${where}[${index}]`, [...path, index], states);
    }
    return;
  }
  if (!isConfig(transition)) return;
  yield { label: `${where}: left out`, path, value: { guard: guard("false") } };
  const { target } = transition;
  if (typeof target === "string") {
    for (const other of states) {
      if (other === target) continue;
      yield {
        label: `${where} target: ${target} => ${other}`,
        path: [...path, "target"],
        value: other,
      };
    }
    yield {
      label: `${where} target: ${target} => (no target)`,
      path: [...path, "target"],
      value: undefined,
    };
  }
  const text = expressionTextOf(transition["guard"]);
  if (text !== null) {
    for (const variant of new Set([...variantTexts(text), "true", "false"])) {
      yield {
        label: `${where} guard: ${text} => ${variant}`,
        path: [...path, "guard"],
        value: guard(variant),
      };
    }
  }
  if (transition["actions"] !== undefined) {
    yield* actionChanges(transition["actions"], `${where} update`, [...path, "actions"]);
  }
}

function* stateChanges(
  state: unknown,
  name: string,
  path: Path,
  siblings: readonly string[],
): Generator<Change> {
  if (!isConfig(state)) return;
  for (const kind of ["on", "after"] as const) {
    for (const [event, transition] of Object.entries((state[kind] ?? {}) as Config)) {
      yield* transitionChanges(
        transition,
        `${name}.${kind}.${event}`,
        [...path, kind, event],
        siblings,
      );
    }
  }
  if (state["always"] !== undefined) {
    yield* transitionChanges(state["always"], `${name}.always`, [...path, "always"], siblings);
  }
  for (const kind of ["entry", "exit"] as const) {
    if (state[kind] !== undefined) {
      yield* actionChanges(state[kind], `${name}.${kind}`, [...path, kind]);
    }
  }
  const children = (state["states"] ?? {}) as Config;
  const names = state["type"] === "parallel" ? [] : Object.keys(children);
  for (const [child, inner] of Object.entries(children)) {
    yield* stateChanges(
      inner,
      name === "" ? child : `${name}.${child}`,
      [...path, "states", child],
      names,
    );
  }
}

/** The configuration with another value at the path; what is not on the path is shared. */
function changed(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((one: unknown, index) =>
      index === key ? changed(one, rest, replacement) : one,
    );
  }
  const record = value as Config;
  return { ...record, [key]: changed(record[String(key)], rest, replacement) };
}

export function mutantsOf(model: MachineModel): readonly Mutant[] {
  const { actions, guards, delays } = model.machine.implementations;
  return [...stateChanges(model.machine.config, "", [], [])].map(({ label, path, value }) => ({
    label,
    model: {
      ...model,
      machine: createMachine(changed(model.machine.config, path, value) as never).provide({
        actions,
        guards,
        delays,
      }),
    },
  }));
}
