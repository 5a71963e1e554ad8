/** What an expression may speak of: variables with their types, states, events. */

import type { EventDeclaration, MachineModel, Theorem, VariableType } from "../core/subject.ts";
import { variablesOf, type AnyModel, type SystemModel } from "../core/system.ts";

export type Type =
  | { readonly kind: "bool" }
  | { readonly kind: "int" }
  | { readonly kind: "real" }
  | { readonly kind: "enum"; readonly values: readonly string[] };

export interface Scope {
  readonly variables: ReadonlyMap<string, Type>;
  /** Dotted paths of the states that `at` may name; absent where there are no states to see. */
  readonly states?: ReadonlySet<string>;
  /** Payload types per event type; absent where there is no event to see. */
  readonly events?: ReadonlyMap<string, ReadonlyMap<string, Type>>;
  /** The one event type in which the expression is evaluated, when that is known. */
  readonly event?: string;
  /** Step predicates may use `event(TYPE)` and `next(e)`. */
  readonly step?: boolean;
  /** Exact rationals are available, and with them `/`. */
  readonly reals?: boolean;
}

export const boolType: Type = { kind: "bool" };
export const intType: Type = { kind: "int" };
export const realType: Type = { kind: "real" };

/** null: expressions cannot read it. */
export function typeOfVariable(declaration: VariableType): Type | null {
  if (declaration === "bool") return boolType;
  if ("values" in declaration) return null;
  return "int" in declaration ? intType : { kind: "enum", values: declaration.enum };
}

/** The type of a fixed value; null when expressions cannot read it. */
export function typeOfConstant(value: unknown): Type | null {
  if (typeof value === "boolean") return boolType;
  if (Number.isSafeInteger(value)) return intType;
  return typeof value === "string" ? { kind: "enum", values: [value] } : null;
}

/** The state paths below a machine's root, dotted: `open`, `open.waiting` … */
function statePathsOf(machine: MachineModel["machine"]): ReadonlySet<string> {
  const paths = new Set<string>();
  const visit = (node: MachineModel["machine"]["root"], prefix: string): void => {
    for (const [key, child] of Object.entries(node.states)) {
      paths.add(prefix + key);
      visit(child, `${prefix}${key}.`);
    }
  };
  visit(machine.root, "");
  return paths;
}

function payloadTypes(declaration: EventDeclaration): ReadonlyMap<string, Type> {
  const fields = new Map<string, Type>();
  for (const [field, values] of Object.entries(declaration)) {
    if (field === "type" || typeof values === "string") continue;
    if (values.every((value) => typeof value === "boolean")) fields.set(field, boolType);
    else if (values.every((value) => Number.isSafeInteger(value))) fields.set(field, intType);
    else if (values.every((value) => typeof value === "string")) {
      fields.set(field, { kind: "enum", values });
    }
    // A field of mixed or fractional values has no type: expressions cannot read it.
  }
  return fields;
}

/** The scope of state predicates of a model; of step predicates with `{ step: true }`. */
export function scopeOfModel(model: AnyModel, options: { step?: boolean } = {}): Scope {
  if ("machines" in model) return scopeOfSystem(model, options);
  const variables = new Map<string, Type>();
  for (const [name, type] of Object.entries(model.variables ?? {})) {
    const readable = typeOfVariable(type);
    if (readable !== null) variables.set(name, readable);
  }
  for (const name of Object.keys(model.parameters ?? {})) variables.set(name, intType);
  for (const [name, value] of Object.entries(model.input ?? {})) {
    const type = typeOfConstant(value);
    if (type !== null && !variables.has(name)) variables.set(name, type);
  }
  return {
    variables,
    states: statePathsOf(model.machine),
    events: new Map(model.events.map((event) => [event.type, payloadTypes(event)])),
    step: options.step ?? false,
  };
}

/** In a system states are `machine.path`; what two machines call alike must be of one type. */
function scopeOfSystem(model: SystemModel, options: { step?: boolean }): Scope {
  const variables = new Map<string, Type>();
  for (const [name, type] of Object.entries(variablesOf(model))) {
    const readable = typeOfVariable(type);
    if (readable !== null) variables.set(name, readable);
  }
  const states = new Set<string>();
  const events = new Map<string, ReadonlyMap<string, Type>>();
  for (const [machine, component] of Object.entries(model.machines)) {
    for (const name of Object.keys(component.parameters ?? {})) {
      variables.set(`${machine}_${name}`, intType);
    }
    for (const path of statePathsOf(component.machine)) states.add(`${machine}.${path}`);
    for (const event of component.events) events.set(event.type, payloadTypes(event));
  }
  for (const { carries } of Object.values(model.channels ?? {})) {
    for (const type of carries) if (!events.has(type)) events.set(type, new Map());
  }
  return { variables, states, events, step: options.step ?? false };
}

/** The scope of a guard or an update that runs in one event, or in any event. */
export function scopeOfTransition(model: MachineModel, event?: string): Scope {
  const { variables, events } = scopeOfModel(model);
  return {
    variables,
    ...(events === undefined ? {} : { events }),
    ...(event === undefined ? {} : { event }),
  };
}

export function scopeOfTheorem(theorem: Pick<Theorem, "variables">): Scope {
  const types = { Int: intType, Real: realType, Bool: boolType };
  return {
    variables: new Map(
      Object.entries(theorem.variables).map(([name, sort]) => [name, types[sort]]),
    ),
    reals: true,
  };
}
