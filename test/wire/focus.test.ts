/** A counterexample carries what has to be played to see it again, and no more. */

import { describe, expect, it } from "vitest";

import { brisk, focus } from "../../checkers/conform/wire/counterexample.ts";
import type { ScenarioRun } from "../../checkers/conform/wire/play.ts";
import { fixture, scenariosOf } from "./helpers.ts";

describe("the scenario of a counterexample", () => {
  const scenarioNamed = (name: string) => scenariosOf(fixture()).find((one) => one.name === name)!;
  /** Three requests, in the rounds given. */
  const run = (name: string, rounds: readonly number[]) =>
    ({
      scenario: scenarioNamed(name),
      requests: rounds.map((round, index) => ({ n: index + 1, round })),
    }) as unknown as ScenarioRun;

  it("is the one round that the accused requests belong to", () => {
    const whole = scenarioNamed("retryable");
    const { script, steps } = focus(run("retryable", [0, 2, 2]), [2, 3]);
    expect(script.rounds).toEqual([whole.script.rounds[2]]);
    expect(steps.map((step) => step.do)).toEqual(["drive", "await-attempt", "quiet", "terminate"]);
    expect(whole.script.rounds.length).toBeGreaterThan(5);
  });

  it("is whole when they belong to several rounds, to none, or to rounds that need each other", () => {
    for (const [name, accused] of [
      ["retryable", [1, 2]],
      ["retryable", []],
      ["malformed", [2]],
    ] as const) {
      const one = run(name, [0, 2, 2]);
      expect(focus(one, accused)).toBe(one.scenario);
    }
    const nowhere = run("retryable", [-1]);
    expect(focus(nowhere, [1])).toBe(nowhere.scenario);
  });

  it("does not wait for what the finding is not about", () => {
    const hang = scenarioNamed("hang");
    const quick = brisk(hang, "timeout-bounds-a-hang");
    expect(quick.steps.at(-1)).toEqual({ do: "terminate", graceMs: 2_000 });
    // the end of the process is what this one is about
    expect(brisk(hang, "shutdown-ends").steps.at(-1)).toEqual(hang.steps.at(-1));
    expect(brisk(hang, "shutdown-flushes")).toBe(hang);
  });
});
