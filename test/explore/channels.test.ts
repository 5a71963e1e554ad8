/** What a full channel does to the step that would send, on two machines that can be judged by eye. */

import { assign, createMachine, emit } from "xstate";
import { expect, test } from "vitest";

import { engine } from "../../checkers/explore/engine.ts";
import { always, type Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import type { SystemModel } from "../../core/system.ts";
import { limitCapacity, limitFaults } from "../../semantics/packed/expand.ts";
import { compileSystem } from "../../semantics/system.ts";
import { contextWith } from "./support.ts";

const count = assign({ n: ({ context }: { context: { n: number } }) => context.n + 1 });

/** `sent` counts up to two and emits each time; the other counts what arrives. */
const pair = (whenFull: "block" | "drop"): SystemModel => ({
  machines: {
    sender: {
      machine: createMachine({
        id: "sender",
        context: { n: 0 },
        initial: "on",
        states: {
          on: {
            on: {
              PUT: {
                guard: ({ context }) => context.n < 2,
                actions: [count, emit({ type: "MSG" })],
              },
            },
          },
        },
      }),
      events: [{ type: "PUT" }],
      variables: { n: { int: [0, 2] } },
    },
    receiver: {
      machine: createMachine({
        id: "receiver",
        context: { n: 0 },
        initial: "on",
        states: { on: { on: { MSG: { actions: count } } } },
      }),
      events: [],
      variables: { n: { int: [0, 2] } },
    },
  },
  channels: {
    wire: { from: "sender", to: "receiver", carries: ["MSG"], capacity: 1, whenFull },
  },
});

async function check(model: SystemModel, property: Property): Promise<Outcome> {
  const subject = { kind: "system", id: "s", title: "s", model, properties: [property] } as const;
  const [obligation] = engine.plan(subject);
  return engine.check(obligation!, subject, contextWith());
}

const nothingLost = always("nothing is lost", "sender_n == receiver_n + wire_length");

test("a full channel makes the sender wait: nothing is lost, within the capacity", async () => {
  const outcome = await check(pair("block"), nothingLost);
  expect(outcome.verdict).toBe("holds-bounded");
  expect(outcome.stats["states"]).toBe(5); // (0,0) (1,0)+1 (1,1) (2,1)+1 (2,2)
});

test("a limit that was met is not forgotten when a field grows later", () => {
  const counter = createMachine({
    types: {} as { context: { n: number } },
    id: "counter",
    context: { n: 0 },
    initial: "sends",
    states: {
      sends: { on: { PUT: { actions: emit({ type: "MSG" }) }, STOP: "counts" } },
      counts: { on: { STOP: { guard: ({ context }) => context.n < 40, actions: count } } },
    },
  });
  const { receiver } = pair("block").machines;
  const system = compileSystem({
    machines: {
      sender: {
        machine: counter,
        events: [{ type: "PUT" }, { type: "STOP" }],
        variables: { n: { int: [0, null] } },
      },
      receiver: {
        ...receiver!,
        machine: createMachine({ id: "deaf", on: { MSG: {} } }),
        variables: {},
      },
    },
    channels: { wire: { from: "sender", to: "receiver", carries: ["MSG"], capacity: 1 } },
  });
  system.initial();
  for (let state = 0; state < system.size(); state++) system.expand(state);
  expect(system.size()).toBe(2 * 42);
  expect(system.limits()).toBe(limitCapacity);
  system.noteLimits(limitFaults); // a thread's
  expect(system.limits()).toBe(limitCapacity | limitFaults);
});

test("or it loses what is sent", async () => {
  expect((await check(pair("drop"), nothingLost)).verdict).toBe("violated");
});

test("an event that only has effects is no step, though its machine could send", () => {
  const sender = createMachine({
    id: "sender",
    initial: "on",
    states: {
      on: { on: { NOTE: { actions: () => {} }, PUT: { actions: emit({ type: "MSG" }) } } },
    },
  });
  const model = pair("block");
  const { machines } = model;
  const system = compileSystem({
    ...model,
    machines: {
      ...machines,
      sender: { machine: sender, events: [{ type: "NOTE" }, { type: "PUT" }] },
    },
  });
  const [action, ...others] = system
    .successors(system.initial())
    .filter((_value, index) => index % 2 === 0);
  expect(others).toEqual([]);
  expect(system.action(action!)).toMatchObject({ kind: "event", event: { type: "PUT" } });
});
