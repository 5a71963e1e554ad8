/** Ways to reach a field of a record, shared by the contexts. */

import type { Buckets } from "../otlp/model.ts";
import { getIn, setIn, setMap, type Accessor, type KeyGetter } from "../runtime/access.ts";
import type { Item } from "../runtime/item.ts";
import { fail, Id, Instant, Part, typeName, type Val, type ValMap } from "../runtime/value.ts";

/** What stands behind a path, once its keys and the segments after it are known. */
export interface PathStep {
  readonly name: string;
  readonly keys: readonly KeyGetter[];
}
/** Null when there is no such path. */
export type PathDefinition = (steps: readonly PathStep[]) => Accessor | null;
export type Context = Readonly<Record<string, PathDefinition>>;

/** The type of a value that is written must be exactly one. */
export function expected(value: Val, type: string): never {
  return value === null
    ? fail("setting a value to nil is not supported")
    : fail(`expects ${type} but got ${typeName(value)}`);
}

/** A path of one segment; keys after it are ignored, as upstream does. */
export const only =
  (accessor: Accessor): PathDefinition =>
  () =>
    accessor;

type Of<T> = (item: Item) => T;
type Names<T, V> = { [K in keyof T]: T[K] extends V ? K : never }[keyof T];

export const text = <T>(of: Of<T>, name: Names<T, string>): PathDefinition =>
  only({
    get: (item) => of(item)[name] as string,
    set: (item, value) => {
      if (typeof value !== "string") expected(value, "string");
      (of(item) as Record<PropertyKey, unknown>)[name] = value;
    },
  });

/** An integer that the record holds in fewer bits: what does not fit is cut off. */
export const small = <T>(
  of: Of<T>,
  name: Names<T, number>,
  bits: "uint32" | "int32",
): PathDefinition =>
  only({
    get: (item) => BigInt(of(item)[name] as number),
    set: (item, value) => {
      if (typeof value !== "bigint") expected(value, "int64");
      (of(item) as Record<PropertyKey, unknown>)[name] = Number(
        bits === "uint32" ? BigInt.asUintN(32, value) : BigInt.asIntN(32, value),
      );
    },
  });

export const unsigned64 = <T>(of: Of<T>, name: Names<T, bigint>): Accessor => ({
  get: (item) => BigInt.asIntN(64, of(item)[name] as bigint),
  set: (item, value) => {
    if (typeof value !== "bigint") expected(value, "int64");
    (of(item) as Record<PropertyKey, unknown>)[name] = BigInt.asUintN(64, value);
  },
});

/** Nanoseconds as an integer, and the same field as an instant. */
export function time<T>(
  of: Of<T>,
  name: Names<T, bigint>,
): { nano: PathDefinition; at: PathDefinition } {
  return {
    nano: only(unsigned64(of, name)),
    at: only({
      get: (item) => new Instant(BigInt.asIntN(64, of(item)[name] as bigint)),
      set: (item, value) => {
        if (!(value instanceof Instant)) return expected(value, "time.Time");
        (of(item) as Record<PropertyKey, unknown>)[name] = BigInt.asUintN(64, value.ns);
      },
    }),
  };
}

const zeros = { trace: "0".repeat(32), span: "0".repeat(16) };
const padded = (hex: string, kind: "trace" | "span"): string => (hex === "" ? zeros[kind] : hex);
const unpadded = (hex: string): string => (/^0*$/.test(hex) ? "" : hex);

export const id =
  <T>(of: Of<T>, name: Names<T, string>, kind: "trace" | "span"): PathDefinition =>
  (steps) => {
    const write = (item: Item, hex: string): void => {
      (of(item) as Record<PropertyKey, unknown>)[name] = unpadded(hex);
    };
    if (steps.length === 1) {
      return {
        get: (item) => new Id(kind, padded(of(item)[name] as string, kind)),
        set: (item, value) => {
          const type = kind === "trace" ? "pcommon.TraceID" : "pcommon.SpanID";
          if (!(value instanceof Id) || value.of !== kind) return expected(value, type);
          write(item, value.hex);
        },
      };
    }
    if (steps[1]!.name !== "string") return null;
    return {
      get: (item) => padded(of(item)[name] as string, kind),
      set: (item, value) => {
        if (typeof value !== "string") return expected(value, "string");
        const length = zeros[kind].length;
        if (Buffer.byteLength(value) >> 1 !== length >> 1) {
          fail(`${kind} ids must be ${length} hex characters`);
        }
        if (!/^[0-9a-f]+$/i.test(value) || value.length !== length) {
          fail("encoding/hex: invalid byte");
        }
        write(item, value.toLowerCase());
      },
    };
  };

/** A map as a whole, or by keys. */
export const map =
  (of: Of<ValMap>): PathDefinition =>
  (steps) =>
    mapAccessor(of, steps[0]!.keys);

export function mapAccessor(of: Of<ValMap>, keys: readonly KeyGetter[]): Accessor {
  if (keys.length === 0) {
    return { get: of, set: (item, value) => setMap(of(item), value) };
  }
  const key = keys[0]!;
  if (keys.length === 1 && "known" in key && typeof key.known === "string") {
    const name = key.known;
    return {
      get: (item) => of(item).get(name) ?? null,
      set: (item, value) => {
        if (typeof value === "object") setIn(of(item), keys, item, value);
        else of(item).set(name, value);
      },
    };
  }
  return {
    get: (item) => getIn(of(item), keys, item),
    set: (item, value) => setIn(of(item), keys, item, value),
  };
}

/** What upstream gives for it is neither a list of records nor one that can be written. */
const uint64s = "[]uint64";
const signed = (count: bigint): bigint => BigInt.asIntN(64, count);

/** A list of integers that the record holds unsigned. */
export const counts = (of: Of<{ bucketCounts: bigint[] } | null>, type: string): Accessor => ({
  get: (item) => {
    const target = of(item);
    return target === null ? null : new Part(uint64s, target.bucketCounts.map(signed));
  },
  set: (item, value) => {
    const target = of(item) ?? fail(`expects ${type}`);
    const list =
      value instanceof Part && value.type === uint64s ? (value.value as bigint[]) : value;
    target.bucketCounts = listOf(list, "bigint", "int64").map((count) => BigInt.asUintN(64, count));
  },
});

/** Nil empties the list. */
export function listOf(value: Val, type: "bigint", name: string): bigint[];
export function listOf(value: Val, type: "number", name: string): number[];
export function listOf(value: Val, type: string, name: string): Val[] {
  if (value === null) return [];
  if (!Array.isArray(value)) {
    return fail(`invalid type provided for setting a slice of ${name}: ${typeName(value)}`);
  }
  for (const item of value) {
    if (typeof item !== type) {
      fail(`invalid value type provided for a slice of ${name}: ${typeName(item)}`);
    }
  }
  return Array.from(value);
}

export const copyBuckets = ({ offset, bucketCounts }: Buckets): Buckets => ({
  offset,
  bucketCounts: [...bucketCounts],
});
