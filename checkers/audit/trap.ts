/** The claim that a goal stays reachable, refuted: from the end of a run nothing leads to it. */

import type { Property } from "../../core/property.ts";
import { type Seen, stateTest } from "./claim.ts";

/** How the auditor moves in what it audits, one machine or several. */
export interface Ways<Place> {
  /** Equal for equal places. */
  readonly textOf: (place: Place) => string;
  readonly seenAt: (place: Place) => Seen;
  readonly nextOf: (place: Place) => Iterable<Place>;
}

/** Places visited at most when a trap is explored. */
const maximalTrap = 20_000;

export function objectionToTrap<Place>(
  property: Extract<Property, { kind: "always-reachable" }>,
  end: Place,
  { textOf, seenAt, nextOf }: Ways<Place>,
): string | null {
  const goal = stateTest(property.predicate);
  if (property.from !== undefined && !stateTest(property.from)(seenAt(end))) {
    return "the run does not end where the claim begins";
  }
  const visited = new Map([[textOf(end), end]]);
  for (const place of visited.values()) {
    if (goal(seenAt(place))) return "the goal can be reached from the end of the run";
    if (visited.size > maximalTrap) return `more than ${maximalTrap} states lie beyond the run`;
    for (const next of nextOf(place)) visited.set(textOf(next), next);
  }
  return null;
}
