/** The values that OTTL computes with, and what Go calls them. */

/** An instant, with the zone it is told in. */
export class Instant {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly ns: bigint;
  /** IANA name, or a fixed offset such as `+02:00`. */
  readonly zone: string;
  constructor(ns: bigint, zone = "UTC") {
    this.ns = ns;
    this.zone = zone;
  }
}

/** A length of time. */
export class Duration {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = BigInt.asIntN(64, ns);
  }
}

/** The identity of a trace, a span or a profile. */
export class Id {
  readonly of: "trace" | "span" | "profile";
  /** Lower case; all zeros when absent. */
  readonly hex: string;
  constructor(of: "trace" | "span" | "profile", hex: string) {
    this.of = of;
    this.hex = hex;
  }
}

/** A list of one Go type, e.g. what `Split` returns: it compares with nothing. */
export class TypedList extends Array<Val> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** A list written in a statement; unlike one of a record it can be put into another value. */
export class RawList extends Array<Val> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** A map that a converter made of Go values; it too can be put into another value. */
export class RawMap extends Map<string, Val> {}

/** A part of a record that expressions can only pass on, e.g. the events of a span. */
export class Part {
  readonly type: string;
  readonly value: object;
  constructor(type: string, value: object) {
    this.type = type;
    this.value = value;
  }
}

export interface ValMap extends Map<string, Val> {}
/** `bigint` is int64, `number` is float64; null is nil and the empty value alike. */
export type Val =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | ValMap
  | Val[]
  | Instant
  | Duration
  | Id
  | Part;

/** Execution failed. Whether that stops the pipeline is for the error mode to say. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "EvaluationError";
  }
}
/** @throws EvaluationError */
export function fail(message: string): never {
  throw new EvaluationError(message);
}

/** The name of the type in messages, as Go prints it. */
export function typeName(value: Val): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int64";
    case "number":
      return "float64";
    case "string":
      return "string";
    default:
  }
  if (value === null) return "<nil>";
  if (value instanceof Uint8Array) return "[]uint8";
  if (value instanceof Map) return "pcommon.Map";
  if (Array.isArray(value)) return "pcommon.Slice";
  if (value instanceof Instant) return "time.Time";
  if (value instanceof Duration) return "time.Duration";
  if (value instanceof Id) return value.of === "trace" ? "pcommon.TraceID" : "pcommon.SpanID";
  return value.type;
}

/** The name of the type of a stored value, as the data model prints it. */
export function kindName(value: Val): string {
  if (value === null) return "Empty";
  if (value instanceof Uint8Array) return "Bytes";
  if (value instanceof Map) return "Map";
  if (Array.isArray(value)) return "Slice";
  const names = { boolean: "Bool", bigint: "Int", number: "Double", string: "Str" };
  return names[typeof value as keyof typeof names] ?? typeName(value);
}

/** A copy that shares nothing that can change. */
export function copy(value: Val): Val {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Map) {
    const out: ValMap = new Map();
    for (const [key, item] of value) out.set(key, copy(item));
    return out;
  }
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return Array.from(value, copy);
  return value;
}

/**
 * A value as part of another: upstream takes plain Go values there, and neither maps and lists of
 * records nor times.
 */
export function fromRaw(value: Val): Val {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof RawList) return Array.from(value, fromRaw);
  if (value instanceof RawMap)
    return new Map([...value].map(([key, item]) => [key, fromRaw(item)]));
  return fail(`<Invalid value type ${typeName(value)}>`);
}

/** What a record would hold; a value of another type cannot be written into one. */
export function stored(value: Val, where = ""): Val {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Map) {
    const out: ValMap = new Map();
    for (const [key, item] of value) out.set(key, stored(item, where));
    return out;
  }
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return Array.from(value, (item) => stored(item, where));
  return fail(`unsupported type ${typeName(value)} for set operation${where}`);
}

/**
 * Writes a value where a record holds any. Of a list in a statement the elements that no record
 * holds stay empty, and only the last one is told as an error, as upstream does.
 */
export function store(value: Val, put: (value: Val) => void): void {
  if (!(value instanceof RawList)) return put(stored(value));
  const [list, error] = storedList(value);
  put(list);
  if (error !== null) throw error;
}

function storedList(list: RawList): [Val[], EvaluationError | null] {
  let last: EvaluationError | null = null;
  const out = Array.from(list, (item): Val => {
    last = null;
    if (item instanceof RawList) {
      const [inner, error] = storedList(item);
      last = error;
      return inner;
    }
    try {
      return stored(item);
    } catch (error) {
      last = error as EvaluationError;
      return null;
    }
  });
  return [out, last];
}

export function deepEqual(a: Val, b: Val): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = b.get(key);
      if (other === undefined || !deepEqual(value, other)) return false;
    }
    return true;
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]!))
    );
  }
  if (a instanceof Id) return b instanceof Id && a.of === b.of && a.hex === b.hex;
  if (a instanceof Duration) return b instanceof Duration && a.ns === b.ns;
  if (a instanceof Instant) return b instanceof Instant && a.ns === b.ns;
  return false;
}

export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

/** By code point, which is the order of the UTF-8 bytes. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above everything else in the plane.
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

export const int64 = (value: bigint): bigint => BigInt.asIntN(64, value);
