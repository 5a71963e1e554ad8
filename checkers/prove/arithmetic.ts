/** What an integer is to the solver: a mathematical integer, or a bit-vector for bounded search. */

import { rational, type Rational } from "../../expr/index.ts";
import type { Sexpr } from "../../solver/sexpr.ts";

export type IntegerOperator = "+" | "-" | "*" | "mod";

export interface Arithmetic {
  /** The SMT-LIB sort of integers. */
  readonly sort: string;
  /** No integer, nor the result of any operation, is larger than this, nor smaller than its negative; null: no limit. */
  readonly limit: bigint | null;
  literal(value: bigint | number): string;
  negate(operand: string): string;
  compare(relation: string, left: string, right: string): string;
  /** `conditions` receives what must hold for the result to be exact. */
  operate(
    operator: IntegerOperator,
    left: string,
    right: string,
    conditions: string[] | undefined,
  ): string;
  /** A free integer stays within the limit; null when there is none. */
  range(symbol: string): string | null;
  read(value: Sexpr): Rational | null;
}

export const integers: Arithmetic = {
  sort: "Int",
  limit: null,
  literal: (value) => (value < 0 ? `(- ${-BigInt(value)})` : String(value)),
  negate: (operand) => `(- ${operand})`,
  compare: (relation, left, right) => `(${relation} ${left} ${right})`,
  operate: (operator, left, right) => `(${operator} ${left} ${right})`,
  range: () => null,
  read: readRational,
};

const signed: Readonly<Record<string, string>> = {
  "<": "bvslt",
  "<=": "bvsle",
  ">": "bvsgt",
  ">=": "bvsge",
};

/**
 * Two's complement with `width` bits. Every value stays below a quarter of what the bits could hold,
 * so that a sum or difference of two of them cannot wrap; products are formed in twice the width.
 * Whether a result stays within the limit itself is a condition, never an assumption that is made in
 * silence: runs that break one are outside of what the search covers.
 */
export function bitVectors(width: number): Arithmetic {
  const limit = (1n << BigInt(width - 2)) - 1n;
  const literal = (value: bigint | number): string => {
    const exact = BigInt(value);
    if (exact > limit || exact < -limit) {
      throw new RangeError(`${exact} does not fit into ${width} bits`);
    }
    return `#b${BigInt.asUintN(width, exact).toString(2).padStart(width, "0")}`;
  };
  const [low, high] = [literal(-limit), literal(limit)];
  const within = (text: string): string => `(and (bvsle ${low} ${text}) (bvsle ${text} ${high}))`;
  const widen = (text: string): string => `((_ sign_extend ${width}) ${text})`;
  return {
    sort: `(_ BitVec ${width})`,
    limit,
    literal,
    negate: (operand) => `(bvneg ${operand})`,
    compare: (relation, left, right) => `(${signed[relation] ?? relation} ${left} ${right})`,
    operate(operator, left, right, conditions) {
      switch (operator) {
        case "+":
        case "-": {
          const text = `(${operator === "+" ? "bvadd" : "bvsub"} ${left} ${right})`;
          conditions?.push(within(text));
          return text;
        }
        case "*": {
          const product = `(bvmul ${widen(left)} ${widen(right)})`;
          conditions?.push(
            `(and (bvsle ${widen(low)} ${product}) (bvsle ${product} ${widen(high)}))`,
          );
          return `((_ extract ${width - 1} 0) ${product})`;
        }
        case "mod":
          return `(bvsmod ${left} ${right})`; // the divisor is a positive literal: same sign as it
      }
    },
    range: within,
    read(value) {
      if (typeof value !== "string") return null;
      const bits = /^#b[01]+$/.test(value) || /^#x[0-9a-f]+$/i.test(value);
      return bits ? rational(BigInt.asIntN(width, BigInt(`0${value.slice(1)}`))) : null;
    },
  };
}

/** A number as the solver prints it; null when it is irrational or otherwise not exact. */
export function readRational(value: Sexpr): Rational | null {
  if (typeof value === "string") {
    const match = /^(\d+)(?:\.(\d+))?$/.exec(value);
    if (match === null) return null;
    const fraction = match[2] ?? "";
    return rational(BigInt((match[1] ?? "") + fraction), 10n ** BigInt(fraction.length));
  }
  const [operator, first, second] = value;
  if (operator === "-" && first !== undefined && second === undefined) {
    const inner = readRational(first);
    return inner === null ? null : rational(-inner.numerator, inner.denominator);
  }
  if (operator === "/" && first !== undefined && second !== undefined) {
    const [a, b] = [readRational(first), readRational(second)];
    if (a === null || b === null || b.numerator === 0n) return null;
    return rational(a.numerator * b.denominator, a.denominator * b.numerator);
  }
  return null;
}
