/**
 * Complete suites against every faulty machine there is: for small random machines all implementations
 * with as many states as promised are enumerated or drawn, and each must fail some test exactly if it is
 * not equivalent.
 */

import { array, assert, nat, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";

import {
  completeSuite,
  minimise,
  stateCover,
  type Fsm,
  type Inputs,
  withoutBeginnings,
} from "../../checkers/conform/fsm.ts";
import { makeRandom } from "../../core/random.ts";

const outputs = (fsm: Fsm, inputs: Inputs): string => {
  let state = 0;
  return inputs
    .map((input) => {
      const text = fsm.output[state]![input]!;
      state = fsm.next[state]![input]!;
      return text;
    })
    .join();
};

/** Independent of minimise: searches the pairs of states for a difference. */
function areEquivalent(a: Fsm, b: Fsm): boolean {
  const seen = new Set(["0,0"]);
  const queue: [number, number][] = [[0, 0]];
  for (const [x, y] of queue) {
    for (const input of a.next[0]!.keys()) {
      if (a.output[x]![input] !== b.output[y]![input]) return false;
      const to: [number, number] = [a.next[x]![input]!, b.next[y]![input]!];
      if (seen.has(to.join())) continue;
      seen.add(to.join());
      queue.push(to);
    }
  }
  return true;
}

const fsmOf = (states: number, inputs: number, numbers: readonly number[]): Fsm => {
  const row = (state: number, offset: number, below: number): number[] =>
    Array.from(
      { length: inputs },
      (_, input) => numbers[(2 * (state * inputs + input) + offset) % numbers.length]! % below,
    );
  return {
    next: Array.from({ length: states }, (_, state) => row(state, 0, states)),
    output: Array.from({ length: states }, (_, state) => row(state, 1, 2).map(String)),
  };
};

/** As much of it as the initial state reaches. */
function reachablePart(fsm: Fsm): Fsm {
  const order = [0];
  for (const state of order) {
    for (const to of fsm.next[state]!) if (!order.includes(to)) order.push(to);
  }
  return {
    next: order.map((state) => fsm.next[state]!.map((to) => order.indexOf(to))),
    output: order.map((state) => fsm.output[state]!),
  };
}

const machine = (maxStates: number) =>
  tuple(
    nat({ max: maxStates - 1 }).map((count) => count + 1),
    array(nat({ max: 1000 }), { minLength: 40, maxLength: 40 }),
  ).map(([states, numbers]) => reachablePart(fsmOf(states, 2, numbers)));

describe("minimisation", () => {
  it("keeps the behaviour and leaves no two equivalent states", () => {
    assert(
      property(machine(8), (fsm) => {
        const { fsm: small, of } = minimise(fsm);
        expect(areEquivalent(fsm, small)).toBe(true);
        expect(of[0]).toBe(0);
        for (const a of small.next.keys()) {
          for (let b = a + 1; b < small.next.length; b++) {
            const rooted = (root: number): Fsm => reachablePart(swap(small, root));
            expect(areEquivalent(rooted(a), rooted(b))).toBe(false);
          }
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

/** The machine with state `root` as the initial one. */
function swap({ next, output }: Fsm, root: number): Fsm {
  const name = (state: number): number => (state === 0 ? root : state === root ? 0 : state);
  return {
    next: next.map((_, state) => next[name(state)]!.map(name)),
    output: output.map((_, state) => output[name(state)]!),
  };
}

describe("a complete suite", () => {
  it.for([0, 1, 2])("with %d extra states finds every faulty machine of that size", (extra) => {
    let refuted = 0;
    let equivalent = 0;
    assert(
      property(
        machine(4),
        array(array(nat({ max: 1000 }), { minLength: 40, maxLength: 40 }), {
          minLength: 30,
          maxLength: 30,
        }),
        (fsm, seeds) => {
          const { fsm: small } = minimise(fsm);
          const suite = completeSuite(small, extra);
          const fails = (other: Fsm): boolean =>
            suite.some((inputs) => outputs(small, inputs) !== outputs(other, inputs));
          const others = seeds.flatMap((numbers) => [
            fsmOf(small.next.length + extra, 2, numbers),
            oneFault(small, numbers),
          ]);
          for (const other of others) {
            const isEquivalent = areEquivalent(small, other);
            expect(fails(other)).toBe(!isEquivalent);
            if (isEquivalent) equivalent += 1;
            else refuted += 1;
          }
        },
      ),
      { numRuns: 60, seed: 2 },
    );
    expect(refuted).toBeGreaterThan(500);
    expect(equivalent).toBeGreaterThan(5);
  });

  it("finds all 256 machines with two states and one input that are not equivalent", () => {
    const toggle: Fsm = { next: [[1], [0]], output: [["a"], ["b"]] };
    const suite = completeSuite(toggle, 0);
    for (let code = 0; code < 16; code++) {
      const other: Fsm = {
        next: [[code & 1], [(code >> 1) & 1]],
        output: [[(code >> 2) & 1 ? "a" : "b"], [(code >> 3) & 1 ? "a" : "b"]],
      };
      const fails = suite.some((inputs) => outputs(toggle, inputs) !== outputs(other, inputs));
      expect(fails).toBe(!areEquivalent(toggle, other));
    }
  });

  it("without identifiers misses a wrong target: the identifiers are needed", () => {
    const ring: Fsm = { next: [[1], [2], [0]], output: [["a"], ["a"], ["b"]] };
    const short: Fsm = { next: [[1], [2], [1]], output: [["a"], ["a"], ["b"]] };
    const transitions = stateCover(ring).map((reach) => [...reach, 0]);
    const differs = (inputs: Inputs): boolean => outputs(ring, inputs) !== outputs(short, inputs);
    expect(transitions.some(differs)).toBe(false);
    expect(completeSuite(ring, 0).some(differs)).toBe(true);
  });
});

/** The machine with one target or one output changed. */
function oneFault({ next, output }: Fsm, numbers: readonly number[]): Fsm {
  const [kind, at, input, value] = numbers as [number, number, number, number];
  const state = at % next.length;
  const place = input % next[0]!.length;
  return kind % 2 === 0
    ? { next: next.with(state, next[state]!.with(place, value % next.length)), output }
    : { next, output: output.with(state, output[state]!.with(place, String(value % 2))) };
}

describe("sequences without beginnings", () => {
  it("are those that no other one continues, shortest first", () => {
    const random = makeRandom(11);
    for (let round = 0; round < 200; round++) {
      // inputs of one and of two digits: 1 is no beginning of 12
      const sequences = Array.from({ length: 12 }, () =>
        Array.from({ length: random.below(4) }, () => [1, 2, 12, 20][random.below(4)]!),
      );
      const kept = withoutBeginnings(sequences).map((sequence) => sequence.join());
      const isBeginning = (one: readonly number[]): boolean =>
        sequences.some(
          (other) =>
            other.length > one.length && one.every((input, index) => input === other[index]),
        );
      const expected = sequences.filter((one) => !isBeginning(one)).map((one) => one.join());
      expect(kept.toSorted()).toEqual([...new Set(expected)].toSorted());
      const lengths = kept.map((text) => (text === "" ? 0 : text.split(",").length));
      expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    }
  });
});
