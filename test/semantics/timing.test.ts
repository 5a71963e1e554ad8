import { expect, test } from "vitest";

import { earliestTimes } from "../../semantics/timing.ts";

test("without constraints everything happens at once", () => {
  expect(earliestTimes(3, [])).toEqual([0, 0, 0]);
});

test("the earliest solution satisfies lower and upper bounds", () => {
  // step 2 exactly 20 after step 1, step 2 at most 100 after step 0, step 1 at least 50 after 0
  const constraints = [
    { earlier: 1, later: 2, gap: 20 },
    { earlier: 2, later: 1, gap: -20 },
    { earlier: 2, later: 0, gap: -100 },
    { earlier: 0, later: 1, gap: 50 },
  ];
  expect(earliestTimes(3, constraints)).toEqual([0, 50, 70]);
});

test("a contradiction has no solution", () => {
  const constraints = [
    { earlier: 0, later: 1, gap: 30 },
    { earlier: 1, later: 0, gap: -10 },
  ];
  expect(earliestTimes(2, constraints)).toBeNull();
});
