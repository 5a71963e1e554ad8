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

export const equivalents: readonly Equivalent[] = [
  {
    operator: less,
    file: store,
    text: "for (let index = 0; index < count; index++) {",
    why: "one hash too many, of words that nobody reads",
  },
  {
    operator: more,
    file: "semantics/packed/expand.ts",
    text: "return after > 0 ? after - 1 : after;",
    why: "0 stands for an entry that is missing, and has been filled just before",
  },
  {
    operator: less,
    file: "checkers/explore/reduce/blocks.ts",
    text: "? [...first.moved].filter(([from, to]) => from < to).map(([from]) => from)",
    why: "a field that stays where it is does not count as moved",
  },
  {
    operator: less,
    file: "checkers/explore/parallel/level.ts",
    text: "for (let index = 0; index < length; index++) {",
    why: "one place of the table too many is looked at ahead of time",
  },
  {
    operator: less,
    file: "checkers/explore/reduce/symmetry.ts",
    text: "return first !== -1 && one[first]! < other[first]!;",
    why: "the words at this place differ",
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
