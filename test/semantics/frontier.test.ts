/** What is handed on to the store: every state at least once, and again after it was taken back. */

import { expect, test } from "vitest";

import { Frontier } from "../../semantics/packed/frontier.ts";
import { Layout } from "../../semantics/packed/layout.ts";

test.each([1, 2, 3])("states of %d words", (words) => {
  const layout = new Layout(Array.from({ length: words }, () => 31));
  const next = new Uint32Array(words);
  const frontier = new Frontier({ next, layout });
  const see = (state: number): void => {
    next.fill(state);
    frontier.edge();
  };
  const waiting = (): Set<number> =>
    new Set(Array.from({ length: frontier.length }, (_, index) => frontier.states[index * words]!));

  frontier.start();
  for (let state = 0; state < 3_000; state++) see(state);
  expect(frontier.steps).toBe(3_000);
  expect(waiting().size).toBe(3_000);
  expect(waiting().has(0)).toBe(true);

  frontier.start();
  see(2_999);
  expect([frontier.length, frontier.steps]).toEqual([0, 1]); // known a moment ago
  see(5_000);
  frontier.rewind(0, 0);
  see(5_000);
  expect([...waiting()]).toEqual([5_000]); // taken back, so it is new again

  frontier.rewind(frontier.length, frontier.steps);
  see(5_000);
  expect(frontier.length).toBe(1); // nothing was taken back, so it is known

  // Neighbours, which differ in their lowest bits only, do not drive each other out.
  for (let block = 10_000; block < 12_000; block += 8) {
    for (const length of [8, 0]) {
      frontier.start();
      for (let state = block; state < block + 8; state++) {
        next.fill(1);
        next[0] = state;
        frontier.edge();
      }
      expect(frontier.length).toBe(length);
    }
  }
  see(20_000);

  frontier.fault(7, 3);
  frontier.fault(8, 4);
  see(6_000);
  expect([frontier.faulty, frontier.faultyAction, frontier.length]).toEqual([3, 7, 1]);
});
