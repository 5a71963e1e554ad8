/** Reading and writing through paths: aliases of leaves, typed leaves, keys into maps and lists. */

import { withEntry, emptyMap, type Contents } from "./contents.ts";
import { isRecordValue, type Facts } from "./facts.ts";
import { leafType, rangeOf } from "./leaves.ts";
import {
  absent,
  and,
  apply,
  con,
  empty,
  int,
  is,
  isLiteral,
  isNil,
  ite,
  lessOrEqual,
  no,
  not,
  or,
  payload,
  real,
  type Tag,
  type Term,
  yes,
} from "./term.ts";

/** What keeps its value whatever is written. */
const fixed = (leaf: string, error: Term): Access => ({
  leaf,
  get: (value) => value,
  set: (old) => ({ value: old, error }),
  isIndexable: false,
});

/** A value, and when it cannot be had. */
export interface Pair {
  readonly value: Term;
  readonly error: Term;
}

/** How a path sees its leaf. */
export interface Access {
  readonly leaf: string;
  get(value: Term): Term;
  /** The new value of the leaf, and when writing fails. `old` is its value before. */
  set(old: Term, value: Term): Pair;
  /** Whether keys may follow. */
  readonly isIndexable: boolean;
}

const tagOfType: Readonly<Record<string, Tag>> = {
  string: "Str",
  int: "Int",
  bool: "Bool",
  bytes: "Bytes",
  map: "Map",
};

/** Upstream checks the type of what is written to a typed field; nil is no value of such a type. */
function typed(leaf: string, tag: Tag): Access {
  const limits = rangeOf(leaf);
  return {
    leaf,
    get: (value) => value,
    set: (old, value) => ({
      value: ite(is(tag, value), limits === null ? value : narrowed(leaf, value, limits), old),
      error: not(is(tag, value)),
    }),
    isIndexable: false,
  };
}

/** Fields of 32 bits keep what fits; of the rest some number is left. */
function narrowed(leaf: string, value: Term, [low, high]: readonly [number, number]): Term {
  const number = payload("Int", value);
  const fits = and(lessOrEqual(int(low), number), lessOrEqual(number, int(high)));
  return con("Int", ite(fits, number, apply(`narrowed ${leaf}`, "Int", [number])));
}

const timeAlias = /^(?:(start|end|observed)_)?time$/;

/** `null` for a path that is not modelled. */
export function accessOf(context: string, field: string): Access | null {
  const name = context === "instrumentation_scope" ? "scope" : context;
  const direct = `${name}.${field}`;
  if (timeAlias.test(field) && leafType(`${direct}_unix_nano`) === "int") {
    return {
      leaf: `${direct}_unix_nano`,
      get: (value) => con("Time", payload("Int", value)),
      set: (old, value) => ({
        value: ite(is("Time", value), con("Int", payload("Time", value)), old),
        error: not(is("Time", value)),
      }),
      isIndexable: false,
    };
  }
  if (direct === "log.body.string") {
    return {
      leaf: "log.body",
      get: asText,
      set: (old, value) => ({
        value: ite(is("Str", value), value, old),
        error: not(is("Str", value)),
      }),
      isIndexable: false,
    };
  }
  if (direct === "datapoint.value_int" || direct === "datapoint.value_double") {
    return numberAccess(direct);
  }
  const type = leafType(direct);
  if (type === "opaque") return null;
  if (direct === "spanevent.event_index") return fixed(direct, yes());
  // Writing it does nothing, and is no error.
  if (direct === "metric.type") return fixed(direct, no());
  if (type === "some-int" || type === "some-bool") {
    const tag = type === "some-int" ? "Int" : "Bool";
    return {
      leaf: direct,
      get: (value) => value,
      // A metric that has no such field takes the value and forgets it.
      set: (old, value) => ({
        value: ite(and(is(tag, value), not(isNil(old))), value, old),
        error: not(is(tag, value)),
      }),
      isIndexable: false,
    };
  }
  if (type === "any") {
    return {
      leaf: direct,
      get: (value) => value,
      set: (_, value) => ({ value: stored(value), error: cannotBeStored(value) }),
      isIndexable: true,
    };
  }
  if (type === "map") {
    return { ...typed(direct, "Map"), isIndexable: true };
  }
  const tag = tagOfType[type];
  return tag === undefined ? null : typed(direct, tag);
}

