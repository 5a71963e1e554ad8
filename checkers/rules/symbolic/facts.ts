/**
 * What is known about terms besides their definition: values of records are well formed, conversions
 * stay near. Each fact is asserted with every question in which its term appears.
 */

import {
  and,
  apply,
  arithmetic,
  equal,
  implies,
  int,
  is,
  isLiteral,
  lessOrEqual,
  not,
  payload,
  real,
  subterms,
  toReal,
  type Term,
} from "./term.ts";

export class Facts {
  readonly #facts = new Map<Term, Term>();

  /** `fact` holds whenever `about` is looked at. */
  add(about: Term, fact: Term): void {
    const known = this.#facts.get(about);
    this.#facts.set(about, known === undefined ? fact : and(known, fact));
  }

  /** The facts about the given terms, and about the terms of those facts. */
  about(roots: readonly Term[]): Term[] {
    const found = new Set<Term>();
    const seen = new Set<Term>();
    let todo = roots;
    while (todo.length > 0) {
      const next: Term[] = [];
      for (const term of subterms(todo)) {
        if (seen.has(term)) continue;
        seen.add(term);
        const fact = this.#facts.get(term);
        if (fact === undefined || found.has(fact)) continue;
        found.add(fact);
        next.push(fact);
      }
      todo = next;
    }
    return [...found];
  }
}

export const inInt64 = (term: Term): Term =>
  and(lessOrEqual(int(-(2n ** 63n)), term), lessOrEqual(term, int(2n ** 63n - 1n)));

/** A value that can stand in a record: attributes hold no times, integers have 64 bits. */
export function isRecordValue(value: Term): Term {
  const special = payload("Special", value);
  return and(
    not(is("Time", value)),
    not(is("Duration", value)),
    implies(is("Int", value), inInt64(payload("Int", value))),
    implies(is("Special", value), and(lessOrEqual(int(0), special), lessOrEqual(special, int(3)))),
  );
}

/** An integer as the nearest double: exact up to 2^53, and beyond only known to be near. */
export function toDouble(value: Term, facts: Facts): Term {
  if (isLiteral(value)) return real(Number(value.value));
  const rounded = apply("round64", "Real", [value]);
  const exact = toReal(value);
  const isSmall = and(lessOrEqual(int(-(2n ** 53n)), value), lessOrEqual(value, int(2n ** 53n)));
  const isNear = and(
    lessOrEqual(arithmetic("-", exact, real(1024)), rounded),
    lessOrEqual(rounded, arithmetic("+", exact, real(1024))),
  );
  facts.add(rounded, and(isNear, implies(isSmall, equal(rounded, exact))));
  return rounded;
}
