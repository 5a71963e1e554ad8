import { describe, expect, test } from "vitest";

import { violated } from "../../core/property.ts";
import { counts, exitCodeOf, fingerprint } from "../../runner/exit-code.ts";
import { holds, outcome, refuted, result, skipped, unknown, vacuous } from "./results.ts";

const broken = outcome(
  { kind: "error", reason: "a guard threw" },
  { diagnostics: [{ code: "VRF104", message: "a guard threw" }] },
);
const notStarted = outcome(
  { kind: "error", reason: "exit code 1" },
  { diagnostics: [{ code: "VRF402", message: "exit code 1" }] },
);
const crashed = outcome({ kind: "error", reason: "out of memory" });

describe("exit codes", () => {
  test.each([
    ["everything holds", [result(holds)], 0],
    ["an unexpected violation", [result(holds), result(refuted({ state: "a" }))], 1],
    ["a pinned violation", [result(refuted({ state: "a" }), violated("known", { state: "a" }))], 0],
    [
      "another violation than the pinned one",
      [result(refuted({ state: "b" }), violated("known", { state: "a" }))],
      1,
    ],
    ["a pinned violation that is gone", [result(holds, violated("known"))], 1],
    ["inconclusive", [result(holds), result(unknown)], 3],
    ["inconclusive where a violation is pinned", [result(unknown, violated("known"))], 3],
    ["vacuous", [result(vacuous)], 3],
    ["a model error", [result(holds), result(broken)], 2],
    ["a process that does not start", [result(notStarted), result(skipped)], 2],
    ["a crash", [result(holds), result(crashed)], 70],
    ["some skipped", [result(holds), result(skipped)], 0],
    ["everything skipped", [result(skipped)], 4],
    [
      "a violation outweighs everything else",
      [result(refuted({})), result(crashed), result(unknown)],
      1,
    ],
  ] as const)("%s", (_, results, code) => {
    expect(exitCodeOf(results)).toBe(code);
  });

  test("--fail-on chooses which verdicts count, but errors always do", () => {
    expect(exitCodeOf([result(unknown)], { failOn: ["violated"] })).toBe(0);
    expect(exitCodeOf([result(holds), result(skipped)], { failOn: ["skipped"] })).toBe(4);
    expect(exitCodeOf([result(crashed)], { failOn: ["violated"] })).toBe(70);
  });

  test("a baseline forgives exactly what it knows", () => {
    const known = new Set([fingerprint(result(refuted({ state: "a" })))]);
    expect(exitCodeOf([result(refuted({ state: "a" }))], { known })).toBe(0);
    expect(exitCodeOf([result(refuted({ state: "b" }))], { known })).toBe(1);
  });

  test("an interrupted run says so, whatever it found", () => {
    expect(exitCodeOf([result(holds)], { interruptedBy: "SIGINT" })).toBe(130);
    expect(exitCodeOf([result(holds)], { interruptedBy: "SIGTERM" })).toBe(143);
  });

  test("a skipped result is not a failure, and not a pass either", () => {
    expect(counts(result(skipped))).toBe(false);
    expect(result(skipped).verdict).toBe("skipped");
  });
});
