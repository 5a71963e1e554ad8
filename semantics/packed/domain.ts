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
