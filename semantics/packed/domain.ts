/** The values of a variable as numbers 0, 1, 2 … of a field in a packed state. */

import type { VariableType } from "../../core/subject.ts";

export interface Domain {
  /** Number of values; null when it is not known in advance. */
  readonly size: number | null;
  /** null: the value is not one that was declared. */
  encode(value: unknown): number | null;
  decode(code: number): unknown;
  /** How many values have been met: the field must have room for them. */
  met(): number;
}

/** Ranges up to this size are numbered by position, larger ones in the order of appearance. */
const largestRange = 1 << 16;

export function domainOf(type: VariableType): Domain {
  if (type === "bool") {
    return fixed(2, (value) => (typeof value === "boolean" ? Number(value) : null), Boolean);
  }
  if ("enum" in type) {
    const { enum: values } = type;
    return fixed(
      values.length,
      (value) => nonNegative(values.indexOf(value as string)),
      (code) => values[code],
    );
  }
  if ("values" in type) return listed(type.values);
  const [low, high] = type.int;
  const inside = (value: unknown): value is number =>
    Number.isSafeInteger(value) &&
    (value as number) >= low &&
    (high === null || (value as number) <= high);
  if (high !== null && high - low < largestRange) {
    return fixed(
      high - low + 1,
      (value) => (inside(value) ? value - low : null),
      (code) => code + low,
    );
  }
  return interned(inside);
}

/** Anything that is data, compared by content. What is decoded is frozen: it stands in many states. */
function listed(values: readonly unknown[]): Domain {
  const codes = new Map(values.map((value, code) => [contentOf(value), code]));
  const frozen = values.map((value) => freeze(structuredClone(value)));
  return fixed(
    values.length,
    (value) => {
      const content = contentOf(value);
      return content === null ? null : (codes.get(content) ?? null);
    },
    (code) => frozen[code],
  );
}

/** One text per content; null for what is no data, which equals nothing that is declared. */
function contentOf(value: unknown): string | null {
  if (value === undefined) return "undefined";
  if (typeof value === "function" || typeof value === "symbol") return null;
  if (typeof value === "number") return Object.is(value, -0) ? "0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? null;
  const isList = Array.isArray(value);
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return null; // Map, Date …
  const parts: string[] = [];
  for (const [key, part] of Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const content = contentOf(part);
    if (content === null) return null;
    parts.push(`${JSON.stringify(key)}:${content}`);
  }
  return isList ? `[${parts.join()}]` : `{${parts.join()}}`;
}

function freeze(value: unknown): unknown {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) freeze(part);
    Object.freeze(value);
  }
  return value;
}

const nonNegative = (index: number): number | null => (index < 0 ? null : index);

const fixed = (
  size: number,
  encode: (value: unknown) => number | null,
  decode: (code: number) => unknown,
): Domain => ({ size, encode, decode, met: () => size });

function interned(inside: (value: unknown) => boolean): Domain {
  const values: unknown[] = [];
  const codes = new Map<unknown, number>();
  return {
    size: null,
    encode(value) {
      // -0 and 0 are one key of a Map and one integer
      let code = codes.get(value);
      if (code === undefined) {
        if (!inside(value)) return null;
        code = values.length;
        codes.set(value, code);
        values.push(value);
      }
      return code;
    },
    decode: (code) => values[code],
    met: () => values.length,
  };
}
