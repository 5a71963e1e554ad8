import { describe, expect, it } from "vitest";

import { breakerOurs, type OursOptions } from "../../adapters/breaker-ours.ts";
import { observedIn } from "../../checkers/conform/lockstep.ts";
import type { Observables } from "../../core/subject.ts";
import type { ModelState } from "../../core/property.ts";
import { circuitBreakerMachine, resetTimeout } from "../../models/circuit-breaker.ts";
import { load, mutants } from "../conform/mutants.ts";
import { delayEvent, eventOnly } from "./event-only.ts";
import { maintainedTestModel, namedTestModel, type TestPath } from "./test-model.ts";

const parameters = { threshold: 2, trialLimit: 1, concurrency: 2 };
const timeout = delayEvent("resetTimeout");
const events = ["CALL", "SUCCESS", "FAILURE", timeout];
const machine = eventOnly(circuitBreakerMachine, { failures: 0, active: 0, ...parameters });

/** Follows the path on a fresh breaker; every state that it passes is compared. */
async function follow(path: TestPath, options: Partial<OursOptions> = {}): Promise<number> {
  const driver = await breakerOurs({ resetTimeoutMs: resetTimeout, ...options }).start(parameters);
  let observed: Observables = {};
  let compared = 0;
  const send = (type: string) => async (): Promise<void> => {
    observed = await observedIn(driver.send({ type }));
  };
  try {
    await path.test({
      events: {
        CALL: send("CALL"),
        SUCCESS: send("SUCCESS"),
        FAILURE: send("FAILURE"),
        [timeout]: async () => {
          observed = await driver.advance(resetTimeout);
        },
      },
      states: {
        "*": (state) => {
          if (observed.state === undefined) return; // the initial state: nothing was done yet
          expect(observed.state).toBe((state as ModelState).value);
          compared += 1;
        },
      },
    });
  } finally {
    await driver.dispose();
  }
  return compared;
}

const outline = (paths: readonly TestPath[]): unknown =>
  paths.map(({ state, steps }) => ({
    to: [state.value, state.context],
    by: steps.map((step) => [step.event.type, step.state.value, step.state.context]),
  }));

describe("the circuit breaker's paths from @xstate/test", () => {
  it("are the same as those from xstate/graph", () => {
    const named = namedTestModel(machine);
    const maintained = maintainedTestModel(machine);
    expect(outline(named.shortestPaths(events))).toEqual(outline(maintained.shortestPaths(events)));
    expect(outline(named.simplePaths(events))).toEqual(outline(maintained.simplePaths(events)));
  });

  it("cannot be had from a machine with `after`, which is why delays are events here", () => {
    expect(() => namedTestModel(circuitBreakerMachine)).toThrow(/^After events .* not supported/);
    expect(() => maintainedTestModel(circuitBreakerMachine)).toThrow(
      /^After events .* not supported/,
    );
  });

  const paths = namedTestModel(machine).simplePaths(events);

  it("reach every state, with every number of failures and calls under way", () => {
    const reached = new Set(
      paths
        .flatMap(({ steps }) => steps)
        .map(({ state }) => {
          const { failures, active } = state.context as { failures: number; active: number };
          return `${String(state.value)} ${failures} ${active}`;
        }),
    );
    // Threshold 2, two calls at a time while closed, one trial.
    const closed = [0, 1].flatMap((failures) => [0, 1, 2].map((a) => `closed ${failures} ${a}`));
    expect([...reached].toSorted()).toEqual(
      [...closed, "open 0 0", "halfOpen 0 0", "halfOpen 0 1"].toSorted(),
    );
  });

  const shortest = namedTestModel(machine).shortestPaths(events);
  const commandsOf = ({ steps }: TestPath): string[] =>
    steps.map(({ event }) => event.type).filter((type) => events.includes(type));

  it.for(shortest.map((path): [string, TestPath] => [commandsOf(path).join(", "), path]))(
    "our breaker follows the shortest path %s",
    async ([, path]) => {
      expect(await follow(path)).toBe(commandsOf(path).length); // no step went uncompared
    },
  );

  it("our breaker follows every simple path", async () => {
    expect(paths.length).toBeGreaterThan(shortest.length);
    for (const path of paths) expect(await follow(path)).toBe(commandsOf(path).length);
  });

  it("refute a breaker whose threshold is off by one, and one that never half-opens", async () => {
    for (const mutant of [mutants.thresholdOffByOne, mutants.neverHalfOpen]) {
      const { create } = await load(mutant);
      const results = await Promise.allSettled(paths.map((path) => follow(path, { create })));
      expect(results.some(({ status }) => status === "rejected")).toBe(true);
    }
  });
});
