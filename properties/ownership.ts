/** What ownership and the borrow rules promise about a value. */

import { always, alwaysStep, reachable, type Property } from "../core/property.ts";

const rules = "The Rust Programming Language, ch. 4.1, Ownership rules";
const references = "The Rust Programming Language, ch. 4.2, The rules of references";

const owner = "((event.from == 0 and a) or (event.from == 1 and b) or (event.from == 2 and c))";
const free = "shared == 0 and not unique";

export const ownershipProperties: readonly Property[] = [
  always(
    "a living value has exactly one owner",
    "implies(at(live), (a and not b and not c) or (b and not a and not c) or (c and not a and not b))",
    { id: "one-owner", source: rules },
  ),
  always("a dropped value has no owner", "implies(at(dropped), not a and not b and not c)", {
    id: "no-owner-after-drop",
    source: rules,
  }),
  always("readers exclude the writer", "not (unique and shared > 0)", {
    id: "readers-xor-writer",
    source: references,
  }),
  always("no reference outlives the value", "implies(shared > 0 or unique, at(live))", {
    id: "no-dangling-reference",
    source: references,
  }),
  always("no more readers than the program has", "shared >= 0 and shared <= readers", {
    id: "readers-bounded",
  }),
  alwaysStep(
    "a borrowed value is not moved",
    "implies(shared > 0 or unique, iff(next(a), a) and iff(next(b), b) and iff(next(c), c))",
    { id: "no-move-while-borrowed", source: references },
  ),
  alwaysStep(
    "a move by the owner arrives at its target, and only there",
    `implies(event(MOVE) and ${owner} and ${free}, event.to == 0 ? next(a) : event.to == 1 ? next(b) : next(c))`,
    { id: "move-arrives", source: rules },
  ),
  alwaysStep(
    "nobody but the owner moves or drops a value",
    `implies(event(MOVE) and not ${owner}, iff(next(a), a) and iff(next(b), b) and iff(next(c), c)) and implies(at(live) and next(at(dropped)), event(DROP) and ${owner} and ${free})`,
    { id: "only-the-owner", source: rules },
  ),
  alwaysStep(
    "the owner can drop a value that is not borrowed",
    `implies(at(live) and event(DROP) and ${owner} and ${free}, next(at(dropped)))`,
    { id: "owner-drops", source: rules },
  ),
  alwaysStep(
    "a borrow begins and ends one reference",
    "implies(event(BORROW) and at(live) and not unique and shared < readers, next(shared) == shared + 1) and implies(event(RETURN) and shared > 0, next(shared) == shared - 1) and implies(event(RETURN_MUT), not next(unique)) and implies(event(RETURN) and shared == 0, next(shared) == 0)",
    { id: "one-reference-at-a-time", source: references },
  ),
  reachable("another binding can own the value", "b", { id: "move-reachable", source: rules }),
  reachable("several readers at a time", "shared > 1", {
    id: "several-readers",
    source: references,
  }),
  reachable("a writer", "unique", { id: "writer-reachable", source: references }),
  reachable("the value can be dropped", "at(dropped)", { id: "drop-reachable", source: rules }),
];
