/**
 * Mutants of the compiler and the search that nothing can tell from the original, with the reason.
 * They count as survivors all the same. `test/house/mutants.test.ts` holds the places against the code.
 */

import type { Site } from "./explore-sites.ts";

interface Equivalent extends Pick<Site, "operator" | "file" | "text"> {
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [];

/** Why a mutant behaves like the original; null when nobody has claimed so. */
export function reasonFor(site: Pick<Site, "operator" | "file" | "text">): string | null {
  return (
    equivalents.find(
      ({ operator, file, text }) =>
        operator === site.operator && file === site.file && text === site.text,
    )?.why ?? null
  );
}
