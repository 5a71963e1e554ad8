import { afterAll, describe, expect, test } from "vitest";

import { closeSolver } from "../../solver/solver.ts";
import { plantedFaults } from "./faults.ts";
import { ask, findings, removeConfigs } from "./helpers.ts";

afterAll(async () => {
  removeConfigs();
  await closeSolver();
});

describe("planted faults", () => {
  test("are thirty", () => {
    expect(plantedFaults).toHaveLength(30);
  });

  test.each(plantedFaults)("$name: found", async ({ planted, reason, claims }) => {
    const answers = await ask(planted, claims === undefined ? {} : { claims });
    expect(findings(answers)).toContain(reason);
    for (const { outcome, id } of answers) {
      // Whatever is violated shows a record, run by the interpreter.
      if (outcome.verdict !== "violated") continue;
      expect(outcome.counterexample?.trace.states.length, id).toBeGreaterThan(1);
    }
  });

  test.each(plantedFaults)("$name: no alarm where it was meant", async ({ meant, claims }) => {
    const answers = await ask(meant, claims === undefined ? {} : { claims });
    const open = answers
      .filter(({ outcome }) => outcome.verdict !== "proved")
      .map(
        ({ id, outcome }) =>
          `${id}: ${outcome.verdict} ${outcome.reason} ${outcome.counterexample?.message ?? ""}`,
      );
    expect(open).toEqual([]);
    expect(answers.length).toBeGreaterThan(0);
  });
});
