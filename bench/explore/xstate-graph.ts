/** `xstate/graph` on the models of the bench. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { assign, createMachine, type AnyMachineSnapshot, type AnyStateMachine } from "xstate";
import { getAdjacencyMap } from "xstate/graph";

import { grid } from "../../test/fixtures/explore/grid.ts";

/** The same philosophers as one machine, for a tool that knows one machine only. */
function oneMachine(count: number): AnyStateMachine {
  type Forks = Record<string, boolean>;
  return createMachine({
    types: {} as { context: Forks },
    id: "table",
    type: "parallel",
    context: Object.fromEntries(Array.from({ length: count }, (_, fork) => [`f${fork}`, false])),
    states: Object.fromEntries(
      Array.from({ length: count }, (_, seat) => {
        const sides = [`f${seat}`, `f${(seat + 1) % count}`] as const;
        const [first, second] = seat === count - 1 ? [sides[1], sides[0]] : sides;
        const take = (fork: string, target: string) => ({
          guard: ({ context: forks }: { context: Forks }) => !forks[fork],
          actions: assign({ [fork]: true }),
          target,
        });
        const put = (fork: string, target: string) => ({
          actions: assign({ [fork]: false }),
          target,
        });
        const event = `STEP${seat}`;
        return [
          `p${seat}`,
          {
            initial: "thinking",
            states: {
              thinking: { on: { [event]: take(first, "hungry") } },
              hungry: { on: { [event]: take(second, "eating") } },
              eating: { on: { [event]: put(second, "leaving") } },
              leaving: { on: { [event]: put(first, "thinking") } },
            },
          },
        ];
      }),
    ),
  });
}

/** States per second of `xstate/graph`, the invariant evaluated on every state. */
function xstateGraph(
  machine: AnyStateMachine,
  types: readonly string[],
  states: number,
  holds: (state: AnyMachineSnapshot) => boolean,
): number {
  const begin = performance.now();
  const map = getAdjacencyMap(machine, { events: types.map((type) => ({ type })) });
  const nodes = Object.values(map);
  const bad = nodes.filter(({ state }) => !holds(state as AnyMachineSnapshot));
  const seconds = (performance.now() - begin) / 1_000;
  if (nodes.length !== states || bad.length > 0) {
    throw new Error(`xstate/graph: ${nodes.length} states, ${bad.length} against the invariant`);
  }
  return states / seconds;
}

export const { version } = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("xstate/package.json"), "utf8"),
) as { version: string };

export const gridGraph = (side: number): number =>
  xstateGraph(grid(side).machine, ["EAST", "WEST", "NORTH", "SOUTH"], side ** 2, (state) => {
    const { x, y } = state.context as { readonly x: number; readonly y: number };
    return x >= 0 && x < side && y >= 0 && y < side;
  });

const seatsOf = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, seat) => seat);

/** As many states as `philosophers` has with so many seats. */
export const philosophersGraph = (count: number, states: number): number =>
  xstateGraph(
    oneMachine(count),
    seatsOf(count).map((seat) => `STEP${seat}`),
    states,
    ({ value }) => {
      const eats = (seat: number): boolean =>
        (value as Readonly<Record<string, string>>)[`p${seat % count}`] === "eating";
      return seatsOf(count).every((seat) => !(eats(seat) && eats(seat + 1)));
    },
  );