/** One number behind two paths: writing through one changes the type that the other sees. */
function numberAccess(path: string): Access {
  const wantsInt = path.endsWith("_int");
  const isDouble = (value: Term): Term => or(is("Dbl", value), is("Special", value));
  return {
    leaf: "datapoint.value",
    // A point that holds no single number reads as nil and refuses a value.
    get: (value) =>
      ite(
        is("Absent", value),
        value,
        wantsInt
          ? ite(is("Int", value), value, con("Int", int(0)))
          : ite(isDouble(value), value, con("Dbl", real(0))),
      ),
    set: (old, value) => {
      const fits = and(wantsInt ? is("Int", value) : isDouble(value), not(is("Absent", old)));
      return { value: ite(fits, value, old), error: not(fits) };
    },
    isIndexable: false,
  };
}

/** What a value becomes when it is stored in an attribute or a body: nil leaves it empty. */
export const stored = (value: Term): Term => ite(is("Absent", value), empty(), value);

/** Records hold no times and durations. */
export const cannotBeStored = (value: Term): Term => or(is("Time", value), is("Duration", value));

/** The text of any value, as OTLP consumers write it; only that of texts is known. */
export function asText(value: Term): Term {
  return con(
    "Str",
    ite(is("Str", value), payload("Str", value), apply("textOf", "String", [value])),
  );
}

export class Paths {
  readonly #contents: Contents;
  readonly #facts: Facts;

  constructor(contents: Contents, facts: Facts) {
    this.#contents = contents;
    this.#facts = facts;
  }

  /** Walks keys down from a value. A missing key ends the walk with nil, a scalar is an error. */
  read(from: Term, keys: readonly Pair[]): Pair {
    const [key, ...rest] = keys;
    if (key === undefined) return { value: from, error: no() };
    const entry = this.#entry(from, key);
    if (rest.length === 0) return entry;
    const inner = this.read(entry.value, rest);
    const isMissing = is("Absent", entry.value);
    return {
      value: ite(isMissing, absent(), inner.value),
      error: or(entry.error, and(not(isMissing), inner.error)),
    };
  }

  #entry(from: Term, key: Pair): Pair {
    const name = payload("Str", key.value);
    const index = payload("Int", key.value);
    const list = payload("List", from);
    const byName = and(is("Map", from), is("Str", key.value));
    const byIndex = and(is("List", from), is("Int", key.value));
    return {
      value: ite(
        byName,
        this.#contents.get(payload("Map", from), name),
        ite(byIndex, this.item(list, index), absent()),
      ),
      error: or(
        key.error,
        not(or(byName, byIndex)),
        and(byIndex, not(apply("hasItem", "Bool", [list, index]))),
      ),
    };
  }

  item(list: Term, index: Term): Term {
    if (list.op === "app" && /^list\d+$/.test(String(list.value)) && isLiteral(index)) {
      const found = list.args[Number(index.value)];
      if (found !== undefined) return found;
    }
    const value = apply("itemOf", "Val", [list, index]);
    this.#facts.add(value, and(isRecordValue(value), not(is("Absent", value))));
    return value;
  }

  /** The value with what is under the keys replaced. Empty values become maps on the way. */
  write(into: Term, keys: readonly Pair[], value: Term): Pair {
    const [key, ...rest] = keys;
    if (key === undefined) return { value: stored(value), error: cannotBeStored(value) };
    const name = payload("Str", key.value);
    const index = payload("Int", key.value);
    const map = ite(is("Map", into), payload("Map", into), emptyMap());
    const canHoldNames = and(or(is("Map", into), isNil(into)), is("Str", key.value));
    const underName = this.write(this.#contents.get(map, name), rest, value);
    const list = payload("List", into);
    const byIndex = and(is("List", into), is("Int", key.value));
    const growsList = and(isNil(into), is("Int", key.value));
    const written = con("Map", withEntry(map, name, underName.value));
    const withItem = con("List", apply("listSet", "Int", [list, index, value]));
    const grown = con("List", apply("listGrown", "Int", [index, value]));
    return {
      value: ite(canHoldNames, written, ite(growsList, grown, withItem)),
      error: or(
        key.error,
        not(or(canHoldNames, byIndex, growsList)),
        and(canHoldNames, underName.error),
        and(byIndex, not(apply("hasItem", "Bool", [list, index]))),
        // What may stand in the item, or below it, is not followed.
        and(or(byIndex, growsList), apply("failsInItem", "Bool", [list, index, value])),
      ),
    };
  }
}
