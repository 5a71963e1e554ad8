/** Both packages find the same paths through every machine of ours, so either may make the suite. */

import { createActor } from "xstate";
import { describe, expect, it } from "vitest";

import { expandEvent } from "../../checkers/conform/commands.ts";
import { parameterValues } from "../../checkers/conform/model-run.ts";
import type { MachineModel } from "../../core/subject.ts";
import config from "../../verify.config.ts";
import { delayEvents, eventOnly } from "./event-only.ts";
import { maintainedTestModel, namedTestModel, type TestPath } from "./test-model.ts";

const machines = config.subjects.flatMap((subject): (readonly [string, MachineModel])[] =>
  subject.kind === "machine" ? [[subject.id, subject.model]] : [],
);

const outline = (paths: readonly TestPath[]): string[] =>
  paths.map(({ state, steps }) =>
    JSON.stringify([state.value, state.context, steps.map(({ event }) => event)]),
  );

describe("shortest paths from @xstate/test and from xstate/graph", () => {
  it("are made for several machines", () => {
    expect(machines.length).toBeGreaterThanOrEqual(8);
  });

  it.for(machines)("are the same through %s", ([, { machine, events, input, ...model }]) => {
    const values = { ...input, ...parameterValues({ machine, events, ...model }) };
    const { context } = createActor(machine, { input: values }).getSnapshot();
    const plain = eventOnly(machine, context as object);
    const alphabet = [...events.flatMap(expandEvent), ...delayEvents(machine)];
    const named = outline(namedTestModel(plain).shortestPaths(alphabet));
    expect(named.length).toBeGreaterThan(0);
    expect(named).toEqual(outline(maintainedTestModel(plain).shortestPaths(alphabet)));
  });
});
