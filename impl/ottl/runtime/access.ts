/** Reading and writing values by keys. */

import { fail, kindName, store, stored, typeName, type Val, type ValMap } from "./value.ts";
import type { Item } from "./item.ts";

/** An index: known when the statement is built, or a value of each record. */
export type KeyGetter = { readonly known: string | bigint } | { readonly get: (item: Item) => Val };

/** A path or the like that can be read and written. */
export interface Accessor {
  readonly get: (item: Item) => Val;
  readonly set: (item: Item, value: Val) => void;
}

export function mapKey(key: KeyGetter, item: Item): string {
  if ("known" in key) {
    return typeof key.known === "string"
      ? key.known
      : fail("unable to resolve a string index in map: invalid key type");
  }
  const value = key.get(item);
  return typeof value === "string"
    ? value
    : fail(
        `unable to resolve a string index in map: could not resolve key for map/slice, expecting 'string' but got '${typeName(value)}'`,
      );
}

function listIndex(key: KeyGetter, item: Item, length: number): number {
  let index: Val;
  if ("known" in key) {
    index = key.known;
    if (typeof index !== "bigint") {
      return fail("unable to resolve an integer index in slice: invalid key type");
    }
  } else {
    index = key.get(item);
    if (typeof index !== "bigint") {
      return fail(
        `unable to resolve an integer index in slice: could not resolve key for map/slice, expecting 'int64' but got '${typeName(index)}'`,
      );
    }
  }
  if (index < 0n || index >= BigInt(length)) return fail(`index ${index} out of bounds`);
  return Number(index);
}

/** Nil where a map has no such key. */
export function getIn(container: Val, keys: readonly KeyGetter[], item: Item, from = 0): Val {
  let value = container;
  for (let i = from; i < keys.length; i++) {
    const key = keys[i]!;
    if (value instanceof Map) {
      const found = value.get(mapKey(key, item));
      if (found === undefined) return null;
      value = found;
    } else if (Array.isArray(value)) {
      value = value[listIndex(key, item, value.length)]!;
    } else {
      return fail(`type ${kindName(value)} does not support string indexing`);
    }
  }
  return value;
}

/** Keys of maps are made on the way, and stay when a later step fails, as upstream leaves them. */
export function setIn(
  container: ValMap | Val[],
  keys: readonly KeyGetter[],
  item: Item,
  value: Val,
): void {
  let parent: ValMap | Val[] = container;
  for (let i = 0; ; i++) {
    const key = keys[i]!;
    let current: Val;
    let put: (next: Val) => void;
    if (parent instanceof Map) {
      const map = parent;
      const name = mapKey(key, item);
      const found = map.get(name);
      if (found === undefined) map.set(name, null);
      current = found ?? null;
      put = (next) => void map.set(name, next);
    } else {
      const items = parent;
      const index = listIndex(key, item, items.length);
      current = items[index]!;
      put = (next) => void (items[index] = next);
    }
    if (i === keys.length - 1) {
      // The place is made before the value is copied, which a value that holds the place shows.
      if (value instanceof Map && !(current instanceof Map)) put(new Map());
      else if (Array.isArray(value) && !Array.isArray(current)) put([]);
      store(value, put);
      return;
    }
    if (current instanceof Map || Array.isArray(current)) parent = current;
    else if (current === null) {
      parent = madeFor(keys[i + 1]!, item);
      put(parent);
    } else fail(`type ${kindName(current)} does not support string indexing`);
  }
}

const longestMade = 100_000n;

/** Below an empty value a text makes a map, and an index a list that is long enough. */
function madeFor(key: KeyGetter, item: Item): ValMap | Val[] {
  const value = "known" in key ? key.known : key.get(item);
  if (typeof value === "string") return new Map();
  if (typeof value === "bigint") {
    // Upstream makes a list of any length; one that long is a mistake that would take the memory.
    if (value > longestMade) return fail(`no list of ${value} elements is made for an index`);
    return Array.from({ length: Math.max(0, Number(value)) + 1 }, () => null);
  }
  return fail("neither a string nor an int index was given, this is an error in the OTTL");
}

/** Indices into what a converter returned: here a missing key is an error. */
export function indexResult(result: Val, keys: readonly KeyGetter[], item: Item): Val {
  let value = result;
  for (const key of keys) {
    const index = "known" in key ? key.known : key.get(item);
    if (typeof index === "string") {
      if (!(value instanceof Map)) {
        return fail(`type ${typeName(value)} does not support string indexing`);
      }
      const found = value.get(index);
      if (found === undefined) return fail("key not found in map");
      value = found;
    } else if (typeof index === "bigint") {
      const list: ArrayLike<Val> | null = Array.isArray(value) ? value : null;
      const bytes = value instanceof Uint8Array ? value : null;
      const length = list?.length ?? bytes?.length;
      if (length === undefined) {
        return fail(`type ${typeName(value)} does not support int indexing`);
      }
      if (index < 0n || index >= BigInt(length)) return fail(`index ${index} out of bounds`);
      value = list === null ? BigInt(bytes![Number(index)]!) : list[Number(index)]!;
    } else {
      return index === null
        ? fail("key expression returned nil, expected an int or string")
        : fail(`key expression must evaluate to string or int, got ${typeName(index)}`);
    }
  }
  return value;
}

/** `set(map, x)`: takes maps, and empties the target on nil. */
export function setMap(target: ValMap, value: Val): void {
  if (value === target) return;
  if (value !== null && !(value instanceof Map)) {
    fail(`unsupported type provided for setting a pcommon.Map: ${typeName(value)}`);
  }
  const entries = value === null ? [] : [...(stored(value) as ValMap)];
  target.clear();
  for (const [key, item] of entries) target.set(key, item);
}
