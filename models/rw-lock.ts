/**
 * Readers-writer lock that prefers writers: any number of readers, or one writer, and no new reader
 * while a writer waits.
 *
 * Sources: P. J. Courtois, F. Heymans, D. L. Parnas, "Concurrent Control with Readers and Writers",
 * CACM 14(10), 1971 (second problem: no writer waits longer than necessary). A request that is not
 * admitted changes nothing: the caller tries again.
 */

import { setup } from "xstate";

import type { MachineModel } from "../core/subject.ts";
import { guard, update } from "../expr/index.ts";

export interface RwLockContext {
  /** Readers that hold the lock. */
  readonly readers: number;
  /** Writers that wait for it. */
  readonly waiting: number;
  readonly maxReaders: number;
  readonly maxWaiting: number;
}

export type RwLockEvent = {
  readonly type: "READ" | "WRITE" | "READ_DONE" | "WRITE_DONE";
};

export const rwLockMachine = setup({
  types: {
    context: {} as RwLockContext,
    input: {} as Pick<RwLockContext, "maxReaders" | "maxWaiting">,
    events: {} as RwLockEvent,
  },
}).createMachine({
  id: "rw-lock",
  context: ({ input }) => ({
    readers: 0,
    waiting: 0,
    maxReaders: input.maxReaders,
    maxWaiting: input.maxWaiting,
  }),
  initial: "free",
  states: {
    free: {
      on: {
        READ: { target: "reading", actions: update({ readers: "1" }) },
        WRITE: { target: "writing" },
      },
    },
    reading: {
      on: {
        READ: {
          guard: guard("waiting == 0 and readers < maxReaders"),
          actions: update({ readers: "readers + 1" }),
        },
        WRITE: {
          guard: guard("waiting < maxWaiting"),
          actions: update({ waiting: "waiting + 1" }),
        },
        READ_DONE: [
          { guard: guard("readers > 1"), actions: update({ readers: "readers - 1" }) },
          {
            guard: guard("waiting > 0"),
            target: "writing",
            actions: update({ readers: "0", waiting: "waiting - 1" }),
          },
          { target: "free", actions: update({ readers: "0" }) },
        ],
      },
    },
    writing: {
      on: {
        WRITE: {
          guard: guard("waiting < maxWaiting"),
          actions: update({ waiting: "waiting + 1" }),
        },
        WRITE_DONE: [
          { guard: guard("waiting > 0"), actions: update({ waiting: "waiting - 1" }) },
          { target: "free" },
        ],
      },
    },
  },
});

export const rwLock: MachineModel = {
  machine: rwLockMachine,
  events: [{ type: "READ" }, { type: "WRITE" }, { type: "READ_DONE" }, { type: "WRITE_DONE" }],
  variables: { readers: { int: [0, null] }, waiting: { int: [0, null] } },
  parameters: {
    maxReaders: { int: [1, null], explore: 3 },
    maxWaiting: { int: [1, null], explore: 2 },
  },
};
