/**
 * What functions are: the types of their arguments, what they do, when they fail, and whether a
 * symbolic analysis can follow them.
 */

import type { Accessor } from "./runtime/access.ts";
import type { ContextName, Item } from "./runtime/item.ts";
import type { Duration, Instant, Val, ValMap } from "./runtime/value.ts";

/** Reads a value of a record; `constant` is there when it is the same for every record. */
export interface Getter<T> {
  (item: Item): T;
  readonly constant?: { readonly value: T };
}

/** A function passed by name, applied to one value. */
export type FunctionByName = (item: Item, input: Val) => Val;
/** Calls the body with its parameters bound. */
export interface LambdaValue {
  readonly parameters: number;
  readonly call: (item: Item, ...values: readonly Val[]) => Val;
}

/**
 * What a parameter takes. `…Like` converts and passes nil on; the others refuse what has another
 * type. `literal…` must be written down in the statement; `…Path` must be a path, as it is written.
 */
export interface ParameterTypes {
  any: Getter<Val>;
  string: Getter<string>;
  stringLike: Getter<string | null>;
  int: Getter<bigint>;
  intLike: Getter<bigint | null>;
  float: Getter<number>;
  floatLike: Getter<number | null>;
  bool: Getter<boolean>;
  boolLike: Getter<boolean | null>;
  bytesLike: Getter<Uint8Array | null>;
  map: Getter<ValMap>;
  list: Getter<Val[]>;
  time: Getter<Instant>;
  duration: Getter<Duration>;
  literalString: string;
  literalInt: bigint;
  literalFloat: number;
  literalBool: boolean;
  anyPath: Accessor;
  mapPath: Accessor;
  listPath: Accessor;
  anyList: readonly Getter<Val>[];
  stringList: readonly Getter<string>[];
  mapList: readonly Getter<ValMap>[];
  /** A list in the statement, or anything that yields one. */
  stringLikeSlice: Getter<readonly (string | null)[]>;
  literalStrings: readonly string[];
  literalFloats: readonly number[];
  function: FunctionByName;
  lambda: LambdaValue;
}
export type ParameterType = keyof ParameterTypes;

export interface Parameter<T extends ParameterType = ParameterType, O extends boolean = boolean> {
  /** In snake case; matched after camel-casing. */
  readonly name: string;
  readonly type: T;
  readonly optional: O;
}
export const arg = <T extends ParameterType>(name: string, type: T): Parameter<T, false> => ({
  name,
  type,
  optional: false,
});
export const opt = <T extends ParameterType>(name: string, type: T): Parameter<T, true> => ({
  name,
  type,
  optional: true,
});

/** The arguments of one call, in the order of the parameters. */
export type Bound<P extends readonly Parameter[]> = {
  [K in keyof P]: P[K] extends Parameter<infer T, infer O>
    ? ParameterTypes[T] | (O extends true ? undefined : never)
    : never;
};
type Evaluated<T> = T extends Getter<infer V> ? V : T;
/** The arguments of one call on one record. */
export type Values<P extends readonly Parameter[]> = {
  [K in keyof P]: P[K] extends Parameter<infer T, infer O>
    ? Evaluated<ParameterTypes[T]> | (O extends true ? undefined : never)
    : never;
};

/** The version and the gates that decide what upstream does. */
export interface Level {
  /** The middle part of the version, e.g. 162. */
  readonly minor: number;
  /** v0.161: `set` of nil writes. */
  readonly nilIsWritten: boolean;
  readonly lambdas: boolean;
}
/** @throws RangeError when the text is no version such as `v0.162` */
export function levelOf(version: string, gates: readonly string[] = []): Level {
  const match = /^v?0\.(\d+)(?:\.\d+)?$/.exec(version);
  if (match === null) {
    throw new RangeError(`"${version}" is no version of the Collector, e.g. v0.162`);
  }
  const minor = Number(match[1]);
  const gate = (name: string, otherwise: boolean): boolean => {
    const set = gates.findLast((entry) => entry.replace(/^[+-]/, "") === name);
    return set === undefined ? otherwise : !set.startsWith("-");
  };
  return {
    minor,
    // Stable since v0.162: no gate switches it off any more.
    nilIsWritten: minor >= 162 || gate("ottl.set.allowNil", minor >= 161),
    lambdas: minor >= 157 && gate("ottl.functions.enableLambda", false),
  };
}
/** The newest version whose behaviour was studied. */
export const newest = "v0.162";

