/**
 * Mutants of the compiler and the search that nothing can tell from the original, with the reason.
 * They count as survivors all the same. The tool names entries whose place is gone.
 */

import type { Site } from "./explore-sites.ts";

interface Equivalent extends Pick<Site, "operator" | "file" | "text"> {
  readonly why: string;
}

const less = "shift a bound: < to <=";
const more = "shift a bound: > to >=";
const store = "semantics/packed/store.ts";
const room = "the table or the buffer is made larger a little earlier: memory, not behaviour";

export const equivalents: readonly Equivalent[] = [
  {
    operator: less,
    file: store,
    text: "while (length * maximalLoad < states) length = nextLength(length);",
    why: room,
  },
  {
    operator: more,
    file: store,
    text: "if (needed > this.keys.length) this.#move(needed);",
    why: room,
  },
  {
    operator: more,
    file: store,
    text: "if (needed > this.keys.length) this.#move(Math.max(this.keys.length * 2, needed));",
    why: room,
  },
  {
    operator: more,
    file: store,
    text: "if (count > this.#hashes.length) this.#hashes = new Int32Array(count * 2);",
    why: room,
  },
  {
    operator: less,
    file: store,
    text: "for (let index = 0; index < count; index++) {",
    why: "one hash too many, of words that nobody reads",
  },
  {
    operator: less,
    file: store,
    text: "for (let field = 0; field < fields; field++) {",
    why: "a field without a place: writing outside a typed array does nothing",
  },
  {
    operator: "shift the other way: << to >>>",
    file: store,
    text: "Math.imul(hash ^ ((first & 7) << 5), 0x9e37_79b1);",
    why: "other tags: more comparisons of keys, which decide alone",
  },
  {
    operator: more,
    file: "checkers/explore/temporal/product.ts",
    text: "if (graph.size * phases > 2 ** 29) throw new ProductTooLarge();",
    why: "differs for a product of exactly 2^29 nodes, whose table alone takes 2 GiB",
  },
  {
    operator: more,
    file: "checkers/explore/temporal/components.ts",
    text: "if (depth > 0) {",
    why: "a root has no parent: comparing with undefined is false",
  },
  {
    operator: more,
    file: "semantics/packed/expand.ts",
    text: "if (value > mask) throw new FieldTooNarrow(field, value);",
    why: "the field gets its next bit one value earlier",
  },
  {
    operator: more,
    file: "semantics/packed/expand.ts",
    text: "return after > 0 ? after - 1 : after;",
    why: "0 stands for an entry that is missing, and has been filled just before",
  },
  {
    operator: less,
    file: "checkers/explore/temporal/loops.ts",
    text: "if (best === null || cost < depth(best.start) + best.edges.length) best = loop;",
    why: "of two lassos of the same length the other one",
  },
  {
    operator: more,
    file: "checkers/explore/graph.ts",
    text: "if (now - lastBreath > 50) {",
    why: "differs at exactly 50 ms",
  },
];

/** Why a mutant behaves like the original; null when nobody has claimed so. */
export function reasonFor(site: Pick<Site, "operator" | "file" | "text">): string | null {
  return (
    equivalents.find(
      ({ operator, file, text }) =>
        operator === site.operator && file === site.file && text === site.text,
    )?.why ?? null
  );
}
