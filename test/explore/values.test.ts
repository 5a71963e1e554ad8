/** Context fields that hold data instead of numbers: null, undefined, records. */

import { assign, createMachine } from "xstate";
import { expect, test } from "vitest";

import { always, reachable } from "../../core/property.ts";
import type { MachineModel } from "../../core/subject.ts";
import { engine } from "../../checkers/explore/engine.ts";
import { defineSubject } from "../../index.ts";
import { check, contextWith } from "./support.ts";

const model = (values: readonly unknown[]): MachineModel => ({
  machine: createMachine({
    id: "m",
    context: { last: null as null | { id: number; tags: string[] }, error: undefined as unknown },
    initial: "idle",
    states: {
      idle: {
        on: {
          GET: {
            actions: assign({
              last: ({ event }: { event: { type: string; id?: number } }) => ({
                tags: ["x"],
                id: event.id ?? 0,
              }),
            }),
          },
          FAIL: { actions: assign({ error: "boom" }) },
          CLEAR: { actions: assign({ last: null, error: undefined }) },
        },
      },
    },
  }),
  events: [{ type: "GET", id: [1, 2] }, { type: "FAIL" }, { type: "CLEAR" }],
  variables: { last: { values }, error: { values: [undefined, "boom"] } },
});

const all = [null, { id: 1, tags: ["x"] }, { id: 2, tags: ["x"] }];

test("data is compared by content, whatever the order of keys", async () => {
  const outcome = await check(
    model(all),
    always("one of them", (s) => s.context.last?.id !== 3),
  );
  expect(outcome.verdict).toBe("proved");
  expect(outcome.stats["states"]).toBe(6);
  const two = await check(
    model(all),
    reachable("two", (s) => s.context.last?.id === 2),
  );
  expect(two.witness?.states.at(-1)?.["last"]).toBe('{"tags":["x"],"id":2}');
});

test("a value that is not listed is a fault of the model, with its path", async () => {
  const outcome = await check(
    model(all.slice(0, 2)),
    always("any", () => true),
  );
  expect(outcome.verdict).toBe("error");
  expect(outcome.reason).toContain("VRF103");
});

test("undefined, null and a function are three things", async () => {
  const outcome = await check(
    model([undefined, ...all.slice(1)]),
    always("any", () => true),
  );
  expect(outcome.reason).toContain("VRF103");
});

test.each([undefined, null])("an assignment that returns %s writes nothing", async (nothing) => {
  const outcome = await check(
    {
      machine: createMachine({
        id: "m",
        context: { n: 0 },
        on: {
          GO: {
            guard: ({ context }) => context.n === 0,
            actions: [assign(() => nothing as never), assign({ n: 1 })],
          },
        },
      }),
      events: [{ type: "GO" }],
      variables: { n: { int: [0, 1] } },
    },
    always("n is 0 or 1", "n <= 1"),
  );
  expect([outcome.verdict, outcome.stats["states"]]).toEqual(["proved", 2]);
});

test("a shared variable may be called like a machine", async () => {
  const lamp = createMachine({
    id: "lamp",
    context: { on: false, uses: 0 },
    on: {
      FLIP: {
        guard: ({ context }) => context.uses < 3,
        actions: assign({
          on: ({ context }) => !context.on,
          uses: ({ context }) => context.uses + 1,
        }),
      },
    },
  });
  const subject = defineSubject({
    id: "house",
    model: {
      shared: { lamp: "bool" },
      machines: {
        lamp: {
          machine: lamp,
          events: [{ type: "FLIP" }],
          shares: { on: "lamp" },
          variables: { uses: { int: [0, 3] } },
        },
      },
    },
    properties: [always("bounded", (s) => (s.context as { lamp_uses: number }).lamp_uses <= 3)],
  });
  const outcome = await engine.check(engine.plan(subject)[0]!, subject, contextWith());
  expect([outcome.verdict, outcome.stats["states"]]).toEqual(["proved", 4]);
});