/** Upstream takes it, this engine does not know it: nothing can be said about the statement. */
export class NotKnownHere extends Error {}

/** How far a symbolic analysis follows a function. */
export type SymbolicForm =
  /** its value is a term over its arguments */
  | "exact"
  /** equal arguments give equal values, and nothing else is known */
  | "abstract"
  /** it is not a function of the record, or changes more than its target */
  | "out of model";

export interface FunctionSpec {
  readonly name: string;
  readonly kind: "editor" | "converter";
  readonly parameters: readonly Parameter[];
  /** What it yields, in the words of the data model; an editor yields nothing. */
  readonly returns: string;
  /** When it fails, beside arguments of a wrong type; null when it never does. */
  readonly fails: string | null;
  readonly symbolic: SymbolicForm;
  /** Version bounds, by the middle part. */
  readonly since: number;
  readonly until: number;
  /** Null: every context. */
  readonly contexts: readonly ContextName[] | null;
  /** Null: every component; else those that know it, e.g. `filter`. */
  readonly components: readonly string[] | null;
  /** Throws an Error when the arguments can never be right. */
  readonly build: (args: readonly unknown[], level: Level) => (item: Item) => Val;
}

interface Facts {
  readonly returns?: string;
  readonly fails?: string | null;
  readonly symbolic: SymbolicForm;
  readonly since?: number;
  readonly until?: number;
  readonly contexts?: readonly ContextName[];
  readonly components?: readonly string[];
}

/** A function that is built from its arguments. */
export function define<const P extends readonly Parameter[]>(
  name: string,
  parameters: P,
  facts: Facts,
  build: (args: Bound<P>, level: Level) => (item: Item) => Val,
): FunctionSpec {
  const editor = /^[a-z]/.test(name);
  return {
    name,
    kind: editor ? "editor" : "converter",
    parameters,
    returns: facts.returns ?? (editor ? "nothing" : "any"),
    fails: facts.fails ?? null,
    symbolic: facts.symbolic,
    since: facts.since ?? 0,
    until: facts.until ?? Infinity,
    contexts: facts.contexts ?? null,
    components: facts.components ?? null,
    build: build as FunctionSpec["build"],
  };
}

/** A converter that computes from the values of its arguments alone. */
export function pure<const P extends readonly Parameter[]>(
  name: string,
  parameters: P,
  facts: Facts,
  compute: (...values: Values<P>) => Val,
): FunctionSpec {
  const run = compute as (...values: unknown[]) => Val;
  const read = parameters.map(({ type }) => isEvaluated(type));
  return define(name, parameters, facts, (bound) => {
    const args = bound as readonly unknown[];
    if (parameters.length === 1 && read[0]! && args[0] !== undefined) {
      const only = args[0] as Getter<unknown>;
      return (item) => run(only(item));
    }
    return (item) => {
      const values: unknown[] = [];
      for (let i = 0; i < parameters.length; i++) {
        const value = args[i];
        values.push(read[i]! && value !== undefined ? (value as Getter<unknown>)(item) : value);
      }
      return run(...values);
    };
  });
}

const evaluated: ReadonlySet<ParameterType> = new Set([
  "any",
  "string",
  "stringLike",
  "int",
  "intLike",
  "float",
  "floatLike",
  "bool",
  "boolLike",
  "bytesLike",
  "map",
  "list",
  "time",
  "duration",
  "stringLikeSlice",
]);
const isEvaluated = (type: ParameterType): boolean => evaluated.has(type);
