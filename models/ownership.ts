/**
 * One value under Rust's ownership and borrow rules, with three bindings that may own it: moved,
 * borrowed by any number of readers or by one writer, and dropped.
 *
 * Sources: The Rust Programming Language, ch. 4.1 ("Ownership rules") and 4.2 ("The rules of
 * references"). The compiler refuses what these guards refuse; a refused event changes nothing.
 * properties/theorems/ownership.ts has the same for any number of bindings.
 */

import { setup } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import { guard, update } from "../expr/index.ts";

export interface OwnershipContext {
  /** Which binding owns the value. */
  readonly a: boolean;
  readonly b: boolean;
  readonly c: boolean;
  /** Shared references that are alive. */
  readonly shared: number;
  /** A mutable reference is alive. */
  readonly unique: boolean;
  /** Shared references that the program holds at most. */
  readonly readers: number;
}

export type OwnershipEvent =
  | { readonly type: "MOVE"; readonly from: number; readonly to: number }
  | { readonly type: "BORROW" }
  | { readonly type: "RETURN" }
  | { readonly type: "BORROW_MUT" }
  | { readonly type: "RETURN_MUT" }
  | { readonly type: "DROP"; readonly from: number };

const owns = "((event.from == 0 and a) or (event.from == 1 and b) or (event.from == 2 and c))";
const free = "shared == 0 and not unique";

export const ownershipMachine = setup({
  types: {
    context: {} as OwnershipContext,
    input: {} as Pick<OwnershipContext, "readers">,
    events: {} as OwnershipEvent,
  },
}).createMachine({
  id: "ownership",
  context: ({ input }) => ({
    a: true,
    b: false,
    c: false,
    shared: 0,
    unique: false,
    readers: input.readers,
  }),
  initial: "live",
  states: {
    live: {
      on: {
        MOVE: {
          guard: guard(`${owns} and ${free}`),
          actions: update({
            a: "event.to == 0 or (event.from != 0 and a)",
            b: "event.to == 1 or (event.from != 1 and b)",
            c: "event.to == 2 or (event.from != 2 and c)",
          }),
        },
        BORROW: {
          guard: guard("not unique and shared < readers"),
          actions: update({ shared: "shared + 1" }),
        },
        RETURN: { guard: guard("shared > 0"), actions: update({ shared: "shared - 1" }) },
        BORROW_MUT: { guard: guard(free), actions: update({ unique: "true" }) },
        RETURN_MUT: { guard: guard("unique"), actions: update({ unique: "false" }) },
        DROP: {
          guard: guard(`${owns} and ${free}`),
          target: "dropped",
          actions: update({ a: "false", b: "false", c: "false" }),
        },
      },
    },
    dropped: {},
  },
});

export const ownershipModel: MachineModel = {
  machine: ownershipMachine,
  events: [
    { type: "MOVE", from: [0, 1, 2], to: [0, 1, 2] },
    { type: "BORROW" },
    { type: "RETURN" },
    { type: "BORROW_MUT" },
    { type: "RETURN_MUT" },
    { type: "DROP", from: [0, 1, 2] },
  ],
  variables: { a: "bool", b: "bool", c: "bool", shared: { int: [0, null] }, unique: "bool" },
  parameters: { readers: { int: [1, null], explore: 2 } },
};
