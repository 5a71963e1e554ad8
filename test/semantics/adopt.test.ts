/** A state that was met elsewhere, at the end of a run on a clock, keeps what decides its future. */

import { createMachine, initialTransition, transition } from "xstate";
import { expect, test } from "vitest";

import type { MachineModel } from "../../core/subject.ts";
import { compileMachine } from "../../semantics/system.ts";

const model: MachineModel = {
  machine: createMachine({
    id: "lamp",
    initial: "on",
    states: {
      on: {
        initial: "low",
        states: { low: { on: { UP: "high" } }, high: {}, hist: { type: "history" } },
        on: { POWER: "off" },
      },
      off: { on: { POWER: "on.hist" } },
    },
  }),
  events: [{ type: "UP" }, { type: "POWER" }],
};

test("history is part of an adopted state", () => {
  const { machine } = model;
  const run = (...types: readonly string[]) =>
    types.reduce(
      (snapshot, type) => transition(machine, snapshot, { type })[0],
      initialTransition(machine)[0],
    );
  const after = (...types: readonly string[]): string => {
    const system = compileMachine(model);
    const state = system.adopt(run(...types), []);
    const power = system.successors(state)[1]!; // POWER is the only event that does something
    return String(system.describe(power)["state"]);
  };
  expect(after("POWER")).toBe("on.low");
  expect(after("UP", "POWER")).toBe("on.high");
  // The same configuration, met before with another history, is another state.
  const system = compileMachine(model);
  const one = system.adopt(run("POWER"), []);
  const other = system.adopt(run("UP", "POWER"), []);
  expect(other).not.toBe(one);
});
