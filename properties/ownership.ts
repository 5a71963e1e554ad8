/** What ownership and the borrow rules promise about a value. */

import { always, alwaysStep, reachable, type Property } from "../core/property.ts";

const rules = "The Rust Programming Language, ch. 4.1, Ownership rules";
const references = "The Rust Programming Language, ch. 4.2, The rules of references";

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
    "what was moved or dropped is not owned by its source any more",
    "implies(event(MOVE) and event.from == 0 and event.to != 0 and shared == 0 and not unique, not next(a))",
    { id: "moved-from-owns-nothing", source: rules },
  ),
  alwaysStep(
    "a move by the owner arrives at its target",
    "implies(event(MOVE) and event.from == 0 and event.to == 1 and a and shared == 0 and not unique, next(b))",
    { id: "move-arrives", source: rules },
  ),
  reachable("another binding can own the value", "b", { id: "move-reachable", source: rules }),
  reachable("several readers at a time", "shared > 1", {
    id: "several-readers",
    source: references,
  }),
  reachable("a writer", "unique", { id: "writer-reachable", source: references }),
  reachable("the value can be dropped", "at(dropped)", { id: "drop-reachable", source: rules }),
];
