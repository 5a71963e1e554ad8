/**
 * The circuit breaker as published in the design this project started from, taken literally. It
 * counts failures, opens when the count reaches the threshold, and rejects calls while open. A
 * success leaves the count as it is. Half-open exists, but nothing leads there, and nothing leads
 * back to closed. The opening itself is done by a task that is scheduled separately: a call that
 * comes before that task runs is still admitted.
 *
 * The separately scheduled task is the substate `opening` with a delay of 0: the next task of the
 * event loop. The count stops at the threshold; what it is beyond makes no difference.
 */

import { setup } from "xstate";

import type { MachineModel } from "../../core/subject.ts";
import { guard, update } from "../../expr/index.ts";

interface PublishedBreakerContext {
  /** Failures since the start, cut off at the threshold. */
  readonly failures: number;
  /** Calls in flight. */
  readonly active: number;
  readonly threshold: number;
  readonly concurrency: number;
}

const machine = setup({
  types: {
    context: {} as PublishedBreakerContext,
    input: {} as Pick<PublishedBreakerContext, "threshold" | "concurrency">,
    events: {} as { type: "CALL" | "SUCCESS" | "FAILURE" },
  },
  delays: { nextTask: 0 },
}).createMachine({
  id: "published-circuit-breaker",
  context: ({ input }) => ({
    failures: 0,
    active: 0,
    threshold: input.threshold,
    concurrency: input.concurrency,
  }),
  initial: "closed",
  states: {
    closed: {
      initial: "counting",
      on: {
        CALL: { guard: guard("active < concurrency"), actions: update({ active: "active + 1" }) },
        SUCCESS: { guard: guard("active > 0"), actions: update({ active: "active - 1" }) },
        FAILURE: {
          guard: guard("active > 0"),
          actions: update({ failures: "min(failures + 1, threshold)", active: "active - 1" }),
        },
      },
      states: {
        counting: {
          on: {
            FAILURE: {
              guard: guard("active > 0 and failures + 1 >= threshold"),
              target: "opening",
              actions: update({ failures: "threshold", active: "active - 1" }),
            },
          },
        },
        opening: {
          after: {
            nextTask: {
              target: "#published-circuit-breaker.open",
              actions: update({ active: "0" }),
            },
          },
        },
      },
    },
    open: {},
    halfOpen: {},
  },
});

export const publishedCircuitBreaker: MachineModel = {
  machine,
  events: [{ type: "CALL" }, { type: "SUCCESS" }, { type: "FAILURE" }],
  variables: {
    failures: { int: [0, null] },
    active: { int: [0, null] },
  },
  parameters: {
    threshold: { int: [1, null], explore: 3 },
    concurrency: { int: [1, null], explore: 2 },
  },
};
